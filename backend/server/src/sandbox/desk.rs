//! Staff, shoppers and lockers as the sandbox plays them: a parcel put behind a door, taken out, brought back, as the end of its
//! order's number says. There is no kiosk: no door, no ticket and no card are looked at.
//!
//! As the player of customs it keeps nothing: what happens next follows from where a parcel is and since when.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_domain::returns::Back;
use serde_json::json;

use super::player::NEWEST;
use super::{LOOK_MS, ends_with};
use crate::clearing::applications::ask::{self, AskError, Wanted};
use crate::clearing::facts::Facts;
use crate::db::Conn;
use crate::kiosk_api;
use crate::parcels;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::{at, us};

/// Each thing happens so long after the one before it.
const AFTER_S: i64 = 2;
const ACTOR: &str = "sandbox";

/// How far a parcel goes by itself, by how its order's number ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It stays where the release left it: ready.
    Ready,
    /// `-DEPOSIT`: into a locker.
    Locker,
    /// `-COLLECT`: into a locker, and handed over.
    Collected,
    /// `-RETURN`: handed over, and all of it brought back.
    Returned,
}

impl Way {
    /// Of the order with this number; large and small letters are one.
    #[must_use]
    pub fn of(order_no: &str) -> Self {
        match () {
            () if ends_with(order_no, "-DEPOSIT") => Self::Locker,
            () if ends_with(order_no, "-COLLECT") => Self::Collected,
            () if ends_with(order_no, "-RETURN") => Self::Returned,
            () => Self::Ready,
        }
    }

    /// What happens next to a parcel in a state.
    #[must_use]
    pub fn next(self, state: ParcelState) -> Option<Next> {
        match state {
            ParcelState::Ready if self >= Self::Locker => Some(Next::Deposit),
            ParcelState::InLocker if self >= Self::Collected => Some(Next::HandOver),
            ParcelState::Collected if self >= Self::Returned => Some(Next::BringBack),
            _ => None,
        }
    }
}

/// What happens to a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is put behind a door.
    Deposit,
    /// It is handed to its buyer.
    HandOver,
    /// Its buyer brings all of it back, and a return is applied for.
    BringBack,
}

/// Plays for ever.
pub async fn run(shop: Arc<Shop>) {
    loop {
        if let Err(error) = step(&shop).await {
            tracing::warn!(%error, "the sandbox's parcels do not move; trying again");
        }
        tokio::time::sleep(Duration::from_millis(u64::from(LOOK_MS))).await;
    }
}

/// Plays what is due now.
async fn step(shop: &Arc<Shop>) -> Result<(), StoreError> {
    let now = shop.app.now();
    for (order, next) in shop.app.store.read(move |conn| due(conn, now)).await? {
        let of = Arc::clone(shop);
        let done = shop.app.store.write(move |tx| play(tx, &of, now, order, next)).await;
        match done {
            Ok(()) => {}
            Err(AskError::Clearing(error)) => tracing::warn!(order, %error, "a parcel of the sandbox"),
            // Somebody else was quicker, or it is too late for a return.
            Err(error) => tracing::debug!(order, %error, "a parcel of the sandbox stays where it is"),
        }
    }
    Ok(())
}

/// The orders whose next thing is due. An order with an application waits for customs, and the shop has taken it in hand.
fn due(conn: &Conn, now: Timestamp) -> Result<Vec<(i64, Next)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT p.pickup, o.order_no, p.state, COALESCE(p.collected_us, p.stored_us, p.ready_us, 0)
         FROM parcel p JOIN orders o ON o.cell = p.cell AND o.id = p.pickup
         WHERE p.cell = {cell} AND p.state IN ('ready', 'in_locker', 'collected')
         AND o.state IN ('cleared', 'fulfilled')
         AND p.pickup > (SELECT COALESCE(MAX(n.pickup), 0) - ?1 FROM parcel n WHERE n.cell = {cell})
         AND NOT EXISTS (SELECT 1 FROM application a WHERE a.cell = p.cell AND a.order_id = p.pickup)
         ORDER BY p.pickup",
    )?;
    let rows: Vec<(i64, String, String, i64)> = statement
        .query_map([NEWEST], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut due = Vec::new();
    for (order, order_no, word, since_us) in rows {
        let next = ParcelState::from_word(&word).and_then(|state| Way::of(&order_no).next(state));
        let waited = now.duration_since(at(since_us)?) >= SignedDuration::from_secs(AFTER_S);
        due.extend(next.filter(|_| waited).map(|next| (order, next)));
    }
    Ok(due)
}

fn play(tx: &Conn, shop: &Shop, now: Timestamp, order: i64, next: Next) -> Result<(), AskError> {
    let parcel = parcels::by_order(tx, order)?.ok_or(AskError::None(order))?;
    let event = match next {
        Next::Deposit => ParcelEvent::Deposited,
        Next::HandOver => ParcelEvent::HandedOver,
        Next::BringBack => return bring_back(tx, shop, now, order),
    };
    // It may have moved since it was looked at.
    let Ok(state) = parcel.state.apply(event) else { return Ok(()) };
    if next == Next::Deposit {
        tx.execute("UPDATE parcel SET stored_us = ?2 WHERE cell = {cell} AND pickup = ?1", (order, us(now)))?;
        parcels::set_state(tx, now, ACTOR, &parcel, state, json!({}))?;
        return Ok(());
    }
    if parcels::fulfil_order(tx, now, ACTOR, &parcel)? {
        parcels::set_state(tx, now, ACTOR, &parcel, state, json!({}))?;
        kiosk_api::collect(tx, &parcel, now)?;
    }
    Ok(())
}

fn bring_back(tx: &Conn, shop: &Shop, now: Timestamp, order: i64) -> Result<(), AskError> {
    let lines: Vec<Back> = Facts::of_order(tx, order)?
        .lines
        .iter()
        .map(|line| Back { gnum: line.gnum, qty: line.qty })
        .collect();
    let request_id = format!("sandbox-{order}");
    let wanted =
        Wanted { request_id: &request_id, actor: ACTOR, reason: "沙箱：按订单号后缀退货" };
    ask::refund(tx, shop, order, &lines, &wanted, now).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_orders_number_says_how_far_its_parcel_goes() {
        for (number, way) in [
            ("A-1", Way::Ready),
            ("A-1-DEPOSIT", Way::Locker),
            ("a-1-collect", Way::Collected),
            ("A-RETURN", Way::Returned),
            ("-RETURN", Way::Ready),
            ("A-RETURNED", Way::Ready),
        ] {
            assert_eq!(Way::of(number), way, "{number}");
        }
    }

    #[test]
    fn a_parcel_goes_on_until_its_way_ends() {
        let went = |way: Way| {
            let (mut state, mut last) = (ParcelState::Ready, None);
            while let Some(next) = way.next(state) {
                last = Some(next);
                state = match next {
                    Next::Deposit => state.apply(ParcelEvent::Deposited).unwrap(),
                    Next::HandOver => state.apply(ParcelEvent::HandedOver).unwrap(),
                    Next::BringBack => break,
                };
            }
            (state, last)
        };
        assert_eq!(went(Way::Ready), (ParcelState::Ready, None));
        assert_eq!(went(Way::Locker), (ParcelState::InLocker, Some(Next::Deposit)));
        assert_eq!(went(Way::Collected), (ParcelState::Collected, Some(Next::HandOver)));
        assert_eq!(went(Way::Returned), (ParcelState::Collected, Some(Next::BringBack)));
    }
}
