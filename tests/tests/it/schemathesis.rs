//! Requests that Schemathesis makes from the OpenAPI document of the shop API, and what is answered compared with it.
//!
//! It runs where `PICKUP_SCHEMATHESIS` names the program (pip package `schemathesis`); nothing is installed for it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pickup_tests::product::{self, Setup};
use tokio::process::Command;

const PROGRAM: &str = "PICKUP_SCHEMATHESIS";
const LIMIT: Duration = Duration::from_secs(1_800);
/// Requests made up for each operation.
const EXAMPLES: &str = "30";

/// Runs it against a shop with a key; what it said at the end.
async fn run(program: &Path, dir: &Path, shop: &str, key: &str) -> Result<()> {
    let mut command = Command::new(program);
    command
        .args(["run", &format!("{shop}/shop/v1/openapi.json")])
        .args(["-H", &format!("Authorization: Bearer {key}")])
        .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance", "-n", EXAMPLES])
        .current_dir(dir)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let done = tokio::time::timeout(LIMIT, command.output()).await.context("it takes too long")??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(done.status.success(), "{}\n{}", text(&done.stdout), text(&done.stderr));
    Ok(())
}

#[tokio::test]
async fn what_the_document_says_is_what_is_answered_also_to_nonsense() -> Result<()> {
    let Some(program) = std::env::var_os(PROGRAM) else { return Ok(()) };
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("schemathesis")?) };
    product::play_on(setup, async |product| {
        let key = std::fs::read_to_string(product.dir().join("backend/shop-api-key.txt"))?;
        run(Path::new(&program), product.dir(), &product.shop_url(), key.trim()).await
    })
    .await
}
