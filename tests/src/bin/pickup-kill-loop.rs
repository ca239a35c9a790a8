//! Kills the backend and PostgreSQL under load, again and again, and checks that no acknowledged order is lost and none was
//! cleared twice.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pickup_server::db::Engine;
use pickup_tests::clearing::killing;
use pickup_tests::clearing::setup::Bed;
use pickup_tests::product;
use pickup_tests::program;
use serde_json::json;

/// Real processes, really killed.
#[derive(Parser)]
struct Options {
    /// Address of a PostgreSQL cluster in which databases may be made and whose processes may be killed; without it SQLite
    /// is used.
    #[arg(long)]
    cluster: Option<String>,
    /// How many times something is killed.
    #[arg(long, default_value_t = 10)]
    times: u32,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<()> {
    let engine = if options.cluster.is_some() { Engine::Postgres } else { Engine::Sqlite };
    let dir = product::fresh_dir("kill-loop")?;
    let bed = Bed::new(&dir, engine, options.cluster.as_deref()).await?;
    let pay_code = bed.shop().await?.data.operator.payment.code.clone();
    let tally = killing::run(&bed, &pay_code, options.times, |round| {
        if !options.json && round % 10 == 0 {
            println!("  killed {round} times");
        }
    })
    .await?;
    let told = json!({
        "engine": engine.as_str(),
        "backend_killed": tally.backend,
        "postgres_killed": tally.postgres,
        "acknowledged": tally.acknowledged,
        "unanswered_asked_again": tally.unanswered,
        "lost": 0,
        "cleared_twice": 0,
    });
    println!("{told}");
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}
