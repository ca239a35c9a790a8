//! The devices at the other end of a real pseudo-terminal, and the program as a whole.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::slips::{CUT, ECHO, ECHOED, picture};
use crate::support::{Mock, card, hex, read, until};

#[tokio::test]
async fn a_scanned_code_arrives_with_its_terminator() {
    let mock = Mock::start("scan").await;
    let port = mock.port("scanner");
    mock.post("/api/scan", json!({ "code": "BP1ABC" })).await.error_for_status().unwrap();
    assert_eq!(read(&port, 7).await, b"BP1ABC\r");
    mock.post("/api/scan", json!({ "hex": "00ff" })).await.error_for_status().unwrap();
    assert_eq!(read(&port, 3).await, [0x00, 0xFF, b'\r']);
}

#[tokio::test]
async fn control_characters_pass_the_line_unchanged() {
    let mock = Mock::start("raw").await;
    let port = mock.port("scanner");
    let bytes: Vec<u8> = (0..=255).collect();
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    mock.post("/api/scan", json!({ "hex": digits })).await.error_for_status().unwrap();
    assert_eq!(read(&port, 256).await, bytes);
}

#[tokio::test]
async fn a_card_is_read_over_its_line() {
    let mock = Mock::start("card").await;
    let port = mock.port("idcard");
    port.write_all(&hex("AA AA AA 96 69 00 03 20 01 22")).await.unwrap();
    assert_eq!(read(&port, 11).await, hex("AA AA AA 96 69 00 04 00 00 80 84"));
    mock.put("/api/card", json!(card())).await.error_for_status().unwrap();
    port.write_all(&hex("AA AA AA 96 69 00 03 20 01 22")).await.unwrap();
    read(&port, 15).await;
    port.write_all(&hex("AA AA AA 96 69 00 03 20 02 21")).await.unwrap();
    read(&port, 19).await;
    port.write_all(&hex("AA AA AA 96 69 00 03 30 01 32")).await.unwrap();
    assert_eq!(read(&port, 1295).await.len(), 1295);
    assert!(mock.kinds().await.contains(&"card_read".to_owned()));
}

#[tokio::test]
async fn a_pulse_over_the_line_opens_a_door_of_the_bench() {
    let mock = Mock::start("door").await;
    let port = mock.port("lock");
    port.write_all(&hex("8A 01 03 11 99")).await.unwrap();
    assert_eq!(read(&port, 5).await, hex("8A 01 03 00 88"));
    assert_eq!(mock.state().await["doors"][2]["open"], true);
    assert_eq!(mock.kinds().await, ["pulse", "door_opened"]);
}

#[tokio::test]
async fn doors_card_and_slips_outlive_the_kiosk() {
    let mock = Mock::start("outlive").await;
    mock.put("/api/card", json!(card())).await.error_for_status().unwrap();
    for _ in 0..2 {
        let (lock, printer) = (mock.port("lock"), mock.port("printer"));
        lock.write_all(&hex("8A 01 01 11 9B")).await.unwrap();
        read(&lock, 5).await;
        printer.write_all(&[&picture(&[1])[..], &CUT, &ECHO].concat()).await.unwrap();
        assert_eq!(read(&printer, 7).await, ECHOED);
    }
    let state = mock.state().await;
    assert_eq!(state["doors"][0]["open"], true);
    assert_eq!(state["slips"].as_array().unwrap().len(), 2);
    assert!(state["card"].is_object());
}

#[tokio::test]
async fn a_scanner_that_nobody_reads_does_not_hold_up_the_bench() {
    let mock = Mock::start("unread").await;
    let digits = "41".repeat(3_000);
    for _ in 0..3 {
        mock.post("/api/scan", json!({ "hex": digits })).await.error_for_status().unwrap();
    }
    assert_eq!(mock.kinds().await, ["scan"; 3]);
}

pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn program(dir: &std::path::Path, more: &[&str]) -> (Running, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pickup-hw-mock"))
        .args(["--listen", "127.0.0.1:0", "--screen", "127.0.0.1:0", "--dir"])
        .arg(dir)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = line.strip_prefix("READY ").unwrap_or_else(|| panic!("it said {line:?}"));
    (Running(child), serde_json::from_str(ready).unwrap())
}

#[tokio::test]
async fn the_program_says_where_it_listens_and_ends_cleanly_when_told() {
    let dir = std::env::temp_dir().join(format!("pickup-hw-mock-{}-program", std::process::id()));
    let (mut running, ready) = program(&dir, &[]);
    assert!(ready["http"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(ready["screen"].as_str().unwrap().starts_with("127.0.0.1:"));
    for device in ["scanner", "idcard", "printer", "lock"] {
        assert!(std::fs::read_link(dir.join(device)).unwrap().starts_with("/dev/pts"), "{device}");
    }
    let page = reqwest::get(ready["http"].as_str().unwrap()).await.unwrap().text().await.unwrap();
    assert!(page.contains("id=\"screen\""));
    let told = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    assert!(told.success());
    let status = until("the program to end", async || running.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
    assert!(!dir.join("lock").exists() && std::fs::read_link(dir.join("lock")).is_err());
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn a_rack_of_ones_own_has_its_own_doors() {
    let dir = std::env::temp_dir().join(format!("pickup-hw-mock-{}-rack", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("rack.toml");
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "[lock]\naddress = 2\nchannels = 8\n[[doors]]\ndoor = 21\nchannel = 8\nsize = \"L\"")
        .unwrap();
    let (_running, ready) = program(&dir, &["--pace", "--rack", path.to_str().unwrap()]);
    let state: Value = reqwest::get(format!("{}/api/state", ready["http"].as_str().unwrap()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(state["doors"], json!([{ "door": 21, "size": "L", "open": false, "stuck": null }]));
    let port = serial2_tokio::SerialPort::open(dir.join("lock"), 9600).unwrap();
    port.write_all(&hex("8A 02 08 11 91")).await.unwrap();
    assert_eq!(read(&port, 5).await, hex("8A 02 08 00 80"));
    let printer = serial2_tokio::SerialPort::open(dir.join("printer"), 9600).unwrap();
    printer.write_all(&[&picture(&[1; 60])[..], &CUT, &ECHO].concat()).await.unwrap();
    assert_eq!(read(&printer, 7).await, ECHOED);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_rack_that_cannot_be_read_ends_the_program_with_its_name() {
    let out = Command::new(env!("CARGO_BIN_EXE_pickup-hw-mock"))
        .args(["--dir", "/tmp", "--rack", "/nowhere/rack.toml"])
        .output()
        .unwrap();
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("/nowhere/rack.toml"));
}
