//! From what the session says to what the screen draws, with the texts that do not stand in the screens themselves.

use jiff::Timestamp;
use pickup_protocol::domain::china_time;
use pickup_protocol::kiosk::{self, DoorOffer, Hello, Offer};
use pickup_protocol::{DoorNumber, Language, Reason};
use pickup_session as session;
use pickup_session::command::Look;
use pickup_ui::view as ui;

/// What every page needs beside itself.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Centre, name and telephone number.
    pub hello: Option<Hello>,
    /// Doors for the map.
    pub doors: Vec<DoorOffer>,
    /// The time, if known.
    pub now: Option<Timestamp>,
}

/// The page to draw.
#[must_use]
pub fn view(view: &session::View, around: &Surroundings) -> ui::View {
    ui::View {
        language: match view.language {
            Language::Zh => ui::Language::Zh,
            Language::En => ui::Language::En,
        },
        screen: screen(&view.screen, view.countdown_s),
        status: status(view, around),
        lockers: ui::LockerMap::stacked(around.doors.iter().map(|d| (label(d.door), size(d.size)))),
        countdown_s: view.countdown_s,
    }
}

/// The action behind a touch.
#[must_use]
pub fn action(action: ui::Action) -> session::Action {
    use session::Action as A;
    match action {
        ui::Action::Confirm => A::Confirm,
        ui::Action::Cancel => A::Cancel,
        ui::Action::Help => A::Help,
        ui::Action::Back => A::Back,
        ui::Action::SwitchLanguage => A::SwitchLanguage,
        ui::Action::MoreTime => A::MoreTime,
        ui::Action::OpenAgain => A::OpenAgain,
        ui::Action::Finish => A::Finish,
        ui::Action::StaffOpen => A::StaffOpen,
        ui::Action::StaffGoodsTaken => A::GoodsTaken,
        ui::Action::StaffGoodsInside => A::GoodsInside,
    }
}

fn status(view: &session::View, around: &Surroundings) -> ui::Status {
    let centre = around.hello.as_ref().map(|h| &h.centre);
    ui::Status {
        centre: centre.map(|c| text(&c.name)).unwrap_or_default(),
        kiosk: around.hello.as_ref().map(|h| h.kiosk.clone()).unwrap_or_default(),
        clock: around.now.map(|now| china_time::civil(now).strftime("%H:%M").to_string()).unwrap_or_default(),
        online: view.online,
        help_phone: centre.map(|c| c.help_phone.clone()).unwrap_or_default(),
    }
}

fn screen(screen: &session::Screen, countdown_s: Option<u16>) -> ui::Screen {
    use session::Screen as S;
    match screen {
        S::Starting => out_of_service("STARTING"),
        S::OutOfService(code) => out_of_service(code),
        S::Idle => ui::Screen::Idle,
        S::LookingUp => ui::Screen::LookingUp,
        S::PresentCard { name, problem } => ui::Screen::PresentCard(ui::PresentCard {
            name_masked: name.clone(),
            problem: problem.map(card_problem),
        }),
        S::Review { offer, offline } => ui::Screen::Review(review(offer, *offline)),
        S::Granting => ui::Screen::Granting,
        S::Printing => ui::Screen::Printing,
        S::PrinterTrouble(trouble) => ui::Screen::PrinterTrouble(ui::PrinterTrouble {
            kind: trouble_kind(*trouble),
            staff_called: true,
        }),
        S::Opening(door) => ui::Screen::OpeningDoor(ui::OpeningDoor { door: label(*door) }),
        S::TakeGoods { door, ajar } => {
            ui::Screen::TakeGoods(ui::TakeGoods { door: label(*door), ajar: *ajar, can_open_again: true })
        }
        S::Done { slip, copy } => ui::Screen::Done(ui::Done { slip_no: slip.clone(), copy: *copy }),
        S::Refused { reason, collected_at, reference } => {
            ui::Screen::Refused(refused(*reason, *collected_at, reference))
        }
        S::StillThere => ui::Screen::StillThere(ui::StillThere { seconds: countdown_s.unwrap_or_default() }),
        S::Help { reference } => {
            ui::Screen::Help(ui::Help { staff_called: true, reference: reference.clone() })
        }
        other => staff(other),
    }
}

fn staff(screen: &session::Screen) -> ui::Screen {
    use session::Screen as S;
    match screen {
        S::StaffHome { name, attention, problem } => ui::Screen::StaffHome(ui::StaffHome {
            staff: name.clone(),
            attention: attention.iter().copied().map(label).collect(),
            problem: problem
                .map(|reason| both(|l| format!("{}{}", reason.sentence(l), reason.what_to_do(l)))),
        }),
        S::StaffPlace { waybill, door, size: s, ajar } => ui::Screen::StaffPlace(ui::StaffPlace {
            waybill: waybill.clone(),
            door: label(*door),
            size: size(*s),
            ajar: *ajar,
            can_open_again: true,
        }),
        S::StaffStored { waybill, door } => {
            ui::Screen::StaffStored(ui::StaffStored { waybill: waybill.clone(), door: label(*door) })
        }
        S::StaffAttention { door, waybill, step } => ui::Screen::StaffAttention(ui::StaffAttention {
            door: label(*door),
            waybill: waybill.clone(),
            step: match step {
                Look::Open => ui::AttentionStep::Open,
                Look::Opening => ui::AttentionStep::Opening,
                Look::Decide => ui::AttentionStep::Decide,
                Look::Close => ui::AttentionStep::Close,
            },
        }),
        _ => ui::Screen::Idle,
    }
}

fn review(offer: &Offer, offline: bool) -> ui::Review {
    let limit = &offer.limit;
    let total_fen = offer.goods_fen.saturating_add(offer.tax_fen);
    ui::Review {
        name_masked: offer.buyer_masked.clone(),
        lines: offer
            .lines
            .iter()
            .map(|l| ui::Line {
                name: text(&l.name),
                quantity: l.quantity.clone(),
                unit: text(&l.unit),
                amount_fen: l.amount_fen,
            })
            .collect(),
        total_fen,
        tax_fen: offer.tax_fen,
        limit: ui::LimitView {
            year: limit.year,
            limit_fen: limit.limit_fen,
            used_fen: limit.used_fen,
            this_order_fen: offer.goods_fen.min(limit.used_fen),
            remaining_fen: limit.limit_fen.saturating_sub(limit.used_fen),
            as_of: offline.then(|| minute(limit.as_of)),
        },
        doors: offer.doors.iter().copied().map(label).collect(),
        waybill: offer.waybill.clone(),
    }
}

fn refused(reason: Reason, collected_at: Option<Timestamp>, reference: &str) -> ui::Refused {
    let (zh, en) = title(reason);
    ui::Refused {
        code: reason.code().to_owned(),
        title: ui::Text::new(zh, en),
        sentence: both(|l| reason.sentence(l).to_owned()),
        what_to_do: both(|l| reason.what_to_do(l).to_owned()),
        collected_at: collected_at.map(minute),
        reference: reference.to_owned(),
    }
}

/// The reason in a few words.
const fn title(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::TicketMalformed => ("没有认出提货码", "Code not recognised"),
        Reason::TicketForged | Reason::TicketUnknown => ("提货码无效", "Code not valid"),
        Reason::TicketExpired => ("提货码已过期", "Code has run out"),
        Reason::OtherCentre | Reason::OtherKiosk => ("包裹在别处", "Parcel is elsewhere"),
        Reason::NotReleased | Reason::UnderInspection => ("海关尚未放行", "Not released yet"),
        Reason::DeclarationRejected => ("海关未放行", "Not released by customs"),
        Reason::Cancelled => ("订单已取消", "Order cancelled"),
        Reason::NotInLocker => ("正在配货", "Being picked"),
        Reason::AlreadyCollected => ("包裹已取走", "Already collected"),
        Reason::IdMismatch => ("不是订购人本人", "Not the buyer"),
        Reason::IdExpired => ("身份证已过期", "ID card has run out"),
        Reason::NeedsAttendant => ("请稍候", "Please wait"),
        Reason::Offline => ("网络中断", "Network down"),
        Reason::BadgeUnknown => ("工牌无效", "Badge not valid"),
        Reason::LabelUnknown => ("没有这张面单", "No such label"),
        Reason::AlreadyStored => ("包裹已在柜中", "Already stored"),
        Reason::NoDoorFree => ("没有空柜门", "No door free"),
        Reason::RequestConflict => ("请重新开始", "Start over"),
    }
}

fn out_of_service(code: &str) -> ui::Screen {
    let (zh, en) = match code {
        "STARTING" => ("正在启动，请稍候。", "Starting up, please wait."),
        "NOT_CONNECTED_YET" => ("正在连接服务，请稍候。", "Connecting, please wait."),
        "LOCK_DOWN" => (
            "锁控设备没有应答，柜门暂时打不开。",
            "The lock does not answer; doors cannot be opened just now.",
        ),
        "SCANNER_DOWN" => ("扫码器没有应答。", "The scanner does not answer."),
        _ => ("本机暂停服务，请找工作人员。", "This kiosk is out of service; please ask a member of staff."),
    };
    ui::Screen::OutOfService(ui::OutOfService { code: code.to_owned(), sentence: ui::Text::new(zh, en) })
}

const fn card_problem(problem: session::Problem) -> ui::CardProblem {
    match problem {
        session::Problem::ReadAgain => ui::CardProblem::ReadAgain,
        session::Problem::WrongPerson { tries_left } => ui::CardProblem::WrongPerson { tries_left },
        session::Problem::Expired => ui::CardProblem::Expired,
    }
}

const fn trouble_kind(trouble: session::Trouble) -> ui::PrinterTroubleKind {
    match trouble {
        session::Trouble::PaperOut => ui::PrinterTroubleKind::PaperOut,
        session::Trouble::CoverOpen => ui::PrinterTroubleKind::CoverOpen,
        session::Trouble::Cutter => ui::PrinterTroubleKind::Cutter,
        session::Trouble::Offline => ui::PrinterTroubleKind::Offline,
        session::Trouble::Other => ui::PrinterTroubleKind::Other,
    }
}

const fn size(size: kiosk::DoorSize) -> ui::DoorSize {
    match size {
        kiosk::DoorSize::S => ui::DoorSize::S,
        kiosk::DoorSize::M => ui::DoorSize::M,
        kiosk::DoorSize::L => ui::DoorSize::L,
    }
}

fn label(door: DoorNumber) -> String {
    door.to_string()
}

fn text(text: &kiosk::Text) -> ui::Text {
    ui::Text::new(text.zh.clone(), text.en.clone())
}

fn both(of: impl Fn(Language) -> String) -> ui::Text {
    ui::Text::new(of(Language::Zh), of(Language::En))
}

fn minute(at: Timestamp) -> String {
    china_time::civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_page_with_glyphs_for_every_character() {
        for &reason in Reason::ALL {
            let page = refused(reason, None, "");
            let all =
                [&page.title, &page.sentence, &page.what_to_do].map(|t| format!("{}{}", t.zh, t.en)).concat();
            assert_eq!(pickup_ui::missing_glyphs(&all), Vec::<char>::new(), "{reason}");
        }
        for code in ["STARTING", "NOT_CONNECTED_YET", "LOCK_DOWN", "SCANNER_DOWN", "JOURNAL_FAILED"] {
            let ui::Screen::OutOfService(page) = out_of_service(code) else { panic!("{code}") };
            assert_eq!(pickup_ui::missing_glyphs(&page.sentence.zh), Vec::<char>::new());
        }
    }

    #[test]
    fn every_touch_has_its_meaning() {
        let all: std::collections::HashSet<_> = ui::Action::ALL.into_iter().map(action).collect();
        assert_eq!(all.len(), ui::Action::ALL.len());
    }
}
