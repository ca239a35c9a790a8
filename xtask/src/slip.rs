//! `cargo xtask slip`: the kiosk's slip as an ESC/POS emulator that shares nothing with this project prints it, and its QR
//! code as an independent decoder reads it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::args::Install;
use crate::deb::quietly;
use crate::debian::{self, Package};
use crate::{cargo, chroot};

pub const HELP: &str = "\
cargo xtask slip [--no-build] [--keep] [--json] [--yes] [--no-install]

Sends the sample slip of pickup-kiosk to emupos (PyPI), which prints it as a picture, and has zbarimg
read the QR code from that. The emulator wants a newer Python than Debian 12 has, so it is installed
in a small Debian 13 under target/slip/ (once; needs root and the network).

  --no-build   takes the kiosk as it was built last
  --keep       puts the picture into docs/images
  --json       prints one object with what was found";

/// Options of `slip`.
#[derive(Debug, PartialEq, Eq)]
pub struct Slip {
    /// Use the kiosk's program as it was built last.
    pub no_build: bool,
    /// Keep the picture among the documents.
    pub keep: bool,
    /// Print one object at the end.
    pub json: bool,
    /// What to do about missing packages.
    pub install: Install,
}

const TOOLS: &[Package] = &[
    Package { name: "debootstrap", reason: "makes the small Debian for the emulator" },
    Package { name: "zbar-tools", reason: "zbarimg reads the code on the slip" },
];

/// The emulator, in the version whose picture was looked at.
const EMULATOR: &str = "emupos==0.4.0";
const RELEASE: &str = "trixie";
const PACKAGES: &str = "python3,python3-venv,ca-certificates";
/// The slip number of the kiosk's sample, which is what its code says.
const SAMPLE: &str = "TEST000000000000";
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints, looks and reads; `false` never, because what is wrong is an error that says so.
pub fn run(options: &Slip) -> Result<bool> {
    debian::ensure(&[TOOLS], options.install)?;
    if !options.no_build && !cargo::passes(&mut cargo::cargo(&["build", "--package", "pickup-kiosk"])?)? {
        bail!("the kiosk could not be built: the compiler's message is above");
    }
    let began = Instant::now();
    let folder = cargo::target_dir()?.join("slip");
    let root = folder.join("debian");
    ready(&root)?;
    let picture = folder.join("slip.png");
    print(&folder, &root, &picture)?;
    let read = quietly(Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&picture))?;
    ensure!(read.trim() == SAMPLE, "the code on {} says {read:?} instead of {SAMPLE}", picture.display());
    let (wide, high) = size(&picture)?;
    if options.keep {
        fs::copy(&picture, cargo::root()?.join("docs/images/slip-emulated.png"))?;
    }
    let seconds = began.elapsed().as_secs();
    if options.json {
        println!("{{\"code\":\"{SAMPLE}\",\"wide\":{wide},\"high\":{high},\"seconds\":{seconds}}}");
    } else {
        println!("{} ({wide} × {high} dots), its code says {SAMPLE}; {seconds} s", picture.display());
    }
    Ok(true)
}

/// The small Debian with the emulator in it.
fn ready(root: &Path) -> Result<()> {
    chroot::ensure(root, RELEASE, PACKAGES)?;
    if root.join("opt/emulator/bin/emupos").exists() {
        return Ok(());
    }
    // Where this machine finds the network, the emulator's installer finds it too.
    for file in ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"] {
        if Path::new(file).exists() {
            fs::copy(file, root.join(file.trim_start_matches('/')))?;
        }
    }
    let install = format!("python3 -m venv /opt/emulator && /opt/emulator/bin/pip install -q {EMULATOR}");
    let mut command = chroot::command(root, &["sh", "-c", &install]);
    for name in ["HTTPS_PROXY", "https_proxy", "PIP_INDEX_URL", "PIP_CERT"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    quietly(&mut command).map(drop).context("the emulator could not be installed")
}

/// A running emulator. Dropped, it is gone.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Prints the sample and fetches the picture of it.
fn print(folder: &Path, root: &Path, picture: &Path) -> Result<()> {
    let home = root.join("srv/slip");
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home)?;
    let (control, printer) = (free_port()?, free_port()?);
    fs::write(home.join("emupos.yaml"), rack(control, printer))?;
    let log = fs::File::create(folder.join("emulator.log"))?;
    let mut command =
        chroot::command(root, &["sh", "-c", "cd /srv/slip && exec /opt/emulator/bin/emupos run"]);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let _emulator = Emulator(command.spawn().context("unshare could not be started")?);
    until("the emulator to listen", || Ok(TcpStream::connect(("127.0.0.1", control)).ok().map(drop)))
        .with_context(|| format!("see {}", folder.join("emulator.log").display()))?;
    fs::create_dir_all(folder.join("kiosk"))?;
    let settings = folder.join("kiosk.toml");
    fs::write(&settings, kiosk(folder, printer))?;
    let program = cargo::target_dir()?.join("debug/pickup-kiosk");
    quietly(Command::new(program).args(["print", "--config"]).arg(&settings))?;
    let made = until("the emulator's picture", || picture_in(&home))?;
    fs::copy(made, picture).map(drop).context("the picture could not be fetched")
}

fn rack(control: u16, printer: u16) -> String {
    format!(
        "schema: 1
api: {{ host: 127.0.0.1, port: {control} }}
devices:
  - id: slip
    type: printer
    profile: epson-tm-t20iii
    connections:
      - tcp: {{ port: {printer} }}
    receipts_dir: ./receipts
"
    )
}

/// The emulator tells of each byte it does not know, which takes it longer than a printer would to answer.
fn kiosk(folder: &Path, printer: u16) -> String {
    format!(
        "data_dir = \"{}\"
[printer]
port = \"127.0.0.1:{printer}\"
link = \"tcp\"
confirm = \"status\"
answer_ms = 10000
",
        folder.join("kiosk").display()
    )
}

/// The first picture anywhere below a folder, once it is whole: a PNG ends with its mark `IEND`.
fn picture_in(folder: &Path) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = picture_in(&path)? {
                return Ok(Some(found));
            }
        } else if path.extension().is_some_and(|end| end == "png") {
            let bytes = fs::read(&path)?;
            if bytes.windows(4).rev().take(16).any(|mark| mark == b"IEND") {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// Dots across and down, from the head of the PNG.
fn size(picture: &Path) -> Result<(u32, u32)> {
    let bytes = fs::read(picture)?;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?));
    number(16).zip(number(20)).context("the picture has no head")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "{what} took longer than {} s", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_picture_is_read_from_its_head() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images/slip-text.png");
        assert_eq!(size(&kept).unwrap().0, 576);
    }

    #[test]
    fn a_picture_counts_once_it_is_whole() {
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
        assert!(picture_in(&images).unwrap().is_some());
        assert!(picture_in(&images.join("../../xtask")).unwrap().is_none());
    }
}
