//! Debian's kernel for the boards, its modules, and a static busybox, and a watcher of files; fetched once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::tool;

/// What the boards need for network, disk, serial lines, screen and touches.
const MODULES: &[&str] = &[
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "xhci_pci",
    "ftdi_sio",
    "crc32c_generic",
    "ext4",
    "virtio_gpu",
    "virtio_input",
    "usbhid",
    "hid-generic",
    "evdev",
    // Of the Raspberry Pi 3: its USB, a network on it, its SD card.
    "phy-generic",
    "dwc2",
    "cdc_ether",
    "bcm2835",
];

const WATCHER: &str = "inotify-tools:arm64";

/// A kernel that was fetched.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Where the packages were unpacked.
    pub root: PathBuf,
    /// Its version, as in the name of its folder of modules.
    pub version: String,
}

impl Kernel {
    /// The kernel, fetched by apt if it is not there.
    ///
    /// # Errors
    /// When apt cannot fetch it, as without a network or without arm64 among dpkg's architectures.
    pub fn fetch(cache: &Path) -> Result<Self> {
        let root = cache.join("kernel");
        if !root.join("complete").exists() {
            download(&cache.join("packages"), &root)?;
        }
        let modules =
            fs::read_dir(root.join("lib/modules"))?.next().context("a kernel without modules")??;
        let version = modules.file_name().to_string_lossy().into_owned();
        Ok(Self { root, version })
    }

    /// The file to boot.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.root.join(format!("boot/vmlinuz-{}", self.version))
    }

    /// What the Raspberry Pi 3 B is made of, for the kernel.
    #[must_use]
    pub fn device_tree(&self) -> PathBuf {
        self.root.join(format!("usr/lib/linux-image-{}/broadcom/bcm2837-rpi-3-b.dtb", self.version))
    }

    /// The static busybox.
    #[must_use]
    pub fn busybox(&self) -> PathBuf {
        self.root.join("bin/busybox")
    }

    /// Tells of each write to a file.
    #[must_use]
    pub fn watcher(&self) -> PathBuf {
        self.root.join("usr/bin/inotifywait")
    }

    /// Where the watcher's own library is.
    #[must_use]
    pub fn libraries(&self) -> PathBuf {
        self.root.join("usr/lib/aarch64-linux-gnu")
    }

    /// The modules of the board, each after those it needs.
    ///
    /// # Errors
    /// When one is not there.
    pub fn modules(&self) -> Result<Vec<PathBuf>> {
        let mut found: Vec<PathBuf> = Vec::new();
        for name in MODULES {
            let mut ask = Command::new("modprobe");
            ask.arg("-d").arg(&self.root).args(["-S", &self.version, "--show-depends", name]);
            for line in tool::run(&mut ask)?.lines() {
                let Some(path) = line.strip_prefix("insmod ").map(|path| PathBuf::from(path.trim())) else {
                    continue;
                };
                if !found.contains(&path) {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }
}

fn download(packages: &Path, root: &Path) -> Result<()> {
    println!("  fetching Debian's kernel and busybox for arm64 (about 60 MB, once)");
    fs::create_dir_all(packages)?;
    let depends = tool::run(Command::new("apt-cache").args(["depends", "linux-image-arm64:arm64"]))?;
    let image = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: linux-image-"));
    let image =
        image.context("apt knows no kernel for arm64: `dpkg --add-architecture arm64 && apt-get update`")?;
    let names = [&format!("linux-image-{image}"), "busybox-static:arm64", WATCHER, "libinotifytools0:arm64"];
    tool::run(Command::new("apt-get").args(["download", "-q"]).args(names).current_dir(packages))?;
    let mut unpacked = 0;
    for entry in fs::read_dir(packages)? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            tool::run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(root))?;
            unpacked += 1;
        }
    }
    ensure!(
        unpacked >= names.len(),
        "{} holds {unpacked} packages: remove it and try again",
        packages.display()
    );
    let modules = fs::read_dir(root.join("lib/modules"))?.next().context("a kernel without modules")??;
    let version = modules.file_name().to_string_lossy().into_owned();
    tool::run(Command::new("depmod").arg("-b").arg(root).arg(&version))?;
    Ok(fs::write(root.join("complete"), "")?)
}
