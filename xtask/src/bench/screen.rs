//! `cargo xtask bench ui`: the kiosk's screen beside a browser's, on an X display of their own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::args::BenchUi;
use crate::cargo;
use crate::debian::{self, Package};

/// What shows, what is compared with, and what the kiosk's window loads.
const TOOLS: &[Package] = &[
    Package { name: "xvfb", reason: "the display on which both are shown" },
    Package { name: "chromium", reason: "the browser that the kiosk's screen is compared with" },
    Package { name: "libx11-xcb1", reason: "the kiosk's window" },
    Package { name: "libxcursor1", reason: "the same" },
    Package { name: "libxi6", reason: "the same" },
    Package { name: "libxkbcommon-x11-0", reason: "the same" },
];

/// The panel in its usual place, upright.
const PANEL: &str = "1080x1920x24";

/// Builds the programs as they are shipped and measures; `false` when less is found than promised.
pub fn run(options: &BenchUi) -> Result<bool> {
    debian::ensure(&[debian::DEMO, TOOLS], options.install)?;
    if !options.no_build {
        super::every_program(&["pickup-kiosk/window"])?;
        // By itself: with its own X client the kiosk's window would be another build than the one that is shipped.
        let words = ["build", "--release", "-p", "pickup-tests", "--features", "pickup-tests/glass"];
        let words = [words.as_slice(), &["--bin", "pickup-bench-ui"]].concat();
        ensure!(cargo::passes(&mut cargo::cargo(&words)?)?, "the measuring program could not be built");
    }
    let display = Display::start()?;
    let mut command = super::program("release", "pickup-bench-ui")?;
    command.env("DISPLAY", format!(":{}", display.number)).env_remove("WAYLAND_DISPLAY");
    cargo::passes(command.args(&options.words))
}

/// A display without glass. Dropped, it ends.
struct Display {
    child: Child,
    number: String,
}

impl Display {
    fn start() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", PANEL, "-nolisten", "tcp", "-noreset"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("Xvfb could not be started (Debian package xvfb)")?;
        let mut number = String::new();
        let said = child.stdout.take().context("Xvfb has no standard output")?;
        // Held from here on, so that it ends also when it does not tell its number.
        let mut display = Self { child, number: String::new() };
        BufReader::new(said).read_line(&mut number).context("Xvfb does not tell its number")?;
        ensure!(!number.trim().is_empty(), "Xvfb ended before it was ready");
        number.trim().clone_into(&mut display.number);
        Ok(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
