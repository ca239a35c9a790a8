//! The backend as staff meet it, and the machine they look after: each answer is laid ready before it is asked for.

use std::collections::VecDeque;

use pickup_protocol::kiosk::{Attention, DepositPlanReply, DoorSize, StaffReply, Verdict};
use pickup_protocol::work::{
    Behind, Credential, OpeningReply, OpeningRequest, OwedSlip, PinProblem, Purpose, Removal, RemovalReason,
    SlipReply, Work,
};
use pickup_protocol::{DoorNumber, PickupNumber, staff};
use pickup_session::{Command, Event, Unreachable};

use super::sample;

/// What the backend says to staff; when nothing is laid ready it does not answer.
#[derive(Default)]
pub struct Desk {
    /// To badges and PINs.
    pub badges: VecDeque<StaffReply>,
    /// To labels.
    pub plans: VecDeque<DepositPlanReply>,
    /// To whoever wants a door open.
    pub openings: VecDeque<OpeningReply>,
    /// To whoever wants to print a slip.
    pub slips: VecDeque<SlipReply>,
    /// Openings that were asked for: which door, why, and whose badge came second.
    pub asked: Vec<(u16, Purpose, Option<String>)>,
}

impl Desk {
    pub fn answer(&mut self, command: Command) -> Vec<Event> {
        match command {
            Command::AskStaff { ask, .. } => {
                vec![Event::Staff(ask, self.badges.pop_front().ok_or(Unreachable))]
            }
            Command::AskPlan(request) => {
                vec![Event::Plan(request.request_id, self.plans.pop_front().ok_or(Unreachable))]
            }
            Command::AskOpening(request) => {
                let answer = self.openings.pop_front().ok_or(Unreachable);
                let OpeningRequest { opening_id, door, purpose, second, .. } = request;
                self.asked.push((door.0, purpose, second.map(|Credential { badge, .. }| badge)));
                vec![Event::Opening(opening_id, answer)]
            }
            Command::AskSlip { ask, .. } => {
                vec![Event::Slip(ask, self.slips.pop_front().map(Box::new).ok_or(Unreachable))]
            }
            _ => vec![],
        }
    }
}

pub const STAFF: &str = "周岚";

pub fn badge() -> Vec<u8> {
    staff::badge([9; 16]).into_bytes()
}

pub fn second_badge() -> String {
    staff::badge([8; 16])
}

fn waybill(pickup: u64) -> String {
    format!("WB2026{pickup:04}")
}

pub fn label(pickup: u64) -> Vec<u8> {
    staff::label(&waybill(pickup)).into_bytes()
}

pub fn welcome(attention: &[(u64, u16)], work: Work) -> StaffReply {
    let attention = attention.iter().map(|&(pickup, door)| Attention {
        pickup: PickupNumber(pickup),
        waybill: waybill(pickup),
        door: DoorNumber(door),
    });
    StaffReply::Welcome { name: STAFF.into(), attention: attention.collect(), work }
}

/// Work at a kiosk with parcels behind these doors.
pub fn taken(doors: &[u16]) -> Work {
    Work { taken: doors.iter().copied().map(DoorNumber).collect(), ..Work::default() }
}

pub fn overdue(pickup: u64, door: u16) -> Work {
    let removal = Removal {
        pickup: PickupNumber(pickup),
        waybill: waybill(pickup),
        door: DoorNumber(door),
        why: RemovalReason::Overdue,
        since: Some(sample::start()),
    };
    Work { removals: vec![removal], ..taken(&[door]) }
}

/// The slip of the sample's parcel is owed.
pub fn owed() -> Work {
    let owed = OwedSlip { pickup: PickupNumber(5), waybill: waybill(5), handed_over_at: sample::start() };
    Work { owed: vec![owed], ..Work::default() }
}

pub fn owed_slip() -> SlipReply {
    let Verdict::Ready { offer, slip } = sample::ready(&[3]) else { unreachable!() };
    SlipReply::Owed { offer, slip }
}

pub const fn pin(tries_left: Option<u8>) -> StaffReply {
    let problem = match tries_left {
        Some(tries_left) => Some(PinProblem { tries_left }),
        None => None,
    };
    StaffReply::Pin { problem }
}

pub fn plan(pickup: u64, door: u16) -> DepositPlanReply {
    DepositPlanReply::Door {
        pickup: PickupNumber(pickup),
        waybill: waybill(pickup),
        door: DoorNumber(door),
        size: DoorSize::M,
    }
}

pub fn granted(behind: Option<u64>) -> OpeningReply {
    let parcel = behind.map(|pickup| Behind { pickup: PickupNumber(pickup), waybill: waybill(pickup) });
    OpeningReply::Granted { parcel }
}
