//! The program itself: commands at a shell, the READY line, the end.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use pickup_customs::{Signer as _, SoftwareKey};
use pickup_server::reconcile::file;
use serde_json::Value;
use uuid::Uuid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pickup-backend");

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// A settings file whose customs gateway nobody answers at.
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-backend-{}", Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        let settings = "data_dir = 'data'\nshop_listen = '127.0.0.1:0'\nkiosk_listen = '127.0.0.1:0'\n\
                        console_listen = '127.0.0.1:0'\n\
                        customs_url = 'http://127.0.0.1:9'\n";
        std::fs::write(dir.join("backend.toml"), settings).unwrap();
        Self(dir)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.0.join("backend.toml")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Child {
        self.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }
}

fn ready(child: &mut Child) -> Value {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(line.strip_prefix("READY ").unwrap()).unwrap()
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn it_says_when_it_is_ready_and_ends_cleanly_when_told() {
    let place = Place::new();
    let mut child = place.serve();
    let ready = ready(&mut child);
    assert!(ready["shop"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(ready["kiosk"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let second = place.run(&["serve"]);
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another pickup-backend"));
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_killed_service_starts_again_on_its_data() {
    let place = Place::new();
    for _ in 0..2 {
        let mut child = place.serve();
        ready(&mut child);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(place.said(&["trail", "verify"]).contains("The chain is whole"));
}

#[test]
fn the_demo_is_made_once_and_leaves_what_a_person_needs() {
    let place = Place::new();
    place.said(&["init", "--demo"]);
    let read = |name: &str| std::fs::read_to_string(place.0.join("data").join(name)).unwrap();
    let (key, badge) = (read("shop-api-key.txt"), read("staff-badge.txt"));
    assert!(key.starts_with("BPK1") && badge.starts_with("BPS1"));
    assert!(read("customs-cert.pem").starts_with("-----BEGIN CERTIFICATE-----"));
    place.said(&["init", "--demo"]);
    assert_eq!((read("shop-api-key.txt"), read("staff-badge.txt")), (key, badge));
}

#[test]
fn the_operators_commands_say_what_they_did() {
    let place = Place::new();
    place.said(&["init", "--demo"]);
    let said = place.said(&["kiosk", "enrol", "--name", "K1"]);
    assert_eq!(said.split_whitespace().last().unwrap().len(), 39, "the code is the last word");
    assert!(place.said(&["kiosk", "list"]).contains("new"));
    place.said(&["kiosk", "revoke", "--name", "K1"]);
    assert!(place.said(&["kiosk", "list"]).contains("revoked"));
    assert!(place.said(&["staff", "badge", "--name", "示例店长"]).starts_with("BPS1"));
    assert!(place.said(&["shop", "key", "--merchant", "another"]).starts_with("BPK1"));
    let rows = place.said(&["trail", "export"]);
    assert!(rows.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let kinds = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].clone());
    assert_eq!(kinds.filter(|kind| kind == "kiosk").count(), 3);
}

#[test]
fn mistakes_at_the_shell_are_told_with_what_to_do() {
    let place = Place::new();
    for (arguments, told) in [
        (&["kiosk", "enrol", "--name", "K1"][..], "there is no centre 1"),
        (&["kiosk", "revoke", "--name", "K9"], "see `kiosk list`"),
        (&["parcel", "label", "WB9"], "there is no parcel with waybill WB9"),
    ] {
        let output = place.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(told), "{error}");
    }
}

#[test]
fn a_trail_that_was_tampered_with_fails_the_check() {
    let place = Place::new();
    place.said(&["init", "--demo"]);
    let database = rusqlite::Connection::open(place.0.join("data/backend.db")).unwrap();
    database.execute_batch("UPDATE trail SET actor = 'somebody' WHERE seq = 1").unwrap();
    let output = place.run(&["trail", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("row 1 was changed after it was written"));
}

#[test]
fn the_manual_names_every_command() {
    let help = String::from_utf8(Command::new(PROGRAM).arg("--help").output().unwrap().stdout).unwrap();
    for command in ["serve", "migrate", "init", "kiosk", "staff", "shop", "trail", "filed", "parcel"] {
        assert!(help.contains(command), "{command}");
    }
}

#[test]
fn a_signed_reconciliation_is_verified_at_a_shell_and_one_that_was_changed_is_not() {
    let place = Place::new();
    let (from, until) = (jiff::Timestamp::UNIX_EPOCH, "2040-01-01T00:00:00Z".parse().unwrap());
    let key = |seed| SoftwareKey::from_seed(&[seed; 32], "示例企业", from, until).unwrap();
    let (own, other) = (key(1), key(2));
    let body = r#"{"format":"bonded-pickup-reconciliation","version":1,"centre":1,"customs_code":"9901","book":"T9901W000001","day":"2026-11-21","made_at":"2026-11-21T16:10:00Z","trail":{"before":0,"last":3,"head":"ab"},"counts":[],"lines":[],"differences":[]}"#;
    let text = file::whole(body, &file::sign(&own, body).unwrap());
    let write = |name: &str, text: &str| {
        std::fs::write(place.0.join(name), text).unwrap();
        place.0.join(name).display().to_string()
    };
    let (good, bad) = (write("good.jsonl", &text), write("bad.jsonl", &text.replacen("11-21", "11-20", 1)));
    let [mine, theirs] = [("own.pem", &own), ("other.pem", &other)]
        .map(|(name, key)| write(name, &key.certificate().to_pem()));
    let said = place.said(&["reconciliation", "verify", &good, "--certificate", &mine]);
    assert!(said.contains("2026-11-21 at centre 1") && said.contains("0 differences"), "{said}");
    assert!(place.said(&["reconciliation", "verify", &good]).contains("SHA-256"));
    for refused in [vec![&bad[..]], vec![&good, "--certificate", &theirs]] {
        let output = place.run(&[&["reconciliation", "verify"], &refused[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{refused:?}");
    }
    assert!(!place.0.join("data").exists(), "no database is needed or made");
}
