//! Idempotency keys and rates.

use super::*;

fn purchase(order: &Value, bench: &Bench) -> Value {
    let of = |path: &str| order.pointer(path).cloned().unwrap();
    json!({ "order": order, "payment": {
        "transaction_id": format!("PAY-{}", of("/order_no").as_str().unwrap()),
        "pay_code": bench.shop.data.operator.payment.code,
        "order_no": of("/order_no"), "amount_fen": of("/total_fen"), "currency": "CNY",
        "payer": { "name": of("/buyer/name"), "id_number": of("/buyer/id_number") },
        "paid_at": "2026-11-21T02:00:00Z",
    }})
}

#[tokio::test]
async fn the_same_request_under_its_key_gets_the_answer_it_got() {
    let bench = Bench::new().await;
    let body = purchase(&bench.order("I-1", 0, &[("MLK-001", 1)]).await, &bench);
    let send = || {
        let request = ask(&bench, Method::POST, "/shop/v1/purchases").key(bench.key());
        request.header("idempotency-key", "k-1").json(&body)
    };
    let (first, again) = (send().answer().await, send().answer().await);
    assert_eq!((first.status, again.status), (201, 201), "{}", first.body);
    assert_eq!(first.body, again.body);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(bench.rows().await.iter().find(|row| row.0 == "orders").unwrap().1, 1);
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused() {
    let bench = Bench::new().await;
    let send = |qty: i64| {
        let request = ask(&bench, Method::POST, "/shop/v1/quotes").key(bench.key());
        let body = json!({ "centre": 1, "lines": [{ "sku": "MLK-001", "qty": qty }] });
        request.header("idempotency-key", "k-2").json(&body)
    };
    assert_eq!(send(1).answer().await.status, 200);
    let other = send(2).answer().await;
    assert_eq!((other.status, other.code()), (422, "IDEMPOTENCY_KEY_REUSED"));
}

#[tokio::test]
async fn a_refused_request_may_be_made_again_under_its_key() {
    let bench = Bench::new().await;
    let mut body = purchase(&bench.order("I-2", 0, &[("MLK-001", 1)]).await, &bench);
    let send = |body: &Value| {
        let request = ask(&bench, Method::POST, "/shop/v1/purchases").key(bench.key());
        request.header("idempotency-key", "k-3").json(body)
    };
    body["payment"]["amount_fen"] = json!(1);
    assert_eq!(send(&body).answer().await.status, 422);
    body["payment"]["amount_fen"] = body["order"]["total_fen"].clone();
    assert_eq!(send(&body).answer().await.status, 201);
}

#[tokio::test]
async fn a_kept_answer_does_not_show_in_the_database_and_is_forgotten_in_time() {
    let bench = Bench::new().await;
    let request = ask(&bench, Method::POST, "/shop/v1/quotes").key(bench.key());
    request.header("idempotency-key", "k-4").json(&quote()).answer().await;
    let kept = || async {
        let sql = "SELECT answer FROM idempotency WHERE cell = {cell}";
        let read = bench.shop.app.store.read(move |conn| {
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
        });
        read.await.unwrap()
    };
    let sealed = kept().await;
    assert!(sealed.len() == 1 && !String::from_utf8_lossy(&sealed[0]).contains("goods_fen"));
    bench.pass(8 * 24 * 3600);
    crate::shop::gate::upkeep(&bench.shop).await.unwrap();
    assert!(kept().await.is_empty());
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let bench = Bench::new().await;
    let long = "x".repeat(201);
    for bad in ["", "a b", long.as_str()] {
        let request = ask(&bench, Method::POST, "/shop/v1/quotes").key(bench.key());
        let answer = request.header("idempotency-key", bad).json(&quote()).answer().await;
        assert_eq!((answer.status, answer.code()), (400, "REQUEST_MALFORMED"), "{bad}");
    }
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let bench = Bench::with(|config, _| config.shop_api.rate_per_minute = 3).await;
    let (_, other) = key_with(&bench, &[Scope::Read]).await;
    let goods = |key: &str| ask(&bench, Method::GET, "/shop/v1/goods").key(key);
    for left in ["2", "1", "0"] {
        let answer = goods(bench.key()).answer().await;
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=3;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"key\";r={left};t=")));
        assert_eq!(answer.status, 200);
    }
    let refused = goods(bench.key()).answer().await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert!(ok(goods(&other).answer().await.status), "another key has a bucket of its own");
    bench.pass(wait);
    assert_eq!(goods(bench.key()).answer().await.status, 200);
}
