//! What people come to the board's kiosk for.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::people::{self, Person};
use crate::pilot::{Errand, Pilot, Progress};
use crate::product::Product;
use crate::shop::Placed;

/// An emulated kiosk draws slowly.
pub const LIMIT: Duration = Duration::from_secs(240);

/// So slowly that a code read a moment ago may not be on its screen yet.
const TRY_AGAIN: Duration = Duration::from_secs(15);

const LINES: &[(&str, i64)] = &[("MLK-001", 1)];

/// The buyer.
///
/// # Errors
/// When the demo data cannot be read.
pub fn buyer() -> Result<Person> {
    people::find("demo-01")
}

/// A released order with its ticket.
///
/// # Errors
/// When the backend or customs refuse.
pub async fn bought(product: &Product, order_no: &str) -> Result<(Placed, String)> {
    let placed = product.shop.buy(order_no, &buyer()?, LINES).await?;
    let ticket = product.shop.ticket(order_no, LIMIT).await?;
    Ok((placed, ticket))
}

/// The member of staff who puts this parcel into the locker.
#[must_use]
pub fn depositor(product: &Product, placed: &Placed) -> Pilot {
    let errand = Errand::Deposit { badge: product.badge.clone(), label: format!("BPL1{}", placed.waybill) };
    Pilot::new(&product.hands, errand).patient(TRY_AGAIN)
}

/// The shopper with this ticket.
///
/// # Errors
/// When the demo data cannot be read.
pub fn collector(product: &Product, ticket: &str) -> Result<Pilot> {
    let errand = Errand::Collect { ticket: ticket.to_owned(), card: buyer()?.card() };
    Ok(Pilot::new(&product.hands, errand).patient(TRY_AGAIN))
}

/// Staff look after a door that wants attention, as the kiosk would ask them to.
///
/// # Errors
/// When the kiosk shows something nobody expects.
pub async fn settle(product: &Product, goods_out: bool) -> Result<()> {
    let errand = Errand::Settle { badge: product.badge.clone(), goods_out };
    let mut staff = Pilot::new(&product.hands, errand).patient(TRY_AGAIN);
    if staff.run(LIMIT).await? == Progress::Refused {
        product.hands.back_to_start(LIMIT).await?;
    }
    Ok(())
}

/// Whether the parcel of an order is in this state.
///
/// # Errors
/// When the backend does not answer.
pub async fn parcel_is(product: &Product, order_no: &str, state: &str) -> Result<bool> {
    let found = product.shop.look_up(order_no).await?;
    Ok(found.pointer("/parcel/state").and_then(serde_json::Value::as_str) == Some(state))
}

/// Runs an errand that must be finished.
///
/// # Errors
/// When the kiosk refuses it.
pub async fn finish(mut pilot: Pilot) -> Result<Vec<String>> {
    ensure!(pilot.run(LIMIT).await? == Progress::Finished, "the kiosk refused; pages seen: {:?}", pilot.seen);
    Ok(pilot.seen)
}
