//! What staff do beside deposits: PINs, parcels that waited too long, doors opened with a reason, slips that are owed.

use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::{ParcelState, Size};
use pickup_protocol::kiosk::{Ack, Handover, HandoverOutcome, Hello, StaffReply, StaffRequest};
use pickup_protocol::work::*;
use pickup_protocol::{DoorNumber, Manifest, PickupNumber, Reason, SignedManifest};
use pickup_server::{parcels, pins};
use uuid::Uuid;

use crate::bench::{Bench, Caller};
use crate::deposit::store;
use crate::pickup::{evidence, grant_request, offered, refused, stored};

const HERE: DoorNumber = DoorNumber(4);

async fn with_pin(bench: &Bench, name: &'static str, pin: &str) -> String {
    let badge = bench.badge(name, 1).await;
    set_pin(bench, name, pin).await;
    badge
}

async fn set_pin(bench: &Bench, name: &'static str, pin: &str) {
    let (now, sealed) = (bench.app.now(), pins::seal(&bench.app.secrets, &Pin::parse(pin).unwrap()).unwrap());
    bench.write(move |tx| pins::set(tx, now, name, &sealed).unwrap()).await;
}

async fn show(kiosk: &Caller, badge: &str, pin: Option<&str>) -> StaffReply {
    let pin = pin.map(|pin| Pin::parse(pin).unwrap());
    kiosk.post("staff", &StaffRequest { badge: badge.to_owned(), pin }).await.unwrap()
}

fn wrong(tries_left: u8) -> StaffReply {
    StaffReply::Pin { problem: Some(PinProblem { tries_left }) }
}

fn refusal(reason: Reason) -> StaffReply {
    StaffReply::Refused { reason }
}

#[tokio::test]
async fn a_badge_with_a_pin_opens_nothing_without_it_and_is_locked_after_three_wrong_ones() {
    let bench = Bench::start_with(|_| ()).await;
    let kiosk = bench.kiosk("K1", 1).await;
    let badge = with_pin(&bench, "示例店员", "2468").await;
    assert_eq!(show(&kiosk, &badge, None).await, StaffReply::Pin { problem: None });
    assert_eq!(show(&kiosk, &badge, Some("1111")).await, wrong(2));
    assert_eq!(show(&kiosk, &badge, Some("2222")).await, wrong(1));
    assert!(matches!(show(&kiosk, &badge, Some("2468")).await, StaffReply::Welcome { .. }));
    assert_eq!(show(&kiosk, &badge, Some("1111")).await, wrong(2), "a good one starts over");
    assert_eq!(show(&kiosk, &badge, Some("1112")).await, wrong(1));
    assert_eq!(show(&kiosk, &badge, Some("1113")).await, refusal(Reason::BadgeLocked));
    assert_eq!(
        show(&kiosk, &badge, Some("2468")).await,
        refusal(Reason::BadgeLocked),
        "also for the right one"
    );
    assert_eq!(show(&kiosk, &badge, None).await, refusal(Reason::BadgeLocked));
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE state = 'pin_locked'").await, 1);
    bench.wait_s(i64::from(pins::LOCKED_FOR_S) + 1);
    assert!(matches!(show(&kiosk, &badge, Some("2468")).await, StaffReply::Welcome { .. }));
    let kept = bench.text("SELECT pin FROM staff").await;
    assert!(kept.starts_with("$argon2id$"), "{kept}");
    // Version, cost, salt and digest, and no room for anything else.
    let lengths: Vec<usize> = kept.split('$').skip(2).map(str::len).collect();
    assert_eq!(lengths, ["v=19".len(), "m=19456,t=2,p=1".len(), 22, 43], "{kept}");
    let plain = bench.badge("另一店员", 1).await;
    assert_eq!(show(&kiosk, &plain, None).await, refusal(Reason::BadgeWithoutPin));
}

/// The parcel behind door 4 waited too long.
async fn overdue() -> (Bench, Caller, String, String) {
    let (bench, kiosk, ticket) = stored().await;
    let badge = bench.badge("另一店员", 1).await;
    assert_eq!(mark(&bench).await, 0, "there is time left");
    bench.wait_s(3601);
    assert_eq!(mark(&bench).await, 1);
    (bench, kiosk, ticket, badge)
}

async fn mark(bench: &Bench) -> usize {
    let now = bench.app.now();
    bench.write(move |tx| parcels::overdue::mark(tx, now).unwrap()).await
}

async fn work(kiosk: &Caller, badge: &str) -> Work {
    match show(kiosk, badge, None).await {
        StaffReply::Welcome { work, .. } => work,
        other => panic!("{other:?}"),
    }
}

async fn manifest(bench: &Bench, kiosk: &Caller) -> Manifest {
    let hello: Hello = kiosk.get("hello").await.unwrap();
    let signed: SignedManifest = kiosk.get("manifest").await.unwrap();
    signed.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap()
}

fn ask(badge: &str, purpose: Purpose) -> OpeningRequest {
    OpeningRequest { opening_id: Uuid::new_v4(), badge: badge.to_owned(), door: HERE, purpose, second: None }
}

fn ended(request: &OpeningRequest, pickup: Option<PickupNumber>, outcome: OpeningOutcome) -> Opening {
    Opening {
        report_id: Uuid::new_v4(),
        opening_id: Some(request.opening_id),
        badge: request.badge.clone(),
        door: request.door,
        purpose: request.purpose,
        pickup,
        door_events: Vec::new(),
        outcome,
        completed_at: Timestamp::now(),
    }
}

async fn open(kiosk: &Caller, request: &OpeningRequest) -> OpeningReply {
    kiosk.post("openings", request).await.unwrap()
}

async fn extend(bench: &Bench, days: i64) -> Result<ParcelState, parcels::ExtendError> {
    let (app, now) = (std::sync::Arc::clone(&bench.app), bench.app.now());
    let until = now + SignedDuration::from_hours(24 * days);
    bench.write(move |tx| parcels::extend(tx, &app.secrets, now, "operator", "WB1", until)).await
}

#[tokio::test]
async fn a_parcel_that_waited_too_long_is_overdue_and_no_door_opens_for_it() {
    let (bench, kiosk, ticket, badge) = overdue().await;
    assert_eq!(bench.text("SELECT state FROM parcel").await, "overdue");
    assert_eq!(refused(&kiosk, &ticket).await, Reason::TicketExpired);
    assert_eq!(manifest(&bench, &kiosk).await.entries, []);
    let waits = work(&kiosk, &badge).await;
    assert_eq!((waits.removals[0].door, waits.removals[0].why), (HERE, RemovalReason::Overdue));
    assert!(waits.removals[0].since.is_some());
    assert_eq!(bench.text("SELECT state FROM orders").await, "cleared", "its order stays as it is");
    assert_eq!(mark(&bench).await, 0, "once");
    assert_eq!(bench.text("SELECT kind FROM task WHERE settled_us IS NULL").await, "overdue");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn more_time_brings_it_back_with_a_new_ticket() {
    let (bench, kiosk, old, badge) = overdue().await;
    assert_eq!(extend(&bench, 2).await.unwrap(), ParcelState::InLocker);
    let ticket = bench.text("SELECT ticket FROM parcel").await;
    assert_ne!(ticket, old);
    offered(&kiosk, &ticket).await;
    assert_eq!(manifest(&bench, &kiosk).await.entries.len(), 1);
    assert_eq!(work(&kiosk, &badge).await.removals, []);
    assert!(extend(&bench, 1).await.is_err(), "not to an earlier time");
    let open_tasks = "SELECT COUNT(*) FROM task WHERE settled_us IS NULL";
    assert_eq!(bench.number(open_tasks).await, 0, "nobody has to see to it any more");
    bench.wait_s(3 * 24 * 3600);
    assert_eq!(mark(&bench).await, 1);
    assert_eq!(bench.number(open_tasks).await, 1, "overdue a second time it is seen to again");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn staff_take_an_overdue_parcel_out_and_the_operator_is_asked_what_becomes_of_it() {
    let (bench, kiosk, _, badge) = overdue().await;
    let pickup = work(&kiosk, &badge).await.removals[0].pickup;
    let request = ask(&badge, Purpose::Removal);
    let granted = OpeningReply::Granted { parcel: Some(Behind { pickup, waybill: "WB1".into() }) };
    assert_eq!(open(&kiosk, &request).await, granted);
    assert_eq!(open(&kiosk, &request).await, granted, "asked twice it is one opening");
    assert_eq!(bench.number("SELECT COUNT(*) FROM opening").await, 1);
    let report = ended(&request, Some(pickup), OpeningOutcome::TakenOut);
    assert_eq!(kiosk.post("openings/ended", &report).await, Ok(Ack { first: true }));
    assert_eq!(kiosk.post("openings/ended", &report).await, Ok(Ack { first: false }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "back_to_stock");
    assert_eq!(bench.number("SELECT COUNT(*) FROM door").await, 0, "the door is free");
    assert_eq!(bench.text("SELECT state FROM orders").await, "cleared");
    assert_eq!(bench.number("SELECT COUNT(*) FROM task WHERE kind = 'taken_out'").await, 1);
    let open_tasks = "SELECT COUNT(*) FROM task WHERE settled_us IS NULL";
    assert_eq!(bench.number(open_tasks).await, 1);
    assert_eq!(extend(&bench, 2).await.unwrap(), ParcelState::Ready);
    assert_eq!(bench.number(open_tasks).await, 0, "more time settles it");
    let again = crate::bench::ReadyParcel { pickup, ticket: bench.text("SELECT ticket FROM parcel").await };
    store(&kiosk, &badge, "WB1", &again, 5).await;
    offered(&kiosk, &again.ticket).await;
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn what_was_never_stored_is_overdue_too_and_can_be_set_out_again() {
    let bench = Bench::start().await;
    bench.ready("WB1", Size::S).await;
    bench.wait_s(3601);
    assert_eq!(mark(&bench).await, 1);
    assert_eq!(extend(&bench, 2).await.unwrap(), ParcelState::Ready);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn what_waits_for_its_buyer_is_opened_by_two_people_only() {
    let (bench, kiosk, _) = stored().await;
    let badge = bench.badge("另一店员", 1).await;
    let second = with_pin(&bench, "示例店长", "97531").await;
    let request = ask(&badge, Purpose::Parcel);
    assert_eq!(open(&kiosk, &request).await, OpeningReply::SecondNeeded);
    let with = |badge: &str, pin: Option<&str>| {
        let pin = pin.map(|pin| Pin::parse(pin).unwrap());
        OpeningRequest { second: Some(Credential { badge: badge.to_owned(), pin }), ..request.clone() }
    };
    let same = open(&kiosk, &with(&badge, None)).await;
    assert_eq!(same, OpeningReply::Refused { reason: Reason::SamePerson });
    assert_eq!(open(&kiosk, &with(&second, None)).await, OpeningReply::SecondPin { problem: None });
    let problem = Some(PinProblem { tries_left: 2 });
    assert_eq!(open(&kiosk, &with(&second, Some("1234"))).await, OpeningReply::SecondPin { problem });
    assert_eq!(bench.number("SELECT COUNT(*) FROM opening").await, 0);
    let granted = open(&kiosk, &with(&second, Some("97531"))).await;
    assert!(matches!(granted, OpeningReply::Granted { .. }), "{granted:?}");
    assert_eq!(bench.text("SELECT staff || '+' || second FROM opening").await, "另一店员+示例店长");
    let trail = bench.text("SELECT body FROM trail WHERE kind = 'opening'").await;
    assert!(trail.contains("示例店长") && trail.contains(r#""purpose":"parcel""#), "{trail}");
    set_pin(&bench, "示例店长", "8642").await;
    let again = open(&kiosk, &with(&second, Some("8642"))).await;
    assert_eq!(again, granted, "what is kept of a request does not hang on the PIN it was made with");
}

#[tokio::test]
async fn an_empty_door_is_opened_by_one_and_one_that_was_not_empty_is_not_hidden() {
    let (bench, kiosk, _) = stored().await;
    let badge = bench.badge("另一店员", 1).await;
    let empty = OpeningRequest { door: DoorNumber(9), ..ask(&badge, Purpose::Inspect) };
    assert_eq!(open(&kiosk, &empty).await, OpeningReply::Granted { parcel: None });
    let shut = ended(&empty, None, OpeningOutcome::Shut);
    assert_eq!(kiosk.post("openings/ended", &shut).await, Ok(Ack { first: true }));
    let tasks = "SELECT COUNT(*) FROM task WHERE kind = 'contradiction'";
    assert_eq!(bench.number(tasks).await, 0);
    // While the network was down, and as empty as the kiosk knew.
    let offline =
        Opening { opening_id: None, ..ended(&ask(&badge, Purpose::Inspect), None, OpeningOutcome::Shut) };
    assert_eq!(kiosk.post("openings/ended", &offline).await, Ok(Ack { first: true }));
    assert_eq!(bench.number(tasks).await, 1);
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");
}

#[tokio::test]
async fn an_opening_nobody_can_vouch_for_wants_a_look_and_a_parcel_missing_then_was_nobodys_handover() {
    let (bench, kiosk, ticket) = stored().await;
    let (badge, second) = (bench.badge("另一店员", 1).await, bench.badge("示例店长", 1).await);
    let (offer, _) = offered(&kiosk, &ticket).await;
    let second = Some(Credential { badge: second, pin: None });
    let request = OpeningRequest { second, ..ask(&badge, Purpose::Customs) };
    assert!(matches!(open(&kiosk, &request).await, OpeningReply::Granted { .. }));
    let unclear = ended(&request, Some(offer.pickup), OpeningOutcome::Unclear);
    assert_eq!(kiosk.post("openings/ended", &unclear).await, Ok(Ack { first: true }));
    assert_eq!(refused(&kiosk, &ticket).await, Reason::NeedsAttendant);
    let gone = pickup_protocol::kiosk::Resolution {
        resolution_id: Uuid::new_v4(),
        badge,
        pickup: offer.pickup,
        found: pickup_protocol::kiosk::Found::GoodsTaken,
        at: Timestamp::now(),
    };
    assert_eq!(kiosk.post("resolutions", &gone).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "back_to_stock");
    assert_eq!(bench.text("SELECT state FROM orders").await, "cleared", "nobody got it");
    assert_eq!(bench.number("SELECT COUNT(*) FROM task WHERE kind = 'contradiction'").await, 1);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn a_slip_that_did_not_come_out_is_owed_until_staff_print_it() {
    let (bench, kiosk, ticket) = stored().await;
    let badge = bench.badge("另一店员", 1).await;
    let (offer, slip) = offered(&kiosk, &ticket).await;
    let grant = grant_request(&offer);
    let _: pickup_protocol::kiosk::GrantReply = kiosk.post("grants", &grant).await.unwrap();
    let request = SlipRequest { badge: badge.clone(), pickup: offer.pickup };
    let none: SlipReply = kiosk.post("slips", &request).await.unwrap();
    assert_eq!(none, SlipReply::Refused { reason: Reason::LabelUnknown }, "nothing was handed over yet");
    let handed = Handover {
        handover_id: Uuid::new_v4(),
        grant_id: Some(grant.grant_id),
        manifest: None,
        pickup: offer.pickup,
        slip: slip.number.clone(),
        slips_printed: 0,
        evidence: evidence(&offer),
        door_events: Vec::new(),
        outcome: HandoverOutcome::Taken,
        completed_at: Timestamp::now(),
    };
    assert_eq!(kiosk.post("handovers", &handed).await, Ok(Ack { first: true }));
    assert_eq!(work(&kiosk, &badge).await.owed[0].pickup, offer.pickup);
    let owed: SlipReply = kiosk.post("slips", &request).await.unwrap();
    assert!(matches!(owed, SlipReply::Owed { slip: said, .. } if said == slip));
    let (report_id, pickup, at) = (Uuid::new_v4(), offer.pickup, Timestamp::now());
    let printed = SlipPrinted { report_id, badge: badge.clone(), pickup, copy: false, at };
    assert_eq!(kiosk.post("slips/printed", &printed).await, Ok(Ack { first: true }));
    assert_eq!(work(&kiosk, &badge).await.owed, []);
    assert_eq!(bench.text("SELECT actor FROM trail WHERE kind = 'slip'").await, "staff:另一店员");
}
