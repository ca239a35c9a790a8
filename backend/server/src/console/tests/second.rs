//! A second person who confirms at the first one's screen.

use std::sync::Arc;

use reqwest::StatusCode;

use super::{Browser, PASSWORD, Page, Site};
use crate::console::accounts::totp::{self, Secret};
use crate::console::accounts::{Person, factor};
use crate::console::roles::Role;

const MILK: &str = "/stock/lines/T9901W000001/LH00001";

/// Switches the second step of an account on.
async fn with_second_step(site: &Site, person: Person) -> Secret {
    let (app, now) = (Arc::clone(&site.shop.app), site.now());
    let secret = site.write(move |tx| {
        let secret = factor::begin(tx, &app.secrets, &person).unwrap();
        factor::confirm(tx, &app.secrets, now, &person, &totp::code(&secret, now)).unwrap().unwrap();
        secret
    });
    let secret = secret.await;
    site.bench.pass(60);
    secret
}

/// A clerk who has asked for a door of K7; the path where a second person confirms it.
async fn asked_for_a_door(site: &Site) -> (Browser, String) {
    let root = site.signed_in("root", Role::Administrator).await;
    root.post("/kiosks", &[("name", "K7"), ("centre", "1")]).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    clerk
        .post("/kiosks/K7/doors", &[("door", "3"), ("purpose", "inspect"), ("reason", "顾客遗留物品")])
        .await;
    let id = site.column::<String>("SELECT id FROM door_wish").await.remove(0);
    (clerk, format!("/kiosks/K7/doors/{id}/here"))
}

async fn shows(browser: &Browser, path: &str, name: &str, word: &str, code: &str) -> Page {
    browser.post(path, &[("name", name), ("password", word), ("code", code)]).await
}

async fn state(site: &Site) -> String {
    site.column::<String>("SELECT state FROM door_wish").await.remove(0)
}

#[tokio::test]
async fn a_second_person_confirms_a_door_at_the_first_ones_screen_and_signs_in_nowhere() {
    let site = Site::start().await;
    let boss = site.account("boss", Role::Supervisor, false).await;
    let secret = with_second_step(&site, boss).await;
    let (clerk, path) = asked_for_a_door(&site).await;
    assert!(clerk.get("/kiosks/K7").await.has(&path));
    let form = clerk.get(&format!("{path}?lang=en")).await;
    assert!(form.has("K7") && form.has("顾客遗留物品") && form.has("anna"), "{}", form.text);
    let before = clerk.cookie("bp_session");
    assert!(before.is_some());
    let done = shows(&clerk, &path, "boss", PASSWORD, &totp::code(&secret, site.now())).await;
    assert_eq!(done.leads_to.as_deref(), Some("/kiosks/K7"), "{}", done.text);
    assert_eq!(state(&site).await, "confirmed");
    assert_eq!(clerk.cookie("bp_session"), before);
    assert_eq!(
        site.column::<i64>(
            "SELECT COUNT(*) FROM session s JOIN person p ON p.id = s.person WHERE p.name = 'boss'"
        )
        .await,
        [0]
    );
    let trail =
        site.column::<String>("SELECT actor || ' ' || body FROM trail WHERE state = 'second_person'").await;
    assert!(
        trail.len() == 1 && trail[0].starts_with("account:boss") && trail[0].contains("anna"),
        "{trail:?}"
    );
    let by = site.column::<String>("SELECT actor FROM trail WHERE state = 'confirmed'").await;
    assert_eq!(by, ["account:boss"]);
}

#[tokio::test]
async fn nothing_is_confirmed_by_the_same_account_or_without_all_that_is_asked() {
    let site = Site::start().await;
    let boss = site.account("boss", Role::Supervisor, false).await;
    let secret = with_second_step(&site, boss).await;
    let auditor = site.account("carl", Role::Auditor, false).await;
    let other = with_second_step(&site, auditor).await;
    site.account("dora", Role::Supervisor, false).await;
    let (clerk, path) = asked_for_a_door(&site).await;
    let code = totp::code(&secret, site.now());
    let wrong_code = if code == "000000" { "000001" } else { "000000" };
    for (name, word, code, status) in [
        ("anna", PASSWORD, code.as_str(), StatusCode::BAD_REQUEST),
        ("boss", "some other words", code.as_str(), StatusCode::UNAUTHORIZED),
        ("boss", PASSWORD, wrong_code, StatusCode::UNAUTHORIZED),
        ("boss", PASSWORD, "", StatusCode::UNAUTHORIZED),
        ("nobody", PASSWORD, code.as_str(), StatusCode::UNAUTHORIZED),
        ("dora", PASSWORD, code.as_str(), StatusCode::BAD_REQUEST),
        ("carl", PASSWORD, &totp::code(&other, site.now()), StatusCode::BAD_REQUEST),
    ] {
        let told = shows(&clerk, &path, name, word, code).await;
        assert_eq!(told.status, status, "{name} {word} {code}: {}", told.text);
        assert_eq!(state(&site).await, "asked");
    }
    assert_eq!(site.column::<i64>("SELECT COUNT(*) FROM trail WHERE state = 'second_person'").await, [0]);
}

#[tokio::test]
async fn failures_beside_somebody_are_slowed_down_as_at_the_door() {
    let site = Site::start().await;
    let boss = site.account("boss", Role::Supervisor, false).await;
    let secret = with_second_step(&site, boss).await;
    let (clerk, path) = asked_for_a_door(&site).await;
    for _ in 0..5 {
        shows(&clerk, &path, "boss", "some other words", "000000").await;
    }
    let right = shows(&clerk, &path, "boss", PASSWORD, &totp::code(&secret, site.now())).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "{}", right.text);
    let at_the_door = site.browser().sign_in("boss", PASSWORD).await;
    assert_eq!(at_the_door.status, StatusCode::TOO_MANY_REQUESTS, "the account waits everywhere");
    assert_eq!(state(&site).await, "asked");
}

#[tokio::test]
async fn a_supervisor_decides_about_the_book_at_a_clerks_screen() {
    let site = Site::start().await;
    let boss = site.account("boss", Role::Supervisor, false).await;
    let secret = with_second_step(&site, boss).await;
    let clerk = site.signed_in("anna", Role::Clerk).await;
    let (left, ..) = site.bench.stock("MLK-001").await;
    clerk.post(MILK, &[("what", "correction"), ("quantity", "-2"), ("reason", "破损")]).await;
    let id = site.column::<i64>("SELECT id FROM book_request").await[0];
    let path = format!("/stock/requests/{id}/here");
    assert!(clerk.get("/stock").await.has(&path));
    assert!(clerk.get(&path).await.has("破损"));
    let code = totp::code(&secret, site.now());
    let fields = |what| [("name", "boss"), ("password", PASSWORD), ("code", code.as_str()), ("what", what)];
    let no = clerk.post(&path, &fields("refuse")).await;
    assert_eq!(no.status, StatusCode::BAD_REQUEST, "a refusal needs a note");
    let done = clerk.post(&path, &fields("approve")).await;
    assert_eq!(done.leads_to.as_deref(), Some("/stock"), "{}", done.text);
    assert_eq!(site.bench.stock("MLK-001").await.0, left - 2);
    assert_eq!(site.column::<String>("SELECT decided_by FROM book_request").await, ["boss"]);
    let again = clerk.post(&path, &fields("approve")).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED, "a code is good once");
}
