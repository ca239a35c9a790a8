//! The behaviour file, and what the port shows of itself over HTTP.

use serde_json::json;

use crate::process::{PATIENCE, Sim, fresh_dir};
use crate::sample::{self, filing};

#[test]
fn a_behaviour_file_sets_the_port_up_and_a_restart_keeps_the_journal_as_it_is() {
    let dir = fresh_dir("behaviour-file");
    let file = dir.join("behaviour.toml");
    let text = "step_ms = 30\nseed = 4\ntax = true\ndecide = \"review\"\nrates.\"33\" = { ct_bp = 1500 }\n\
                [[stock]]\nems_no = \"T9901W000001\"\nrecord_no = \"R0001\"\nentered = \"7.5\"\n";
    std::fs::write(&file, text).unwrap();
    let key = sample::key(1);
    let arguments = ["--behaviour", file.to_str().unwrap()];
    let sim = Sim::start_with(&dir, &key, &arguments);
    let behaviour = sim.json("/behaviour");
    assert_eq!((&behaviour["tax"], &behaviour["decide"]), (&json!(true), &json!("review")));
    assert_eq!(behaviour["rates"]["33"], json!({"duty_bp": 0, "vat_bp": 1300, "ct_bp": 1500}));
    assert_eq!(sim.json("/books")["stock"][0]["entered"], "7.50000");
    sim.kill();
    let journal = std::fs::read(dir.join("journal.jsonl")).unwrap();
    let sim = Sim::start_with(&dir, &key, &arguments);
    assert_eq!(sim.json("/books")["stock"].as_array().unwrap().len(), 1);
    sim.kill();
    assert_eq!(std::fs::read(dir.join("journal.jsonl")).unwrap(), journal);
}

#[test]
fn a_behaviour_that_cannot_be_is_refused_and_changes_nothing() {
    let dir = fresh_dir("bad-behaviour");
    let sim = Sim::start(&dir, &sample::key(1));
    let before = sim.json("/behaviour");
    for body in ["{\"decidee\": 1}", "{\"late_permille\": 1001}", "{\"http\": \"fine\"}"] {
        let (status, answer) = sim.request("PUT", "/behaviour", body, PATIENCE).unwrap();
        assert!(status == 422 && answer.contains("BAD_BEHAVIOUR"), "{body}: {answer}");
    }
    let stock = json!({"ems_no": "T", "record_no": "R", "entered": "-1"}).to_string();
    assert_eq!(sim.request("PUT", "/stock", &stock, PATIENCE).unwrap().0, 422);
    assert_eq!(sim.json("/behaviour"), before);
}

#[test]
fn what_was_sent_can_be_looked_at_and_its_receipts_sent_again() {
    let dir = fresh_dir("inspection");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let filing = filing(1);
    sim.file("a", &filing, &key);
    sim.wait_for(filing.cop_no.as_str(), 800);
    let (status, xml) = sim.request("GET", "/messages/3", "", PATIENCE).unwrap();
    assert!(status == 200 && xml.contains("<ceb:copNo>"), "{xml}");
    assert_eq!(xml, sample::signed(vec![filing.inventory().unwrap()], &key), "byte for byte");
    assert_eq!(sim.request("GET", "/messages/9", "", PATIENCE).unwrap().0, 404);

    let document = sim.json(&format!("/documents/{}", filing.cop_no));
    let statuses: Vec<_> =
        document["course"].as_array().unwrap().iter().map(|e| e["status"].clone()).collect();
    assert_eq!(statuses, [json!(null), json!(2), json!(120), json!(800)]);
    assert_eq!(document["list"]["state"], "released");
    let books = sim.json("/books");
    assert_eq!(books["counts"], json!({"released": 1}));
    assert_eq!(books["quotas"][0]["here"], "499.80000");
    assert!(!books.to_string().contains(filing.buyer.id.expose()), "buyers are digests");

    assert_eq!(sim.request("POST", "/replay/3", "", PATIENCE).unwrap().0, 204);
    sim.wait_until(|sim| sim.receipts(0).len() == 10);
    assert_eq!(sim.request("POST", "/replay/7", "", PATIENCE).unwrap().0, 404);
    let (status, page) = sim.request("GET", "/", "", PATIENCE).unwrap();
    assert!(status == 200 && page.contains("放行 released") && page.contains(filing.cop_no.as_str()));
}

#[test]
fn the_line_can_be_slow_and_out_of_service() {
    let dir = fresh_dir("line");
    let key = sample::key(1);
    let sim = Sim::start(&dir, &key);
    let xml = sample::signed(vec![filing(1).order().unwrap()], &key);
    sim.behave(&json!({"bytes_per_s": 20_000}));
    let begun = std::time::Instant::now();
    assert_eq!(sim.post("a", "CEB311Message", &xml).unwrap().0, 200);
    let least = std::time::Duration::from_millis(u64::try_from(xml.len()).unwrap() / 20);
    assert!(begun.elapsed() >= least, "{:?} for {} bytes", begun.elapsed(), xml.len());

    sim.behave(&json!({"bytes_per_s": 0, "outage_every_ms": 1000, "outage_ms": 1000}));
    assert_eq!(sim.post("b", "CEB311Message", &xml).unwrap().0, 503);
    sim.behave(&json!({"outage": "cut"}));
    assert_eq!(sim.post("b", "CEB311Message", &xml), None);
    sim.behave(&json!({"outage_ms": 0, "http_drop_permille": 1000}));
    assert_eq!(sim.post("c", "CEB311Message", &xml), None);
    sim.behave(&json!({"http_drop_permille": 0}));
    let messages = sim.json("/messages");
    assert_eq!(messages["messages"].as_array().unwrap().len(), 2, "the last was taken without an answer");
}
