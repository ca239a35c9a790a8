//! What the database promises: all or nothing, in order, readable while written, private.

use std::os::unix::fs::PermissionsExt as _;

use pickup_server::secrets::{Secrets, SecretsError};
use pickup_server::store::{Store, StoreError};

use crate::bench::Bench;

async fn settings(store: &Store) -> i64 {
    store
        .read(|conn| {
            Ok::<_, StoreError>(conn.query_row("SELECT COUNT(*) FROM setting", [], |row| row.get(0))?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_write_that_fails_leaves_no_trace() {
    let bench = Bench::start().await;
    let failed = bench.app.store.write(|tx| {
        tx.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')", [])?;
        Err::<(), _>(StoreError::unreadable("nothing", "on purpose"))
    });
    assert!(failed.await.is_err());
    assert_eq!(settings(&bench.app.store).await, 0);
}

#[tokio::test]
async fn a_write_that_panics_fails_alone() {
    let bench = Bench::start().await;
    let store = &bench.app.store;
    let panicked: Result<(), StoreError> = store.write(|_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(StoreError::Closed)));
    bench.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')").await;
    assert_eq!(settings(store).await, 1);
}

#[tokio::test]
async fn writes_happen_in_the_order_they_were_asked_for() {
    let bench = Bench::start().await;
    let mut waiting = Vec::new();
    for n in 0..50_i64 {
        let store = bench.app.store.clone();
        let (asked, ready) = tokio::sync::oneshot::channel();
        waiting.push(tokio::spawn(async move {
            let write = store.write(move |tx| {
                let last: Option<i64> =
                    tx.query_row("SELECT MAX(CAST(value AS INT)) FROM setting", [], |row| row.get(0))?;
                assert_eq!(last.unwrap_or(-1), n - 1);
                tx.execute("INSERT INTO setting (name, value) VALUES (?1, ?1)", [n.to_string()])?;
                Ok::<_, StoreError>(())
            });
            let mut write = std::pin::pin!(write);
            let early = tokio::time::timeout(std::time::Duration::ZERO, write.as_mut()).await;
            asked.send(()).unwrap();
            match early {
                Ok(done) => done,
                Err(_) => write.await,
            }
        }));
        ready.await.unwrap();
    }
    for write in waiting {
        write.await.unwrap().unwrap();
    }
    assert_eq!(settings(&bench.app.store).await, 50);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let bench = Bench::start().await;
    let tried = bench.app.store.read(|conn| {
        conn.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')", [])?;
        Ok::<_, StoreError>(())
    });
    assert!(tried.await.is_err());
}

#[tokio::test]
async fn a_second_opening_finds_what_the_first_wrote() {
    let bench = Bench::start().await;
    bench.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')").await;
    let again = Store::open(bench.app.store.source()).unwrap();
    assert_eq!(settings(&again).await, 1);
}

#[tokio::test]
async fn a_database_of_a_later_version_or_of_another_text_is_not_touched() {
    let bench = Bench::start().await;
    let source = bench.app.store.source().clone();
    bench.execute("UPDATE migration SET digest = 'other'").await;
    assert!(matches!(Store::open(&source), Err(StoreError::Changed(1))));
    bench.execute("INSERT INTO migration (number, digest) VALUES (999, '')").await;
    assert!(matches!(Store::open(&source), Err(StoreError::Newer { found: 999, .. })));
}

#[tokio::test]
async fn keys_are_the_owners_alone_and_stay_the_same() {
    let bench = Bench::start().await;
    let dir = &bench.app.config.data_dir;
    for name in ["keys.json", "ca-key.pem"] {
        let mode = std::fs::metadata(dir.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let again = Secrets::open_or_make(dir).unwrap();
    assert_eq!(again.fingerprint("a", b"b"), bench.app.secrets.fingerprint("a", b"b"));
    std::fs::set_permissions(dir.join("keys.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Secrets::open_or_make(dir), Err(SecretsError::Exposed(_))));
}
