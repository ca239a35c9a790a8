//! The words after `cargo xtask deb`.

use super::{Architecture, Deb, Product};
use crate::args::{Command, Flags};

const HELP: &str = "\
cargo xtask deb [--arch arm64|amd64] [--package kiosk|backend] [--check] [--no-build] [--yes] [--no-install]

Makes bonded-pickup-kiosk and bonded-pickup-backend for amd64 and arm64, or those that are named, in
target/deb/. Each unit's exposure by `systemd-analyze security` is printed and must be at most 3.0.

  --check      tries them: contents, lintian, units; those of this machine's architecture are installed,
               run and purged in a small Debian under target/deb/ (needs root), others run under qemu
  --no-build   takes the programs as they were built last";

/// Reads them; the error is a sentence for the person who typed them.
pub fn parse(rest: &[&str]) -> Result<Command, String> {
    let (mut architectures, mut products, mut flags) = (Vec::new(), Vec::new(), Vec::new());
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "--arch" => architectures.push(architecture(words.next())?),
            "--package" => products.push(product(words.next())?),
            flag => flags.push(flag),
        }
    }
    let flags = Flags::read(&flags, &["--check", "--no-build", "--yes", "--no-install"])?;
    if flags.help {
        return Ok(Command::Help(HELP));
    }
    if architectures.is_empty() {
        architectures = vec![Architecture::Amd64, Architecture::Arm64];
    }
    if products.is_empty() {
        products = vec![Product::Kiosk, Product::Backend];
    }
    Ok(Command::Deb(Deb {
        architectures,
        products,
        check: flags.has("--check"),
        no_build: flags.has("--no-build"),
        install: flags.install()?,
    }))
}

fn architecture(word: Option<&&str>) -> Result<Architecture, String> {
    match word {
        Some(&"amd64") => Ok(Architecture::Amd64),
        Some(&"arm64") => Ok(Architecture::Arm64),
        _ => Err("--arch needs amd64 or arm64.".to_owned()),
    }
}

fn product(word: Option<&&str>) -> Result<Product, String> {
    match word {
        Some(&"kiosk") => Ok(Product::Kiosk),
        Some(&"backend") => Ok(Product::Backend),
        _ => Err("--package needs kiosk or backend.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Install;

    #[test]
    fn without_words_everything_is_packaged_for_both_architectures() {
        let Ok(Command::Deb(deb)) = parse(&["--yes"]) else { panic!("not read") };
        assert_eq!((deb.architectures.len(), deb.products.len(), deb.check), (2, 2, false));
        assert_eq!(deb.install, Install::Yes);
    }

    #[test]
    fn one_package_of_one_architecture_can_be_named() {
        let Ok(Command::Deb(deb)) = parse(&["--arch", "arm64", "--package", "kiosk", "--check"]) else {
            panic!("not read")
        };
        assert_eq!((deb.architectures, deb.products), (vec![Architecture::Arm64], vec![Product::Kiosk]));
        assert!(deb.check);
        assert!(parse(&["--arch", "riscv64"]).is_err());
    }
}
