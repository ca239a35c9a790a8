//! Measures the shop API over real sockets: requests a second and p99 of each kind of request, beside the same for an answer
//! that needs neither key nor database (floor), interleaved in one run; then orders being placed while many watch.

#![allow(clippy::float_arithmetic, reason = "rates and milliseconds for people; no money is near")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use pickup_server::db::Engine;
use pickup_tests::clearing::http::{self, Report};
use pickup_tests::clearing::orders::Maker;
use pickup_tests::clearing::setup::Bed;
use pickup_tests::product;
use pickup_tests::program;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests a second and p99 of goods, quote, order and status.
#[derive(Parser)]
struct Options {
    /// Rounds; medians are told.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each kind of request in each round.
    #[arg(long, default_value_t = 3)]
    secs: u64,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Connections that ask for the status of an order of their own, once a second each, while orders are placed.
    #[arg(long, default_value_t = 1_000)]
    watchers: usize,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

/// One kind of request.
struct Kind {
    name: &'static str,
    status: u16,
    requests: Vec<Arc<Vec<Vec<u8>>>>,
}

async fn run(options: &Options) -> Result<()> {
    let dir = product::fresh_dir("bench-api")?;
    let bed = Bed::new(&dir, Engine::Sqlite, None).await?;
    let pay_code = bed.shop().await?.data.operator.payment.code.clone();
    let (backend, address, client, key) = bed.serve(None).await?;
    let maker = Maker::new(&client, &pay_code, "A").await?;
    let watched = place(&address, &key, &maker, 0, options.watchers).await?;
    let kinds = kinds(options, &maker, &key, &watched)?;
    let mut told = serde_json::Map::new();
    let mut reports: Vec<Vec<Report>> = kinds.iter().map(|_| Vec::new()).collect();
    for round in 0..options.rounds {
        for (kind, reports) in kinds.iter().zip(&mut reports) {
            let requests = kind.requests.get(round).cloned().unwrap_or_default();
            let most = Duration::from_secs(options.secs);
            reports.push(http::run_for(&address, options.clients, requests, most, kind.status).await?);
        }
    }
    for (kind, reports) in kinds.iter().zip(&reports) {
        told.insert(kind.name.to_owned(), figures(reports));
    }
    let first = 10_000_000;
    let (placing, watching) = watched_placing(options, (&address, &key), &maker, first, &watched).await?;
    told.insert("place_while_watched".to_owned(), figures(&[placing]));
    told.insert("watch".to_owned(), figures(&[watching]));
    told.insert("watchers".to_owned(), options.watchers.into());
    told.insert("clients".to_owned(), options.clients.into());
    backend.kill().await?;
    std::fs::remove_dir_all(&dir)?;
    print(options, &told);
    Ok(())
}

/// As many requests of each kind as can be asked in a round, for every round.
fn kinds(options: &Options, maker: &Maker, key: &str, watched: &[String]) -> Result<Vec<Kind>> {
    let most = usize::try_from(options.secs)? * 20_000;
    let every_round = |asked: Arc<Vec<Vec<u8>>>| std::iter::repeat_n(asked, options.rounds).collect();
    let same = |request: Vec<u8>| every_round(Arc::new(vec![request; most]));
    let quote =
        json!({ "centre": 1, "lines": [{ "sku": "MLK-001", "qty": 1 }, { "sku": "CAR-001", "qty": 1 }] });
    let status = watched.iter().map(|number| http::get(&format!("/shop/v1/orders/{number}"), key));
    let status: Vec<Vec<u8>> = status.cycle().take(most).collect();
    let places: Result<Vec<_>> = (0..options.rounds)
        .map(|round| purchases(maker, key, 1_000_000 * (1 + u64::try_from(round)?), most).map(Arc::new))
        .collect();
    let kind = |name, status, requests| Kind { name, status, requests };
    Ok(vec![
        kind("floor", 200, same(http::get("/shop/v1/docs.css", key))),
        kind("goods", 200, same(http::get("/shop/v1/goods", key))),
        kind("quote", 200, same(http::request("/shop/v1/quotes", key, &quote)?)),
        kind("place", 201, places?),
        kind("status", 200, every_round(Arc::new(status))),
    ])
}

fn purchases(maker: &Maker, key: &str, first: u64, count: usize) -> Result<Vec<Vec<u8>>> {
    let numbers = first..first + u64::try_from(count)?;
    numbers.map(|n| http::request("/shop/v1/purchases", key, &maker.purchase(n)?)).collect()
}

/// Places orders; their numbers.
async fn place(address: &str, key: &str, maker: &Maker, first: u64, count: usize) -> Result<Vec<String>> {
    let requests = Arc::new(purchases(maker, key, first, count)?);
    let placed = http::run(address, 16, requests, Duration::from_secs(120)).await?;
    ensure!(placed.orders == count, "{} of {count} orders were placed", placed.orders);
    let numbers = first..first + u64::try_from(count)?;
    let of = |n| {
        let purchase = maker.purchase(n)?;
        let number = purchase.pointer("/order/order_no").and_then(Value::as_str);
        number.map(str::to_owned).context("an order without number")
    };
    numbers.map(of).collect()
}

/// Orders placed, and status asked for by all watchers, in the same seconds.
async fn watched_placing(
    options: &Options,
    (address, key): (&str, &str),
    maker: &Maker,
    first: u64,
    watched: &[String],
) -> Result<(Report, Report)> {
    let most = Duration::from_secs(options.secs * u64::try_from(options.rounds)?);
    let requests = Arc::new(purchases(maker, key, first, usize::try_from(most.as_secs())? * 20_000)?);
    let until = Instant::now() + most;
    let mut watchers = JoinSet::new();
    for (i, number) in watched.iter().enumerate() {
        let request = http::get(&format!("/shop/v1/orders/{number}"), key);
        // Spread over the second, as people are.
        let late =
            Duration::from_micros(1_000_000 * u64::try_from(i)? / u64::try_from(watched.len().max(1))?);
        watchers.spawn(watch(address.to_owned(), request, late, until));
    }
    let placing = http::run(address, options.clients, requests, most).await?;
    let mut watching = Report { took: most, ..Report::default() };
    while let Some(done) = watchers.join_next().await {
        watching.latencies.extend(done??);
    }
    watching.latencies.sort_unstable();
    watching.orders = watching.latencies.len();
    Ok((placing, watching))
}

async fn watch(address: String, request: Vec<u8>, late: Duration, until: Instant) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await.context("the backend does not listen")?;
    stream.set_nodelay(true)?;
    tokio::time::sleep(late).await;
    let (mut latencies, mut buffer) = (Vec::new(), vec![0_u8; 32 * 1024]);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        if Instant::now() >= until {
            return Ok(latencies);
        }
        let asked = Instant::now();
        stream.write_all(&request).await?;
        let (status, body) = http::answer(&mut stream, &mut buffer).await?;
        ensure!(status == 200, "a watcher was answered {status}: {body}");
        latencies.push(asked.elapsed());
    }
}

/// Medians over the rounds.
fn figures(reports: &[Report]) -> Value {
    let median = |of: &dyn Fn(&Report) -> f64| {
        let mut all: Vec<f64> = reports.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    json!({
        "per_s": median(&Report::per_second).round(),
        "p50_ms": (median(&|report| report.percentile_ms(50)) * 100.0).round() / 100.0,
        "p99_ms": (median(&|report| report.percentile_ms(99)) * 100.0).round() / 100.0,
    })
}

fn print(options: &Options, told: &serde_json::Map<String, Value>) {
    if options.json {
        println!("{}", Value::Object(told.clone()));
        return;
    }
    println!("{} connections, {} watchers, SQLite:", options.clients, options.watchers);
    for (name, value) in told.iter().filter(|(_, value)| value.is_object()) {
        println!("  {name:<20} {value}");
    }
}
