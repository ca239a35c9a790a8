//! What happened to an order: receipts of customs in plain words, and the trail as a timeline.

use pickup_customs::{Dictionary, Status};

use crate::console::words;
use crate::db::Conn;
use crate::store::StoreError;
use crate::web::{Lang, WebError};

/// A receipt.
pub struct Receipt {
    /// Message, such as `CEB622Message`.
    pub kind: String,
    /// returnStatus.
    pub status: i32,
    /// What it means.
    pub words: String,
    /// The port's own words.
    pub info: String,
    /// Its own time, microseconds.
    pub at_us: i64,
}

/// One thing that happened.
pub struct Step {
    /// When, microseconds.
    pub at_us: i64,
    /// Who did it.
    pub actor: String,
    /// What.
    pub text: String,
    /// Number of the row on the trail.
    pub seq: i64,
}

/// Receipts of an order, oldest first.
///
/// # Errors
/// [`WebError`].
pub fn receipts(conn: &Conn, codes: &Dictionary, id: i64, lang: Lang) -> Result<Vec<Receipt>, WebError> {
    let mut statement = conn.prepare_cached(
        "SELECT kind, status, info, at_us FROM receipt_record WHERE cell = {cell} AND order_id = ?1
         ORDER BY cursor, position",
    )?;
    let rows = statement.query_map([id], |row| {
        let (status, info): (i32, String) = (row.get(1)?, row.get(2)?);
        let explained = codes.explain(Status::from_code(status), &info);
        let words = lang.t(&explained.zh, &explained.en).to_owned();
        Ok(Receipt { kind: row.get(0)?, status, words, info, at_us: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The rows of the trail that are about an order.
///
/// # Errors
/// [`StoreError`].
pub fn of_order(conn: &Conn, id: i64, lang: Lang) -> Result<Vec<Step>, StoreError> {
    // By the order's own rows: by those of the trail SQLite would go through all of it.
    let mut statement = conn.prepare_cached(
        "SELECT t.seq, t.at_us, t.actor, t.kind, t.state FROM order_trail f
         JOIN trail t ON t.cell = f.cell AND t.seq = f.seq
         WHERE f.cell = {cell} AND f.order_id = ?1 ORDER BY f.seq LIMIT 200",
    )?;
    let rows = statement.query_map([id], |row| {
        let (kind, state): (String, String) = (row.get(3)?, row.get(4)?);
        Ok(Step { seq: row.get(0)?, at_us: row.get(1)?, actor: row.get(2)?, text: what(lang, &kind, &state) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn what(lang: Lang, kind: &str, state: &str) -> String {
    let thing = match kind {
        "order" => lang.t("订单", "Order"),
        "declaration" => lang.t("申报", "Declaration"),
        "parcel" => lang.t("包裹", "Parcel"),
        "clearing" => {
            return lang
                .t(
                    "三单一致，库存、额度、担保已占用，清单已生成",
                    "Documents agree; stock, limit and guarantee are held, the list is written",
                )
                .to_owned();
        }
        "hold" => lang.t("占用", "Holds"),
        "grant" => lang.t("开门许可", "Grant to open"),
        "handover" => lang.t("交付", "Handover"),
        "deposit" => lang.t("入柜", "Deposit"),
        "application" => lang.t("撤销或退货申请", "Application"),
        "tax" => lang.t("税单", "Tax bill"),
        "payback" => lang.t("退款", "Payback"),
        "payment_declaration" => lang.t("支付单申报", "Payment declaration"),
        "task" => lang.t("待办", "Task"),
        other => other,
    };
    let words = match (kind, state) {
        ("hold", "held") => lang.t("已占用", "held"),
        ("hold", "posted") => lang.t("已核销", "posted"),
        ("hold", "voided" | "expired") => lang.t("已释放", "given back"),
        ("grant", "granted") => lang.t("准许", "granted"),
        ("grant", "refused") => lang.t("拒绝", "refused"),
        ("handover", "taken") => lang.t("已取走", "taken"),
        ("handover", "unknown") => lang.t("结果不明", "outcome unknown"),
        ("handover", "inside") => lang.t("仍在柜内", "still inside"),
        ("deposit", "stored") => lang.t("已放入", "stored"),
        ("deposit", "not_stored") => lang.t("未放入", "not stored"),
        ("task", "open") => lang.t("待处理", "open"),
        ("task", "settled") => lang.t("已处理", "settled"),
        ("application", "drafted") => lang.t("已填写", "written"),
        ("application", "concluded") => lang.t("海关已同意", "granted by customs"),
        ("application", "refused") => lang.t("海关已拒绝", "refused by customs"),
        ("payback", "due" | "requested") => lang.t("待退", "due"),
        ("payback", "done") => lang.t("已退", "done"),
        _ => words::state(lang, kind, state).text,
    };
    format!("{thing}: {}", if words.is_empty() { state } else { words })
}
