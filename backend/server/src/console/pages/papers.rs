//! Order, payment and declaration side by side, with what differs marked. Persons are masked.

use pickup_domain::IdNumber;
use pickup_domain::order::{Order, Payment};

use crate::clearing::ask;
use crate::clearing::decide::masked_name;
use crate::clearing::facts::Facts;
use crate::console::text::money;
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::web::{Lang, WebError};

/// The three documents.
pub struct Papers {
    /// Field by field.
    pub fields: Vec<Field>,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Whether there is a payment.
    pub paid: bool,
    /// Whether there is a declaration.
    pub filed: bool,
}

/// A field of the documents; empty where a document does not have it.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// In the order.
    pub order: String,
    /// In the payment.
    pub payment: String,
    /// In the declaration.
    pub list: String,
    /// Whether they disagree.
    pub differs: bool,
}

/// A line of the order.
pub struct Line {
    /// Article.
    pub sku: String,
    /// Its name, as declared.
    pub name: String,
    /// Commodity code, as declared.
    pub hs: String,
    /// Pieces in the order.
    pub qty: i64,
    /// Pieces in the declaration.
    pub declared: Option<i64>,
    /// Price of one, in fen.
    pub price_fen: i64,
    /// Whether its taxes were paid before: then it is not declared.
    pub duty_paid: bool,
}

/// Reads them.
///
/// # Errors
/// [`WebError`].
pub fn read(
    conn: &Conn,
    secrets: &Secrets,
    merchant: &str,
    id: i64,
    order: &Order,
    lang: Lang,
) -> Result<Papers, WebError> {
    let row: Option<(Option<Vec<u8>>, Option<String>)> = conn
        .prepare_cached("SELECT payment, facts FROM dossier WHERE cell = {cell} AND order_id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (sealed, facts) = row.unwrap_or_default();
    let payment: Option<Payment> = match sealed {
        Some(sealed) => {
            let plain = secrets.open(&ask::payment_context(merchant, &order.order_no), &sealed)?;
            Some(serde_json::from_slice(&plain).map_err(|e| StoreError::unreadable("dossier.payment", e))?)
        }
        None => None,
    };
    let facts = facts.map(|facts| Facts::read(&facts)).transpose()?;
    Ok(Papers {
        fields: fields(order, payment.as_ref(), facts.as_ref(), lang),
        lines: lines(order, facts.as_ref(), lang),
        paid: payment.is_some(),
        filed: facts.is_some(),
    })
}

fn fields(order: &Order, payment: Option<&Payment>, facts: Option<&Facts>, lang: Lang) -> Vec<Field> {
    let paid = |get: &dyn Fn(&Payment) -> String| payment.map(get).unwrap_or_default();
    let filed = |get: &dyn Fn(&Facts) -> String| facts.map(get).unwrap_or_default();
    let none = String::new;
    let mut all = vec![
        field(
            lang.t("订单号", "Order number"),
            order.order_no.clone(),
            paid(&|p| p.order_no.clone()),
            filed(&|f| f.order_no.clone()),
        ),
        field(
            lang.t("支付号", "Payment number"),
            none(),
            paid(&|p| p.transaction_id.clone()),
            filed(&|f| f.transaction_id.clone()),
        ),
        field(
            lang.t("实付（元）", "Paid, CNY"),
            money(order.total_fen.fen()),
            paid(&|p| money(p.amount_fen.fen())),
            filed(&|f| money(f.total_fen.fen())),
        ),
        field(
            lang.t("货值（元）", "Goods, CNY"),
            money(order.goods_fen.fen()),
            none(),
            filed(&|f| money(f.goods_fen.fen())),
        ),
        field(
            lang.t("运费（元）", "Freight, CNY"),
            money(order.freight_fen.fen()),
            none(),
            filed(&|f| money(f.freight_fen.fen())),
        ),
        field(
            lang.t("抵扣（元）", "Discount, CNY"),
            money(order.discount_fen.fen()),
            none(),
            filed(&|f| money(f.discount_fen.fen())),
        ),
        field(
            lang.t("税款（元）", "Tax, CNY"),
            money(order.tax_fen.fen()),
            none(),
            filed(&|f| money(f.tax_fen.fen())),
        ),
        field(lang.t("币种", "Currency"), order.currency.clone(), paid(&|p| p.currency.clone()), none()),
    ];
    // Masked, two persons may look alike: what differs is found before.
    let buyer = &order.buyer;
    let mut name = field(
        lang.t("姓名", "Name"),
        masked_name(&buyer.name),
        paid(&|p| masked_name(&p.payer.name)),
        none(),
    );
    let mut number = field(
        lang.t("身份证号", "Identity number"),
        masked_number(&buyer.id_number.0),
        paid(&|p| masked_number(&p.payer.id_number.0)),
        none(),
    );
    name.differs = payment.is_some_and(|p| p.payer.name.trim() != buyer.name.trim());
    number.differs = payment.is_some_and(|p| !p.payer.id_number.0.eq_ignore_ascii_case(&buyer.id_number.0));
    all.extend([name, number]);
    all
}

/// With a mixed basket the declaration holds the bonded part: then its amounts differ from the order's and are marked.
fn field(name: &'static str, order: String, payment: String, list: String) -> Field {
    let differs = {
        let mut said = [&order, &payment, &list].into_iter().filter(|text| !text.is_empty());
        let first = said.next();
        said.any(|text| Some(text) != first)
    };
    Field { name, order, payment, list, differs }
}

fn masked_number(text: &str) -> String {
    text.parse::<IdNumber>().map_or_else(|_| format!("({})", text.chars().count()), |id| id.masked())
}

fn lines(order: &Order, facts: Option<&Facts>, lang: Lang) -> Vec<Line> {
    let line = |line: &pickup_domain::order::OrderLine| {
        let declared = facts.and_then(|facts| facts.lines.iter().find(|one| one.sku == line.sku));
        let paid_before = facts.and_then(|facts| facts.duty_paid.iter().find(|one| one.sku == line.sku));
        let known = declared.or(paid_before);
        Line {
            sku: line.sku.clone(),
            name: known.map_or_else(|| line.sku.clone(), |one| lang.t(&one.name.zh, &one.name.en).to_owned()),
            hs: known.map(|one| one.hs.as_str().to_owned()).unwrap_or_default(),
            qty: line.qty,
            declared: declared.map(|one| one.qty),
            price_fen: line.price_fen.fen(),
            duty_paid: paid_before.is_some(),
        }
    };
    order.lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_differs_when_two_documents_that_have_it_disagree() {
        let differs = |a: &str, b: &str, c: &str| field("", a.into(), b.into(), c.into()).differs;
        assert!(!differs("1", "1", "1") && !differs("1", "", "1") && !differs("", "", "1"));
        assert!(differs("1", "2", "1") && differs("", "1", "2"));
    }
}
