//! A small Debian in a folder, in which packages are installed, run, removed and purged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Made, Product, folder, quietly};
use crate::chroot::{self, inside};

/// What every system that the packages are for has already.
const BASE: &str = "systemd,init-system-helpers,udev,ca-certificates,fonts-dejavu-core";

/// Installs the packages in a fresh copy of the small Debian, runs the programs, purges the packages.
pub fn install_run_and_purge(packages: &[&Made]) -> Result<()> {
    let root = fresh_root()?;
    for made in packages {
        let name = made.file.file_name().context("a package without a name")?;
        fs::copy(&made.file, root.join("root").join(name))?;
        let path = format!("/root/{}", name.to_string_lossy());
        inside(&root, &["apt-get", "install", "-y", "-q", "--no-install-recommends", &path])
            .with_context(|| format!("{} does not install", made.file.display()))?;
        try_one(&root, made.product)?;
    }
    for made in packages {
        let package = made.product.package();
        inside(&root, &["apt-get", "purge", "-y", "-q", &package])?;
        // The other package may still be there, with words of this one in its manual pages.
        let left = left(&root)?;
        let named = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name.starts_with(&made.product.program()) || name.contains(&package)
        };
        let left: Vec<&String> = left.iter().filter(named).collect();
        ensure!(left.is_empty(), "purging {package} leaves {left:?}");
        println!("  {package}: purged, nothing left but its data");
    }
    let left = left(&root)?;
    ensure!(left.is_empty(), "purging every package leaves {left:?}");
    quietly(Command::new("rm").arg("-rf").arg(&root)).map(drop)
}

/// Files and folders in the small Debian that are named as the packages name theirs.
fn left(root: &Path) -> Result<Vec<String>> {
    let found =
        inside(root, &["find", "/etc", "/usr", "-name", "*bonded-pickup*", "-o", "-name", "pickup-*"])?;
    Ok(found.lines().map(str::to_owned).collect())
}

fn try_one(root: &Path, product: Product) -> Result<()> {
    let (program, package) = (product.program(), product.package());
    let version = inside(root, &[&program, "--version"])?;
    let user = inside(root, &["id", &program])?;
    let enabled = inside(root, &["systemctl", "is-enabled", &format!("{program}.service")])?;
    ensure!(enabled.trim() == "enabled", "{program}.service is {enabled}");
    let state = inside(root, &["stat", "-c", "%U %a", &format!("/var/lib/{package}")])?;
    ensure!(state.trim() == format!("{program} 700"), "/var/lib/{package} belongs to {state}");
    println!("  {package}: installed, {}, {}", version.trim(), user.trim());
    match product {
        Product::Backend => try_backend(root),
        Product::Kiosk => try_kiosk(root),
    }
}

/// The service starts as its user on the settings as shipped, and its trail verifies.
fn try_backend(root: &Path) -> Result<()> {
    let script = "export PICKUP_BACKEND_CONFIG=/etc/bonded-pickup/backend.toml
        umask 077
        pickup-backend init || exit 1
        timeout --signal=TERM 8 pickup-backend serve > /tmp/said || [ $? = 124 ] || exit 1
        pickup-backend verify || exit 1
        cat /tmp/said";
    let said = inside(
        root,
        &["setpriv", "--reuid=pickup-backend", "--regid=pickup-backend", "--init-groups", "sh", "-c", script],
    )?;
    ensure!(said.contains("READY "), "pickup-backend did not say READY on the settings as shipped: {said}");
    println!("  pickup-backend: serves on the settings as shipped");
    Ok(())
}

/// A kiosk that was never enrolled says so, and what to do.
fn try_kiosk(root: &Path) -> Result<()> {
    let run = "pickup-kiosk run --config /etc/bonded-pickup/kiosk.toml 2>&1; echo status $?";
    let user = ["setpriv", "--reuid=pickup-kiosk", "--regid=pickup-kiosk", "--init-groups"];
    let said = inside(root, &[user.as_slice(), &["sh", "-c", run]].concat())?;
    ensure!(said.contains("enrol the kiosk first") && said.contains("status 1"), "unexpected: {said}");
    println!("  pickup-kiosk: reads the settings as shipped and asks to be enrolled");
    Ok(())
}

/// A fresh copy of the small Debian, which is made once.
fn fresh_root() -> Result<PathBuf> {
    let base = folder()?.join("base");
    chroot::ensure(&base, "bookworm", BASE)?;
    let root = folder()?.join("root");
    quietly(Command::new("rm").arg("-rf").arg(&root))?;
    quietly(Command::new("cp").args(["-a", "--reflink=auto"]).arg(&base).arg(&root))?;
    Ok(root)
}
