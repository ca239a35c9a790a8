//! Everything the mock knows: devices, doors, slips, the kiosk's screen, and a log of what happened.

mod models;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::idcard::{Card, IdCardFault, Reader};
use crate::lock::{LockFault, Locks, Reply};
use crate::printer::{Output, Printer, PrinterFault, Slip};
use crate::rack::Rack;
use crate::scanner::{Scanner, ScannerFault};

const LOG_ENTRIES: usize = 10_000;
/// Slips that the tray holds; older ones fall off.
const MOST_SLIPS: usize = 1_000;

/// The devices beside the locks, by the name of their line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Device {
    /// QR scanner.
    Scanner,
    /// Identity-card reader.
    IdCard,
    /// Receipt printer.
    Printer,
}

impl Device {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Scanner, Self::IdCard, Self::Printer];

    /// Name of its line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::IdCard => "idcard",
            Self::Printer => "printer",
        }
    }

    /// The device with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }
}

/// A code offered as a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What it is.
    pub label: String,
    /// What the scanner reads.
    pub code: String,
}

/// A slip with its number.
#[derive(Debug)]
pub struct NumberedSlip {
    /// Counts from 1.
    pub id: u64,
    /// When it came out, in µs of the mock's clock.
    pub at_us: u64,
    /// The paper.
    pub slip: Slip,
}

/// The kiosk's screen as last seen.
#[derive(Debug, Default)]
pub struct Screen {
    /// Whether a kiosk is connected.
    pub connected: bool,
    /// What it said of its last frame.
    pub meta: Value,
    /// Its last picture.
    pub png: Vec<u8>,
}

/// The mock's whole state.
#[derive(Debug)]
pub struct World {
    now: Duration,
    /// The lock boards and the doors.
    pub locks: Locks,
    scanner: Scanner,
    reader: Reader,
    printer: Printer,
    /// Slips in the tray.
    pub slips: Vec<NumberedSlip>,
    slip_count: u64,
    /// The kiosk's screen.
    pub screen: Screen,
    /// Codes offered on the page.
    pub codes: Vec<Code>,
    /// Cards offered on the page.
    pub cards: Vec<Card>,
    log: VecDeque<Value>,
    log_count: u64,
}

/// Why a request of the bench is refused.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// No such device.
    #[error("there is no device \"{0}\": scanner, idcard, printer and lock are here")]
    Device(String),
    /// No such fault.
    #[error("{0} has no fault \"{1}\": {2}")]
    Fault(&'static str, String, serde_json::Error),
    /// No such door.
    #[error("there is no door {0}")]
    Door(u16),
}

impl World {
    /// A world with all doors shut, paper in the printer and no card on the reader.
    #[must_use]
    pub fn new(rack: Rack, printer: Printer) -> Self {
        Self {
            now: Duration::ZERO,
            locks: Locks::new(&rack),
            scanner: Scanner::default(),
            reader: Reader::default(),
            printer,
            slips: Vec::new(),
            slip_count: 0,
            screen: Screen::default(),
            codes: Vec::new(),
            cards: Vec::new(),
            log: VecDeque::new(),
            log_count: 0,
        }
    }

    /// Tells the time since the mock started; everything after happens then.
    pub fn set_now(&mut self, now: Duration) {
        self.now = now;
    }

    /// When a device has something to do by itself.
    #[must_use]
    pub fn next_at(&self, device: Device) -> Option<Duration> {
        if device == Device::Printer { self.printer.next_at() } else { None }
    }

    /// Lets a device do what it does by itself; the bytes it sends.
    pub fn advance(&mut self, device: Device) -> Vec<u8> {
        if device != Device::Printer {
            return Vec::new();
        }
        let out = self.printer.advance(self.now);
        self.printed(out)
    }

    /// Bytes from the kiosk for one device; the bytes it answers.
    pub fn feed(&mut self, device: Device, bytes: &[u8]) -> Vec<u8> {
        match device {
            Device::Scanner => self.scanner.feed(bytes, self.now),
            Device::IdCard => {
                let before = self.reader.reads();
                let out = self.reader.feed(bytes, self.now);
                if self.reader.reads() > before {
                    self.note("card_read", json!({}));
                }
                out
            }
            Device::Printer => {
                let out = self.printer.feed(bytes, self.now);
                self.printed(out)
            }
        }
    }

    /// Bytes from the kiosk for the boards of one bus; what they answer.
    pub fn feed_lock(&mut self, bus: usize, bytes: &[u8]) -> Vec<Reply> {
        let (replies, events) = self.locks.feed(bus, bytes, self.now);
        for (kind, door) in events {
            self.note(kind, json!({ "door": door }));
        }
        replies
    }

    /// A code is held before the scanner; the bytes it sends.
    pub fn scan(&mut self, code: &[u8]) -> Vec<u8> {
        self.note("scan", json!({ "bytes": code.len() }));
        self.scanner.shown(code, self.now)
    }

    /// Lays a card on the reader or lifts it.
    pub fn lay_card(&mut self, card: Option<Card>) {
        self.note(if card.is_some() { "card_laid" } else { "card_lifted" }, json!({}));
        self.reader.set_card(card);
    }

    /// A hand opens or shuts a door.
    ///
    /// # Errors
    /// [`WorldError::Door`].
    pub fn move_door(&mut self, door: u16, open: bool) -> Result<(), WorldError> {
        if self.locks.move_door(door, open).ok_or(WorldError::Door(door))? {
            self.note(if open { "door_opened" } else { "door_closed" }, json!({ "door": door }));
        }
        Ok(())
    }

    /// Breaks the locks of a bus or a board, or mends them; see [`Locks::set_fault`].
    ///
    /// # Errors
    /// [`WorldError`].
    pub fn set_lock_fault(&mut self, device: &str, fault: Option<&str>) -> Result<(), WorldError> {
        let kind = parsed::<LockFault>("lock", fault)?;
        if !self.locks.set_fault(device, kind) {
            return Err(WorldError::Device(device.to_owned()));
        }
        self.note("fault", json!({ "device": device, "fault": fault }));
        Ok(())
    }

    /// Breaks a device or mends it; bytes that it sends because of that.
    ///
    /// # Errors
    /// [`WorldError`].
    pub fn set_fault(
        &mut self,
        device: &str,
        fault: Option<String>,
    ) -> Result<(Device, Vec<u8>), WorldError> {
        let device_ = Device::named(device).ok_or_else(|| WorldError::Device(device.to_owned()))?;
        let name = device_.name();
        let out = match device_ {
            Device::Scanner => {
                self.scanner.set_fault(parsed::<ScannerFault>(name, fault.as_deref())?);
                Vec::new()
            }
            Device::IdCard => {
                self.reader.set_fault(parsed::<IdCardFault>(name, fault.as_deref())?);
                Vec::new()
            }
            Device::Printer => {
                let fault = parsed::<PrinterFault>(name, fault.as_deref())?;
                let out = self.printer.set_fault(fault, self.now);
                self.printed(out)
            }
        };
        self.note("fault", json!({ "device": name, "fault": fault }));
        Ok((device_, out))
    }

    /// The kiosk showed something: what it said of the frame, and the picture unless it did not change.
    pub fn frame(&mut self, meta: Value, png: Vec<u8>) {
        if self.screen.meta.get("name") != meta.get("name") {
            self.note("frame", json!({ "screen": meta.get("name"), "seq": meta.get("seq") }));
        }
        self.screen.connected = true;
        self.screen.meta = meta;
        if !png.is_empty() {
            self.screen.png = png;
        }
    }

    /// A kiosk connected its screen, or lost it. One that has just connected has not said yet what it shows.
    pub fn screen_link(&mut self, connected: bool) {
        if connected {
            self.screen.meta = Value::Null;
        }
        self.note(if connected { "screen_connected" } else { "screen_lost" }, json!({}));
        self.screen.connected = connected;
    }

    /// The middle of a named target on the screen, in pixels.
    #[must_use]
    pub fn target(&self, id: &str) -> Option<(f64, f64)> {
        let target = self
            .screen
            .meta
            .get("targets")?
            .as_array()?
            .iter()
            .find(|t| t.get("id").and_then(Value::as_str) == Some(id))?;
        let n = |key: &str| target.get(key).and_then(Value::as_f64);
        let middle = |from: f64, size: f64| size.mul_add(0.5, from);
        Some((middle(n("x")?, n("w")?), middle(n("y")?, n("h")?)))
    }

    /// The state as the page and the tests see it.
    #[must_use]
    pub fn state(&self) -> Value {
        let meta = |key: &str, before: Value| self.screen.meta.get(key).cloned().unwrap_or(before);
        let slips: Vec<Value> =
            self.slips.iter().map(|s| json!({ "id": s.id, "at_us": s.at_us, "cut": s.slip.cut })).collect();
        json!({
            "screen": {
                "connected": self.screen.connected, "width": meta("width", json!(0)),
                "height": meta("height", json!(0)), "seq": meta("seq", json!(0)),
                "name": meta("name", json!("")), "targets": meta("targets", json!([])),
            },
            "card": self.reader.card(),
            "doors": self.locks.doors(),
            "printer": {
                "paper": self.printer.paper(),
                "cover_open": self.printer.fault() == Some(PrinterFault::CoverOpen),
                "busy": self.printer.busy(),
            },
            "slips": slips,
            "faults": self.faults(),
            "cards": self.cards,
            "codes": self.codes,
        })
    }

    fn faults(&self) -> BTreeMap<String, Value> {
        let mut faults = self.locks.faults();
        faults.extend([
            ("scanner".into(), json!(self.scanner.fault())),
            ("idcard".into(), json!(self.reader.fault())),
            ("printer".into(), json!(self.printer.fault())),
        ]);
        faults
    }

    /// Log entries from number `since` on, and the number after the last.
    #[must_use]
    pub fn log_since(&self, since: u64) -> (u64, Vec<Value>) {
        let first = self.log_count - u64::try_from(self.log.len()).unwrap_or(0);
        let skip = usize::try_from(since.saturating_sub(first)).unwrap_or(usize::MAX);
        (self.log_count, self.log.iter().skip(skip).cloned().collect())
    }

    /// Writes something into the log.
    pub fn note(&mut self, kind: &str, mut fields: Value) {
        if let Some(object) = fields.as_object_mut() {
            object.insert("n".into(), json!(self.log_count));
            object.insert("at_us".into(), json!(self.now_us()));
            object.insert("kind".into(), json!(kind));
        }
        self.log_count += 1;
        self.log.push_back(fields);
        while self.log.len() > LOG_ENTRIES {
            self.log.pop_front();
        }
    }

    fn printed(&mut self, out: Output) -> Vec<u8> {
        for slip in out.slips {
            self.slip_count += 1;
            let (id, at_us) = (self.slip_count, self.now_us());
            self.note("slip", json!({ "id": id, "cut": slip.cut }));
            self.slips.push(NumberedSlip { id, at_us, slip });
            let too_many = self.slips.len().saturating_sub(MOST_SLIPS);
            self.slips.drain(..too_many);
        }
        out.reply
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.now.as_micros()).unwrap_or(u64::MAX)
    }
}

fn parsed<T: serde::de::DeserializeOwned>(
    device: &'static str,
    fault: Option<&str>,
) -> Result<Option<T>, WorldError> {
    fault
        .map(|text| {
            serde_json::from_value(Value::String(text.to_owned()))
                .map_err(|e| WorldError::Fault(device, text.to_owned(), e))
        })
        .transpose()
}
