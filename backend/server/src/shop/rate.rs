//! How many requests a key may make: a bucket that holds a minute's worth and fills evenly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Length of the window, in seconds.
pub const WINDOW_S: i64 = 60;
const WINDOW_US: i64 = WINDOW_S * 1_000_000;

/// The buckets of all keys.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<String, Bucket>>);

/// One key's bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When it is full again, in microseconds since 1970.
    full_us: i64,
}

/// What a request may know of its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Requests a window allows.
    pub quota: u32,
    /// Requests left now.
    pub left: i64,
    /// Seconds until the bucket is full.
    pub full_in_s: i64,
    /// Seconds until the next request, when none is left.
    pub wait_s: Option<i64>,
}

impl Rates {
    /// Takes one request of `key`; `None` where nothing is limited.
    pub fn take(&self, key: &str, quota: u32, now_us: i64) -> Option<Level> {
        if quota == 0 {
            return None;
        }
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(buckets.entry(key.to_owned()).or_default().take(quota, now_us))
    }
}

impl Bucket {
    /// Takes one request of `quota` a window.
    pub fn take(&mut self, quota: u32, now_us: i64) -> Level {
        let each_us = (WINDOW_US / i64::from(quota.max(1))).max(1);
        // A clock that was set back must not keep a key out for longer than a window.
        let empty_for_us = self.full_us.saturating_sub(now_us).clamp(0, WINDOW_US);
        let after_us = empty_for_us.saturating_add(each_us);
        if after_us > WINDOW_US {
            let wait_us = after_us.saturating_sub(WINDOW_US);
            return level(quota, 0, empty_for_us, Some(seconds_up(wait_us).max(1)));
        }
        self.full_us = now_us.saturating_add(after_us);
        level(quota, WINDOW_US.saturating_sub(after_us) / each_us, after_us, None)
    }
}

const fn level(quota: u32, left: i64, empty_for_us: i64, wait_s: Option<i64>) -> Level {
    Level { quota, left, full_in_s: seconds_up(empty_for_us), wait_s }
}

const fn seconds_up(us: i64) -> i64 {
    us.saturating_add(999_999) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_windows_worth_goes_at_once_and_then_one_by_one() {
        let mut bucket = Bucket::default();
        let now = 1_000_000_000;
        let left: Vec<i64> = (0..3).map(|_| bucket.take(3, now).left).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = bucket.take(3, now);
        assert_eq!((refused.wait_s, refused.full_in_s), (Some(20), 60));
        assert_eq!(bucket.take(3, now + 20_000_000).wait_s, None);
        assert_eq!(bucket.take(3, now + 20_000_000).wait_s, Some(20));
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let mut bucket = Bucket::default();
        for _ in 0..50 {
            bucket.take(1, 5_000_000);
        }
        assert_eq!(bucket.take(1, 65_000_000).wait_s, None);
    }

    #[test]
    fn a_clock_set_back_keeps_nobody_out_for_longer_than_a_window() {
        let mut bucket = Bucket::default();
        bucket.take(1, 1_000_000_000_000);
        assert_eq!(bucket.take(1, 1_000_000).wait_s, Some(60));
    }

    #[test]
    fn no_quota_is_no_limit() {
        assert_eq!(Rates::default().take("a", 0, 1), None);
    }
}
