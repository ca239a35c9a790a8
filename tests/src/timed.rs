//! Pickups timed on the clock of the simulated devices.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::hands::Entry;
use crate::people;
use crate::pilot::{Errand, Pilot, Progress};
use crate::product::Product;

const LIMIT: Duration = Duration::from_secs(60);
/// The cheapest articles, so that no buyer meets a limit, in turn, so that no stock runs out.
const ARTICLES: [&str; 3] = ["FOD-002", "CAR-001", "FOD-005"];
const BUYERS: [&str; 5] = ["demo-01", "demo-05", "demo-06", "demo-07", "demo-08"];

/// One pickup from the order to the closed door; gives what the bench wrote from the scan on.
///
/// # Errors
/// When anything is refused.
pub async fn pickup(product: &mut Product, n: u32) -> Result<Vec<Entry>> {
    let turn = |count: usize| usize::try_from(n).map(|n| n.checked_rem(count).unwrap_or_default());
    let person = people::find(BUYERS.get(turn(BUYERS.len())?).context("no buyer")?)?;
    let article = ARTICLES.get(turn(ARTICLES.len())?).context("no article")?;
    let placed = product.shop.buy(&format!("BENCH{n:06}"), &person, &[(article, 1)]).await?;
    let ticket = product.shop.ticket(&placed.order_no, LIMIT).await?;
    let label = format!("BPL1{}", placed.waybill);
    let mut staff = Pilot::new(&product.hands, Errand::Deposit { badge: product.badge.clone(), label });
    ensure!(staff.run(LIMIT).await? == Progress::Finished, "the label was refused: {:?}", staff.last_seen());
    product.hands.take_slips().await?;
    let (_, since) = product.hands.log(0).await?;
    let mut shopper = Pilot::new(&product.hands, Errand::Collect { ticket, card: person.card() });
    ensure!(
        shopper.run(LIMIT).await? == Progress::Finished,
        "the ticket was refused: {:?}",
        shopper.last_seen()
    );
    product.hands.lift().await?;
    Ok(product.hands.log(since).await?.0)
}

/// Microseconds of each pickup.
#[derive(Debug, Default)]
pub struct Times {
    /// From the scan to the first page that reacts to it.
    pub scan_to_event: Vec<u64>,
    /// From the scan to the page that asks for the card.
    pub scan_to_verdict: Vec<u64>,
    /// From the confirmation to the lock's pulse.
    pub confirm_to_pulse: Vec<u64>,
}

impl Times {
    /// Takes a pickup's times from what the bench wrote.
    ///
    /// # Errors
    /// When something of a pickup is missing, or the lock was pulsed before the slip was cut.
    pub fn add(&mut self, log: &[Entry]) -> Result<()> {
        let first = |wanted: &dyn Fn(&Entry) -> bool| log.iter().find(|entry| wanted(entry));
        let scan = first(&|entry| entry.kind == "scan").context("no scan in the log")?;
        let event =
            first(&|entry| entry.kind == "frame" && entry.screen != "idle" && entry.at_us >= scan.at_us)
                .context("no page after the scan")?;
        let verdict = first(&|entry| entry.kind == "frame" && entry.screen == "present_card");
        let verdict = verdict.context("no verdict on the screen")?;
        let pulse = first(&|entry| entry.kind == "pulse").context("no pulse in the log")?;
        // The touch that asked for it: the last one before the pulse, after the review was shown.
        let confirm = log.iter().rev().find(|entry| entry.kind == "touch" && entry.at_us < pulse.at_us);
        let confirm = confirm.context("no touch before the pulse")?;
        let slip = first(&|entry| entry.kind == "slip").context("no slip in the log")?;
        ensure!(slip.at_us <= pulse.at_us, "the lock was pulsed before the slip was cut");
        self.scan_to_event.push(event.at_us.saturating_sub(scan.at_us));
        self.scan_to_verdict.push(verdict.at_us.saturating_sub(scan.at_us));
        self.confirm_to_pulse.push(pulse.at_us.saturating_sub(confirm.at_us));
        Ok(())
    }
}

/// The nearest-rank percentile of sorted times.
///
/// # Errors
/// When nothing was measured.
pub fn rank(sorted: &[u64], percent: usize) -> Result<u64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().context("nothing was measured")
}

/// Microseconds as milliseconds with one decimal.
#[must_use]
pub fn milliseconds(us: u64) -> String {
    format!("{}.{}", us / 1000, us % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_of_a_percentile_is_the_nearest() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(rank(&hundred, 95).unwrap(), 95);
        assert_eq!(rank(&[7], 50).unwrap(), 7);
        assert!(rank(&[], 50).is_err());
    }

    #[test]
    fn a_time_is_shown_in_milliseconds() {
        assert_eq!(milliseconds(12_345), "12.3");
    }

    #[test]
    fn a_pulse_before_the_slip_is_no_pickup() {
        let entry = |n: u64, kind: &str, screen: &str| Entry {
            n,
            at_us: n * 1000,
            kind: kind.to_owned(),
            screen: screen.to_owned(),
            door: None,
        };
        let head = [entry(0, "scan", ""), entry(5, "frame", "present_card"), entry(9, "touch", "")];
        let good = [&head[..], &[entry(10, "slip", ""), entry(12, "pulse", "")]].concat();
        let bad = [&head[..], &[entry(10, "pulse", ""), entry(12, "slip", "")]].concat();
        let mut times = Times::default();
        times.add(&good).unwrap();
        assert_eq!((times.scan_to_verdict[0], times.confirm_to_pulse[0]), (5000, 3000));
        assert!(times.add(&bad).is_err());
    }
}
