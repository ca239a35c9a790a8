//! Ports that a program can be given again after it was killed.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// Below the range from which the system takes ports for outgoing connections, so that none is lost between two
/// starts of a program.
const FIRST: u32 = 10_240;
const COUNT: u32 = 20_000;
/// Neighbouring process numbers start far apart.
const STRIDE: u32 = 7_919;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A port on the loopback address that nobody listens on.
///
/// # Errors
/// When no port of the range is free.
pub fn free() -> Result<u16> {
    for _ in 0..COUNT {
        let n = TAKEN.fetch_add(1, Ordering::Relaxed);
        let offset = std::process::id().wrapping_mul(STRIDE).wrapping_add(n) % COUNT;
        let port = u16::try_from(FIRST + offset).context("the range of ports is too high")?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no port between {FIRST} and {} is free", FIRST + COUNT)
}
