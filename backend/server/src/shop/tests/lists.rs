//! Lists by pages.

use super::*;

async fn numbers(bench: &Bench, path: &str) -> (Vec<String>, Value) {
    let answer = ask(bench, Method::GET, path).key(bench.key()).answer().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let all = answer.body["orders"].as_array().unwrap().iter();
    (all.map(|order| order["order_no"].as_str().unwrap().to_owned()).collect(), answer.body)
}

#[tokio::test]
async fn every_order_comes_once_newest_first_whatever_the_page() {
    let bench = Bench::new().await;
    for n in 0..5 {
        bench.cleared(&format!("L-{n}"), n % 2).await;
    }
    for limit in [1, 2, 5, 9] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (page, body) = numbers(&bench, &format!("/shop/v1/orders?limit={limit}{cursor}")).await;
            seen.extend(page);
            assert_eq!(body["more"], body["next"].is_string());
            match body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["L-4", "L-3", "L-2", "L-1", "L-0"], "limit {limit}");
    }
}

#[tokio::test]
async fn orders_are_listed_by_state_and_time_and_only_to_their_merchant() {
    let bench = Bench::new().await;
    bench.cleared("S-1", 0).await;
    bench.pass(3600);
    let middle = bench.shop.app.now();
    let order = bench.order("S-2", 1, &[("MLK-001", 1)]).await;
    assert_eq!(bench.post("/shop/v1/orders", &order).await.0, 201);
    assert_eq!(numbers(&bench, "/shop/v1/orders?state=placed").await.0, ["S-2"]);
    assert_eq!(numbers(&bench, "/shop/v1/orders?state=cleared").await.0, ["S-1"]);
    let since = format!("/shop/v1/orders?since={middle}");
    let (found, body) = numbers(&bench, &since).await;
    assert_eq!((found, body["more"].clone()), (vec!["S-2".to_owned()], json!(false)));
    bench.execute("UPDATE orders SET merchant = 'another'").await;
    assert!(numbers(&bench, "/shop/v1/orders").await.0.is_empty());
    assert!(numbers(&bench, &format!("/shop/v1/orders?updated_since={middle}")).await.0.is_empty());
}

#[tokio::test]
async fn an_order_that_changes_comes_again_after_the_cursor() {
    let bench = Bench::new().await;
    let first = bench.cleared("U-1", 0).await;
    bench.cleared("U-2", 1).await;
    bench.pass(60);
    let since = bench.shop.app.now();
    let url = format!("/shop/v1/orders?updated_since={since}");
    let (found, body) = numbers(&bench, &url).await;
    assert!(found.is_empty(), "{found:?}");
    bench.send().await;
    let cursor = body["next"].as_str().unwrap().to_owned();
    let (found, body) = numbers(&bench, &format!("{url}&cursor={cursor}")).await;
    assert_eq!(found, ["U-1", "U-2"]);
    bench.receive(&first, 800, "").await;
    let cursor = body["next"].as_str().unwrap().to_owned();
    let (found, body) = numbers(&bench, &format!("{url}&cursor={cursor}")).await;
    assert_eq!(
        (found, body["orders"][0]["declaration"].clone()),
        (vec!["U-1".to_owned()], json!("released"))
    );
}

#[tokio::test]
async fn goods_come_page_by_page_or_all_at_once() {
    let bench = Bench::new().await;
    let goods = |query: String| ask(&bench, Method::GET, &format!("/shop/v1/goods{query}")).key(bench.key());
    let all = goods(String::new()).answer().await.body;
    let all: Vec<&Value> = all["goods"].as_array().unwrap().iter().collect();
    let first = goods("?limit=3".to_owned()).answer().await.body;
    let next = first["next"].as_str().unwrap().to_owned();
    let rest = goods(format!("?limit=500&cursor={next}")).answer().await.body;
    let (first, rest) = (first["goods"].as_array().unwrap(), rest["goods"].as_array().unwrap());
    assert_eq!(first.iter().chain(rest).collect::<Vec<_>>(), all);
    for bad in ["?limit=0", "?limit=501", "?what=1"] {
        assert_eq!(goods(bad.to_owned()).answer().await.status, 400, "{bad}");
    }
}
