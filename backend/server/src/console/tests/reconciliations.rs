//! The reconciliation of a day: so far, signed, downloaded, verified.

use std::time::Duration;

use reqwest::StatusCode;

use super::{Browser, Page, Site};
use crate::console::roles::Role;
use crate::reconcile::{self, file};

/// The page once the day so far is counted, which a busy machine may take a while for.
async fn counted(browser: &Browser, path: &str) -> Page {
    for _ in 0..600 {
        let page = browser.get(path).await;
        if !page.has("role=\"status\"") {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} is still being counted after a minute");
}

#[tokio::test]
async fn a_day_is_seen_as_it_goes_then_signed_and_the_file_can_be_verified() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 800, "").await;
    let audit = site.signed_in("audit", Role::Auditor).await;
    let today = counted(&audit, "/reports/reconciliations/1/2026-11-21").await;
    assert!(today.has("今日至此") && today.has("没有差异"), "{}", today.text);
    assert!(audit.get("/reports/reconciliations").await.has("还没有"));
    assert_eq!(audit.get("/reports/reconciliations/1/2026-11-20").await.status, StatusCode::NOT_FOUND);
    let unsigned = audit.get("/reports/reconciliations/1/2026-11-21/file").await;
    assert_eq!(unsigned.status, StatusCode::NOT_FOUND);
    site.bench.pass(86_400);
    assert_eq!(reconcile::step(&site.shop).await.unwrap(), 1);
    let audit = site.browser();
    audit.sign_in("audit", super::PASSWORD).await;
    let list = audit.get("/reports/reconciliations").await;
    assert!(list.has("2026-11-21") && list.has("<svg"), "{}", list.text);
    let page = audit.get("/reports/reconciliations/1/2026-11-21?lang=en").await;
    for shown in ["No differences", "sm2-sm3", "Opening + entries", "T9901W000001/LH00001"] {
        assert!(page.has(shown), "{shown}: {}", page.text);
    }
    let text = audit.get("/reports/reconciliations/1/2026-11-21/file").await.text;
    let verified = file::verify(&text, None).unwrap();
    assert_eq!(verified.sheet.counts.len(), 8);
    let csv = audit.get("/reports/reconciliations/1/2026-11-21/lines.csv").await.text;
    assert!(csv.contains("2026-11-21,T9901W000001/LH00001,0,"), "{csv}");
    assert!(audit.get("/reports/reconciliations/1/2026-11-21/lines.xlsx").await.text.starts_with("PK"));
}

#[tokio::test]
async fn every_kind_of_difference_is_told_in_both_languages() {
    use crate::console::words;
    use crate::reconcile::Difference;
    use crate::reconcile::sheet::{Balance, What};
    use crate::web::Lang;
    let (key, entity, what) = ("T/1".to_owned(), "7".to_owned(), What::Releases);
    let (zero, quantity) = (Balance::default(), pickup_domain::Quantity::ZERO);
    let all = [
        Difference::OnlyTrail { what, entity: entity.clone() },
        Difference::OnlyTables { what, entity: entity.clone() },
        Difference::Amount { what, entity, trail_fen: 1, tables_fen: 2 },
        Difference::Account { key: key.clone(), trail: zero, table: zero },
        Difference::Entries { key: key.clone(), trail: quantity, table: quantity },
        Difference::Unbalanced { key: key.clone() },
        Difference::Opening { key, closed: zero, opens: zero },
        Difference::TrailBroken { row: 3 },
        Difference::TrailReplaced { row: 3 },
    ];
    for one in &all {
        let [zh, en] = [Lang::Zh, Lang::En].map(|lang| words::difference(lang, one));
        assert!(!zh.is_ascii() && en.is_ascii() && en.len() > 10, "{zh} / {en}");
    }
}

#[tokio::test]
async fn what_was_changed_by_hand_is_on_the_page_and_another_centre_sees_none_of_it() {
    let site = Site::start().await;
    site.bench.cleared("A-1", 0).await;
    site.bench.execute("UPDATE orders SET total_fen = total_fen + 100 WHERE cell = {cell}").await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let page = counted(&boss, "/reports/reconciliations/1/2026-11-21?lang=en").await;
    assert!(page.has("Payments 1: trail") && page.has("class=\"differs\""), "{}", page.text);
    site.write(|tx| tx.execute("UPDATE person SET centres = '[2]' WHERE name = 'boss'", []).unwrap()).await;
    assert_eq!(boss.get("/reports/reconciliations/1/2026-11-21").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_very_many_differences_the_page_shows_the_first_and_says_how_many_there_are() {
    let site = Site::start().await;
    site.bench.cleared("A-1", 0).await;
    site.bench
        .execute(
            "INSERT INTO orders (cell, id, merchant, order_no, buyer_key, centre, total_fen, state, placed_us)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
             SELECT o.cell, 1000 + n.n, 'x', 'X-' || n.n, o.buyer_key, o.centre, 1, o.state, o.placed_us
             FROM orders o CROSS JOIN n WHERE o.cell = {cell} AND o.id = 1",
        )
        .await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let page = counted(&boss, "/reports/reconciliations/1/2026-11-21?lang=en").await;
    assert!(page.has("and 50 more that are not listed here"), "{}", page.text);
}
