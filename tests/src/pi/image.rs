//! What a board boots into: a file system in memory with the kiosk, its libraries, a font and a few lines of shell.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::kernel::Kernel;
use super::tool;

/// Where Debian keeps the libraries of the board.
const LIBRARIES: [&str; 2] = ["/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
const LOADER: &str = "/lib/ld-linux-aarch64.so.1";
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const FONTS_CONF: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\
<dir>/usr/share/fonts</dir><cachedir>/tmp/fonts</cachedir></fontconfig>\n";

/// A kernel and the file system it begins with.
#[derive(Debug, Clone)]
pub struct Image {
    /// The kernel's file.
    pub kernel: PathBuf,
    /// The file system, packed.
    pub initrd: PathBuf,
    /// The parts of a Raspberry Pi 3 B.
    pub device_tree: PathBuf,
}

impl Image {
    /// Packs the kiosk that was built into `pi`.
    ///
    /// # Errors
    /// When it was not built or one of its libraries is not installed.
    pub fn make(pi: &Path) -> Result<Self> {
        let kernel = Kernel::fetch(&pi.join("cache"))?;
        let root = pi.join("initrd");
        let _ = fs::remove_dir_all(&root);
        for folder in ["bin", "etc/fonts", "lib", "modules", "proc", "sys", "dev", "tmp", "data", "run"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let built = pi.join("aarch64-unknown-linux-gnu/kiosk/pickup-kiosk");
        let kiosk = root.join("bin/pickup-kiosk");
        fs::copy(&built, &kiosk)
            .with_context(|| format!("{} is not built: `cargo xtask pi build`", built.display()))?;
        tool::run(Command::new("aarch64-linux-gnu-strip").arg(&kiosk))?;
        fs::copy(kernel.busybox(), root.join("bin/busybox"))?;
        let watcher = root.join("bin/inotifywait");
        fs::copy(kernel.watcher(), &watcher)?;
        libraries(vec![kiosk, watcher], &kernel.libraries(), &root)?;
        modules(&kernel, &root)?;
        fs::create_dir_all(root.join("usr/share/fonts"))?;
        fs::copy(FONT, root.join("usr/share/fonts/DejaVuSans.ttf"))
            .context("fonts-dejavu-core is not installed")?;
        fs::write(root.join("etc/fonts/fonts.conf"), FONTS_CONF)?;
        fs::write(root.join("init"), include_str!("init.sh"))?;
        fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755))?;
        let initrd = pi.join("initrd.cpio");
        let pack = format!("find . -print0 | cpio --null --quiet -o -H newc > {}", initrd.display());
        tool::run(Command::new("sh").args(["-c", &pack]).current_dir(&root))?;
        Ok(Self { kernel: kernel.file(), initrd, device_tree: kernel.device_tree() })
    }
}

fn modules(kernel: &Kernel, root: &Path) -> Result<()> {
    let mut order = String::new();
    for module in kernel.modules()? {
        let name = module.file_name().context("a module without a name")?.to_string_lossy().into_owned();
        fs::copy(&module, root.join("modules").join(&name))?;
        order += &format!("{name}\n");
    }
    Ok(fs::write(root.join("modules/order"), order)?)
}

/// Copies what programs are linked to, and what that is linked to.
fn libraries(programs: Vec<PathBuf>, more: &Path, root: &Path) -> Result<()> {
    fs::copy(LOADER, root.join("lib/ld-linux-aarch64.so.1"))
        .with_context(|| format!("{LOADER} is not there: libc6:arm64 comes with `cargo xtask pi build`"))?;
    let (mut waiting, mut done) = (programs, BTreeSet::new());
    let folders = LIBRARIES.map(Path::new).into_iter().chain([more]);
    while let Some(file) = waiting.pop() {
        let said = tool::run(Command::new("aarch64-linux-gnu-objdump").arg("-p").arg(&file))?;
        for line in said.lines() {
            let Some(name) = line.trim().strip_prefix("NEEDED").map(str::trim) else { continue };
            if name.starts_with("ld-linux") || !done.insert(name.to_owned()) {
                continue;
            }
            let found = folders.clone().map(|folder| folder.join(name)).find(|path| path.exists());
            let found = found.with_context(|| {
                format!("{name} for arm64, which {} needs, is not installed", file.display())
            })?;
            fs::copy(&found, root.join("lib").join(name))?;
            waiting.push(found);
        }
    }
    Ok(())
}
