//! The service pages: what the machine knows of itself, gathered while somebody looks, in the words of the screen.

pub mod facts;
pub mod figures;
pub mod link;
pub mod live;
pub mod pairing;
mod words;

use pickup_protocol::service::OutReason;
use pickup_session::service as session;
use pickup_ui::service as ui;
use pickup_ui::view::Text;

pub use figures::{Desk, Figures, Sources};
pub use link::Link;
pub use live::Live;

use crate::words::out_of_service;

/// A service page as the screen wants it.
#[must_use]
pub fn page(shown: &session::ServiceView, figures: &Figures) -> ui::Service {
    let out = shown.out.map(reason);
    let page = match shown.page {
        session::Page::Menu => ui::ServicePage::Menu(out),
        session::Page::Printer => ui::ServicePage::Facts(facts::printer(shown, figures)),
        session::Page::Scanner => ui::ServicePage::Facts(facts::scanner(shown, figures)),
        session::Page::Reader => ui::ServicePage::Facts(facts::reader(shown, figures)),
        session::Page::Doors => ui::ServicePage::Doors(doors(shown, figures)),
        session::Page::Events(driver) => ui::ServicePage::Events(events(driver, shown.sheet, figures)),
        session::Page::Machine => ui::ServicePage::Facts(facts::machine(shown, figures)),
        session::Page::Standing => ui::ServicePage::Standing(ui::Standing {
            out,
            can_change: shown.staff.is_some() && !shown.changing,
        }),
    };
    ui::Service { staff: shown.staff.clone(), page }
}

/// What was touched, in the words of the session. The keys of the pairing page never come here: before a kiosk is paired
/// there is no session.
#[must_use]
pub const fn action(touched: ui::ServiceAction) -> session::ServiceAction {
    use session::{Page, ServiceAction as S};
    use ui::ServiceAction as U;
    match touched {
        U::Enter => S::Enter,
        U::Printer => S::Show(Page::Printer),
        U::Scanner => S::Show(Page::Scanner),
        U::Reader => S::Show(Page::Reader),
        U::Doors => S::Show(Page::Doors),
        U::Events(of) => S::Show(Page::Events(driver(of))),
        U::Machine => S::Show(Page::Machine),
        U::Standing => S::Show(Page::Standing),
        U::Next => S::Next,
        U::Previous => S::Previous,
        U::Print => S::PrintSample,
        U::TakeOut(why) => S::TakeOut(out_reason(why)),
        U::PutBack => S::PutBack,
        U::Leave => S::Leave,
        U::Menu | U::Letter(_) | U::DeleteLetter | U::ClearLetters | U::Pair => S::Show(Page::Menu),
    }
}

const fn driver(of: ui::Driver) -> session::Driver {
    match of {
        ui::Driver::Lock => session::Driver::Lock,
        ui::Driver::Scanner => session::Driver::Scanner,
        ui::Driver::Reader => session::Driver::Reader,
        ui::Driver::Printer => session::Driver::Printer,
    }
}

const fn out_reason(why: ui::OutReason) -> OutReason {
    match why {
        ui::OutReason::Maintenance => OutReason::Maintenance,
        ui::OutReason::DeviceFault => OutReason::DeviceFault,
        ui::OutReason::Stocktaking => OutReason::Stocktaking,
        ui::OutReason::CustomsVisit => OutReason::CustomsVisit,
        ui::OutReason::CentreClosed => OutReason::CentreClosed,
    }
}

fn reason(why: OutReason) -> Text {
    let (zh, en) = out_of_service(why.code());
    Text::new(zh, en)
}

fn doors(shown: &session::ServiceView, figures: &Figures) -> ui::Doors {
    let look = |seen: &session::DoorSeen| match (seen.open, seen.taken) {
        _ if figures.live.is_lost(seen.door.0) => ui::DoorLook::Unknown,
        (None, _) => ui::DoorLook::Unknown,
        (Some(true), _) => ui::DoorLook::Open,
        (Some(false), true) => ui::DoorLook::Taken,
        (Some(false), false) => ui::DoorLook::Shut,
    };
    ui::Doors {
        doors: shown.doors.iter().map(|seen| (seen.door.to_string(), look(seen))).collect(),
        boards: facts::boards(figures),
    }
}

/// What a driver did, the newest first, with the time of day; seconds since the start while the date is not known.
fn events(of: session::Driver, sheet: usize, figures: &Figures) -> ui::Events {
    let (name, driver) = match of {
        session::Driver::Lock => ("lock", ui::Driver::Lock),
        session::Driver::Scanner => ("scanner", ui::Driver::Scanner),
        session::Driver::Reader => ("idcard", ui::Driver::Reader),
        session::Driver::Printer => ("printer", ui::Driver::Printer),
    };
    let lines = figures.device(name).map(|device| &*device.trace).unwrap_or_default();
    let rows = lines.iter().rev().map(|line| (figures.clock_at(line.at_ms), line.text.clone()));
    ui::Events { driver, rows: rows.collect(), sheet }
}

#[cfg(test)]
mod tests {
    use pickup_protocol::DoorNumber;
    use pickup_protocol::health::{DeviceHealth, TraceLine};
    use pickup_session::service::{DoorSeen, Page, Sample, ServiceView};

    use super::*;

    /// A member of staff looks at a page of a kiosk that serves.
    pub(super) fn shown(page: Page) -> ServiceView {
        ServiceView {
            staff: Some("S-07".into()),
            page,
            sheet: 0,
            sample: Sample::None,
            seen: None,
            laid: None,
            doors: Vec::new(),
            unclear: 0,
            out: None,
            changing: false,
        }
    }

    #[test]
    fn every_door_has_its_look() {
        let seen = |door, open, taken| DoorSeen { door: DoorNumber(door), open, taken };
        let doors = vec![
            seen(1, None, true),
            seen(2, Some(true), true),
            seen(3, Some(false), true),
            seen(4, Some(false), false),
        ];
        let view = ServiceView { doors, ..shown(Page::Doors) };
        let ui::ServicePage::Doors(doors) = page(&view, &Figures::default()).page else { panic!() };
        let looks: Vec<_> = doors.doors.iter().map(|(_, look)| *look).collect();
        use ui::DoorLook::{Open, Shut, Taken, Unknown};
        assert_eq!(looks, [Unknown, Open, Taken, Shut]);
    }

    #[test]
    fn the_newest_event_of_the_driver_comes_first() {
        let line = |at_ms, text: &str| TraceLine { at_ms, text: text.into() };
        let device = DeviceHealth {
            name: "printer".into(),
            good: Some(true),
            fault: None,
            for_s: None,
            last_fault: None,
            trace: vec![line(1_000, "Opened"), line(62_000, "Silent")],
        };
        let figures = Figures { devices: vec![device], ..Figures::default() };
        let view = shown(Page::Events(session::Driver::Printer));
        let ui::ServicePage::Events(events) = page(&view, &figures).page else { panic!() };
        assert_eq!(events.rows, [("+62 s".into(), "Silent".into()), ("+1 s".into(), "Opened".into())]);
        let none = shown(Page::Events(session::Driver::Lock));
        let ui::ServicePage::Events(events) = page(&none, &figures).page else { panic!() };
        assert_eq!(events.rows, []);
    }

    #[test]
    fn nothing_can_be_changed_without_a_checked_badge_or_while_a_change_is_written_down() {
        let can = |view: &ServiceView| match page(view, &Figures::default()).page {
            ui::ServicePage::Standing(standing) => standing.can_change,
            other => panic!("{other:?}"),
        };
        assert!(can(&shown(Page::Standing)));
        assert!(!can(&ServiceView { changing: true, ..shown(Page::Standing) }));
        assert!(!can(&ServiceView { staff: None, ..shown(Page::Standing) }));
    }

    #[test]
    fn every_key_of_the_service_pages_asks_for_what_it_says() {
        for why in OutReason::ALL {
            let key = [
                ui::OutReason::Maintenance,
                ui::OutReason::DeviceFault,
                ui::OutReason::Stocktaking,
                ui::OutReason::CustomsVisit,
                ui::OutReason::CentreClosed,
            ]
            .into_iter()
            .find(|key| out_reason(*key) == why);
            let key = key.expect("every reason has a key");
            assert_eq!(action(ui::ServiceAction::TakeOut(key)), session::ServiceAction::TakeOut(why));
        }
        assert_eq!(action(ui::ServiceAction::Menu), session::ServiceAction::Show(Page::Menu));
    }
}
