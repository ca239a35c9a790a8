//! QEMU's line for tests: the pins of a board, seen and moved from outside.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Register of the pin controller of board `virt` (ARM PL061) in which each bit is a pin.
const DATA: &str = "0x90303fc";
/// Registers of the first 32 pins of a Raspberry Pi 3 (Broadcom BCM2835 ARM Peripherals, section 6.1, moved to where a BCM2837
/// has them): levels, set, clear.
const LEVELS: &str = "0x3f200034";
const SET: &str = "0x3f20001c";
const CLEAR: &str = "0x3f200028";

/// Whose pins they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controller {
    /// Board `virt`, by the emulator's name of its controller.
    Pl061(String),
    /// The Raspberry Pi 3. The emulator has no wires to its pins from outside; but its level of a pin is what was last set or
    /// cleared, also where the pin is an input, so that is what moves a contact.
    Bcm2837,
}

/// The pins of a board.
pub struct Pins {
    to: OwnedWriteHalf,
    from: Lines<BufReader<OwnedReadHalf>>,
    controller: Controller,
}

impl Pins {
    /// Opens the line.
    ///
    /// # Errors
    /// When no emulator listens there.
    pub async fn open(socket: &Path, controller: Controller) -> Result<Self> {
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
        let register = match self.controller {
            Controller::Pl061(_) => DATA,
            Controller::Bcm2837 => LEVELS,
        };
        let said = self.ask(&format!("readl {register}")).await?;
        let digits = said.trim_start_matches("0x");
        u32::from_str_radix(digits, 16).with_context(|| format!("not a number: {said}"))
    }

    /// Drives a pin from outside.
    ///
    /// # Errors
    /// When the board has no such pin.
    pub async fn drive(&mut self, pin: u8, high: bool) -> Result<()> {
        let command = match &self.controller {
            Controller::Pl061(name) => format!("set_irq_in {name} unnamed-gpio-in {pin} {}", u8::from(high)),
            Controller::Bcm2837 => {
                let mask = 1_u32.checked_shl(u32::from(pin)).context("the board has 32 such pins")?;
                format!("writel {} {mask:#x}", if high { SET } else { CLEAR })
            }
        };
        self.ask(&command).await.map(drop)
    }
}
