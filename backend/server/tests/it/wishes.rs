//! Doors that two people at the console want open: what is checked when, what the kiosk gets, and what becomes of it.

use jiff::Timestamp;
use pickup_protocol::work::*;
use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_server::kiosk_api::kiosk_named;
use pickup_server::kiosk_api::wishes::{self, Ask, Kept, WishError};
use uuid::Uuid;

use crate::bench::{Bench, Caller};
use crate::pickup::stored;

/// Behind it lies the released parcel of [`stored`].
const FULL: DoorNumber = DoorNumber(4);
const EMPTY: DoorNumber = DoorNumber(2);

async fn ask(bench: &Bench, door: DoorNumber, by: &'static str) -> Result<String, &'static str> {
    let now = bench.app.now();
    bench
        .write(move |tx| {
            let kiosk = kiosk_named(tx, "K1").unwrap().unwrap();
            let ask = Ask { door, purpose: Purpose::Inspect, reason: "顾客遗留物品", by };
            wishes::ask(tx, now, &kiosk, ask).map(|id| id.to_string()).map_err(|e| e.code())
        })
        .await
}

async fn confirm(bench: &Bench, id: &str, by: &'static str) -> Result<(), &'static str> {
    let (now, id) = (bench.app.now(), id.to_owned());
    bench
        .write(move |tx| {
            let kiosk = kiosk_named(tx, "K1").unwrap().unwrap();
            wishes::confirm(tx, now, &kiosk, &id, by).map_err(|e: WishError| e.code())
        })
        .await
}

async fn fetch(kiosk: &Caller) -> Option<Wish> {
    let reply: WishReply = kiosk.post("wishes", &WishRequest { ready: true }).await.unwrap();
    reply.wish
}

async fn last(bench: &Bench) -> Kept {
    let read = bench.app.store.read(|conn| {
        let kiosk = kiosk_named(conn, "K1").unwrap().unwrap();
        wishes::of_kiosk(conn, &kiosk.key, 5)
    });
    read.await.unwrap().remove(0)
}

async fn end(kiosk: &Caller, wish: &Wish, outcome: OpeningOutcome) {
    let report = Opening {
        report_id: Uuid::new_v4(),
        opening_id: Some(wish.opening_id),
        badge: String::new(),
        door: wish.door,
        purpose: wish.purpose,
        pickup: wish.parcel.as_ref().map(|parcel| parcel.pickup),
        door_events: Vec::new(),
        outcome,
        completed_at: Timestamp::now(),
    };
    let _: pickup_protocol::kiosk::Ack = kiosk.post("openings/ended", &report).await.unwrap();
}

#[tokio::test]
async fn a_door_takes_two_accounts_is_given_once_and_tells_how_it_ended() {
    let (bench, kiosk, _) = stored().await;
    let id = ask(&bench, FULL, "李店员").await.unwrap();
    assert_eq!(fetch(&kiosk).await, None, "one person is not enough");
    assert_eq!(confirm(&bench, &id, "李店员").await, Err("same_person"));
    assert_eq!(ask(&bench, FULL, "王主管").await, Err("already"));
    confirm(&bench, &id, "王主管").await.unwrap();
    let busy: WishReply = kiosk.post("wishes", &WishRequest { ready: false }).await.unwrap();
    assert_eq!(busy.wish, None, "while somebody is served nothing is given");
    let wish = fetch(&kiosk).await.expect("the wish");
    assert_eq!((wish.door, wish.by.as_str(), wish.opening_id.to_string()), (FULL, "李店员", id));
    assert!(wish.parcel.is_some());
    assert_eq!(fetch(&kiosk).await, None, "once");
    assert_eq!(
        bench.texts("SELECT state FROM trail WHERE kind = 'opening' ORDER BY seq".into()).await,
        ["asked", "confirmed", "granted"]
    );
    end(&kiosk, &wish, OpeningOutcome::Inside).await;
    let kept = last(&bench).await;
    assert_eq!((kept.state.as_str(), kept.outcome.as_deref()), ("ended", Some("inside")));
    let actor = bench.text("SELECT actor FROM trail WHERE kind = 'opening' AND state = 'inside'").await;
    assert_eq!(actor, "account:李店员");
    assert_eq!(bench.number("SELECT COUNT(*) FROM task").await, 0, "nothing is left to be done");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn no_door_opens_for_a_parcel_that_is_not_released_at_any_of_the_three_steps() {
    for step in 0..3 {
        let (bench, kiosk, _) = stored().await;
        let cancel = async || bench.execute("UPDATE orders SET state = 'cancelled'").await;
        if step == 0 {
            cancel().await;
            assert_eq!(ask(&bench, FULL, "李店员").await, Err("not_released"));
            continue;
        }
        let id = ask(&bench, FULL, "李店员").await.unwrap();
        if step == 1 {
            cancel().await;
            assert_eq!(confirm(&bench, &id, "王主管").await, Err("not_released"));
            continue;
        }
        confirm(&bench, &id, "王主管").await.unwrap();
        cancel().await;
        assert_eq!(fetch(&kiosk).await, None);
        let kept = last(&bench).await;
        assert_eq!((kept.state.as_str(), kept.outcome.as_deref()), ("refused", Some("not_released")));
    }
}

#[tokio::test]
async fn a_wish_runs_out_after_two_minutes() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let late = ask(&bench, EMPTY, "李店员").await.unwrap();
    bench.wait_s(wishes::GOOD_FOR_S + 1);
    assert_eq!(confirm(&bench, &late, "王主管").await, Err("gone"));
    let id = ask(&bench, EMPTY, "李店员").await.unwrap();
    confirm(&bench, &id, "王主管").await.unwrap();
    bench.wait_s(wishes::GOOD_FOR_S + 1);
    assert_eq!(fetch(&kiosk).await, None, "a kiosk that was away does not open it later");
    let now = bench.app.now();
    bench.write(move |tx| wishes::sweep(tx, now).unwrap()).await;
    assert_eq!(last(&bench).await.state, "expired");
    assert_eq!(bench.number("SELECT COUNT(*) FROM task").await, 0);
}

#[tokio::test]
async fn of_a_door_that_nobody_can_tell_of_somebody_must_look() {
    for heard in [true, false] {
        let (bench, kiosk, _) = stored().await;
        let id = ask(&bench, FULL, "李店员").await.unwrap();
        confirm(&bench, &id, "王主管").await.unwrap();
        let wish = fetch(&kiosk).await.unwrap();
        if heard {
            end(&kiosk, &wish, OpeningOutcome::Unclear).await;
        } else {
            bench.wait_s(3_600);
            let now = bench.app.now();
            bench.write(move |tx| wishes::sweep(tx, now).unwrap()).await;
        }
        assert_eq!(last(&bench).await.outcome.as_deref(), Some("unclear"));
        let tasks = bench.app.store.read(|conn| pickup_server::tasks::list(conn, false)).await.unwrap();
        assert!(tasks.iter().any(|task| task.body["code"] == "DOOR_UNKNOWN"), "{tasks:?}");
    }
}

#[tokio::test]
async fn what_was_taken_out_is_out() {
    let (bench, kiosk, _) = stored().await;
    let id = ask(&bench, FULL, "李店员").await.unwrap();
    confirm(&bench, &id, "王主管").await.unwrap();
    let wish = fetch(&kiosk).await.unwrap();
    assert!(wish.parcel.as_ref().is_some_and(|parcel| parcel.pickup > PickupNumber(0)));
    end(&kiosk, &wish, OpeningOutcome::TakenOut).await;
    assert_eq!(bench.text("SELECT state FROM parcel").await, "back_to_stock");
}
