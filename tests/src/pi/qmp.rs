//! QEMU's own control line: a finger on the board's glass, and a picture of what the glass shows.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Positions on the glass go from 0 to this.
const FAR: u64 = 0x7fff;

/// A line to the emulator.
pub struct Qmp {
    to: OwnedWriteHalf,
    from: Lines<BufReader<OwnedReadHalf>>,
}

impl Qmp {
    /// Opens the line.
    ///
    /// # Errors
    /// When no emulator listens there.
    pub async fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).await;
        let stream = stream.with_context(|| format!("no emulator at {}", socket.display()))?;
        let (from, to) = stream.into_split();
        let mut line = Self { to, from: BufReader::new(from).lines() };
        line.from.next_line().await?.context("the emulator did not greet")?;
        line.ask("qmp_capabilities", json!({})).await?;
        Ok(line)
    }

    async fn ask(&mut self, execute: &str, arguments: Value) -> Result<()> {
        let command = json!({ "execute": execute, "arguments": arguments });
        self.to.write_all(format!("{command}\n").as_bytes()).await?;
        // Events come in between.
        while let Some(line) = self.from.next_line().await? {
            let said: Value = serde_json::from_str(&line)?;
            if said.get("return").is_some() {
                return Ok(());
            }
            if let Some(fault) = said.get("error") {
                bail!("the emulator refused {execute}: {fault}");
            }
        }
        bail!("the emulator hung up")
    }

    /// Touches a point, given in pixels of a glass of this size, and lifts the finger again.
    ///
    /// # Errors
    /// When the board has no glass.
    pub async fn tap(&mut self, (x, y): (u64, u64), (width, height): (u64, u64)) -> Result<()> {
        let place = |at: u64, of: u64| at.saturating_mul(FAR).checked_div(of).unwrap_or(0);
        // A finger without a number is one that was lifted.
        let touch = |kind: &str, axis: &str, value: u64| {
            let number = if kind == "end" { -1 } else { 1 };
            json!({ "type": "mtt", "data": {
                "type": kind, "slot": 0, "tracking-id": number, "axis": axis, "value": value } })
        };
        let finger = |down: bool| json!({ "type": "btn", "data": { "button": "touch", "down": down } });
        let (right, below) = (place(x, width), place(y, height));
        let down =
            [touch("begin", "x", right), touch("data", "x", right), touch("data", "y", below), finger(true)];
        self.ask("input-send-event", json!({ "events": down })).await?;
        let up = [touch("end", "x", right), finger(false)];
        self.ask("input-send-event", json!({ "events": up })).await
    }

    /// What the glass shows, as PNG.
    ///
    /// # Errors
    /// When the board has no screen.
    pub async fn picture(&mut self, scratch: &Path) -> Result<Vec<u8>> {
        let file = scratch.join("glass.png");
        self.ask("screendump", json!({ "filename": file, "format": "png" })).await?;
        std::fs::read(&file).context("the emulator wrote no picture")
    }
}
