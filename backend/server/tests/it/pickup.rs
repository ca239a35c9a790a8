//! A shopper comes: verdict, manifest, grant.

use jiff::Timestamp;
use pickup_domain::parcel::Size;
use pickup_protocol::kiosk::{
    Evidence, EvidenceMethod, GrantReply, GrantRequest, Hello, NumberRequest, Offer, Slip, Verdict,
    VerdictRequest,
};
use pickup_protocol::{DoorNumber, Manifest, PickupNumber, Reason, SignedManifest, Ticket, TypedNumber};
use uuid::Uuid;

use crate::bench::{Bench, Caller, buyer, card, person};
use crate::deposit::store;

/// A kiosk with one parcel behind door 4, and the parcel's ticket.
pub async fn stored() -> (Bench, Caller, String) {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let parcel = bench.ready("WB1", Size::S).await;
    store(&kiosk, &badge, "WB1", &parcel, 4).await;
    (bench, kiosk, parcel.ticket)
}

pub async fn scan(kiosk: &Caller, ticket: &str) -> Verdict {
    let request = VerdictRequest { request_id: Uuid::new_v4(), ticket: ticket.to_owned() };
    kiosk.post("verdict", &request).await.unwrap()
}

pub async fn offered(kiosk: &Caller, ticket: &str) -> (Offer, Slip) {
    match scan(kiosk, ticket).await {
        Verdict::Ready { offer, slip } => (offer, slip),
        refused => panic!("{refused:?}"),
    }
}

pub async fn refused(kiosk: &Caller, ticket: &str) -> Reason {
    match scan(kiosk, ticket).await {
        Verdict::Refused { reason, .. } => reason,
        ready => panic!("{ready:?}"),
    }
}

pub fn evidence(offer: &Offer) -> Evidence {
    Evidence {
        method: EvidenceMethod::IdCard,
        identity: card(&offer.identity, &buyer()),
        read_at: Timestamp::now(),
        card_valid_until: Some("20991231".into()),
    }
}

pub fn grant_request(offer: &Offer) -> GrantRequest {
    GrantRequest { grant_id: Uuid::new_v4(), pickup: offer.pickup, evidence: evidence(offer) }
}

async fn grant(kiosk: &Caller, request: &GrantRequest) -> GrantReply {
    kiosk.post("grants", request).await.unwrap()
}

#[tokio::test]
async fn a_ticket_is_answered_with_what_lies_behind_the_door() {
    let (_bench, kiosk, ticket) = stored().await;
    let (offer, slip) = offered(&kiosk, &ticket).await;
    assert_eq!(offer.doors, [DoorNumber(4)]);
    assert_eq!((offer.goods_fen, offer.tax_fen, offer.lines.len()), (20_000, 1_820, 1));
    assert_eq!((offer.limit.year, offer.limit.limit_fen, offer.limit.used_fen), (2026, 2_600_000, 21_820));
    assert!(offer.identity.matches(&buyer()));
    assert_eq!((slip.supervision.as_str(), slip.customs_office.as_str()), ("1210", "9901"));
    assert_eq!(slip.invt_no, "990120261210000001");
    assert!(slip.number.starts_with('S') && slip.number.ends_with("000001") && slip.number.len() == 15);
}

#[tokio::test]
async fn a_repeated_scan_gets_the_same_answer_and_another_ticket_under_its_id_does_not() {
    let (bench, kiosk, ticket) = stored().await;
    let request = VerdictRequest { request_id: Uuid::new_v4(), ticket };
    let first: Verdict = kiosk.post("verdict", &request).await.unwrap();
    bench.wait_s(1);
    assert_eq!(kiosk.post("verdict", &request).await, Ok(first));
    let other = VerdictRequest { ticket: "BP1".into(), ..request };
    let conflict = Verdict::refused(Reason::RequestConflict, None);
    assert_eq!(kiosk.post("verdict", &other).await, Ok(conflict));
}

#[tokio::test]
async fn a_ticket_that_is_none_is_told_from_one_that_is_forged_or_unknown() {
    let (bench, kiosk, ticket) = stored().await;
    for noise in ["", "BP1", "hello", &ticket[..100], "提货"] {
        assert_eq!(refused(&kiosk, noise).await, Reason::TicketMalformed, "{noise}");
    }
    let mut forged = ticket.clone();
    forged.replace_range(40..41, if &ticket[40..41] == "7" { "8" } else { "7" });
    assert_eq!(refused(&kiosk, &forged).await, Reason::TicketForged);
    let signed = |centre, pickup| {
        let ticket = Ticket {
            key_id: 1,
            centre,
            pickup: PickupNumber(pickup),
            not_after_unix_s: u32::MAX,
            nonce: [0; 4],
        };
        ticket.sign(bench.app.secrets.signing())
    };
    assert_eq!(refused(&kiosk, &signed(1, 99)).await, Reason::TicketUnknown);
    assert_eq!(refused(&kiosk, &signed(2, 1)).await, Reason::OtherCentre);
}

#[tokio::test]
async fn a_parcel_that_is_elsewhere_or_not_yet_there_is_refused() {
    let (bench, kiosk, ticket) = stored().await;
    let waiting = bench.ready("WB2", Size::S).await;
    assert_eq!(refused(&kiosk, &waiting.ticket).await, Reason::NotInLocker);
    let other = bench.kiosk("K2", 1).await;
    assert_eq!(refused(&other, &ticket).await, Reason::OtherKiosk);
    let away = bench.kiosk("K3", 2).await;
    assert_eq!(refused(&away, &ticket).await, Reason::OtherCentre);
}

#[tokio::test]
async fn a_typed_number_is_as_good_as_its_ticket_and_tells_a_stranger_nothing() {
    let (bench, kiosk, ticket) = stored().await;
    let ask = async |number: TypedNumber| {
        let request = NumberRequest { request_id: Uuid::new_v4(), number };
        kiosk.post::<Verdict>("verdict/number", &request).await.unwrap()
    };
    let (offer, slip) = offered(&kiosk, &ticket).await;
    let number = TypedNumber::of(&ticket, offer.pickup);
    let Verdict::Ready { offer: mut same, slip: same_slip } = ask(number).await else { panic!() };
    same.limit.as_of = offer.limit.as_of;
    assert_eq!((&same, same_slip), (&offer, slip));
    let digits = number.to_string();
    let first = if digits.starts_with('7') { "8" } else { "7" };
    let wrong = TypedNumber::read(&format!("{first}{}", &digits[1..])).unwrap();
    let unknown = Verdict::refused(Reason::NumberUnknown, None);
    assert_eq!(ask(wrong).await, unknown, "a wrong digit");
    let nobody = TypedNumber::of(&ticket, PickupNumber(99_999));
    assert_eq!(ask(nobody).await, unknown, "no such pickup");
    bench.wait_s(3610);
    assert_eq!(ask(number).await, Verdict::refused(Reason::TicketExpired, None));
}

#[tokio::test]
async fn the_manifest_has_the_number_that_goes_with_the_ticket() {
    let (_bench, kiosk, ticket) = stored().await;
    let signed: SignedManifest = kiosk.get("manifest").await.unwrap();
    let manifest: Manifest = serde_json::from_str(&signed.body).unwrap();
    let entry = &manifest.entries[0];
    assert_eq!(entry.number, Some(TypedNumber::of(&ticket, entry.offer.pickup)));
}

#[tokio::test]
async fn whoever_came_to_the_wrong_kiosk_is_told_which_one_has_the_parcel() {
    let (bench, _kiosk, ticket) = stored().await;
    let other = bench.kiosk("K2", 1).await;
    let request = VerdictRequest { request_id: Uuid::new_v4(), ticket };
    let Verdict::Refused { reason, kiosk, .. } = other.post("verdict", &request).await.unwrap() else {
        panic!("it lies in another kiosk")
    };
    assert_eq!((reason, kiosk.as_deref()), (Reason::OtherKiosk, Some("K1")));
    let hello: Hello = other.get("hello").await.unwrap();
    let elsewhere: Vec<u16> = hello.elsewhere.iter().map(|centre| centre.number).collect();
    assert!(elsewhere.contains(&2) && !elsewhere.contains(&1), "{elsewhere:?}");
}

#[tokio::test]
async fn a_ticket_runs_out() {
    let (bench, kiosk, ticket) = stored().await;
    bench.wait_s(3590);
    offered(&kiosk, &ticket).await;
    bench.wait_s(20);
    assert_eq!(refused(&kiosk, &ticket).await, Reason::TicketExpired);
}

#[tokio::test]
async fn the_manifest_offers_what_the_verdict_offers_and_is_signed_for_this_kiosk() {
    let (bench, kiosk, ticket) = stored().await;
    bench.ready("WB2", Size::S).await;
    let (offer, slip) = offered(&kiosk, &ticket).await;
    let signed: SignedManifest = kiosk.get("manifest").await.unwrap();
    let hello: pickup_protocol::kiosk::Hello = kiosk.get("hello").await.unwrap();
    let manifest = signed.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap();
    assert_eq!(manifest.entries.len(), 1, "only what lies in the locker");
    let mut entry = manifest.entries[0].clone();
    entry.offer.limit.as_of = offer.limit.as_of;
    assert_eq!((entry.offer, entry.slip), (offer, slip));
    let next: SignedManifest = kiosk.get("manifest").await.unwrap();
    let next = next.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap();
    assert!(next.sequence > manifest.sequence);
    bench.execute("UPDATE declaration SET state = 'cancelled'").await;
    let last: SignedManifest = kiosk.get("manifest").await.unwrap();
    let last = last.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap();
    assert_eq!(last.entries, [], "what was withdrawn is not in it any more");
}

#[tokio::test]
async fn a_grant_is_on_the_trail_and_a_repeat_gets_the_same_answer() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    let request = grant_request(&offer);
    let granted = GrantReply::Granted { doors: vec![DoorNumber(4)] };
    assert_eq!(grant(&kiosk, &request).await, granted);
    assert_eq!(
        bench.number("SELECT COUNT(*) FROM trail WHERE kind = 'grant' AND state = 'granted'").await,
        1
    );
    bench.execute("UPDATE declaration SET state = 'cancelled'").await;
    assert_eq!(grant(&kiosk, &request).await, granted, "what was answered stays answered");
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE kind = 'grant'").await, 1);
    let again = GrantRequest { grant_id: Uuid::new_v4(), ..request };
    assert_eq!(grant(&kiosk, &again).await, GrantReply::Refused { reason: Reason::Cancelled });
}

#[tokio::test]
async fn a_grant_id_with_another_body_or_from_another_kiosk_is_a_conflict() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    let request = grant_request(&offer);
    grant(&kiosk, &request).await;
    let conflict = GrantReply::Refused { reason: Reason::RequestConflict };
    let other = GrantRequest { pickup: PickupNumber(99), ..request.clone() };
    assert_eq!(grant(&kiosk, &other).await, conflict);
    assert_eq!(grant(&bench.kiosk("K2", 1).await, &request).await, conflict);
}

#[tokio::test]
async fn another_persons_card_opens_nothing() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    let mut request = grant_request(&offer);
    request.evidence.identity = card(&offer.identity, &person("99010119900101003"));
    assert_eq!(grant(&kiosk, &request).await, GrantReply::Refused { reason: Reason::IdMismatch });
    assert_eq!(bench.text("SELECT state FROM trail WHERE kind = 'grant'").await, "refused");
}

#[tokio::test]
async fn a_card_that_ran_out_opens_nothing() {
    let (_bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    let mut request = grant_request(&offer);
    request.evidence.card_valid_until = Some("20200101".into());
    assert_eq!(grant(&kiosk, &request).await, GrantReply::Refused { reason: Reason::IdExpired });
}

#[tokio::test]
async fn no_state_of_the_declaration_but_released_gets_a_grant() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    for (sql, reason) in [
        ("UPDATE declaration SET state = 'inspected'", Reason::UnderInspection),
        ("UPDATE declaration SET state = 'review'", Reason::UnderInspection),
        ("UPDATE declaration SET state = 'accepted'", Reason::NotReleased),
        ("UPDATE declaration SET state = 'exception'", Reason::NotReleased),
        ("UPDATE declaration SET state = 'rejected'", Reason::NotReleased),
        ("UPDATE declaration SET state = 'refunded'", Reason::Cancelled),
    ] {
        bench.execute(sql).await;
        assert_eq!(grant(&kiosk, &grant_request(&offer)).await, GrantReply::Refused { reason }, "{sql}");
    }
}
