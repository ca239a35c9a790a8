//! Readers of second-generation resident identity cards with a SAM_V module on a serial line (GA 450, GA 467).
//!
//! Served are the cards of citizens, of foreign permanent residents (2017 and 2023) and the residence permits of Hong
//! Kong, Macao and Taiwan. Only what identifies the holder leaves the driver: name, sex, nation, birth, number and validity. The address, the
//! issuer, the photo and fingerprints are dropped as they arrive.

mod actor;
mod card;
pub mod sam;
mod text;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use crate::port::{LinkEvent, Reporter};
use crate::trace::{TraceEntry, TraceRing};
use crate::{Connector, DeviceFault, SerialPath};

pub use card::{CardDate, CardKind, IdCard, IdNumber, Sex, ValidUntil};
pub use text::{TEXT_LENGTH, TextError, parse_text};

/// Which command reads a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadCommand {
    /// Text and photo (`30 01`), which every module knows.
    #[default]
    Base,
    /// Text, photo and fingerprints (`30 10`), for modules that know no other. The fingerprints are dropped unread.
    WithFingerprints,
}

/// How to reach the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdCardConfig {
    /// Path of the port.
    pub port: PathBuf,
    /// Bits per second; the modules' default is 115200.
    pub baud: u32,
    /// Pause between two looks for a card in milliseconds; at least 300, as the modules need.
    pub poll_ms: u64,
    /// Which command reads a card.
    pub read: ReadCommand,
    /// How long the module has to answer a short request, in milliseconds.
    pub answer_ms: u64,
    /// How long the module has to read a card, in milliseconds.
    pub read_ms: u64,
    /// Pause between two signs of life while nobody waits for a card, in milliseconds.
    pub health_ms: u64,
}

impl Default for IdCardConfig {
    fn default() -> Self {
        Self {
            port: PathBuf::new(),
            baud: 115_200,
            poll_ms: 300,
            read: ReadCommand::Base,
            answer_ms: 500,
            read_ms: 2_500,
            health_ms: 5_000,
        }
    }
}

/// Why a card that was found could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CardFault {
    /// The card could not be selected: it was moved, or is no identity card.
    #[error("the card could not be selected: lift it and lay it down again")]
    NotSelected,
    /// The card was not read to the end.
    #[error("the card could not be read: lift it and lay it down again")]
    NotRead,
    /// Card and reader did not accept each other.
    #[error("card and reader did not accept each other: the card may be damaged or not genuine")]
    NotAuthentic,
    /// The card is of another kind, which this kiosk does not serve.
    #[error("this kind of card is not served here")]
    KindNotServed,
    /// The reader's security module is not authorised or failed its test.
    #[error("the reader's security module is out of order")]
    ReaderBroken,
    /// The answer was damaged on the line.
    #[error("the reader's answer was damaged on the line")]
    Damaged,
    /// The card's text is not what the standard says.
    #[error("the card's text cannot be understood")]
    BadText,
    /// The reader stopped answering while reading.
    #[error("the reader stopped answering while reading")]
    NoAnswer,
}

impl CardFault {
    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSelected => "not_selected",
            Self::NotRead => "not_read",
            Self::NotAuthentic => "not_authentic",
            Self::KindNotServed => "kind_not_served",
            Self::ReaderBroken => "reader_broken",
            Self::Damaged => "damaged",
            Self::BadText => "bad_text",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// What the reader tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdCardEvent {
    /// The reader answers.
    Up,
    /// The reader is not there or does not answer.
    Down(DeviceFault),
    /// A card was read; once per laying.
    Card(Box<IdCard>),
    /// A card lies there and could not be used; told once per laying and reason.
    ReadFailed(CardFault),
    /// The reader finds no card any more. Some modules say so right after a good read, with the card still there: it
    /// means that the next card may come, not that the holder has theirs back.
    Removed,
}

impl LinkEvent for IdCardEvent {
    fn up() -> Self {
        Self::Up
    }

    fn down(fault: DeviceFault) -> Self {
        Self::Down(fault)
    }
}

/// What the reader's driver did, for service; never anything that was on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdCardTrace {
    /// The port was opened.
    Opened,
    /// The port is not there or vanished.
    Lost(DeviceFault),
    /// Somebody waits for a card, or no longer does.
    Polling(bool),
    /// A request got an answer with this status.
    Answered(sam::Request, sam::Status),
    /// A request got no answer.
    Silent(sam::Request),
    /// A request got a damaged answer.
    Damaged(sam::Request),
    /// A card was read.
    CardRead,
    /// A card could not be used.
    Failed(CardFault),
}

/// The running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct IdCardHandle {
    /// What the reader tells.
    pub events: mpsc::Receiver<IdCardEvent>,
    polling: watch::Sender<bool>,
    trace: TraceRing<IdCardTrace>,
}

impl IdCardHandle {
    /// Starts or stops looking for cards; at start it is off. Turning it on looks at once, and takes a card that
    /// already lies there as newly laid.
    pub fn set_polling(&self, on: bool) {
        self.polling.send_replace(on);
    }

    /// The last 64 things the driver did.
    pub fn trace(&self) -> Vec<TraceEntry<IdCardTrace>> {
        self.trace.entries()
    }
}

/// Starts the driver on its configured port; must be called inside a tokio runtime.
pub fn spawn(config: IdCardConfig) -> IdCardHandle {
    let port = SerialPath(config.port.clone());
    spawn_on(config, port)
}

/// Starts the driver on any line.
pub fn spawn_on<C: Connector>(config: IdCardConfig, connector: C) -> IdCardHandle {
    let (sender, events) = mpsc::channel(64);
    let (polling, wanted) = watch::channel(false);
    let trace = TraceRing::new();
    let reporter = Reporter::new("idcard", config.port.display().to_string(), sender);
    tokio::spawn(actor::run(config, connector, reporter, wanted, trace.clone()));
    IdCardHandle { events, polling, trace }
}
