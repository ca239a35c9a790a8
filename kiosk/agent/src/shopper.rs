//! The pages of the shopper's way that carry figures or reasons, in the words of the screen.

use jiff::Timestamp;
use pickup_protocol::domain::GoodsKind;
use pickup_protocol::kiosk::{AnnualLimit, Centre, Offer, Progress};
use pickup_protocol::number::DIGITS_AT_MOST;
use pickup_protocol::{DoorNumber, Language, Reason};
use pickup_session as session;
use pickup_ui::view as ui;

use crate::screen::{minute, sentence, text};
use crate::words;

/// The parcel before the shopper confirms.
pub fn review(offer: &Offer, offline: bool) -> ui::Review {
    let lines = offer.lines.iter().map(|line| ui::Line {
        name: text(&line.name),
        kind: sort(line.kind),
        quantity: line.quantity.clone(),
        unit: text(&line.unit),
        amount_fen: line.amount_fen,
    });
    ui::Review {
        name_masked: offer.buyer_masked.clone(),
        lines: lines.collect(),
        total_fen: offer.goods_fen.saturating_add(offer.tax_fen),
        tax_fen: offer.tax_fen,
        limit: limit(&offer.limit, offer.goods_fen, offline),
        doors: offer.doors.iter().map(DoorNumber::to_string).collect(),
        waybill: offer.waybill.clone(),
    }
}

const fn sort(kind: GoodsKind) -> ui::GoodsKind {
    match kind {
        GoodsKind::Dairy => ui::GoodsKind::Dairy,
        GoodsKind::Food => ui::GoodsKind::Food,
        GoodsKind::Drink => ui::GoodsKind::Drink,
        GoodsKind::Health => ui::GoodsKind::Health,
        GoodsKind::Care => ui::GoodsKind::Care,
        GoodsKind::Baby => ui::GoodsKind::Baby,
        GoodsKind::Wear => ui::GoodsKind::Wear,
        GoodsKind::Electric => ui::GoodsKind::Electric,
        GoodsKind::Home => ui::GoodsKind::Home,
        GoodsKind::Other => ui::GoodsKind::Other,
    }
}

/// The limit of the year.
pub fn limit(limit: &AnnualLimit, this_order_fen: i64, offline: bool) -> ui::LimitView {
    ui::LimitView {
        year: limit.year,
        limit_fen: limit.limit_fen,
        used_fen: limit.used_fen,
        held_fen: limit.held_fen,
        this_order_fen,
        remaining_fen: limit.limit_fen.saturating_sub(limit.used_fen).max(0),
        as_of: offline.then(|| minute(limit.as_of)),
    }
}

/// The pad of the pickup number.
pub fn type_number(digits: &str, ready: bool, problem: Option<Reason>) -> ui::Screen {
    let places = u8::try_from(DIGITS_AT_MOST).unwrap_or(u8::MAX);
    let pad = ui::Pad { entered: ui::Entered::Shown(digits.to_owned()), places, ready };
    ui::Screen::TypeNumber(ui::TypeNumber { pad, problem: problem.map(both) })
}

/// Goods that are not right. Nobody is said to have been told while the backend is away.
pub fn goods(told: Option<session::GoodsFault>, reference: &str, online: bool) -> ui::Screen {
    let told = told.map(|fault| match fault {
        session::GoodsFault::Missing => ui::GoodsFault::Missing,
        session::GoodsFault::Damaged => ui::GoodsFault::Damaged,
        session::GoodsFault::NotMine => ui::GoodsFault::NotMine,
        session::GoodsFault::Empty => ui::GoodsFault::Empty,
    });
    ui::Screen::GoodsFault(ui::GoodsReport { told, staff_called: online, reference: reference.to_owned() })
}

/// Which of several doors.
pub fn nth(nth: session::Nth) -> ui::Nth {
    let count = |number| u16::try_from(number).unwrap_or(u16::MAX);
    ui::Nth { door: count(nth.door), of: count(nth.of) }
}

/// Why it does not go on, and where the parcel is.
pub fn refused(
    reason: Reason,
    collected_at: Option<Timestamp>,
    reference: &str,
    whereabouts: &session::Whereabouts,
) -> ui::Refused {
    let (zh, en) = words::title(reason);
    let place = |centre: &Centre| ui::Place {
        name: text(&centre.name),
        address: text(&centre.address),
        phone: centre.help_phone.clone(),
        way: None,
    };
    ui::Refused {
        kind: kind(reason, whereabouts.progress),
        usual_min: None,
        code: reason.code().to_owned(),
        title: ui::Text::new(zh, en),
        sentence: sentence(reason),
        what_to_do: what_to_do(reason),
        collected_at: collected_at.map(minute),
        reference: reference.to_owned(),
        centre: whereabouts.centre.as_deref().map(|centre| Box::new(place(centre))),
        kiosk: whereabouts.kiosk.clone(),
    }
}

/// Which page goes with a reason: one that only has to wait is not shown as a fault.
const fn kind(reason: Reason, progress: Option<Progress>) -> ui::RefusedKind {
    match reason {
        Reason::NotReleased | Reason::UnderInspection | Reason::NotInLocker => {
            ui::RefusedKind::Waiting(stage(reason, progress))
        }
        Reason::OtherCentre | Reason::OtherKiosk => ui::RefusedKind::Elsewhere,
        Reason::AlreadyCollected => ui::RefusedKind::Collected,
        _ => ui::RefusedKind::Stopped,
    }
}

/// How far it is; a backend that says only why means the usual.
const fn stage(reason: Reason, progress: Option<Progress>) -> ui::Stage {
    match (progress, reason) {
        (Some(Progress::Filed), _) => ui::Stage::Filed,
        (Some(Progress::Accepted), _) => ui::Stage::Customs,
        (Some(Progress::Review), _) => ui::Stage::Review,
        (Some(Progress::Inspection), _) | (None, Reason::UnderInspection) => ui::Stage::Inspection,
        (Some(Progress::Correction), _) => ui::Stage::Correction,
        (Some(Progress::Picking), _) | (None, Reason::NotInLocker) => ui::Stage::Picking,
        (None, _) => ui::Stage::Customs,
    }
}

fn what_to_do(reason: Reason) -> ui::Text {
    ui::Text::new(reason.what_to_do(Language::Zh), reason.what_to_do(Language::En))
}

/// What happened and what to do, in one go.
fn both(reason: Reason) -> ui::Text {
    let (happened, to_do) = (sentence(reason), what_to_do(reason));
    ui::Text::new(format!("{}{}", happened.zh, to_do.zh), format!("{} {}", happened.en, to_do.en))
}
