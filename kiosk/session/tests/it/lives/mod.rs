//! Random lives of a kiosk beside a model of its backend: shoppers, staff, faults, network loss and power cuts, with the
//! rules checked after each event; and visits with faults at realistic rates, for the share of shoppers who are served.
//!
//! The tests play a fixed number of lives from a fixed seed. `cargo xtask bench sessions` plays a million sessions.

mod across;
mod alarm;
mod answers;
pub mod availability;
mod backend;
pub mod faults;
mod goods;
mod nature;
mod papers;
mod people;
mod rules;
pub mod tally;
mod visit;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use nature::Nature;
use tally::Tally;
use world::World;

/// One life; its tally, or the rule that it broke.
fn live(world: &mut World) -> Result<Tally, String> {
    let steps = world.rng.u32(20..60);
    for _ in 0..steps {
        world.step()?;
    }
    world.settle()?;
    world.cut()?;
    world.settle()?;
    world.rules.nothing_is_left_open(&world.disk)?;
    world.merge()?;
    Ok(world.rules.tally)
}

/// Plays the life of this seed.
///
/// # Errors
/// The rule that it broke, and everything that led to it.
pub fn play(seed: u64) -> Result<Tally, String> {
    match catch_unwind(|| live(&mut World::new(seed, Nature::hostile, false))) {
        Ok(Ok(tally)) => Ok(tally),
        _ => Err(play_and_tell(seed)),
    }
}

fn play_and_tell(seed: u64) -> String {
    let mut world = World::new(seed, Nature::hostile, true);
    let end = catch_unwind(AssertUnwindSafe(|| live(&mut world)));
    let events = world.log.take().unwrap_or_default().join("\n  ");
    let why = match end {
        Ok(Ok(_)) => "nothing the second time".to_owned(),
        Ok(Err(broken)) => broken,
        Err(_) => "a panic".to_owned(),
    };
    format!("{why}\nrepeat with: cargo xtask bench sessions --seed {seed} --sessions 1\n  {events}")
}

#[cfg(test)]
mod tests {
    use super::availability::Availability;
    use super::faults::RATES;
    use super::tally::Tally;

    const FIRST_SEED: u64 = 20_261_123;
    const LIVES: u64 = 10_000;

    #[test]
    fn ten_thousand_lives_break_no_rule() {
        let mut total = Tally::default();
        for seed in FIRST_SEED..FIRST_SEED + LIVES {
            match super::play(seed) {
                Ok(tally) => total.add(tally),
                Err(broken) => panic!("life {seed}: {broken}"),
            }
        }
        println!("{total:?}");
        assert_eq!(total.never(), [""; 0], "what no life came to is not tested: {total:?}");
    }

    #[test]
    fn a_shopper_who_meets_nothing_is_served_and_most_faults_cost_nobody() {
        let mut all = Availability::play(1..1_000, false).unwrap();
        all.add(&Availability::play(1_000..2_000, false).unwrap());
        assert!(all.served * 1_000 >= all.shoppers * 980, "{all:?}");
        let mut harmless = Vec::new();
        for rate in &RATES {
            let cost = Availability::of(rate, 1..20).unwrap();
            assert_eq!(cost.met, 19, "{}: {}", rate.code, rate.reason);
            if cost.lost + cost.unclear == 0 {
                harmless.push(rate.code);
            }
        }
        for code in [
            "NET_AWAY",
            "ANSWER_LOST",
            "CARD_MISREAD",
            "OTHER_CARD",
            "SLIP_UNSURE",
            "DOOR_STICKS",
            "LOCK_ANSWER_LOST",
            "LOCK_PULSE_LOST",
        ] {
            assert!(harmless.contains(&code), "{code} costs somebody: {harmless:?}");
        }
    }
}
