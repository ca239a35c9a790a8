//! The trail notices what was done behind its back.

use pickup_server::db::Engine;
use pickup_server::trail::Problem;

use crate::pickup::stored;

#[tokio::test]
async fn an_untouched_trail_agrees_with_the_tables() {
    let (bench, _kiosk, _ticket) = stored().await;
    let report = bench.app.store.read(pickup_server::trail::verify).await.unwrap();
    assert_eq!(report.problems, []);
    assert!(report.rows > 5);
    assert_eq!(report.head, bench.text("SELECT hash FROM trail ORDER BY seq DESC LIMIT 1").await);
}

#[tokio::test]
async fn a_changed_row_is_found_by_every_field() {
    for sql in [
        "UPDATE trail SET at_us = at_us + 1 WHERE seq = 3",
        "UPDATE trail SET actor = 'x' WHERE seq = 3",
        "UPDATE trail SET entity = entity || 'x' WHERE seq = 3",
        "UPDATE trail SET body = body || ' ' WHERE seq = 3",
        "UPDATE trail SET kind = 'x', entity = 'y' WHERE seq = 3",
    ] {
        let (bench, _kiosk, _ticket) = stored().await;
        bench.execute(sql).await;
        assert!(bench.problems().await.contains(&Problem::Broken(3)), "{sql}");
    }
}

#[tokio::test]
async fn a_row_written_anew_with_its_own_hash_breaks_the_chain() {
    let (bench, _kiosk, _ticket) = stored().await;
    bench.execute("UPDATE trail SET hash = hash || '0' WHERE seq = 3").await;
    assert!(bench.problems().await.contains(&Problem::Broken(4)));
}

#[tokio::test]
async fn a_removed_row_leaves_a_gap() {
    let (bench, _kiosk, _ticket) = stored().await;
    bench.execute("DELETE FROM trail WHERE seq = 3").await;
    assert!(bench.problems().await.contains(&Problem::Gap { expected: 3, found: 4 }));
}

#[tokio::test]
async fn a_table_changed_without_the_trail_is_told_by_entity() {
    let (bench, _kiosk, _ticket) = stored().await;
    bench.execute("UPDATE parcel SET state = 'collected'").await;
    let differs = Problem::Differs {
        kind: "parcel",
        entity: "1".into(),
        trail: Some("in_locker".into()),
        table: Some("collected".into()),
    };
    assert_eq!(bench.problems().await, [differs]);
}

#[tokio::test]
async fn no_identity_number_is_on_the_trail_or_beside_it_in_the_clear() {
    let (bench, _kiosk, _ticket) = stored().await;
    let number = crate::bench::buyer();
    if bench.app.store.source().engine() == Engine::Postgres {
        for table in ["trail", "parcel", "orders"] {
            let all = bench.texts(format!("SELECT CAST(t AS TEXT) FROM {table} t")).await.join("\n");
            assert!(table != "parcel" || all.contains("WB1"), "the rows are what is read");
            assert!(!all.contains(number.expose()), "{table}");
        }
        return;
    }
    for name in ["backend.db", "backend.db-wal"] {
        let bytes = std::fs::read(bench.app.config.data_dir.join(name)).unwrap();
        let waybill = bytes.windows(3).any(|window| window == b"WB1");
        assert!(waybill || name != "backend.db-wal", "the write-ahead log is where the rows are");
        let found = bytes.windows(18).any(|window| window == number.expose().as_bytes());
        assert!(!found, "{name}");
    }
}
