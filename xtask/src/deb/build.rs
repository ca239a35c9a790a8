//! The programs that go into the packages.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

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

/// Builds the programs for an architecture and gives their folder.
pub fn programs(architecture: Architecture, options: &Deb) -> Result<PathBuf> {
    let native = debian::native()? == architecture.name();
    let folder = match (native, architecture) {
        (true, _) => cargo::target_dir()?.join("release"),
        (false, Architecture::Arm64) => cross::folder()?.join(cross::TARGET).join("release"),
        (false, Architecture::Amd64) => bail!("packages for amd64 are built on amd64 only"),
    };
    if options.no_build {
        return Ok(folder);
    }
    let packages: Vec<&str> = options.products.iter().map(|product| product.source()).collect();
    let features = features(&options.products)?;
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    if !native {
        return cross::build(&packages, &features, options.install);
    }
    debian::ensure(&[debian::DEMO, SCREEN], options.install)?;
    let mut arguments = vec!["build", "--release", "--locked"];
    packages.iter().for_each(|package| arguments.extend(["--package", package]));
    features.iter().for_each(|feature| arguments.extend(["--features", feature]));
    if !cargo::passes(&mut cargo::cargo(&arguments)?)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    Ok(folder)
}

/// The kiosk draws on the screen itself; programs that can write their own manual pages do so.
fn features(products: &[Product]) -> Result<Vec<String>> {
    let root = cargo::root()?;
    let mut features = Vec::new();
    for product in products {
        let folder = match product {
            Product::Kiosk => {
                features.push("pickup-kiosk/linuxkms".to_owned());
                root.join("kiosk/agent")
            }
            Product::Backend => root.join("backend/server"),
        };
        if generates(&folder)? {
            features.push(format!("{}/generate", product.source()));
        }
    }
    Ok(features)
}

/// Whether a crate has the feature `generate`: its program then writes manual pages and completions.
fn generates(folder: &Path) -> Result<bool> {
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml"))?.parse()?;
    let features = manifest.get("features").and_then(toml::Value::as_table);
    Ok(features.is_some_and(|features| features.contains_key("generate")))
}
