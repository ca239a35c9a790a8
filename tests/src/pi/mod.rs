//! The real aarch64 kiosk on emulated boards, against the backend and the simulated devices of this machine.
//!
//! A board is QEMU with Debian's kernel and a file system in memory that holds the kiosk, its libraries and a few lines of
//! shell. Its serial devices are the pseudo-terminals of `pickup-hw-mock`; its disk is a file that outlives a power cut.

pub mod board;
pub mod disk;
pub mod door;
pub mod errands;
pub mod image;
pub mod kernel;
pub mod machine;
pub mod pickup;
pub mod pins;
pub mod powercut;
pub mod qmp;
pub mod qtest;
pub mod rig;
pub mod screen;
pub mod tool;

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

/// What every scenario is given.
#[derive(Debug, Clone)]
pub struct Bench {
    /// Where aarch64 programs, downloads and what boards boot are kept: `target/pi`.
    pub pi: PathBuf,
    /// At most so many power cuts; all of them without a number.
    pub cuts: Option<u32>,
}

/// The scenarios, in the order in which they are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// A whole pickup over four USB serial ports.
    Pickup,
    /// The power goes at each write of the journal.
    Powercut,
    /// The screen on the display itself, touched.
    Screen,
    /// Doors on the board's own pins, by the kernel's device.
    Door,
    /// Doors on the pins of a Raspberry Pi 3, by its registers.
    Rppal,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pickup, Self::Powercut, Self::Screen, Self::Door, Self::Rppal];

    /// The word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pickup => "pickup",
            Self::Powercut => "powercut",
            Self::Screen => "screen",
            Self::Door => "door",
            Self::Rppal => "rppal",
        }
    }

    /// What it shows.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Pickup => "deposit and pickup on board `virt`, devices on four USB serial ports",
            Self::Powercut => "the emulator killed at each write of the journal, booted again, compared",
            Self::Screen => {
                "the screen on linuxkms, touched on its glass, equal to the headless one dot by dot"
            }
            Self::Door => "deposit and pickup with relays and door contacts on the board's own pins",
            Self::Rppal => {
                "deposit and pickup on board `raspi3b`, relays and contacts by the registers of its pins"
            }
        }
    }

    /// Plays it; the answer is what was found.
    ///
    /// # Errors
    /// With what was wrong.
    pub async fn play(self, bench: &Bench) -> Result<Value> {
        match self {
            Self::Pickup => pickup::play(bench).await,
            Self::Powercut => powercut::play(bench).await,
            Self::Screen => screen::play(bench).await,
            Self::Door => door::play(bench, &pins::VIRT).await,
            Self::Rppal => door::play(bench, &pins::RASPI3B).await,
        }
    }
}
