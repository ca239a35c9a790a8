//! Backend, customs and devices on this machine, and the kiosk on a board.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::board::{Board, PATIENCE, Parts};
use super::image::Image;
use super::machine::Machine;
use super::{disk, pins};
use crate::hands::Hands;
use crate::product::{self, KIOSK, Product, Setup};
use crate::program::{self, Program};

/// This machine, as a board calls it; `Product` puts the name into the backend's certificate.
const HOST: &str = "10.0.2.2";

/// What a kiosk shows first when it works. One that was cut off before an open door goes on there.
const FIRST_PAGES: [&str; 3] = ["idle", "staff_place", "take_goods"];

/// Everything around a board.
pub struct Rig {
    /// Backend and customs; its hands reach the devices.
    pub product: Product,
    _devices: Program,
    /// The board, while its power is on.
    pub board: Option<Board>,
    /// What the board is made of.
    pub parts: Parts,
    boots: u32,
}

impl Rig {
    /// Starts everything but the board, and makes its disk.
    ///
    /// # Errors
    /// With the log of what did not start.
    pub async fn start(name: &str, image: &Image) -> Result<Self> {
        let dir = product::fresh_dir(&format!("pi-{name}"))?;
        let setup = Setup { with_kiosk: false, ..Setup::quick(&dir) };
        let mut product = Product::start(setup).await?;
        let folder = dir.join("devices");
        fs::create_dir_all(&folder)?;
        let words = ["--dir", &folder.to_string_lossy(), "--listen", "127.0.0.1:0"].map(Into::into);
        let devices = Program::start("pickup-hw-mock", &words, &dir.join("devices.log")).await?;
        let pin = std::mem::take(&mut product.hands.pin);
        product.hands = Hands::at(&devices.told("http")?)?.with_pin(pin);
        let disk = dir.join("disk.img");
        let screen = as_seen_by_a_board(&devices.told("screen")?)?;
        let all = ["scanner", "idcard", "printer", "lock"];
        let kiosk = settings(&all, &screen);
        let display = format!("{kiosk}\n[screen]\nmode = \"display\"\n");
        let with_pins = |wired: &pins::Wired| {
            settings(&["scanner", "idcard", "printer"], &screen) + &pins::settings(wired)
        };
        let (pins, registers) = (with_pins(&pins::VIRT), with_pins(&pins::RASPI3B));
        let all = [("kiosk", kiosk), ("display", display), ("pins", pins), ("registers", registers)];
        disk::make(&disk, &all)?;
        let code = one_time_code(&dir).await?;
        let facts = vec![
            format!("backend={}", as_seen_by_a_board(&product.kiosk_url())?),
            format!("code={code}"),
            format!("now={}", jiff::Timestamp::now().as_second()),
        ];
        let parts = Parts {
            machine: Machine::Virt,
            image: image.clone(),
            disk,
            devices: folder,
            facts,
            more: Vec::new(),
        };
        Ok(Self { product, _devices: devices, board: None, parts, boots: 0 })
    }

    /// The folder everything is kept in.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.product.dir().to_path_buf()
    }

    /// Switches the board on and waits until its kiosk shows its first page.
    ///
    /// # Errors
    /// With the end of what it said, when it does not come up.
    pub async fn boot(&mut self) -> Result<()> {
        self.boots += 1;
        let now = format!("now={}", jiff::Timestamp::now().as_second());
        self.parts.facts.retain(|fact| !fact.starts_with("now="));
        self.parts.facts.push(now);
        let console = self.dir().join(format!("board-{}.log", self.boots));
        let mut board = Board::boot(&self.parts, &console)?;
        board.until_ready().await?;
        self.board = Some(board);
        self.product.hands.until_screen(&FIRST_PAGES, PATIENCE).await.map(drop)
    }

    /// Cuts the board's power.
    ///
    /// # Errors
    /// When it was not on.
    pub async fn cut(&mut self) -> Result<()> {
        self.board.take().context("the board is off")?.cut().await
    }
}

/// `127.0.0.1` is the board itself.
fn as_seen_by_a_board(address: &str) -> Result<String> {
    let (before, after) = address.split_once("127.0.0.1").context("not an address of this machine")?;
    Ok(format!("{before}{HOST}{after}"))
}

async fn one_time_code(dir: &Path) -> Result<String> {
    let config = dir.join("backend.toml");
    let words = ["kiosk", "enrol", "--name", KIOSK, "--config", &config.to_string_lossy()].map(Into::into);
    let said = program::output_of("pickup-backend", &words).await?;
    Ok(said.split_whitespace().next_back().context("enrolling printed no code")?.to_owned())
}

fn settings(devices: &[&str], screen: &str) -> String {
    let mut text = "data_dir = \"/data/kiosk\"\n".to_owned();
    for device in devices {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[{device}]\nport = \"/dev/pickup/{device}\"\n");
    }
    let _ = write!(text, "\n[bench]\nscreen = \"{screen}\"\n");
    text
}
