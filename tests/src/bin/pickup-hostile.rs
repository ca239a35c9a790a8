//! Files declarations with a customs side that does everything wrong, lives through it, and compares the books of both sides
//! at the end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use pickup_server::db::Engine;
use pickup_tests::clearing::http;
use pickup_tests::clearing::orders::Maker;
use pickup_tests::clearing::setup::Bed;
use pickup_tests::hostile::{books, life};
use pickup_tests::product;
use pickup_tests::program;
use serde_json::json;

/// Declarations against a hostile customs side: at the end every one has one final state, the one customs has.
#[derive(Parser)]
struct Options {
    /// How many orders.
    #[arg(long, default_value_t = 10_000)]
    orders: u64,
    /// What the dice are thrown from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address of a PostgreSQL cluster; without it a database file is used.
    #[arg(long)]
    cluster: Option<String>,
    /// Most minutes it may take.
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<()> {
    let dir = product::fresh_dir("hostile")?;
    let engine = if options.cluster.is_some() { Engine::Postgres } else { Engine::Sqlite };
    let bed = Bed::new(&dir, engine, options.cluster.as_deref()).await?;
    let (simulator, port) = bed.customs().await?;
    let customs = format!("http://127.0.0.1:{port}");
    let (backend, address, client, key) = bed.serve(Some(port)).await?;
    let shop = bed.shop().await?;
    let maker = Maker::new(&client, &shop.data.operator.payment.code, "H").await?;
    let requests: Result<Vec<Vec<u8>>> =
        (0..options.orders).map(|n| http::request("/shop/v1/purchases", &key, &maker.purchase(n)?)).collect();
    let requests = Arc::new(requests?);
    let answer = reqwest::Client::new()
        .put(format!("{customs}/behaviour"))
        .json(&life::faults(options.seed)?)
        .send()
        .await?;
    ensure!(answer.status().is_success(), "the simulator does not take the faults: {}", answer.text().await?);
    let began = std::time::Instant::now();
    let placing =
        tokio::spawn(async move { http::run(&address, 8, requests, Duration::from_secs(600)).await });
    let most = Duration::from_secs(options.minutes * 60);
    let deeds = life::run(&shop, (options.orders, options.seed), most, |open| {
        if !options.json {
            println!("  {:>4} s  {open:?}", began.elapsed().as_secs());
        }
    })
    .await?;
    let placed = placing.await??.orders;
    let quiet = json!({ "http_refuse_permille": 0, "http_drop_permille": 0, "outage_every_ms": 0, "http_delay_ms": [0, 0] });
    reqwest::Client::new()
        .put(format!("{customs}/behaviour"))
        .json(&quiet)
        .send()
        .await?
        .error_for_status()?;
    let compared = books::compare(&shop, &customs).await?;
    bed.verify(usize::try_from(options.orders)?).await?;
    let held = life::Open::count(&shop).await?.holds;
    let tally = json!({
        "engine": if engine == Engine::Sqlite { "sqlite" } else { "postgres" },
        "orders": placed, "seconds": began.elapsed().as_secs(),
        "ours": compared.ours, "theirs": compared.theirs, "differences": compared.differences.len(),
        "held": held, "tax_bills": compared.bills, "messages": compared.messages, "receipts": compared.receipts,
        "strays": compared.strays, "tasks": compared.tasks, "filed_anew": compared.filed_anew,
        "people": {
            "resubmitted": deeds.resubmitted, "given_up": deeds.given_up, "cancelled": deeds.cancelled,
            "collected": deeds.collected, "returned": deeds.returned, "back": deeds.back, "settled": deeds.settled,
        },
    });
    backend.kill().await?;
    simulator.kill().await?;
    println!("{}", if options.json { tally.to_string() } else { serde_json::to_string_pretty(&tally)? });
    for difference in compared.differences.iter().take(20) {
        eprintln!("{difference}");
    }
    ensure!(compared.differences.is_empty(), "the books of both sides differ");
    ensure!(held == 0, "{held} orders are still held for");
    ensure!(u64::try_from(placed)? == options.orders, "{placed} of {} orders were cleared", options.orders);
    Ok(())
}
