//! Which share of shoppers leaves with their goods without staff, and which fault cost how many.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::faults::{RATES, Rate};
use super::visit::{End, visit};

/// What one fault did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Shoppers who met it.
    pub met: u64,
    /// Of these, left without their goods or needed staff.
    pub lost: u64,
    /// Of these, left with their goods while staff must look afterwards.
    pub unclear: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Availability {
    pub shoppers: u64,
    pub served: u64,
    pub unclear: u64,
    pub lost: u64,
    pub costs: BTreeMap<&'static str, Cost>,
    /// Of those served.
    pub longest: Duration,
}

impl Availability {
    /// Plays the visits with these numbers, each with what the table draws for it.
    ///
    /// # Errors
    /// The rule that was broken, and the seed.
    pub fn play(seeds: impl Iterator<Item = u64>, slip_follows: bool) -> Result<Self, String> {
        let mut sum = Self::default();
        for seed in seeds {
            let mut rng = Rng::with_seed(seed ^ 0x0a_7a11);
            let faults: Vec<&Rate> = RATES.iter().filter(|r| rng.u32(..1_000_000) < r.per_million).collect();
            let (end, took, _) = visit(seed, &faults, slip_follows, false)
                .map_err(|broken| format!("visit {seed}: {broken}"))?;
            sum.count(&faults, end, took);
        }
        Ok(sum)
    }

    /// Plays so many visits that all meet this fault.
    ///
    /// # Errors
    /// The rule that was broken, and the seed.
    pub fn of(rate: &Rate, seeds: impl Iterator<Item = u64>) -> Result<Cost, String> {
        let mut sum = Self::default();
        for seed in seeds {
            let (end, took, _) = visit(seed, &[rate], false, false)
                .map_err(|broken| format!("visit {seed} with {}: {broken}", rate.code))?;
            sum.count(&[rate], end, took);
        }
        Ok(sum.costs.get(rate.code).copied().unwrap_or_default())
    }

    fn count(&mut self, faults: &[&Rate], end: End, took: Duration) {
        self.shoppers += 1;
        match end {
            End::Served => {
                self.served += 1;
                self.longest = self.longest.max(took);
            }
            End::Unclear => self.unclear += 1,
            End::Lost => self.lost += 1,
        }
        for rate in faults {
            let cost = self.costs.entry(rate.code).or_default();
            cost.met += 1;
            cost.lost += u64::from(end == End::Lost);
            cost.unclear += u64::from(end == End::Unclear);
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.shoppers += other.shoppers;
        self.served += other.served;
        self.unclear += other.unclear;
        self.lost += other.lost;
        self.longest = self.longest.max(other.longest);
        for (code, more) in &other.costs {
            let cost = self.costs.entry(code).or_default();
            cost.met += more.met;
            cost.lost += more.lost;
            cost.unclear += more.unclear;
        }
    }
}
