//! How pickups end, are reported, and are looked into.

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    Ack, Attention, Found, GrantReply, Handover, HandoverOutcome, Hello, Offer, Resolution, Slip, StaffReply,
    StaffRequest, Verdict,
};
use pickup_protocol::work::Work;
use pickup_protocol::{DoorNumber, Manifest, ManifestUse, Reason, SignedManifest};
use pickup_server::pins;
use uuid::Uuid;

use crate::bench::{Bench, Caller};
use crate::pickup::{evidence, grant_request, offered, refused, scan, stored};

fn report(offer: &Offer, slip: &Slip, grant_id: Option<Uuid>, outcome: HandoverOutcome) -> Handover {
    Handover {
        handover_id: Uuid::new_v4(),
        grant_id,
        manifest: None,
        pickup: offer.pickup,
        slip: slip.number.clone(),
        slips_printed: 1,
        evidence: evidence(offer),
        door_events: Vec::new(),
        outcome,
        completed_at: Timestamp::now(),
    }
}

/// Granted, opened, reported.
async fn picked_up(kiosk: &Caller, ticket: &str, outcome: HandoverOutcome) -> Handover {
    let (offer, slip) = offered(kiosk, ticket).await;
    let request = grant_request(&offer);
    let granted: GrantReply = kiosk.post("grants", &request).await.unwrap();
    assert!(matches!(granted, GrantReply::Granted { .. }), "{granted:?}");
    let report = report(&offer, &slip, Some(request.grant_id), outcome);
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    report
}

async fn conflicts(bench: &Bench) -> String {
    let sql = "SELECT body FROM trail WHERE kind = 'handover' ORDER BY seq DESC LIMIT 1";
    let body: serde_json::Value = serde_json::from_str(&bench.text(sql).await).unwrap();
    body["conflicts"].to_string()
}

#[tokio::test]
async fn a_handover_ends_parcel_and_order_and_a_second_scan_says_when() {
    let (bench, kiosk, ticket) = stored().await;
    let report = picked_up(&kiosk, &ticket, HandoverOutcome::Taken).await;
    assert_eq!(bench.text("SELECT state FROM parcel").await, "collected");
    assert_eq!(bench.text("SELECT state FROM orders").await, "fulfilled");
    assert_eq!(bench.number("SELECT COUNT(*) FROM door").await, 0, "the door is free again");
    assert_eq!(conflicts(&bench).await, "[]");
    let Verdict::Refused { reason, collected_at, kiosk: there, .. } = scan(&kiosk, &ticket).await else {
        panic!()
    };
    assert_eq!(reason, Reason::AlreadyCollected);
    let told = collected_at.unwrap();
    assert!(told.duration_since(report.completed_at).abs() < jiff::SignedDuration::from_millis(1));

    let hello: Hello = kiosk.get("hello").await.unwrap();
    assert_eq!(there, Some(hello.kiosk));
    let signed: SignedManifest = kiosk.get("manifest").await.unwrap();
    let manifest = signed.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap();
    assert_eq!(manifest.entries, []);
    assert_eq!(manifest.collected[0].pickup, report.pickup);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn a_report_is_applied_once_and_never_changed() {
    let (bench, kiosk, ticket) = stored().await;
    let report = picked_up(&kiosk, &ticket, HandoverOutcome::Taken).await;
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: false }));
    let changed = Handover { slips_printed: 2, ..report };
    let answer: Result<Ack, _> = kiosk.post("handovers", &changed).await;
    assert_eq!(answer, Err((409, "REQUEST_CONFLICT".into())));
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE kind = 'handover'").await, 1);
}

#[tokio::test]
async fn a_second_handover_of_the_same_parcel_is_acknowledged_and_noted_as_a_conflict() {
    let (bench, kiosk, ticket) = stored().await;
    let first = picked_up(&kiosk, &ticket, HandoverOutcome::Taken).await;
    let second = Handover { handover_id: Uuid::new_v4(), ..first };
    assert_eq!(kiosk.post("handovers", &second).await, Ok(Ack { first: true }));
    assert_eq!(conflicts(&bench).await, r#"["ALREADY_COLLECTED"]"#);
    assert_eq!(bench.number("SELECT COUNT(*) FROM handover WHERE outcome = 'taken'").await, 1);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn a_handover_by_the_manifest_after_a_cancellation_stands_and_is_noted() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, slip) = offered(&kiosk, &ticket).await;
    bench.execute("UPDATE declaration SET state = 'cancelled'; UPDATE orders SET state = 'cancelled'").await;
    let report = report(&offer, &slip, None, HandoverOutcome::Taken);
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "collected");
    assert_eq!(bench.text("SELECT state FROM orders").await, "cancelled");
    assert_eq!(conflicts(&bench).await, r#"["CANCELLED","ORDER_NOT_OPEN"]"#);
    assert_eq!(open_tasks(&bench).await, [format!("handover/{}", report.handover_id)]);
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: false }));
    assert_eq!(open_tasks(&bench).await.len(), 1, "told once");
}

async fn open_tasks(bench: &Bench) -> Vec<String> {
    let sql = "SELECT entity FROM task WHERE kind = 'contradiction' AND settled_us IS NULL ORDER BY id";
    bench.texts(sql.to_owned()).await
}

async fn grounds(bench: &Bench) -> serde_json::Value {
    let sql = "SELECT body FROM trail WHERE kind = 'handover' ORDER BY seq DESC LIMIT 1";
    let body: serde_json::Value = serde_json::from_str(&bench.text(sql).await).unwrap();
    body["grounds"].clone()
}

async fn manifest(bench: &Bench, kiosk: &Caller) -> Manifest {
    let hello: Hello = kiosk.get("hello").await.unwrap();
    let signed: SignedManifest = kiosk.get("manifest").await.unwrap();
    signed.verify(hello.kiosk_id, |id| bench.app.secrets.verifying(id)).unwrap()
}

/// A handover without the network, by the manifest that lists it.
async fn offline(bench: &Bench, kiosk: &Caller) -> Handover {
    let manifest = manifest(bench, kiosk).await;
    let entry = manifest.entries.first().unwrap();
    let report = report(&entry.offer, &entry.slip, None, HandoverOutcome::Taken);
    Handover { manifest: Some(manifest.used()), ..report }
}

#[tokio::test]
async fn a_handover_without_the_network_says_by_which_manifest_and_how_old_it_was() {
    let (bench, kiosk, _) = stored().await;
    let report = offline(&bench, &kiosk).await;
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM orders").await, "fulfilled");
    let grounds = grounds(&bench).await;
    let used = report.manifest.unwrap();
    assert_eq!(grounds["granted_by"], "manifest");
    assert_eq!((grounds["sequence"].as_u64(), grounds["age_s"].as_i64()), (Some(used.sequence), Some(0)));
    assert_eq!(conflicts(&bench).await, "[]");
    assert_eq!(open_tasks(&bench).await, [""; 0]);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn a_release_withdrawn_while_the_kiosk_was_away_is_a_fact_and_a_conflict_that_a_person_sees() {
    let (bench, kiosk, _) = stored().await;
    let report = offline(&bench, &kiosk).await;
    // Customs is asked to cancel; the order itself stands until it answers.
    bench
        .execute(
            "INSERT INTO application
                (cell, id, cop_no, order_id, kind, request_id, digest, reason, lines, credit, state, asked_us)
             SELECT cell, 1, 'X1', id, 'cancel', 'R1', '', '', '[]', 'null', 'sent', 0 FROM orders",
        )
        .await;
    assert_eq!(manifest(&bench, &kiosk).await.entries, [], "the next manifest does not list it");
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "collected", "the goods are gone");
    assert_eq!(conflicts(&bench).await, r#"["CANCELLED"]"#);
    assert_eq!(open_tasks(&bench).await, [format!("handover/{}", report.handover_id)]);
}

#[tokio::test]
async fn a_manifest_that_was_never_made_or_was_too_old_is_noticed() {
    let (bench, kiosk, _) = stored().await;
    let good = offline(&bench, &kiosk).await;
    let used = good.manifest.clone().unwrap();
    let invented = ManifestUse { sequence: used.sequence + 100, ..used.clone() };
    let report = Handover { manifest: Some(invented), ..good.clone() };
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(conflicts(&bench).await, r#"["MANIFEST_UNKNOWN"]"#);

    let (bench, kiosk, _) = stored().await;
    let good = offline(&bench, &kiosk).await;
    let day_before = used.issued_at - jiff::SignedDuration::from_hours(25);
    let old = ManifestUse { issued_at: day_before, ..good.manifest.clone().unwrap() };
    let report = Handover { manifest: Some(old), ..good };
    assert_eq!(kiosk.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(conflicts(&bench).await, r#"["MANIFEST_TOO_OLD"]"#);
}

#[tokio::test]
async fn a_centre_says_how_long_its_kiosks_may_go_on_alone() {
    let (bench, kiosk, _) = stored().await;
    let for_s = |manifest: &Manifest| manifest.valid_until.duration_since(manifest.issued_at).as_secs();
    assert_eq!(for_s(&manifest(&bench, &kiosk).await), 24 * 3600);
    bench
        .write(|tx| {
            let mut centre = pickup_server::centre::find(tx, 1).unwrap().unwrap();
            centre.offline_for_s = Some(1_800);
            let body = serde_json::to_string(&centre).unwrap();
            tx.execute("UPDATE centre SET body = ?1 WHERE number = 1", [body]).unwrap();
        })
        .await;
    assert_eq!(for_s(&manifest(&bench, &kiosk).await), 1_800);
}

#[tokio::test]
async fn a_kiosk_cannot_report_a_parcel_that_lies_elsewhere() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, slip) = offered(&kiosk, &ticket).await;
    let other = bench.kiosk("K2", 1).await;
    let report = report(&offer, &slip, Some(Uuid::new_v4()), HandoverOutcome::Taken);
    assert_eq!(other.post("handovers", &report).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");
    assert_eq!(conflicts(&bench).await, r#"["NEVER_HERE","GRANT_UNKNOWN"]"#);
}

#[tokio::test]
async fn a_door_nobody_is_sure_of_waits_for_staff() {
    let (bench, kiosk, ticket) = stored().await;
    let badge = bench.badge("另一店员", 1).await;
    let unknown = picked_up(&kiosk, &ticket, HandoverOutcome::Unknown).await;
    assert_eq!(refused(&kiosk, &ticket).await, Reason::NeedsAttendant);
    let welcome = kiosk.post("staff", &StaffRequest { badge: badge.clone(), pin: None }).await;
    let attention = vec![Attention { pickup: unknown.pickup, waybill: "WB1".into(), door: DoorNumber(4) }];
    let work = Work { taken: vec![DoorNumber(4)], ..Work::default() };
    assert_eq!(welcome, Ok(StaffReply::Welcome { name: "另一店员".into(), attention, work }));

    let inside = Resolution {
        resolution_id: Uuid::new_v4(),
        badge: badge.clone(),
        pickup: unknown.pickup,
        found: Found::GoodsInside,
        at: Timestamp::now(),
    };
    assert_eq!(kiosk.post("resolutions", &inside).await, Ok(Ack { first: true }));
    assert_eq!(kiosk.post("resolutions", &inside).await, Ok(Ack { first: false }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");

    picked_up(&kiosk, &ticket, HandoverOutcome::Unknown).await;
    let taken = Resolution { resolution_id: Uuid::new_v4(), found: Found::GoodsTaken, ..inside };
    assert_eq!(kiosk.post("resolutions", &taken).await, Ok(Ack { first: true }));
    assert_eq!(bench.text("SELECT state FROM parcel").await, "collected");
    assert_eq!(bench.text("SELECT state FROM orders").await, "fulfilled");
    assert_eq!(bench.number("SELECT COUNT(*) FROM handover WHERE outcome = 'taken'").await, 1);
    assert_eq!(bench.number("SELECT COUNT(*) FROM handover WHERE outcome = 'inside'").await, 1);
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn what_somebody_saw_whose_badge_was_revoked_meanwhile_is_a_task_and_changes_nothing() {
    let (bench, kiosk, ticket) = stored().await;
    let (offer, _) = offered(&kiosk, &ticket).await;
    let resolution = |badge: &str| Resolution {
        resolution_id: Uuid::new_v4(),
        badge: badge.to_owned(),
        pickup: offer.pickup,
        found: Found::GoodsTaken,
        at: Timestamp::now(),
    };
    let revoked = bench.badge("离职店员", 1).await;
    let now = bench.app.now();
    bench.write(move |tx| pins::revoke(tx, now, "离职店员").unwrap()).await;
    let seen = kiosk.post::<Ack>("resolutions", &resolution(&revoked)).await;
    assert_eq!(seen, Ok(Ack { first: true }), "it is never turned away");
    assert_eq!(conflicts(&bench).await, r#"["BADGE_UNKNOWN"]"#);
    let badge = bench.badge("另一店员", 1).await;
    let nothing = kiosk.post::<Ack>("resolutions", &resolution(&badge)).await;
    assert_eq!(nothing, Ok(Ack { first: true }), "what was seen is kept, and changes nothing");
    assert_eq!(bench.text("SELECT state FROM parcel").await, "in_locker");
    assert_eq!(conflicts(&bench).await, r#"["NOTHING_TO_RESOLVE"]"#);
    assert_eq!(open_tasks(&bench).await.len(), 2);
}
