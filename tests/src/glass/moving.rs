//! What it costs while something moves on the glass: the page that says that a code is being looked up, on which a light goes
//! from dot to dot, five steps in two seconds.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::arm::{Arm, Running};
use super::display::{Area, Display, Picture};
use super::trial::{AT_REST, SURELY_AT_REST, is_a_page, seen, seen_differently, settled_for, upper};

/// One look at the page lasts as long as the kiosk waits for an answer before it says that there is none, less a margin.
const LOOK: Duration = Duration::from_millis(2_000);
/// The page has come when its upper third stays the same for so long.
const DRAWN: Duration = Duration::from_millis(200);
/// How often the display is looked at meanwhile: more often than the light moves.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);
/// What does not move in these looks is not what is to be measured; a busy computer may lose a step.
const STEPS_AT_LEAST: usize = 3;

/// How the moving page comes to the glass.
pub enum Way<'a> {
    /// It is another address of the same program.
    Address(&'a str),
    /// A code is held before the scanner.
    Scan(&'a dyn Fn() -> Result<()>),
}

/// Processor time of all processes while the page moves, in ticks, over `looks` of [`LOOK`] each.
///
/// # Errors
/// When the page does not come, does not stay or does not move.
pub fn measure(display: &Display, arm: &Arm, way: &Way<'_>, looks: u32) -> Result<u64> {
    let mut running = match way {
        Way::Address(mark) => arm.at(mark).start()?,
        Way::Scan(_) => arm.start()?,
    };
    seen(display, upper(display), is_a_page).context("a page")?;
    // By then the kiosk has heard from its backend, too.
    settled_for(display, SURELY_AT_REST)?;
    let mut ticks = 0_u64;
    for n in 1..=looks {
        if let Way::Scan(scan) = way {
            let before = Picture::take(display)?;
            scan().context("the code before the scanner")?;
            seen_differently(display, &before)?;
            drawn(display)?;
        }
        let page = display.pixels(upper(display))?;
        let spent = one_look(display, &mut running, &page);
        ticks = ticks.saturating_add(spent.with_context(|| format!("look {n} of {looks}"))?);
        if let Way::Scan(_) = way {
            // Nothing is scanned before the kiosk has given up waiting for the answer.
            seen(display, upper(display), |shown| shown != page).context("the page to go")?;
            drawn(display)?;
        }
    }
    Ok(ticks)
}

/// For how long the page is looked at in all.
#[must_use]
pub fn looked_for(looks: u32) -> Duration {
    LOOK.saturating_mul(looks)
}

/// How many looks make up this time, at least one.
#[must_use]
pub fn looks_in(time: Duration) -> u32 {
    let looks = time.as_millis().checked_div(LOOK.as_millis()).unwrap_or_default();
    u32::try_from(looks).unwrap_or(u32::MAX).max(1)
}

fn one_look(display: &Display, running: &mut Running, page: &[u8]) -> Result<u64> {
    let (above, below) = (upper(display), lower(display));
    let mut steps = 0_usize;
    let mut last = display.pixels(below)?;
    let (before, began) = (running.ticks()?, Instant::now());
    while began.elapsed() < LOOK {
        std::thread::sleep(SAMPLE_EVERY.min(LOOK.saturating_sub(began.elapsed())));
        let shown = display.pixels(below)?;
        steps += usize::from(shown != last);
        last = shown;
    }
    let spent = running.ticks()?.saturating_sub(before);
    ensure!(display.pixels(above)? == page, "the page did not stay");
    ensure!(steps >= STEPS_AT_LEAST, "the page moved only {steps} times");
    Ok(spent)
}

/// Waits until the new page stands.
fn drawn(display: &Display) -> Result<()> {
    let deadline = Instant::now() + AT_REST;
    let (mut last, mut since) = (display.pixels(upper(display))?, Instant::now());
    while since.elapsed() < DRAWN {
        ensure!(Instant::now() < deadline, "the page does not come to rest");
        std::thread::sleep(DRAWN / 10);
        let shown = display.pixels(upper(display))?;
        if shown != last {
            (last, since) = (shown, Instant::now());
        }
    }
    Ok(())
}

fn lower(display: &Display) -> Area {
    let top = upper(display).h;
    Area { y: top, h: display.whole.h.saturating_sub(top), ..display.whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_cut_into_whole_looks_and_never_into_none() {
        assert_eq!(looks_in(Duration::from_secs(20)), 10);
        assert_eq!(looks_in(Duration::from_secs(5)), 2);
        assert_eq!(looks_in(Duration::ZERO), 1);
        assert_eq!(looked_for(looks_in(Duration::from_secs(5))), Duration::from_secs(4));
    }
}
