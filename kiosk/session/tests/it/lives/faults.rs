//! Faults as they are met in the field: a table with a reason for each rate, and what each does to one visit.
//!
//! A kiosk is taken to be open ten hours a day and to see 200 shoppers; a repair or a new roll takes a quarter of an hour
//! (five shoppers) when staff must come, and half a day when a part must be replaced. The rates are estimates to be
//! replaced by a centre's own figures: they are data, and nothing else depends on them.

use std::time::Duration;

use fastrand::Rng;
use pickup_session::{Event, OpenFailure, Trouble};

use super::nature::{Door, Net, Paper};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NetAway,
    NetSlow,
    AnswerLost,
    CardTwice,
    OtherCard,
    ReaderAway,
    ReaderDead,
    ScannerAway,
    ScannerDead,
    PaperOut,
    CoverOpen,
    Cutter,
    HeadHot,
    PrinterAway,
    PrinterDead,
    SlipUnsure,
    LockAway,
    LockDead,
    AnswerOfLockLost,
    PulseLost,
    DoorSticks,
    DoorStuck,
    ContactShut,
    ContactOpen,
    PowerCut,
    AgentStopped,
    DiskBroken,
}

/// One row of the table.
pub struct Rate {
    pub kind: Kind,
    pub code: &'static str,
    /// So many of a million shoppers meet it.
    pub per_million: u32,
    /// How long it lasts, in seconds; 0 for what happens once.
    pub lasts_s: u64,
    pub reason: &'static str,
}

const FOREVER: u64 = 3600;

const fn rate(kind: Kind, code: &'static str, per_million: u32, lasts_s: u64, reason: &'static str) -> Rate {
    Rate { kind, code, per_million, lasts_s, reason }
}

pub const RATES: [Rate; 27] = [
    rate(Kind::NetAway, "NET_AWAY", 2_400, 600, "the centre's line is away ten minutes a week"),
    rate(
        Kind::NetSlow,
        "NET_SLOW",
        500,
        60,
        "a backend under load says nothing for a minute, three times a month",
    ),
    rate(Kind::AnswerLost, "ANSWER_LOST", 300, 0, "a connection breaks under a request"),
    rate(Kind::CardTwice, "CARD_MISREAD", 50_000, 0, "one card in twenty is laid askew at first"),
    rate(Kind::OtherCard, "OTHER_CARD", 5_000, 0, "a family's other card comes out first"),
    rate(Kind::ReaderAway, "READER_AWAY", 170, 15, "USB drops the reader once a month"),
    rate(
        Kind::ReaderDead,
        "READER_DEAD",
        700,
        FOREVER,
        "a reader lasts two years and is replaced within half a day",
    ),
    rate(Kind::ScannerAway, "SCANNER_AWAY", 170, 15, "USB drops the scanner once a month"),
    rate(
        Kind::ScannerDead,
        "SCANNER_DEAD",
        450,
        FOREVER,
        "a scanner lasts three years and is replaced within half a day",
    ),
    rate(
        Kind::PaperOut,
        "PAPER_OUT",
        1_600,
        FOREVER,
        "a roll lasts 300 slips; one change in ten comes five shoppers late",
    ),
    rate(Kind::CoverOpen, "COVER_OPEN", 200, FOREVER, "after one change in sixty the cover is left ajar"),
    rate(Kind::Cutter, "CUTTER", 250, FOREVER, "one cut in 20,000 jams"),
    rate(Kind::HeadHot, "HEAD_HOT", 100, 30, "a summer afternoon's queue heats the head"),
    rate(Kind::PrinterAway, "PRINTER_AWAY", 170, 15, "USB drops the printer once a month"),
    rate(
        Kind::PrinterDead,
        "PRINTER_DEAD",
        450,
        FOREVER,
        "a printer lasts three years and is replaced within half a day",
    ),
    rate(Kind::SlipUnsure, "SLIP_UNSURE", 300, 0, "the printer's answer is lost after the slip went out"),
    rate(Kind::LockAway, "LOCK_AWAY", 170, 15, "USB drops the RS-485 adapter once a month"),
    rate(
        Kind::LockDead,
        "LOCK_DEAD",
        350,
        FOREVER,
        "a board lasts four years and is replaced within half a day",
    ),
    rate(
        Kind::AnswerOfLockLost,
        "LOCK_ANSWER_LOST",
        500,
        0,
        "a frame of the board is garbled after the door has moved",
    ),
    rate(
        Kind::PulseLost,
        "LOCK_PULSE_LOST",
        300,
        0,
        "the command is garbled on its way and the board says nothing",
    ),
    rate(
        Kind::DoorSticks,
        "DOOR_STICKS",
        3_000,
        0,
        "a full compartment presses on the bolt; the second pulse frees it",
    ),
    rate(Kind::DoorStuck, "DOOR_STUCK", 300, FOREVER, "a bolt that no pulse frees"),
    rate(
        Kind::ContactShut,
        "CONTACT_SHUT",
        300,
        FOREVER,
        "a broken contact wire says shut while the door is open",
    ),
    rate(Kind::ContactOpen, "CONTACT_OPEN", 300, FOREVER, "a bent contact says open while the door is shut"),
    rate(Kind::PowerCut, "POWER_CUT", 30, 60, "twice a year the power blinks and the kiosk starts anew"),
    rate(Kind::AgentStopped, "AGENT_STOPPED", 50, 5, "the program stops and systemd starts it again"),
    rate(
        Kind::DiskBroken,
        "DISK_BROKEN",
        50,
        FOREVER,
        "a flash card wears out in ten years and is replaced in a day",
    ),
];

/// A fault in one visit.
#[derive(Clone, Copy, Debug)]
pub struct Active {
    pub kind: Kind,
    pub from: Duration,
    pub until: Duration,
    /// Whether it was told, or has happened.
    pub begun: bool,
    pub ended: bool,
}

#[derive(Default)]
pub struct Faults {
    pub list: Vec<Active>,
    /// Why staff were called last.
    pub called: Option<&'static str>,
}

impl Faults {
    /// Puts a fault somewhere into the visit that begins now; what lasts may have begun before.
    pub fn add(&mut self, rng: &mut Rng, rate: &Rate, now: Duration) {
        let before = rate.lasts_s >= FOREVER || (rate.lasts_s >= 60 && rng.u8(..10) > 0);
        let from = if before { now } else { now + Duration::from_millis(rng.u64(..30_000)) };
        let left = if before { rng.u64(1..=rate.lasts_s) } else { rate.lasts_s };
        let left = if rate.lasts_s >= FOREVER { FOREVER } else { left };
        let until = from + Duration::from_secs(left);
        self.list.push(Active { kind: rate.kind, from, until, begun: false, ended: false });
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.list.iter().any(|fault| fault.kind == kind)
    }

    fn lasts(&self, kind: Kind, now: Duration) -> bool {
        self.list.iter().any(|f| f.kind == kind && f.from <= now && now < f.until)
    }

    /// Whether something that happens once happens now.
    pub fn once(&mut self, kind: Kind) -> bool {
        let fault = self.list.iter_mut().find(|fault| fault.kind == kind && !fault.begun);
        fault.is_some_and(|fault| !std::mem::replace(&mut fault.begun, true))
    }

    pub fn net(&mut self, now: Duration) -> Net {
        if self.lasts(Kind::NetSlow, now) {
            Net::Silent
        } else if self.once(Kind::AnswerLost) {
            Net::AnswerLost
        } else {
            Net::Answers
        }
    }

    pub fn door(&mut self, _rng: &mut Rng, now: Duration) -> Door {
        let fails = |moves, kind| Door::Fails { moves, kind };
        if self.lasts(Kind::LockAway, now) || self.lasts(Kind::LockDead, now) {
            fails(false, OpenFailure::NotSent)
        } else if self.lasts(Kind::DoorStuck, now) {
            fails(false, OpenFailure::NotDetected)
        } else if self.lasts(Kind::ContactShut, now) {
            fails(true, OpenFailure::NotDetected)
        } else if self.once(Kind::AnswerOfLockLost) {
            fails(true, OpenFailure::Unknown)
        } else if self.once(Kind::PulseLost) {
            fails(false, OpenFailure::Unknown)
        } else if self.once(Kind::DoorSticks) {
            fails(false, OpenFailure::NotDetected)
        } else {
            Door::Opens
        }
    }

    /// What the contact of a door says.
    pub fn contact(&self, now: Duration, open: bool) -> bool {
        (open || self.lasts(Kind::ContactOpen, now)) && !self.lasts(Kind::ContactShut, now)
    }

    /// What the printer says of itself.
    pub fn trouble(&self, now: Duration) -> Option<Trouble> {
        const TROUBLES: [(Kind, Trouble); 6] = [
            (Kind::PaperOut, Trouble::PaperOut),
            (Kind::CoverOpen, Trouble::CoverOpen),
            (Kind::Cutter, Trouble::Cutter),
            (Kind::HeadHot, Trouble::Other),
            (Kind::PrinterAway, Trouble::Offline),
            (Kind::PrinterDead, Trouble::Offline),
        ];
        TROUBLES.into_iter().find(|(kind, _)| self.lasts(*kind, now)).map(|(_, trouble)| trouble)
    }

    pub fn paper(&mut self, now: Duration) -> Paper {
        if let Some(trouble) = self.trouble(now) {
            return Paper::Fails { sent: false, trouble, told: true };
        }
        if self.once(Kind::SlipUnsure) {
            return Paper::Fails { sent: true, trouble: Trouble::Offline, told: false };
        }
        Paper::Prints
    }

    /// What devices say when a fault begins or ends.
    pub fn turns(&mut self, now: Duration) -> Vec<(Kind, bool, Option<Event>)> {
        let mut turns = Vec::new();
        for fault in &mut self.list {
            let begins = fault.from <= now && !fault.begun && says(fault.kind);
            let ends = now >= fault.until && fault.begun && !fault.ended && says(fault.kind);
            if begins {
                fault.begun = true;
                turns.push((fault.kind, true));
            } else if ends {
                fault.ended = true;
                turns.push((fault.kind, false));
            }
        }
        turns.into_iter().map(|(kind, begins)| (kind, begins, self.event(kind, begins, now))).collect()
    }

    fn event(&self, kind: Kind, begins: bool, now: Duration) -> Option<Event> {
        Some(match kind {
            Kind::ReaderAway | Kind::ReaderDead => Event::Reader(!begins),
            Kind::ScannerAway | Kind::ScannerDead => Event::Scanner(!begins),
            Kind::LockAway | Kind::LockDead => Event::Lock(!begins),
            Kind::DiskBroken => Event::JournalFailed,
            Kind::PowerCut | Kind::AgentStopped | Kind::NetAway => return None,
            _ => Event::Printer(self.trouble(now)),
        })
    }
}

/// Whether the fault shows by itself, and not only when something is asked for.
fn says(kind: Kind) -> bool {
    use Kind as K;
    matches!(
        kind,
        K::NetAway
            | K::ReaderAway
            | K::ReaderDead
            | K::ScannerAway
            | K::ScannerDead
            | K::LockAway
            | K::LockDead
            | K::PaperOut
            | K::CoverOpen
            | K::Cutter
            | K::HeadHot
            | K::PrinterAway
            | K::PrinterDead
            | K::PowerCut
            | K::AgentStopped
            | K::DiskBroken
    )
}
