//! How the kiosk goes on, written by its parts and read by who watches over it: the watchdog and the health report.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pickup_protocol::DoorNumber;
use pickup_protocol::service::OutReason;
use pickup_session::Screen;
use tokio::sync::Notify;

/// How the kiosk goes on.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    session_ms: AtomicU64,
    journal_ms: AtomicU64,
    screen_ms: AtomicU64,
    journal_good: AtomicBool,
    waiting: AtomicU64,
    shown: Mutex<Shown>,
    doors: Mutex<BTreeMap<DoorNumber, bool>>,
    /// Notified when service begins or ends, the journal is good or no good, or a door moves.
    pub changed: Notify,
}

#[derive(Debug, Clone, Default)]
struct Shown {
    page: &'static str,
    out_of_service: Option<&'static str>,
}

/// A part of the program that must not stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The loop around the session.
    Session,
    /// The journal's thread.
    Journal,
    /// The screen's thread.
    Screen,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Session, Self::Journal, Self::Screen];
}

impl Default for Pulse {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            start: Instant::now(),
            session_ms: zero(),
            journal_ms: zero(),
            screen_ms: zero(),
            journal_good: AtomicBool::new(false),
            waiting: zero(),
            shown: Mutex::default(),
            doors: Mutex::default(),
            changed: Notify::new(),
        }
    }
}

impl Pulse {
    /// The session's loop went round.
    pub fn beat(&self) {
        self.answered(Part::Session);
    }

    /// A part answered just now.
    pub fn answered(&self, part: Part) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.of(part).store(ms, Ordering::Relaxed);
    }

    /// The first part that has not answered for longer than this, if any.
    #[must_use]
    pub fn stands_still(&self, longer_than: Duration) -> Option<Part> {
        let now = self.start.elapsed();
        Part::ALL.into_iter().find(|part| {
            let last = Duration::from_millis(self.of(*part).load(Ordering::Relaxed));
            now.saturating_sub(last) > longer_than
        })
    }

    /// Whether the journal can be read and written.
    pub fn set_journal(&self, good: bool) {
        if self.journal_good.swap(good, Ordering::Relaxed) != good {
            self.changed.notify_one();
        }
    }

    /// Whether the journal can be read and written.
    #[must_use]
    pub fn journal_is_good(&self) -> bool {
        self.journal_good.load(Ordering::Relaxed)
    }

    /// How many reports wait.
    pub fn set_waiting(&self, reports: usize) {
        self.waiting.store(reports as u64, Ordering::Relaxed);
    }

    /// How many reports wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What the screen shows.
    pub fn show(&self, screen: &Screen) {
        let shown = match screen {
            Screen::OutOfService(code) => Shown { page: "out of service", out_of_service: Some(code) },
            // Whoever looks after it changes nothing about whether it serves.
            Screen::Service(view) => {
                Shown { page: "looked after", out_of_service: view.out.map(OutReason::code) }
            }
            Screen::Starting => Shown { page: "starting", out_of_service: Some("STARTING") },
            Screen::Idle => Shown { page: "free", out_of_service: None },
            _ => Shown { page: "in use", out_of_service: None },
        };
        let before =
            std::mem::replace(&mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner), shown.clone());
        if before.out_of_service != shown.out_of_service {
            self.changed.notify_one();
        }
    }

    /// A door's contact said how it stands.
    pub fn door(&self, door: DoorNumber, open: bool) {
        if self.doors.lock().unwrap_or_else(PoisonError::into_inner).insert(door, open) != Some(open) {
            self.changed.notify_one();
        }
    }

    /// The locks cannot be asked any more: what their doors said last is not true any more.
    pub fn locks_lost(&self) {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.changed.notify_one();
    }

    /// How a door stands, as far as that is known.
    #[must_use]
    pub fn is_open(&self, door: DoorNumber) -> Option<bool> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).get(&door).copied()
    }

    /// Whether nobody stands at the screen.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(shown.page, "free" | "out of service")
    }

    /// Why nobody is served; `None` when somebody is or could be.
    #[must_use]
    pub fn out_of_service(&self) -> Option<&'static str> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).out_of_service
    }

    /// In a few words, for who looks at the service.
    #[must_use]
    pub fn in_words(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let why = shown.out_of_service.map(|code| format!(" ({code})")).unwrap_or_default();
        match self.waiting() {
            0 => format!("{}{why}", shown.page),
            waiting => format!("{}{why}; {waiting} reports wait", shown.page),
        }
    }

    const fn of(&self, part: Part) -> &AtomicU64 {
        match part {
            Part::Session => &self.session_ms,
            Part::Journal => &self.journal_ms,
            Part::Screen => &self.screen_ms,
        }
    }
}
