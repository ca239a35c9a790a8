//! The kiosk's journal damaged, and its disk full: closed, said so, and open again.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use pickup_tests::pilot::Progress;
use pickup_tests::product::{self, Product};
use pickup_tests::program;
use pickup_tests::wait::{self, PATIENCE};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::journey::{LIMIT, LINES, buyer, depositor};
use crate::shell;

/// What a worn-out flash card does: pages that are not what was written.
async fn damage(product: &Product) -> Result<()> {
    // So that the file is whole without its log of what was written last.
    ensure!(shell::run(product, &["journal", "prune"]).await?.well);
    let mut file = OpenOptions::new().write(true).open(product.dir().join("kiosk/journal.db"))?;
    file.seek(SeekFrom::Start(100))?;
    Ok(file.write_all(&[0xA5; 3_000])?)
}

#[tokio::test]
async fn a_damaged_journal_closes_the_kiosk_until_it_is_set_aside() -> Result<()> {
    product::play("journal-damaged", async |product| {
        product.kill_kiosk().await?;
        ensure!(shell::run(product, &["journal", "check"]).await?.well);
        damage(product).await?;
        product.start_kiosk().await?;
        product.hands.until_screen(&["out_of_service"], PATIENCE).await?;
        wait::until("the log to say what to do", PATIENCE, async || {
            let log = fs::read_to_string(product.dir().join("kiosk.log"))?;
            Ok(log.contains("pickup-kiosk journal set-aside").then_some(()))
        })
        .await?;
        let said = shell::run(product, &["journal", "set-aside", "--yes"]).await?;
        ensure!(!said.well && said.err.contains("is running"), "{}{}", said.out, said.err);

        product.kill_kiosk().await?;
        let said = shell::run(product, &["journal", "check"]).await?;
        ensure!(!said.well && said.out.contains("DAMAGED"), "{}", said.out);
        // Nobody answers, so nothing happens.
        ensure!(!shell::run(product, &["journal", "set-aside"]).await?.well);
        ensure!(shell::run(product, &["journal", "set-aside", "--yes"]).await?.well);
        product.start_kiosk().await?;
        product.hands.until_screen(&["idle"], PATIENCE).await.map(drop)
    })
    .await
}

/// A kiosk whose files can be kept from growing, as on a full disk.
async fn start_limited(product: &Product) -> Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command
        .arg(program::path_of("pickup-kiosk")?)
        .args(["run", "--config"])
        .arg(product.dir().join("kiosk.toml"));
    let log = File::options().create(true).append(true).open(product.dir().join("kiosk.log"))?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
    let mut kiosk = command.spawn().context("the kiosk could not be started")?;
    let mut lines = BufReader::new(kiosk.stdout.take().context("no standard output")?).lines();
    ensure!(lines.next_line().await?.is_some_and(|line| line.starts_with("READY")), "not ready");
    Ok(kiosk)
}

async fn limit(kiosk: &Child, bytes: &str) -> Result<()> {
    let id = kiosk.id().context("the kiosk has ended")?.to_string();
    let done = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:unlimited")]).status();
    ensure!(done.await?.success(), "prlimit failed");
    Ok(())
}

#[tokio::test]
async fn a_full_disk_closes_the_kiosk_and_room_opens_it_again() -> Result<()> {
    product::play("disk-full", async |product| {
        let placed = product.shop.buy("FULL00001", &buyer()?, LINES).await?;
        product.shop.ticket("FULL00001", LIMIT).await?;

        product.kill_kiosk().await?;
        let kiosk = start_limited(product).await?;
        product.hands.until_screen(&["idle"], PATIENCE).await?;
        limit(&kiosk, "0").await?;
        let mut staff = depositor(product, &placed);
        // The door may not open: that it is to open cannot be written.
        let _ = staff.run_until(std::time::Duration::from_secs(5), |_| false).await;
        product.hands.until_screen(&["out_of_service"], PATIENCE).await?;
        ensure!(product.hands.state().await?.doors.iter().all(|door| !door.open), "a door opened unrecorded");

        limit(&kiosk, "unlimited").await?;
        product.hands.until_screen(&["idle"], PATIENCE).await?;
        ensure!(
            depositor(product, &placed).run(LIMIT).await? == Progress::Finished,
            "the deposit does not go on"
        );
        product.shop.until("FULL00001", "/parcel/state", &["in_locker"], LIMIT).await.map(drop)
    })
    .await
}
