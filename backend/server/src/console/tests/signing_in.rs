//! Passwords, the second step, sessions, and what is slowed down.

use std::sync::Arc;

use crate::console::accounts::{factor, totp};
use crate::console::roles::Role;
use reqwest::StatusCode;

use super::{PASSWORD, Site};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer_in_both_languages() {
    let site = Site::start().await;
    site.account("anna", Role::Clerk, false).await;
    let browser = site.browser();
    for name in ["anna", "nobody"] {
        let page = browser.sign_in(name, "not the password").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.has("账号或密码不正确"));
    }
    browser.get("/sign-in?lang=en").await;
    assert!(browser.sign_in("anna", "wrong").await.has("not right"));
    assert!(browser.cookie("bp_session").is_none());
}

#[tokio::test]
async fn guessing_is_slowed_down_and_a_pause_lets_the_right_person_in() {
    let site = Site::start().await;
    site.account("anna", Role::Clerk, false).await;
    let browser = site.browser();
    for _ in 0..5 {
        assert_eq!(browser.sign_in("anna", "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let right = browser.sign_in("anna", PASSWORD).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "also the right one waits");
    let rows = site.column::<i64>("SELECT COUNT(*) FROM trail WHERE state = 'slowed_down'").await;
    assert_eq!(rows, [1]);
    site.bench.pass(3);
    assert_eq!(browser.sign_in("anna", PASSWORD).await.leads_to.as_deref(), Some("/"));
}

#[tokio::test]
async fn the_second_step_is_asked_for_and_a_code_is_good_once() {
    let site = Site::start().await;
    let person = site.account("anna", Role::Clerk, false).await;
    let (app, now) = (Arc::clone(&site.shop.app), site.now());
    let (secret, codes) = site
        .write(move |tx| {
            let secret = factor::begin(tx, &app.secrets, &person).unwrap();
            let code = totp::code(&secret, now);
            let codes = factor::confirm(tx, &app.secrets, now, &person, &code).unwrap().unwrap();
            (secret, codes)
        })
        .await;
    let browser = site.browser();
    let first = browser.sign_in("anna", PASSWORD).await;
    assert_eq!(first.leads_to.as_deref(), Some("/sign-in/code"));
    assert_eq!(browser.get("/").await.leads_to.as_deref(), Some("/sign-in/code"), "half signed in is not in");
    let used = totp::code(&secret, now);
    assert_eq!(browser.post("/sign-in/code", &[("code", &used)]).await.status, StatusCode::UNAUTHORIZED);
    site.bench.pass(60);
    let fresh = totp::code(&secret, site.now());
    assert_eq!(browser.post("/sign-in/code", &[("code", &fresh)]).await.leads_to.as_deref(), Some("/"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);

    let lost = site.browser();
    lost.sign_in("anna", PASSWORD).await;
    assert_eq!(lost.post("/sign-in/code", &[("code", &codes[0])]).await.leads_to.as_deref(), Some("/"));
    let again = site.browser();
    again.sign_in("anna", PASSWORD).await;
    let twice = again.post("/sign-in/code", &[("code", &codes[0])]).await;
    assert_eq!(twice.status, StatusCode::UNAUTHORIZED, "a recovery code is good once");
}

#[tokio::test]
async fn a_session_ends_by_idleness_by_signing_out_and_by_the_administrator() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    let idle = site.signed_in("idle", Role::Clerk).await;
    let stolen = site.signed_in("anna", Role::Clerk).await;
    let id = site.column::<String>("SELECT id FROM person WHERE name = 'anna'").await.remove(0);
    let path = format!("/people/{id}");
    let done = root.post(&path, &[("what", "disable"), ("role", "clerk")]).await;
    assert_eq!(done.leads_to.as_deref(), Some("/people"), "{}", done.text);
    assert_eq!(stolen.get("/").await.leads_to.as_deref(), Some("/sign-in"));
    for _ in 0..3 {
        site.bench.pass(1_500);
        assert_eq!(root.get("/").await.status, StatusCode::OK, "in use it goes on");
    }
    assert_eq!(idle.get("/").await.leads_to.as_deref(), Some("/sign-in"));
    root.post("/sign-out", &[]).await;
    assert_eq!(root.get("/").await.leads_to.as_deref(), Some("/sign-in"));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    let id = site.column::<String>("SELECT id FROM person WHERE name = 'root'").await.remove(0);
    let page = root.post(&format!("/people/{id}"), &[("what", "disable"), ("role", "clerk")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.has("最后一个管理员"));
}

#[tokio::test]
async fn an_administrator_adds_an_account_whose_word_is_shown_once() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    let made =
        root.post("/people", &[("name", "王小明"), ("role", "customs_agent"), ("centres", "1，2")]).await;
    let word = made.text.split("secret mono\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!root.get("/people").await.has(&word));
    let page = site.browser().sign_in("王小明", &word).await;
    assert_eq!(page.leads_to.as_deref(), Some("/"), "{}", page.text);
    let kept = site.column::<String>("SELECT password || ' ' || centres FROM person ORDER BY name").await;
    assert!(kept.iter().all(|text| text.starts_with("$argon2id$")) && kept[1].ends_with("[1,2]"), "{kept:?}");
}

#[tokio::test]
async fn passwords_tokens_and_codes_stay_out_of_the_trail() {
    let site = Site::start().await;
    let root = site.signed_in("root", Role::Administrator).await;
    root.post("/own/factor", &[]).await;
    let token = root.cookie("bp_session").unwrap();
    let trail = site.column::<String>("SELECT actor || entity || state || body FROM trail").await.join("\n");
    assert!(trail.contains("signed_in") && !trail.contains(&token) && !trail.contains(PASSWORD), "{trail}");
}
