//! How the world behaves: contrary at random, or with faults as they are met in the field.

use std::time::Duration;

use fastrand::Rng;
use pickup_session::{OpenFailure, Trouble};

use super::faults::Faults;
use super::world::World;

const SLIP_FOLLOWS_AFTER: Duration = Duration::from_secs(20);

/// What becomes of a question to the backend.
pub enum Net {
    Answers,
    /// It was heard; the answer is lost.
    AnswerLost,
    /// Turned away, for any reason.
    Refuses,
    Silent,
    Away,
}

/// What becomes of a pulse.
pub enum Door {
    Opens,
    Fails { moves: bool, kind: OpenFailure },
}

/// What becomes of a slip.
pub enum Paper {
    Prints,
    /// `sent` when some of it may have come out, `told` when the printer says so by itself too.
    Fails {
        sent: bool,
        trouble: Trouble,
        told: bool,
    },
}

pub enum Nature {
    /// Of a hundred steps so many are contrary, and every answer may fail.
    Hostile(u8),
    /// Nothing fails but what is on the list of this visit.
    Real(Box<Faults>),
}

impl Nature {
    /// Some degree of it, under one policy or the other.
    pub fn hostile(rng: &mut Rng) -> (Self, Option<Duration>) {
        let follows = rng.bool().then_some(SLIP_FOLLOWS_AFTER);
        (Self::Hostile([2, 10, 25, 50][rng.usize(..4)]), follows)
    }

    /// Nothing goes wrong so far; no door without its slip.
    pub fn real(_: &mut Rng) -> (Self, Option<Duration>) {
        (Self::Real(Box::default()), None)
    }

    /// As [`Self::real`], where the slip may follow.
    pub fn real_slip_follows(_: &mut Rng) -> (Self, Option<Duration>) {
        (Self::Real(Box::default()), Some(SLIP_FOLLOWS_AFTER))
    }

    pub fn contrary(&self) -> u8 {
        match self {
            Self::Hostile(contrary) => *contrary,
            Self::Real(_) => 0,
        }
    }

    /// Staff were called, by this code.
    pub fn called(&mut self, why: &'static str) {
        if let Self::Real(faults) = self {
            faults.called = Some(why);
        }
    }

    pub fn net(&mut self, rng: &mut Rng, now: Duration) -> Net {
        match self {
            Self::Real(faults) => faults.net(now),
            Self::Hostile(_) => match rng.u8(..100) {
                0..80 => Net::Answers,
                80..86 => Net::AnswerLost,
                86..90 => Net::Silent,
                90..95 => Net::Refuses,
                _ => Net::Away,
            },
        }
    }

    pub fn door(&mut self, rng: &mut Rng, now: Duration) -> Door {
        match self {
            Self::Real(faults) => faults.door(rng, now),
            Self::Hostile(_) => match rng.u8(..100) {
                0..80 => Door::Opens,
                80..87 => Door::Fails { moves: false, kind: OpenFailure::NotSent },
                // Now and then it is the contact that sticks, and not the door.
                87..94 => Door::Fails { moves: rng.bool(), kind: OpenFailure::NotDetected },
                _ => Door::Fails { moves: rng.bool(), kind: OpenFailure::Unknown },
            },
        }
    }

    /// What the contact of a door that is open or shut says, if anything.
    pub fn contact(&mut self, rng: &mut Rng, now: Duration, open: bool) -> Option<bool> {
        match self {
            Self::Real(faults) => Some(faults.contact(now, open)),
            Self::Hostile(_) => match rng.u8(..10) {
                0..5 => Some(open),
                5 => Some(false),
                _ => None,
            },
        }
    }

    pub fn paper(&mut self, rng: &mut Rng, now: Duration) -> Paper {
        const TROUBLES: [Trouble; 5] =
            [Trouble::PaperOut, Trouble::CoverOpen, Trouble::Cutter, Trouble::Offline, Trouble::Other];
        match self {
            Self::Real(faults) => faults.paper(now),
            Self::Hostile(_) => match rng.u8(..100) {
                0..75 => Paper::Prints,
                mood => Paper::Fails { sent: mood < 88, trouble: TROUBLES[rng.usize(..5)], told: rng.bool() },
            },
        }
    }
}

impl World {
    pub fn everything_works(&self) -> bool {
        matches!(self.nature, Nature::Real(_))
    }
}
