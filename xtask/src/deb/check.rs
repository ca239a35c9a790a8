//! Tries packages: what they hold, what lintian says, whether their units load, and whether they install, run and go.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Made, Product, folder, quietly, trial};
use crate::debian::{self, Package};
use crate::pi::cross;

/// Needed to try packages.
pub const TOOLS: &[Package] = &[
    Package { name: "lintian", reason: "knows the rules for packages" },
    Package { name: "debootstrap", reason: "makes the small Debian that packages are installed in" },
    Package { name: "qemu-user", reason: "runs programs of the other architecture" },
];

/// Tries each package; an error names the first thing that is wrong.
pub fn run(packages: &[Made]) -> Result<()> {
    let native = debian::native()?;
    for made in packages {
        println!("Trying {}", made.file.display());
        contents(made)?;
        lintian(made)?;
        let unpacked = unpack(made)?;
        units(made, &unpacked)?;
        if made.architecture.name() != native {
            let program = unpacked.join("usr/bin").join(made.product.program());
            let said = quietly(cross::emulated(&program).arg("--version"))?;
            println!("  unpacked and run by qemu: {}", said.trim());
        }
    }
    let ours: Vec<&Made> = packages.iter().filter(|made| made.architecture.name() == native).collect();
    if ours.is_empty() {
        return Ok(());
    }
    trial::install_run_and_purge(&ours)
}

/// What a package of this product must hold.
fn wanted(product: Product) -> Vec<String> {
    let (package, program) = (product.package(), product.program());
    let mut paths = vec![
        format!("./usr/bin/{program}"),
        format!("./usr/lib/systemd/system/{program}.service"),
        format!("./usr/lib/sysusers.d/{package}.conf"),
        format!("./usr/lib/tmpfiles.d/{package}.conf"),
        format!("./etc/bonded-pickup/{}.toml", product.word()),
        format!("./usr/share/doc/{package}/copyright"),
        format!("./usr/share/doc/{package}/changelog.gz"),
    ];
    if product == Product::Kiosk {
        paths.push(format!("./usr/lib/udev/rules.d/70-{package}.rules"));
    }
    paths
}

fn contents(made: &Made) -> Result<()> {
    let listed = quietly(Command::new("dpkg-deb").arg("--contents").arg(&made.file))?;
    for path in wanted(made.product) {
        ensure!(
            listed.lines().any(|line| line.ends_with(&format!(" {path}"))),
            "{} lacks {path}",
            made.file.display()
        );
    }
    let stranger = listed.lines().find(|line| !line.contains(" root/root "));
    ensure!(stranger.is_none(), "{}: not root's: {}", made.file.display(), stranger.unwrap_or_default());
    let facts = quietly(Command::new("dpkg-deb").arg("--info").arg(&made.file))?;
    let depends =
        facts.lines().find(|line| line.trim().starts_with("Depends:")).context("no dependencies")?;
    println!("  {} files; {}", listed.lines().count(), depends.trim());
    Ok(())
}

fn lintian(made: &Made) -> Result<()> {
    // Errors end the trial; warnings are shown for a person to judge.
    let mut command = Command::new("lintian");
    command.args(["--allow-root", "--fail-on", "error", "--tag-display-limit", "0"]).arg(&made.file);
    let output = command.output().context("lintian could not be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().for_each(|line| println!("  {line}"));
    ensure!(output.status.success(), "lintian finds errors in {}", made.file.display());
    println!("  lintian: no errors, {} warnings", said.lines().filter(|line| line.starts_with("W:")).count());
    Ok(())
}

fn unpack(made: &Made) -> Result<std::path::PathBuf> {
    let to = folder()?.join(format!("unpacked-{}-{}", made.product.word(), made.architecture.name()));
    let _ = std::fs::remove_dir_all(&to);
    quietly(Command::new("dpkg-deb").arg("--extract").arg(&made.file).arg(&to))?;
    Ok(to)
}

/// Whether systemd understands the unit as it lies in the package.
fn units(made: &Made, unpacked: &Path) -> Result<()> {
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no", "--root"]).arg(unpacked);
    verify.arg(format!("{}.service", made.product.program()));
    let output = verify.output().context("systemd-analyze could not be started")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "systemd-analyze verify ({}):\n{complaint}", output.status);
    // It warns of what it does not know and still ends well.
    let about_ours = complaint.lines().find(|line| line.contains(".service:"));
    ensure!(about_ours.is_none(), "systemd-analyze verify: {}", about_ours.unwrap_or_default());
    println!("  systemd-analyze verify: nothing to say");
    Ok(())
}
