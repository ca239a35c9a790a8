//! Measures the pages of console and phone with many orders in the database: time on the server, p95 of each page, beside 100 ms.
//!
//! The orders are cleared by the backend's own batches; most of them are then set to collected, as they stand in a centre that
//! has run for a while.

#![allow(clippy::float_arithmetic, reason = "milliseconds for people; no money is near")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use jiff::Timestamp;
use pickup_domain::china_time;
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
use serde_json::{Value, json};

mod browser;
mod phone;

use browser::Browser;

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
    let (mut slow, mut counted_s) = (Vec::new(), None);
    let so_far = SO_FAR.replace("today", &china_time::date(Timestamp::now()).to_string());
    for (name, role, paths) in console_pages() {
        let mut browser = Browser::at(&console)?;
        eprintln!("the console's pages, as {name}");
        browser.sign_in(name, PASSWORD).await.with_context(|| format!("as {role:?}"))?;
        if paths.contains(&SO_FAR) {
            counted_s = Some(count_day(&mut browser, &so_far).await?);
        }
        for path in paths {
            let path = if path == SO_FAR { &so_far } else { path };
            measure(&mut browser, path, options, &mut told, &mut slow).await?;
        }
    }
    eprintln!("the phone's pages");
    let mut phone = Browser::at(&format!("http://{address}"))?;
    let shop = bed.shop().await?;
    for path in phone::pages(&mut phone, &shop, &dir).await? {
        measure(&mut phone, &path, options, &mut told, &mut slow).await?;
    }
    backend.kill().await?;
    std::fs::remove_dir_all(&dir)?;
    print(options, (filled_s, counted_s), &told, &slow);
    ensure!(slow.is_empty(), "pages over {MOST_MS} ms at p95: {}", slow.join(", "));
    Ok(())
}

/// The reconciliation of the day so far; `today` stands for the date.
const SO_FAR: &str = "/reports/reconciliations/1/today";

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
                "/stock/takes",
                "/stock/lines/T9901W000001/LH00001",
                "/returns",
                "/returns/A000000007",
                "/reports",
                "/reports.csv",
                "/reports?from=2026-01-01&until=2026-12-31",
                "/reports/reconciliations",
                SO_FAR,
                "/limits",
                "/limits/tax.csv",
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
        if next.is_multiple_of(BATCH * 100) {
            eprintln!("cleared {next} of {orders} orders");
        }
        let asks = (next..orders.min(next + BATCH)).map(|n| maker.ask(&shop, n));
        let asks = asks.collect::<Result<Vec<_>>>()?;
        let cleared = std::sync::Arc::clone(&shop);
        let clear =
            shop.app.store.write(move |tx| batch::clear(tx, &cleared, &asks, cleared.app.now()).map(drop));
        clear.await?;
        next += BATCH;
    }
    eprintln!("following the trail, then ageing the orders");
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
        released_us = drafted_us + 60000000 - (CASE WHEN order_id % 1000 > 5 THEN order_id % 30 ELSE 0 END) * 86400000000
        WHERE order_id % 1000 > 2",
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
    "UPDATE order_find SET owed_us = released_us, limit_fen = 20000,
        owed_fen = (SELECT d.tax_fen FROM declaration d WHERE d.cell = order_find.cell AND d.order_id = order_find.order_id)
        WHERE released_us IS NOT NULL",
];

/// Has the day so far reconciled; seconds from the first look to the sheet.
async fn count_day(browser: &mut Browser, path: &str) -> Result<u64> {
    let begun = Instant::now();
    while browser.get(path).await?.text.contains("role=\"status\"") {
        ensure!(begun.elapsed() < Duration::from_secs(1_800), "the day so far is still being counted");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(begun.elapsed().as_secs())
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
    // Links are others each time.
    let parts: Vec<&str> = path.split('/').collect();
    let name = match parts.as_slice() {
        ["", way @ ("b" | "o"), _link, rest @ ..] => [&["", way, "{link}"], rest].concat().join("/"),
        ["", "my", "orders", _link] => "/my/orders/{link}".to_owned(),
        _ => path.to_owned(),
    };
    if of(95) > MOST_MS {
        slow.push(format!("{name} {} ms", of(95)));
    }
    told.insert(name, json!({ "p50_ms": of(50), "p95_ms": of(95), "bytes": first.text.len() }));
    Ok(())
}

fn print(
    options: &Options,
    (filled_s, counted_s): (u64, Option<u64>),
    told: &serde_json::Map<String, Value>,
    slow: &[String],
) {
    if options.json {
        let all = json!({ "orders": options.orders, "engine": options.engine, "filled_s": filled_s, "day_reconciled_s": counted_s, "pages": told, "slow": slow });
        println!("{all}");
        return;
    }
    println!(
        "{} orders on {} (filled in {filled_s} s); ms on the server, {} times each:",
        options.orders, options.engine, options.times
    );
    if let Some(counted_s) = counted_s {
        println!("the day so far was reconciled within {counted_s} s, beside the pages");
    }
    for (page, figures) in told {
        println!("  {page:<44} {figures}");
    }
}
