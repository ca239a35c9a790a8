//! What several pages show.

use std::sync::Arc;

use pickup_domain::centre::Names;
use pickup_domain::{Money, ReasonCode};

use crate::phone::Phone;
use crate::phone::basket::Basket;
use crate::phone::words::yuan;
use crate::shop::fault::SpokenReason;
use crate::shop::goods::Quote;
use crate::web::Lang;

/// An article on a page.
#[derive(Clone, Debug)]
pub struct Item {
    /// Article number.
    pub sku: String,
    /// Name in the reader's language.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// Pieces.
    pub qty: i64,
    /// Price of all pieces, without tax.
    pub amount: String,
}

/// What a basket costs.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Sum of the articles.
    pub goods: String,
    /// Tax.
    pub tax: String,
    /// To pay.
    pub total: String,
    /// To pay, in fen.
    pub total_fen: i64,
}

impl From<&Quote> for Sum {
    fn from(quote: &Quote) -> Self {
        Self {
            goods: yuan(quote.goods_fen),
            tax: yuan(quote.tax_fen),
            total: yuan(quote.total_fen),
            total_fen: quote.total_fen.fen(),
        }
    }
}

/// The name in the reader's language.
#[must_use]
pub fn named(names: &Names, lang: Lang) -> String {
    lang.t(&names.zh, &names.en).to_owned()
}

/// The articles of a basket.
#[must_use]
pub fn items(phone: &Phone, basket: &Basket, lang: Lang) -> Vec<Item> {
    let item = |(sku, qty): &(String, i64)| {
        let product = phone.shop.product(sku)?;
        let amount = product.price_fen.fen().checked_mul(*qty).map(Money::from_fen).unwrap_or_default();
        Some(Item {
            sku: sku.clone(),
            name: named(&product.name, lang),
            spec: product.spec.replace('|', " · "),
            qty: *qty,
            amount: yuan(amount),
        })
    };
    basket.lines.iter().filter_map(item).collect()
}

/// Why it cannot be bought so, for the reader. The year's limit is not among it: its figures are nobody's who only typed a
/// number (see `fits`).
#[must_use]
pub fn told(phone: &Arc<Phone>, reasons: &[SpokenReason], lang: Lang) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for spoken in reasons.iter().filter(|spoken| spoken.reason.code != ReasonCode::LimitAnnual) {
        let text = plain(phone, spoken, lang);
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// A reason in plain words. Shops read field names; a person reads the name of the goods.
fn plain(phone: &Phone, spoken: &SpokenReason, lang: Lang) -> String {
    let reason = &spoken.reason;
    let text = match reason.code {
        ReasonCode::LimitSingle => lang.t(
            "每单商品金额不能超过5000元（单件商品除外）。请减少商品，或分几单购买。",
            "The goods of one order may not exceed 5,000 CNY, unless it is one single piece. Take something out, or order twice.",
        ),
        ReasonCode::LimitAnnual => lang.t(
            "订单超过本人今年剩余的交易额度。",
            "The order does not fit what is left of the buyer's limit this year.",
        ),
        ReasonCode::StockInsufficient => lang.t(
            "库存不足，请减少数量。",
            "There is not enough in stock. Take fewer.",
        ),
        ReasonCode::PayerNotBuyer => lang.t(
            "付款人不是订购人本人。请用订购人本人的账户支付。",
            "Somebody else than the buyer paid. It must be paid from the buyer's own account.",
        ),
        ReasonCode::BuyerMinor => lang.t("订购人须年满18周岁。", "The buyer must be 18 or older."),
        _ => lang.t(&spoken.message_zh, &spoken.message_en),
    };
    let name = phone.shop.product(&reason.field).map(|product| named(&product.name, lang));
    match name {
        Some(name) if !text.contains(&name) => text.replace(&reason.field, &name),
        _ => text.to_owned(),
    }
}
