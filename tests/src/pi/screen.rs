//! The screen on the display itself, without a desktop: touched through the emulator, and equal dot by dot to what is drawn
//! without a display.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use png::{Decoder, Transformations};
use serde_json::{Value, json};

use super::Bench;
use super::board::PATIENCE;
use super::image::Image;
use super::qmp::Qmp;
use super::rig::Rig;
use crate::hands::Hands;

const SIZE: (u64, u64) = (1080, 1920);
/// The bar with the clock, which goes on between two pictures of two boots.
const CLOCK_ROWS: usize = 140;
const LOOK_EVERY: Duration = Duration::from_millis(200);
const SETTLED_WITHIN: Duration = Duration::from_secs(120);

/// What is pressed, and the page that it leads to.
const WALK: [(&str, &str); 4] =
    [("language", "idle"), ("help", "help"), ("back", "idle"), ("language", "idle")];

/// Boots without a display and with one, walks through the same pages, and compares.
///
/// # Errors
/// With the page that differs.
pub async fn play(bench: &Bench) -> Result<Value> {
    let image = Image::make(&bench.pi)?;
    let mut rig = Rig::start("screen", &image).await?;
    rig.boot().await?;
    let wanted = headless(&rig.product.hands).await?;
    rig.cut().await?;
    let socket = rig.dir().join("qmp");
    let (width, height) = SIZE;
    rig.parts.more = [
        "-device",
        &format!("virtio-gpu-pci,xres={width},yres={height}"),
        "-device",
        "virtio-multitouch-pci",
        "-qmp",
        &format!("unix:{},server=on,wait=off", socket.display()),
    ]
    .map(str::to_owned)
    .to_vec();
    rig.parts.facts.push("settings=display".to_owned());
    rig.boot().await?;
    let mut qmp = Qmp::open(&socket).await?;
    let slowest = walk(&mut qmp, &rig, &wanted).await.with_context(|| rig.dir().display().to_string())?;
    rig.cut().await?;
    std::fs::copy(rig.dir().join("glass.png"), bench.pi.join("screen.png"))?;
    std::fs::remove_dir_all(rig.dir())?;
    Ok(json!({
        "pages": wanted.len(), "different_pixels": 0, "touch_to_picture_ms": slowest.as_millis(),
        "last_picture": bench.pi.join("screen.png"),
    }))
}

/// The pictures of the walk as they are drawn in memory, pressed through the bench.
async fn headless(hands: &Hands) -> Result<Vec<Vec<u8>>> {
    let mut pictures = vec![steady(hands).await?];
    for (target, page) in WALK {
        let before = hands.state().await?.screen.seq;
        hands.press(target).await?;
        changed(hands, page, before).await?;
        pictures.push(steady(hands).await?);
    }
    // The walk ends where it began; a page right after a start may still say that the backend was not reached yet.
    let settled = pictures.last().cloned();
    if let Some((first, settled)) = pictures.first_mut().zip(settled) {
        *first = settled;
    }
    Ok(pictures)
}

async fn changed(hands: &Hands, page: &str, before: u64) -> Result<()> {
    crate::wait::until("the page to change", PATIENCE, async || {
        let screen = hands.state().await?.screen;
        Ok((screen.seq > before && screen.name == page).then_some(()))
    })
    .await
}

/// The picture once two looks in a row agree.
async fn steady(hands: &Hands) -> Result<Vec<u8>> {
    let mut last = Vec::new();
    crate::wait::until("the picture to come to rest", PATIENCE, async || {
        tokio::time::sleep(LOOK_EVERY).await;
        let picture = dots(&hands.screen_png().await?)?;
        let rests = picture == last;
        last = picture;
        Ok(rests.then(|| last.clone()))
    })
    .await
}

/// The same walk on the glass; the answer is the longest time from a touch to the right picture.
async fn walk(qmp: &mut Qmp, rig: &Rig, wanted: &[Vec<u8>]) -> Result<Duration> {
    let hands = &rig.product.hands;
    let mut pages = wanted.iter();
    equal(qmp, rig, pages.next().context("no pictures")?, "idle").await?;
    let mut slowest = Duration::ZERO;
    for ((target, page), picture) in WALK.iter().zip(pages) {
        let place = centre(hands, target).await?;
        let touched = Instant::now();
        qmp.tap(place, SIZE).await?;
        equal(qmp, rig, picture, &format!("{page} after `{target}`")).await?;
        slowest = slowest.max(touched.elapsed());
    }
    Ok(slowest)
}

/// Where a target is; the frame that tells may come after the picture.
async fn centre(hands: &Hands, target: &str) -> Result<(u64, u64)> {
    let found = crate::wait::until(&format!("`{target}` to be on the page"), PATIENCE, async || {
        let targets = hands.targets().await?;
        Ok(targets.into_iter().find(|found| found.get("id").and_then(Value::as_str) == Some(target)))
    })
    .await?;
    let whole = |key: &str| {
        let number = found.get(key).map(Value::to_string).unwrap_or_default();
        number.split('.').next().and_then(|whole| whole.parse::<u64>().ok()).unwrap_or(0)
    };
    Ok((whole("x") + whole("w") / 2, whole("y") + whole("h") / 2))
}

/// Waits until the glass shows this picture.
async fn equal(qmp: &mut Qmp, rig: &Rig, wanted: &[u8], page: &str) -> Result<()> {
    let deadline = Instant::now() + SETTLED_WITHIN;
    loop {
        let shown = dots(&qmp.picture(&rig.dir()).await?)?;
        let different = different(&shown, wanted);
        if different == 0 {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let kept = rig.dir().join("wanted.ppm");
            std::fs::write(&kept, ppm(wanted))?;
            bail!("{page}: {different} bytes of the picture differ from {}", kept.display());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A picture for a person to look at.
fn ppm(dots: &[u8]) -> Vec<u8> {
    let (wide, rows) = (SIZE.0, dots.len() / 3 / usize::try_from(SIZE.0).unwrap_or(1));
    [format!("P6 {wide} {rows} 255\n").as_bytes(), dots].concat()
}

fn different(shown: &[u8], wanted: &[u8]) -> usize {
    let beyond = shown.len().abs_diff(wanted.len());
    beyond + shown.iter().zip(wanted).filter(|(one, other)| one != other).count()
}

/// Red, green and blue of each dot below the bar with the clock.
fn dots(picture: &[u8]) -> Result<Vec<u8>> {
    let mut decoder = Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().context("the picture is no PNG")?;
    let mut bytes = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    let info = reader.next_frame(&mut bytes).context("the picture is broken")?;
    let channels = info.color_type.samples();
    ensure!(channels >= 3, "the picture has no colours");
    let below = bytes.get(info.line_size * CLOCK_ROWS..).context("the picture is too low")?;
    Ok(below.chunks_exact(channels).flat_map(|dot| dot.iter().take(3).copied()).collect())
}
