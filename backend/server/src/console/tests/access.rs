//! Every route by every role, and by nobody.

use crate::console::listed;
use crate::console::roles::{Allowed, Op, Role};
use axum::http::Method;
use reqwest::StatusCode;
use std::sync::Arc;

use super::Site;

/// A path with something in its place holders.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "none" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn no_page_and_no_form_is_reached_without_signing_in() {
    let site = Site::start().await;
    let nobody = site.browser();
    for route in listed(Arc::clone(&site.shop), site.web.clone()) {
        let path = filled(route.path);
        let page = match route.method {
            Method::GET => nobody.get(&path).await,
            _ => nobody.post(&path, &[]).await,
        };
        match (route.op.allowed(), route.method == Method::GET) {
            (Allowed::Anybody, _) => assert_ne!(page.status, StatusCode::UNAUTHORIZED, "{path}"),
            (_, true) => assert!(page.leads_to.unwrap().starts_with("/sign-in"), "{path}"),
            (_, false) => assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}"),
        }
    }
}

#[tokio::test]
async fn every_role_reaches_what_the_table_says_and_nothing_else() {
    let site = Site::start().await;
    let names = ["clerk", "boss", "agent", "audit", "root"];
    for (role, name) in Role::ALL.into_iter().zip(names) {
        let browser = site.signed_in(name, role).await;
        for route in listed(Arc::clone(&site.shop), site.web.clone()) {
            if route.path.ends_with("/live") || route.path.starts_with("/sign-") {
                continue;
            }
            let path = filled(route.path);
            // A form without its fields does nothing, but only who may send it is told so.
            let page = match route.method {
                Method::GET => browser.get(&path).await,
                _ => browser.post(&path, &[]).await,
            };
            let told = format!("{role:?} {} {path}: {}", route.method, page.status);
            assert!(!page.status.is_server_error(), "{told} {}", page.text);
            assert_eq!(page.status == StatusCode::FORBIDDEN, !route.op.is_for(role), "{told}");
        }
    }
}

#[tokio::test]
async fn every_operation_of_the_table_has_a_route() {
    let site = Site::start().await;
    let routes = listed(Arc::clone(&site.shop), site.web.clone());
    for op in Op::ALL {
        assert!(routes.iter().any(|route| route.op == op), "{op:?} is in the table and nowhere else");
    }
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_page_that_replaces_it() {
    let site = Site::start().await;
    site.account("new", Role::Administrator, true).await;
    let browser = site.browser();
    browser.sign_in("new", super::PASSWORD).await;
    assert_eq!(browser.get("/people").await.leads_to.as_deref(), Some("/first-password"));
    assert_eq!(
        browser.post("/people", &[("name", "x"), ("role", "clerk")]).await.status,
        StatusCode::FORBIDDEN
    );
    let own = "another long word";
    let set = browser.post("/first-password", &[("new", own), ("again", own)]).await;
    assert_eq!(set.leads_to.as_deref(), Some("/"), "{}", set.text);
    assert_eq!(browser.get("/people").await.status, StatusCode::OK);
    assert_eq!(site.browser().sign_in("new", super::PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}
