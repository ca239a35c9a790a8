//! Staff take a kiosk out of service, and put it back.

use jiff::Timestamp;
use pickup_protocol::kiosk::Ack;
use pickup_protocol::service::{OutReason, ServiceChange};
use uuid::Uuid;

use crate::bench::Bench;

fn change(badge: &str, out: Option<OutReason>) -> ServiceChange {
    ServiceChange { change_id: Uuid::new_v4(), badge: badge.to_owned(), out, at: Some(Timestamp::now()) }
}

async fn last(bench: &Bench, column: &str) -> String {
    let sql = format!("SELECT {column} FROM trail WHERE kind = 'kiosk' ORDER BY seq DESC LIMIT 1");
    bench.texts(sql).await.remove(0)
}

#[tokio::test]
async fn a_change_is_put_on_the_trail_once_with_who_made_it_and_why() {
    let bench = Bench::start().await;
    let (kiosk, badge) = (bench.kiosk("K1", 1).await, bench.badge("示例店员", 1).await);
    let out = change(&badge, Some(OutReason::Stocktaking));
    assert_eq!(kiosk.post("service", &out).await, Ok(Ack { first: true }));
    assert_eq!(kiosk.post("service", &out).await, Ok(Ack { first: false }));
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE state = 'out_of_service'").await, 1);
    assert_eq!(last(&bench, "actor").await, "staff:示例店员");
    assert!(last(&bench, "body").await.contains("STOCKTAKING"));
    let another = ServiceChange { out: None, ..out };
    assert_eq!(kiosk.post::<Ack>("service", &another).await, Err((409, "REQUEST_CONFLICT".into())));
    let back = change(&badge, None);
    assert_eq!(kiosk.post("service", &back).await, Ok(Ack { first: true }));
    assert_eq!(last(&bench, "state").await, "in_service");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn what_was_done_with_a_badge_that_is_not_known_any_more_is_kept_all_the_same() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let out = change("BPS1", Some(OutReason::DeviceFault));
    assert_eq!(kiosk.post("service", &out).await, Ok(Ack { first: true }));
    assert_eq!(last(&bench, "actor").await, "kiosk:K1");
    assert!(last(&bench, "body").await.contains(r#""badge_known":false"#));
}
