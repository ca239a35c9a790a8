//! `pickup-kiosk` at a shell, as who looks after the machine uses it.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use pickup_tests::product::Product;
use pickup_tests::program;
use serde_json::Value;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(60);

/// What a command said, and whether it ended well.
pub struct Said {
    pub well: bool,
    pub out: String,
    pub err: String,
}

/// The command with these words on the product's settings.
pub fn command(product: &Product, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(program::path_of("pickup-kiosk")?);
    command.args(words).arg("--config").arg(product.dir().join("kiosk.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

/// Runs a command to its end.
pub async fn run(product: &Product, words: &[&str]) -> Result<Said> {
    let done = tokio::time::timeout(LIMIT, command(product, words)?.output()).await;
    let done = done.with_context(|| format!("{words:?} took longer than a minute"))??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { well: done.status.success(), out: text(&done.stdout), err: text(&done.stderr) })
}

/// What the backend's command with these words says.
pub async fn backend(product: &Product, words: &[&str]) -> Result<String> {
    let config = product.dir().join("backend.toml");
    let words = words.iter().copied().chain(["--config"]).map(OsString::from);
    program::output_of("pickup-backend", &words.chain([config.into()]).collect::<Vec<_>>()).await
}

/// How the backend says the kiosk stands.
pub async fn health(product: &Product) -> Result<Value> {
    let said = backend(product, &["kiosk", "show", "K1", "--json"]).await?;
    serde_json::from_str(&said).with_context(|| format!("not JSON: {said}"))
}
