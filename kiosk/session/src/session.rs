//! The machine itself: what it knows, how events reach the flow they belong to, and when it moves by itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use pickup_protocol::kiosk::Hello;
use pickup_protocol::service::ServiceChange;
use pickup_protocol::staff::{Scanned, classify};
use pickup_protocol::{DoorNumber, Language, Manifest, PickupNumber, Reason};
use uuid::Uuid;

use crate::command::{Command, Display, Problem, View, Whereabouts};
use crate::config::Config;
use crate::event::{Event, GoodsFault, Now, Trouble};
use crate::journal::{Record, Recovery, Slips};
use crate::state::{Refusal, State};
use crate::unasked::Called;

/// What lies over the page for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    StillThere,
    Help,
    ScanHelp,
    Limit,
    Goods,
    GoodsTold(GoodsFault),
}

/// The machine of one kiosk.
pub struct Session {
    pub(crate) config: Config,
    ids: Box<dyn FnMut() -> Uuid + Send>,
    pub(crate) now: Now,
    pub(crate) state: State,
    pub(crate) since: Duration,
    pub(crate) touched: Duration,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) language: Language,
    pub(crate) display: Display,
    pub(crate) hello: Option<Hello>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) online: bool,
    pub(crate) away_since: Option<jiff::Timestamp>,
    /// The release of the running pickup was withdrawn while somebody stood there.
    pub(crate) withdrawn: bool,
    pub(crate) journal_good: Option<bool>,
    pub(crate) recovery: Option<Recovery>,
    /// Whether what goes on was begun before the restart, by somebody who may have left.
    pub(crate) resumed: bool,
    pub(crate) slips: BTreeMap<PickupNumber, Slips>,
    pub(crate) collected: BTreeMap<PickupNumber, jiff::Timestamp>,
    /// Pickups whose door may have moved, until somebody has looked.
    pub(crate) unclear: BTreeSet<PickupNumber>,
    /// Parcels put behind a door here, which the backend may not have heard of yet.
    pub(crate) stored: BTreeSet<PickupNumber>,
    pub(crate) doors: BTreeMap<DoorNumber, bool>,
    /// The door that is asked to open, and whether it stood open before.
    pub(crate) stood: Option<(DoorNumber, bool)>,
    /// Doors that stood open though nobody asked, and when staff were called to them.
    pub(crate) called_to: BTreeMap<DoorNumber, Called>,
    /// The door that was asked to open last, and when.
    pub(crate) pulsed: Option<(DoorNumber, Duration)>,
    /// How staff left the kiosk: out of service, or back in it.
    pub(crate) standing: Option<Box<ServiceChange>>,
    pub(crate) lock_up: bool,
    pub(crate) scanner_up: bool,
    pub(crate) reader_up: bool,
    pub(crate) printer_trouble: Option<Trouble>,
    /// Slips of which the printer has not said what became, also of pickups that were given up meanwhile.
    pub(crate) unanswered: BTreeMap<u64, PickupNumber>,
    /// Slips asked for in the running pickup.
    pub(crate) slips_asked: u8,
    /// When numbers were typed that belong to nothing.
    pub(crate) wrong_numbers: Vec<Duration>,
    next: u64,
    pub(crate) polling: bool,
    commands: VecDeque<Command>,
    shown: Option<View>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("state", &self.state)
            .field("overlay", &self.overlay)
            .field("language", &self.language)
            .field("shown", &self.shown)
            .field("recovery", &self.recovery)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A kiosk that has just started. `ids` makes the ids of everything it asks and reports; they must be random.
    #[must_use]
    pub fn new(config: Config, ids: Box<dyn FnMut() -> Uuid + Send>, now: Now) -> Self {
        let mut session = Self {
            config,
            ids,
            now,
            state: State::Starting,
            since: now.mono,
            touched: now.mono,
            overlay: None,
            language: Language::Zh,
            display: Display::Normal,
            hello: None,
            manifest: None,
            online: false,
            away_since: None,
            withdrawn: false,
            journal_good: None,
            recovery: None,
            resumed: false,
            slips: BTreeMap::new(),
            collected: BTreeMap::new(),
            unclear: BTreeSet::new(),
            stored: BTreeSet::new(),
            doors: BTreeMap::new(),
            stood: None,
            called_to: BTreeMap::new(),
            pulsed: None,
            standing: None,
            lock_up: false,
            scanner_up: false,
            reader_up: true,
            printer_trouble: None,
            unanswered: BTreeMap::new(),
            slips_asked: 0,
            wrong_numbers: Vec::new(),
            next: 1,
            polling: false,
            commands: VecDeque::new(),
            shown: None,
        };
        session.show();
        session
    }

    /// Takes an event.
    pub fn handle(&mut self, event: Event, now: Now) {
        self.now = now;
        match event {
            Event::Recovered(found) => self.recovered(found),
            Event::Hello(hello) => self.hello = Some(*hello),
            Event::Manifest(manifest) => self.listed(*manifest),
            Event::Wish(wish) => self.wish(*wish),
            Event::Online(online) => self.contact(online),
            Event::Scanned(bytes) => self.scanned(&bytes),
            Event::Touched(action) => self.touched(action),
            Event::Card(card) => self.card(&card),
            Event::CardFailed => self.card_failed(Problem::ReadAgain),
            Event::OtherDocument => self.card_failed(Problem::OtherDocument),
            Event::Laid(laid) => self.laid(laid),
            Event::Reader(up) => self.reader(up),
            Event::Verdict(ask, answer) => self.verdict(ask, answer.ok().map(|v| *v)),
            Event::Grant(ask, answer) => self.granted(ask, answer.ok()),
            Event::Staff(ask, answer) => self.staff_answer(ask, answer.ok()),
            Event::Plan(ask, answer) => self.planned(ask, answer.ok()),
            Event::Opening(ask, answer) => self.opening_answer(ask, answer.ok()),
            Event::Slip(ask, answer) => self.slip_answer(ask, answer.ok().map(|slip| *slip)),
            Event::Journalled(write) => self.journalled(write),
            Event::JournalFailed => self.journal_failed(),
            Event::Printed(job) => self.printed(job),
            Event::PrintFailed { job, sent, trouble } => self.print_answered(job, sent, trouble),
            Event::Printer(trouble) => self.printer(trouble),
            Event::Lock(up) => self.lock(up),
            Event::Scanner(up) => self.scanner_up = up,
            Event::Door { door, open } => self.door(door, open),
            Event::OpenFailed { door, kind } => self.open_failed(door, kind),
        }
        self.settle();
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.now = now;
        if self.due().is_some_and(|due| due <= now.mono) {
            self.timeout();
        }
        self.settle();
    }

    /// When [`Self::handle_timeout`] should be called next, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        [self.moves_next(), self.calls_next()].into_iter().flatten().min()
    }

    /// When the state, or what is shown of it, changes by itself.
    fn moves_next(&self) -> Option<Duration> {
        let due = self.due()?;
        let left = due.saturating_sub(self.now.mono);
        if self.counts_down() && left > Duration::ZERO {
            // Also whenever the number of seconds shown changes.
            let whole = Duration::from_secs(left.as_secs());
            let step = if left > whole { left - whole } else { Duration::from_secs(1) };
            return Some(self.now.mono + step);
        }
        Some(self.warns_at().unwrap_or(due))
    }

    /// What is to be done next.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Whether nobody is being served.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    pub(crate) const fn shown_last(&self) -> Option<&View> {
        self.shown.as_ref()
    }

    pub(crate) fn id(&mut self) -> Uuid {
        (self.ids)()
    }

    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    pub(crate) fn push(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    /// Asks for records to be written and says under which number.
    pub(crate) fn write(&mut self, records: Vec<Record>) -> u64 {
        let write = self.number();
        self.push(Command::Journal { write, records });
        write
    }

    pub(crate) fn enter(&mut self, state: State) {
        self.state = state;
        self.since = self.now.mono;
        self.touched = self.now.mono;
        self.overlay = None;
    }

    /// Back to the start; whatever was known of the person goes.
    pub(crate) fn home(&mut self) {
        self.language = Language::Zh;
        self.display = Display::Normal;
        self.resumed = false;
        self.enter(State::Idle);
    }

    pub(crate) fn refuse(&mut self, reason: Reason) {
        self.refuse_at(reason, None, String::new());
    }

    pub(crate) fn refuse_at(
        &mut self,
        reason: Reason,
        collected_at: Option<jiff::Timestamp>,
        reference: String,
    ) {
        // What this kiosk knows by itself to be collected was collected here.
        let here = self.hello.as_ref().map(|hello| hello.kiosk.clone());
        let kiosk = here.filter(|_| collected_at.is_some());
        let whereabouts = Whereabouts { kiosk, ..Whereabouts::default() };
        self.refuse_with(Refusal { collected_at, reference, whereabouts, ..reason.into() });
    }

    pub(crate) fn refuse_with(&mut self, refusal: Refusal) {
        self.enter(State::Refused(Box::new(refusal)));
    }

    fn scanned(&mut self, bytes: &[u8]) {
        self.touched = self.now.mono;
        let scanned = classify(bytes);
        match &self.state {
            State::Idle | State::Typing { .. } | State::Refused(_) | State::Done { .. }
                if self.out_of_service().is_none() =>
            {
                self.resumed = false;
                if matches!(self.state, State::Done { .. }) {
                    // The next person, who has not chosen a language.
                    self.home();
                }
                match scanned {
                    Scanned::Ticket(text) => self.ticket(&text),
                    Scanned::Badge(badge) => self.badge(badge),
                    Scanned::Label(_) | Scanned::Other => self.refuse(Reason::TicketMalformed),
                }
            }
            State::StaffHome { .. }
            | State::StaffStored { .. }
            | State::StaffList { .. }
            | State::StaffWhy { .. } => self.label(scanned),
            State::StaffPin { .. } | State::StaffSecond { .. } => self.other_badge(scanned),
            State::Service(_) => self.service_scanned(bytes),
            // Whatever is wrong with the machine, staff can look at it; with no journal nothing begins.
            State::Idle if self.journal_good == Some(true) => {
                if let Scanned::Badge(badge) = scanned {
                    self.resumed = false;
                    self.badge(badge);
                }
            }
            _ => {}
        }
    }

    fn lock(&mut self, up: bool) {
        self.lock_up = up;
        if !up {
            self.lost_sight();
            self.doors.clear();
            self.stood = None;
        }
        self.lock_changed();
    }

    /// Brings the reader and the screen in line with the state.
    fn settle(&mut self) {
        let asked = matches!(self.state, State::PresentCard { .. }) || self.service_reads_cards();
        let wanted = asked && self.overlay != Some(Overlay::Help);
        if wanted != self.polling {
            self.polling = wanted;
            self.push(Command::PollCards(wanted));
        }
        self.call_to_open_doors();
        self.show();
    }

    fn show(&mut self) {
        let view = self.view();
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.push(Command::Show(Box::new(view)));
        }
    }
}
