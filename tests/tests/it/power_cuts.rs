//! Backend and kiosk lose power at each of the ten steps of the path; every time it comes to a correct end.

use anyhow::{Context, Result, bail, ensure};
use pickup_tests::pilot::{Errand, Moment, Pilot, Progress};
use pickup_tests::product::{self, Product};
use pickup_tests::shop::Placed;
use pickup_tests::wait;
use serde_json::Value;

use crate::journey::{LIMIT, LINES, buyer, collector, depositor};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Backend,
    Kiosk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Order,
    Payment,
    Declare,
    Release,
    Deposit,
    Scan,
    Identify,
    Print,
    Open,
    Take,
}

const ORDER: &str = "CUT000001";

macro_rules! cuts {
    ($($victim:ident at $step:ident: $name:ident;)*) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            let name = stringify!($name);
            product::play(name, async |product| play(product, Victim::$victim, Step::$step).await).await
        })*
    };
}

cuts! {
    Backend at Order: a_backend_killed_while_an_order_comes_in_ends_right;
    Backend at Payment: a_backend_killed_while_a_payment_comes_in_ends_right;
    Backend at Declare: a_backend_killed_before_the_declaration_left_ends_right;
    Backend at Release: a_backend_killed_while_receipts_come_in_ends_right;
    Backend at Deposit: a_backend_killed_during_a_deposit_ends_right;
    Backend at Scan: a_backend_killed_after_the_scan_ends_right;
    Backend at Identify: a_backend_killed_after_the_card_ends_right;
    Backend at Print: a_backend_killed_after_the_confirmation_ends_right;
    Backend at Open: a_backend_killed_while_the_door_opens_ends_right;
    Backend at Take: a_backend_killed_after_the_door_closed_ends_right;
    Kiosk at Order: a_kiosk_killed_while_an_order_comes_in_ends_right;
    Kiosk at Payment: a_kiosk_killed_while_a_payment_comes_in_ends_right;
    Kiosk at Declare: a_kiosk_killed_before_the_declaration_left_ends_right;
    Kiosk at Release: a_kiosk_killed_while_receipts_come_in_ends_right;
    Kiosk at Deposit: a_kiosk_killed_during_a_deposit_ends_right;
    Kiosk at Scan: a_kiosk_killed_after_the_scan_ends_right;
    Kiosk at Identify: a_kiosk_killed_after_the_card_ends_right;
    Kiosk at Print: a_kiosk_killed_after_the_confirmation_ends_right;
    Kiosk at Open: a_kiosk_killed_while_the_door_opens_ends_right;
    Kiosk at Take: a_kiosk_killed_after_the_door_closed_ends_right;
}

/// The moment of a person's errand at which the power goes.
fn moment_of(step: Step) -> Option<Moment> {
    match step {
        Step::Scan => Some(Moment::Scanned),
        Step::Identify => Some(Moment::CardLaid),
        Step::Print => Some(Moment::Confirmed),
        Step::Open => Some(Moment::DoorSeenOpen),
        Step::Take => Some(Moment::DoorClosed),
        _ => None,
    }
}

async fn cut(product: &mut Product, victim: Victim) -> Result<()> {
    match victim {
        Victim::Backend => {
            product.kill_backend().await?;
            product.start_backend().await
        }
        Victim::Kiosk => {
            product.kill_kiosk().await?;
            product.start_kiosk().await
        }
    }
}

async fn play(product: &mut Product, victim: Victim, step: Step) -> Result<()> {
    let placed = buy(product, victim, step).await?;
    if step == Step::Release {
        let states = ["sent", "accepted", "released"];
        product.shop.until(ORDER, "/declaration/state", &states, LIMIT).await?;
        cut(product, victim).await?;
    }
    let ticket = product.shop.ticket(ORDER, LIMIT).await?;
    deposit(product, victim, step, &placed).await?;
    collect(product, victim, step, &ticket).await?;
    product.shop.until(ORDER, "/parcel/state", &["collected"], LIMIT).await?;
    product.shop.until(ORDER, "/state", &["fulfilled"], LIMIT).await?;
    right_end(product).await
}

/// Orders and pays; a request that got no answer is sent again as it was.
async fn buy(product: &mut Product, victim: Victim, step: Step) -> Result<Placed> {
    let order = product.shop.order(ORDER, &buyer()?, LINES).await?;
    let shop = product.shop.clone();
    let body = order.clone();
    if step == Step::Order {
        let sent = tokio::spawn(async move { shop.place(&body).await });
        cut(product, victim).await?;
        let _ = sent.await?;
    }
    product.shop.place(&order).await?.agreed()?;
    let payment = product.shop.payment(&order);
    if step == Step::Payment {
        let (shop, body) = (product.shop.clone(), payment.clone());
        let sent = tokio::spawn(async move { shop.pay(&body).await });
        cut(product, victim).await?;
        let _ = sent.await?;
    }
    let paid = product.shop.pay(&payment).await?.agreed()?;
    if step == Step::Declare {
        cut(product, victim).await?;
    }
    let waybill = paid.get("waybill").and_then(Value::as_str).context("no waybill")?.to_owned();
    Ok(Placed { order_no: ORDER.to_owned(), waybill })
}

async fn deposit(product: &mut Product, victim: Victim, step: Step, placed: &Placed) -> Result<()> {
    let mut staff = depositor(product, placed);
    if step == Step::Deposit {
        let at = staff.run_until(LIMIT, |moment| moment == Moment::DoorSeenOpen).await?;
        ensure!(at == Progress::Did(Moment::DoorSeenOpen), "no door opened: {:?}", staff.last_seen());
        cut(product, victim).await?;
    }
    for _ in 0..3 {
        if staff.run(LIMIT).await? == Progress::Refused {
            product.hands.back_to_start(LIMIT).await?;
        }
        if stored(product).await? {
            return Ok(());
        }
        settle(product, false).await?;
        staff = depositor(product, placed);
    }
    bail!("the parcel is not in the locker after three tries; pages seen last: {:?}", staff.last_seen())
}

async fn stored(product: &Product) -> Result<bool> {
    let state = product.shop.look_up(ORDER).await?;
    let state = state.pointer("/parcel/state").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(state == "in_locker")
}

async fn collected(product: &Product) -> Result<bool> {
    let state = product.shop.look_up(ORDER).await?;
    Ok(state.pointer("/parcel/state").and_then(Value::as_str) == Some("collected"))
}

async fn collect(product: &mut Product, victim: Victim, step: Step, ticket: &str) -> Result<()> {
    let mut shopper = collector(product, ticket, &buyer()?);
    let mut goods_out = false;
    if let Some(wanted) = moment_of(step) {
        let at = shopper.run_until(LIMIT, |moment| moment == wanted).await?;
        ensure!(at == Progress::Did(wanted), "the moment {wanted:?} did not come: {:?}", shopper.last_seen());
        goods_out = matches!(step, Step::Open | Step::Take);
        cut(product, victim).await?;
    }
    for _ in 0..3 {
        let progress = shopper.run(LIMIT).await?;
        if progress == Progress::Finished {
            return Ok(());
        }
        product.hands.back_to_start(LIMIT).await?;
        if collected(product).await? {
            return Ok(());
        }
        settle(product, goods_out || shopper.goods_out).await?;
        shopper = collector(product, ticket, &buyer()?);
    }
    bail!("the parcel was not handed over after three tries; pages seen last: {:?}", shopper.last_seen())
}

/// Staff look after a door that wants attention, as the kiosk would ask them to.
async fn settle(product: &Product, goods_out: bool) -> Result<()> {
    let badge = product.badge.clone();
    let mut staff = Pilot::new(&product.hands, Errand::Settle { badge, goods_out });
    if staff.run(LIMIT).await? == Progress::Refused {
        product.hands.back_to_start(LIMIT).await?;
    }
    Ok(())
}

/// What must hold after every pickup, whatever happened on the way.
async fn right_end(product: &mut Product) -> Result<()> {
    product.hands.until_screen(&["idle"], LIMIT).await?;
    product.verify_trail().await?;
    let trail = product.trail().await?;
    let rows: Vec<Value> = trail.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let of = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = |kind: &str, state: &str| {
        rows.iter().filter(|row| of(row, "kind") == kind && of(row, "state") == state).count()
    };
    ensure!(
        count("parcel", "collected") == 1,
        "handed over {} times:\n{trail}",
        count("parcel", "collected")
    );
    ensure!(count("declaration", "released") == 1, "released more or less than once:\n{trail}");
    ensure!(count("order", "placed") == 1, "placed more or less than once:\n{trail}");
    let id = buyer()?.id_number;
    ensure!(!trail.contains(&id), "the trail has an identity number");
    let originals = product.hands.original_slips().await?;
    ensure!(originals <= 1, "{originals} slips came out without the word COPY");
    wait::until("all doors to be shut", LIMIT, async || {
        Ok(product.hands.state().await?.doors.iter().all(|door| !door.open).then_some(()))
    })
    .await?;
    for log in ["backend.log", "kiosk.log", "devices.log", "customs.log"] {
        let text = std::fs::read(product.dir().join(log)).unwrap_or_default();
        ensure!(!String::from_utf8_lossy(&text).contains(&id), "{log} has an identity number");
    }
    Ok(())
}
