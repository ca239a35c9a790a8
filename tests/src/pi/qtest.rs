//! QEMU's line for tests: the pins of a board, seen and moved from outside.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Register of the pin controller of board `virt` (PL061) in which each bit is a pin.
const DATA: &str = "0x90303fc";

/// The pins of a board `virt`.
pub struct Pins {
    to: OwnedWriteHalf,
    from: Lines<BufReader<OwnedReadHalf>>,
    controller: String,
}

impl Pins {
    /// Opens the line; `controller` is the emulator's name of the pin controller.
    ///
    /// # Errors
    /// When no emulator listens there.
    pub async fn open(socket: &Path, controller: String) -> Result<Self> {
        let stream = UnixStream::connect(socket).await;
        let stream = stream.with_context(|| format!("no emulator at {}", socket.display()))?;
        let (from, to) = stream.into_split();
        Ok(Self { to, from: BufReader::new(from).lines(), controller })
    }

    async fn ask(&mut self, command: &str) -> Result<String> {
        self.to.write_all(format!("{command}\n").as_bytes()).await?;
        while let Some(line) = self.from.next_line().await? {
            match line.split_once(' ') {
                Some(("OK", value)) => return Ok(value.trim().to_owned()),
                None if line == "OK" => return Ok(String::new()),
                // Interrupts are told in between.
                Some(("IRQ", _)) => {}
                _ => bail!("the emulator refused `{command}`: {line}"),
            }
        }
        bail!("the emulator hung up")
    }

    /// The levels of all pins, one a bit.
    ///
    /// # Errors
    /// When the emulator has gone.
    pub async fn levels(&mut self) -> Result<u32> {
        let said = self.ask(&format!("readl {DATA}")).await?;
        let digits = said.trim_start_matches("0x");
        u32::from_str_radix(digits, 16).with_context(|| format!("not a number: {said}"))
    }

    /// Drives a pin from outside.
    ///
    /// # Errors
    /// When the board has no such pin.
    pub async fn drive(&mut self, pin: u8, high: bool) -> Result<()> {
        let level = u8::from(high);
        let command = format!("set_irq_in {} unnamed-gpio-in {pin} {level}", self.controller);
        self.ask(&command).await.map(drop)
    }
}
