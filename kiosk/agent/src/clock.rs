//! What time it is: monotonic for deadlines, and the date once somebody trustworthy has said it.
//!
//! A board without a clock chip begins in 1970, or where it was switched off. Until the date is known nothing that depends
//! on one is decided. It becomes known by the backend's hello, which is believed over everything else, or by the system's
//! clock once the system says that it is synchronised (or the settings say that it can be trusted) and it is not before
//! the earliest moment this can be: the day of the build, of the kiosk's certificate, and the time heard last.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pickup_session::Now;
use rustls::pki_types::UnixTime;

/// Made by the system's time service once it is synchronised.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// No clock that shows an earlier time is right: 2026-11-01.
const BUILT: Timestamp = Timestamp::constant(1_793_491_200, 0);
/// The system is asked this often while the date is not known.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What tells the time.
pub trait System: fmt::Debug + Send + Sync {
    /// Since some moment before the program started; never runs backwards.
    fn mono(&self) -> Duration;
    /// What the system believes to be the time.
    fn wall(&self) -> Timestamp;
    /// Whether the system's clock is synchronised with others.
    fn synchronised(&self) -> bool;
}

/// The computer's own clocks.
#[derive(Debug)]
pub struct Computer {
    start: Instant,
    trusted: bool,
}

impl System for Computer {
    fn mono(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn synchronised(&self) -> bool {
        self.trusted || Path::new(SYNCHRONISED).exists()
    }
}

/// Who said what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The backend.
    Backend,
    /// The system's clock, synchronised.
    System,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    /// When on the monotonic clock, what, and by whom.
    known: Option<(Duration, Timestamp, Source)>,
    ask_at: Duration,
    /// It is certainly not before then.
    earliest: Timestamp,
    /// The backend said so once; it may have been wrong.
    heard: Timestamp,
}

/// The kiosk's clock; clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    system: Arc<dyn System>,
    told: Arc<Mutex<Told>>,
}

impl Clock {
    /// A clock that does not know the date yet, unless the system does. `trusted` takes the system's word without its
    /// being synchronised, for a board with a clock chip and a battery.
    #[must_use]
    pub fn start(trusted: bool) -> Self {
        let start = Instant::now();
        Self::on(start, Arc::new(Computer { start, trusted }))
    }

    fn on(start: Instant, system: Arc<dyn System>) -> Self {
        let told = Told { known: None, ask_at: Duration::ZERO, earliest: BUILT, heard: BUILT };
        Self { start, system, told: Arc::new(Mutex::new(told)) }
    }

    /// It is certainly not before then.
    pub fn not_before(&self, earliest: Timestamp) {
        if let Ok(mut told) = self.told.lock() {
            told.earliest = told.earliest.max(earliest);
        }
    }

    /// The backend said this before the last start.
    pub fn heard_last(&self, wall: Timestamp) {
        if let Ok(mut told) = self.told.lock() {
            told.heard = wall;
        }
    }

    /// The backend said what time it is. False when that cannot be, and is not believed.
    pub fn set(&self, wall: Timestamp) -> bool {
        if wall < BUILT {
            tracing::error!(%wall, "the backend's clock is before the day this program was made: set it right");
            return false;
        }
        if let Ok(mut told) = self.told.lock() {
            told.known = Some((self.system.mono(), wall, Source::Backend));
        }
        true
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Now {
        let mono = self.system.mono();
        Now { mono, wall: self.look(mono).map(|(wall, _)| wall) }
    }

    /// Who said what time it is, if anybody.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        self.look(self.system.mono()).map(|(_, source)| source)
    }

    /// How far the system's clock is from what is known to be the time, in milliseconds; positive when it is ahead.
    #[must_use]
    pub fn system_ahead_ms(&self) -> Option<i64> {
        let known = self.now().wall?;
        Some(self.system.wall().as_millisecond().saturating_sub(known.as_millisecond()))
    }

    /// The moment at which `mono` is reached.
    #[must_use]
    pub fn instant(&self, mono: Duration) -> Instant {
        self.start + mono
    }

    /// The best guess, for checking certificates only: a system's clock that can be right, or else what is known, or else
    /// the earliest moment it can be.
    #[must_use]
    pub fn at_least(&self) -> Timestamp {
        let earliest = self.told.lock().map_or(BUILT, |told| told.earliest);
        let system = self.system.wall();
        if system >= earliest { system } else { self.now().wall.unwrap_or(earliest) }
    }

    fn look(&self, mono: Duration) -> Option<(Timestamp, Source)> {
        let mut told = self.told.lock().ok()?;
        if told.known.is_none() && told.ask_at <= mono {
            told.ask_at = mono + ASK_EVERY;
            let wall = self.system.wall();
            if wall >= told.earliest.max(told.heard) && self.system.synchronised() {
                told.known = Some((mono, wall, Source::System));
            }
        }
        let (when, wall, source) = told.known?;
        let gone = SignedDuration::try_from(mono.saturating_sub(when)).ok()?;
        Some((wall.checked_add(gone).ok()?, source))
    }
}

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let second = u64::try_from(self.at_least().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(second)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

    use super::*;

    /// A board that began in 1970.
    #[derive(Debug, Default)]
    struct Board {
        mono_s: AtomicU64,
        wall_s: AtomicI64,
        synchronised: AtomicBool,
    }

    impl System for Board {
        fn mono(&self) -> Duration {
            Duration::from_secs(self.mono_s.load(Ordering::Relaxed))
        }

        fn wall(&self) -> Timestamp {
            Timestamp::from_second(self.wall_s.load(Ordering::Relaxed)).unwrap()
        }

        fn synchronised(&self) -> bool {
            self.synchronised.load(Ordering::Relaxed)
        }
    }

    impl Board {
        fn after(&self, seconds: u64) {
            self.mono_s.fetch_add(seconds, Ordering::Relaxed);
            self.wall_s.fetch_add(i64::try_from(seconds).unwrap(), Ordering::Relaxed);
        }
    }

    fn board() -> (Arc<Board>, Clock) {
        let board = Arc::new(Board::default());
        (Arc::clone(&board), Clock::on(Instant::now(), board))
    }

    fn day() -> Timestamp {
        "2026-11-23T02:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_board_that_began_in_1970_counts_seconds_and_knows_no_date() {
        let (board, clock) = board();
        board.after(30);
        assert_eq!(clock.now(), Now { mono: Duration::from_secs(30), wall: None });
        // Synchronised, says the system, but it cannot be.
        board.synchronised.store(true, Ordering::Relaxed);
        board.after(30);
        assert_eq!((clock.now().wall, clock.source()), (None, None));
    }

    #[test]
    fn the_backend_tells_the_date_and_the_monotonic_clock_carries_it_on() {
        let (board, clock) = board();
        board.after(5);
        assert!(clock.set(day()));
        board.after(60);
        board.wall_s.store(9_999_999_999, Ordering::Relaxed);
        assert_eq!(clock.now().wall, Some(day() + SignedDuration::from_secs(60)));
        assert_eq!(clock.source(), Some(Source::Backend));
    }

    #[test]
    fn a_backend_that_is_in_1970_itself_is_not_believed() {
        let (_, clock) = board();
        assert!(!clock.set(Timestamp::UNIX_EPOCH));
        assert_eq!(clock.now().wall, None);
    }

    #[test]
    fn the_systems_clock_counts_once_it_is_synchronised_and_later_than_what_was_heard_last() {
        let (board, clock) = board();
        clock.heard_last(day());
        board.wall_s.store(day().as_second() - 10, Ordering::Relaxed);
        assert_eq!(clock.now().wall, None, "nobody vouches for it");
        board.synchronised.store(true, Ordering::Relaxed);
        board.after(2);
        assert_eq!(clock.now().wall, None, "before what was heard last");
        board.after(60);
        assert_eq!(clock.now().wall, Some(board.wall()));
        assert_eq!(clock.source(), Some(Source::System));
    }

    #[test]
    fn a_certificate_is_checked_against_a_time_that_can_be_while_the_date_is_not_known() {
        let (_, clock) = board();
        clock.not_before(day());
        clock.heard_last(day() + SignedDuration::from_hours(9_000));
        assert_eq!(
            clock.at_least(),
            day(),
            "what was heard may have been wrong, and must not shut the backend out"
        );
    }
}
