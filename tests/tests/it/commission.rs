//! `pickup-kiosk doors`: a person walks the doors, and the settings are put right.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use pickup_tests::hands::Hands;
use pickup_tests::product::{self, Product};
use pickup_tests::wait::{self, PATIENCE};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::shell;

/// Settings of three doors in which two channels are swapped and the contacts are read the wrong way round.
fn set_wrongly(product: &Product) -> Result<()> {
    let path = product.dir().join("kiosk.toml");
    let wrong = "[lock]\n\
        boards = [{ address = 1, channels = 12, polarity = \"door_opening\" }]\n\
        doors = [\n\
        { door = 1, board = 1, channel = 2, size = \"S\" },\n\
        { door = 2, board = 1, channel = 1, size = \"S\" },\n\
        { door = 3, board = 1, channel = 3, size = \"S\" },\n]\n";
    let text = fs::read_to_string(&path)?.replace("[lock]\n", wrong);
    ensure!(text.contains("door_opening"), "the settings have no [lock]");
    Ok(fs::write(&path, text)?)
}

/// The door a hand would find open.
async fn open_door(hands: &Hands) -> Result<u16> {
    wait::until("a door to open", PATIENCE, async || {
        Ok(hands.state().await?.doors.iter().find(|door| door.open).map(|door| door.door))
    })
    .await
}

/// Walks with somebody who does what is asked; `says` turns the door that opened into what they say.
async fn walk(product: &Product, says: impl Fn(u16) -> String) -> Result<(bool, String)> {
    let mut command = shell::command(product, &["doors"])?;
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let mut answers = child.stdin.take().context("no standard input")?;
    let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        said.push_str(&line);
        said.push('\n');
        let answer = if line.contains("Which door stands open now?") {
            says(open_door(&product.hands).await?)
        } else if line.starts_with("Shut it") {
            product.hands.close_doors().await?;
            String::new()
        } else if line.contains("ENTER") {
            String::new()
        } else {
            continue;
        };
        answers.write_all(format!("{answer}\n").as_bytes()).await?;
    }
    Ok((child.wait().await?.success(), said))
}

#[tokio::test]
async fn walking_the_doors_finds_swapped_cables_and_the_polarity() -> Result<()> {
    product::play("commission", async |product| {
        product.kill_kiosk().await?;
        set_wrongly(product)?;
        let (well, said) = walk(product, |door| door.to_string()).await?;
        ensure!(well && said.contains("2 mapped anew, 1 boards reversed"), "{said}");
        let found = fs::read_to_string(product.dir().join("kiosk/doors.toml"))?;
        ensure!(found.contains("door_closing"), "{found}");
        // Once more there is nothing to find, and the kiosk works with it.
        let (well, said) = walk(product, |door| door.to_string()).await?;
        ensure!(well && said.contains("0 mapped anew, 0 boards reversed"), "{said}");
        product.start_kiosk().await?;
        product.hands.until_screen(&["idle"], PATIENCE).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn two_locks_that_open_one_door_are_refused_and_nothing_is_written() -> Result<()> {
    product::play("commission-refused", async |product| {
        product.kill_kiosk().await?;
        set_wrongly(product)?;
        let (well, said) =
            walk(product, |door| if door < 3 { "2".to_owned() } else { door.to_string() }).await?;
        ensure!(!well && said.contains("REFUSED: the locks of doors 1 and 2 both open door 2"), "{said}");
        ensure!(!product.dir().join("kiosk/doors.toml").exists(), "something was written");
        Ok(())
    })
    .await
}
