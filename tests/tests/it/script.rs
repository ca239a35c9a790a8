//! The demo's script, whole: what it plays is checked by itself, what it leaves is checked here.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use pickup_tests::{product, program};
use tokio::process::Command;

use crate::filed;

#[tokio::test]
async fn the_script_plays_the_path_and_three_unhappy_ends_and_leaves_proof() -> Result<()> {
    let out = product::fresh_dir("script")?;
    let mut demo = Command::new(program::path_of("pickup-demo")?);
    demo.args(["--script", "--out"]).arg(&out).stdin(Stdio::null()).kill_on_drop(true);
    let played = demo.output().await?;
    let said = String::from_utf8_lossy(&played.stdout).into_owned();
    ensure!(played.status.success(), "the script failed ({}):\n{said}", played.status);
    for name in ["slip.png", "trail.jsonl", "summary.txt"] {
        ensure!(out.join(name).is_file(), "no {name} was left:\n{said}");
    }
    let pages = filed::files(&out.join("screens"), "png")?;
    for page in ["idle", "present_card", "review", "printing", "take_goods", "done", "refused", "staff_place"]
    {
        let name = format!("{page}.png");
        let found = pages.iter().any(|path| path.to_string_lossy().ends_with(&name));
        ensure!(found, "no picture of {page} in {pages:?}");
    }
    filed::is_valid(&out)?;
    slip_can_be_read(&out.join("slip.png"))?;
    std::fs::remove_dir_all(&out)?;
    Ok(())
}

/// The slip carries a code that a reader decodes from the picture.
fn slip_can_be_read(picture: &Path) -> Result<()> {
    let read = std::process::Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture).output();
    let read = read.context("zbarimg could not be started (Debian package zbar-tools)")?;
    let text = String::from_utf8_lossy(&read.stdout);
    ensure!(read.status.success() && !text.trim().is_empty(), "no code could be read from the slip");
    Ok(())
}
