//! Messages and receipts as files in folders.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pickup_customs::read_receipts;
use serde_json::json;

use crate::process::{Sim, fresh_dir};
use crate::sample::{self, filing};

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A port with spool folders.
fn start(name: &str) -> (Sim, PathBuf) {
    let dir = fresh_dir(name);
    let spool = dir.join("spool");
    let sim = Sim::start_with(&dir, &sample::key(1), &["--spool", spool.to_str().unwrap()]);
    sim.wait_until(|_| spool.join("receive").is_dir());
    (sim, spool)
}

fn drop_in(spool: &Path, name: &str, text: &str) {
    let other = spool.join("send").join(format!("{name}.tmp"));
    std::fs::write(&other, text).unwrap();
    std::fs::rename(other, spool.join("send").join(name)).unwrap();
}

/// Receipts in the folder by status of the list, those that can be read.
fn list_statuses(spool: &Path) -> Vec<i32> {
    let read = |name: &String| read_receipts(&std::fs::read(spool.join("receive").join(name)).unwrap());
    let names = names(&spool.join("receive"));
    let lists = names.iter().filter(|name| name.ends_with("CEB622Message.xml"));
    lists.filter_map(|name| read(name).ok()).flat_map(|batch| batch.receipts).map(|r| r.code()).collect()
}

#[test]
fn files_are_taken_and_receipts_written() {
    let (sim, spool) = start("spool");
    let (filing, key) = (filing(1), sample::key(1));
    std::fs::write(spool.join("send/unfinished.tmp"), "<half").unwrap();
    drop_in(&spool, "1-order.xml", &sample::signed(vec![filing.order().unwrap()], &key));
    let waybill = BASE64.encode(sample::signed(vec![filing.logistics()], &key));
    let enveloped = format!(
        "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\"><TransInfo><CopMsgId>w1</CopMsgId>\
         <MsgType>CEB511Message</MsgType></TransInfo><Data>{waybill}</Data></DxpMsg>"
    );
    drop_in(&spool, "2-waybill.xml", &enveloped);
    drop_in(&spool, "3-list.xml", &sample::signed(vec![filing.inventory().unwrap()], &key));
    drop_in(&spool, "4-nonsense.xml", "nonsense");
    sim.wait_until(|_| list_statuses(&spool) == [2, 120, 800]);
    assert_eq!(names(&spool.join("send")), ["unfinished.tmp"], "what is being written is left alone");
    assert_eq!(names(&spool.join("sent")), ["1-order.xml", "2-waybill.xml", "3-list.xml"]);
    assert_eq!(names(&spool.join("error")), ["4-nonsense.xml"]);
    sim.wait_until(|_| names(&spool.join("receive")).iter().any(|name| name.ends_with("CEB900Message.xml")));
}

#[test]
fn receipts_are_not_written_again_after_a_restart() {
    let (sim, spool) = start("spool-again");
    drop_in(&spool, "1.xml", &sample::signed(vec![filing(1).order().unwrap()], &sample::key(1)));
    sim.wait_until(|_| names(&spool.join("receive")).len() == 2 && spool.join("cursor").exists());
    sim.wait_until(|_| std::fs::read_to_string(spool.join("cursor")).unwrap() == "2");
    for name in names(&spool.join("receive")) {
        std::fs::remove_file(spool.join("receive").join(name)).unwrap();
    }
    sim.kill();
    let dir = spool.parent().unwrap();
    let sim = Sim::start_with(dir, &sample::key(1), &["--spool", spool.to_str().unwrap()]);
    drop_in(&spool, "2.xml", &sample::signed(vec![filing(2).order().unwrap()], &sample::key(1)));
    sim.wait_until(|_| names(&spool.join("receive")).len() == 2);
    assert!(names(&spool.join("receive"))[0].starts_with("000000000003-"));
}

#[test]
fn receipts_stand_half_written_for_a_while_where_told() {
    let (sim, spool) = start("spool-half");
    sim.behave(&json!({"half_written_permille": 1000, "half_written_ms": 300}));
    drop_in(&spool, "1.xml", &sample::signed(vec![filing(1).order().unwrap()], &sample::key(1)));
    let first = || {
        let name = names(&spool.join("receive")).first().cloned()?;
        Some(read_receipts(&std::fs::read(spool.join("receive").join(name)).ok()?).is_ok())
    };
    sim.wait_until(|_| first() == Some(false));
    sim.wait_until(|_| first() == Some(true));
}
