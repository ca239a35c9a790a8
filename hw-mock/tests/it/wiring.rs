//! Broken wires, lines that are pulled out, a held world, a printer on the network and the faults file.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::lines::program;
use crate::slips::{CUT, ECHO, ECHOED, picture};
use crate::support::{LIMIT, Mock, hex, read, until};

const FIND: &str = "AA AA AA 96 69 00 03 20 01 22";
const NO_CARD: &str = "AA AA AA 96 69 00 04 00 00 80 84";

async fn wires(mock: &Mock) -> Value {
    mock.get("/api/wires").await.json().await.unwrap()
}

#[tokio::test]
async fn a_broken_wire_is_set_seen_felt_and_mended() {
    let mock = Mock::start("wire").await;
    let port = mock.port("idcard");
    mock.put("/api/wires/idcard", json!({ "fault": "garbage_before" })).await.error_for_status().unwrap();
    assert_eq!(wires(&mock).await["wires"], json!({ "idcard": "garbage_before" }));
    port.write_all(&hex(FIND)).await.unwrap();
    assert_eq!(read(&port, 6 + 11).await[6..], hex(NO_CARD));
    mock.delete("/api/wires/idcard").await.error_for_status().unwrap();
    port.write_all(&hex(FIND)).await.unwrap();
    assert_eq!(read(&port, 11).await, hex(NO_CARD));
    assert_eq!(
        mock.put("/api/wires/toaster", json!({ "fault": "late" })).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn whoever_watches_is_told_of_wires_plugs_and_what_waits() {
    let mock = Mock::start("told").await;
    let mut events = mock.get("/api/events").await;
    let mut told = async |pointer: &str| -> Value {
        let chunk = tokio::time::timeout(LIMIT, events.chunk()).await.unwrap().unwrap().unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        let state: Value = serde_json::from_str(text.trim().strip_prefix("data: ").unwrap()).unwrap();
        state.pointer(pointer).unwrap().clone()
    };
    assert_eq!(told("/lines/wires").await, json!({}));
    mock.put("/api/wires/idcard", json!({ "fault": "late" })).await.error_for_status().unwrap();
    assert_eq!(told("/lines/wires").await, json!({ "idcard": "late" }));
    mock.post("/api/lines/printer/unplug", json!({})).await.error_for_status().unwrap();
    assert_eq!(told("/lines/plugged").await, json!(["scanner", "idcard"]));
    mock.post("/api/hold", Value::Null).await.error_for_status().unwrap();
    while told("/lines/waiting").await != json!([]) {}
    mock.post("/api/scan", json!({ "code": "BP1" })).await.error_for_status().unwrap();
    while told("/lines/waiting").await != json!(["scanner"]) {}
}

#[tokio::test]
async fn a_line_that_is_pulled_out_is_dead_and_another_one_is_there_after() {
    let mock = Mock::start("pull").await;
    let port = mock.port("scanner");
    mock.post("/api/lines/scanner/unplug", json!({})).await.error_for_status().unwrap();
    assert!(!mock.dir.join("scanner").exists());
    let mut byte = [0];
    let end = tokio::time::timeout(LIMIT, port.read(&mut byte)).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    assert!(!wires(&mock).await["plugged"].as_array().unwrap().contains(&json!("scanner")));
    mock.post("/api/lines/scanner/plug", json!({})).await.error_for_status().unwrap();
    let port = mock.port("scanner");
    mock.post("/api/scan", json!({ "code": "BP1" })).await.error_for_status().unwrap();
    assert_eq!(read(&port, 4).await, b"BP1\r");
    assert_eq!(mock.post("/api/lines/scanner/shake", json!({})).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_line_can_be_pulled_out_in_the_middle_of_what_the_kiosk_sends() {
    let mock = Mock::start("fuse").await;
    let port = mock.port("printer");
    mock.post("/api/lines/printer/unplug", json!({ "after_bytes": 500 })).await.error_for_status().unwrap();
    let _ = port.write_all(&[&picture(&[1; 20])[..], &CUT].concat()).await;
    until("the line to go", async || mock.kinds().await.contains(&"unplugged".to_owned()).then_some(()))
        .await;
    mock.post("/api/lines/printer/plug", json!({})).await.error_for_status().unwrap();
    let port = mock.port("printer");
    port.write_all(&[&[0; 2_000][..], &CUT, &ECHO].concat()).await.unwrap();
    assert_eq!(read(&port, 7).await, ECHOED);
    assert_eq!(mock.state().await["slips"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn in_a_held_world_bytes_wait_for_a_step() {
    let mock = Mock::start("hold").await;
    let port = mock.port("scanner");
    mock.post("/api/hold", Value::Null).await.error_for_status().unwrap();
    for code in ["ONE", "TWO", "TRI"] {
        mock.post("/api/scan", json!({ "code": code })).await.error_for_status().unwrap();
    }
    assert_eq!(wires(&mock).await["waiting"], json!(["scanner", "scanner", "scanner"]));
    let step: Value = mock.post("/api/step", Value::Null).await.json().await.unwrap();
    assert_eq!(step, json!({ "device": "scanner", "waiting": ["scanner", "scanner"] }));
    assert_eq!(read(&port, 4).await, b"ONE\r");
    mock.post("/api/release", Value::Null).await.error_for_status().unwrap();
    assert_eq!(read(&port, 8).await, b"TWO\rTRI\r");
    let step: Value = mock.post("/api/step", Value::Null).await.json().await.unwrap();
    assert_eq!(step, json!({ "device": null, "waiting": null }));
}

#[tokio::test]
async fn other_devices_can_be_put_in() {
    let mock = Mock::start("models").await;
    mock.put("/api/scanner", json!({ "kind": "honeywell" })).await.error_for_status().unwrap();
    mock.put("/api/printer", json!({ "dots": 384, "gs_h": false })).await.error_for_status().unwrap();
    let now = wires(&mock).await;
    assert_eq!(now["scanner"], "honeywell");
    assert_eq!(now["printer"], json!({ "gs_h": false, "asb": true, "clears": false, "dots": 384 }));
    assert!(mock.put("/api/printer", json!({ "colour": true })).await.status().is_client_error());
}

#[tokio::test]
async fn a_slip_in_text_can_be_read_over_http() {
    let mock = Mock::start("text").await;
    let port = mock.port("printer");
    port.write_all(&[&hex("1C 26 CC E1 BB F5 0A")[..], &CUT, &ECHO].concat()).await.unwrap();
    read(&port, 7).await;
    assert_eq!(mock.get("/api/slips/1.txt").await.text().await.unwrap(), "提货\n");
}

#[tokio::test]
async fn the_printer_on_the_network_is_the_same_printer() {
    let dir = std::env::temp_dir().join(format!("pickup-hw-mock-{}-network", std::process::id()));
    let (_running, ready) = program(&dir, &["--printer-tcp", "127.0.0.1:0"]);
    for _ in 0..2 {
        let mut socket = TcpStream::connect(ready["printer"].as_str().unwrap()).await.unwrap();
        socket.write_all(&[&picture(&[1; 5])[..], &CUT, &ECHO].concat()).await.unwrap();
        let mut answer = [0; 7];
        tokio::time::timeout(LIMIT, socket.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(answer, ECHOED);
    }
    let port = serial2_tokio::SerialPort::open(dir.join("printer"), 9600).unwrap();
    until("the serial line to be back", async || {
        port.write_all(&hex("10 04 01")).await.unwrap();
        let mut answer = [0; 16];
        let read = tokio::time::timeout(std::time::Duration::from_millis(50), port.read(&mut answer)).await;
        read.is_ok_and(|read| read.is_ok_and(|count| answer[..count].contains(&0x12))).then_some(())
    })
    .await;
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn the_faults_file_is_followed_while_it_changes() {
    let dir = std::env::temp_dir().join(format!("pickup-hw-mock-{}-file", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("faults.toml");
    let (_running, ready) = program(&dir, &["--faults", file.to_str().unwrap(), "--scanner", "lines"]);
    let get = async |path: &str| -> Value {
        reqwest::get(format!("{}{path}", ready["http"].as_str().unwrap()))
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };
    assert_eq!(get("/api/wires").await["scanner"], "lines");
    let text = "scanner = 'newland'\nprinter = { dots = 384 }\nunplugged = ['idcard']\n\
                [faults]\nprinter = 'cover_open'\n[wires]\nscanner = 'late'\n";
    std::fs::write(&file, text).unwrap();
    until("the faults", async || {
        (get("/api/state").await["faults"]["printer"] == "cover_open").then_some(())
    })
    .await;
    let as_told = async || {
        let now = get("/api/wires").await;
        let plugged = now["plugged"].as_array().unwrap().contains(&json!("idcard"));
        (now["scanner"] == "newland"
            && now["printer"]["dots"] == 384
            && !plugged
            && now["wires"] == json!({ "scanner": "late" }))
        .then_some(())
    };
    until("the rest", as_told).await;
    std::fs::write(&file, "[faults]\nprinter = 'on_fire'\n").unwrap();
    std::fs::write(&file, "this is no TOML").unwrap();
    std::fs::write(&file, "").unwrap();
    until("everything to be in order", async || {
        let (state, now) = (get("/api/state").await, get("/api/wires").await);
        (state["faults"]["printer"].is_null()
            && now["wires"] == json!({})
            && now["scanner"] == "gm65"
            && now["plugged"].as_array().unwrap().contains(&json!("idcard")))
        .then_some(())
    })
    .await;
    std::fs::remove_dir_all(&dir).unwrap();
}
