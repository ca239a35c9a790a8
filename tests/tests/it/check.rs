//! `pickup-kiosk check` finds what is wrong and says so.

use anyhow::{Context, Result, ensure};
use pickup_tests::product::{self, Product};
use serde_json::Value;

use crate::shell;

/// Subject → code, of everything found.
async fn found(product: &Product) -> Result<(bool, Vec<(String, String)>)> {
    let said = shell::run(product, &["check", "--json"]).await?;
    let object: Value =
        serde_json::from_str(&said.out).with_context(|| format!("{}{}", said.out, said.err))?;
    let findings = object.get("findings").and_then(Value::as_array).context("no findings")?;
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    ensure!(object.get("good") == Some(&Value::Bool(said.well)), "the exit status says otherwise: {object}");
    Ok((said.well, findings.iter().map(|one| (text(one, "subject"), text(one, "code"))).collect()))
}

fn code_of<'a>(found: &'a [(String, String)], subject: &str) -> &'a str {
    found.iter().find(|(of, _)| of == subject).map_or("nothing", |(_, code)| code)
}

#[tokio::test]
async fn a_kiosk_is_checked_whole_and_broken_and_not_while_it_runs() -> Result<()> {
    product::play("check", async |product| {
        let (well, running) = found(product).await?;
        ensure!(!well && code_of(&running, "devices") == "in_use", "{running:?}");
        product.kill_kiosk().await?;

        let (well, whole) = found(product).await?;
        for subject in
            ["scanner", "idcard", "printer", "doors", "certificate", "backend", "clock", "disk", "journal"]
        {
            ensure!(code_of(&whole, subject) == "good", "{subject}: {whole:?}");
        }
        ensure!(well, "nothing is bad: {whole:?}");

        product.hands.fault("printer", "paper_out").await?;
        product.hands.fault("idcard", "silent").await?;
        product.hands.fault("lock", "silent").await?;
        product.kill_backend().await?;
        let (well, broken) = found(product).await?;
        ensure!(!well, "{broken:?}");
        for (subject, code) in [("printer", "paper_out"), ("idcard", "no_answer"), ("backend", "unreachable")]
        {
            ensure!(code_of(&broken, subject) == code, "{subject}: {broken:?}");
        }
        ensure!(code_of(&broken, "lock") != "nothing", "a silent board is told of: {broken:?}");
        ensure!(code_of(&broken, "scanner") == "good", "one broken device does not hide another: {broken:?}");

        let said = shell::run(product, &["check"]).await?;
        ensure!(said.out.contains("put in a new roll") && said.out.contains("cannot work"), "{}", said.out);
        product.start_backend().await
    })
    .await
}
