//! The page on which a payer pays, has another person pay, is refused, or goes away. Nothing on it is a secret: it is a
//! sandbox, and says so.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::Sim;
use crate::books::{Payment, Refusal};

/// No script; styles stand in the page; the buttons lead back to the shop, wherever that is.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{margin:0;font:18px/1.5 system-ui,'Noto Sans SC','Noto Sans CJK SC',sans-serif;background:#f4f4f1;\
color:#1c1c1a}main{max-width:26rem;margin:0 auto;padding:1.25rem}.card{background:#fff;border-radius:.75rem;\
padding:1.25rem;border:1px solid #d8d8d2}.sum{font-size:2.25rem;font-weight:700;margin:.25rem 0}\
.note{background:#fff3cd;color:#4d3800;padding:.5rem .75rem;border-radius:.5rem}dt{color:#5b5b55}\
dd{margin:0 0 .5rem;overflow-wrap:anywhere}button{display:block;width:100%;min-height:3rem;margin:.75rem 0 0;font:inherit;\
border-radius:.6rem;border:1px solid #55554f;background:#fff;color:#1c1c1a}\
button.pay{background:#0b5d3b;border-color:#0b5d3b;color:#fff;font-weight:700}";

/// The page's words: Chinese, or English when asked.
struct Words {
    lang: &'static str,
    title: &'static str,
    note: &'static str,
    number: &'static str,
    payer: &'static str,
    ended: &'static str,
    unknown: &'static str,
    back: &'static str,
    buttons: [(&'static str, &'static str); 4],
}

const ZH: Words = Words {
    lang: "zh-CN",
    title: "支付沙箱",
    note: "这是演示用的支付机构，不会真的付款。",
    number: "商户单号",
    payer: "支付人",
    ended: "这笔支付已经结束。",
    unknown: "没有这笔支付。",
    back: "返回商家",
    buttons: [
        ("pay", "确认支付"),
        ("pay-other", "由他人账户支付"),
        ("refuse", "模拟支付失败"),
        ("abandon", "放弃支付"),
    ],
};

const EN: Words = Words {
    lang: "en",
    title: "Payment sandbox",
    note: "This is a payment company for demonstrations; no money moves.",
    number: "Shop's number",
    payer: "Payer",
    ended: "This payment has ended.",
    unknown: "There is no such payment.",
    back: "Back to the shop",
    buttons: [
        ("pay", "Pay"),
        ("pay-other", "Pay from another person's account"),
        ("refuse", "Have the payment refused"),
        ("abandon", "Leave without paying"),
    ],
};

type Asked = Query<HashMap<String, String>>;

fn words(query: &HashMap<String, String>) -> &'static Words {
    if query.get("lang").is_some_and(|lang| lang == "en") { &EN } else { &ZH }
}

/// `GET /pay/page/{out_no}`.
pub async fn show(State(sim): State<Arc<Sim>>, Path(out_no): Path<String>, Query(query): Asked) -> Response {
    let words = words(&query);
    let payment = sim.books().payment(&out_no);
    match payment {
        Ok(payment) => html(StatusCode::OK, words, &body(words, &payment)),
        Err(_) => html(StatusCode::NOT_FOUND, words, &format!("<p>{}</p>", words.unknown)),
    }
}

/// `POST /pay/page/{out_no}/{end}`: what the payer pressed; then back to the shop.
pub async fn end(
    State(sim): State<Arc<Sim>>,
    Path((out_no, end)): Path<(String, String)>,
    Query(query): Asked,
) -> Response {
    let words = words(&query);
    match sim.ended(&out_no, &end) {
        Ok(payment) if payment.return_url.starts_with("http") => {
            Redirect::to(&payment.return_url).into_response()
        }
        Ok(payment) => html(StatusCode::OK, words, &body(words, &payment)),
        Err(Refusal::Unknown) => html(StatusCode::NOT_FOUND, words, &format!("<p>{}</p>", words.unknown)),
        Err(_) => html(StatusCode::CONFLICT, words, &format!("<p>{}</p>", words.ended)),
    }
}

fn body(words: &Words, payment: &Payment) -> String {
    let mut text = format!(
        "<div class=\"card\"><p class=\"sum\">¥ {}.{:02}</p><dl><dt>{}</dt><dd>{}</dd>",
        payment.amount_fen / 100,
        payment.amount_fen % 100,
        words.number,
        escaped(&payment.out_no)
    );
    // Writing to a String cannot fail.
    if let Some(first) = payment.payer_name.chars().next() {
        let _ = write!(text, "<dt>{}</dt><dd>{}**</dd>", words.payer, escaped(&first.to_string()));
    }
    text.push_str("</dl></div>");
    if payment.state == "created" {
        for (end, label) in words.buttons {
            let class = if end == "pay" { " class=\"pay\"" } else { "" };
            let _ = write!(
                text,
                "<form method=\"post\" action=\"/pay/page/{}/{end}?lang={}\"><button id=\"{end}\"{class}>{label}</button></form>",
                escaped(&payment.out_no),
                words.lang,
            );
        }
    } else {
        let _ = write!(text, "<p>{}</p>", words.ended);
        if payment.return_url.starts_with("http") {
            let _ = write!(text, "<p><a href=\"{}\">{}</a></p>", escaped(&payment.return_url), words.back);
        }
    }
    text
}

fn html(status: StatusCode, words: &Words, inside: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p class=\"note\">{}</p>{inside}</main></body></html>",
        words.lang,
        words.note,
        title = words.title,
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, axum::http::HeaderValue::from_static(value));
    }
    (status, headers, page).into_response()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shop_says_cannot_become_part_of_the_page() {
        let payment: Payment = serde_json::from_str(
            r#"{"out_no":"<b>\"x","amount_fen":105,"state":"created","payer_name":"<i"}"#,
        )
        .unwrap_or_else(|e| panic!("{e}"));
        let text = body(&EN, &payment);
        assert!(!text.contains("<b>") && !text.contains("<i") && text.contains("¥ 1.05"), "{text}");
    }

    #[test]
    fn the_payers_whole_name_is_not_shown() {
        let text = r#"{"out_no":"A","amount_fen":1,"state":"created","payer_name":"测试甲"}"#;
        let payment: Payment = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}"));
        let text = body(&ZH, &payment);
        assert!(text.contains("测**") && !text.contains("测试甲"), "{text}");
    }
}
