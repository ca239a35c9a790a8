//! The bench over a real socket.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::slips::{CUT, ECHO, picture};
use crate::support::{LIMIT, Mock, card, hex, read, until};

#[tokio::test]
async fn the_page_and_its_parts_are_in_the_program() {
    let mock = Mock::start("page").await;
    let script = "text/javascript";
    for (path, kind) in
        [("/", "text/html"), ("/bench.css", "text/css"), ("/words.js", script), ("/bench.js", script)]
    {
        let answer = mock.get(path).await.error_for_status().unwrap();
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
    }
}

#[tokio::test]
async fn the_page_names_every_fault_that_a_device_or_a_wire_has() {
    let mock = Mock::start("words").await;
    let words = mock.get("/words.js").await.text().await.unwrap();
    for path in ["faults/scanner", "faults/idcard", "faults/printer", "faults/lock", "wires/scanner"] {
        let refusal =
            mock.put(&format!("/api/{path}"), json!({ "fault": "nonsense" })).await.text().await.unwrap();
        // The refusal lists what there is, each in backticks, after what was asked for.
        let known: Vec<&str> = refusal.split('`').skip(3).step_by(2).collect();
        assert!(known.len() > 4, "{refusal}");
        for fault in known {
            assert!(
                words.contains(&format!("{fault}: [")),
                "{path} has {fault}, which the page does not name"
            );
        }
    }
}

#[tokio::test]
async fn a_fresh_bench_is_in_order() {
    let mock = Mock::start("fresh").await;
    let state = mock.state().await;
    assert_eq!(
        state["screen"],
        json!({ "connected": false, "width": 0, "height": 0, "seq": 0, "name": "", "targets": [] })
    );
    assert_eq!(state["card"], Value::Null);
    assert_eq!(state["printer"], json!({ "paper": "ok", "cover_open": false, "busy": false }));
    assert_eq!(state["faults"], json!({ "scanner": null, "idcard": null, "printer": null, "lock": null }));
    assert_eq!(state["doors"].as_array().unwrap().len(), 12);
    assert_eq!(state["doors"][11], json!({ "door": 12, "size": "L", "open": false, "stuck": null }));
}

#[tokio::test]
async fn a_card_is_laid_and_lifted() {
    let mock = Mock::start("lay").await;
    mock.put("/api/card", json!(card())).await.error_for_status().unwrap();
    assert_eq!(mock.state().await["card"], json!(card()));
    mock.delete("/api/card").await.error_for_status().unwrap();
    assert_eq!(mock.state().await["card"], Value::Null);
    assert_eq!(mock.kinds().await, ["card_laid", "card_lifted"]);
}

#[tokio::test]
async fn a_card_too_long_for_its_chip_is_refused_with_a_sentence() {
    let mock = Mock::start("long").await;
    let mut long = json!(card());
    long["address"] = json!("路".repeat(36));
    let answer = mock.put("/api/card", long).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let error: Value = answer.json().await.unwrap();
    assert!(error["error"].as_str().unwrap().contains("address"), "{error}");
    assert_eq!(mock.state().await["card"], Value::Null);
}

#[tokio::test]
async fn hands_open_and_close_doors() {
    let mock = Mock::start("doors").await;
    mock.post("/api/doors/4/open", Value::Null).await.error_for_status().unwrap();
    assert_eq!(mock.state().await["doors"][3]["open"], true);
    mock.post("/api/doors/4/close", Value::Null).await.error_for_status().unwrap();
    mock.post("/api/doors/4/close", Value::Null).await.error_for_status().unwrap();
    assert_eq!(mock.kinds().await, ["door_opened", "door_closed"]);
    assert_eq!(mock.post("/api/doors/13/open", Value::Null).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(mock.post("/api/doors/4/kick", Value::Null).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_printed_slip_can_be_seen_read_and_taken() {
    let mock = Mock::start("slip").await;
    let port = mock.port("printer");
    let job = [&picture(&[0xFF; 20])[..], &CUT].concat();
    port.write_all(&[&job[..], &ECHO].concat()).await.unwrap();
    read(&port, 7).await;
    let png = mock.get("/api/slips/1.png").await.bytes().await.unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!(mock.get("/api/slips/1.bin").await.bytes().await.unwrap(), job);
    assert_eq!(mock.get("/api/slips/1.pdf").await.status(), StatusCode::NOT_FOUND);
    mock.delete("/api/slips").await.error_for_status().unwrap();
    assert_eq!(mock.get("/api/slips/1.png").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(mock.state().await["slips"], json!([]));
}

#[tokio::test]
async fn every_fault_of_the_contract_can_be_set_seen_and_cleared() {
    let mock = Mock::start("faults").await;
    let faults = [
        ("scanner", &["silent", "noise", "double", "late_ack", "no_terminator"][..]),
        (
            "idcard",
            &[
                "silent",
                "read_failed",
                "auth_failed",
                "reader_refused_card",
                "not_verified",
                "wrong_card",
                "random_failed",
                "self_test_failed",
                "not_authorised",
                "select_failed",
                "no_such_item",
                "bad_checksum",
                "bad_length",
                "bad_command",
                "unknown",
                "damaged",
                "bad_text",
                "stays",
            ],
        ),
        ("lock", &["silent", "stuck_closed", "stuck_open", "echo"]),
        (
            "printer",
            &[
                "paper_out",
                "paper_out_mid",
                "near_end",
                "cover_open",
                "cutter_error",
                "head_hot",
                "offline",
                "recoverable_error",
                "unrecoverable_error",
                "silent",
            ],
        ),
    ];
    for (device, kinds) in faults {
        let path = format!("/api/faults/{device}");
        for kind in kinds {
            mock.put(&path, json!({ "fault": kind })).await.error_for_status().unwrap();
            assert_eq!(mock.state().await["faults"][device], *kind);
        }
        mock.delete(&path).await.error_for_status().unwrap();
        assert_eq!(mock.state().await["faults"][device], Value::Null);
    }
}

#[tokio::test]
async fn an_unknown_fault_and_an_unknown_device_change_nothing() {
    let mock = Mock::start("unknown").await;
    let fault = mock.put("/api/faults/printer", json!({ "fault": "on_fire" })).await;
    assert_eq!(fault.status(), StatusCode::BAD_REQUEST);
    assert!(fault.text().await.unwrap().contains("on_fire"));
    let device = mock.put("/api/faults/toaster", json!({ "fault": "silent" })).await;
    assert_eq!(device.status(), StatusCode::NOT_FOUND);
    assert!(mock.kinds().await.is_empty());
}

#[tokio::test]
async fn faults_show_at_the_doors_and_in_the_paper() {
    let mock = Mock::start("show").await;
    mock.put("/api/faults/lock", json!({ "fault": "stuck_closed" })).await;
    assert_eq!(mock.state().await["doors"][0]["stuck"], "closed");
    mock.put("/api/faults/lock", json!({ "fault": "stuck_open" })).await;
    assert_eq!(mock.state().await["doors"][0]["stuck"], "open");
    mock.put("/api/faults/printer", json!({ "fault": "near_end" })).await;
    assert_eq!(mock.state().await["printer"]["paper"], "near_end");
    mock.put("/api/faults/printer", json!({ "fault": "cover_open" })).await;
    assert_eq!(mock.state().await["printer"]["cover_open"], true);
    mock.put("/api/faults/printer", json!({ "fault": "paper_out" })).await;
    assert_eq!(mock.state().await["printer"]["paper"], "out");
}

#[tokio::test]
async fn a_noisy_scanner_sends_rubbish_before_the_code_and_a_silent_one_nothing() {
    let mock = Mock::start("noise").await;
    let port = mock.port("scanner");
    mock.put("/api/faults/scanner", json!({ "fault": "silent" })).await;
    mock.post("/api/scan", json!({ "code": "LOST" })).await.error_for_status().unwrap();
    mock.put("/api/faults/scanner", json!({ "fault": "noise" })).await;
    mock.post("/api/scan", json!({ "code": "BP1" })).await.error_for_status().unwrap();
    assert_eq!(read(&port, 10).await, hex("FF 00 9D FE 80 0D 42 50 31 0D"));
}

#[tokio::test]
async fn a_scan_without_a_code_or_with_half_a_byte_is_refused() {
    let mock = Mock::start("scans").await;
    assert_eq!(mock.post("/api/scan", json!({})).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(mock.post("/api/scan", json!({ "hex": "0" })).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(mock.post("/api/scan", json!({ "hex": "zz" })).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn offered_codes_and_cards_stand_in_the_state_and_have_pictures() {
    let mock = Mock::start("offer").await;
    let codes = json!([{ "label": "提货码", "code": "BP1ABC" }]);
    mock.put("/api/codes", codes.clone()).await.error_for_status().unwrap();
    mock.put("/api/cards", json!([card()])).await.error_for_status().unwrap();
    let state = mock.state().await;
    assert_eq!((&state["codes"], &state["cards"]), (&codes, &json!([card()])));
    let picture = mock.get("/api/qr?text=BP1ABC").await.text().await.unwrap();
    assert!(picture.contains("<svg"));
    assert!(mock.put("/api/codes", json!([{ "label": "?" }])).await.status().is_client_error());
}

#[tokio::test]
async fn the_log_can_be_followed_from_any_entry() {
    let mock = Mock::start("log").await;
    for door in 1..=3 {
        mock.post(&format!("/api/doors/{door}/open"), Value::Null).await.error_for_status().unwrap();
    }
    let log: Value = mock.get("/api/log?since=1").await.json().await.unwrap();
    assert_eq!(log["next"], 3);
    let doors: Vec<&Value> = log["entries"].as_array().unwrap().iter().map(|e| &e["door"]).collect();
    assert_eq!(doors, [2, 3]);
    let times: Vec<u64> =
        log["entries"].as_array().unwrap().iter().map(|e| e["at_us"].as_u64().unwrap()).collect();
    assert!(times[0] > 0 && times.is_sorted());
    let none: Value = mock.get("/api/log?since=99").await.json().await.unwrap();
    assert_eq!(none["entries"], json!([]));
}

#[tokio::test]
async fn the_log_holds_no_identity_number() {
    let mock = Mock::start("private").await;
    mock.put("/api/card", json!(card())).await.error_for_status().unwrap();
    let log = mock.get("/api/log").await.text().await.unwrap();
    assert!(log.contains("card_laid") && !log.contains(&card().id_number));
}

#[tokio::test]
async fn each_change_is_told_to_who_listens() {
    let mock = Mock::start("events").await;
    let mut events = mock.get("/api/events").await;
    let mut heard = String::new();
    let mut next = async |what: &str| {
        while !heard.contains(what) {
            let part = tokio::time::timeout(LIMIT, events.chunk()).await.expect("no event").unwrap();
            heard.push_str(&String::from_utf8_lossy(&part.expect("the events ended")));
        }
    };
    next("\"card\":null").await;
    mock.put("/api/card", json!(card())).await.error_for_status().unwrap();
    next("测试甲").await;
    mock.port("lock").write_all(&hex("8A 01 02 11 98")).await.unwrap();
    next("\"door\":2,\"open\":true").await;
}

#[tokio::test]
async fn a_lost_device_comes_back_when_the_fault_is_cleared() {
    let mock = Mock::start("back").await;
    let port = mock.port("lock");
    mock.put("/api/faults/lock", json!({ "fault": "silent" })).await;
    port.write_all(&hex("80 01 01 33 B3")).await.unwrap();
    let before = mock.kinds().await.len();
    mock.delete("/api/faults/lock").await.error_for_status().unwrap();
    until("the mended board", async || (mock.kinds().await.len() > before).then_some(())).await;
    port.write_all(&hex("80 01 02 33 B0")).await.unwrap();
    assert_eq!(read(&port, 5).await[..2], hex("80 01"));
}
