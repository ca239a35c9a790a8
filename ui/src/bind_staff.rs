//! As `bind`, for the pages of staff mode.

use slint::SharedString;

use crate::bind::{door, int, model};
use crate::generated::{CheckStep, ChoiceData, ChoiceKind, FreeData, Kiosk, PadData};
use crate::view::{
    Action, AttentionStep, Choice, FreeDoors, ListKind, Pad, Purpose, Screen, StaffHome, StaffInside,
    StaffList, View,
};

pub(crate) fn staff(kiosk: &Kiosk<'_>, view: &View) {
    match &view.screen {
        Screen::StaffPin(pin) => {
            pad(kiosk, &pin.pad);
            kiosk.set_second(pin.second);
            kiosk.set_tries_left(pin.tries_left.map_or(-1, i32::from));
        }
        Screen::StaffSecond(second) => {
            door(kiosk, &view.lockers, &second.door);
            kiosk.set_sentence(second.problem.as_ref().map_or("", |text| text.get(view.language)).into());
        }
        Screen::StaffHome(home) => menu(kiosk, home, view),
        Screen::StaffList(shown) => list(kiosk, shown),
        Screen::StaffInside(shown) => inside(kiosk, shown, view),
        Screen::StaffPlace(place) => {
            door(kiosk, &view.lockers, &place.door);
            kiosk.set_waybill((&place.waybill).into());
            kiosk.set_door_size(place.size.as_str().into());
            kiosk.set_ajar(place.ajar);
            kiosk.set_can_open_again(place.can_open_again);
        }
        Screen::StaffStored(stored) => {
            door(kiosk, &view.lockers, &stored.door);
            kiosk.set_waybill((&stored.waybill).into());
        }
        Screen::StaffAttention(attention) => {
            door(kiosk, &view.lockers, &attention.door);
            kiosk.set_waybill((&attention.waybill).into());
            kiosk.set_check(match attention.step {
                AttentionStep::Open => CheckStep::Open,
                AttentionStep::Opening => CheckStep::Opening,
                AttentionStep::Decide => CheckStep::Decide,
                AttentionStep::Close => CheckStep::Close,
            });
        }
        _ => {}
    }
}

pub(crate) fn pad(kiosk: &Kiosk<'_>, shown: &Pad) {
    kiosk.set_pad(PadData {
        text: shown.text().into(),
        dots: i32::from(shown.dots()),
        places: i32::from(shown.places),
        ready: shown.ready,
    });
}

fn menu(kiosk: &Kiosk<'_>, home: &StaffHome, view: &View) {
    kiosk.set_staff((&home.staff).into());
    kiosk.set_attention(model(kiosk.get_attention(), home.attention.iter().map(SharedString::from)));
    kiosk.set_removals(i32::from(home.removals));
    kiosk.set_owed(i32::from(home.owed));
    kiosk.set_free(model(kiosk.get_free(), home.free.iter().map(free)));
    kiosk.set_sentence(home.problem.as_ref().map_or("", |text| text.get(view.language)).into());
}

fn free(of_size: &FreeDoors) -> FreeData {
    FreeData {
        size: of_size.size.as_str().into(),
        count: i32::from(of_size.count),
        next: of_size.next.as_deref().unwrap_or_default().into(),
    }
}

fn list(kiosk: &Kiosk<'_>, shown: &StaffList) {
    kiosk.set_door(shown.door.as_deref().unwrap_or_default().into());
    kiosk.set_can_more(shown.more);
    kiosk.set_list(match (shown.kind, &shown.door) {
        (_, Some(_)) => ChoiceKind::Inspect,
        (ListKind::Removals, None) => ChoiceKind::Overdue,
        (ListKind::Attention, None) => ChoiceKind::Attention,
        (ListKind::Doors, None) => ChoiceKind::Door,
        (ListKind::Owed, None) => ChoiceKind::Owed,
    });
    let rows = if shown.kind == ListKind::Doors { 3 } else { StaffList::ROWS };
    kiosk.set_rows(int(u32::try_from(rows).unwrap_or_default()));
    kiosk.set_choices(model(
        kiosk.get_choices(),
        shown
            .choices
            .iter()
            .zip(0_u8..)
            .map(|(one, at)| ChoiceData { target: Action::Pick(at).as_str().into(), ..choice(one) }),
    ));
}

fn choice(shown: &Choice) -> ChoiceData {
    let data = |kind, door: &str, waybill: &str, time: &str| ChoiceData {
        target: SharedString::new(),
        kind,
        door: door.into(),
        waybill: waybill.into(),
        time: time.into(),
        marked: false,
    };
    match shown {
        Choice::Overdue { door, waybill, since } => data(ChoiceKind::Overdue, door, waybill, since),
        Choice::Withdrawn { door, waybill } => data(ChoiceKind::Withdrawn, door, waybill, ""),
        Choice::Attention { door, waybill } => data(ChoiceKind::Attention, door, waybill, ""),
        Choice::Door { door, holds } => ChoiceData { marked: *holds, ..data(ChoiceKind::Door, door, "", "") },
        Choice::Owed { waybill, at } => data(ChoiceKind::Owed, "", waybill, at),
        Choice::Purpose(purpose) => data(purpose_kind(*purpose), "", "", ""),
    }
}

fn purpose_kind(purpose: Purpose) -> ChoiceKind {
    match purpose {
        Purpose::Inspect => ChoiceKind::Inspect,
        Purpose::Forgotten => ChoiceKind::Forgotten,
        Purpose::Repair => ChoiceKind::Repair,
        Purpose::Parcel => ChoiceKind::Parcel,
        Purpose::Customs => ChoiceKind::Customs,
    }
}

fn inside(kiosk: &Kiosk<'_>, shown: &StaffInside, view: &View) {
    door(kiosk, &view.lockers, &shown.door);
    kiosk.set_waybill(shown.waybill.as_deref().unwrap_or_default().into());
    kiosk.set_check(if shown.undecided { CheckStep::Decide } else { CheckStep::Close });
    kiosk.set_ajar(shown.ajar);
}
