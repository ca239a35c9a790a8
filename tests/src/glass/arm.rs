//! The two that are compared: the kiosk's program and a browser in kiosk mode, each as the processes it consists of.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use rustix::fs::{Advice, fadvise, fsync};

use crate::processes;
use crate::program;

const PAGE: &str = include_str!("page.html");
const FONTS: [(&str, &[u8]); 2] = [
    ("PickupSansSC-Regular.otf", include_bytes!("../../../ui/fonts/PickupSansSC-Regular.otf")),
    ("PickupSansSC-Bold.otf", include_bytes!("../../../ui/fonts/PickupSansSC-Bold.otf")),
];

/// Where browsers are, the program itself before the script that starts it.
const BROWSERS: [&str; 3] = ["/usr/lib/chromium/chromium", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// What nobody at a kiosk asked for is off, as whoever sets one up would have it; it also makes the browser lighter.
const SWITCHES: [&str; 16] = [
    "--kiosk",
    // Nobody else makes it fill the display: there is no window manager.
    "--window-position=0,0",
    "--window-size=1080,1920",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--noerrdialogs",
    "--password-store=basic",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
];

/// How one of the two is started.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its name in the figures.
    pub name: &'static str,
    program: PathBuf,
    words: Vec<OsString>,
    /// Its own files, beside what it maps.
    folder: PathBuf,
    log: PathBuf,
}

impl Arm {
    /// The kiosk, on settings that show it in a window.
    ///
    /// # Errors
    /// When it is not built.
    pub fn kiosk(settings: &Path, folder: &Path) -> Result<Self> {
        let words = ["run".into(), "--config".into(), settings.into()].to_vec();
        let log = folder.with_extension("log");
        Ok(Self {
            name: "kiosk",
            program: program::path_of("pickup-kiosk")?,
            words,
            folder: folder.into(),
            log,
        })
    }

    /// Chromium in kiosk mode on the page of the same look, which is put into `folder`.
    ///
    /// # Errors
    /// When it is not installed or the page cannot be written.
    pub fn browser(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let page = folder.join("page.html");
        fs::write(&page, PAGE)?;
        for (name, bytes) in FONTS {
            fs::write(folder.join(name), bytes)?;
        }
        let found = BROWSERS.into_iter().map(PathBuf::from).find(|path| path.exists());
        let program = found.context("Chromium is not installed (Debian package chromium)")?;
        let mut words: Vec<OsString> = SWITCHES.into_iter().map(OsString::from).collect();
        // Its own sandbox does not work as root.
        if rustix::process::getuid().is_root() {
            words.push("--no-sandbox".into());
        }
        words.push(format!("--user-data-dir={}", folder.join("profile").display()).into());
        words.push(format!("file://{}", page.display()).into());
        let log = folder.with_extension("log");
        Ok(Self { name: "chromium", program, words, folder: folder.into(), log })
    }

    /// The same on an address that ends in `mark`: the last word that it is started with is an address.
    #[must_use]
    pub fn at(&self, mark: &str) -> Self {
        let mut other = self.clone();
        if let Some(address) = other.words.last_mut() {
            address.push(mark);
        }
        other
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self) -> Result<Running> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.args(&self.words).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Nobody types: of a locale, a window reads the tables of keys that make letters together.
        command.env("LC_ALL", "C");
        let began = Instant::now();
        let child = command.spawn();
        let child = child.with_context(|| format!("{} could not be started", self.program.display()))?;
        Ok(Running { began, child, log: self.log.clone() })
    }

    /// Makes the system forget what it holds in memory of these files and of the arm's own, so that the next start reads them
    /// from the disk. What a running program has mapped stays.
    ///
    /// # Errors
    /// When the arm's folder cannot be read.
    pub fn make_cold(&self, mapped: &BTreeSet<PathBuf>) -> Result<()> {
        let mut files: Vec<PathBuf> = mapped.iter().cloned().collect();
        files.push(self.program.clone());
        files_below(&self.folder, &mut files)?;
        for path in files {
            // A file that went meanwhile is as cold as can be.
            let Ok(file) = File::open(&path) else { continue };
            let _ = fsync(&file);
            let _ = fadvise(&file, 0, None, Advice::DontNeed);
        }
        Ok(())
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files_below(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// One that runs. Dropped, it is ended with all it started.
pub struct Running {
    /// When it was started.
    pub began: Instant,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Its processes.
    ///
    /// # Errors
    /// When it has ended, with what it said.
    pub fn family(&mut self) -> Result<Vec<u32>> {
        if let Some(status) = self.child.try_wait()? {
            bail!("it ended ({status})\n{}", program::tail(&self.log));
        }
        processes::family(self.child.id())
    }

    /// Memory of all its processes, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pss_kib(&mut self) -> Result<u64> {
        // One of several may end between the two looks.
        Ok(self.family()?.into_iter().filter_map(|id| processes::pss_kib(id).ok()).sum())
    }

    /// Processor time of all its processes so far, in ticks.
    ///
    /// # Errors
    /// When it has ended.
    pub fn ticks(&mut self) -> Result<u64> {
        Ok(self.family()?.into_iter().filter_map(|id| processes::ticks(id).ok()).sum())
    }

    /// Files that its processes have mapped.
    ///
    /// # Errors
    /// When it has ended.
    pub fn mapped(&mut self) -> Result<BTreeSet<PathBuf>> {
        Ok(self.family()?.into_iter().filter_map(|id| processes::mapped(id).ok()).flatten().collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        processes::end_children(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
