//! What the session wants shown, in the words of the screen.

use jiff::Timestamp;
use pickup_protocol::domain::china_time;
use pickup_protocol::kiosk::{DoorSize, Hello};
use pickup_protocol::{Language, Reason};
use pickup_session as session;
use pickup_ui::view as ui;

use crate::{service, shopper, way, words};

/// What a view needs beside the session's.
#[derive(Debug)]
pub struct Surroundings {
    /// What the backend said of the kiosk and its centre.
    pub hello: Option<Hello>,
    /// What the machine knows of itself, while staff look.
    pub figures: service::Figures,
    /// The locker wall.
    pub lockers: ui::LockerMap,
}

impl Surroundings {
    /// A kiosk with these doors.
    #[must_use]
    pub fn new(doors: &[pickup_protocol::kiosk::DoorOffer]) -> Self {
        let doors = doors.iter().map(|d| (d.door.to_string(), size(d.size)));
        Self { hello: None, figures: service::Figures::default(), lockers: ui::LockerMap::stacked(doors) }
    }

    /// The view as the screen wants it.
    #[must_use]
    pub fn view(&self, shown: &session::View, wall: Option<Timestamp>) -> ui::View {
        let language = match shown.language {
            Language::Zh => ui::Language::Zh,
            Language::En => ui::Language::En,
        };
        let display = match shown.display {
            session::Display::Normal => ui::Display::Normal,
            session::Display::Large => ui::Display::Large,
            session::Display::LargeStrong => ui::Display::LargeStrong,
        };
        ui::View {
            language,
            display,
            screen: match &shown.screen {
                session::Screen::Service(page) => {
                    ui::Screen::Service(Box::new(service::page(page, &self.figures)))
                }
                page => screen(page, shown, self),
            },
            status: self.status(shown, wall),
            lockers: self.lockers.clone(),
            countdown_s: shown.countdown_s,
            nth: shown.nth.map(shopper::nth),
        }
    }

    /// How long customs usually takes.
    fn usual_min(&self) -> Option<u32> {
        self.hello.as_ref().and_then(|hello| hello.usual_release_min)
    }

    fn status(&self, shown: &session::View, wall: Option<Timestamp>) -> ui::Status {
        let online = shown.online;
        let clock = wall.map(|now| china_time::civil(now).strftime("%H:%M").to_string()).unwrap_or_default();
        let Some(hello) = &self.hello else { return ui::Status { clock, online, ..ui::Status::default() } };
        ui::Status {
            centre: text(&hello.centre.name),
            kiosk: format!("{}{}", hello.kiosk, since(shown)),
            clock,
            online,
            help_phone: hello.centre.help_phone.clone(),
        }
    }
}

/// Since when the backend does not answer, to stand before the word "offline".
fn since(shown: &session::View) -> String {
    let Some(at) = shown.away.as_ref().and_then(|away| away.since) else { return String::new() };
    let clock = china_time::civil(at).strftime("%H:%M");
    match shown.language {
        Language::Zh => format!(" · 自 {clock}"),
        Language::En => format!(" · since {clock}"),
    }
}

/// What was touched, in the words of the session.
#[must_use]
pub const fn action(touched: ui::Action) -> session::Action {
    match touched {
        ui::Action::Confirm => session::Action::Confirm,
        ui::Action::Cancel => session::Action::Cancel,
        ui::Action::Help => session::Action::Help,
        ui::Action::SwitchLanguage => session::Action::SwitchLanguage,
        ui::Action::SwitchDisplay => session::Action::SwitchDisplay,
        ui::Action::MoreTime => session::Action::MoreTime,
        ui::Action::OpenAgain => session::Action::OpenAgain,
        ui::Action::Finish => session::Action::Finish,
        ui::Action::Back => session::Action::Back,
        ui::Action::StaffOpen => session::Action::StaffOpen,
        ui::Action::StaffGoodsTaken => session::Action::GoodsTaken,
        ui::Action::StaffGoodsInside => session::Action::GoodsInside,
        ui::Action::Service(asked) => session::Action::Service(service::action(asked)),
        ui::Action::Digit(digit) => session::Action::Digit(digit),
        ui::Action::DeleteDigit => session::Action::DeleteDigit,
        ui::Action::ClearDigits => session::Action::ClearDigits,
        ui::Action::TypeNumber => session::Action::TypeNumber,
        ui::Action::ScanHelp => session::Action::ScanHelp,
        ui::Action::Explain => session::Action::Explain,
        ui::Action::WrongGoods => session::Action::WrongGoods,
        ui::Action::Goods(fault) => session::Action::Goods(match fault {
            ui::GoodsFault::Missing => session::GoodsFault::Missing,
            ui::GoodsFault::Damaged => session::GoodsFault::Damaged,
            ui::GoodsFault::NotMine => session::GoodsFault::NotMine,
            ui::GoodsFault::Empty => session::GoodsFault::Empty,
        }),
        ui::Action::List(kind) => session::Action::List(crate::screen_staff::list(kind)),
        ui::Action::Pick(at) => session::Action::Pick(at),
        ui::Action::More => session::Action::More,
        ui::Action::TakenOut => session::Action::TakenOut,
        ui::Action::StillInside => session::Action::StillInside,
        ui::Action::NothingInside => session::Action::NothingInside,
    }
}

/// Nobody is said to have been told of anything while the backend, which tells them, is away.
fn screen(shown: &session::Screen, view: &session::View, around: &Surroundings) -> ui::Screen {
    use session::Screen as S;
    let (countdown_s, online) = (view.countdown_s, view.online);
    match shown {
        S::Starting => out_of_service("STARTING"),
        S::Idle => ui::Screen::Idle,
        S::OutOfService(code) => out_of_service(code),
        S::ScanHelp => ui::Screen::ScanHelp,
        S::TypeNumber { digits, ready, problem } => shopper::type_number(digits, *ready, *problem),
        S::LookingUp => ui::Screen::LookingUp,
        S::PresentCard { name, problem } => ui::Screen::PresentCard(ui::PresentCard {
            name_masked: name.clone(),
            problem: problem.map(card_problem),
        }),
        S::Review { offer, offline } => ui::Screen::Review(shopper::review(offer, *offline)),
        S::Limit { limit, this_order_fen, offline } => {
            ui::Screen::Limit(shopper::limit(limit, *this_order_fen, *offline))
        }
        S::Granting => ui::Screen::Granting,
        S::Printing => ui::Screen::Printing,
        S::PrinterTrouble(kind) => ui::Screen::PrinterTrouble(ui::PrinterTrouble {
            kind: printer_trouble(*kind),
            staff_called: online,
        }),
        S::Opening(door) => ui::Screen::OpeningDoor(ui::OpeningDoor { door: door.to_string() }),
        S::TakeGoods { door, ajar } => {
            let door = door.to_string();
            ui::Screen::TakeGoods(ui::TakeGoods { door, ajar: *ajar, can_open_again: true })
        }
        S::Done { slip, copy } => ui::Screen::Done(ui::Done { slip_no: slip.clone(), copy: *copy }),
        S::Refused { reason, collected_at, reference, whereabouts } => {
            let mut refused = shopper::refused(*reason, *collected_at, reference, whereabouts);
            refused.usual_min = around.usual_min();
            if let (Some(place), Some(centre)) = (&mut refused.centre, &whereabouts.centre) {
                let here = around.hello.as_ref().and_then(|hello| hello.centre.at);
                place.way = centre.at.and_then(|there| way::to(there, here));
            }
            ui::Screen::Refused(refused)
        }
        S::GoodsFault { told, reference } => shopper::goods(*told, reference, online),
        S::StillThere => ui::Screen::StillThere(ui::StillThere { seconds: countdown_s.unwrap_or_default() }),
        S::Help { reference } => {
            ui::Screen::Help(ui::Help { staff_called: online, reference: reference.clone() })
        }
        staff => crate::screen_staff::screen(staff),
    }
}

fn card_problem(problem: session::Problem) -> ui::CardProblem {
    match problem {
        session::Problem::ReadAgain => ui::CardProblem::ReadAgain,
        session::Problem::WrongPerson { tries_left } => ui::CardProblem::WrongPerson { tries_left },
        session::Problem::Expired => ui::CardProblem::Expired,
        session::Problem::OtherDocument => ui::CardProblem::OtherDocument,
        session::Problem::ReaderDown => ui::CardProblem::ReaderDown,
    }
}

const fn printer_trouble(kind: session::Trouble) -> ui::PrinterTroubleKind {
    match kind {
        session::Trouble::PaperOut => ui::PrinterTroubleKind::PaperOut,
        session::Trouble::CoverOpen => ui::PrinterTroubleKind::CoverOpen,
        session::Trouble::Cutter => ui::PrinterTroubleKind::Cutter,
        session::Trouble::Offline => ui::PrinterTroubleKind::Offline,
        session::Trouble::Other => ui::PrinterTroubleKind::Other,
    }
}

fn out_of_service(code: &str) -> ui::Screen {
    let (zh, en) = words::out_of_service(code);
    ui::Screen::OutOfService(ui::OutOfService { code: code.to_owned(), sentence: ui::Text::new(zh, en) })
}

pub(crate) fn sentence(reason: Reason) -> ui::Text {
    ui::Text::new(reason.sentence(Language::Zh), reason.sentence(Language::En))
}

pub(crate) fn text(text: &pickup_protocol::kiosk::Text) -> ui::Text {
    ui::Text::new(&*text.zh, &*text.en)
}

pub(crate) const fn size(size: DoorSize) -> ui::DoorSize {
    match size {
        DoorSize::S => ui::DoorSize::S,
        DoorSize::M => ui::DoorSize::M,
        DoorSize::L => ui::DoorSize::L,
    }
}

pub(crate) fn minute(at: Timestamp) -> String {
    china_time::civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(language: Language, since: Option<&str>) -> session::View {
        let since = since.map(|at| at.parse().unwrap());
        session::View {
            display: session::Display::Normal,
            language,
            screen: session::Screen::Idle,
            countdown_s: None,
            online: false,
            nth: None,
            away: Some(session::Away { since, figures_of: None, good_until: None }),
        }
    }

    #[test]
    fn the_strip_says_since_when_the_backend_is_away_in_letters_that_the_font_has() {
        let at = Some("2026-11-21T06:05:00Z");
        assert_eq!(since(&shown(Language::Zh, at)), " · 自 14:05");
        assert_eq!(since(&shown(Language::En, at)), " · since 14:05");
        assert_eq!(since(&shown(Language::En, None)), "");
        assert_eq!(pickup_ui::missing_glyphs(&since(&shown(Language::Zh, at))), Vec::<char>::new());
    }
}
