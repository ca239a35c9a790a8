//! The port as a state machine: inputs with their time in, receipts out. No clock, no IO.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use pickup_customs::{Certificate, Inventory, Receipt, write_receipts};
use pickup_domain::Money;
use serde::Serialize;

use crate::answers::{self, ListNumbers};
use crate::input::{Behaviour, Decide, Event, Input, MessageInput};
use crate::keeping::Kept;

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Its order or waybill has not come yet.
    Waiting,
    /// Rejected by customs.
    Rejected,
    /// Under review or inspection.
    Held,
    /// Released, or about to be.
    Released,
}

pub(crate) struct ListCase {
    pub list: Inventory,
    pub state: ListState,
    pub numbers: ListNumbers,
    pub dxp_id: String,
    pub received_at: Timestamp,
}

/// A receipt message that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Counts up from 1.
    pub cursor: u64,
    /// Whom it is for; empty for everybody.
    pub dxp_id: String,
    /// Such as `CEB622Message`.
    pub message_type: &'static str,
    /// The XML.
    pub xml: String,
}

/// What became of one document on arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentLog {
    /// Order number, waybill number or `copNo`.
    pub key: String,
    /// `2` when taken, else the refusal's status.
    pub status: i32,
    /// Text of the receipt.
    pub info: String,
}

/// A message that came, with its verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLog {
    /// The sender's id.
    pub message_id: String,
    /// What the sender said it is.
    pub message_type: String,
    /// When it came.
    pub at: Timestamp,
    /// One verdict per document; one for the whole message when it could not be read.
    pub documents: Vec<DocumentLog>,
}

/// A list at the port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListView {
    /// The sender's number.
    pub cop_no: String,
    /// Order number.
    pub order_no: String,
    /// Where it stands.
    pub state: ListState,
    /// E-Port number.
    pub pre_no: String,
    /// Customs number, once accepted.
    pub invt_no: Option<String>,
}

struct Pending {
    due: Timestamp,
    serial: u64,
    dxp_id: String,
    receipt: Receipt,
}

/// E-Port and customs.
pub struct Port {
    pub(crate) step: SignedDuration,
    pub(crate) behaviour: Behaviour,
    trusted: Vec<Certificate>,
    /// Bought elsewhere, by identity number and year.
    pub(crate) purchases: BTreeMap<(String, i16), Money>,
    /// Accepted here, by identity number and year.
    pub(crate) accepted: BTreeMap<(String, i16), Money>,
    /// Bodies of messages by their id.
    pub(crate) seen: HashMap<String, String>,
    pub(crate) kept: Kept,
    pending: Vec<Pending>,
    outgoing: Vec<Outgoing>,
    pub(crate) log: Vec<MessageLog>,
    serial: u64,
}

impl Default for Port {
    fn default() -> Self {
        Self {
            step: SignedDuration::from_millis(1500),
            behaviour: Behaviour::default(),
            trusted: Vec::new(),
            purchases: BTreeMap::new(),
            accepted: BTreeMap::new(),
            seen: HashMap::new(),
            kept: Kept::default(),
            pending: Vec::new(),
            outgoing: Vec::new(),
            log: Vec::new(),
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
                self.purchases.insert((id_number.to_ascii_uppercase(), *year), Money::from_fen(*amount_fen));
            }
            Input::Trust { pem } => self.trusted.extend(Certificate::from_pem(pem).ok()),
            Input::Behaviour(change) => {
                self.behaviour = self.behaviour.with(*change);
                if change.decide == Some(Decide::Release) {
                    self.release_held(at);
                }
            }
            Input::Step { ms } => self.step = SignedDuration::from_millis(i64::from(*ms)),
            Input::Tick => self.emit_due(at),
        }
    }

    /// When the next receipt is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.pending.iter().map(|pending| pending.due).min()
    }

    /// How the port behaves.
    #[must_use]
    pub const fn behaviour(&self) -> Behaviour {
        self.behaviour
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
        match self.seen.get(&message.message_id) {
            None => Seen::New,
            Some(data) if *data == message.data => Seen::Same,
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

    /// Lists at the port, by `copNo`.
    pub fn lists(&self) -> impl Iterator<Item = ListView> {
        self.kept.lists.values().map(|case| ListView {
            cop_no: case.list.head.cop_no.to_string(),
            order_no: case.list.head.order_no.clone(),
            state: case.state,
            pre_no: case.numbers.pre_no.clone(),
            invt_no: case.numbers.invt_no.clone(),
        })
    }
}

/// Sending.
impl Port {
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial = self.serial.saturating_add(1);
        self.serial
    }

    pub(crate) fn after(&self, at: Timestamp) -> Timestamp {
        later(at, self.step)
    }

    pub(crate) fn schedule(&mut self, due: Timestamp, dxp_id: &str, receipt: Receipt) {
        let serial = self.next_serial();
        self.pending.push(Pending { due, serial, dxp_id: dxp_id.to_owned(), receipt });
    }

    pub(crate) fn schedule_all(&mut self, dxp_id: &str, receipts: Vec<(Timestamp, Receipt)>) {
        for (due, receipt) in receipts {
            self.schedule(due, dxp_id, receipt);
        }
    }

    fn emit_due(&mut self, now: Timestamp) {
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.due <= now);
        self.pending = rest;
        due.sort_by_key(|pending| (pending.due, pending.serial));
        for pending in due {
            self.emit(&pending);
        }
    }

    fn emit(&mut self, pending: &Pending) {
        let twice = self.behaviour.duplicate_receipts && !matches!(pending.receipt, Receipt::Message(_));
        let receipts = vec![pending.receipt.clone(); if twice { 2 } else { 1 }];
        let message_type = pending.receipt.message_type();
        // Cannot fail: every field comes from a document that was read by the same rules.
        let Ok(xml) = write_receipts(&answers::guid(pending.serial), &receipts) else { return };
        for _ in 0..receipts.len() {
            let cursor = u64::try_from(self.outgoing.len()).unwrap_or(u64::MAX).saturating_add(1);
            let (dxp_id, xml) = (pending.dxp_id.clone(), xml.clone());
            self.outgoing.push(Outgoing { cursor, dxp_id, message_type, xml });
        }
    }
}

/// `at` plus `by`, or the end of time.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
