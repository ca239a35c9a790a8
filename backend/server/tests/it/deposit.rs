//! Staff put parcels behind doors.

use jiff::Timestamp;
use pickup_domain::parcel::Size;
use pickup_protocol::kiosk::{
    Ack, Deposit, DepositOutcome, DepositPlanReply, DepositPlanRequest, DoorOffer, DoorSize, StaffReply,
    StaffRequest,
};
use pickup_protocol::work::Work;
use pickup_protocol::{DoorNumber, PickupNumber, Reason, staff};
use uuid::Uuid;

use crate::bench::{Bench, Caller, ReadyParcel};

pub fn request(badge: &str, waybill: &str, doors: &[(u16, DoorSize)]) -> DepositPlanRequest {
    DepositPlanRequest {
        request_id: Uuid::new_v4(),
        badge: badge.to_owned(),
        label: staff::label(waybill),
        doors: doors.iter().map(|&(door, size)| DoorOffer { door: DoorNumber(door), size }).collect(),
    }
}

pub fn report(
    plan: &DepositPlanRequest,
    pickup: PickupNumber,
    door: u16,
    outcome: DepositOutcome,
) -> Deposit {
    Deposit {
        deposit_id: Uuid::new_v4(),
        request_id: plan.request_id,
        pickup,
        badge: plan.badge.clone(),
        door: DoorNumber(door),
        door_events: Vec::new(),
        outcome,
        completed_at: Timestamp::now(),
    }
}

/// Puts a ready parcel behind `door`.
pub async fn store(kiosk: &Caller, badge: &str, waybill: &str, parcel: &ReadyParcel, door: u16) {
    let plan = request(badge, waybill, &[(door, DoorSize::L)]);
    let planned: DepositPlanReply = kiosk.post("deposits/plan", &plan).await.unwrap();
    assert!(matches!(planned, DepositPlanReply::Door { .. }), "{planned:?}");
    let done = report(&plan, parcel.pickup, door, DepositOutcome::Stored);
    assert_eq!(kiosk.post("deposits", &done).await, Ok(Ack { first: true }));
}

fn door_of(reply: Result<DepositPlanReply, (u16, String)>) -> Result<u16, Reason> {
    match reply.unwrap() {
        DepositPlanReply::Door { door, .. } => Ok(door.0),
        DepositPlanReply::Refused { reason } => Err(reason),
    }
}

const DOORS: &[(u16, DoorSize)] = &[(3, DoorSize::L), (2, DoorSize::M), (1, DoorSize::S)];

#[tokio::test]
async fn a_parcel_goes_behind_the_smallest_free_door_and_is_in_the_locker() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let parcel = bench.ready("WB1", Size::M).await;
    let plan = request(&badge, "WB1", DOORS);
    assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), Ok(2));
    assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), Ok(2), "a repeat gets the same door");
    let done = report(&plan, parcel.pickup, 2, DepositOutcome::Stored);
    assert_eq!(kiosk.post("deposits", &done).await, Ok(Ack { first: true }));
    assert_eq!(kiosk.post("deposits", &done).await, Ok(Ack { first: false }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE kind = 'deposit'").await, 1);
    assert_eq!(bench.text("SELECT actor FROM trail WHERE kind = 'deposit'").await, "staff:示例店员");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn a_reserved_door_is_given_to_nobody_else() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    for waybill in ["WB1", "WB2", "WB3", "WB4"] {
        bench.ready(waybill, Size::S).await;
    }
    for (waybill, door) in [("WB1", Ok(1)), ("WB2", Ok(2)), ("WB3", Ok(3)), ("WB4", Err(Reason::NoDoorFree))]
    {
        let plan = request(&badge, waybill, DOORS);
        assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), door, "{waybill}");
    }
}

#[tokio::test]
async fn a_door_whose_deposit_was_never_heard_of_is_free_again_after_a_while() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let lost = bench.ready("WB1", Size::S).await;
    bench.ready("WB2", Size::S).await;
    let first = request(&badge, "WB1", &[(1, DoorSize::S)]);
    assert_eq!(door_of(kiosk.post("deposits/plan", &first).await), Ok(1));
    let second = request(&badge, "WB2", &[(1, DoorSize::S)]);
    assert_eq!(door_of(kiosk.post("deposits/plan", &second).await), Err(Reason::NoDoorFree));
    bench.wait_s(i64::from(bench.app.config.door_reserved_for_s) + 1);
    let third = request(&badge, "WB2", &[(1, DoorSize::S)]);
    assert_eq!(door_of(kiosk.post("deposits/plan", &third).await), Ok(1));

    // The first was put there all the same: that is a fact, and somebody is told.
    let late = report(&first, lost.pickup, 1, DepositOutcome::Stored);
    assert_eq!(kiosk.post("deposits", &late).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel WHERE waybill = 'WB1'").await, "in_locker");
    assert_eq!(bench.number("SELECT COUNT(*) FROM task WHERE kind = 'contradiction'").await, 1);
}

#[tokio::test]
async fn a_deposit_that_came_to_nothing_frees_the_door() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let parcel = bench.ready("WB1", Size::S).await;
    bench.ready("WB2", Size::S).await;
    let plan = request(&badge, "WB1", &[(1, DoorSize::S)]);
    assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), Ok(1));
    let done = report(&plan, parcel.pickup, 1, DepositOutcome::NotStored);
    assert_eq!(kiosk.post("deposits", &done).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel WHERE waybill = 'WB1'").await, "ready");
    let other = request(&badge, "WB2", &[(1, DoorSize::S)]);
    assert_eq!(door_of(kiosk.post("deposits/plan", &other).await), Ok(1));
}

#[tokio::test]
async fn a_parcel_scanned_again_gets_a_new_plan_and_gives_up_the_old_door() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    bench.ready("WB1", Size::S).await;
    for door in [1, 2] {
        let plan = request(&badge, "WB1", &[(door, DoorSize::S)]);
        assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), Ok(door));
    }
    assert_eq!(bench.number("SELECT COUNT(*) FROM door").await, 1);
    assert_eq!(bench.number("SELECT door FROM door").await, 2);
}

#[tokio::test]
async fn what_cannot_be_deposited_is_refused_with_its_reason() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let elsewhere = bench.badge("另一店员", 2).await;
    let parcel = bench.ready("WB1", Size::S).await;
    let refused = async |badge: &str, waybill: &str, doors: &[(u16, DoorSize)]| {
        door_of(kiosk.post("deposits/plan", &request(badge, waybill, doors)).await).unwrap_err()
    };
    assert_eq!(refused(&elsewhere, "WB1", DOORS).await, Reason::BadgeUnknown);
    assert_eq!(refused("BPS1000", "WB1", DOORS).await, Reason::BadgeUnknown);
    assert_eq!(refused(&badge, "WB9", DOORS).await, Reason::LabelUnknown);
    assert_eq!(refused(&badge, "WB1", &[]).await, Reason::NoDoorFree);
    store(&kiosk, &badge, "WB1", &parcel, 1).await;
    assert_eq!(refused(&badge, "WB1", DOORS).await, Reason::AlreadyStored);
}

#[tokio::test]
async fn a_parcel_that_customs_took_back_is_not_deposited() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    bench.ready("WB1", Size::S).await;
    bench.execute("UPDATE declaration SET state = 'inspected'").await;
    let answer = kiosk.post("deposits/plan", &request(&badge, "WB1", DOORS)).await;
    assert_eq!(door_of(answer), Err(Reason::UnderInspection));
}

#[tokio::test]
async fn the_same_id_with_another_body_is_a_conflict() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let parcel = bench.ready("WB1", Size::S).await;
    let plan = request(&badge, "WB1", DOORS);
    assert_eq!(door_of(kiosk.post("deposits/plan", &plan).await), Ok(1));
    let other = DepositPlanRequest { label: staff::label("WB2"), ..plan.clone() };
    assert_eq!(door_of(kiosk.post("deposits/plan", &other).await), Err(Reason::RequestConflict));
    let done = report(&plan, parcel.pickup, 1, DepositOutcome::Stored);
    assert_eq!(kiosk.post("deposits", &done).await, Ok(Ack { first: true }));
    let changed = Deposit { outcome: DepositOutcome::NotStored, ..done };
    let answer: Result<Ack, _> = kiosk.post("deposits", &changed).await;
    assert_eq!(answer, Err((409, "REQUEST_CONFLICT".into())));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");
}

#[tokio::test]
async fn a_badge_is_welcome_in_its_own_centre_only() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let (here, there) = (bench.badge("示例店员", 1).await, bench.badge("另一店员", 2).await);
    let welcome = kiosk.post("staff", &StaffRequest { badge: here.to_lowercase(), pin: None }).await;
    let work = Work::default();
    assert_eq!(welcome, Ok(StaffReply::Welcome { name: "示例店员".into(), attention: vec![], work }));
    for badge in [there.as_str(), "", "BP1XYZ"] {
        let answer = kiosk.post("staff", &StaffRequest { badge: badge.into(), pin: None }).await;
        assert_eq!(answer, Ok(StaffReply::Refused { reason: Reason::BadgeUnknown }), "{badge}");
    }
}
