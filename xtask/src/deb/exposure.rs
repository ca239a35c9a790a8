//! How exposed a unit leaves the system, by `systemd-analyze security`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Product, quietly};
use crate::cargo;

/// The most a unit of ours may score, in tenths of a point.
const MOST_TENTHS: u32 = 30;

/// Prints the score of a product's unit; an error when it is too high.
pub fn check(product: Product) -> Result<()> {
    let unit = cargo::root()?.join("deploy/systemd").join(format!("{}.service", product.program()));
    let said = quietly(
        Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager"]).arg(&unit),
    )?;
    let tenths = overall(&said)
        .with_context(|| format!("systemd-analyze gave no overall score of {}", unit.display()))?;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    println!("{}.service: exposure {whole}.{tenth} of at most 3.0", product.program());
    ensure!(
        tenths <= MOST_TENTHS,
        "{} is too exposed: `systemd-analyze security --offline=true` lists why",
        unit.display()
    );
    Ok(())
}

/// The score in tenths from the last line, such as `→ Overall exposure level for x.service: 1.7 OK`.
fn overall(said: &str) -> Option<u32> {
    let line = said.lines().rev().find(|line| line.contains("Overall exposure level"))?;
    let score = line.rsplit_once(": ")?.1.split_whitespace().next()?;
    let (whole, tenth) = score.split_once('.')?;
    whole.parse::<u32>().ok()?.checked_mul(10)?.checked_add(tenth.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_read_in_tenths() {
        assert_eq!(overall("table\n→ Overall exposure level for pickup.service: 1.7 OK 🙂\n"), Some(17));
        assert_eq!(overall("→ Overall exposure level for pickup.service: 9.6 UNSAFE 😨\n"), Some(96));
        assert_eq!(overall("Failed to load\n"), None);
    }
}
