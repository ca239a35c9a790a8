//! Days that are reconciled, and what is found when somebody wrote to the database.

use std::sync::Arc;

use pickup_customs::{Certificate, Signer as _, SoftwareKey};
use pickup_domain::Quantity;

use super::sheet::{Count, What};
use super::{Difference, FileError, Sheet, file, find, make, step};
use crate::clearing::accounts::{self, Kind, Leg};
use crate::clearing::tests::bench::Bench;

const DAY_S: i64 = 86_400;

/// The sheet of a day and its file.
async fn signed(bench: &Bench, day: &'static str) -> (Sheet, String) {
    let kept = bench.shop.app.store.read(move |conn| find(conn, 1, day.parse().unwrap())).await.unwrap();
    let kept = kept.expect("the day was reconciled");
    (serde_json::from_str(&kept.body).unwrap(), file::whole(&kept.body, &kept.signature))
}

fn count(sheet: &Sheet, what: What) -> Count {
    sheet.counts.iter().find(|count| count.what == what).unwrap().clone()
}

/// Two orders, of which one is released.
async fn a_day() -> (Bench, String) {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.cleared("A-2", 1).await;
    bench.send().await;
    bench.receive(&cop_no, 800, "").await;
    (bench, cop_no)
}

/// The differences of the first day after it ended.
async fn differences(bench: &Bench) -> Vec<Difference> {
    bench.pass(DAY_S);
    assert_eq!(step(&bench.shop).await.unwrap(), 1);
    signed(bench, "2026-11-21").await.0.differences
}

#[tokio::test]
async fn a_day_agrees_with_the_trail_and_the_next_one_opens_as_it_closed() {
    let (bench, _) = a_day().await;
    assert_eq!(step(&bench.shop).await.unwrap(), 0, "the day has not ended");
    assert_eq!(differences(&bench).await, []);
    assert_eq!(step(&bench.shop).await.unwrap(), 0, "once");
    let (sheet, _) = signed(&bench, "2026-11-21").await;
    let [orders, paid, filed, released] =
        [What::Orders, What::Payments, What::Declarations, What::Releases].map(|what| count(&sheet, what));
    assert_eq!([orders.trail.count, paid.trail.count, filed.trail.count, released.trail.count], [2, 2, 2, 1]);
    assert!(paid.trail.fen > filed.trail.fen && filed.trail.fen == 2 * released.trail.fen);
    let milk = sheet.lines.iter().find(|line| line.key.ends_with("/LH00001")).unwrap();
    let one = Quantity::whole(1).unwrap();
    assert_eq!((milk.opening.entered, milk.out, milk.closing.held), (Quantity::ZERO, one, one));
    assert_eq!(milk.entries, milk.closing.entered);
    bench.cleared("A-3", 2).await;
    bench.pass(DAY_S);
    assert_eq!(step(&bench.shop).await.unwrap(), 1);
    let (next, _) = signed(&bench, "2026-11-22").await;
    assert_eq!(next.differences, []);
    let later = next.lines.iter().find(|line| line.key == milk.key).unwrap();
    assert_eq!((later.opening, later.closing.held), (milk.closing, Quantity::whole(2).unwrap()));
    assert_eq!(bench.trail_states("reconciliation").await, ["signed", "signed"]);
}

#[tokio::test]
async fn the_file_is_verified_without_the_database_and_not_when_a_byte_was_changed() {
    let (bench, _) = a_day().await;
    differences(&bench).await;
    let (sheet, text) = signed(&bench, "2026-11-21").await;
    let own: Certificate = bench.shop.signer.certificate().clone();
    let verified = file::verify(&text, Some(&own)).unwrap();
    assert_eq!((verified.sheet, verified.serial), (sheet, own.serial_hex()));
    for at in (0..text.find('\n').unwrap()).step_by(97) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(file::verify(&changed, None).is_err(), "byte {at}");
    }
    let changed = text.replacen("2026-11-21", "2026-11-20", 1);
    assert_eq!(file::verify(&changed, None), Err(FileError::Changed));
    let (from, until) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
    let until = until.min("2040-01-01T00:00:00Z".parse().unwrap());
    let other = SoftwareKey::from_seed(&[7; 32], "示例企业", from, until).unwrap();
    let refused = file::verify(&text, Some(other.certificate()));
    assert!(matches!(refused, Err(FileError::OtherCertificate { .. })), "{refused:?}");
    assert!(matches!(file::verify("{}", None), Err(FileError::Form(_))));
}

#[tokio::test]
async fn a_release_that_only_the_table_or_only_the_trail_knows_is_told() {
    let (bench, _) = a_day().await;
    bench.execute("UPDATE declaration SET released_us = NULL WHERE order_id = 1 AND cell = {cell}").await;
    bench
        .execute("UPDATE declaration SET released_us = drafted_us WHERE order_id = 2 AND cell = {cell}")
        .await;
    let found = differences(&bench).await;
    let what = What::Releases;
    let wanted = [
        Difference::OnlyTrail { what, entity: "1".into() },
        Difference::OnlyTables { what, entity: "2".into() },
    ];
    assert_eq!(found, wanted);
    assert_eq!(bench.trail_states("task").await, ["open"], "a person is told");
}

#[tokio::test]
async fn a_payment_an_account_or_an_entry_changed_by_hand_is_told() {
    let (bench, _) = a_day().await;
    bench.execute("UPDATE orders SET total_fen = total_fen + 1 WHERE id = 1 AND cell = {cell}").await;
    bench
        .execute("UPDATE account SET held = held + 100000 WHERE key LIKE '%/LH00001' AND cell = {cell}")
        .await;
    bench
        .execute("UPDATE book_entry SET quantity = quantity + 5 WHERE key LIKE '%/LH00002' AND cell = {cell}")
        .await;
    let found = differences(&bench).await;
    let [
        Difference::Amount { what: What::Payments, trail_fen, tables_fen, .. },
        Difference::Account { key, .. },
        Difference::Entries { key: entry, .. },
    ] = &found[..]
    else {
        panic!("{found:?}")
    };
    assert_eq!(tables_fen - trail_fen, 1);
    assert!(key.ends_with("/LH00001") && entry.ends_with("/LH00002"), "{key} {entry}");
}

#[tokio::test]
async fn goods_that_come_back_are_in_the_area_again() {
    let (bench, _) = a_day().await;
    let now = bench.shop.app.now();
    let back = bench.shop.app.store.write(move |tx| {
        let leg = Leg { kind: Kind::Stock, ending: "/LH00001".to_owned(), amount: Quantity::SCALE };
        accounts::give_back(tx, 1, &[leg], "operator", now)
    });
    back.await.unwrap();
    assert_eq!(differences(&bench).await, []);
    let (sheet, _) = signed(&bench, "2026-11-21").await;
    let milk = sheet.lines.iter().find(|line| line.key.ends_with("/LH00001")).unwrap();
    let one = Quantity::whole(1).unwrap();
    assert_eq!((milk.out, milk.back, milk.closing.out), (one, one, Quantity::ZERO));
}

#[tokio::test]
async fn a_trail_that_was_changed_is_told_and_so_is_one_that_was_replaced() {
    let (bench, _) = a_day().await;
    assert_eq!(differences(&bench).await, []);
    bench.execute("UPDATE trail SET actor = 'nobody', hash = 'x' WHERE seq = 3 AND cell = {cell}").await;
    bench.execute("DELETE FROM reconciliation WHERE cell = {cell}").await;
    make(&bench.shop, 1, "2026-11-21".parse().unwrap()).await.unwrap();
    let (sheet, _) = signed(&bench, "2026-11-21").await;
    assert_eq!(sheet.differences, [Difference::TrailBroken { row: 3 }]);
    let last = "UPDATE trail SET hash = 'y' WHERE cell = {cell} AND seq = (SELECT MAX(seq) FROM trail WHERE cell = {cell} AND at_us < 1795276800000000)";
    bench.execute(last).await;
    bench.pass(DAY_S);
    step(&bench.shop).await.unwrap();
    let (next, _) = signed(&bench, "2026-11-22").await;
    let replaced = |one: &Difference| matches!(one, Difference::TrailReplaced { .. });
    assert!(next.differences.iter().any(replaced), "{:?}", next.differences);
}

#[tokio::test]
async fn days_that_nobody_was_there_for_are_made_up_for() {
    let (bench, _) = a_day().await;
    bench.pass(3 * DAY_S);
    assert_eq!(step(&bench.shop).await.unwrap(), 3);
    let day: jiff::civil::Date = "2026-11-23".parse().unwrap();
    assert!(bench.shop.app.store.read(move |conn| find(conn, 1, day)).await.unwrap().is_some());
    assert!(make(&Arc::clone(&bench.shop), 9, day).await.is_err(), "there is no such centre");
}
