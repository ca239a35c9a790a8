//! How kiosks stand, as they say.

use pickup_protocol::health::{
    Call, ClockHealth, DeviceHealth, Health, JournalHealth, TRACE_LINES_AT_MOST, TRACE_TEXT_AT_MOST,
    TraceLine,
};
use pickup_server::kiosk_api::last_health;
use serde_json::{Value, json};

use crate::bench::Bench;

fn health(uptime_s: u64, lines: usize) -> Health {
    let line = |n| TraceLine { at_ms: n as u64, text: "x".repeat(1_000) };
    Health {
        at: None,
        version: "1.2.3".into(),
        uptime_s,
        out_of_service: Some("LOCK_DOWN".into()),
        clock: ClockHealth { source: "unknown".into(), system_ahead_ms: None },
        disk: None,
        journal: JournalHealth { good: true, rows: 7 },
        reports_waiting: 0,
        devices: vec![DeviceHealth {
            name: "lock".into(),
            good: Some(false),
            fault: Some("no_answer".into()),
            for_s: Some(1),
            last_fault: None,
            trace: (0..lines).map(line).collect(),
        }],
        calls: Vec::new(),
        doors: Vec::new(),
        settings: String::new(),
    }
}

#[tokio::test]
async fn the_last_report_of_a_kiosk_is_kept_and_no_more_than_it_may_hold() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let never = bench.app.store.read(|conn| last_health(conn, "K1")).await.unwrap().unwrap();
    assert!(never.health.is_none());
    for (uptime_s, lines) in [(1, 3), (2, 100)] {
        let answer: Result<Value, _> = kiosk.post("health", &health(uptime_s, lines)).await;
        assert_eq!(answer, Ok(json!({})));
    }
    let kept = bench.app.store.read(|conn| last_health(conn, "K1")).await.unwrap().unwrap().health.unwrap().1;
    assert_eq!(kept.uptime_s, 2);
    let trace = &kept.devices[0].trace;
    assert_eq!((trace.len(), trace[0].at_ms), (TRACE_LINES_AT_MOST, 36), "the newest stay");
    assert!(trace.iter().all(|line| line.text.len() == TRACE_TEXT_AT_MOST));
}

#[tokio::test]
async fn settings_are_kept_each_time_they_are_others_and_not_in_every_report() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    for (settings, version) in
        [("a = 1", "1.0"), ("a = 1", "1.0"), ("a = 2", "1.0"), ("a = 2", "1.1"), ("", "1.1")]
    {
        let told = Health { settings: settings.into(), version: version.into(), ..health(1, 1) };
        let answer: Result<Value, _> = kiosk.post("health", &told).await;
        assert_eq!(answer, Ok(json!({})));
    }
    let kept = "SELECT program || ' ' || body FROM kiosk_settings ORDER BY since_us";
    assert_eq!(bench.texts(kept.into()).await, ["1.0 a = 1", "1.0 a = 2", "1.1 a = 2"]);
    assert!(!bench.text("SELECT body FROM kiosk_health").await.contains("a = 2"));
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE state = 'configured'").await, 3);
}

#[tokio::test]
async fn a_field_this_version_does_not_know_does_no_harm() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let mut body = serde_json::to_value(health(1, 1)).unwrap();
    body["warmth_mk"] = json!(312_000);
    let answer: Result<Value, _> = kiosk.post("health", &body).await;
    assert_eq!(answer, Ok(json!({})));
}

#[tokio::test]
async fn a_call_for_staff_is_one_task_however_often_it_is_told() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let id = uuid::Uuid::from_u128(7);
    for ago_s in [0, 5] {
        let calls = vec![Call { id, code: "HELP_ASKED".into(), ago_s, about: None }];
        let answer: Result<Value, _> = kiosk.post("health", &Health { calls, ..health(1, 1) }).await;
        assert_eq!(answer, Ok(json!({})));
    }
    let tasks = bench.app.store.read(|conn| pickup_server::tasks::list(conn, false)).await.unwrap();
    let told: Vec<_> = tasks.iter().map(|task| (task.kind.as_str(), &task.body["kiosk"])).collect();
    assert_eq!(told, [("call", &json!("K1"))]);
}

#[tokio::test]
async fn what_was_amiss_is_counted_by_day_and_a_report_told_twice_counts_once() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    let calls = vec![Call { id: uuid::Uuid::from_u128(8), code: "LOCK".into(), ago_s: 1, about: None }];
    for _ in 0..2 {
        let answer: Result<Value, _> =
            kiosk.post("health", &Health { calls: calls.clone(), ..health(1, 1) }).await;
        assert_eq!(answer, Ok(json!({})));
    }
    // The door, and the lock board of this report that went silent.
    assert_eq!(bench.number("SELECT CAST(SUM(door_faults) AS BIGINT) FROM kiosk_day").await, 2);
    let now = bench.app.now();
    let days = bench
        .app
        .store
        .read(move |conn| pickup_server::kiosk_api::amiss_by_day(conn, "centre = 1", now, 14))
        .await
        .unwrap();
    let faults: Vec<i64> = days.iter().map(|(_, amiss)| amiss.door_faults).collect();
    assert_eq!((faults.len(), faults[13], faults.iter().sum::<i64>()), (14, 2, 2));
    let elsewhere =
        bench.app.store.read(move |conn| pickup_server::kiosk_api::amiss_by_day(conn, "centre = 2", now, 14));
    assert!(elsewhere.await.unwrap().iter().all(|(_, amiss)| amiss.door_faults == 0));
}
