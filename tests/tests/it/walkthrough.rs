//! The walk-through of the shop API, run as it stands in the document.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pickup_tests::product::{self, Setup};
use serde_json::Value;
use tokio::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/shop-api.md");
const LIMIT: Duration = Duration::from_secs(120);

/// The blocks of a document that are marked `sh`, in their order.
fn blocks(document: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in document.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (None, _) => {}
            (Some(done), "```") => {
                blocks.push(std::mem::take(done));
                block = None;
            }
            (Some(open), line) => {
                open.push_str(line);
                open.push('\n');
            }
        }
    }
    blocks
}

/// Runs them as one script in a folder; what it said.
async fn run(dir: &Path, shop: &str, key: &str, sandbox_key: &str) -> Result<String> {
    let script = dir.join("walkthrough.sh");
    std::fs::write(&script, format!("set -euo pipefail\n{}", blocks(DOCUMENT).join("\n")))?;
    let mut bash = Command::new("bash");
    bash.arg(&script).current_dir(dir).env("SHOP", shop).env("KEY", key).env("SANDBOX_KEY", sandbox_key);
    bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let done = tokio::time::timeout(LIMIT, bash.output()).await.context("it takes too long")??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&done.stdout), text(&done.stderr));
    ensure!(done.status.success(), "it ended with {}:\n{out}\n{err}", done.status);
    Ok(out)
}

#[tokio::test]
async fn the_walk_through_of_the_shop_api_works_as_written() {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("walkthrough").unwrap()) };
    let played = product::play_on(setup, async |product| {
        let key = std::fs::read_to_string(product.dir().join("backend/shop-api-key.txt"))?;
        let dir = product.dir().join("shop");
        std::fs::create_dir_all(&dir)?;
        let said = run(&dir, &product.shop_url(), key.trim(), &product.sandbox_key().await?).await?;
        for wanted in [
            "\"regime\"",
            "BP1",
            "order.released",
            "CURRENCY",
            "whsec_",
            "cancelled",
            "\"sandbox\":true",
            "{\"type\":\"order.deposited\",\"sandbox\":true,\"order_no\":\"TRY-4-COLLECT\"}",
            "{\"type\":\"order.collected\",\"sandbox\":true,\"order_no\":\"TRY-4-COLLECT\"}",
            "{\"type\":\"order.returned\",\"sandbox\":true,\"order_no\":\"TRY-5-RETURN\"}",
        ] {
            ensure!(said.contains(wanted), "{wanted} was not said:\n{said}");
        }
        let state = product.shop.look_up("SHOP-0001").await?;
        // It was asked to be cancelled afterwards; customs may have answered that by now.
        let receipts = state.pointer("/declaration/receipts").and_then(Value::as_array);
        let released = receipts.is_some_and(|all| all.iter().any(|receipt| receipt["status"] == 800));
        ensure!(released, "{state}");
        Ok(())
    });
    played.await.unwrap();
}

#[test]
fn the_document_has_blocks_to_run() {
    let all = blocks(DOCUMENT);
    assert!(all.len() >= 8, "{}", all.len());
    assert!(blocks("```sh\na\nb\n```\ntext\n```json\n{}\n```\n```sh\nc\n```\n") == ["a\nb\n", "c\n"]);
}
