//! A load generator that costs as little as it can: requests made beforehand, one connection each, answers read by length.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Orders cleared.
    pub orders: usize,
    /// How long it took.
    pub took: Duration,
    /// How long each answer took, sorted.
    pub latencies: Vec<Duration>,
}

impl Report {
    /// Orders a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let orders = u32::try_from(self.orders).unwrap_or(u32::MAX);
        f64::from(orders) / self.took.as_secs_f64().max(1e-9)
    }

    /// The latency that so many per cent of the answers stay below, in milliseconds.
    #[must_use]
    pub fn percentile_ms(&self, per_cent: usize) -> f64 {
        let at = (self.latencies.len() * per_cent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// A request as bytes on the wire.
///
/// # Errors
/// When the body cannot be written.
pub fn request(path: &str, key: &str, body: &Value) -> Result<Vec<u8>> {
    let body = serde_json::to_vec(body)?;
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: backend\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    Ok(bytes)
}

/// A request without a body as bytes on the wire.
#[must_use]
pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: backend\r\nAuthorization: Bearer {key}\r\n\r\n").into_bytes()
}

/// Sends requests over `clients` connections, each its next as soon as its last is answered, until all are sent or the time
/// is up. Every answer must be 201.
///
/// # Errors
/// When a connection fails or something is refused.
pub async fn run(
    address: &str,
    clients: usize,
    requests: Arc<Vec<Vec<u8>>>,
    most: Duration,
) -> Result<Report> {
    run_for(address, clients, requests, most, 201).await
}

/// As [`run`], where every answer must have the status `wanted`.
///
/// # Errors
/// When a connection fails or an answer has another status.
pub async fn run_for(
    address: &str,
    clients: usize,
    requests: Arc<Vec<Vec<u8>>>,
    most: Duration,
    wanted: u16,
) -> Result<Report> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (next, requests, address) = (Arc::clone(&next), Arc::clone(&requests), address.to_owned());
        tasks.spawn(async move { one(&address, &next, &requests, began + most, wanted).await });
    }
    let mut report = Report::default();
    while let Some(done) = tasks.join_next().await {
        report.latencies.extend(done??);
    }
    report.took = began.elapsed();
    report.orders = report.latencies.len();
    report.latencies.sort_unstable();
    Ok(report)
}

async fn one(
    address: &str,
    next: &AtomicUsize,
    requests: &[Vec<u8>],
    until: Instant,
    wanted: u16,
) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await.context("the backend does not listen")?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    while Instant::now() < until {
        let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let asked = Instant::now();
        stream.write_all(request).await?;
        let (status, body) = answer(&mut stream, &mut buffer).await?;
        ensure!(status == wanted, "answered {status} instead of {wanted}: {body}");
        latencies.push(asked.elapsed());
    }
    Ok(latencies)
}

/// Status and body of the next answer on a connection.
///
/// # Errors
/// When the backend hangs up or its answer cannot be read.
pub async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<(u16, String)> {
    let mut filled = 0;
    loop {
        let read = stream.read(buffer.get_mut(filled..).context("an answer is too long")?).await?;
        ensure!(read > 0, "the backend hung up");
        filled += read;
        let seen = buffer.get(..filled).unwrap_or_default();
        let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(seen.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|text| text.trim().parse().ok())
            .context("an answer without length")?;
        if let Some(body) = seen.get(end + 4..end + 4 + length) {
            let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok());
            let body = String::from_utf8_lossy(body).into_owned();
            return Ok((status.context("an answer without status")?, body));
        }
    }
}
