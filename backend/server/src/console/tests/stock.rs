//! Corrections that two people agree on, and stocktakes.

use reqwest::StatusCode;

use super::{Browser, Site};
use crate::books;
use crate::console::roles::Role;

const MILK: &str = "/stock/lines/T9901W000001/LH00001";

/// Left, held and gone out of the milk powder, in pieces.
async fn milk(site: &Site) -> (i64, i64, i64) {
    site.bench.stock("MLK-001").await
}

async fn proof_holds(site: &Site) {
    let differences = site.shop.app.store.read(books::check).await.unwrap();
    assert!(differences.is_empty(), "{differences:?}");
    assert!(site.bench.problems().await.is_empty());
}

async fn correct(browser: &Browser, quantity: &str) -> super::Page {
    let wish = [("what", "correction"), ("quantity", quantity), ("reason", "破损 <2>")];
    browser.post(MILK, &wish).await
}

#[tokio::test]
async fn a_correction_moves_the_book_when_another_person_approves_and_not_before() {
    let site = Site::start().await;
    let before = milk(&site).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let asked = correct(&clerk, "-2").await;
    assert_eq!(asked.leads_to.as_deref(), Some(MILK), "{}", asked.text);
    assert_eq!(milk(&site).await, before, "nothing moved yet");
    let id = site.column::<i64>("SELECT id FROM book_request").await[0];
    let path = format!("/stock/requests/{id}");
    assert_eq!(clerk.post(&path, &[("what", "approve")]).await.status, StatusCode::FORBIDDEN);
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let page = boss.get("/stock").await;
    assert!(page.has("等待批准") && page.has("破损 &#60;2&#62;") && page.has(&path), "{}", page.text);
    assert_eq!(boss.post(&path, &[("what", "approve")]).await.leads_to.as_deref(), Some("/stock"));
    assert_eq!(milk(&site).await, (before.0 - 2, before.1, before.2));
    let twice = boss.post(&path, &[("what", "approve")]).await;
    assert!(twice.status == StatusCode::BAD_REQUEST && twice.has("已有人处理"), "{}", twice.text);
    let line = clerk.get(&format!("{MILK}?lang=en")).await;
    assert!(line.has("Correction") && line.has("Approved") && line.has("boss"), "{}", line.text);
    let trail =
        site.column::<String>("SELECT actor || state FROM trail WHERE kind = 'book' ORDER BY seq").await;
    assert_eq!(trail, ["account:annaasked", "account:bosscorrected"]);
    proof_holds(&site).await;
}

#[tokio::test]
async fn nobody_approves_their_own_request_and_a_refusal_needs_a_reason() {
    let site = Site::start().await;
    let before = milk(&site).await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    correct(&boss, "5").await;
    let id = site.column::<i64>("SELECT id FROM book_request").await[0];
    let path = format!("/stock/requests/{id}");
    let own = boss.post(&path, &[("what", "approve")]).await;
    assert!(own.status == StatusCode::BAD_REQUEST && own.has("另一位主管"), "{}", own.text);
    assert!(!boss.get("/stock").await.has(&format!("action=\"{path}\"")), "no button for one's own");
    let other = site.signed_in("carl", Role::Supervisor).await;
    assert_eq!(other.post(&path, &[("what", "refuse")]).await.status, StatusCode::BAD_REQUEST);
    let no = other.post(&path, &[("what", "refuse"), ("note", "重复")]).await;
    assert_eq!(no.leads_to.as_deref(), Some("/stock"));
    assert!(other.get(MILK).await.has("未批准"));
    assert_eq!(milk(&site).await, before);
    proof_holds(&site).await;
}

#[tokio::test]
async fn what_is_held_for_orders_is_never_corrected_away() {
    let site = Site::start().await;
    let (left, ..) = milk(&site).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    correct(&clerk, &format!("-{left}")).await;
    let id = site.column::<i64>("SELECT id FROM book_request").await[0];
    site.bench.cleared("A-1", 0).await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let told = boss.post(&format!("/stock/requests/{id}"), &[("what", "approve")]).await;
    assert!(told.status == StatusCode::BAD_REQUEST && told.has("已被订单占用"), "{}", told.text);
    assert_eq!(milk(&site).await, (left - 1, 1, 0));
    assert_eq!(site.column::<String>("SELECT state FROM book_request").await, ["open"]);
    let more = correct(&clerk, &format!("-{left}")).await;
    assert!(more.status == StatusCode::BAD_REQUEST && more.has("现存只有"), "{}", more.text);
    let entry = clerk.post(MILK, &[("what", "entry"), ("quantity", "-1"), ("reason", "x")]).await;
    assert_eq!(entry.status, StatusCode::BAD_REQUEST);
    assert_eq!(correct(&clerk, "viele").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(clerk.get("/stock/lines/T9901W000001/none").await.status, StatusCode::NOT_FOUND);
    proof_holds(&site).await;
}

#[tokio::test]
async fn what_waits_for_a_second_person_stands_first_on_today_for_who_may_decide_it_and_for_nobody_else() {
    let site = Site::start().await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    correct(&boss, "-2").await;
    correct(&clerk, "-3").await;
    let take = begun(&clerk, "MLK-001").await;
    let (left, ..) = milk(&site).await;
    typed(&clerk, &take, "T9901W000001/LH00001", left).await;
    let ended = clerk.post(&format!("{take}/close"), &[]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
    let carl = site.signed_in("carl", Role::Supervisor).await;
    for path in ["/?lang=en", "/tasks?lang=en"] {
        let page = carl.get(path).await;
        for shown in ["Waits for your word", "LH00001 · -2", "LH00001 · -3", &take, "Stocktake to be signed"]
        {
            assert!(page.has(shown), "{path} {shown}: {}", page.text);
        }
        let own = boss.get(path).await;
        assert!(own.has("LH00001 · -3") && !own.has("LH00001 · -2"), "{path}: not one's own");
        assert!(!clerk.get(path).await.has("Waits for your word"), "{path}: a clerk decides neither");
    }
    assert!(carl.get("/?lang=en").await.has("<b>3</b>For a person"), "they count as what needs a person");
    assert!(!carl.get("/tasks?mine=1&lang=en").await.has("Waits for your word"));
}

/// Opens a stocktake of these articles; gives its path.
async fn begun(browser: &Browser, only: &str) -> String {
    let opened = browser.post("/stock/takes", &[("centre", "1"), ("note", "月末"), ("only", only)]).await;
    opened.leads_to.unwrap_or_else(|| panic!("{}", opened.text))
}

async fn typed(browser: &Browser, take: &str, key: &str, quantity: i64) {
    let counted = [("key", key), ("quantity", &quantity.to_string())];
    let page = browser.post(&format!("{take}/count"), &counted).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
}

#[tokio::test]
async fn a_stocktake_with_a_variance_is_signed_off_by_who_counted_nothing() {
    let site = Site::start().await;
    let (left, ..) = milk(&site).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let take = begun(&clerk, "MLK-001").await;
    let blind = clerk.get("/stock").await;
    assert!(blind.has("盘点中，余额暂不显示"), "{}", blind.text);
    assert!(!clerk.get(MILK).await.has("<dt>现存</dt>") && !clerk.get("/stock.csv").await.has("MLK-001"));
    assert_eq!(clerk.get(&format!("{take}/variance.csv")).await.status, StatusCode::NOT_FOUND);
    let early = clerk.post(&format!("{take}/close"), &[]).await;
    assert!(early.has("还有 1 行没有盘点"), "{}", early.text);
    let barcode = site.shop.product("MLK-001").unwrap().barcode.clone();
    for code in [barcode.as_str(), "mlk-001"] {
        let scanned = clerk.post(&format!("{take}/scan"), &[("code", code)]).await;
        assert!(scanned.leads_to.unwrap().starts_with(&take), "{}", scanned.text);
    }
    let counting = clerk.get(&take).await;
    assert!(counting.has("<b>2</b>") && !counting.has(&format!(">{left}<")), "{}", counting.text);
    let other = clerk.post(&format!("{take}/scan"), &[("code", "6901234567892")]).await;
    assert!(other.status == StatusCode::BAD_REQUEST && other.has("没有计数"), "{}", other.text);
    typed(&clerk, &take, "T9901W000001/LH00001", left - 3).await;
    clerk.post(&format!("{take}/close"), &[]).await;
    let review = clerk.get(&take).await;
    assert!(review.has("<b>-3</b>") && review.has("由没有参与盘点的主管签核"), "{}", review.text);
    let csv = clerk.get(&format!("{take}/variance.csv")).await.text;
    assert!(csv.contains(&format!(",{},{left},-3,anna,2026-11-21T", left - 3)), "{csv}");
    assert_eq!(clerk.post(&format!("{take}/sign"), &[]).await.status, StatusCode::FORBIDDEN);
    let boss = site.signed_in("boss", Role::Supervisor).await;
    assert_eq!(boss.post(&format!("{take}/sign"), &[]).await.leads_to.as_deref(), Some(take.as_str()));
    assert_eq!(milk(&site).await, (left - 3, 0, 0));
    assert!(boss.get(&take).await.has("已签核"));
    assert!(boss.get(MILK).await.has("盘点 Stocktake"));
    assert_eq!(boss.post(&format!("{take}/sign"), &[]).await.status, StatusCode::BAD_REQUEST, "once");
    proof_holds(&site).await;
}

#[tokio::test]
async fn what_moves_between_count_and_sign_off_is_no_variance() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    let (left, held, _) = milk(&site).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let take = begun(&clerk, "MLK-001").await;
    typed(&clerk, &take, "T9901W000001/LH00001", left + held - 1).await;
    site.bench.receive(&cop_no, 800, "").await;
    site.bench.cleared("A-2", 1).await;
    clerk.post(&format!("{take}/close"), &[]).await;
    assert!(clerk.get(&take).await.has("<b>-1</b>"));
    let boss = site.signed_in("boss", Role::Supervisor).await;
    boss.post(&format!("{take}/sign"), &[]).await;
    assert_eq!(milk(&site).await, (left - 2, 1, 1), "one was missing, one is held, one gone out");
    proof_holds(&site).await;
}

#[tokio::test]
async fn a_line_that_moved_while_it_was_counted_is_counted_anew_before_anything_is_signed() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let take = begun(&clerk, "MLK-001").await;
    let scan = format!("{take}/scan");
    clerk.post(&scan, &[("code", "MLK-001")]).await;
    site.bench.receive(&cop_no, 800, "").await;
    clerk.post(&scan, &[("code", "MLK-001")]).await;
    clerk.post(&format!("{take}/close"), &[]).await;
    assert!(clerk.get(&take).await.has("须重盘"));
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let refused = boss.post(&format!("{take}/sign"), &[]).await;
    assert!(refused.status == StatusCode::BAD_REQUEST && refused.has("重新盘点"), "{}", refused.text);
    clerk.post(&format!("{take}/again"), &[("lines", "differing")]).await;
    let (left, held, _) = milk(&site).await;
    assert!(clerk.get(&take).await.has("重盘 2"));
    typed(&clerk, &take, "T9901W000001/LH00001", left + held).await;
    clerk.post(&format!("{take}/close"), &[]).await;
    boss.post(&format!("{take}/sign"), &[]).await;
    assert!(boss.get(&take).await.has("每一行都与账面相符"));
    proof_holds(&site).await;
}

#[tokio::test]
async fn a_line_is_under_one_stocktake_at_a_time_and_one_given_up_corrects_nothing() {
    let site = Site::start().await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let before = milk(&site).await;
    let take = begun(&boss, "").await;
    let second = boss.post("/stock/takes", &[("centre", "1"), ("only", "MLK-001")]).await;
    assert!(second.status == StatusCode::BAD_REQUEST && second.has("正在盘点"), "{}", second.text);
    typed(&boss, &take, "T9901W000001/LH00001", 0).await;
    boss.post(&format!("{take}/abandon"), &[]).await;
    assert!(boss.get(&take).await.has("已放弃"));
    assert_eq!(milk(&site).await, before);
    let own = begun(&boss, "MLK-001").await;
    typed(&boss, &own, "T9901W000001/LH00001", 7).await;
    boss.post(&format!("{own}/close"), &[]).await;
    let told = boss.post(&format!("{own}/sign"), &[]).await;
    assert!(told.status == StatusCode::BAD_REQUEST && told.has("参与了本次盘点"), "{}", told.text);
    proof_holds(&site).await;
}

#[tokio::test]
async fn a_file_of_counts_is_taken_whole_or_not_at_all() {
    let site = Site::start().await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let take = begun(&clerk, "MLK-001").await;
    let path = format!("{take}/file");
    let bad = clerk.post_file(&path, "code,quantity\nMLK-001,4\nNONE,1\n").await;
    assert!(bad.status == StatusCode::BAD_REQUEST && bad.has("NONE"), "{}", bad.text);
    assert_eq!(site.column::<Option<i64>>("SELECT counted FROM stocktake_line").await, [None]);
    let good = clerk.post_file(&path, "code,quantity\nMLK-001,4\nmlk-001,5\n").await;
    assert_eq!(good.status, StatusCode::SEE_OTHER, "{}", good.text);
    assert!(clerk.get(&take).await.has("<b>9</b>"));
}

#[tokio::test]
async fn an_account_of_another_centre_neither_sees_nor_counts_these_lines() {
    let site = Site::start().await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    correct(&clerk, "-1").await;
    let take = begun(&clerk, "MLK-001").await;
    let away = site.signed_in("away", Role::Supervisor).await;
    site.write(|tx| tx.execute("UPDATE person SET centres = '[2]' WHERE name = 'away'", []).unwrap()).await;
    let id = site.column::<i64>("SELECT id FROM book_request").await[0];
    assert!(!away.get("/stock").await.has("等待批准") && !away.get("/stock/takes").await.has("月末"));
    for path in [MILK, &take] {
        assert_eq!(away.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let approve = away.post(&format!("/stock/requests/{id}"), &[("what", "approve")]).await;
    assert_eq!(approve.status, StatusCode::NOT_FOUND);
    assert_eq!(away.post(&format!("{take}/abandon"), &[]).await.status, StatusCode::NOT_FOUND);
}
