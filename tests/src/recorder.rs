//! Listens in between the kiosk and the bench and keeps the last picture of every page shown.
//!
//! Pages that are gone after some milliseconds cannot be caught by asking the bench; here every frame passes by.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// More than any frame of 1080×1920 takes.
const FRAME_MOST: usize = 32 << 20;

type Pictures = Arc<Mutex<BTreeMap<String, (usize, Vec<u8>)>>>;

/// A recorder that a kiosk can connect to in place of the bench.
pub struct Recorder {
    /// Where the kiosk connects.
    pub address: SocketAddr,
    pictures: Pictures,
}

impl Recorder {
    /// Passes everything on to the bench's screen port.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn before(bench: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the screen recorder")?;
        let address = listener.local_addr()?;
        let pictures = Pictures::default();
        let kept = Arc::clone(&pictures);
        tokio::spawn(async move {
            while let Ok((kiosk, _)) = listener.accept().await {
                let (bench, kept) = (bench.clone(), Arc::clone(&kept));
                // A broken connection ends here; the kiosk connects again by itself.
                tokio::spawn(async move { pass_on(kiosk, &bench, &kept).await.ok() });
            }
        });
        Ok(Self { address, pictures })
    }

    /// The pages shown so far in the order of their first showing, each with its last picture.
    #[must_use]
    pub fn pages(&self) -> Vec<(String, Vec<u8>)> {
        let kept = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pages: Vec<_> = kept.iter().map(|(name, (n, png))| (*n, name.clone(), png.clone())).collect();
        pages.sort_by_key(|(n, ..)| *n);
        pages.into_iter().map(|(_, name, png)| (name, png)).collect()
    }
}

async fn pass_on(kiosk: TcpStream, bench: &str, kept: &Pictures) -> Result<()> {
    let bench = TcpStream::connect(bench).await?;
    bench.set_nodelay(true)?;
    kiosk.set_nodelay(true)?;
    let (mut from_kiosk, mut to_kiosk) = kiosk.into_split();
    let (mut from_bench, mut to_bench) = bench.into_split();
    let touches = tokio::io::copy(&mut from_bench, &mut to_kiosk);
    let frames = async {
        loop {
            let (meta, png) = (block(&mut from_kiosk).await?, block(&mut from_kiosk).await?);
            for part in [&meta, &png] {
                to_bench.write_u32(u32::try_from(part.len())?).await?;
                to_bench.write_all(part).await?;
            }
            keep(kept, &meta, png);
        }
    };
    tokio::select! {
        ended = frames => ended,
        ended = touches => ended.map(drop).map_err(Into::into),
    }
}

async fn block(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let length = usize::try_from(from.read_u32().await?)?;
    ensure!(length <= FRAME_MOST, "a frame of {length} bytes");
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

fn keep(kept: &Pictures, meta: &[u8], png: Vec<u8>) {
    let meta: Value = serde_json::from_slice(meta).unwrap_or_default();
    let name = meta.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || png.is_empty() {
        return;
    }
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let next = kept.len();
    kept.entry(name.to_owned()).or_insert((next, Vec::new())).1 = png;
}
