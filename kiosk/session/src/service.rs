//! The service pages: staff look after printer, scanner, reader and doors, see how the machine stands, and take it out of
//! service or put it back.
//!
//! Nothing opens here. Only whether the kiosk serves shoppers changes, and that is journalled before it counts. A badge
//! that could not be checked because the backend is away leads here too, to look and not to change: a network fault is
//! found where it is.

use std::time::Duration;

use pickup_protocol::service::{OutReason, ServiceChange};
use pickup_protocol::staff::{Scanned, classify};
use pickup_protocol::{DoorNumber, Reason};

use crate::command::{Command, Screen};
use crate::event::{Action, Trouble};
use crate::journal::Record;
use crate::session::Session;
use crate::state::{Staff, State};

/// Left alone for so long, the pages close; who mends a printer has both hands in it.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(180);

/// The service pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Page {
    /// Leads to the others.
    #[default]
    Menu,
    /// The printer's state and a sample slip.
    Printer,
    /// What the scanner reads.
    Scanner,
    /// What the card reader reads.
    Reader,
    /// How the doors stand.
    Doors,
    /// What a driver did last.
    Events(Driver),
    /// Network, time, versions, journal and disk.
    Machine,
    /// Out of service and back.
    Standing,
}

/// The drivers, each with a record of what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Driver {
    /// The lock boards.
    #[default]
    Lock,
    /// The scanner.
    Scanner,
    /// The card reader.
    Reader,
    /// The printer.
    Printer,
}

/// What staff ask for on the service pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceAction {
    /// From staff mode to the menu.
    Enter,
    /// Go to a page.
    Show(Page),
    /// The next sheet of a long list.
    Next,
    /// The sheet before.
    Previous,
    /// Print a sample slip.
    PrintSample,
    /// Serve nobody from now on.
    TakeOut(OutReason),
    /// Serve again.
    PutBack,
    /// Back to where staff came from.
    Leave,
}

/// What became of the sample slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sample {
    /// None was asked for.
    #[default]
    None,
    /// It prints.
    Printing {
        /// The number it is answered with.
        job: u64,
    },
    /// It came out.
    Printed,
    /// It did not.
    Failed {
        /// Whether a part may have come out.
        sent: bool,
        /// What is wrong.
        trouble: Trouble,
    },
}

/// What kind of code was scanned; what it said is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A pickup code.
    Ticket,
    /// A badge.
    Badge,
    /// A parcel label.
    Label,
    /// Anything else.
    Other,
}

/// A code that was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its kind.
    pub kind: CodeKind,
    /// Its length in bytes.
    pub length: usize,
    /// How many were scanned since the page was opened.
    pub count: u32,
}

/// What became of a document on the reader; who it belongs to is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Laid {
    /// It was read; the code names its kind.
    Read(&'static str),
    /// It was not; the code says why.
    Failed(&'static str),
}

/// How a door stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorSeen {
    /// Which.
    pub door: DoorNumber,
    /// Whether it is open; `None` when nobody knows.
    pub open: Option<bool>,
    /// Whether goods that wait for a shopper are behind it, as far as the kiosk was told.
    pub taken: bool,
}

/// What the service pages show of what the session knows; the rest is the machine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    /// Who looks; `None` for somebody whose badge could not be checked, who changes nothing.
    pub staff: Option<String>,
    /// The page.
    pub page: Page,
    /// The sheet of a long list, from 0.
    pub sheet: usize,
    /// The sample slip.
    pub sample: Sample,
    /// The last code.
    pub seen: Option<Seen>,
    /// The last document.
    pub laid: Option<Laid>,
    /// The doors.
    pub doors: Vec<DoorSeen>,
    /// Pickups that wait for somebody to look behind a door.
    pub unclear: usize,
    /// Why the kiosk serves nobody, if staff said so.
    pub out: Option<OutReason>,
    /// Whether a change is being written down.
    pub changing: bool,
}

/// Where staff are on the service pages.
#[derive(Debug, Default)]
pub(crate) struct Service {
    pub staff: Option<Staff>,
    page: Page,
    sheet: usize,
    sample: Sample,
    seen: Option<Seen>,
    laid: Option<Laid>,
    /// A change that is being journalled, and under which number.
    pub change: Option<(u64, Box<ServiceChange>)>,
}

impl Session {
    /// The badge could not be checked: whoever it belongs to may look.
    pub(crate) fn badge_unchecked(&mut self) {
        self.enter(State::Service(Box::default()));
    }

    /// Whether the action belonged to the service pages.
    pub(crate) fn service_touched(&mut self, action: Action) -> bool {
        let Action::Service(asked) = action else { return false };
        if asked == ServiceAction::Enter {
            if let State::StaffHome { staff, .. } = &self.state {
                let staff = Some(staff.clone());
                self.enter(State::Service(Box::new(Service { staff, ..Service::default() })));
            }
            return true;
        }
        let State::Service(service) = &mut self.state else { return true };
        let may_change = service.staff.is_some() && service.change.is_none();
        match asked {
            ServiceAction::Show(page) => service.show(page),
            ServiceAction::Next => service.sheet = service.sheet.saturating_add(1),
            ServiceAction::Previous => service.sheet = service.sheet.saturating_sub(1),
            ServiceAction::PrintSample if may_change => self.print_sample(),
            ServiceAction::TakeOut(reason) if may_change => self.change_service(Some(reason)),
            ServiceAction::PutBack if may_change => self.change_service(None),
            // What is being written down counts from this page on; it takes a moment, and one that does not end fails.
            ServiceAction::Leave if service.change.is_none() => self.leave_service(),
            _ => {}
        }
        true
    }

    fn print_sample(&mut self) {
        let job = self.number();
        if let State::Service(service) = &mut self.state
            && !matches!(service.sample, Sample::Printing { .. })
        {
            service.sample = Sample::Printing { job };
            self.push(Command::PrintSample(job));
        }
    }

    fn change_service(&mut self, out: Option<OutReason>) {
        let (change_id, at) = (self.id(), self.now.wall);
        let State::Service(service) = &self.state else { return };
        let Some(staff) = service.staff.as_ref().filter(|_| self.taken_out() != out) else { return };
        let change = Box::new(ServiceChange { change_id, badge: staff.badge.clone(), out, at });
        let write = self.write(vec![Record::Service(change.clone())]);
        self.since = self.now.mono;
        if let State::Service(service) = &mut self.state {
            service.change = Some((write, change));
        }
    }

    fn leave_service(&mut self) {
        let State::Service(service) = &self.state else { return };
        match service.staff.clone() {
            Some(staff) => self.enter(State::StaffHome { staff, problem: None }),
            None => self.home(),
        }
    }

    /// What was asked to be written is on the disk.
    pub(crate) fn service_journalled(&mut self, done: u64) {
        if let State::Service(service) = &mut self.state
            && let Some((_, change)) = service.change.take_if(|(write, _)| *write == done)
        {
            self.standing = Some(change);
        }
    }

    /// Something was scanned while the service pages are open.
    pub(crate) fn service_scanned(&mut self, bytes: &[u8]) {
        let State::Service(service) = &mut self.state else { return };
        if service.page != Page::Scanner {
            return;
        }
        let kind = match classify(bytes) {
            Scanned::Ticket(_) => CodeKind::Ticket,
            Scanned::Badge(_) => CodeKind::Badge,
            Scanned::Label(_) => CodeKind::Label,
            Scanned::Other => CodeKind::Other,
        };
        let count = service.seen.map_or(0, |seen| seen.count).saturating_add(1);
        service.seen = Some(Seen { kind, length: bytes.len(), count });
    }

    /// A document was laid on the reader, for whoever tries it.
    pub(crate) fn laid(&mut self, laid: Laid) {
        if let State::Service(service) = &mut self.state
            && service.page == Page::Reader
        {
            service.laid = Some(laid);
            self.touched = self.now.mono;
        }
    }

    /// A slip ended; whether it was the sample.
    pub(crate) fn sample_ended(&mut self, ended: u64, how: Sample) -> bool {
        match &mut self.state {
            State::Service(service) if service.sample == (Sample::Printing { job: ended }) => {
                service.sample = how;
                true
            }
            _ => false,
        }
    }

    /// Whether the reader is to look for cards on this page.
    pub(crate) fn service_reads_cards(&self) -> bool {
        matches!(&self.state, State::Service(service) if service.page == Page::Reader)
    }

    /// When the service pages move on by themselves.
    pub(crate) fn service_due(&self, service: &Service) -> Duration {
        match service.change {
            Some(_) => self.since + self.config.answer_for,
            None => self.touched + LEFT_ALONE_FOR,
        }
    }

    pub(crate) fn service_timeout(&mut self) {
        match &self.state {
            State::Service(service) if service.change.is_some() => self.journal_failed(),
            _ => self.home(),
        }
    }

    pub(crate) fn service_page(&self, service: &Service) -> Screen {
        Screen::Service(Box::new(ServiceView {
            staff: service.staff.as_ref().map(|staff| staff.name.clone()),
            page: service.page,
            sheet: service.sheet,
            sample: service.sample,
            seen: service.seen,
            laid: service.laid,
            doors: if service.page == Page::Doors { self.doors_seen() } else { Vec::new() },
            unclear: self.unclear.len(),
            out: self.taken_out(),
            changing: service.change.is_some(),
        }))
    }

    fn doors_seen(&self) -> Vec<DoorSeen> {
        let entries = self.manifest.iter().flat_map(|manifest| &manifest.entries);
        let waiting: Vec<DoorNumber> = entries
            .filter(|entry| !self.collected.contains_key(&entry.offer.pickup))
            .flat_map(|entry| entry.offer.doors.iter().copied())
            .collect();
        let seen = |door: DoorNumber| DoorSeen {
            door,
            open: self.doors.get(&door).copied(),
            taken: waiting.contains(&door),
        };
        self.config.doors.iter().map(|offer| seen(offer.door)).collect()
    }

    /// A badge that nobody could check: nothing is said of it, but it may look.
    pub(crate) fn badge_unanswered(&mut self) {
        match self.state {
            State::StaffAsking { .. } => self.badge_unchecked(),
            _ => self.refuse(Reason::Offline),
        }
    }
}

impl Service {
    fn show(&mut self, page: Page) {
        let sample = if matches!(self.sample, Sample::Printing { .. }) { self.sample } else { Sample::None };
        (self.page, self.sheet, self.sample, self.seen, self.laid) = (page, 0, sample, None, None);
    }
}
