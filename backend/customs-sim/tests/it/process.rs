//! The process: HTTP, journal, being killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pickup_customs::{Document, Filing, Receipt, Signer as _, SoftwareKey, read_receipts};
use serde_json::{Value, json};

use crate::sample::{self, filing};

pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Sim {
    child: Child,
    address: String,
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An empty directory of its own for each test.
pub fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("customs-sim").join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

impl Sim {
    pub fn start(dir: &Path, key: &SoftwareKey) -> Self {
        Self::start_with(dir, key, &[])
    }

    pub fn start_with(dir: &Path, key: &SoftwareKey, more: &[&str]) -> Self {
        let trust = dir.join("declarant.pem");
        std::fs::write(&trust, key.certificate().to_pem()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_pickup-customs-sim"))
            .arg("--dir")
            .arg(dir)
            .args(["--listen", "127.0.0.1:0", "--step-ms", "30", "--trust"])
            .arg(&trust)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(line.strip_prefix("READY ").unwrap()).unwrap();
        let address = ready["http"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { child, address }
    }

    /// One request on a connection of its own: status and body, or `None` when no answer came.
    pub fn request(&self, method: &str, path: &str, body: &str, patience: Duration) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    pub fn post(&self, id: &str, message_type: &str, xml: &str) -> Option<(u16, String)> {
        self.request("POST", "/cebcmsg", &delivery(id, message_type, xml), PATIENCE)
    }

    pub fn file(&self, id: &str, filing: &Filing, key: &SoftwareKey) {
        let order = sample::signed(vec![filing.order().unwrap()], key);
        let waybill = sample::signed(vec![filing.logistics()], key);
        let list = sample::signed(vec![filing.inventory().unwrap()], key);
        let parts = [("CEB311Message", order), ("CEB511Message", waybill), ("CEB621Message", list)];
        for (kind, xml) in parts {
            assert_eq!(self.post(&format!("{id}-{kind}"), kind, &xml), Some((200, "OK".to_owned())));
        }
    }

    pub fn json(&self, path: &str) -> Value {
        let (status, body) = self.request("GET", path, "", PATIENCE).unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    pub fn behave(&self, change: &Value) {
        let (status, body) = self.request("PUT", "/admin/behaviour", &change.to_string(), PATIENCE).unwrap();
        assert_eq!(status, 200, "{body}");
    }

    /// Receipts after a cursor, with their cursors.
    pub fn receipts(&self, after: u64) -> Vec<(u64, Receipt)> {
        let answer = self.json(&format!("/receipts?dxpid={}&after={after}&limit=100", sample::DXP));
        let one = |entry: &Value| {
            let xml = BASE64.decode(entry["data"].as_str().unwrap()).unwrap();
            let batch = read_receipts(&xml).unwrap();
            assert_eq!(entry["messageType"], batch.message_type);
            let cursor = entry["cursor"].as_u64().unwrap();
            batch.receipts.into_iter().map(move |receipt| (cursor, receipt)).collect::<Vec<_>>()
        };
        answer["receipts"].as_array().unwrap().iter().flat_map(one).collect()
    }

    /// Polls until the receipts about `key` end with `status`.
    pub fn wait_for(&self, key: &str, status: i32) -> Vec<(u64, Receipt)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let receipts = self.receipts(0);
            let last = receipts.iter().rfind(|(_, r)| r.key() == key).map(|(_, r)| r.code());
            if last == Some(status) {
                return receipts;
            }
            assert!(Instant::now() < deadline, "{key} did not reach {status} but {last:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Polls until something holds.
    pub fn wait_until(&self, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "it did not come about");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn delivery(id: &str, message_type: &str, xml: &str) -> String {
    json!({"message": {
        "messageHead": {
            "version": "1.0", "messageId": id, "senderID": "SHOP", "receiverID": "PORT",
            "sendTime": "20261121130607", "messageType": message_type,
        },
        "messageBody": {"data": BASE64.encode(xml)},
    }})
    .to_string()
}

#[test]
fn a_filing_over_http_is_released() {
    let dir = fresh_dir("released");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let filing = filing(1);
    sim.file("a", &filing, &key);
    let receipts = sim.wait_for(filing.cop_no.as_str(), 800);
    assert_eq!(receipts.len(), 7);
    let messages = sim.json("/admin/messages");
    assert_eq!(messages["messages"][2]["documents"][0]["status"], 2);
    assert_eq!(messages["lists"][0]["state"], "released");
    assert!(!messages.to_string().contains(filing.buyer.id.expose()));
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_cursors_stay() {
    let dir = fresh_dir("killed");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let (first, second) = (filing(1), filing(2));
    sim.file("a", &first, &key);
    let before = sim.wait_for(first.cop_no.as_str(), 800);
    sim.file("b", &second, &key);
    sim.kill();

    // A line that was cut short by the crash was never acknowledged.
    let journal = dir.join("journal.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(&journal).unwrap();
    file.write_all(b"{\"at\":\"2026-").unwrap();

    let sim = Sim::start(&dir, &key);
    let after = sim.wait_for(second.cop_no.as_str(), 800);
    assert_eq!(after[..before.len()], before[..]);
    assert_eq!(after.len(), 14);
    assert_eq!(sim.receipts(after[9].0).len(), 4);
    sim.kill();
    let sim = Sim::start(&dir, &key);
    assert_eq!(sim.receipts(0), after);
}

#[test]
fn a_repeated_message_is_ok_and_another_under_its_id_is_not() {
    let dir = fresh_dir("repeated");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let xml = sample::signed(vec![filing(1).order().unwrap()], &key);
    for _ in 0..3 {
        assert_eq!(sim.post("same", "CEB311Message", &xml), Some((200, "OK".to_owned())));
    }
    let other = sample::signed(vec![filing(2).order().unwrap()], &key);
    let (status, body) = sim.post("same", "CEB311Message", &other).unwrap();
    assert!(status == 409 && body.contains("MESSAGE_ID_REUSED"), "{status} {body}");
    sim.wait_for(&filing(1).order_no, 120);
    assert_eq!(sim.json("/admin/messages")["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn the_port_can_be_broken_on_demand_and_mended() {
    let dir = fresh_dir("broken");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let xml = sample::signed(vec![filing(1).order().unwrap()], &key);
    let post = |patience| {
        let body = delivery("m", "CEB311Message", &xml);
        sim.request("POST", "/cebcmsg", &body, patience)
    };
    sim.behave(&json!({"http": "refuse"}));
    assert_eq!(post(PATIENCE).unwrap().0, 503);
    assert_eq!(sim.request("GET", "/receipts", "", PATIENCE).unwrap().0, 503);
    sim.behave(&json!({"http": "hang"}));
    assert_eq!(post(Duration::from_millis(200)), None);
    assert_eq!(sim.json("/admin/messages")["messages"], json!([]), "nothing was stored");

    sim.behave(&json!({"http": "drop_after_store"}));
    assert_eq!(post(PATIENCE), None, "the connection is cut, not answered");
    assert_eq!(sim.json("/admin/messages")["messages"].as_array().unwrap().len(), 1);
    sim.behave(&json!({"http": "ok"}));
    assert_eq!(post(PATIENCE), Some((200, "OK".to_owned())));
    sim.wait_for(&filing(1).order_no, 120);
    assert_eq!(sim.json("/admin/messages")["messages"].as_array().unwrap().len(), 1, "stored once");
}

#[test]
fn purchases_and_certificates_are_set_while_it_runs() {
    let dir = fresh_dir("admin");
    let (registered, late) = (sample::key(1), sample::key(2));
    let sim = Sim::start(&dir, &registered);
    let filing = filing(1);
    let id_number = filing.buyer.id.expose();
    let year = pickup_domain::china_time::year(jiff::Timestamp::now());
    let body = json!({"id_number": id_number, "year": year, "amount_fen": 2_600_000}).to_string();
    assert_eq!(sim.request("PUT", "/admin/purchases", &body, PATIENCE).unwrap().0, 204);
    let wrong = json!({"id_number": "990101199003070011", "year": year, "amount_fen": 1}).to_string();
    assert_eq!(sim.request("PUT", "/admin/purchases", &wrong, PATIENCE).unwrap().0, 422);

    assert_eq!(sim.request("POST", "/admin/certificates", "nonsense", PATIENCE).unwrap().0, 422);
    let pem = late.certificate().to_pem();
    assert_eq!(sim.request("POST", "/admin/certificates", &pem, PATIENCE).unwrap().0, 204);
    sim.file("a", &filing, &late);
    let receipts = sim.wait_for(filing.cop_no.as_str(), 100);
    assert!(receipts.last().unwrap().1.info().contains("[Code:1313;"));
}

#[test]
fn nonsense_over_http_changes_nothing() {
    let dir = fresh_dir("nonsense");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    for body in ["", "{}", "[1]", "{\"message\":{}}", "\u{0}\u{1}"] {
        assert_eq!(sim.request("POST", "/cebcmsg", body, PATIENCE).unwrap().0, 400, "{body}");
    }
    let empty_id = delivery("", pickup_customs::Order::MESSAGE, "<x/>");
    assert_eq!(sim.request("POST", "/cebcmsg", &empty_id, PATIENCE).unwrap().0, 400);
    assert_eq!(sim.json("/admin/messages")["messages"], json!([]));
}

#[test]
fn a_term_signal_ends_it_cleanly() {
    let dir = fresh_dir("term");
    let mut sim = Sim::start(&dir, &sample::key(1));
    let pid = sim.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = sim.child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it did not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}
