//! Books that are recomputed from the trail, back-ups that come back the same, and one writer of a cell at a time.

use std::path::PathBuf;

use jiff::Timestamp;
use pickup_domain::parcel::Size;
use pickup_server::backup::{self, BackupError};
use pickup_server::books::{self, Difference};
use pickup_server::db::Engine;
use pickup_server::scratch::Scratch;
use pickup_server::store::{Source, Store, StoreError};
use pickup_server::trail;
use uuid::Uuid;

use crate::bench::Bench;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("pickup-backup-{}", Uuid::new_v4())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Every row of every table, as a back-up has them.
fn lines(folder: &Folder) -> Vec<String> {
    let text = std::fs::read_to_string(folder.0.join("database.jsonl")).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_backup_restored_to_the_other_engine_is_the_same_again() {
    let bench = Bench::start().await;
    bench.ready("WB1", Size::S).await;
    bench.ready("WB2", Size::L).await;
    let (first, second, data) = (Folder::new(), Folder::new(), Folder::new());
    let dir = bench.app.config.data_dir.clone();
    let rows = backup::make(&bench.app.store, &dir, &first.0).await.unwrap();
    assert!(rows > 10, "{rows}");
    assert!(matches!(backup::make(&bench.app.store, &dir, &first.0).await, Err(BackupError::NotEmpty(_))));
    let other = match bench.app.store.source().engine() {
        Engine::Postgres => Scratch::file(),
        Engine::Sqlite => Scratch::by_environment().unwrap(),
    };
    let source: Source = other.source(&data.0);
    assert_eq!(backup::restore(&first.0, &data.0, &source).unwrap(), rows);
    let restored = Store::open(&source).unwrap();
    backup::make(&restored, &data.0, &second.0).await.unwrap();
    assert_eq!(lines(&first), lines(&second));
    let again = restored.read(trail::verify).await.unwrap();
    assert_eq!((again.problems, again.rows > 3), (Vec::new(), true));
    assert!(data.0.join("keys.json").is_file(), "the keys come with it");
    let refused = backup::restore(&first.0, &data.0, &source);
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
}

#[tokio::test]
async fn a_backup_that_is_cut_short_or_spoiled_restores_nothing() {
    let bench = Bench::start().await;
    bench.ready("WB1", Size::S).await;
    let whole = Folder::new();
    backup::make(&bench.app.store, &bench.app.config.data_dir, &whole.0).await.unwrap();
    let good = lines(&whole);
    let spoiled: [Vec<String>; 3] = [
        good[..good.len() - 1].to_vec(),
        good.iter().map(|line| line.replace("\"orders\"", "\"no_such\"")).collect(),
        good.iter().map(|line| line.replace("\"cleared\"", "\"unheard of\"")).collect(),
    ];
    for lines in spoiled {
        std::fs::write(whole.0.join("database.jsonl"), lines.join("\n")).unwrap();
        let (data, scratch) = (Folder::new(), Scratch::file());
        let source = scratch.source(&data.0);
        let refused = backup::restore(&whole.0, &data.0, &source);
        assert!(matches!(refused, Err(BackupError::Content { .. })), "{refused:?}");
        assert!(!data.0.join("keys.json").exists());
        let store = Store::open(&source).unwrap();
        let count = store.read(|conn| {
            Ok::<i64, StoreError>(conn.query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0))?)
        });
        assert_eq!(count.await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_cell_has_one_writer_and_the_one_before_notices() {
    let bench = Bench::start().await;
    let (old, now) = (&bench.app.store, Timestamp::now());
    let new = Store::open(old.source()).unwrap();
    old.take_lease("a", now, 15).await.unwrap();
    let refused = new.take_lease("b", now, 15).await;
    assert!(matches!(refused, Err(StoreError::Leased { cell: 1, .. })), "{refused:?}");
    let later = now + jiff::SignedDuration::from_secs(16);
    new.take_lease("b", later, 15).await.unwrap();
    let refused = old.renew_lease(later, 15).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost(1))), "{refused:?}");
    let written = old.write(|tx| {
        Ok::<_, StoreError>(tx.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')", [])?)
    });
    assert!(matches!(written.await, Err(StoreError::LeaseLost(1))));
    new.renew_lease(later, 15).await.unwrap();
    new.end_lease().await.unwrap();
    let third = Store::open(old.source()).unwrap();
    third.take_lease("c", later, 15).await.unwrap();
}

#[tokio::test]
async fn a_balance_that_was_changed_by_hand_is_found() {
    let bench = Bench::start().await;
    assert_eq!(bench.app.store.read(books::check).await.unwrap(), []);
    bench.execute("INSERT INTO account (cell, kind, key, lim, used) VALUES (1, 'stock', 'T/1', 10, 4)").await;
    let found = bench.app.store.read(books::check).await.unwrap();
    let [Difference::Account { key, .. }, Difference::Entered { key: line, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((key.as_str(), line.as_str()), ("T/1", "T/1"));
}
