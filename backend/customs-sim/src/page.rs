//! The page for people at `/`: what came, where every list stands, and what it led to.

use std::fmt::Write as _;

use crate::keeping::ListState;
use crate::port::Port;

/// Most rows of a table on the page.
const ROWS: usize = 200;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1d2733}\
table{border-collapse:collapse;margin:.5rem 0 2rem}th,td{padding:.25rem .7rem;border-bottom:1px solid #dde3ea;\
text-align:left}td.n{text-align:right}code{font-size:13px}.s{padding:.05rem .5rem;border-radius:.6rem;\
background:#e5e9ef}.good{background:#cdeed6}.bad{background:#f6d0d0}.wait{background:#fcebc2}";

/// The page.
pub(crate) fn overview(port: &Port) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"5\">\
         <title>模拟口岸 Simulated customs</title><style>{STYLE}</style>\
         <h1>模拟口岸 Simulated customs</h1>"
    );
    counts(&mut out, port);
    lists(&mut out, port);
    messages(&mut out, port);
    out.push_str(
        "<p><a href=\"/books\">账 books</a> · <a href=\"/behaviour\">行为 behaviour</a> · \
         <a href=\"/messages\">报文 messages</a></p></html>",
    );
    out
}

fn counts(out: &mut String, port: &Port) {
    out.push_str("<h2>清单状态 Lists by state</h2><table><tr><th>状态 state</th><th>数量 count</th></tr>");
    for (state, count) in port.counts() {
        // Writing to a string does not fail.
        let _ = write!(out, "<tr><td>{state}</td><td class=\"n\">{count}</td></tr>");
    }
    out.push_str("</table>");
}

fn lists(out: &mut String, port: &Port) {
    out.push_str(
        "<h2>清单 Lists</h2><table><tr><th>copNo</th><th>订单 order</th><th>状态 state</th><th>invtNo</th>\
         <th>税 tax</th></tr>",
    );
    for list in port.lists().take(ROWS) {
        let (class, chinese) = look(list.state);
        let cop_no = escaped(&list.cop_no);
        let tax = list.tax.map(|tax| tax.grouped()).unwrap_or_default();
        let _ = write!(
            out,
            "<tr><td><a href=\"/documents/{cop_no}\"><code>{cop_no}</code></a></td><td>{}</td>\
             <td><span class=\"s {class}\">{chinese} {}</span></td><td><code>{}</code></td>\
             <td class=\"n\">{tax}</td></tr>",
            escaped(&list.order_no),
            list.state.name(),
            escaped(list.invt_no.as_deref().unwrap_or("")),
        );
    }
    out.push_str("</table>");
}

fn messages(out: &mut String, port: &Port) {
    out.push_str(
        "<h2>最近报文 Latest messages</h2><table><tr><th>#</th><th>时间 time</th><th>类型 type</th>\
         <th>messageId</th><th>单证 documents</th><th>未受理 refused</th></tr>",
    );
    for log in port.messages().iter().rev().take(ROWS) {
        let refused = log.documents.iter().filter(|document| document.status != 2).count();
        let _ = write!(
            out,
            "<tr><td><a href=\"/messages/{0}\">{0}</a></td><td>{1}</td><td>{2}</td><td><code>{3}</code></td>\
             <td class=\"n\">{4}</td><td class=\"n\">{refused}</td></tr>",
            log.number,
            log.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            escaped(&log.message_type),
            escaped(&log.message_id),
            log.documents.len(),
        );
    }
    out.push_str("</table>");
}

const fn look(state: ListState) -> (&'static str, &'static str) {
    match state {
        ListState::Waiting => ("wait", "待三单"),
        ListState::Accepted => ("wait", "已入库"),
        ListState::Held => ("wait", "审核/查验"),
        ListState::Rejected => ("bad", "退单"),
        ListState::Detained => ("bad", "查验处置"),
        ListState::Released => ("good", "放行"),
        ListState::Closed => ("good", "结关"),
        ListState::Deleted => ("", "已删除"),
        ListState::Cancelled => ("", "已撤销"),
        ListState::Returned => ("", "已退货"),
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}
