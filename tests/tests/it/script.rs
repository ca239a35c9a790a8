//! The demo's script, whole: what it plays is checked by itself, what it leaves is checked here.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use pickup_tests::{people, product, program};
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
    nobody_is_written_down(&out.join("run"))?;
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

/// No buyer's ID number stands in what backend and kiosk kept, nor in any log.
fn nobody_is_written_down(run: &Path) -> Result<()> {
    let mut kept = files_below(&run.join("backend"))?;
    kept.extend(files_below(&run.join("kiosk"))?);
    kept.extend(filed::files(run, "log")?);
    let names: Vec<String> = kept.iter().map(|path| path.display().to_string()).collect();
    let database =
        if std::env::var_os("PICKUP_TEST_POSTGRES").is_some() { "keys.json" } else { "backend.db" };
    for needed in [database, "journal.db", "backend.log", "kiosk.log", "devices.log"] {
        ensure!(names.iter().any(|name| name.ends_with(needed)), "no {needed} in {names:?}");
    }
    let numbers: Vec<String> = people::all()?.into_iter().map(|person| person.id_number).collect();
    for path in kept {
        let bytes = std::fs::read(&path)?;
        for number in &numbers {
            let found = bytes.windows(number.len()).any(|window| window == number.as_bytes());
            ensure!(!found, "an ID number stands in {}", path.display());
        }
    }
    Ok(())
}

fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("no folder {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}
