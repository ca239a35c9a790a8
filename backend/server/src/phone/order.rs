//! What a basket costs, and the order it is paid as.

use pickup_domain::Money;
use pickup_domain::order::{Buyer, Order};

use super::basket::Basket;
use super::person::Person;
use crate::shop::goods::{Quote, QuoteLine, QuoteRequest};

/// The question what a basket costs.
#[must_use]
pub fn asked(basket: &Basket) -> QuoteRequest {
    let line = |(sku, qty): &(String, i64)| QuoteLine { sku: sku.clone(), qty: *qty };
    QuoteRequest { centre: basket.centre, lines: basket.lines.iter().map(line).collect() }
}

/// The order of a basket at a quote's prices, under a number.
#[must_use]
pub fn of(basket: &Basket, person: &Person, quote: Quote, order_no: &str) -> Order {
    Order {
        order_no: order_no.to_owned(),
        centre: basket.centre,
        buyer: Buyer {
            // Shoppers have no account: the number of the order stands for it.
            reg_no: order_no.to_owned(),
            name: person.name.clone(),
            id_number: person.id_number.clone(),
            telephone: person.telephone.clone(),
            authenticated: false,
        },
        lines: quote.lines,
        goods_fen: quote.goods_fen,
        freight_fen: Money::ZERO,
        discount_fen: Money::ZERO,
        tax_fen: quote.tax_fen,
        total_fen: quote.total_fen,
        currency: "CNY".to_owned(),
        notices_agreed: basket.notice.is_some(),
        notice_version: basket.notice.clone(),
    }
}
