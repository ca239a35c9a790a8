//! Kills the backend, or PostgreSQL under it, while orders pour in, and looks whether anything that was acknowledged is
//! gone or was cleared twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use pickup_server::db::Engine;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::clearing::http;
use crate::clearing::orders::Maker;
use crate::clearing::setup::Bed;

/// Connections that ask at once.
const CLIENTS: u64 = 16;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Times the backend was killed.
    pub backend: u32,
    /// Times PostgreSQL was killed.
    pub postgres: u32,
    /// Orders that were acknowledged while something was killed around them.
    pub acknowledged: usize,
    /// Orders that were asked and got no answer, and were asked again.
    pub unanswered: usize,
}

#[derive(Default)]
struct Seen {
    /// Order to answer.
    told: Mutex<BTreeMap<u64, String>>,
    asked: Mutex<Vec<u64>>,
    /// Answers that no order may get.
    wrong: Mutex<Vec<String>>,
}

/// Kills `times` times on a bed; PostgreSQL every other time where there is one.
///
/// # Errors
/// When something acknowledged is gone, was cleared twice, or the books are wrong.
pub async fn run(bed: &Bed, pay_code: &str, times: u32, tell: impl Fn(u32)) -> Result<Tally> {
    let mut tally = Tally::default();
    let seen = Arc::new(Seen::default());
    let next = Arc::new(AtomicU64::new(0));
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..times {
        let (backend, address, client, key) = bed.serve(None).await?;
        let maker = Arc::new(Maker::new(&client, pay_code, "K").await?);
        settle(&address, &key, &maker, &seen, &mut tally).await?;
        let by_postgres = bed.source.engine() == Engine::Postgres && round % 2 == 1;
        let stop = Arc::new(AtomicBool::new(false));
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..CLIENTS {
            let (address, key, maker) = (address.clone(), key.clone(), Arc::clone(&maker));
            let (seen, next, stop) = (Arc::clone(&seen), Arc::clone(&next), Arc::clone(&stop));
            // A line that breaks is what killing does; the order is asked again afterwards.
            askers.spawn(async move {
                drop(ask_until(&stop, by_postgres, &address, (&key, &maker), &seen, &next).await);
            });
        }
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis(80 + (dice >> 40) % 300)).await;
        if by_postgres {
            kill_postgres(bed)?;
            tally.postgres += 1;
            // The backend lives on and must serve again by itself.
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        stop.store(true, Ordering::SeqCst);
        if !by_postgres {
            backend.kill().await?;
            tally.backend += 1;
            askers.join_all().await;
        } else {
            askers.join_all().await;
            settle(&address, &key, &maker, &seen, &mut tally).await?;
            backend.kill().await?;
        }
        ensure!(lock(&seen.wrong).is_empty(), "{}", lock(&seen.wrong).join("; "));
        tell(round + 1);
    }
    let (backend, address, client, key) = bed.serve(None).await?;
    let maker = Maker::new(&client, pay_code, "K").await?;
    settle(&address, &key, &maker, &seen, &mut tally).await?;
    every_answer_stands(&address, &key, &maker, &seen).await?;
    tally.acknowledged = lock(&seen.told).len();
    backend.kill().await?;
    let asked = lock(&seen.asked).len();
    bed.verify(asked).await?;
    Ok(tally)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn ask_until(
    stop: &AtomicBool,
    by_postgres: bool,
    address: &str,
    (key, maker): (&str, &Maker),
    seen: &Seen,
    next: &AtomicU64,
) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    while !stop.load(Ordering::SeqCst) {
        let n = next.fetch_add(1, Ordering::SeqCst);
        lock(&seen.asked).push(n);
        let (status, body) = ask(&mut stream, key, maker, n).await?;
        match status {
            201 => {
                lock(&seen.told).insert(n, body);
            }
            // A commit that stood while its answer was lost: the backend tried once more by itself and found it done.
            200 if by_postgres => {
                lock(&seen.told).insert(n, body);
            }
            // The database is away for a moment; the order is asked again later.
            500 | 503 => tokio::time::sleep(Duration::from_millis(20)).await,
            // 200 says that it was cleared before, and nobody asked it before.
            other => lock(&seen.wrong).push(format!("order {n} got {other}: {body}")),
        }
    }
    Ok(())
}

/// Asks again everything that got no answer. Each must be cleared now, or have been.
async fn settle(address: &str, key: &str, maker: &Maker, seen: &Seen, tally: &mut Tally) -> Result<()> {
    let open: Vec<u64> = {
        let told = lock(&seen.told);
        lock(&seen.asked).iter().copied().filter(|n| !told.contains_key(n)).collect()
    };
    tally.unanswered += open.len();
    for n in open {
        let body = answered(address, key, maker, n).await?;
        lock(&seen.told).insert(n, body);
    }
    Ok(())
}

/// Asks again everything that was answered. Each answer must be the first one again.
async fn every_answer_stands(address: &str, key: &str, maker: &Maker, seen: &Seen) -> Result<()> {
    let told = lock(&seen.told).clone();
    let mut stream = TcpStream::connect(address).await?;
    for (n, first) in told {
        let (status, body) = ask(&mut stream, key, maker, n).await?;
        ensure!(status == 200, "order {n} was acknowledged and is answered {status} now: {body}");
        ensure!(body == first, "order {n} was answered {first} and is answered {body} now");
    }
    Ok(())
}

/// Asks until the backend serves again after its database was killed.
async fn answered(address: &str, key: &str, maker: &Maker, n: u64) -> Result<String> {
    for _ in 0..200 {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            match ask(&mut stream, key, maker, n).await {
                Ok((200 | 201, body)) => return Ok(body),
                Ok((500 | 503, _)) | Err(_) => {}
                Ok((status, body)) => bail!("order {n} got {status}: {body}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("order {n} got no answer within ten seconds after a restart")
}

async fn ask(stream: &mut TcpStream, key: &str, maker: &Maker, n: u64) -> Result<(u16, String)> {
    stream.write_all(&http::request("/shop/v1/purchases", key, &maker.purchase(n)?)?).await?;
    http::answer(stream, &mut vec![0; 64 * 1024]).await
}

/// Kills a process of the server that serves the backend: PostgreSQL then ends all others and recovers from its log.
fn kill_postgres(bed: &Bed) -> Result<()> {
    let sql = "SELECT CAST(MIN(pid) AS BIGINT) FROM pg_stat_activity
               WHERE application_name = 'pickup-backend' AND datname = current_database() AND pid <> pg_backend_pid()";
    let source = bed.source.clone();
    let pid = std::thread::spawn(move || -> Result<i64> {
        let conn = source.connect()?;
        Ok(conn.query_row(sql, [], |row| row.get(0))?)
    });
    let pid = pid.join().ok().context("the question ended early")??;
    ensure!(Path::new(&format!("/proc/{pid}")).exists(), "PostgreSQL does not run on this machine");
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status()?;
    ensure!(killed.success(), "process {pid} of PostgreSQL could not be killed");
    Ok(())
}
