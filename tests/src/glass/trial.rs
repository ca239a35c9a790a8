//! What is measured of one arm.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::arm::{Arm, Running};
use super::display::{Area, Display, Picture};
use super::moving::{self, Way};

/// How often the display is looked at.
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// How long anything on the glass may take on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);
/// A page counts as at rest when it has not changed for so long. It moves a little every two seconds.
pub(super) const AT_REST: Duration = Duration::from_millis(900);
/// The first start of a browser shows an empty window for a while: a page has more colours than that, and stays.
const COLOURS: usize = 40;
pub(super) const SURELY_AT_REST: Duration = Duration::from_secs(3);
/// A corner of the head, which is the first thing of every page and of one colour in both arms.
const HEAD: Area = Area { x: 4, y: 4, w: 16, h: 16 };
/// Side of the square in which a change of page is looked for.
const SQUARE: u16 = 60;
/// Between two touches, at least and at most, so that they meet no rhythm of the screen.
const PAUSE_MS: (u64, u64) = (100, 250);
/// A touch that is not answered by then is lost.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Starts of each kind, cold and warm.
    pub starts: u32,
    /// Touches.
    pub touches: u32,
    /// Seconds for which nobody comes.
    pub idle: Duration,
    /// Looks at a page that moves.
    pub looks: u32,
    /// The middle of the key that changes the language.
    pub key: (u16, u16),
}

/// What was found, times in microseconds.
#[derive(Debug, Default)]
pub struct Figures {
    /// From the start to the first frame, nothing of it in memory.
    pub cold_us: Vec<u64>,
    /// The same, started a moment before as well.
    pub warm_us: Vec<u64>,
    /// From the start to the page that invites to scan, started a moment before as well.
    pub page_us: Vec<u64>,
    /// Memory of all processes when idle.
    pub pss_kib: u64,
    /// How many processes.
    pub processes: usize,
    /// Processor time while nobody comes, in ticks.
    pub idle_ticks: u64,
    /// Processor time while the page moves, in ticks.
    pub moving_ticks: u64,
    /// From a touch to the changed frame.
    pub touch_us: Vec<u64>,
    /// Processor time of all touches, in ticks.
    pub touch_ticks: u64,
}

/// What is known of an arm from its first start.
struct Known {
    head: Vec<u8>,
    square: Area,
    page: Vec<u8>,
    mapped: BTreeSet<PathBuf>,
}

/// Measures an arm on the display.
///
/// # Errors
/// When it does not show its page or does not answer to touches.
pub fn measure(display: &Display, arm: &Arm, plan: Plan, way: &Way<'_>) -> Result<Figures> {
    let mut figures = Figures::default();
    let known = first_start(display, arm, plan).context("the first start")?;
    for n in 1..=plan.starts {
        eprintln!("{}: cold and warm start {n} of {}", arm.name, plan.starts);
        dark(display, &known)?;
        arm.make_cold(&known.mapped)?;
        figures.cold_us.push(started(display, arm, &known)?.0);
        dark(display, &known)?;
        let (first, page) = started(display, arm, &known)?;
        figures.warm_us.push(first);
        figures.page_us.push(page);
    }
    dark(display, &known)?;
    let mut running = arm.start()?;
    seen(display, known.square, |shown| shown == known.page).context("the page")?;
    settled(display)?;
    eprintln!("{}: nobody comes for {} s", arm.name, plan.idle.as_secs());
    idle(&mut running, plan, &mut figures)?;
    eprintln!("{}: {} touches", arm.name, plan.touches);
    let before = running.ticks()?;
    for n in 1..=plan.touches {
        let answered = touch(display, known.square, plan.key);
        figures.touch_us.push(answered.with_context(|| format!("touch {n} of {}", plan.touches))?);
        std::thread::sleep(Duration::from_millis(fastrand::u64(PAUSE_MS.0..=PAUSE_MS.1)));
    }
    figures.touch_ticks = running.ticks()?.saturating_sub(before);
    drop(running);
    dark(display, &known)?;
    eprintln!("{}: {} looks at a page that moves", arm.name, plan.looks);
    figures.moving_ticks = moving::measure(display, arm, way, plan.looks).context("the page that moves")?;
    Ok(figures)
}

/// Learns what the page looks like in both languages, and where they differ most.
fn first_start(display: &Display, arm: &Arm, plan: Plan) -> Result<Known> {
    let mut running = arm.start()?;
    seen(display, upper(display), is_a_page).context("a page")?;
    let one = settled_for(display, SURELY_AT_REST)?;
    let (x, y) = plan.key;
    display.tap(x, y)?;
    seen_differently(display, &one)?;
    let other = settled(display)?;
    // Below it the page moves by itself, and the key that is pressed changes before the page does.
    let square = one.most_different(&other, SQUARE, upper(display)).context("the touch changed nothing")?;
    Ok(Known { head: one.pixels(HEAD), square, page: one.pixels(square), mapped: running.mapped()? })
}

/// The times from a start to the first frame and to the page.
fn started(display: &Display, arm: &Arm, known: &Known) -> Result<(u64, u64)> {
    let running = arm.start()?;
    seen(display, HEAD, |shown| shown == known.head).context("the first frame")?;
    let first = running.began.elapsed();
    seen(display, known.square, |shown| shown == known.page).context("the page")?;
    let page = running.began.elapsed();
    settled(display)?;
    Ok((u64::try_from(first.as_micros())?, u64::try_from(page.as_micros())?))
}

/// Waits until the last arm has gone from the display.
fn dark(display: &Display, known: &Known) -> Result<()> {
    seen(display, HEAD, |shown| shown != known.head).context("the display to be empty")
}

fn idle(running: &mut Running, plan: Plan, figures: &mut Figures) -> Result<()> {
    let before = running.ticks()?;
    std::thread::sleep(plan.idle);
    figures.idle_ticks = running.ticks()?.saturating_sub(before);
    figures.pss_kib = running.pss_kib()?;
    figures.processes = running.family()?.len();
    Ok(())
}

/// Touches the key; the time until the square shows something else, in microseconds.
fn touch(display: &Display, square: Area, (x, y): (u16, u16)) -> Result<u64> {
    let before = display.pixels(square)?;
    let touched = Instant::now();
    display.tap(x, y)?;
    seen_within(display, square, LOST_AFTER, |shown| shown != before).context("the touch to be answered")?;
    Ok(u64::try_from(touched.elapsed().as_micros())?)
}

/// Waits until an area looks as wanted.
pub(super) fn seen(display: &Display, area: Area, wanted: impl Fn(&[u8]) -> bool) -> Result<()> {
    seen_within(display, area, PATIENCE, wanted)
}

fn seen_within(
    display: &Display,
    area: Area,
    patience: Duration,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        if wanted(&display.pixels(area)?) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "waited {} s in vain", patience.as_secs());
        std::thread::sleep(LOOK_EVERY);
    }
}

pub(super) fn seen_differently(display: &Display, before: &Picture) -> Result<()> {
    let upper = upper(display);
    seen(display, upper, |shown| shown != before.pixels(upper)).context("another page after the touch")
}

pub(super) fn upper(display: &Display) -> Area {
    Area { h: display.whole.h / 3, ..display.whole }
}

pub(super) fn is_a_page(shown: &[u8]) -> bool {
    shown.chunks_exact(4).collect::<BTreeSet<_>>().len() >= COLOURS
}

/// The picture once it has not changed for a while. What moves on the page lies below its upper third.
fn settled(display: &Display) -> Result<Picture> {
    settled_for(display, AT_REST)
}

pub(super) fn settled_for(display: &Display, rest: Duration) -> Result<Picture> {
    let upper = upper(display);
    let deadline = Instant::now() + PATIENCE;
    let (mut last, mut since) = (display.pixels(upper)?, Instant::now());
    while since.elapsed() < rest {
        std::thread::sleep(LOOK_EVERY * 50);
        let shown = display.pixels(upper)?;
        if shown != last {
            (last, since) = (shown, Instant::now());
        }
        ensure!(Instant::now() < deadline, "the page does not come to rest");
    }
    Picture::take(display)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_window_is_no_page() {
        assert!(!is_a_page(&[255; 4000]));
        let colourful: Vec<u8> = (0..=200).flat_map(|n| [n, 0, 0, 255]).collect();
        assert!(is_a_page(&colourful));
    }
}
