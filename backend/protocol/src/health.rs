//! How a kiosk stands: `POST /kiosk/v1/health` with [`Health`], answered with an empty object. The backend keeps the last.
//!
//! Nothing in it speaks of a person. Its size is bounded, and a backend takes fields it does not know without a word.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DoorNumber;

/// Events of one driver at most.
pub const TRACE_LINES_AT_MOST: usize = 64;
/// Characters of one event at most.
pub const TRACE_TEXT_AT_MOST: usize = 120;
/// Calls for staff at most.
pub const CALLS_AT_MOST: usize = 16;
/// Doors at most.
pub const DOORS_AT_MOST: usize = 512;
/// Characters of the settings at most.
pub const SETTINGS_AT_MOST: usize = 32_000;
/// Devices at most.
pub const DEVICES_AT_MOST: usize = 32;

/// How a kiosk stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// When this was so; `None` when the kiosk does not know the date.
    pub at: Option<Timestamp>,
    /// Version of the program.
    pub version: String,
    /// Seconds since it was started.
    pub uptime_s: u64,
    /// Code of why it serves nobody, or `None` when it does.
    pub out_of_service: Option<String>,
    /// The clock.
    pub clock: ClockHealth,
    /// The disk under the data directory; `None` when it cannot be asked.
    pub disk: Option<DiskHealth>,
    /// The journal.
    pub journal: JournalHealth,
    /// Reports that the backend has not acknowledged.
    pub reports_waiting: u64,
    /// The devices.
    pub devices: Vec<DeviceHealth>,
    /// Calls for a person that the backend has not taken yet; told at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// The doors, as their contacts say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doors: Vec<DoorHealth>,
    /// The settings in effect, one a line and always in the same order; at most [`SETTINGS_AT_MOST`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub settings: String,
}

/// How a door stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorHealth {
    /// Which.
    pub door: DoorNumber,
    /// Whether it is open; `None` when nobody knows.
    pub open: Option<bool>,
}

/// Somebody stands at the kiosk and needs a member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Made by the kiosk: told twice, it is one call.
    pub id: Uuid,
    /// Why, such as `HELP_ASKED`.
    pub code: String,
    /// How many seconds ago.
    pub ago_s: u64,
    /// What it is about, such as a slip number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// How a kiosk knows what time it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockHealth {
    /// `unknown`, `system` (synchronised) or `backend`.
    pub source: String,
    /// How far the system's clock is ahead of the time believed, in milliseconds.
    pub system_ahead_ms: Option<i64>,
}

/// Room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskHealth {
    /// Bytes that can still be written.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// The journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHealth {
    /// Whether it can be read and written.
    pub good: bool,
    /// Its lines.
    pub rows: u64,
}

/// How a device stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceHealth {
    /// Its name, such as `printer`.
    pub name: String,
    /// Whether it works; `None` when it has not said anything yet.
    pub good: Option<bool>,
    /// Code of what is wrong now.
    pub fault: Option<String>,
    /// For how many seconds it has stood like this.
    pub for_s: Option<u64>,
    /// What was wrong last.
    pub last_fault: Option<Fault>,
    /// The last things its driver did, oldest first; at most [`TRACE_LINES_AT_MOST`].
    pub trace: Vec<TraceLine>,
}

/// Something that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its code.
    pub code: String,
    /// How many seconds ago.
    pub ago_s: u64,
}

/// One thing a driver did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Milliseconds since the driver was started.
    pub at_ms: u64,
    /// What, as the driver's programmer wrote it.
    pub text: String,
}

impl Health {
    /// Cuts off what is over the bounds.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let cut = |text: &mut String| {
            if let Some((at, _)) = text.char_indices().nth(TRACE_TEXT_AT_MOST) {
                text.truncate(at);
            }
        };
        cut(&mut self.version);
        cut(&mut self.clock.source);
        self.out_of_service.iter_mut().for_each(cut);
        self.calls.truncate(CALLS_AT_MOST);
        self.doors.truncate(DOORS_AT_MOST);
        if let Some((at, _)) = self.settings.char_indices().nth(SETTINGS_AT_MOST) {
            self.settings.truncate(at);
        }
        self.calls.iter_mut().for_each(|call| cut(&mut call.code));
        self.devices.truncate(DEVICES_AT_MOST);
        for device in &mut self.devices {
            cut(&mut device.name);
            device.fault.iter_mut().for_each(cut);
            device.last_fault.iter_mut().for_each(|fault| cut(&mut fault.code));
            let over = device.trace.len().saturating_sub(TRACE_LINES_AT_MOST);
            device.trace.drain(..over);
            device.trace.iter_mut().for_each(|line| cut(&mut line.text));
        }
        self
    }
}
