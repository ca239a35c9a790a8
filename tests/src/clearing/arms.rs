//! The arms that run without the product: the bare statements in large batches, and a transaction for each order.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use pickup_server::clearing::floor::Prepared;
use pickup_server::db::{Conn, Engine};
use pickup_server::shop::Shop;
use pickup_server::store::CellState;

use crate::clearing::http::Report;
use crate::clearing::orders::Maker;
use crate::clearing::setup::Bed;

/// Orders of a batch of the floor.
pub const BATCH: u64 = 256;
/// Connections of the naive arm.
pub const NAIVE: usize = 8;

/// Makes `batches` batches of `size` orders from the `first` on, chained on from `cell`.
///
/// # Errors
/// When an order would be refused.
pub fn prepare(
    shop: &Shop,
    maker: &Maker,
    cell: &mut CellState,
    (first, size, batches): (u64, u64, u64),
) -> Result<Vec<Prepared>> {
    let now = Timestamp::now();
    (0..batches)
        .map(|batch| {
            let from = first + batch * size;
            let asks: Vec<_> = (from..from + size).map(|n| maker.ask(shop, n)).collect::<Result<_>>()?;
            Ok(Prepared::new(shop, &asks, cell, now)?)
        })
        .collect()
}

/// Runs batches one after the other on one connection.
///
/// # Errors
/// When the database refuses.
pub async fn floor(bed: &Bed, batches: Vec<Prepared>, most: Duration) -> Result<Report> {
    let source = bed.source.clone();
    let run = move || -> Result<Report> {
        let conn = source.connect()?;
        let (began, mut orders) = (Instant::now(), 0);
        let mut planned = Instant::now();
        for batch in &batches {
            if began.elapsed() >= most {
                break;
            }
            if planned.elapsed() > Duration::from_secs(1) {
                conn.forget_plans()?;
                planned = Instant::now();
            }
            batch.run(&conn)?;
            orders += batch.orders;
        }
        Ok(Report { orders, took: began.elapsed(), latencies: Vec::new() })
    };
    on_thread(run).await
}

/// Runs batches of one on several connections at once, each statement waited for.
///
/// # Errors
/// When the database refuses.
pub async fn naive(bed: &Bed, orders: Vec<Prepared>, most: Duration) -> Result<Report> {
    let mut shares: Vec<Vec<Prepared>> = (0..NAIVE).map(|_| Vec::new()).collect();
    for (n, order) in orders.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(n % NAIVE) {
            share.push(order);
        }
    }
    let began = Instant::now();
    let mut threads = tokio::task::JoinSet::new();
    for share in shares {
        let source = bed.source.clone();
        threads.spawn(on_thread(move || {
            let conn = source.connect()?;
            one_by_one(&conn, &share, began + most)
        }));
    }
    let mut orders = 0;
    while let Some(done) = threads.join_next().await {
        orders += done??;
    }
    Ok(Report { orders, took: began.elapsed(), latencies: Vec::new() })
}

fn one_by_one(conn: &Conn, share: &[Prepared], until: Instant) -> Result<usize> {
    let mut orders = 0;
    for order in share {
        if Instant::now() >= until {
            break;
        }
        // Orders that lock the same rows in another order are told to try again, as everywhere.
        while let Err(error) = order.run_one_by_one(conn) {
            conn.execute_batch("ROLLBACK")?;
            ensure!(error.to_string().contains("deadlock"), "{error}");
        }
        orders += order.orders;
    }
    Ok(orders)
}

/// How many orders an arm is given: more than it can do in its time.
#[must_use]
pub fn enough(engine: Engine, naive: bool, most: Duration) -> u64 {
    let a_second = match (engine, naive) {
        (_, true) => 12_000,
        (Engine::Sqlite, false) => 60_000,
        (Engine::Postgres, false) => 60_000,
    };
    a_second * most.as_secs().max(1)
}

/// On a thread of its own, as PostgreSQL's connections want it.
async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(tell.send(work())));
    told.await.context("a thread of the measurement ended early")?
}
