//! The programs that go into the packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use super::{Architecture, Deb, Product};
use crate::cargo;
use crate::debian::{self, Package};
use crate::pi::cross;

/// Needed beside the usual ones for the screen without a desktop.
const SCREEN: &[Package] = &[
    Package { name: "libinput-dev", reason: "touches, without a desktop" },
    Package { name: "libudev-dev", reason: "finds displays and input devices" },
    Package { name: "libxkbcommon-dev", reason: "keyboards" },
];

/// Builds the programs for an architecture.
pub fn programs(architecture: Architecture, options: &Deb) -> Result<()> {
    let packages: Vec<&str> = options.products.iter().map(|product| product.source()).collect();
    let features = features(&options.products)?;
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    if !is_native(architecture)? {
        return cross::build(&packages, &features, options.install);
    }
    debian::ensure(&[debian::DEMO, SCREEN], options.install)?;
    let locked = |mut command: Command| {
        command.arg("--locked");
        Ok(command)
    };
    if !cargo::build_shipped(&packages, &features, locked)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    Ok(())
}

/// The program of a product, once it is built.
pub fn program(product: Product, architecture: Architecture) -> Result<PathBuf> {
    let folder = if is_native(architecture)? {
        cargo::target_dir()?.join(cargo::shipped(product.source()))
    } else {
        cross::programs(product.source())?
    };
    Ok(folder.join(product.program()))
}

fn is_native(architecture: Architecture) -> Result<bool> {
    let native = debian::native()? == architecture.name();
    ensure!(native || architecture == Architecture::Arm64, "packages for amd64 are built on amd64 only");
    Ok(native)
}

/// The kiosk has all a board may need; a backend that can write its own manual pages does so.
fn features(products: &[Product]) -> Result<Vec<String>> {
    let mut features = Vec::new();
    for product in products {
        match product {
            Product::Kiosk => features.extend(crate::pi::kiosk_features()?),
            Product::Backend if generates()? => features.push(format!("{}/generate", product.source())),
            Product::Backend => {}
        }
    }
    Ok(features)
}

/// Whether the backend has the feature `generate`.
fn generates() -> Result<bool> {
    let manifest = std::fs::read_to_string(cargo::root()?.join("backend/server/Cargo.toml"))?;
    let manifest: toml::Table = manifest.parse()?;
    let features = manifest.get("features").and_then(toml::Value::as_table);
    Ok(features.is_some_and(|features| features.contains_key("generate")))
}
