//! What every page gets from the foundation: language, headers, forms, errors, compression, live updates.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use pickup_server::web::{self, Live, Posted, Visit, Web, WebError};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::bench::Bench;

#[derive(Deserialize)]
struct Said {
    word: String,
}

async fn page(visit: Visit) -> String {
    format!("{}|{}|{}", visit.t("今日", "Today"), visit.csrf(), visit.switch())
}

async fn posted(Posted(said): Posted<Said>) -> String {
    said.word
}

async fn long() -> axum::response::Html<String> {
    axum::response::Html("字".repeat(10_000))
}

/// A server with a few pages, and a browser that keeps no cookies by itself.
async fn site(bench: &Bench) -> (String, Client) {
    let web = Web::new(Arc::clone(&bench.app), Live::default());
    let live = web.live.clone();
    tokio::spawn(live.clone().run(Arc::clone(&bench.app)));
    let app = Arc::clone(&bench.app);
    let watch = move || async move {
        live.events(move || {
            let app = Arc::clone(&app);
            async move {
                let rows = app.store.read(|conn| {
                    let sql = "SELECT trail_seq FROM cell WHERE number = {cell}";
                    Ok::<i64, pickup_server::store::StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
                });
                rows.await.ok().map(|seq| format!("row {seq}"))
            }
        })
    };
    let routes: Router = Router::new()
        .route("/", get(page).post(posted))
        .route("/long", get(long))
        .route("/broken", get(|| async { WebError::internal(&"the disk is full") }))
        .route("/live", get(watch))
        .merge(web::assets::router())
        .fallback(web::error::no_such_page);
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", tcp.local_addr().unwrap());
    let routes = web::layer(routes, web);
    tokio::spawn(async move { axum::serve(tcp, routes).await });
    (base, Client::builder().no_proxy().build().unwrap())
}

fn cookies(answer: &Response) -> String {
    let lines = answer.headers().get_all("set-cookie").into_iter();
    let pairs: Vec<_> = lines.map(|l| l.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    pairs.join("; ")
}

#[tokio::test]
async fn every_answer_forbids_inline_scripts_frames_and_guesses() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    for path in ["/", "/nothing", "/broken"] {
        let answer = client.get(format!("{base}{path}")).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert!(header("strict-transport-security").contains("max-age"));
        assert_eq!(header("x-request-id").len(), 36);
    }
}

#[tokio::test]
async fn the_language_is_chosen_once_and_kept() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    let first = client.get(&base).send().await.unwrap().text().await.unwrap();
    assert!(first.starts_with("今日|") && first.ends_with("/?lang=en"), "{first}");
    let chosen = client.get(format!("{base}/?q=1&lang=en")).send().await.unwrap();
    let kept = cookies(&chosen);
    let text = chosen.text().await.unwrap();
    assert!(text.starts_with("Today|") && text.ends_with("/?q=1&lang=zh"), "{text}");
    let later = client.get(&base).header("cookie", kept).send().await.unwrap().text().await.unwrap();
    assert!(later.starts_with("Today|"));
}

#[tokio::test]
async fn a_form_counts_only_with_the_token_of_the_browser_it_was_drawn_for() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    let drawn = client.get(&base).send().await.unwrap();
    let jar = cookies(&drawn);
    assert!(jar.contains("bp_visitor="));
    let token = drawn.text().await.unwrap().split('|').nth(1).unwrap().to_owned();
    let post = async |jar: &str, token: &str| {
        let form = client
            .post(&base)
            .header("cookie", jar)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = form.body(format!("word=go&csrf={token}")).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    assert_eq!(post(&jar, &token).await, (StatusCode::OK, "go".to_owned()));
    for (jar, token) in
        [(jar.as_str(), ""), ("", token.as_str()), ("bp_visitor=00000000000000000000000000000000", &token)]
    {
        let (status, told) = post(jar, token).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(told.contains("什么也没有改动"), "{told}");
    }
    let signed_in = format!("{jar}; bp_session=x");
    assert_eq!(post(&signed_in, &token).await.0, StatusCode::FORBIDDEN, "a token from before signing in");
}

#[tokio::test]
async fn an_error_page_says_what_to_do_and_not_what_broke() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    let lost = client.get(format!("{base}/nothing?lang=en")).send().await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    assert!(lost.text().await.unwrap().contains("Check the address"));
    let broken = client.get(format!("{base}/broken")).send().await.unwrap();
    let number = broken.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = broken.text().await.unwrap();
    assert!(text.contains(&number) && !text.contains("disk"), "{text}");
}

#[tokio::test]
async fn static_files_are_kept_for_ever_and_long_pages_are_packed() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    let url = format!("{base}{}", web::assets::url("app.css"));
    let style = client.get(&url).send().await.unwrap();
    assert!(style.headers()["cache-control"].to_str().unwrap().ends_with("immutable"));
    assert!(style.headers().get("set-cookie").is_none(), "a cached answer belongs to nobody");
    let again =
        client.get(&url).header("if-none-match", style.headers()["etag"].clone()).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let long = client.get(format!("{base}/long")).header("accept-encoding", "br, gzip").send().await.unwrap();
    assert_eq!(long.headers()["content-encoding"], "gzip");
    assert!(long.bytes().await.unwrap().len() < 1_000);
    let plain =
        client.get(format!("{base}/long")).header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert_eq!(plain.bytes().await.unwrap().len(), 30_000);
}

#[tokio::test]
async fn a_watcher_is_told_at_once_and_again_when_something_changed() {
    let bench = Bench::start().await;
    let (base, client) = site(&bench).await;
    let mut events = client.get(format!("{base}/live")).send().await.unwrap();
    let first = events.chunk().await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&first), "data: row 0\n\n");
    bench.badge("甲", 1).await;
    let next = events.chunk().await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&next), "data: row 1\n\n");
}
