//! Measures clearing: the product over HTTP beside the bare statements (floor) and a transaction for each order (naive),
//! interleaved in one run, so that a figure always stands beside the limit of the same machine at the same time.

#![allow(clippy::float_arithmetic, reason = "rates and milliseconds for people; no money is near")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use pickup_server::clearing::batch::{self, Outcome};
use pickup_server::db::Engine;
use pickup_server::store::CellState;
use pickup_tests::clearing::http::{self, Report};
use pickup_tests::clearing::orders::Maker;
use pickup_tests::clearing::setup::Bed;
use pickup_tests::clearing::{arms, usage};
use pickup_tests::product;
use pickup_tests::program;
use serde_json::json;

/// Orders a second of the product, of the bare statements and of one transaction an order.
#[derive(Parser)]
struct Options {
    /// Which database.
    #[arg(long, value_enum, default_value_t = Which::Sqlite)]
    engine: Which,
    /// Address of a PostgreSQL cluster in which databases may be made.
    #[arg(long, env = "PICKUP_TEST_POSTGRES")]
    cluster: Option<String>,
    /// Rounds; medians are told.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of each arm in each round.
    #[arg(long, default_value_t = 3)]
    secs: u64,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 256)]
    clients: usize,
    /// Orders in the product's tables before it begins.
    #[arg(long, default_value_t = 0)]
    rows: u64,
    /// Orders whose whole life is timed: cleared, built, signed, sent, answered and released.
    #[arg(long, default_value_t = 5_000)]
    lives: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

/// What one round came to, in orders a second.
#[derive(Clone, Copy, Debug)]
struct Round {
    floor: f64,
    naive: f64,
    product: f64,
}

async fn run(options: &Options) -> Result<()> {
    let engine = match options.engine {
        Which::Sqlite => Engine::Sqlite,
        Which::Postgres => Engine::Postgres,
    };
    let (dir, most) = (product::fresh_dir("bench-clearing")?, Duration::from_secs(options.secs));
    let bed = |name: &'static str| {
        let dir = dir.join(name);
        async move {
            std::fs::create_dir_all(&dir)?;
            Bed::new(&dir, engine, options.cluster.as_deref()).await
        }
    };
    let (floor, naive, product) = (bed("floor").await?, bed("naive").await?, bed("product").await?);
    let (backend, address, client, key) = product.serve(None).await?;
    let floor_shop = floor.shop().await?;
    let pay_code = floor_shop.data.operator.payment.code.clone();
    let maker = |run: String| {
        let (client, pay_code) = (client.clone(), pay_code.clone());
        async move { Maker::new(&client, &pay_code, &run).await }
    };
    let mut n = 0;
    if options.rows > 0 {
        fill(&product, &maker("F".to_owned()).await?, options.rows, options.json).await?;
    }
    let mut rounds = Vec::new();
    let (mut floor_cell, mut naive_cell) = (CellState::default(), CellState::default());
    let mut cpu = (0.0, 0_usize);
    for round in 0..options.rounds {
        let make = maker(format!("R{round}")).await?;
        let count = arms::enough(engine, false, most);
        let batches = (n, arms::BATCH, count / arms::BATCH);
        let prepared = arms::prepare(&floor_shop, &make, &mut floor_cell, batches)?;
        let at_floor = arms::floor(&floor, prepared, most).await?;
        n += count;
        let count = arms::enough(engine, true, most);
        let prepared = arms::prepare(&floor_shop, &make, &mut naive_cell, (n, 1, count))?;
        let at_naive = arms::naive(&naive, prepared, most).await?;
        n += count;
        let requests = requests(&make, &key, n, arms::enough(engine, false, most))?;
        n += arms::enough(engine, false, most);
        let before = usage::cpu_seconds(&["pickup-backend", "postgres"])?;
        let at_product = http::run(&address, options.clients, requests, most).await?;
        cpu.0 += usage::cpu_seconds(&["pickup-backend", "postgres"])? - before;
        cpu.1 += at_product.orders;
        rounds.push(Round {
            floor: at_floor.per_second(),
            naive: at_naive.per_second(),
            product: at_product.per_second(),
        });
        tell(options.json, round, rounds.last());
    }
    let mut at_clients = Vec::new();
    for clients in [1, 16, 256] {
        let requests = requests(&maker(format!("C{clients}x")).await?, &key, n, 20_000 * options.secs)?;
        n += 20_000 * options.secs;
        at_clients.push((clients, http::run(&address, clients, requests, most).await?));
    }
    drop(backend);
    let lives = lives(&bed("life").await?, options.lives, &pay_code).await?;
    print(options, engine, &rounds, &at_clients, cpu, (usage::flush_ms(&dir)?, lives));
    Ok(())
}

fn requests(maker: &Maker, key: &str, first: u64, count: u64) -> Result<Arc<Vec<Vec<u8>>>> {
    let made: Result<Vec<_>> = (first..first + count)
        .map(|n| http::request("/shop/v1/purchases", key, &maker.purchase(n)?))
        .collect();
    Ok(Arc::new(made?))
}

/// Lives a second: from the first order to the last release, with the customs simulator as a process of its own.
async fn lives(bed: &Bed, count: u64, pay_code: &str) -> Result<f64> {
    let (customs, port) = bed.customs().await?;
    let (backend, address, client, key) = bed.serve(Some(port)).await?;
    let shop = bed.shop().await?;
    let maker = Maker::new(&client, pay_code, "L").await?;
    let requests = requests(&maker, &key, 0, count)?;
    let began = std::time::Instant::now();
    let cleared = http::run(&address, 64, requests, Duration::from_secs(600)).await?;
    anyhow::ensure!(cleared.orders == usize::try_from(count)?, "{} of {count} were cleared", cleared.orders);
    while bed.released(&shop).await? < cleared.orders {
        anyhow::ensure!(
            began.elapsed() < Duration::from_secs(600),
            "not all were released within ten minutes"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed();
    backend.kill().await?;
    customs.kill().await?;
    let orders = u32::try_from(cleared.orders).unwrap_or(u32::MAX);
    Ok(f64::from(orders) / took.as_secs_f64())
}

/// Puts orders into the product's tables through its own batches, while nobody asks.
async fn fill(bed: &Bed, maker: &Maker, rows: u64, quiet: bool) -> Result<()> {
    let shop = bed.shop().await?;
    let mut done = 0;
    while done < rows {
        let to = (done + 512).min(rows);
        // People of the fill are older than those of the arms, so that nobody meets a limit.
        let first = 1_000_000_000;
        let asks: Vec<_> =
            (done..to).map(|n| maker.ask(&shop, first + n)).collect::<Result<_>>().context("filling")?;
        let writer = Arc::clone(&shop);
        let outcomes =
            shop.app.store.write(move |tx| batch::clear(tx, &writer, &asks, writer.app.now())).await?;
        anyhow::ensure!(outcomes.iter().all(|o| matches!(o, Outcome::Cleared(_))), "an order was refused");
        done = to;
        if !quiet && done % (512 * 200) == 0 {
            println!("  {done} of {rows} orders are in the tables");
        }
    }
    Ok(())
}

fn tell(quiet: bool, round: u32, last: Option<&Round>) {
    if let (false, Some(one)) = (quiet, last) {
        println!(
            "round {}: floor {:.0}/s, naive {:.0}/s, product {:.0}/s ({:.2} of floor, {:.1} x naive)",
            round + 1,
            one.floor,
            one.naive,
            one.product,
            one.product / one.floor,
            one.product / one.naive
        );
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}

fn print(
    options: &Options,
    engine: Engine,
    rounds: &[Round],
    at_clients: &[(usize, Report)],
    cpu: (f64, usize),
    (flush, lives): (f64, f64),
) {
    let of = |pick: fn(&Round) -> f64| median(rounds.iter().map(pick).collect());
    let sixteen = at_clients.iter().find(|(clients, _)| *clients == 16).map(|(_, report)| report);
    let orders = u32::try_from(cpu.1).unwrap_or(u32::MAX);
    let cpu_us = cpu.0 * 1e6 / f64::from(orders.max(1));
    let clients: Vec<_> = at_clients
        .iter()
        .map(|(clients, report)| {
            json!({
                "clients": clients,
                "per_s": report.per_second().round(),
                "p50_ms": report.percentile_ms(50),
                "p99_ms": report.percentile_ms(99),
            })
        })
        .collect();
    let told = json!({
        "engine": engine.as_str(),
        "floor_per_s": of(|r| r.floor).round(),
        "naive_per_s": of(|r| r.naive).round(),
        "product_per_s": of(|r| r.product).round(),
        "product_to_floor": of(|r| r.product / r.floor),
        "product_to_naive": of(|r| r.product / r.naive),
        "life_per_s": lives.round(),
        "p50_ms": sixteen.map(|report| report.percentile_ms(50)),
        "p99_ms": sixteen.map(|report| report.percentile_ms(99)),
        "rows": options.rows,
        "cpu_us_per_order": cpu_us.round(),
        "flush_ms": flush,
        "by_clients": clients,
    });
    if options.json {
        println!("{told}");
        return;
    }
    println!(
        "\n{} with {} connections, {} orders in the tables before:",
        engine.as_str(),
        options.clients,
        options.rows
    );
    for (name, value) in told.as_object().into_iter().flatten() {
        println!("  {name:<20} {value}");
    }
}
