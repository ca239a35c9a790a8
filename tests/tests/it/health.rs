//! The kiosk tells the backend and the service manager how it stands, and needs nothing but its data directory.

use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pickup_tests::product::{self, Product};
use pickup_tests::program;
use pickup_tests::wait::{self, PATIENCE};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::shell;

/// Waits until the backend shows the device like this.
async fn until_device(product: &Product, name: &str, good: bool, fault: Option<&str>) -> Result<Value> {
    let fault = fault.map_or(Value::Null, Value::from);
    wait::until(&format!("the backend to show {name} {fault}"), PATIENCE, async || {
        let shown = shell::health(product).await?;
        let devices = shown.pointer("/health/devices").and_then(Value::as_array).cloned().unwrap_or_default();
        let device = devices.into_iter().find(|device| device.get("name") == Some(&Value::from(name)));
        let is_so = |d: &Value| d.get("good") == Some(&Value::from(good)) && d.get("fault") == Some(&fault);
        // The first report of all was made while the kiosk was starting.
        let serves = shown.pointer("/health/out_of_service") == Some(&Value::Null)
            && shown.pointer("/health/clock/source") == Some(&Value::from("backend"));
        Ok(device.filter(|device| serves && is_so(device)).map(|_| shown))
    })
    .await
}

#[tokio::test]
async fn the_backend_knows_of_a_fault_of_a_device_and_of_its_end() -> Result<()> {
    product::play("health", async |product| {
        let shown = until_device(product, "printer", true, None).await?;
        ensure!(shown.pointer("/health/journal/good") == Some(&Value::from(true)), "{shown}");
        product.hands.fault("printer", "paper_out").await?;
        let shown = until_device(product, "printer", false, Some("paper_out")).await?;
        let devices = shown.pointer("/health/devices").and_then(Value::as_array).context("no devices")?;
        let traced =
            |device: &Value| device.get("trace").and_then(Value::as_array).is_some_and(|t| !t.is_empty());
        ensure!(devices.len() == 4 && devices.iter().all(traced), "{shown}");
        product.hands.mend("printer").await?;
        until_device(product, "printer", true, None).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn whoever_touches_help_is_a_task_for_staff_at_once() -> Result<()> {
    product::play("help", async |product| {
        product.hands.press("help").await?;
        product.hands.until_screen(&["help"], PATIENCE).await?;
        wait::until("the task of the call", PATIENCE, async || {
            let tasks = shell::backend(product, &["tasks", "list"]).await?;
            Ok((tasks.contains("call") && tasks.contains("HELP_ASKED")).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_door_that_is_forced_is_a_task_for_staff_at_once_and_says_which() -> Result<()> {
    product::play("forced", async |product| {
        product.hands.force_door(6).await?;
        wait::until("the task of the call", PATIENCE, async || {
            let tasks = shell::backend(product, &["tasks", "list"]).await?;
            Ok((tasks.contains("DOOR_UNASKED") && tasks.contains(r#""about":"6""#)).then_some(()))
        })
        .await?;
        product.hands.until_screen(&["idle"], PATIENCE).await.context("shoppers are served on")?;
        ensure!(product.hands.close_doors().await? == [6], "only that door stood open");
        Ok(())
    })
    .await
}

/// A kiosk with nothing in its environment, in a folder in which nothing can be written.
fn start_bare(product: &Product, socket: &std::path::Path) -> Result<Child> {
    let mut command = Command::new(program::path_of("pickup-kiosk")?);
    command.args(["run", "--config"]).arg(product.dir().join("kiosk.toml"));
    command.env_clear().env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "4000000").current_dir("/proc");
    let log = std::fs::File::options().create(true).append(true).open(product.dir().join("kiosk.log"))?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
    command.spawn().context("the kiosk could not be started")
}

fn until_said(manager: &UnixDatagram, wanted: &str) -> Result<()> {
    let (deadline, mut buffer, mut heard) = (Instant::now() + PATIENCE, [0; 512], Vec::new());
    manager.set_read_timeout(Some(Duration::from_millis(200)))?;
    while Instant::now() < deadline {
        let Ok(count) = manager.recv(&mut buffer) else { continue };
        let text = String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned();
        if text.lines().any(|line| line == wanted) {
            return Ok(());
        }
        heard.push(text);
    }
    bail!("the kiosk never said {wanted}: {heard:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_needs_only_its_data_directory_and_tells_the_service_manager_that_it_lives() -> Result<()> {
    product::play("watchdog", async |product| {
        product.kill_kiosk().await?;
        let socket = std::env::temp_dir().join(format!("pickup-notify-{}", std::process::id()));
        let manager = UnixDatagram::bind(&socket)?;
        let mut kiosk = start_bare(product, &socket)?;
        for wanted in ["READY=1", "WATCHDOG=1", "STATUS=free", "WATCHDOG=1"] {
            tokio::task::block_in_place(|| until_said(&manager, wanted))?;
        }
        product.hands.until_screen(&["idle"], PATIENCE).await?;
        let id = kiosk.id().context("the kiosk has ended")?.to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status().await?.success());
        tokio::task::block_in_place(|| until_said(&manager, "STOPPING=1"))?;
        ensure!(kiosk.wait().await?.success(), "it did not end in order");
        std::fs::remove_file(&socket)?;
        Ok(())
    })
    .await
}
