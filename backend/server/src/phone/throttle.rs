//! How often one address may do what could be guessed at or abused: buckets that fill again by the hour, in memory only. A
//! restart forgives; what must not be forgiven (tries of a code) is counted in the database.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Most callers remembered; when there are more, those that have asked least lately are forgotten.
const MOST: usize = 50_000;
const HOUR_US: i64 = 3_600_000_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// A basket is begun.
    Basket,
    /// Somebody enters who buys, or pays.
    Order,
    /// A link that leads nowhere was opened.
    WrongLink,
    /// A one-time code is asked for.
    Code,
}

/// Who does it: an address, or something else that is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// An address; of IPv6 the network, since a home has many addresses.
    Address(IpAddr),
    /// A telephone, by its keyed digest.
    Phone(String),
}

/// Counts.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<(Act, Who), Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// What is owed, in millionths of an act: it wears off by the hour.
    owed: i64,
    at_us: i64,
}

impl Throttle {
    /// Whether it may be done once more, at so many an hour; counts it when it may.
    pub fn allows(&self, act: Act, who: Who, an_hour: u32, now: Timestamp) -> bool {
        let (rate, now_us) = (i64::from(an_hour).saturating_mul(1_000_000), now.as_microsecond());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, bucket| now_us.saturating_sub(bucket.at_us) < HOUR_US / 4);
            if all.len() >= MOST {
                all.clear();
            }
        }
        let bucket = all.entry((act, network(who))).or_insert(Bucket { owed: 0, at_us: now_us });
        let passed = now_us.saturating_sub(bucket.at_us).clamp(0, HOUR_US);
        let worn = rate.saturating_mul(passed / 1_000).checked_div(HOUR_US / 1_000).unwrap_or_default();
        bucket.owed = bucket.owed.saturating_sub(worn).max(0);
        bucket.at_us = now_us;
        let allowed = bucket.owed.saturating_add(1_000_000) <= rate;
        if allowed {
            bucket.owed = bucket.owed.saturating_add(1_000_000);
        }
        allowed
    }

    /// Whether it may be done, without counting it.
    #[must_use]
    pub fn is_shut(&self, act: Act, who: Who, an_hour: u32, now: Timestamp) -> bool {
        let rate = i64::from(an_hour).saturating_mul(1_000_000);
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(act, network(who))).is_some_and(|bucket| {
            let passed = now.as_microsecond().saturating_sub(bucket.at_us).clamp(0, HOUR_US);
            let worn = rate.saturating_mul(passed / 1_000).checked_div(HOUR_US / 1_000).unwrap_or_default();
            bucket.owed.saturating_sub(worn).saturating_add(1_000_000) > rate
        })
    }
}

fn network(who: Who) -> Who {
    match who {
        Who::Address(IpAddr::V6(address)) => {
            let mut parts = address.segments();
            parts.iter_mut().skip(4).for_each(|part| *part = 0);
            Who::Address(IpAddr::V6(parts.into()))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_300_000 + second).unwrap()
    }

    fn who(text: &str) -> Who {
        Who::Address(text.parse().unwrap())
    }

    #[test]
    fn so_many_at_once_then_so_many_an_hour() {
        let throttle = Throttle::default();
        let ask = |second| throttle.allows(Act::Basket, who("192.0.2.1"), 4, at(second));
        assert_eq!([ask(0), ask(0), ask(1), ask(1), ask(2)], [true, true, true, true, false]);
        assert!(throttle.is_shut(Act::Basket, who("192.0.2.1"), 4, at(3)));
        assert!(ask(905), "a quarter of an hour gives one back");
        assert!(!ask(906));
        assert!(throttle.allows(Act::Basket, who("192.0.2.2"), 4, at(906)), "others are others");
        assert!(throttle.allows(Act::Code, who("192.0.2.1"), 4, at(906)), "other acts are others");
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_caller() {
        let throttle = Throttle::default();
        assert!(throttle.allows(Act::Code, who("2001:db8:1:2::1"), 1, at(0)));
        assert!(!throttle.allows(Act::Code, who("2001:db8:1:2:ffff::9"), 1, at(1)));
        assert!(throttle.allows(Act::Code, who("2001:db8:1:3::1"), 1, at(1)));
    }

    #[test]
    fn none_an_hour_is_none() {
        assert!(!Throttle::default().allows(Act::Order, who("192.0.2.1"), 0, at(0)));
    }
}
