//! The document and what is answered.

use std::collections::BTreeSet;

use super::*;
use crate::shop::api;
use crate::shop::docs::CODES;
use crate::shop::document::document;

#[test]
fn the_document_has_every_operation_and_no_other() {
    let table: BTreeSet<(String, String, String)> = api::operations()
        .iter()
        .filter_map(|one| {
            let scope = one.scope?.as_str().to_owned();
            Some((one.method.as_str().to_lowercase(), format!("{}{}", api::ROOT, one.path), scope))
        })
        .collect();
    let paths = document()["paths"].as_object().unwrap().iter();
    let described: BTreeSet<(String, String, String)> = paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| {
                let scope = operation["x-scope"].as_str().unwrap_or_default().to_owned();
                (method.clone(), path.clone(), scope)
            })
        })
        .collect();
    assert_eq!(described, table);
}

#[test]
fn every_operation_says_what_it_is_for() {
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap();
            assert!(summary.ends_with('.') && !summary.starts_with('`'), "{method} {path}: {summary}");
            assert!(operation["tags"][0].is_string() && operation["operationId"].is_string());
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk(value: &Value, seen: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(path)) = map.get("$ref") {
                    seen.push(path.clone());
                }
                map.values().for_each(|value| walk(value, seen));
            }
            Value::Array(all) => all.iter().for_each(|value| walk(value, seen)),
            _ => {}
        }
    }
    let mut seen = Vec::new();
    walk(document(), &mut seen);
    assert!(seen.len() > 50);
    for path in seen {
        let pointer = path.strip_prefix('#').unwrap();
        assert!(document().pointer(pointer).is_some(), "{path}");
    }
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn document_and_page_are_served_without_a_key_and_without_anything_from_elsewhere() {
    let bench = Bench::new().await;
    let served = ask(&bench, Method::GET, "/shop/v1/openapi.json").answer().await;
    assert_eq!((served.status, &served.body), (200, document()));
    let page = ask(&bench, Method::GET, "/shop/v1/docs").answer().await;
    let text = page.body.as_str().unwrap();
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
    assert!(!text.contains("http://") && !text.contains("https://www") && !text.contains("<script"));
    for operation in api::operations().iter().filter(|one| one.scope.is_some()) {
        assert!(
            text.contains(&format!("<code>{}{}</code>", api::ROOT, operation.path)),
            "{}",
            operation.path
        );
    }
    assert_eq!(
        ask(&bench, Method::GET, "/shop/v1/docs.css").answer().await.header("content-type"),
        "text/css; charset=utf-8"
    );
    for (code, ..) in CODES {
        assert!(text.contains(&format!("<tr id=\"{code}\">")), "{code}");
    }
}

#[test]
fn the_document_has_the_codes_as_they_are_answered() {
    let described = document().pointer("/components/schemas/ReasonCode/enum").unwrap();
    let codes: Vec<&str> = described.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    let all: Vec<&str> = pickup_domain::ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, all);
}

#[test]
fn every_code_of_the_shop_side_is_explained() {
    let known: BTreeSet<&str> = CODES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(known.len(), CODES.len());
    let sources = [
        include_str!("../../error.rs"),
        include_str!("../after.rs"),
        include_str!("../auth.rs"),
        include_str!("../gate.rs"),
        include_str!("../once.rs"),
        include_str!("../orders.rs"),
        include_str!("../problem.rs"),
        include_str!("../ticket.rs"),
        include_str!("../../webhooks/api.rs"),
    ];
    let mut found = BTreeSet::new();
    for source in sources {
        for quoted in source.split("#[cfg(test)]").next().unwrap().split('"').skip(1).step_by(2) {
            let is_code =
                quoted.len() > 7 && quoted.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            if is_code && quoted != "ORDER_NO_TAKEN" {
                found.insert(quoted);
            }
        }
    }
    let unknown: Vec<&&str> = found.difference(&known).collect();
    assert!(found.len() > 20 && unknown.is_empty(), "{unknown:?}");
}
