//! The link to a bench: frames of the screen go out, touches come back.
//!
//! Frames: `u32be length | JSON | u32be length | PNG`. Touches: one JSON object a line. A bench that is slow misses
//! pictures of a page, but no page; a bench that goes away is looked for again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use pickup_ui::{Frame, Target, Touch, TouchKind, UiCommand};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(300);
const MOST_WAITING: usize = 12;

/// Frames on their way to a bench.
#[derive(Debug, Default)]
pub struct Frames {
    waiting: Mutex<VecDeque<Frame>>,
    arrived: Notify,
}

impl Frames {
    /// Puts a frame in line; a newer picture takes the place of an older one of the same page.
    pub fn put(&self, frame: Frame) {
        let Ok(mut waiting) = self.waiting.lock() else { return };
        waiting.pop_back_if(|last| last.name == frame.name);
        if waiting.len() >= MOST_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(frame);
        drop(waiting);
        self.arrived.notify_one();
    }

    async fn next(&self) -> Frame {
        loop {
            let arrived = self.arrived.notified();
            if let Some(frame) = self.waiting.lock().ok().and_then(|mut waiting| waiting.pop_front()) {
                return frame;
            }
            arrived.await;
        }
    }
}

/// Serves the bench at `address` for ever.
pub async fn link(
    address: String,
    frames: Arc<Frames>,
    ui: Sender<UiCommand>,
    wants_pixels: Arc<AtomicBool>,
) {
    loop {
        match TcpStream::connect(&address).await {
            Ok(stream) => {
                wants_pixels.store(true, Ordering::Relaxed);
                if ui.send(UiCommand::Refresh).is_err() {
                    return;
                }
                if let Err(error) = serve(stream, &frames, &ui).await {
                    tracing::info!("the bench went away: {error:#}");
                }
                wants_pixels.store(false, Ordering::Relaxed);
            }
            Err(error) => tracing::debug!(%error, %address, "no bench"),
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

async fn serve(stream: TcpStream, frames: &Frames, ui: &Sender<UiCommand>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (from, to) = stream.into_split();
    tokio::select! {
        ended = send_frames(to, frames) => ended,
        ended = take_touches(from, ui) => ended,
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    seq: u64,
    name: &'a str,
    width: u32,
    height: u32,
    targets: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    id: &'a str,
    label: &'a str,
    x: f32,
    y: f32,
    w: f32,
    h: f32,
}

async fn send_frames(mut to: OwnedWriteHalf, frames: &Frames) -> Result<()> {
    loop {
        let bytes = message(&frames.next().await)?;
        to.write_all(&bytes).await?;
    }
}

fn message(frame: &Frame) -> Result<Vec<u8>> {
    let targets = frame.targets.iter().map(place).collect();
    let (seq, name, width, height) = (frame.seq, frame.name, frame.width, frame.height);
    let meta = serde_json::to_vec(&Meta { seq, name, width, height, targets })?;
    let length =
        |bytes: &[u8]| u32::try_from(bytes.len()).map(u32::to_be_bytes).context("a frame is too long");
    Ok([&length(&meta)?[..], &meta, &length(&frame.png)?[..], &frame.png].concat())
}

fn place(target: &Target) -> Place<'_> {
    let &Target { x, y, w, h, .. } = target;
    Place { id: target.id(), label: &target.label, x, y, w, h }
}

#[derive(Deserialize)]
struct Pointer {
    kind: Kind,
    x: f32,
    y: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Press,
    Release,
    Move,
}

async fn take_touches(from: OwnedReadHalf, ui: &Sender<UiCommand>) -> Result<()> {
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await? {
        let Ok(Pointer { kind, x, y }) = serde_json::from_str(&line) else { continue };
        let kind = match kind {
            Kind::Press => TouchKind::Press,
            Kind::Release => TouchKind::Release,
            Kind::Move => TouchKind::Move,
        };
        ui.send(UiCommand::Touch(Touch { kind, x, y })).context("the screen has ended")?;
    }
    anyhow::bail!("it closed the link")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seq: u64, name: &'static str) -> Frame {
        Frame { seq, name, width: 8, height: 8, targets: Vec::new(), cut: Vec::new(), png: vec![1, 2] }
    }

    #[tokio::test]
    async fn a_slow_bench_misses_pictures_but_no_page() {
        let frames = Frames::default();
        for (seq, name) in [(1, "idle"), (2, "looking_up"), (3, "looking_up"), (4, "refused")] {
            frames.put(frame(seq, name));
        }
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(frames.next().await.seq);
        }
        assert_eq!(seen, [1, 3, 4]);
    }

    // If this fails, do not change the bytes: the bench reads them.
    #[test]
    fn the_bytes_of_a_frame_are_frozen() {
        let meta = br#"{"seq":1,"name":"idle","width":8,"height":8,"targets":[]}"#;
        let expected = [&[0, 0, 0, 57][..], meta, &[0, 0, 0, 2, 1, 2]].concat();
        assert_eq!(message(&frame(1, "idle")).unwrap(), expected);
    }
}
