//! Ten thousand random valid records of every kind: read and written again they are the same bytes, and the official
//! schema accepts what was built.

use std::path::{Path, PathBuf};

use fastrand::Rng;
use pickup_customs::dsig::{Profile, sign};
use pickup_customs::record::Record;
use pickup_customs::*;

use crate::outside_tools::{official, run, scratch};
use crate::sample;
use crate::tables::{fields, guid, message, record, times};

/// Reads a random message, writes it again, and keeps it signed for the schema.
fn again<T: Document>(xml: &str, files: &mut Files) {
    let read = Message::<T>::read(xml.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let written = read.write().unwrap();
    assert_eq!(written.canonical(), xml);
    let signed = sign(&written, &files.key, &Profile::SM2_2022).unwrap();
    files.keep(&signed, read.documents.len());
}

/// Reads random receipts, writes them again, and keeps them for the schema.
fn receipts_again(root: &str, inside: &str, rng: &mut Rng, files: &mut Files) {
    let id = guid(rng);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root} xmlns=\"http://www.chinaport.gov.cn/ceb\" \
         guid=\"{id}\" version=\"1.0\">{inside}</{root}>"
    );
    let batch = read_receipts(xml.as_bytes()).unwrap();
    assert_eq!(batch.unreadable, [], "{xml}");
    assert_eq!(write_receipts(&id, &batch.receipts).unwrap(), xml);
    files.keep(&xml, batch.receipts.len());
}

struct Files {
    key: SoftwareKey,
    folder: PathBuf,
    written: Vec<String>,
    records: usize,
}

impl Files {
    fn keep(&mut self, xml: &str, records: usize) {
        let path = self.folder.join(format!("{}.xml", self.written.len()));
        std::fs::write(&path, xml).unwrap();
        self.written.push(path.to_string_lossy().into_owned());
        self.records += records;
    }

    fn validate(&self, schema: &Path) {
        let schema = schema.to_string_lossy();
        for some in self.written.chunks(50) {
            let mut args = vec!["--noout", "--nonet", "--schema", &schema];
            args.extend(some.iter().map(String::as_str));
            let Some(output) = run("xmllint", &args) else { return };
            let text = String::from_utf8_lossy(&output.stderr);
            let worst: Vec<&str> = text.lines().filter(|line| !line.ends_with("validates")).take(3).collect();
            assert!(output.status.success(), "{worst:?}");
        }
    }
}

fn head_and_lines<H: Record, L: Record>(rng: &mut Rng, name: &str) -> String {
    let lines = if rng.u8(..40) == 0 { 99 } else { rng.usize(1..4) };
    let head = record::<H>(rng, "ceb:", &["copNo"]);
    let lines = times(lines, || record::<L>(rng, "ceb:", &[]));
    format!("<ceb:{name}>{head}{lines}</ceb:{name}>")
}

fn head_only<H: Record>(rng: &mut Rng, name: &str) -> String {
    format!("<ceb:{name}>{}</ceb:{name}>", record::<H>(rng, "ceb:", &[]))
}

fn flat<R: Record>(rng: &mut Rng) -> String {
    record::<R>(rng, "ceb:", &["copNo"])
}

fn documents(rng: &mut Rng, count: usize, files: &mut Files) {
    let mut make = |root: &str, one: fn(&mut Rng) -> String| {
        let inside = times(count, || one(rng));
        message(rng, root, &inside)
    };
    again::<Order>(&make("CEB311Message", |rng| head_and_lines::<OrderHead, OrderLine>(rng, "Order")), files);
    again::<Payment>(&make("CEB411Message", |rng| head_only::<PaymentHead>(rng, "Payment")), files);
    again::<Logistics>(&make("CEB511Message", |rng| head_only::<LogisticsHead>(rng, "Logistics")), files);
    again::<LogisticsStatus>(&make("CEB513Message", flat::<LogisticsStatus>), files);
    again::<InvtCancel>(&make("CEB623Message", flat::<InvtCancel>), files);
    again::<Inventory>(
        &make("CEB621Message", |rng| head_and_lines::<InventoryHead, InventoryLine>(rng, "Inventory")),
        files,
    );
    again::<InvtRefund>(
        &make("CEB625Message", |rng| head_and_lines::<InvtRefundHead, InvtRefundLine>(rng, "InvtRefund")),
        files,
    );
}

type Make = fn(&mut Rng) -> String;

fn answers(rng: &mut Rng, count: usize, files: &mut Files) {
    fn one<R: Record>(rng: &mut Rng) -> String {
        record::<R>(rng, "", &["preNo"])
    }
    let kinds: [(&str, Make); 7] = [
        ("CEB312Message", one::<OrderReturn>),
        ("CEB412Message", one::<PaymentReturn>),
        ("CEB512Message", one::<LogisticsReturn>),
        ("CEB514Message", one::<LogisticsStatusReturn>),
        ("CEB622Message", one::<InventoryReturn>),
        ("CEB624Message", one::<InvtCancelReturn>),
        ("CEB626Message", one::<InvtRefundReturn>),
    ];
    for (root, make) in kinds {
        let inside = times(count, || make(rng));
        receipts_again(root, &inside, rng, files);
    }
    let bills = times(count, || {
        let lines = rng.usize(1..4);
        let head = record::<TaxHeadRd>(rng, "", &[]);
        format!("<Tax>{head}{}</Tax>", times(lines, || record::<TaxListRd>(rng, "", &[])))
    });
    receipts_again("CEB816Message", &bills, rng, files);
    let states = times(count, || format!("<Tax>{}</Tax>", record::<TaxHeadStatus>(rng, "", &[])));
    receipts_again("CEB818Message", &states, rng, files);
    let failed = record::<MessageReturn>(rng, "", &[]);
    receipts_again("CEB900Message", &failed, rng, files);
    assert!(!fields(rng, "", MessageReturn::FIELDS, &[]).is_empty());
}

#[test]
fn ten_thousand_random_records_read_back_as_written_and_satisfy_the_official_schema() {
    let folder = scratch("random");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = Files { key: sample::key(), folder, written: Vec::new(), records: 0 };
    let mut seed = 0;
    while files.records < 10_000 {
        seed += 1;
        let mut rng = Rng::with_seed(seed);
        let count = if seed % 8 == 0 { 100 } else { rng.usize(1..60) };
        documents(&mut rng, count, &mut files);
        answers(&mut rng, count, &mut files);
    }
    assert!(files.records >= 10_000);
    if let Some(schema) = official("xsd/ceb-import-202205.xsd") {
        files.validate(&schema);
    }
}
