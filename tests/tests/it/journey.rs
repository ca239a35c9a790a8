//! Errands that several tests begin with.

use std::time::Duration;

use anyhow::{Result, ensure};
use pickup_tests::people::{self, Person};
use pickup_tests::pilot::{Errand, Pilot, Progress};
use pickup_tests::product::Product;
use pickup_tests::shop::Placed;

/// How long an errand may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(60);
/// An ordinary small order.
pub const LINES: &[(&str, i64)] = &[("MLK-001", 1)];

/// The buyer of most tests.
pub fn buyer() -> Result<Person> {
    people::find("demo-01")
}

/// The member of staff who puts this parcel into the locker.
pub fn depositor(product: &Product, placed: &Placed) -> Pilot {
    let errand = Errand::Deposit { badge: product.badge.clone(), label: format!("BPL1{}", placed.waybill) };
    Pilot::new(&product.hands, errand)
}

/// The shopper with this ticket and this person's card.
pub fn collector(product: &Product, ticket: &str, person: &Person) -> Pilot {
    Pilot::new(&product.hands, Errand::Collect { ticket: ticket.to_owned(), card: person.card() })
}

/// A released parcel in the locker, with its ticket.
pub async fn parcel_in_locker(product: &Product, order_no: &str) -> Result<(Placed, String)> {
    let placed = product.shop.buy(order_no, &buyer()?, LINES).await?;
    let ticket = product.shop.ticket(order_no, LIMIT).await?;
    let mut staff = depositor(product, &placed);
    ensure!(staff.run(LIMIT).await? == Progress::Finished, "the label was refused: {:?}", staff.last_seen());
    product.shop.until(order_no, "/parcel/state", &["in_locker"], LIMIT).await?;
    Ok((placed, ticket))
}

/// How many times a lock was pulsed.
pub async fn pulses(product: &Product) -> Result<usize> {
    Ok(product.hands.log(0).await?.0.iter().filter(|entry| entry.kind == "pulse").count())
}
