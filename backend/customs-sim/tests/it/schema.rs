//! What the port writes is valid by the official schema, where that and xmllint are there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::sample::{self, cancel, paid_filing, payment, refund};
use crate::world::World;

/// A line that is seen without `--nocapture` too.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A port that has sent every kind of message.
fn talkative() -> World {
    let mut world = World::new();
    world.behave(json!({"tax": true, "summarise_ms": [0, 0], "batch": 3, "tax_rounding": "order"}));
    for number in [1, 2] {
        let filing = paid_filing(number);
        world.deliver(payment(&filing));
        let invt_no = world.released(&filing);
        world.deliver(sample::signed_for(&filing));
        if number == 1 {
            world.deliver(cancel(&filing, &invt_no, number));
        } else {
            world.wait_s(3);
            world.deliver(refund(&filing, &invt_no, number, &[(1, 2), (2, 1)]));
        }
        world.wait_s(5);
    }
    world.deliver_xml("CEB311Message", "<no message");
    world.wait_s(1);
    world
}

#[test]
fn every_kind_of_receipt_is_read_back_whole() {
    let world = talkative();
    let kinds: BTreeSet<&str> = world.receipts().iter().map(|receipt| receipt.message_type()).collect();
    let all = ["312", "412", "512", "514", "622", "624", "626", "816", "818", "900"];
    assert_eq!(kinds, all.iter().map(|n| *kinds.iter().find(|k| k.contains(n)).unwrap()).collect());
}

#[test]
fn written_receipts_are_valid_by_the_official_schema() {
    let schema =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/customs/xsd/ceb-import-202205.xsd");
    if !schema.exists() {
        note(&format!("not checked against the official schema: {} is not there", schema.display()));
        return;
    }
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("customs-sim-schema");
    std::fs::create_dir_all(&dir).unwrap();
    let mut files = Vec::new();
    for out in talkative().port.receipts(None, 0, usize::MAX) {
        let file = dir.join(format!("{}.xml", out.cursor));
        std::fs::write(&file, &out.body).unwrap();
        files.push(file);
    }
    let output =
        Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).args(&files).output();
    match output {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => note(&format!("not checked with xmllint: {error}")),
    }
}
