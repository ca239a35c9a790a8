//! What can be wrong with a device, with codes that stay the same for ever.

use serde::{Deserialize, Serialize};

/// A fault of a device or of the line to it; `code` is stable and is what other parts of the system branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DeviceFault {
    /// The port is not there or may not be opened.
    #[error("the port cannot be opened: check the cable and the port's path")]
    PortUnavailable,
    /// The port was open and vanished: unplugged, or the adapter lost power.
    #[error("the port vanished: check the cable")]
    PortLost,
    /// The port is open and the device says nothing.
    #[error("the device does not answer: check its power and its address")]
    NoAnswer,
    /// The device takes no more bytes.
    #[error("the device takes no more data")]
    Stalled,
    /// The device is still busy with what it was asked before.
    #[error("the device is busy with an earlier request")]
    Busy,
    /// The request waited too long to be carried out safely.
    #[error("the request became stale before it could be sent")]
    Stale,
    /// The request names something the configuration does not have, such as a door that is not wired.
    #[error("the configuration has no such thing")]
    Unconfigured,
    /// What was to be sent does not fit the device, such as a slip wider than the paper.
    #[error("the request does not fit the device")]
    Unfit,
    /// The driver's task has ended.
    #[error("the driver has stopped")]
    Stopped,
    /// The printer is out of paper.
    #[error("the printer is out of paper: put in a new roll")]
    PaperOut,
    /// The printer's cover is open.
    #[error("the printer's cover is open: close it")]
    CoverOpen,
    /// The printer's cutter is stuck.
    #[error("the printer's cutter is stuck: clear it")]
    CutterError,
    /// The print head is too hot; the printer goes on by itself when it has cooled.
    #[error("the print head is too hot: wait")]
    HeadHot,
    /// The printer has an error that only its maker's service can clear.
    #[error("the printer has an error it cannot recover from: switch it off and on, then call service")]
    PrinterBroken,
    /// The printer has an error that can be cleared.
    #[error("the printer has an error: open and close its cover")]
    PrinterError,
    /// The printer is off line for a reason it does not tell.
    #[error("the printer is off line")]
    Offline,
    /// The lock was pulsed and its sensor still says closed.
    #[error("the door was not seen to open")]
    DoorNotSeenOpen,
}

/// What may be done next when a request ends with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing left the kiosk: the request may be repeated.
    NotSent,
    /// The device may have acted: never repeated by machine, a person decides.
    OutcomeUnknown,
    /// The device was asked and says nothing; whether it acted is for the request to judge.
    NoAnswer,
}

impl FaultKind {
    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::NoAnswer => "no_answer",
        }
    }
}

impl DeviceFault {
    /// What may be concluded of a request that met this fault once its first byte was on its way. Before that every
    /// request is [`FaultKind::NotSent`], whatever the fault; drivers that know how far a request got say so themselves
    /// (`PrintFailure`, `OpenFailure`).
    pub fn kind(self) -> FaultKind {
        match self {
            Self::PortUnavailable
            | Self::Busy
            | Self::Stale
            | Self::Unconfigured
            | Self::Unfit
            | Self::Stopped => FaultKind::NotSent,
            Self::NoAnswer => FaultKind::NoAnswer,
            Self::PortLost
            | Self::Stalled
            | Self::PaperOut
            | Self::CoverOpen
            | Self::CutterError
            | Self::HeadHot
            | Self::PrinterBroken
            | Self::PrinterError
            | Self::Offline
            | Self::DoorNotSeenOpen => FaultKind::OutcomeUnknown,
        }
    }

    /// Every fault there is, for tables and tests.
    pub const ALL: [Self; 17] = [
        Self::PortUnavailable,
        Self::PortLost,
        Self::NoAnswer,
        Self::Stalled,
        Self::Busy,
        Self::Stale,
        Self::Unconfigured,
        Self::Unfit,
        Self::Stopped,
        Self::PaperOut,
        Self::CoverOpen,
        Self::CutterError,
        Self::HeadHot,
        Self::PrinterBroken,
        Self::PrinterError,
        Self::Offline,
        Self::DoorNotSeenOpen,
    ];

    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::PortUnavailable => "port_unavailable",
            Self::PortLost => "port_lost",
            Self::NoAnswer => "no_answer",
            Self::Stalled => "stalled",
            Self::Busy => "busy",
            Self::Stale => "stale",
            Self::Unconfigured => "unconfigured",
            Self::Unfit => "unfit",
            Self::Stopped => "stopped",
            Self::PaperOut => "paper_out",
            Self::CoverOpen => "cover_open",
            Self::CutterError => "cutter_error",
            Self::HeadHot => "head_hot",
            Self::PrinterBroken => "printer_broken",
            Self::PrinterError => "printer_error",
            Self::Offline => "offline",
            Self::DoorNotSeenOpen => "door_not_seen_open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_code_of_its_own_which_is_its_serialised_form() {
        let mut seen = std::collections::BTreeSet::new();
        for fault in DeviceFault::ALL {
            assert_eq!(toml::Value::try_from(fault), Ok(toml::Value::String(fault.code().into())));
            assert!(seen.insert(fault.code()), "{fault:?}");
        }
    }

    #[test]
    fn what_never_left_the_kiosk_may_be_repeated_and_nothing_else() {
        let repeatable = DeviceFault::ALL.into_iter().filter(|fault| fault.kind() == FaultKind::NotSent);
        assert_eq!(repeatable.count(), 6);
        assert_eq!(DeviceFault::PortLost.kind(), FaultKind::OutcomeUnknown);
        for kind in [FaultKind::NotSent, FaultKind::OutcomeUnknown, FaultKind::NoAnswer] {
            assert_eq!(toml::Value::try_from(kind), Ok(toml::Value::String(kind.code().into())));
        }
    }
}
