//! The service pages as plain values: how the machine and its devices stand, for staff.
//!
//! Facts come as texts in both languages, since there are as many of them as there are states of devices.

pub use crate::service_action::ServiceAction;
use crate::view::{Action, Text};

/// Rows on one sheet of facts.
pub const FACTS_A_SHEET: usize = 7;
/// Rows on one sheet of what a driver did.
pub const EVENTS_A_SHEET: usize = 8;
/// Characters of a pairing code.
pub const CODE_LENGTH: usize = 32;
/// The characters a pairing code is made of, in the order of the keys (Crockford's base32: no I, L, O, U).
pub const CODE_LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A service page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// Who looks; `None` for somebody whose badge could not be checked, who changes nothing.
    pub staff: Option<String>,
    /// What the page shows.
    pub page: ServicePage,
}

/// What a service page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServicePage {
    /// The way to all others; why the kiosk is out of service, if staff took it out.
    Menu(Option<Text>),
    /// Facts about a device or the machine.
    Facts(Facts),
    /// How the doors stand.
    Doors(Doors),
    /// What a driver did last.
    Events(Events),
    /// Out of service and back.
    Standing(Standing),
}

impl Default for ServicePage {
    fn default() -> Self {
        Self::Menu(None)
    }
}

/// What a page of facts is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Subject {
    /// The slip printer.
    Printer,
    /// The code scanner.
    Scanner,
    /// The card reader.
    Reader,
    /// Network, time, program, journal and disk.
    #[default]
    Machine,
}

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Grade {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Somebody should look after it.
    Look,
    /// It does not work.
    Bad,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What it is about.
    pub name: Text,
    /// How it is.
    pub value: Text,
    /// How good that is.
    pub grade: Grade,
}

/// Facts about a device or the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What they are about.
    pub subject: Subject,
    /// All of them.
    pub rows: Vec<Fact>,
    /// The sheet shown, from 0.
    pub sheet: usize,
    /// What became of the last trial.
    pub result: Option<(Grade, Text)>,
    /// Whether a sample may be printed now.
    pub can_print: bool,
}

/// How the doors stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doors {
    /// Each door, with the label on the locker map.
    pub doors: Vec<(String, DoorLook)>,
    /// The boards.
    pub boards: Vec<Fact>,
}

/// How a door stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DoorLook {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Shut, and free as far as the kiosk knows.
    Shut,
    /// Shut, with goods that wait.
    Taken,
    /// Open.
    Open,
}

/// The drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Driver {
    /// The lock boards.
    #[default]
    Lock,
    /// The code scanner.
    Scanner,
    /// The card reader.
    Reader,
    /// The slip printer.
    Printer,
}

/// What a driver did last, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events {
    /// Which driver.
    pub driver: Driver,
    /// Time of day and what it did, in the words of its programmer.
    pub rows: Vec<(String, String)>,
    /// The sheet shown, from 0.
    pub sheet: usize,
}

/// Out of service and back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Why the kiosk is out of service, if staff took it out.
    pub out: Option<Text>,
    /// Whether it can be changed now.
    pub can_change: bool,
}

/// Why a kiosk is taken out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutReason {
    /// It is cleaned or looked after.
    Maintenance,
    /// Something in it does not work.
    DeviceFault,
    /// What is in it is counted.
    Stocktaking,
    /// Customs looks at it.
    CustomsVisit,
    /// The centre is closed.
    CentreClosed,
}

/// A kiosk that has no certificate yet asks for its one-time code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairing {
    /// What was typed, without spaces.
    pub typed: String,
    /// Address of the backend.
    pub backend: String,
    /// Why the last code was not taken.
    pub problem: Option<Text>,
    /// Whether the backend is being asked.
    pub asking: bool,
}

/// Sheets that so many rows fill.
pub(crate) fn sheets(rows: usize, a_sheet: usize) -> usize {
    rows.div_ceil(a_sheet.max(1)).max(1)
}

/// The rows of a sheet; of the last one, when there are not so many.
pub(crate) fn sheet<T>(rows: &[T], a_sheet: usize, wanted: usize) -> impl Iterator<Item = &T> {
    let at = wanted.min(sheets(rows.len(), a_sheet).saturating_sub(1));
    rows.iter().skip(at.saturating_mul(a_sheet)).take(a_sheet)
}

impl Service {
    /// The stable name of the page.
    pub(crate) fn name(&self) -> &'static str {
        match &self.page {
            ServicePage::Menu(_) => "service_menu",
            ServicePage::Facts(facts) => match facts.subject {
                Subject::Printer => "service_printer",
                Subject::Scanner => "service_scanner",
                Subject::Reader => "service_reader",
                Subject::Machine => "service_machine",
            },
            ServicePage::Doors(_) => "service_doors",
            ServicePage::Events(_) => "service_events",
            ServicePage::Standing(_) => "service_standing",
        }
    }

    /// What the page offers.
    pub(crate) fn actions(&self) -> Vec<Action> {
        use ServiceAction as A;
        let mut own = Vec::new();
        match &self.page {
            ServicePage::Menu(_) => {
                own = vec![A::Printer, A::Scanner, A::Reader, A::Doors, A::Events(Driver::Lock), A::Machine];
                own.extend([A::Standing, A::Leave]);
            }
            ServicePage::Facts(facts) => {
                own.extend(turns(facts.rows.len(), FACTS_A_SHEET, facts.sheet));
                own.extend(facts.can_print.then_some(A::Print));
            }
            ServicePage::Doors(_) => {}
            ServicePage::Events(events) => {
                own.extend(turns(events.rows.len(), EVENTS_A_SHEET, events.sheet));
                let drivers = [Driver::Lock, Driver::Scanner, Driver::Reader, Driver::Printer];
                own.extend(drivers.map(A::Events));
            }
            ServicePage::Standing(standing) if standing.can_change => match standing.out {
                Some(_) => own.push(A::PutBack),
                None => own.extend(REASONS.map(A::TakeOut)),
            },
            ServicePage::Standing(_) => {}
        }
        if !matches!(self.page, ServicePage::Menu(_)) {
            own.push(A::Menu);
        }
        own.into_iter().map(Action::Service).collect()
    }
}

const REASONS: [OutReason; 5] = [
    OutReason::Maintenance,
    OutReason::DeviceFault,
    OutReason::Stocktaking,
    OutReason::CustomsVisit,
    OutReason::CentreClosed,
];

fn turns(rows: usize, a_sheet: usize, at: usize) -> impl Iterator<Item = ServiceAction> {
    let last = sheets(rows, a_sheet).saturating_sub(1);
    let previous = (at.min(last) > 0).then_some(ServiceAction::Previous);
    let next = (at < last).then_some(ServiceAction::Next);
    previous.into_iter().chain(next)
}

impl Pairing {
    /// What the page offers.
    pub(crate) fn actions(&self) -> Vec<Action> {
        if self.asking {
            return Vec::new();
        }
        let letters = (0..).take(CODE_LENGTH).map(ServiceAction::Letter);
        let others = [ServiceAction::DeleteLetter, ServiceAction::ClearLetters];
        let pair = self.is_ready().then_some(ServiceAction::Pair);
        letters.chain(others).chain(pair).map(Action::Service).collect()
    }

    /// Whether the whole code was typed.
    pub(crate) fn is_ready(&self) -> bool {
        self.typed.chars().count() == CODE_LENGTH
    }

    /// The code in groups of four, with dashes for what is not typed yet.
    pub(crate) fn grouped(&self) -> String {
        let mut text = String::new();
        let all = self.typed.chars().chain(std::iter::repeat('·')).take(CODE_LENGTH);
        for (at, letter) in all.enumerate() {
            if at > 0 && at.is_multiple_of(4) {
                text.push(if at.is_multiple_of(16) { '\n' } else { ' ' });
            }
            text.push(letter);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_turned_sheet_by_sheet_and_never_past_its_end() {
        let rows: Vec<usize> = (0..15).collect();
        assert_eq!(sheet(&rows, 7, 1).copied().collect::<Vec<_>>(), (7..14).collect::<Vec<_>>());
        assert_eq!(sheet(&rows, 7, 9).copied().collect::<Vec<_>>(), [14]);
        let turned = |at| turns(15, 7, at).collect::<Vec<_>>();
        assert_eq!(turned(0), [ServiceAction::Next]);
        assert_eq!(turned(1), [ServiceAction::Previous, ServiceAction::Next]);
        assert_eq!(turned(9), [ServiceAction::Previous]);
        assert_eq!(turns(0, 7, 0).count(), 0);
    }

    #[test]
    fn a_pairing_code_is_read_in_groups_and_sent_only_when_it_is_whole() {
        let mut pairing =
            Pairing { typed: "ABCD1".into(), backend: "https://b".into(), ..Pairing::default() };
        assert!(pairing.grouped().starts_with("ABCD 1··· ····"));
        assert!(!pairing.is_ready());
        pairing.typed = "Z".repeat(CODE_LENGTH);
        assert!(pairing.is_ready() && pairing.grouped().ends_with("ZZZZ"));
    }
}
