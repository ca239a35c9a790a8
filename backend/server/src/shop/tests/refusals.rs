//! Whatever is refused is a problem document.

use super::*;

fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    for field in ["type", "title", "detail", "instance", "message_zh", "message_en"] {
        assert!(answer.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", answer.body);
    }
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"));
}

#[tokio::test]
async fn every_way_to_be_refused_answers_a_problem_document() {
    let bench = Bench::new().await;
    let key = bench.key().to_owned();
    let nobody = ask(&bench, Method::GET, "/shop/v1/goods").answer().await;
    is_problem(&nobody, 401, "API_KEY_UNKNOWN");
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    is_problem(&ask(&bench, Method::GET, "/shop/v1/nothing").key(&key).answer().await, 404, "NOT_FOUND");
    let wrong = ask(&bench, Method::PATCH, "/shop/v1/orders").key(&key).answer().await;
    is_problem(&wrong, 405, "METHOD_NOT_ALLOWED");
    assert!(wrong.header("allow").contains("POST"));
    let quotes = || ask(&bench, Method::POST, "/shop/v1/quotes").key(&key);
    is_problem(&quotes().text("{").answer().await, 400, "REQUEST_MALFORMED");
    is_problem(&quotes().json(&json!({ "centre": 1 })).answer().await, 400, "REQUEST_MALFORMED");
    let form = quotes().header("content-type", "application/x-www-form-urlencoded").text("{}");
    is_problem(&form.answer().await, 415, "MEDIA_TYPE");
    is_problem(&quotes().text(" ".repeat(300 * 1024)).answer().await, 413, "BODY_TOO_LARGE");
    let path = ask(&bench, Method::GET, "/shop/v1/orders/%FF").key(&key).answer().await;
    is_problem(&path, 400, "REQUEST_MALFORMED");
    let query = ask(&bench, Method::GET, "/shop/v1/orders?state=lost").key(&key).answer().await;
    is_problem(&query, 400, "REQUEST_MALFORMED");
    is_problem(&ask(&bench, Method::GET, "/shop/v1/orders/N-1").key(&key).answer().await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn a_refusal_by_the_rules_names_every_reason() {
    let bench = Bench::new().await;
    let mut order = bench.order("P-1", 0, &[("MLK-001", 1)]).await;
    order["tax_fen"] = json!(1);
    order["currency"] = json!("USD");
    let refused = ask(&bench, Method::POST, "/shop/v1/orders").key(bench.key()).json(&order).answer().await;
    let code = refused.code().to_owned();
    is_problem(&refused, 422, &code);
    let codes: Vec<&str> =
        refused.body["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"TOTAL_TAX") && codes.contains(&"CURRENCY"), "{codes:?}");
}

#[tokio::test]
async fn a_fault_of_ours_says_so_and_no_more() {
    let bench = Bench::new().await;
    bench.cleared("P-2", 0).await;
    bench.execute("UPDATE dossier SET verdict = 'x'").await;
    let broken = ask(&bench, Method::GET, "/shop/v1/orders/P-2").key(bench.key()).answer().await;
    is_problem(&broken, 500, "INTERNAL");
    assert!(!broken.body.to_string().contains("verdict"));
}
