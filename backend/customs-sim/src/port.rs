//! The port as a state machine: inputs with their time in, receipts out. No clock, no IO.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use pickup_customs::Certificate;
use serde::Serialize;

use crate::amount::Amount;
use crate::answers::Answer;
use crate::behaviour::{Behaviour, Decide};
use crate::course::Task;
use crate::input::{Event, Input, MessageInput};
use crate::keeping::Kept;
use crate::ledger::Ledger;

/// A receipt message that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Counts up from 1.
    pub cursor: u64,
    /// Whom it is for; empty for everybody.
    pub dxp_id: String,
    /// Such as `CEB622Message`.
    pub message_type: &'static str,
    /// The XML, or what is left of it.
    pub body: Vec<u8>,
}

/// What became of one document on arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentLog {
    /// Order number, waybill number, payment number or `copNo`.
    pub key: String,
    /// `2` when taken, else the refusal's status.
    pub status: i32,
    /// Text of the receipt.
    pub info: String,
}

/// A message that came, with its verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLog {
    /// Its number, from 1.
    pub number: u64,
    /// The sender's id.
    pub message_id: String,
    /// What the sender said it is.
    pub message_type: String,
    /// When it came.
    pub at: Timestamp,
    /// One verdict per document; one for the whole message when it could not be read.
    pub documents: Vec<DocumentLog>,
}

/// One entry of a document's course.
#[derive(Clone, Serialize)]
pub struct CourseEntry {
    /// When.
    pub at: Timestamp,
    /// Kind of the message that came or of the receipt that was made.
    pub message_type: &'static str,
    /// Number of the message that came; `None` for receipts.
    pub message: Option<u64>,
    /// Status of the receipt.
    pub status: Option<i32>,
    /// Text of the receipt.
    pub info: String,
    #[serde(skip)]
    pub(crate) answer: Option<(String, Answer)>,
}

/// E-Port and customs.
pub struct Port {
    pub(crate) step: SignedDuration,
    pub(crate) behaviour: Behaviour,
    pub(crate) trusted: Vec<Certificate>,
    /// By the serial number of a certificate that was accepted on first use: the declarant that used it first, once
    /// one did. Orders and waybills say nothing of that: a declarant may sign for platform and carrier.
    pub(crate) owners: BTreeMap<String, Option<String>>,
    pub(crate) ledger: Ledger,
    /// Messages in the order they came, and where each id is among them.
    stored: Vec<MessageInput>,
    seen: HashMap<String, usize>,
    pub(crate) kept: Kept,
    pub(crate) tasks: BTreeMap<(Timestamp, u64), Task>,
    pub(crate) outgoing: Vec<Outgoing>,
    pub(crate) log: Vec<MessageLog>,
    pub(crate) course: BTreeMap<String, Vec<CourseEntry>>,
    serial: u64,
}

impl Default for Port {
    fn default() -> Self {
        Self {
            step: SignedDuration::from_millis(1500),
            behaviour: Behaviour::default(),
            trusted: Vec::new(),
            owners: BTreeMap::new(),
            ledger: Ledger::default(),
            stored: Vec::new(),
            seen: HashMap::new(),
            kept: Kept::default(),
            tasks: BTreeMap::new(),
            outgoing: Vec::new(),
            log: Vec::new(),
            course: BTreeMap::new(),
            serial: 0,
        }
    }
}

/// Whether a message id was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never.
    New,
    /// With the same content.
    Same,
    /// With other content.
    Different,
}

impl Port {
    /// Takes one input.
    pub fn apply(&mut self, event: &Event) {
        let at = event.at;
        match &event.input {
            Input::Message(message) => self.message(at, message),
            Input::Purchases { id_number, year, amount_fen } => {
                let key = (id_number.to_ascii_uppercase(), *year);
                self.ledger.elsewhere.insert(key, Amount::from_fen(*amount_fen));
            }
            Input::Stock { ems_no, record_no, entered } => {
                let entered = Amount::parse(entered).unwrap_or_default();
                self.ledger.enter(ems_no, record_no, entered);
            }
            Input::Trust { pem } => self.trusted.extend(Certificate::from_pem(pem).ok()),
            Input::Behaviour(change) => {
                // What was not possible was not taken into the journal.
                if let Ok(behaviour) = self.behaviour.with(change) {
                    self.behaviour = behaviour;
                }
                if change.0.contains_key("decide") && self.behaviour.decide == Decide::Release {
                    self.release_held(at);
                }
            }
            Input::Step { ms } => self.step = SignedDuration::from_millis(i64::from(*ms)),
            Input::Replay { message } => self.replay(at, *message),
            Input::Tick => self.run_due(at),
        }
    }

    /// When the next thing is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.tasks.keys().next().map(|(due, _)| *due)
    }

    /// How the port behaves.
    #[must_use]
    pub const fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// Milliseconds between two steps.
    #[must_use]
    pub fn step_ms(&self) -> u128 {
        self.step.unsigned_abs().as_millis()
    }

    /// Whether a certificate is registered.
    #[must_use]
    pub fn trusts(&self, certificate: &Certificate) -> bool {
        self.trusted.contains(certificate)
    }

    /// Whether a message came before.
    #[must_use]
    pub fn seen(&self, message: &MessageInput) -> Seen {
        match self.seen.get(&message.message_id).and_then(|index| self.stored.get(*index)) {
            None => Seen::New,
            Some(stored) if stored.data == message.data => Seen::Same,
            Some(_) => Seen::Different,
        }
    }

    /// Receipt messages for `dxp_id` (all, when `None`) after `cursor`, at most `limit`.
    pub fn receipts(
        &self,
        dxp_id: Option<&str>,
        after: u64,
        limit: usize,
    ) -> impl Iterator<Item = &Outgoing> {
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        let is_for =
            move |out: &&Outgoing| out.dxp_id.is_empty() || dxp_id.is_none_or(|dxp_id| dxp_id == out.dxp_id);
        self.outgoing.iter().skip(skip).filter(is_for).take(limit)
    }

    /// Messages that came, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[MessageLog] {
        &self.log
    }

    /// A message as it was delivered, by its number from 1.
    #[must_use]
    pub fn message_at(&self, number: u64) -> Option<&MessageInput> {
        self.stored.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// What happened to a document, by its number; empty when it is not known.
    #[must_use]
    pub fn course(&self, key: &str) -> &[CourseEntry] {
        self.course.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Port {
    /// Stores a message and gives its number.
    pub(crate) fn store(&mut self, message: &MessageInput) -> u64 {
        self.seen.insert(message.message_id.clone(), self.stored.len());
        self.stored.push(message.clone());
        u64::try_from(self.stored.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial = self.serial.saturating_add(1);
        self.serial
    }

    /// A delay of the course, counted from `at`.
    pub(crate) fn later(&self, at: Timestamp, range: Option<[u32; 2]>, key: &str, what: &str) -> Timestamp {
        let by = range
            .map_or(self.step, |range| SignedDuration::from_millis(self.behaviour.wait_ms(range, key, what)));
        at.checked_add(by).unwrap_or(Timestamp::MAX)
    }
}

impl Port {
    /// Whether an input would change nothing, so that a start with the same settings does not grow the journal.
    #[must_use]
    pub fn has(&self, input: &Input) -> bool {
        match input {
            Input::Purchases { id_number, year, amount_fen } => {
                let key = (id_number.to_ascii_uppercase(), *year);
                self.ledger.elsewhere.get(&key) == Some(&Amount::from_fen(*amount_fen))
            }
            Input::Stock { ems_no, record_no, entered } => {
                let item = self.ledger.stock.get(&(ems_no.clone(), record_no.clone()));
                item.map(|item| item.entered) == Amount::parse(entered)
            }
            Input::Behaviour(change) => self.behaviour.with(change).is_ok_and(|with| with == self.behaviour),
            Input::Step { ms } => self.step_ms() == u128::from(*ms),
            _ => false,
        }
    }
}
