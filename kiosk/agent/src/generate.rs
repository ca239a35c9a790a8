//! `pickup-kiosk generate`: manual pages and shell completions, for packages.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Command;
use clap_complete::Shell;

/// Writes `man/*.1` and `completions/*` below a directory.
///
/// # Errors
/// When it cannot be written.
pub fn generate(command: Command, dir: &Path) -> Result<()> {
    let mut command = without_help(command);
    let (man, completions) = (dir.join("man"), dir.join("completions"));
    for dir in [&man, &completions] {
        fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    }
    let name = command.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, &name, &completions)?;
    }
    clap_mangen::generate_to(command, &man)?;
    Ok(())
}

/// Nobody reads a page about each page of help.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}
