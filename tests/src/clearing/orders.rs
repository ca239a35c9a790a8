//! Invented orders by the million: each of another buyer, with baskets whose tax the backend has told.

use anyhow::{Context, Result};
use pickup_server::clearing::ask::Ask;
use pickup_server::shop::Shop;
use serde_json::{Value, json};

use crate::shop::Shop as Client;

/// Baskets of one to three articles, so that a batch touches many book lines.
const BASKETS: [&[(&str, i64)]; 12] = [
    &[("MLK-001", 1)],
    &[("FOD-002", 2)],
    &[("CAR-001", 1), ("FOD-005", 1)],
    &[("FOD-002", 1), ("CAR-001", 2)],
    &[("MLK-001", 1), ("FOD-005", 2)],
    &[("FOD-005", 3)],
    &[("CAR-001", 1)],
    &[("MLK-001", 2)],
    &[("FOD-002", 1), ("FOD-005", 1), ("CAR-001", 1)],
    &[("FOD-005", 1)],
    &[("MLK-001", 1), ("CAR-001", 1)],
    &[("FOD-002", 3)],
];

/// Makes orders.
#[derive(Clone, Debug)]
pub struct Maker {
    quotes: Vec<Value>,
    pay_code: String,
    /// What sets the numbers of one run apart from those of another.
    run: String,
}

impl Maker {
    /// Asks the backend what each basket costs.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn new(shop: &Client, pay_code: &str, run: &str) -> Result<Self> {
        let mut quotes = Vec::with_capacity(BASKETS.len());
        for basket in BASKETS {
            quotes.push(shop.quote(basket).await?);
        }
        Ok(Self { quotes, pay_code: pay_code.to_owned(), run: run.to_owned() })
    }

    /// The `n`th order with its payment, as `POST /shop/v1/purchases` takes it.
    ///
    /// # Errors
    /// When there are no quotes.
    pub fn purchase(&self, n: u64) -> Result<Value> {
        let at = usize::try_from(n).unwrap_or_default() % self.quotes.len().max(1);
        let quote = self.quotes.get(at).context("no baskets")?;
        let (id, order_no) = (id_number(n)?, format!("{}{n:09}", self.run));
        let name = "测试甲";
        Ok(json!({
            "order": {
                "order_no": order_no,
                "centre": 1,
                "buyer": {
                    "reg_no": format!("u{n}"), "name": name, "id_number": id,
                    "telephone": format!("199{:08}", n % 100_000_000),
                },
                "lines": quote["lines"],
                "goods_fen": quote["goods_fen"],
                "freight_fen": 0,
                "discount_fen": 0,
                "tax_fen": quote["tax_fen"],
                "total_fen": quote["total_fen"],
                "currency": "CNY",
                "notices_agreed": true,
            },
            "payment": {
                "transaction_id": format!("P{order_no}"),
                "pay_code": self.pay_code,
                "order_no": order_no,
                "amount_fen": quote["total_fen"],
                "currency": "CNY",
                "payer": { "name": name, "id_number": id },
                "paid_at": "2026-11-21T02:00:00Z",
            },
        }))
    }

    /// The `n`th order as the backend hands it to its batcher.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn ask(&self, shop: &Shop, n: u64) -> Result<Box<Ask>> {
        let mut purchase = self.purchase(n)?;
        let mut part = |name: &str| purchase.get_mut(name).map(Value::take).unwrap_or_default();
        let (order, payment) = (part("order"), part("payment"));
        let (order, payment) = (serde_json::from_value(order)?, serde_json::from_value(payment)?);
        let ask = Ask::new(&shop.app, "demo", order, payment)?.context("the buyer has no identity number")?;
        Ok(Box::new(ask))
    }
}

/// An identity number of a region that does not exist, born between 1960 and 1999, with a right check character.
///
/// # Errors
/// When there are no more.
fn id_number(n: u64) -> Result<String> {
    let (serial, day) = (n % 1000, n / 1000);
    let (year, rest) = (1960 + day / 336 % 40, day % 336);
    let region = 990_101 + day / (336 * 40);
    let first = format!("{region:06}{year:04}{:02}{:02}{serial:03}", 1 + rest / 28, 1 + rest % 28);
    let check = pickup_domain::id_number::check_character(&first).context("no more invented people")?;
    Ok(format!("{first}{check}"))
}
