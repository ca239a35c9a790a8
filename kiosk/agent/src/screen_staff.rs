//! What the session wants shown to staff, in the words of the screen.

use jiff::Timestamp;
use pickup_protocol::DoorNumber;
use pickup_protocol::domain::china_time;
use pickup_protocol::work::{self, PIN_LEAST, PIN_MOST, RemovalReason};
use pickup_session as session;
use pickup_ui::view as ui;

use crate::screen::{sentence, size};

/// A page of staff mode; any other is the start.
pub fn screen(shown: &session::Screen) -> ui::Screen {
    use session::Screen as S;
    match shown {
        S::StaffPin { typed, problem, second } => ui::Screen::StaffPin(ui::StaffPin {
            pad: ui::Pad {
                entered: ui::Entered::Masked(*typed),
                places: count_u8(PIN_MOST),
                ready: usize::from(*typed) >= PIN_LEAST,
            },
            tries_left: problem.map(|problem| problem.tries_left),
            second: *second,
        }),
        S::StaffSecond { door, problem } => ui::Screen::StaffSecond(ui::StaffSecond {
            door: door.to_string(),
            problem: problem.map(sentence),
        }),
        S::StaffList { list, more } => ui::Screen::StaffList(choices(list, *more)),
        S::StaffInside { door, waybill, step, ajar } => ui::Screen::StaffInside(ui::StaffInside {
            door: door.to_string(),
            waybill: waybill.clone(),
            undecided: *step == session::Inside::Decide,
            ajar: *ajar,
        }),
        S::StaffHome { name, attention, removals, owed, free, problem } => {
            ui::Screen::StaffHome(ui::StaffHome {
                staff: name.clone(),
                attention: attention.iter().map(DoorNumber::to_string).collect(),
                removals: count(*removals),
                owed: count(*owed),
                free: free.iter().map(free_doors).collect(),
                problem: problem.map(sentence),
            })
        }
        S::StaffPlace { waybill, door, size: of_door, ajar } => ui::Screen::StaffPlace(ui::StaffPlace {
            waybill: waybill.clone(),
            door: door.to_string(),
            size: size(*of_door),
            ajar: *ajar,
            can_open_again: true,
        }),
        S::StaffStored { waybill, door } => {
            ui::Screen::StaffStored(ui::StaffStored { waybill: waybill.clone(), door: door.to_string() })
        }
        S::StaffAttention { door, waybill, step } => ui::Screen::StaffAttention(ui::StaffAttention {
            door: door.to_string(),
            waybill: waybill.clone(),
            step: match step {
                session::Look::Open => ui::AttentionStep::Open,
                session::Look::Opening => ui::AttentionStep::Opening,
                session::Look::Decide => ui::AttentionStep::Decide,
                session::Look::Close => ui::AttentionStep::Close,
            },
        }),
        _ => ui::Screen::Idle,
    }
}

/// A list that was touched, in the words of the session.
pub const fn list(kind: ui::ListKind) -> session::ListKind {
    match kind {
        ui::ListKind::Removals => session::ListKind::Removals,
        ui::ListKind::Attention => session::ListKind::Attention,
        ui::ListKind::Doors => session::ListKind::Doors,
        ui::ListKind::Owed => session::ListKind::Owed,
    }
}

fn choices(list: &session::StaffList, more: bool) -> ui::StaffList {
    use session::StaffList as L;
    let (kind, choices): (_, Vec<ui::Choice>) = match list {
        L::Removals(shown) => (ui::ListKind::Removals, shown.iter().map(removal).collect()),
        L::Attention(shown) => {
            let look = |case: &pickup_protocol::kiosk::Attention| ui::Choice::Attention {
                door: case.door.to_string(),
                waybill: case.waybill.clone(),
            };
            (ui::ListKind::Attention, shown.iter().map(look).collect())
        }
        L::Doors(shown) => {
            let door = |(door, holds): &(DoorNumber, bool)| ui::Choice::Door {
                door: door.to_string(),
                holds: *holds,
            };
            (ui::ListKind::Doors, shown.iter().map(door).collect())
        }
        L::Purposes(_, shown) => (
            ui::ListKind::Doors,
            shown.iter().copied().filter_map(purpose).map(ui::Choice::Purpose).collect(),
        ),
        L::Owed(shown) => {
            let owed = |owed: &work::OwedSlip| ui::Choice::Owed {
                waybill: owed.waybill.clone(),
                at: china(owed.handed_over_at, "%m-%d %H:%M"),
            };
            (ui::ListKind::Owed, shown.iter().map(owed).collect())
        }
    };
    let door = match list {
        L::Purposes(door, _) => Some(door.to_string()),
        _ => None,
    };
    ui::StaffList { choices, kind, door, more }
}

fn removal(removal: &work::Removal) -> ui::Choice {
    let (door, waybill) = (removal.door.to_string(), removal.waybill.clone());
    match (removal.why, removal.since) {
        (RemovalReason::Overdue, since) => {
            let since = since.map(|since| china(since, "%m-%d")).unwrap_or_default();
            ui::Choice::Overdue { door, waybill, since }
        }
        (RemovalReason::Withdrawn, _) => ui::Choice::Withdrawn { door, waybill },
    }
}

const fn purpose(purpose: work::Purpose) -> Option<ui::Purpose> {
    match purpose {
        work::Purpose::Removal => None,
        work::Purpose::Inspect => Some(ui::Purpose::Inspect),
        work::Purpose::Forgotten => Some(ui::Purpose::Forgotten),
        work::Purpose::Repair => Some(ui::Purpose::Repair),
        work::Purpose::Parcel => Some(ui::Purpose::Parcel),
        work::Purpose::Customs => Some(ui::Purpose::Customs),
    }
}

fn free_doors(free: &session::FreeDoors) -> ui::FreeDoors {
    let next = free.next.map(|door| door.to_string());
    ui::FreeDoors { size: size(free.size), count: count(free.count), next }
}

fn china(at: Timestamp, form: &str) -> String {
    china_time::civil(at).strftime(form).to_string()
}

fn count(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn count_u8(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_reasons_offers_every_reason_a_person_may_give() {
        let why = session::StaffList::Purposes(DoorNumber(7), work::Purpose::CHOICES.to_vec());
        let shown = choices(&why, false);
        assert_eq!(shown.choices.len(), work::Purpose::CHOICES.len());
        assert_eq!(shown.door.as_deref(), Some("07"));
    }

    #[test]
    fn a_pin_comes_to_the_screen_as_a_number_of_dots_and_goes_on_from_four() {
        for (typed, ready) in [(3, false), (4, true)] {
            let shown = screen(&session::Screen::StaffPin { typed, problem: None, second: false });
            let ui::Screen::StaffPin(pin) = shown else { panic!("{shown:?}") };
            assert_eq!((pin.pad.entered, pin.pad.ready), (ui::Entered::Masked(typed), ready));
        }
    }
}
