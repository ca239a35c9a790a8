//! Calls for a person: kept until the backend has them, told at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pickup_protocol::health::{CALLS_AT_MOST, Call};
use tokio::sync::Notify;
use uuid::Uuid;

/// Whoever calls for the same reason again so soon is the same person before the same door.
const THE_SAME_FOR: Duration = Duration::from_secs(60);

/// Calls that wait; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    waiting: Arc<Mutex<VecDeque<Waiting>>>,
    /// Notified at each call.
    pub made: Arc<Notify>,
}

#[derive(Debug, Clone)]
struct Waiting {
    id: Uuid,
    code: &'static str,
    about: Option<String>,
    at: Instant,
    told: bool,
}

impl Calls {
    /// A member of staff is needed; `code` says why.
    pub fn call(&self, code: &'static str, now: Instant) {
        self.call_about(code, None, now);
    }

    /// A member of staff is needed because of something that has a number, such as a slip's.
    pub fn call_about(&self, code: &'static str, about: Option<String>, now: Instant) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|call| !call.told || now.duration_since(call.at) < THE_SAME_FOR);
        if waiting.iter().any(|call| {
            call.code == code && call.about == about && now.duration_since(call.at) < THE_SAME_FOR
        }) {
            return;
        }
        if waiting.len() >= CALLS_AT_MOST {
            // Many doors at once must not push out whoever asked for help.
            let oldest = waiting.iter().position(|call| call.code == code).unwrap_or_default();
            waiting.remove(oldest);
        }
        waiting.push_back(Waiting { id: Uuid::new_v4(), code, about, at: now, told: false });
        drop(waiting);
        self.made.notify_one();
    }

    /// What the backend does not have yet, oldest first.
    #[must_use]
    pub fn waiting(&self, now: Instant) -> Vec<Call> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let call = |call: &Waiting| Call {
            id: call.id,
            code: call.code.to_owned(),
            ago_s: now.duration_since(call.at).as_secs(),
            about: call.about.clone(),
        };
        waiting.iter().filter(|call| !call.told).map(call).collect()
    }

    /// The backend has these.
    pub fn told(&self, calls: &[Call]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for call in waiting.iter_mut() {
            call.told |= calls.iter().any(|told| told.id == call.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(calls: &[Call]) -> Vec<&str> {
        calls.iter().map(|call| call.code.as_str()).collect()
    }

    #[test]
    fn a_call_waits_until_it_was_told_and_is_not_made_twice_in_a_minute() {
        let (calls, start) = (Calls::default(), Instant::now());
        calls.call("PRINTER", start);
        calls.call("LOCK", start);
        calls.call("PRINTER", start + Duration::from_secs(30));
        let first = calls.waiting(start + Duration::from_secs(30));
        assert_eq!(codes(&first), ["PRINTER", "LOCK"]);
        assert_eq!(first[0].ago_s, 30);
        calls.told(&first[..1]);
        assert_eq!(codes(&calls.waiting(start)), ["LOCK"]);
        calls.call("PRINTER", start + Duration::from_secs(40));
        assert_eq!(codes(&calls.waiting(start + Duration::from_secs(40))), ["LOCK"], "told a moment ago");
        let later = start + Duration::from_secs(90);
        calls.call("PRINTER", later);
        assert_eq!(codes(&calls.waiting(later)), ["LOCK", "PRINTER"]);
    }

    #[test]
    fn calls_that_nobody_takes_do_not_pile_up() {
        let (calls, mut now) = (Calls::default(), Instant::now());
        for _ in 0..100 {
            now += THE_SAME_FOR;
            calls.call("HELP_ASKED", now);
        }
        assert_eq!(calls.waiting(now).len(), CALLS_AT_MOST);
    }

    #[test]
    fn many_calls_for_one_reason_do_not_push_out_another() {
        let (calls, now) = (Calls::default(), Instant::now());
        calls.call("HELP_ASKED", now);
        for door in 1..=40 {
            calls.call_about("DOOR_UNASKED", Some(door.to_string()), now);
        }
        let waiting = calls.waiting(now);
        assert_eq!((waiting.len(), waiting[0].code.as_str()), (CALLS_AT_MOST, "HELP_ASKED"));
        assert_eq!(waiting.last().and_then(|call| call.about.as_deref()), Some("40"));
    }
}
