//! The link to a bench: frames of the screen go out, touches come in. Connects again by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::Context as _;
use pickup_ui::{Frame, Touch, TouchKind, UiCommand};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::Receiver;

/// Pause before connecting again.
const AGAIN: Duration = Duration::from_millis(500);

/// Serves a bench for ever. `wanted` is set while somebody looks.
pub async fn serve(
    address: String,
    mut frames: Receiver<Frame>,
    screen: Sender<UiCommand>,
    wanted: Arc<AtomicBool>,
) {
    loop {
        if let Ok(stream) = TcpStream::connect(&address).await {
            wanted.store(true, Ordering::Relaxed);
            // A screen that has ended takes no commands; the link ends with it.
            let _ = screen.send(UiCommand::Refresh);
            if let Err(error) = talk(stream, &mut frames, &screen).await {
                tracing::info!("the bench at {address} went away: {error:#}");
            }
            wanted.store(false, Ordering::Relaxed);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn talk(
    stream: TcpStream,
    frames: &mut Receiver<Frame>,
    screen: &Sender<UiCommand>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let (from, to) = stream.into_split();
    tokio::select! {
        result = show(to, frames) => result,
        result = feel(from, screen) => result,
    }
}

async fn show(mut to: OwnedWriteHalf, frames: &mut Receiver<Frame>) -> anyhow::Result<()> {
    while let Some(mut frame) = frames.recv().await {
        // Of several pictures of one page only the last is worth sending.
        while let Ok(later) = frames.try_recv() {
            if later.name != frame.name {
                send(&mut to, &frame).await?;
            }
            frame = later;
        }
        send(&mut to, &frame).await?;
    }
    anyhow::bail!("the screen has ended")
}

async fn send(to: &mut OwnedWriteHalf, frame: &Frame) -> anyhow::Result<()> {
    let targets: Vec<_> = frame
        .targets
        .iter()
        .map(|t| json!({ "id": t.id(), "label": t.label, "x": t.x, "y": t.y, "w": t.w, "h": t.h }))
        .collect();
    let meta = json!({
        "seq": frame.seq, "name": frame.name, "width": frame.width, "height": frame.height, "targets": targets,
    })
    .to_string();
    let mut message = Vec::with_capacity(meta.len() + frame.png.len() + 8);
    for part in [meta.as_bytes(), &frame.png] {
        message.extend(u32::try_from(part.len())?.to_be_bytes());
        message.extend(part);
    }
    to.write_all(&message).await.context("frame not sent")
}

#[derive(Deserialize)]
struct Finger {
    kind: Kind,
    x: f32,
    y: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Press,
    Release,
    Move,
}

async fn feel(from: OwnedReadHalf, screen: &Sender<UiCommand>) -> anyhow::Result<()> {
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await? {
        let finger: Finger = serde_json::from_str(&line).context("a touch that cannot be read")?;
        let kind = match finger.kind {
            Kind::Press => TouchKind::Press,
            Kind::Release => TouchKind::Release,
            Kind::Move => TouchKind::Move,
        };
        screen
            .send(UiCommand::Touch(Touch { kind, x: finger.x, y: finger.y }))
            .context("the screen has ended")?;
    }
    anyhow::bail!("closed")
}
