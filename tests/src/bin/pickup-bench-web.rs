//! Measures the pages of console and phone with many orders in the database: time on the server, p95 of each page, beside 100 ms.
//!
//! The orders are cleared by the backend's own batches; most of them are then set to collected, as they stand in a centre that
//! has run for a while.

#![allow(clippy::float_arithmetic, reason = "milliseconds for people; no money is near")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use pickup_server::clearing::batch;
use pickup_server::console::accounts::{self, New, password};
use pickup_server::console::roles::Role;
use pickup_server::console::{figures, finder};
use pickup_server::db::Engine;
use pickup_server::store::StoreError;
use pickup_tests::clearing::orders::Maker;
use pickup_tests::clearing::setup::Bed;
use pickup_tests::shop::Shop as Client;
use pickup_tests::{product, program};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};

/// What a page may take.
const MOST_MS: f64 = 100.0;
const PASSWORD: &str = "a word of the bench";
/// Orders cleared in one transaction.
const BATCH: u64 = 512;

/// Server time of every page of console and phone.
#[derive(Parser)]
struct Options {
    /// Orders in the database.
    #[arg(long, default_value_t = 100_000)]
    orders: u64,
    /// Times each page is asked for.
    #[arg(long, default_value_t = 40)]
    times: usize,
    /// `sqlite` or `postgres`.
    #[arg(long, default_value = "sqlite")]
    engine: String,
    /// Address of the cluster, for PostgreSQL.
    #[arg(long)]
    cluster: Option<String>,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<()> {
    let engine = match options.engine.as_str() {
        "sqlite" => Engine::Sqlite,
        "postgres" => Engine::Postgres,
        other => bail!("there is no engine {other}: it is sqlite or postgres"),
    };
    let dir = product::fresh_dir("bench-web")?;
    let bed = Bed::new(&dir, engine, options.cluster.as_deref()).await?;
    let (backend, address, client, _) = bed.serve(None).await?;
    let begun = Instant::now();
    fill(&bed, &client, options.orders).await?;
    let filled_s = begun.elapsed().as_secs();
    let console = backend.told("console")?;
    let mut told = serde_json::Map::new();
    let mut slow = Vec::new();
    for (name, role, paths) in console_pages() {
        let mut browser = Browser::at(&console)?;
        browser.sign_in(name).await.with_context(|| format!("as {role:?}"))?;
        for path in paths {
            measure(&mut browser, path, options, &mut told, &mut slow).await?;
        }
    }
    let mut phone = Browser::at(&format!("http://{address}"))?;
    for path in phone_pages(&mut phone).await? {
        measure(&mut phone, &path, options, &mut told, &mut slow).await?;
    }
    backend.kill().await?;
    std::fs::remove_dir_all(&dir)?;
    print(options, filled_s, &told, &slow);
    ensure!(slow.is_empty(), "pages over {MOST_MS} ms at p95: {}", slow.join(", "));
    Ok(())
}

/// Who looks at which pages. `A000000007` and the like are numbers of orders.
fn console_pages() -> [(&'static str, Role, Vec<&'static str>); 3] {
    [
        (
            "agent",
            Role::CustomsAgent,
            vec![
                "/",
                "/orders",
                "/orders?q=A000000007",
                "/orders?q=0007",
                "/orders?q=%E6%B5%8B%E8%AF%95%E7%94%B2",
                "/orders/A000000007",
                "/orders/A000000007/filed",
                "/orders/A000000007/slip.svg",
                "/tasks",
                "/kiosks",
                "/kiosks/K1",
                "/kiosks/K1/settings",
                "/stock",
                "/returns",
                "/returns/A000000007",
                "/reports",
                "/reports.csv",
                "/limits",
                "/own",
            ],
        ),
        ("boss", Role::Supervisor, vec!["/", "/orders"]),
        ("root", Role::Administrator, vec!["/people"]),
    ]
}

/// Clears orders and lets most of them be collected; the people who look are there, too.
async fn fill(bed: &Bed, client: &Client, orders: u64) -> Result<()> {
    let shop = bed.shop().await?;
    let maker = Maker::new(client, &shop.data.operator.payment.code, "A").await?;
    let mut next = 0;
    while next < orders {
        let asks = (next..orders.min(next + BATCH)).map(|n| maker.ask(&shop, n));
        let asks = asks.collect::<Result<Vec<_>>>()?;
        let cleared = std::sync::Arc::clone(&shop);
        let clear =
            shop.app.store.write(move |tx| batch::clear(tx, &cleared, &asks, cleared.app.now()).map(drop));
        clear.await?;
        next += BATCH;
    }
    while finder::step(&shop.app).await? {}
    for sql in AFTERWARDS {
        shop.app.store.write(move |tx| Ok::<_, StoreError>(tx.execute_batch(sql)?)).await?;
    }
    shop.app.store.write(figures::recount).await?;
    let hash = password::hash(PASSWORD).await?;
    let now = shop.app.now();
    for (name, role, _) in console_pages() {
        let hash = hash.clone();
        let add = shop.app.store.write(move |tx| {
            let person = accounts::add(tx, now, "operator", &New { name, role, centres: &[], hash: &hash })?;
            accounts::set_password(tx, now, "operator", &person, &hash, false)
        });
        add.await?;
    }
    Ok(())
}

/// Of a thousand orders nearly all are long collected; some lie in lockers, some wait for customs, a few for a person.
const AFTERWARDS: &[&str] = &[
    "INSERT INTO kiosk (id, name, centre) SELECT '00000000-0000-4000-8000-000000000001', 'K1', MIN(number) FROM centre",
    "DELETE FROM outbox WHERE order_id % 1000 > 2",
    "UPDATE declaration SET state = 'released', state_time = '20261121100000000', invt_no = '99012026I' || (100000000 + order_id),
        released_us = drafted_us + 60000000 WHERE order_id % 1000 > 2",
    "UPDATE declaration SET state = 'rejected', state_time = '20261121100000000' WHERE order_id % 1000 = 0",
    "UPDATE orders SET state = 'fulfilled', placed_us = placed_us - (id % 30) * 86400000000 WHERE id % 1000 > 5",
    "UPDATE parcel SET state = 'collected', slip_no = 'S' || pickup, not_after_us = 1900000000000000,
        collected_us = 1790000000000000 + pickup WHERE pickup % 1000 > 5",
    "UPDATE parcel SET state = 'in_locker', slip_no = 'S' || pickup, not_after_us = 1900000000000000, door = 1 + pickup % 40,
        kiosk_id = '00000000-0000-4000-8000-000000000001' WHERE pickup % 1000 BETWEEN 3 AND 5",
    "INSERT INTO door (cell, kiosk_id, door, pickup, request_id, reserved_us, stored)
        SELECT cell, kiosk_id, door, MIN(pickup), 'r' || door, 1790000000000000, 1 FROM parcel
        WHERE state = 'in_locker' GROUP BY cell, kiosk_id, door",
    "UPDATE order_find SET live = NULL, parcel = NULL, placed_us = placed_us - (order_id % 30) * 86400000000,
        released_us = cleared_us + 60000000 - (order_id % 30) * 86400000000,
        stored_us = cleared_us + 120000000 - (order_id % 30) * 86400000000,
        collected_us = cleared_us + 1800000000 - (order_id % 30) * 86400000000,
        cleared_us = cleared_us - (order_id % 30) * 86400000000 WHERE order_id % 1000 > 5",
    "UPDATE order_find SET live = 'released', parcel = 'in_locker', released_us = cleared_us + 60000000,
        stored_us = cleared_us + 120000000 WHERE order_id % 1000 BETWEEN 3 AND 5",
    "UPDATE order_find SET live = 'rejected' WHERE order_id % 1000 = 0",
];

/// Somebody without scripts: cookies, and no following of where one is led.
struct Browser {
    base: String,
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// An answer.
struct Page {
    status: u16,
    to: String,
    text: String,
}

impl Browser {
    fn at(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(120))
            .build()?;
        Ok(Self { base: base.to_owned(), http, cookies: BTreeMap::new() })
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Result<Page> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, cookies.join("; ")).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to =
            answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Page { status: answer.status().as_u16(), to, text: answer.text().await? })
    }

    async fn get(&mut self, path: &str) -> Result<Page> {
        let request = self.http.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let text = self.get(page).await?.text;
        let token = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.context("the page has no form")?.to_owned();
        let mut pairs: Vec<(&str, &str)> = fields.to_vec();
        pairs.push(("csrf", &token));
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("content-type", kind).body(body.join("&"))).await
    }

    async fn sign_in(&mut self, name: &str) -> Result<()> {
        let page = self.post("/sign-in", "/sign-in", &[("name", name), ("password", PASSWORD)]).await?;
        ensure!(page.to == "/", "{name} could not sign in: {} {}", page.status, page.text);
        Ok(())
    }
}

/// The phone's pages, of which one needs a basket.
async fn phone_pages(phone: &mut Browser) -> Result<Vec<String>> {
    let basket = phone.post("/p/1/MLK-001", "/p/1/MLK-001", &[("qty", "1")]).await?;
    ensure!(basket.to.starts_with("/b/"), "no basket: {} {}", basket.status, basket.text);
    let fixed = ["/c/1", "/p/1/MLK-001", "/my", "/app.css"].map(str::to_owned);
    Ok(fixed.into_iter().chain([basket.to.clone(), format!("{}/you", basket.to)]).collect())
}

async fn measure(
    browser: &mut Browser,
    path: &str,
    options: &Options,
    told: &mut serde_json::Map<String, Value>,
    slow: &mut Vec<String>,
) -> Result<()> {
    let mut took = Vec::with_capacity(options.times);
    let first = browser.get(path).await?;
    if path != "/app.css" {
        // What is found by its whole number is gone to at once.
        ensure!(matches!(first.status, 200 | 303), "{path} answered {}: {}", first.status, first.text);
    }
    for _ in 0..options.times {
        let begun = Instant::now();
        browser.get(path).await?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let of = |per_cent: usize| {
        let place = (took.len() * per_cent).div_ceil(100).saturating_sub(1);
        took.get(place).map_or(0.0, |took| (took.as_secs_f64() * 100_000.0).round() / 100.0)
    };
    // The link of a basket is another each time.
    let name = if path.starts_with("/b/") {
        path.split('/').nth(3).map_or_else(|| "/b/{link}".to_owned(), |rest| format!("/b/{{link}}/{rest}"))
    } else {
        path.to_owned()
    };
    if of(95) > MOST_MS {
        slow.push(format!("{name} {} ms", of(95)));
    }
    told.insert(name, json!({ "p50_ms": of(50), "p95_ms": of(95), "bytes": first.text.len() }));
    Ok(())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn print(options: &Options, filled_s: u64, told: &serde_json::Map<String, Value>, slow: &[String]) {
    if options.json {
        let all = json!({ "orders": options.orders, "engine": options.engine, "filled_s": filled_s, "pages": told, "slow": slow });
        println!("{all}");
        return;
    }
    println!(
        "{} orders on {} (filled in {filled_s} s); ms on the server, {} times each:",
        options.orders, options.engine, options.times
    );
    for (page, figures) in told {
        println!("  {page:<44} {figures}");
    }
}
