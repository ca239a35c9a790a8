//! One emulated board: booted, listened to, and cut off.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

use super::image::Image;
use super::machine::{self, Machine};
use crate::program::tail;
use crate::wait;

/// How long a board may take to come up on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// What a board is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Which board it is.
    pub machine: Machine,
    /// What it boots.
    pub image: Image,
    /// Its disk.
    pub disk: PathBuf,
    /// The folder of the pseudo-terminals `scanner`, `idcard`, `printer` and `lock`.
    pub devices: PathBuf,
    /// `NAME=VALUE` words for its first program.
    pub facts: Vec<String>,
    /// Further words for QEMU.
    pub more: Vec<String>,
}

/// A running board. Dropped, it is gone.
pub struct Board {
    child: Child,
    console: PathBuf,
}

impl Board {
    /// Switches a board on; what it says goes to the file `console`.
    ///
    /// # Errors
    /// When QEMU cannot be started.
    pub fn boot(parts: &Parts, console: &Path) -> Result<Self> {
        std::fs::write(console, "")?;
        let log = std::fs::File::options().append(true).open(console.with_extension("qemu"));
        let log = log.or_else(|_| std::fs::File::create(console.with_extension("qemu")))?;
        let mut command = Command::new("qemu-system-aarch64");
        command.args(machine::words(parts, console)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.kill_on_drop(true).spawn();
        let child =
            child.context("qemu-system-aarch64 could not be started: is qemu-system-arm installed?")?;
        Ok(Self { child, console: console.to_path_buf() })
    }

    /// Everything said so far.
    #[must_use]
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.console).unwrap_or_default()).into_owned()
    }

    /// How often the journal was written to since the board was booted.
    #[must_use]
    pub fn journal_writes(&self) -> usize {
        self.said().lines().filter(|line| line.starts_with("BOARD wrote journal.db-wal")).count()
    }

    /// Waits until the kiosk says that it is ready.
    ///
    /// # Errors
    /// With the end of what the board said, when it does not come up.
    pub async fn until_ready(&mut self) -> Result<()> {
        let console = self.console.clone();
        let ready = wait::until("the kiosk on the board to be ready", PATIENCE, async || {
            let said = self.said();
            if said.contains("Kernel panic") || said.contains("BOARD kiosk ended") {
                bail!("the board did not come up");
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the emulator ended ({status}):\n{}", tail(&self.console.with_extension("qemu")));
            }
            Ok(said.lines().any(|line| line.starts_with("READY")).then_some(()))
        });
        ready.await.with_context(|| tail(&console))
    }

    /// How long the board took until its first program had brought it up, by its own clock, as it says it.
    #[must_use]
    pub fn up_after(&self) -> Option<String> {
        let said = self.said();
        let line = said.lines().find_map(|line| line.strip_prefix("BOARD is up after "))?;
        line.split_whitespace().next().map(str::to_owned)
    }

    /// Cuts the power: the emulator is killed.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn cut(mut self) -> Result<()> {
        self.child.kill().await.context("the emulator could not be killed")
    }
}
