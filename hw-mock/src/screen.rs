//! The link to the kiosk's screen: frames come in, touches go out.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;

use crate::bench::Bench;

const MOST_META: u32 = 1 << 20;
const MOST_PNG: u32 = 64 << 20;

/// Takes kiosks, one after the other; a new one replaces the one before.
pub async fn serve(listener: TcpListener, bench: Arc<Bench>) {
    let mut current: Option<tokio::task::JoinHandle<()>> = None;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if let Some(before) = current.take() {
            before.abort();
        }
        let bench = Arc::clone(&bench);
        current = Some(tokio::spawn(async move {
            bench.change(|w| w.screen_link(true));
            if let Err(error) = link(stream, &bench).await {
                tracing::info!("the kiosk's screen went away: {error:#}");
            }
            bench.change(|w| w.screen_link(false));
        }));
    }
}

async fn link(stream: TcpStream, bench: &Bench) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let (from_kiosk, to_kiosk) = stream.into_split();
    tokio::select! {
        result = frames(from_kiosk, bench) => result,
        result = touches(to_kiosk, bench) => result,
    }
}

async fn frames(mut from: OwnedReadHalf, bench: &Bench) -> anyhow::Result<()> {
    loop {
        let meta = block(&mut from, MOST_META).await?;
        let meta = serde_json::from_slice(&meta).context("the kiosk sent no JSON before a frame")?;
        let png = block(&mut from, MOST_PNG).await?;
        bench.change(|w| w.frame(meta, png));
    }
}

async fn block(from: &mut OwnedReadHalf, most: u32) -> anyhow::Result<Vec<u8>> {
    let len = from.read_u32().await?;
    anyhow::ensure!(len <= most, "the kiosk announces {len} bytes, more than the {most} that are taken");
    let mut bytes = vec![0; usize::try_from(len)?];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn touches(mut to: OwnedWriteHalf, bench: &Bench) -> anyhow::Result<()> {
    let mut touches = bench.touches.subscribe();
    loop {
        match touches.recv().await {
            Ok(line) => to.write_all(line.as_bytes()).await?,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}
