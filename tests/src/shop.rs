//! An e-shop: orders, payments and tickets over the backend's HTTP interface.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::people::Person;
use crate::wait;

/// Registration code of the demo's payment company.
const PAYMENT_COMPANY: &str = include_str!("../../backend/server/demo/operator.toml");

/// An answer: the status and the body.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON, or null when there was none.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that agreed.
    ///
    /// # Errors
    /// With what the backend said instead.
    pub fn agreed(self) -> Result<Value> {
        if !self.status.is_success() {
            bail!("the backend answered {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }

    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body.get("code").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a paid order needs later.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The order number.
    pub order_no: String,
    /// The waybill number, which is on the parcel's label.
    pub waybill: String,
}

/// A shop with its API key.
#[derive(Clone)]
pub struct Shop {
    base: String,
    key: String,
    centre: u64,
    pay_code: String,
    http: reqwest::Client,
}

impl Shop {
    /// At this address with this key.
    ///
    /// # Errors
    /// When no HTTP client can be made or the demo data cannot be read.
    pub fn at(base: &str, key: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build()?;
        let operator: toml::Table = PAYMENT_COMPANY.parse().context("the demo's operator cannot be read")?;
        let of = |table: &str, key: &str| operator.get(table).and_then(|t| t.get(key)).cloned();
        let pay_code = of("payment", "code").and_then(|code| code.as_str().map(str::to_owned));
        let centre = of("centre", "number").and_then(|n| n.as_integer()).and_then(|n| u64::try_from(n).ok());
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            key: key.trim().to_owned(),
            centre: centre.context("the demo's centre has no number")?,
            pay_code: pay_code.context("the demo's payment company has no code")?,
            http,
        })
    }

    /// Any request of the shop's interface.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("no answer to {method} {path}"))?;
        let status = answer.status();
        Ok(Answer { status, body: answer.json().await.unwrap_or_default() })
    }

    /// What these lines would cost.
    ///
    /// # Errors
    /// When the backend does not quote.
    pub async fn quote(&self, lines: &[(&str, i64)]) -> Result<Value> {
        let lines: Vec<Value> = lines.iter().map(|(sku, qty)| json!({ "sku": sku, "qty": qty })).collect();
        let body = json!({ "centre": self.centre, "lines": lines });
        self.ask(Method::POST, "/shop/v1/quotes", Some(&body)).await?.agreed()
    }

    /// An order with right totals, ready to be placed or spoiled.
    ///
    /// # Errors
    /// When the backend does not quote.
    pub async fn order(&self, order_no: &str, person: &Person, lines: &[(&str, i64)]) -> Result<Value> {
        let quote = self.quote(lines).await?;
        let of = |key: &str| quote.get(key).cloned().unwrap_or_default();
        Ok(json!({
            "order_no": order_no,
            "centre": self.centre,
            "buyer": {
                "reg_no": person.reg_no,
                "name": person.name,
                "id_number": person.id_number,
                "telephone": person.telephone,
            },
            "lines": of("lines"),
            "goods_fen": of("goods_fen"),
            "tax_fen": of("tax_fen"),
            "total_fen": of("total_fen"),
            "currency": "CNY",
            "notices_agreed": true,
        }))
    }

    /// The payment of an order by its buyer, ready to be sent or spoiled.
    #[must_use]
    pub fn payment(&self, order: &Value) -> Value {
        let of = |path: &str| order.pointer(path).cloned().unwrap_or_default();
        json!({
            "transaction_id": format!("T{}", of("/order_no").as_str().unwrap_or_default()),
            "pay_code": self.pay_code,
            "order_no": of("/order_no"),
            "amount_fen": of("/total_fen"),
            "currency": "CNY",
            "payer": { "name": of("/buyer/name"), "id_number": of("/buyer/id_number") },
            "paid_at": jiff::Timestamp::now().to_string(),
        })
    }

    /// Sends an order.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn place(&self, order: &Value) -> Result<Answer> {
        self.ask(Method::POST, "/shop/v1/orders", Some(order)).await
    }

    /// Sends a payment.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn pay(&self, payment: &Value) -> Result<Answer> {
        let order_no = payment.get("order_no").and_then(Value::as_str).unwrap_or_default();
        self.ask(Method::POST, &format!("/shop/v1/orders/{order_no}/payment"), Some(payment)).await
    }

    /// Orders and pays.
    ///
    /// # Errors
    /// When the backend refuses either.
    pub async fn buy(&self, order_no: &str, person: &Person, lines: &[(&str, i64)]) -> Result<Placed> {
        let order = self.order(order_no, person, lines).await?;
        self.place(&order).await?.agreed()?;
        let paid = self.pay(&self.payment(&order)).await?.agreed()?;
        let waybill = paid.get("waybill").and_then(Value::as_str);
        let waybill =
            waybill.with_context(|| format!("the payment's answer has no waybill: {paid}"))?.to_owned();
        Ok(Placed { order_no: order_no.to_owned(), waybill })
    }

    /// Everything known of an order.
    ///
    /// # Errors
    /// When the backend does not know it.
    pub async fn look_up(&self, order_no: &str) -> Result<Value> {
        self.ask(Method::GET, &format!("/shop/v1/orders/{order_no}"), None).await?.agreed()
    }

    /// Waits until something under `pointer` of the order is one of `wanted`; gives the order.
    ///
    /// # Errors
    /// After `limit`, with what it was instead.
    pub async fn until(
        &self,
        order_no: &str,
        pointer: &str,
        wanted: &[&str],
        limit: Duration,
    ) -> Result<Value> {
        let mut last = Value::Null;
        let what = format!("{pointer} of order {order_no} to become one of {wanted:?}");
        let found = wait::until(&what, limit, async || {
            last = self.look_up(order_no).await?;
            let word = last.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            Ok(wanted.contains(&word).then(|| last.clone()))
        });
        let found = found.await;
        found.with_context(|| format!("the order is {last}"))
    }

    /// Waits for the ticket of an order; gives its text.
    ///
    /// # Errors
    /// After `limit`, with what the order was instead.
    pub async fn ticket(&self, order_no: &str, limit: Duration) -> Result<String> {
        let what = format!("the ticket of order {order_no}");
        let found = wait::until(&what, limit, async || {
            let answer = self.ask(Method::GET, &format!("/shop/v1/orders/{order_no}/ticket"), None).await?;
            Ok(answer.body.get("ticket").and_then(Value::as_str).map(str::to_owned))
        });
        match found.await {
            Ok(ticket) => Ok(ticket),
            Err(fault) => Err(fault.context(format!("the order is {}", self.look_up(order_no).await?))),
        }
    }
}
