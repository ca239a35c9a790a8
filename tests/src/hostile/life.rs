//! What happens while the declarations are under way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use pickup_domain::parcel::ParcelState;
use pickup_domain::returns::Back;
use pickup_server::clearing::again::{self, AgainError, Corrections};
use pickup_server::clearing::applications::ask::{self, AskError, Wanted};
use pickup_server::clearing::applications::back::{self, Place};
use pickup_server::clearing::{applications, outbox};
use pickup_server::parcels;
use pickup_server::shop::Shop;
use pickup_server::store::StoreError;
use pickup_server::tasks;
use serde_json::{Value, json};

/// Every fault the simulator has, in shares that leave most declarations something to live through. Goods that customs keeps
/// for good have no final state, so inspections end in release or return; some rejections are final for us, too.
///
/// # Errors
/// When the simulator's file is not what it reads itself.
pub fn faults(seed: u64) -> Result<Value> {
    let text = include_str!("../../../backend/customs-sim/hostile.toml");
    let mut faults = serde_json::to_value(toml::from_str::<toml::Value>(text)?)?;
    let named = faults.as_object_mut().context("the faults have no names")?;
    for (name, value) in [
        ("seed", json!(seed)),
        ("bytes_per_s", json!(60_000_000)),
        ("inspect_ends", json!([800, 800, 700])),
        ("reject_permille", json!(60)),
        ("reject_codes", json!(["22001", "1322", "13035", "1313", "9999"])),
        ("exception_permille", json!(60)),
        ("exception_codes", json!([-621_013, -621_017, -621_018, -621_001, -999_001])),
    ] {
        named.insert(name.to_owned(), value);
    }
    Ok(faults)
}

/// What people did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deeds {
    /// Declarations filed anew by a person.
    pub resubmitted: u64,
    /// Declarations given up by a person.
    pub given_up: u64,
    /// Wishes to cancel.
    pub cancelled: u64,
    /// Parcels collected.
    pub collected: u64,
    /// Returns asked for.
    pub returned: u64,
    /// Returns whose goods came back.
    pub back: u64,
    /// Other tasks settled.
    pub settled: u64,
}

/// One thing to do about an order of the demo's.
async fn afterwards(shop: &Arc<Shop>, order_id: i64, what: u32, deeds: &mut Deeds) -> Result<()> {
    let writer = Arc::clone(shop);
    let done = shop.app.store.write(move |tx| -> Result<(u64, u64, u64), StoreError> {
        let now = writer.app.now();
        let request = format!("{order_id}/{what}/{now}");
        let wanted = Wanted { request_id: &request, actor: "shop:demo", reason: "测试" };
        match what {
            0 => match ask::cancel(tx, &writer, order_id, &wanted, now) {
                Err(AskError::Clearing(error)) => Err(StoreError::unreadable("cancelling", error)),
                other => Ok((u64::from(other.is_ok()), 0, 0)),
            },
            1..=4 => {
                let Some(parcel) = parcels::by_order(tx, order_id)? else { return Ok((0, 0, 0)) };
                if parcel.state != ParcelState::Ready || !parcel.is_released() {
                    return Ok((0, 0, 0));
                }
                parcels::set_state(tx, now, "kiosk:K1", &parcel, ParcelState::Collected, json!({}))?;
                parcels::fulfil_order(tx, now, "kiosk:K1", &parcel)?;
                Ok((0, 1, 0))
            }
            _ => match ask::refund(tx, &writer, order_id, &[Back { gnum: 1, qty: 1 }], &wanted, now) {
                Err(AskError::Clearing(error)) => Err(StoreError::unreadable("returning", error)),
                other => Ok((0, 0, u64::from(other.is_ok()))),
            },
        }
    });
    let (cancelled, collected, returned) = done.await?;
    deeds.cancelled += cancelled;
    deeds.collected += collected;
    deeds.returned += returned;
    Ok(())
}

/// A person sees to everything that waits for one.
async fn person(shop: &Arc<Shop>, dice: &mut Rng, deeds: &mut Deeds) -> Result<()> {
    let open = shop.app.store.read(|conn| tasks::list(conn, false)).await?;
    for task in open {
        let (give_up, writer) = (dice.u32(0..10) < 3, Arc::clone(shop));
        if let (Some(order_id), "refused") = (task.order_id, task.kind.as_str()) {
            let done = shop.app.store.write(move |tx| {
                let now = writer.app.now();
                let did = if give_up {
                    again::give_up(tx, &writer, order_id, "测试")
                } else {
                    again::resubmit(tx, order_id, &Corrections::default(), "operator", now)
                };
                match did {
                    // Customs went on by itself since the list was read.
                    Err(AgainError::State { .. }) => Ok(false),
                    Err(error) => Err(StoreError::unreadable("a refused declaration", error)),
                    Ok(()) => Ok(true),
                }
            });
            if done.await? {
                *(if give_up { &mut deeds.given_up } else { &mut deeds.resubmitted }) += 1;
            }
            continue;
        }
        let (id, parked) = (task.id, task.kind == "parked");
        shop.app
            .store
            .write(move |tx| {
                let now = writer.app.now();
                if parked {
                    outbox::send_again(tx, None, "operator", now)?;
                }
                // Sending it again has settled it already.
                let _ = tasks::settle(tx, now, id, "operator", "seen");
                Ok::<_, StoreError>(())
            })
            .await?;
        deeds.settled += 1;
    }
    let granted = shop.app.store.read(applications::open).await?;
    for one in granted.into_iter().filter(|one| !one.state.is_open()) {
        let (aside, writer) = (dice.u32(0..4) == 0, Arc::clone(shop));
        let place = if aside { Place::Aside } else { Place::Shelf };
        shop.app
            .store
            .write(move |tx| {
                back::note(tx, &one.cop_no, place, "operator", writer.app.now())
                    .map_err(|error| StoreError::unreadable("a return", error))
            })
            .await?;
        deeds.back += 1;
    }
    Ok(())
}

/// What is still under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Declarations customs has not decided.
    pub declarations: i64,
    /// Holds.
    pub holds: i64,
    /// Messages not taken by the gateway.
    pub messages: i64,
    /// Applications customs has not decided, and returns whose goods are not back.
    pub applications: i64,
    /// Tasks.
    pub tasks: i64,
    /// Receipt messages taken.
    pub receipts: i64,
}

impl Open {
    /// Counts it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count(shop: &Shop) -> Result<Self> {
        let read = shop.app.store.read(|conn| {
            let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
            Ok::<_, StoreError>(Self {
                declarations: count(
                    "SELECT COUNT(*) FROM declaration WHERE cell = {cell}
                     AND state IN ('drafted', 'sent', 'accepted', 'review', 'inspected')",
                )?,
                holds: count("SELECT COUNT(*) FROM hold WHERE cell = {cell} AND state = 'held'")?,
                messages: count("SELECT COUNT(*) FROM message WHERE cell = {cell} AND sent_us IS NULL")?,
                applications: i64::try_from(applications::open(conn)?.len()).unwrap_or(i64::MAX),
                tasks: count("SELECT COUNT(*) FROM task WHERE cell = {cell} AND settled_us IS NULL")?,
                receipts: count("SELECT COUNT(*) FROM receipt WHERE cell = {cell}")?,
            })
        });
        Ok(read.await?)
    }

    const fn is_nothing(self) -> bool {
        self.declarations == 0
            && self.holds == 0
            && self.messages == 0
            && self.applications == 0
            && self.tasks == 0
    }
}

/// Lives through it until nothing is under way any more. `tell` hears now and then how it stands.
///
/// # Errors
/// When the books cannot be read or written, or it does not end in time.
pub async fn run(
    shop: &Arc<Shop>,
    (orders, seed): (u64, u64),
    most: Duration,
    tell: impl Fn(Open),
) -> Result<Deeds> {
    // Batches and applications have numbers of the same row.
    let highest = i64::try_from(orders)?.saturating_mul(11) / 10 + 1;
    let (mut dice, mut deeds) = (Rng::with_seed(seed), Deeds::default());
    let began = tokio::time::Instant::now();
    let (mut quiet, mut before, mut round) = (0_u32, Open::default(), 0_u32);
    while quiet < 40 {
        let open = Open::count(shop).await?;
        ensure!(began.elapsed() < most, "after {:?} there is still under way: {open:?}", began.elapsed());
        if round.is_multiple_of(20) {
            tell(open);
        }
        round += 1;
        // Shoppers go home before the end, so that it has one.
        if open.declarations > 0 || round < 60 {
            let ids: Vec<i64> = (0..30).map(|_| dice.i64(1..=highest)).collect();
            for order_id in ids {
                afterwards(shop, order_id, dice.u32(0..7), &mut deeds).await?;
            }
        }
        person(shop, &mut dice, &mut deeds).await.context("the person")?;
        quiet = if open.is_nothing() && open == before { quiet + 1 } else { 0 };
        before = open;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(deeds)
}
