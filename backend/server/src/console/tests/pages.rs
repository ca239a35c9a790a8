//! What the pages show and do.

use reqwest::StatusCode;

use super::Site;
use crate::console::roles::Role;

#[tokio::test]
async fn today_counts_what_happened_and_names_what_needs_a_person_first() {
    let site = Site::start().await;
    let released = site.bench.cleared("A-1", 0).await;
    let refused = site.bench.cleared("A-2", 1).await;
    site.bench.send().await;
    site.bench.receive(&released, 800, "").await;
    site.bench.receive(&refused, 100, "[Code:1202;Desc:毛重不符]").await;
    site.catch_up().await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let page = clerk.get("/").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for shown in
        ["<b>2</b>今日订单", "<b>1</b>今日放行", "<b>1</b>待入柜", "每小时放行", "打印机缺纸", "柜门故障"]
    {
        assert!(page.has(shown), "{shown}: {}", page.text);
    }
    let english = clerk.get("/?lang=en").await;
    assert!(english.has("<b>1</b>Released today") && english.has("Needs a person"), "{}", english.text);
}

#[tokio::test]
async fn a_refused_declaration_is_taken_noted_and_filed_anew() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 100, "[Code:9999;Desc:不明]").await;
    let agent = site.signed_in("anna", Role::CustomsAgent).await;
    let list = agent.get("/tasks").await;
    assert!(list.has("海关退单") && list.has("/orders/A-1"), "{}", list.text);
    let id = site.column::<i64>("SELECT id FROM task WHERE kind = 'refused'").await[0];
    let path = format!("/tasks/{id}");
    agent.post(&path, &[("what", "take")]).await;
    agent.post(&path, &[("what", "note"), ("words", "已致电口岸 <b>")]).await;
    let page = agent.get(&path).await;
    assert!(page.has("已致电口岸 &#60;b&#62;"), "{}", page.text);
    assert!(agent.get("/tasks?mine=1").await.has("海关退单"));
    let wrong = agent.post(&format!("{path}/file-again"), &[("gross_kg", "heavy")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let done = agent.post(&format!("{path}/file-again"), &[("gross_kg", "1.5")]).await;
    assert_eq!(done.leads_to.as_deref(), Some("/tasks"), "{}", done.text);
    assert_eq!(site.bench.view("A-1").await["declaration"]["state"], "drafted");
    assert!(agent.get(&path).await.has("已处理"));
    let by = site.column::<String>("SELECT actor FROM trail WHERE actor LIKE 'account:%'").await;
    assert!(by.iter().all(|actor| actor == "account:anna") && by.len() >= 4, "{by:?}");
    assert!(site.bench.problems().await.is_empty());
}

#[tokio::test]
async fn a_task_is_settled_once_and_with_a_reason() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 100, "[Code:9999;Desc:不明]").await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let id = site.column::<i64>("SELECT id FROM task").await[0];
    let path = format!("/tasks/{id}/settle");
    assert_eq!(boss.post(&path, &[("reason", " ")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(boss.post(&path, &[("reason", "口岸已更正")]).await.leads_to.as_deref(), Some("/tasks"));
    let again = boss.post(&path, &[("reason", "再来")]).await;
    assert!(again.status == StatusCode::BAD_REQUEST && again.has("已经处理完毕"), "{}", again.text);
    assert!(!boss.get("/tasks").await.has("海关退单"));
}

#[tokio::test]
async fn a_clerk_settles_a_call_for_help_and_nothing_that_others_answer_for() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 100, "[Code:9999;Desc:不明]").await;
    let now = site.now();
    site.write(move |tx| {
        let body = serde_json::json!({ "kiosk": "K7", "code": "HELP_ASKED" });
        crate::tasks::raise(tx, now, crate::tasks::Kind::Call, "7", None, &body).unwrap();
    })
    .await;
    let ids =
        site.column::<i64>("SELECT id FROM task ORDER BY CASE kind WHEN 'call' THEN 0 ELSE 1 END").await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let [call, refused] = [ids[0], ids[1]].map(|id| format!("/tasks/{id}"));
    let settle = |path: &str| format!("{path}/settle");
    assert!(clerk.get(&call).await.has(&settle(&call)));
    assert!(!clerk.get(&refused).await.has(&settle(&refused)));
    let no = clerk.post(&settle(&refused), &[("reason", "好了")]).await;
    assert_eq!(no.status, StatusCode::FORBIDDEN);
    let done = clerk.post(&settle(&call), &[("reason", "已协助顾客取货")]).await;
    assert_eq!(done.leads_to.as_deref(), Some("/tasks"), "{}", done.text);
    let by = site.column::<String>("SELECT settled_by FROM task WHERE settled_us IS NOT NULL").await;
    assert_eq!(by, ["account:anna"]);
}

#[tokio::test]
async fn a_task_of_another_centre_is_neither_worked_on_nor_settled() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 100, "[Code:9999;Desc:不明]").await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    site.write(|tx| tx.execute("UPDATE person SET centres = '[2]' WHERE name = 'boss'", []).unwrap()).await;
    let path = format!("/tasks/{}", site.column::<i64>("SELECT id FROM task").await[0]);
    assert_eq!(boss.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(boss.post(&path, &[("what", "take")]).await.status, StatusCode::NOT_FOUND);
    boss.post(&format!("{path}/settle"), &[("reason", "好了")]).await;
    assert_eq!(
        site.column::<i64>("SELECT COUNT(*) FROM task WHERE settled_us IS NULL AND assigned IS NULL").await,
        [1]
    );
}

#[tokio::test]
async fn a_door_is_asked_for_by_one_and_confirmed_by_another_on_the_kiosks_page() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    root.post("/kiosks", &[("name", "K7"), ("centre", "1")]).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let form = |reason| [("door", "3"), ("purpose", "inspect"), ("reason", reason)];
    let bare = clerk.post("/kiosks/K7/doors", &form("  ")).await;
    assert_eq!(bare.status, StatusCode::BAD_REQUEST, "not without a reason");
    let asked = clerk.post("/kiosks/K7/doors", &form("顾客遗留 <b>")).await;
    assert_eq!(asked.leads_to.as_deref(), Some("/kiosks/K7"), "{}", asked.text);
    let own = clerk.get("/kiosks/K7").await;
    assert!(
        own.has("待第二人复核") && own.has("顾客遗留 &#60;b&#62;") && !own.has("复核并开门"),
        "{}",
        own.text
    );
    let id = site.column::<String>("SELECT id FROM door_wish").await.remove(0);
    let confirm = format!("/kiosks/K7/doors/{id}/confirm");
    assert_eq!(clerk.post(&confirm, &[]).await.status, StatusCode::BAD_REQUEST, "nobody confirms their own");
    let page = boss.get("/kiosks/K7?lang=en").await;
    assert!(page.has("Confirm and open") && page.has("Waits for a second person"), "{}", page.text);
    assert_eq!(boss.post(&confirm, &[]).await.leads_to.as_deref(), Some("/kiosks/K7"));
    assert!(boss.get("/kiosks/K7?lang=zh").await.has("等待自提柜"));
    let again = boss.post(&confirm, &[]).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "once");
    boss.post(&format!("/kiosks/K7/doors/{id}/withdraw"), &[]).await;
    assert!(boss.get("/kiosks/K7").await.has("已撤回"));
    assert!(site.bench.problems().await.is_empty());
}

#[tokio::test]
async fn what_a_kiosks_settings_were_before_stands_beside_what_they_are() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    root.post("/kiosks", &[("name", "K7"), ("centre", "1")]).await;
    let none = root.get("/kiosks/K7/settings?lang=en").await;
    assert!(none.has("has not told of its settings"), "{}", none.text);
    site.write(|tx| {
        for (since, body) in [(1_i64, "a = 1\nb = 2\nc = 3"), (2, "a = 1\nb = 5\nc = 3")] {
            tx.execute(
                "INSERT INTO kiosk_settings (cell, kiosk_id, since_us, digest, program, body)
                 SELECT {cell}, id, ?1, 'd' || name, '1.0', ?2 FROM kiosk",
                (since, body),
            )
            .unwrap();
        }
    })
    .await;
    let page = root.get("/kiosks/K7/settings?lang=en").await;
    assert!(page.has("− b = 2") && page.has("+ b = 5") && page.has("2 lines differ"), "{}", page.text);
    let same = root.get("/kiosks/K7/settings?since=2&before=2&lang=en").await;
    assert!(same.has("nothing differs"), "{}", same.text);
    assert_eq!(root.get("/kiosks/K8/settings").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_released_orders_slip_is_shown_as_the_kiosk_prints_it_without_the_buyers_year() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    assert_eq!(clerk.get("/orders/A-1/slip.svg").await.status, StatusCode::NOT_FOUND, "there is none yet");
    site.bench.send().await;
    site.bench.receive(&cop_no, 800, "").await;
    assert!(clerk.get("/orders/A-1").await.has("/orders/A-1/slip.svg"));
    let slip = clerk.get("/orders/A-1/slip.svg").await;
    assert_eq!(slip.status, StatusCode::OK);
    for shown in
        ["海关放行提货凭证", "A-1", "99012026I000000001", "晨星婴儿配方奶粉1段", "¥237.84", "S20261121000001"]
    {
        assert!(slip.has(shown), "{shown}: {}", slip.text);
    }
    assert!(!slip.has("26000") && !slip.has("990101"), "{}", slip.text);
}

#[tokio::test]
async fn a_kiosk_is_paired_by_a_code_that_is_shown_once_and_shut_out() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    let made = root.post("/kiosks", &[("name", "K7"), ("centre", "1")]).await;
    assert!(made.has("配对码") && made.has("<svg"), "{}", made.text);
    let code = made.text.split("secret mono\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let page = root.get("/kiosks/K7").await;
    assert!(page.has("还没有报告过") && !page.has(&code));
    let bad = root.post("/kiosks", &[("name", "K 7/"), ("centre", "1")]).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    root.post("/kiosks/K7/revoke", &[]).await;
    assert!(root.get("/kiosks").await.has("已停用"));
    assert_eq!(root.post("/kiosks/K9/revoke", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_of_another_centre_sees_nothing_of_this_one() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 100, "[Code:9999;Desc:不明]").await;
    site.catch_up().await;
    let away = site.signed_in("away", Role::CustomsAgent).await;
    site.write(|tx| tx.execute("UPDATE person SET centres = '[2]' WHERE name = 'away'", []).unwrap()).await;
    let id = site.column::<i64>("SELECT id FROM task").await[0];
    assert!(!away.get("/").await.has("<b>1</b>"));
    assert!(!away.get("/tasks").await.has("A-1"));
    assert_eq!(away.get(&format!("/tasks/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(away.post(&format!("/tasks/{id}/file-again"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_order_is_found_by_every_number_by_telephone_and_by_name() {
    let site = Site::start().await;
    let cop_no = site.two_orders().await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let buyer = site.bench.buyer(0);
    let waybill = site.column::<String>("SELECT waybill FROM parcel ORDER BY pickup").await.remove(0);
    let pickup = format!("{:08}", site.column::<i64>("SELECT pickup FROM parcel ORDER BY pickup").await[0]);
    let tail = buyer.telephone[buyer.telephone.len() - 4..].to_owned();
    for query in ["A-1", "PAY-A-1", &cop_no, &waybill, &pickup, "99012026I000000001", &buyer.name, &tail] {
        let page = clerk.get(&format!("/orders?q={}", super::encoded(query))).await;
        let found = page.leads_to.as_deref() == Some("/orders/A-1") || page.has("/orders/A-1");
        assert!(found, "{query}: {}", page.text);
    }
    assert!(clerk.get("/orders?q=nothing").await.has("没有找到订单"));
    let all = clerk.get("/orders").await;
    assert!(all.has("A-1") && all.has("A-2") && !all.has(&buyer.name), "names are masked: {}", all.text);
}

#[tokio::test]
async fn one_page_tells_all_of_an_order_and_shows_no_identity_number() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 800, "[Code:2600;Desc:放行]").await;
    site.catch_up().await;
    let agent = site.signed_in("anna", Role::CustomsAgent).await;
    let page = agent.get("/orders/A-1").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for shown in [&cop_no, "已放行", "待入柜", "三单对照", "PAY-A-1", "customs", "包裹: 待入柜"]
    {
        assert!(page.has(shown), "{shown}: {}", page.text);
    }
    assert!(!page.has("不一致"), "the documents agree");
    let buyer = site.bench.buyer(0);
    let filed = agent.get("/orders/A-1/filed").await;
    assert!(filed.has("CEB621Message") && filed.has("CEB622Message") && filed.has(&cop_no), "{}", filed.text);
    for text in [&page.text, &filed.text] {
        assert!(!text.contains(&buyer.id_number) && text.contains("***********"));
    }
    assert!(agent.get("/orders/A-1?lang=en").await.has("Documents side by side"));
    assert_eq!(agent.get("/orders/none").await.status, StatusCode::NOT_FOUND);
    let looked = site.column::<String>("SELECT state FROM trail WHERE kind = 'account'").await;
    assert!(looked.contains(&"read_filed".to_owned()), "{looked:?}");
}

#[tokio::test]
async fn a_limit_is_looked_up_by_the_whole_number_and_the_look_is_on_the_trail_without_it() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 800, "").await;
    site.catch_up().await;
    let boss = site.signed_in("boss", Role::Supervisor).await;
    let number = site.bench.buyer(0).id_number;
    let page = boss.post("/limits", &[("id_number", &number)]).await;
    let used = site.column::<i64>("SELECT used FROM buyer_year").await[0];
    assert!(page.has(&crate::console::text::money(used)) && !page.has(&number), "{}", page.text);
    let used = site.column::<i64>("SELECT used FROM account WHERE kind = 'guarantee' AND used > 0").await[0];
    for shown in ["税款担保", "税款日历", "未到期", &crate::console::text::money(used)] {
        assert!(page.has(shown), "{shown}: {}", page.text);
    }
    let wrong = boss.post("/limits", &[("id_number", "990101199001010010")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let rows =
        site.column::<String>("SELECT state || body FROM trail WHERE kind = 'account'").await.join(" ");
    assert!(rows.contains("limit_looked_up") && !rows.contains(&number), "{rows}");
}

#[tokio::test]
async fn the_stock_is_proved_from_the_trail_and_a_book_that_was_tampered_with_is_told() {
    let site = Site::start().await;
    site.bench.cleared("A-1", 0).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let page = clerk.get("/stock").await;
    assert!(page.has("MLK-001") && page.has("<svg"), "{}", page.text);
    assert!(clerk.get("/stock?proof=1").await.has("已按流水逐笔重算"));
    site.bench.execute("UPDATE account SET held = held + 100000 WHERE kind = 'stock' AND held > 0").await;
    let told = clerk.get("/stock?proof=1").await;
    assert!(told.has("与流水不符"), "{}", told.text);
}

#[tokio::test]
async fn reports_count_by_day_and_centre_and_come_as_csv() {
    let site = Site::start().await;
    site.two_orders().await;
    let audit = site.signed_in("audit", Role::Auditor).await;
    let page = audit.get("/reports?lang=en").await;
    assert!(page.has("By day and centre") && page.has("<svg"), "{}", page.text);
    let csv = audit.get("/reports.csv").await.text;
    let row = csv.lines().nth(1).unwrap();
    assert!(row.starts_with("2026-11-21,1,2,2,1,0,0,"), "{csv}");
    let used = site.column::<i64>("SELECT used FROM buyer_year WHERE used > 0").await;
    assert!(row.ends_with(&format!(",{}.{:02}", used[0] / 100, used[0] % 100)), "{csv} {used:?}");
    site.write(|tx| crate::console::figures::recount(tx).unwrap()).await;
    assert_eq!(audit.get("/reports.csv").await.text, csv, "counted one by one and all at once");
    for path in ["/reports.xlsx", "/stock.xlsx", "/limits/tax.xlsx"] {
        let book = audit.get(path).await;
        assert!(book.status == StatusCode::OK && book.text.starts_with("PK"), "{path}: {}", book.text);
    }
    assert!(audit.get("/limits/tax.csv").await.text.contains("2026-11-21,2026-12-22,2027-01-05,1,"));
    assert!(audit.get("/stock.csv").await.text.contains("T9901W000001/LH00001,MLK-001,"));
    assert_eq!(audit.get("/reports?from=2026-12-01&until=2026-11-01").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn goods_come_back_over_the_returns_desk_once_however_often_the_form_is_sent() {
    let site = Site::start().await;
    let cop_no = site.bench.cleared("A-1", 0).await;
    site.bench.send().await;
    site.bench.receive(&cop_no, 800, "").await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let form = clerk.get("/returns/A-1").await;
    let request = form.text.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let wish = [("request", request), ("reason", "不合适"), ("qty_1", "1")];
    let early = clerk.post("/returns/A-1", &wish).await;
    assert!(early.status == StatusCode::BAD_REQUEST && early.has("尚未交付"), "{}", early.text);
    let now = site.now();
    site.write(move |tx| {
        let parcel = crate::parcels::by_order(tx, 1).unwrap().unwrap();
        let taken = pickup_domain::parcel::ParcelState::Collected;
        crate::parcels::set_state(tx, now, "kiosk:K1", &parcel, taken, serde_json::json!({})).unwrap();
        assert!(crate::parcels::fulfil_order(tx, now, "kiosk:K1", &parcel).unwrap());
    })
    .await;
    for _ in 0..2 {
        assert_eq!(clerk.post("/returns/A-1", &wish).await.leads_to.as_deref(), Some("/returns"));
    }
    let asked = site.column::<String>("SELECT cop_no FROM application WHERE kind = 'refund'").await;
    assert_eq!(asked.len(), 1);
    assert!(clerk.get("/returns").await.has(&asked[0]));
    let soon = clerk.post("/returns/back", &[("cop_no", &asked[0]), ("to", "shelf")]).await;
    assert_eq!(soon.status, StatusCode::BAD_REQUEST, "customs has not granted it");
    site.bench.execute("UPDATE application SET state = 'concluded'").await;
    let done = clerk.post("/returns/back", &[("cop_no", &asked[0]), ("to", "aside")]).await;
    assert_eq!(done.leads_to.as_deref(), Some("/returns"), "{}", done.text);
    assert!(!clerk.get("/returns").await.has(&asked[0]));
}

#[tokio::test]
async fn the_head_of_a_page_leads_where_the_role_may_go_and_nowhere_else() {
    let site = Site::start().await;
    let clerk = site.signed_in("anna", Role::Clerk).await.get("/").await;
    for path in ["/orders", "/tasks", "/kiosks", "/stock", "/returns"] {
        assert!(clerk.has(&format!("<a href=\"{path}\"")), "{path}");
    }
    assert!(!clerk.has("<a href=\"/people\"") && !clerk.has("<a href=\"/limits\""));
    assert!(clerk.has("<a href=\"/\" aria-current=\"page\""));
    let root = site.signed_in("root", Role::Administrator).await.get("/people").await;
    assert!(root.has("<a href=\"/people\" aria-current=\"page\""));
}
