//! Turns a [`View`] into the values of the screens' boundary. The only place that knows both.

use std::rc::Rc;

use slint::{Model as _, ModelRc, SharedString, VecModel};

use crate::generated::{
    CardTrouble, DoorCell, GoodsTold, Kiosk, Level, LimitData, LineData, PadData, Page, PrinterKind,
    RefusedData, RefusedKind as Refusal, ReviewData, Side as WallSide, Sign, StatusData, Towards, WaitsFor,
};
use crate::money::{share, yuan};
use crate::view::{
    CardProblem, Compass, Display, DoorSize, GoodsFault, GoodsKind, Height, Language, LimitView, LockerMap,
    PrinterTroubleKind, Refused, RefusedKind, Review, Screen, Side, Stage, View,
};

/// Lines of a parcel that fit, and lines that are shown beside the count of the others.
const fn lines(display: Display) -> (usize, usize) {
    match display {
        Display::Normal => (5, 4),
        Display::Large | Display::LargeStrong => (3, 2),
    }
}

/// Sets every value the page of `view` reads.
pub(crate) fn apply(kiosk: &Kiosk<'_>, view: &View) {
    frame(kiosk, view);
    page(kiosk, view);
    kiosk.set_page(page_of(&view.screen));
}

fn frame(kiosk: &Kiosk<'_>, view: &View) {
    let status = &view.status;
    let allowed = view.actions();
    kiosk.set_zh(view.language == Language::Zh);
    kiosk.set_status(StatusData {
        centre: status.centre.get(view.language).into(),
        kiosk: (&status.kiosk).into(),
        clock: (&status.clock).into(),
        online: status.online,
        phone: (&status.help_phone).into(),
    });
    kiosk.set_countdown(view.countdown_s.map_or(-1, i32::from));
    kiosk.set_closing(view.is_closing());
    kiosk.set_step(i32::from(view.screen.step()));
    kiosk.set_can_cancel(allowed.contains(&crate::view::Action::Cancel));
    kiosk.set_can_help(allowed.contains(&crate::view::Action::Help));
    kiosk.set_door_nth(view.nth.map_or(0, |nth| i32::from(nth.door)));
    kiosk.set_doors_in_all(view.nth.map_or(0, |nth| i32::from(nth.of)));
}

fn page(kiosk: &Kiosk<'_>, view: &View) {
    let language = view.language;
    // Nothing of one person may stay behind for the next, so what a page does not use is emptied.
    kiosk.set_name(SharedString::new());
    kiosk.set_pad(PadData::default());
    if !matches!(view.screen, Screen::Review(_)) {
        // This empties the limit as well.
        review(kiosk, &Review::default(), view);
    }
    match &view.screen {
        Screen::Idle | Screen::ScanHelp | Screen::LookingUp | Screen::Granting | Screen::Printing => {}
        // These have a boundary of their own.
        Screen::Service(_) | Screen::Pairing(_) => {}
        Screen::TypeNumber(number) => {
            crate::bind_staff::pad(kiosk, &number.pad);
            kiosk.set_sentence(number.problem.as_ref().map_or("", |text| text.get(language)).into());
        }
        Screen::Limit(shown) => kiosk.set_limit(limit(shown)),
        Screen::GoodsFault(report) => {
            kiosk.set_goods_told(goods_told(report.told));
            kiosk.set_staff_called(report.staff_called);
            kiosk.set_reference((&report.reference).into());
        }
        Screen::PresentCard(card) => {
            kiosk.set_name((&card.name_masked).into());
            let (trouble, tries_left) = card_trouble(card.problem);
            kiosk.set_card_trouble(trouble);
            kiosk.set_tries_left(tries_left);
        }
        Screen::Review(shown) => review(kiosk, shown, view),
        Screen::PrinterTrouble(trouble) => {
            kiosk.set_printer(printer_kind(trouble.kind));
            kiosk.set_staff_called(trouble.staff_called);
        }
        Screen::OpeningDoor(opening) => door(kiosk, &view.lockers, &opening.door),
        Screen::TakeGoods(take) => {
            door(kiosk, &view.lockers, &take.door);
            kiosk.set_ajar(take.ajar);
            kiosk.set_can_open_again(take.can_open_again);
        }
        Screen::Done(done) => {
            kiosk.set_slip_no((&done.slip_no).into());
            kiosk.set_slip_copy(done.copy);
        }
        Screen::Refused(shown) => kiosk.set_refused(refused(shown, language)),
        Screen::StillThere(still) => kiosk.set_seconds(i32::from(still.seconds)),
        Screen::Help(help) => {
            kiosk.set_staff_called(help.staff_called);
            kiosk.set_reference((&help.reference).into());
        }
        Screen::OutOfService(out) => {
            kiosk.set_code((&out.code).into());
            kiosk.set_sentence(out.sentence.get(language).into());
        }
        _ => crate::bind_staff::staff(kiosk, view),
    }
}

fn review(kiosk: &Kiosk<'_>, shown: &Review, view: &View) {
    let (language, (most, of_more)) = (view.language, lines(view.display));
    let separator = if language == Language::Zh { "、" } else { ", " };
    let lines_shown = if shown.lines.len() > most { of_more } else { most };
    kiosk.set_review(ReviewData {
        name: (&shown.name_masked).into(),
        waybill: (&shown.waybill).into(),
        doors: shown.doors.join(separator).into(),
        total: yuan(shown.total_fen).into(),
        tax: yuan(shown.tax_fen).into(),
        more_lines: i32::try_from(shown.lines.len().saturating_sub(lines_shown)).unwrap_or(i32::MAX),
    });
    kiosk.set_lines(model(
        kiosk.get_lines(),
        shown.lines.iter().take(lines_shown).map(|line| LineData {
            kind: goods_sign(line.kind),
            name: line.name.get(language).into(),
            count: slint::format!("{} {}", line.quantity, line.unit.get(language)),
            amount: slint::format!("¥{}", yuan(line.amount_fen)),
        }),
    ));
    kiosk.set_limit(limit(&shown.limit));
}

const fn goods_sign(kind: GoodsKind) -> Sign {
    match kind {
        GoodsKind::Dairy => Sign::Dairy,
        GoodsKind::Food => Sign::Food,
        GoodsKind::Drink => Sign::Drink,
        GoodsKind::Health => Sign::Health,
        GoodsKind::Care => Sign::Care,
        GoodsKind::Baby => Sign::Baby,
        GoodsKind::Wear => Sign::Wear,
        GoodsKind::Electric => Sign::Electric,
        GoodsKind::Home => Sign::Home,
        GoodsKind::Other => Sign::Box,
    }
}

fn limit(shown: &LimitView) -> LimitData {
    let before_fen = shown.used_fen.saturating_sub(shown.this_order_fen);
    let posted_fen = before_fen.saturating_sub(shown.held_fen);
    LimitData {
        year: slint::format!("{}", shown.year),
        next_year: slint::format!("{}", shown.year.saturating_add(1)),
        limit: yuan(shown.limit_fen).into(),
        posted: yuan(posted_fen).into(),
        posted_share: share(posted_fen, shown.limit_fen),
        before: yuan(before_fen).into(),
        this_order: yuan(shown.this_order_fen).into(),
        held: if shown.held_fen > 0 { yuan(shown.held_fen).into() } else { SharedString::new() },
        remaining: yuan(shown.remaining_fen).into(),
        before_share: share(before_fen, shown.limit_fen),
        this_share: share(shown.this_order_fen, shown.limit_fen),
        held_share: share(shown.held_fen, shown.limit_fen),
        as_of: shown.as_of.as_deref().unwrap_or_default().into(),
    }
}

fn refused(shown: &Refused, language: Language) -> RefusedData {
    let (kind, waits_for) = match shown.kind {
        RefusedKind::Stopped => (Refusal::Stopped, WaitsFor::Filed),
        RefusedKind::Waiting(stage) => (Refusal::Waiting, waits_for(stage)),
        RefusedKind::Elsewhere => (Refusal::Elsewhere, WaitsFor::Filed),
        RefusedKind::Collected => (Refusal::Collected, WaitsFor::Filed),
    };
    let collected = shown.kind == RefusedKind::Collected;
    let centre = shown.centre.as_deref().cloned().unwrap_or_default();
    let way = centre.way.unwrap_or_default();
    RefusedData {
        kind,
        waits_for,
        usual_min: shown.usual_min.map_or(0, int),
        place_name: centre.name.get(language).into(),
        place_address: centre.address.get(language).into(),
        place_phone: centre.phone.into(),
        way_code: way.code.path().into(),
        way_side: i32::try_from(way.code.side).unwrap_or(i32::MAX),
        way_towards: way.leg.map_or(Towards::None, |leg| towards(leg.towards)),
        way_arrow: way.leg.map_or_else(SharedString::new, |leg| leg.towards.arrow().into()),
        way_km: way.leg.map_or_else(SharedString::new, |leg| leg.km().into()),
        other_kiosk: shown.kiosk.as_deref().filter(|_| !collected).unwrap_or_default().into(),
        code: (&shown.code).into(),
        title: shown.title.get(language).into(),
        sentence: shown.sentence.get(language).into(),
        what_to_do: shown.what_to_do.get(language).into(),
        collected_at: match (shown.collected_at.as_deref(), shown.kiosk.as_deref().filter(|_| collected)) {
            (Some(at), Some(kiosk)) => slint::format!("{at} · {kiosk}"),
            (at, _) => at.unwrap_or_default().into(),
        },
        reference: (&shown.reference).into(),
    }
}

const fn towards(compass: Compass) -> Towards {
    match compass {
        Compass::N => Towards::N,
        Compass::Ne => Towards::Ne,
        Compass::E => Towards::E,
        Compass::Se => Towards::Se,
        Compass::S => Towards::S,
        Compass::Sw => Towards::Sw,
        Compass::W => Towards::W,
        Compass::Nw => Towards::Nw,
    }
}

const fn waits_for(stage: Stage) -> WaitsFor {
    match stage {
        Stage::Filed => WaitsFor::Filed,
        Stage::Customs => WaitsFor::Customs,
        Stage::Review => WaitsFor::Review,
        Stage::Inspection => WaitsFor::Inspection,
        Stage::Correction => WaitsFor::Correction,
        Stage::Picking => WaitsFor::Picking,
    }
}

const fn goods_told(fault: Option<GoodsFault>) -> GoodsTold {
    match fault {
        None => GoodsTold::None,
        Some(GoodsFault::Missing) => GoodsTold::Missing,
        Some(GoodsFault::Damaged) => GoodsTold::Damaged,
        Some(GoodsFault::NotMine) => GoodsTold::NotMine,
        Some(GoodsFault::Empty) => GoodsTold::Empty,
    }
}

/// Where the door is in the wall; a wall of one column has no sides.
fn place(map: &LockerMap, label: &str) -> (WallSide, Level) {
    let Some((side, height)) = map.place(label) else { return (WallSide::None, Level::None) };
    let side = match side {
        _ if map.columns() < 2 => WallSide::None,
        Side::Left => WallSide::Left,
        Side::Middle => WallSide::Middle,
        Side::Right => WallSide::Right,
    };
    let level = match height {
        Height::High => Level::High,
        Height::Middle => Level::Middle,
        Height::Low => Level::Low,
    };
    (side, level)
}

pub(crate) fn door(kiosk: &Kiosk<'_>, map: &LockerMap, label: &str) {
    let (side, level) = place(map, label);
    kiosk.set_door_side(side);
    kiosk.set_door_level(level);
    kiosk.set_door(label.into());
    kiosk.set_door_columns(int(map.columns()));
    kiosk.set_doors(model(
        kiosk.get_doors(),
        map.doors.iter().map(|cell| DoorCell {
            label: (&cell.label).into(),
            column: int(cell.column),
            top: int(cell.top),
            units: int(DoorSize::units(cell.size)),
            here: cell.label == label,
        }),
    ));
}

fn card_trouble(problem: Option<CardProblem>) -> (CardTrouble, i32) {
    match problem {
        None => (CardTrouble::None, 0),
        Some(CardProblem::ReadAgain) => (CardTrouble::ReadAgain, 0),
        Some(CardProblem::WrongPerson { tries_left }) => (CardTrouble::WrongPerson, i32::from(tries_left)),
        Some(CardProblem::Expired) => (CardTrouble::Expired, 0),
        Some(CardProblem::OtherDocument) => (CardTrouble::OtherDocument, 0),
        Some(CardProblem::ReaderDown) => (CardTrouble::ReaderDown, 0),
    }
}

fn printer_kind(kind: PrinterTroubleKind) -> PrinterKind {
    match kind {
        PrinterTroubleKind::PaperOut => PrinterKind::PaperOut,
        PrinterTroubleKind::CoverOpen => PrinterKind::CoverOpen,
        PrinterTroubleKind::Cutter => PrinterKind::Cutter,
        PrinterTroubleKind::Offline => PrinterKind::Offline,
        PrinterTroubleKind::Other => PrinterKind::Other,
    }
}

fn page_of(screen: &Screen) -> Page {
    match screen {
        Screen::Idle => Page::Idle,
        Screen::ScanHelp => Page::ScanHelp,
        Screen::TypeNumber(_) => Page::TypeNumber,
        Screen::Limit(_) => Page::Limit,
        Screen::GoodsFault(_) => Page::GoodsFault,
        Screen::LookingUp => Page::LookingUp,
        Screen::PresentCard(_) => Page::PresentCard,
        Screen::Review(_) => Page::Review,
        Screen::Granting => Page::Granting,
        Screen::Printing => Page::Printing,
        Screen::PrinterTrouble(_) => Page::PrinterTrouble,
        Screen::OpeningDoor(_) => Page::OpeningDoor,
        Screen::TakeGoods(_) => Page::TakeGoods,
        Screen::Done(_) => Page::Done,
        Screen::Refused(_) => Page::Refused,
        Screen::StillThere(_) => Page::StillThere,
        Screen::Help(_) => Page::Help,
        Screen::OutOfService(_) => Page::OutOfService,
        Screen::StaffPin(_) => Page::StaffPin,
        Screen::StaffSecond(_) => Page::StaffSecond,
        Screen::StaffList(_) => Page::StaffList,
        Screen::StaffInside(_) => Page::StaffInside,
        Screen::StaffHome(_) => Page::StaffHome,
        Screen::StaffPlace(_) => Page::StaffPlace,
        Screen::StaffStored(_) => Page::StaffStored,
        Screen::StaffAttention(_) => Page::StaffAttention,
        Screen::Service(_) => Page::Service,
        Screen::Pairing(_) => Page::Pairing,
    }
}

pub(crate) fn int(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// The rows to show: those that are shown already when nothing in them changes, for rows that come anew get new elements, and a
/// finger that is on one of them would be lifted off nothing.
pub(crate) fn model<T: Clone + PartialEq + 'static>(
    shown: ModelRc<T>,
    items: impl Iterator<Item = T>,
) -> ModelRc<T> {
    let rows: Vec<T> = items.collect();
    if shown.iter().eq(rows.iter().cloned()) { shown } else { ModelRc::from(Rc::new(VecModel::from(rows))) }
}
