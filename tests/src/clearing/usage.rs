//! Processor time of processes, and how fast the disk acknowledges a flush.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Clock ticks a second of `/proc`, on every Linux of today.
const TICKS: f64 = 100.0;

/// Processor seconds used so far by every process whose name begins so.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn cpu_seconds(names: &[&str]) -> Result<f64> {
    let mut ticks = 0_u64;
    for entry in fs::read_dir("/proc").context("no /proc")? {
        let Ok(stat) = fs::read_to_string(entry?.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(')') else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name);
        if names.iter().any(|wanted| name.starts_with(wanted)) {
            let mut fields = tail.split_whitespace().skip(11);
            let mut field = || fields.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            ticks += field() + field();
        }
    }
    Ok(f64::from(u32::try_from(ticks).unwrap_or(u32::MAX)) / TICKS)
}

/// Median time of `fdatasync` after writing 8 kB, in milliseconds, over half a second.
///
/// # Errors
/// When the folder cannot be written.
pub fn flush_ms(dir: &Path) -> Result<f64> {
    let path = dir.join("flush.tmp");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    let (block, began, mut times) = (vec![7_u8; 8192], Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_millis(500) {
        file.write_all(&block)?;
        let at = Instant::now();
        file.sync_data()?;
        times.push(at.elapsed());
    }
    drop(file);
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3))
}
