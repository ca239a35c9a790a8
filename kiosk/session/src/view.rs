//! What the screen shows in each state.

use pickup_protocol::work::Purpose;
use pickup_protocol::{DoorNumber, TypedNumber};

use crate::command::{Away, Inside, Nth, Problem, Screen, StaffList, View};
use crate::journal::{OpenOpening, OpenPickup};
use crate::report::planned;
use crate::session::{Overlay, Session};
use crate::state::State;

impl Session {
    pub(crate) fn view(&self) -> View {
        let screen = match self.overlay {
            Some(Overlay::StillThere) => Screen::StillThere,
            Some(Overlay::Help) => Screen::Help { reference: self.reference() },
            Some(Overlay::ScanHelp) => Screen::ScanHelp,
            Some(Overlay::Goods) => Screen::GoodsFault { told: None, reference: self.reference() },
            Some(Overlay::GoodsTold(fault)) => {
                Screen::GoodsFault { told: Some(fault), reference: self.reference() }
            }
            Some(Overlay::Limit) => self.limit().unwrap_or_else(|| self.page()),
            None => self.page(),
        };
        View {
            language: self.language,
            display: self.display,
            screen,
            countdown_s: self.seconds_left(),
            online: self.online,
            away: self.away(),
            nth: self.nth(),
        }
    }

    /// The limit of whoever looks at their parcel.
    fn limit(&self) -> Option<Screen> {
        let State::Review { offered, .. } = &self.state else { return None };
        let (limit, this_order_fen) = (offered.offer.limit.clone(), offered.offer.goods_fen);
        Some(Screen::Limit { limit, this_order_fen, offline: offered.manifest.is_some() })
    }

    const fn nth(&self) -> Option<Nth> {
        match &self.state {
            State::Intending { pickup, index, .. }
            | State::Opening { pickup, index, .. }
            | State::TakeGoods { pickup, index, .. }
                if pickup.offer.doors.len() > 1 =>
            {
                Some(Nth { door: *index + 1, of: pickup.offer.doors.len() })
            }
            _ => None,
        }
    }

    fn away(&self) -> Option<Away> {
        let manifest = self.manifest.as_ref();
        (!self.online).then(|| Away {
            since: self.away_since,
            figures_of: manifest.map(|manifest| manifest.issued_at),
            good_until: manifest.map(|manifest| manifest.valid_until),
        })
    }

    pub(crate) fn reference(&self) -> String {
        match &self.state {
            State::PresentCard { offered, .. } | State::Review { offered, .. } => {
                offered.offer.pickup.to_string()
            }
            State::TakeGoods { pickup, .. } | State::PrinterTrouble { pickup, .. } => {
                pickup.slip.number.clone()
            }
            State::Done { slip, .. } => slip.clone(),
            State::Refused(refusal) => refusal.reference.clone(),
            _ => String::new(),
        }
    }

    fn page(&self) -> Screen {
        match &self.state {
            State::Starting => Screen::Starting,
            State::Idle => self.out_of_service().map_or(Screen::Idle, Screen::OutOfService),
            State::Typing { digits, problem } => Screen::TypeNumber {
                digits: digits.clone(),
                ready: TypedNumber::read(digits).is_some(),
                problem: *problem,
            },
            State::LookingUp { .. }
            | State::StaffAsking { .. }
            | State::StaffPlanning { .. }
            | State::StaffRequesting { .. }
            | State::StaffSlip { .. } => Screen::LookingUp,
            State::PresentCard { offered, problem, .. } => {
                let problem = if self.reader_up { *problem } else { Some(Problem::ReaderDown) };
                Screen::PresentCard { name: offered.offer.buyer_masked.clone(), problem }
            }
            State::Review { offered, .. } => {
                Screen::Review { offer: Box::new(offered.offer.clone()), offline: offered.manifest.is_some() }
            }
            State::Granting { .. } => Screen::Granting,
            State::Recording { .. } | State::Printing { .. } | State::StaffPrinting { .. } => {
                Screen::Printing
            }
            State::PrinterTrouble { trouble, .. } => Screen::PrinterTrouble(*trouble),
            State::Intending { pickup, index, .. } | State::Opening { pickup, index, .. } => {
                Screen::Opening(door_at(pickup, *index))
            }
            State::TakeGoods { pickup, index, ajar, .. } => {
                Screen::TakeGoods { door: door_at(pickup, *index), ajar: *ajar }
            }
            // Nothing is said to have ended before that is on the disk: the page stays as it was.
            State::Ending { .. } | State::StaffEnding { .. } => {
                self.shown_last().map_or(Screen::LookingUp, |view| view.screen.clone())
            }
            State::Done { slip, copy } => Screen::Done { slip: slip.clone(), copy: *copy },
            State::Refused(refusal) => Screen::Refused {
                reason: refusal.reason,
                collected_at: refusal.collected_at,
                reference: refusal.reference.clone(),
                whereabouts: refusal.whereabouts.clone(),
            },
            _ => self.staff_page(),
        }
    }

    fn staff_page(&self) -> Screen {
        match &self.state {
            State::StaffHome { staff, problem } => Screen::StaffHome {
                name: staff.name.clone(),
                attention: staff.attention.iter().map(|a| a.door).collect(),
                removals: staff.work.removals.len(),
                owed: staff.work.owed.len(),
                free: self.free_doors(staff),
                problem: *problem,
            },
            State::Service(service) => self.service_page(service),
            State::StaffPin { digits, problem, second, .. } => Screen::StaffPin {
                typed: u8::try_from(digits.len()).unwrap_or(u8::MAX),
                problem: *problem,
                second: second.is_some(),
            },
            State::StaffSecond { wanted, problem, .. } => {
                Screen::StaffSecond { door: wanted.door, problem: *problem }
            }
            State::StaffList { staff, kind, page } => self.list_page(staff, *kind, *page),
            State::StaffWhy { door, .. } => {
                Screen::StaffList { list: StaffList::Purposes(*door, Purpose::CHOICES.to_vec()), more: false }
            }
            State::StaffUnlocking { open, .. } | State::StaffUnlocked { open, .. } => {
                Screen::Opening(open.door)
            }
            State::StaffInside { open, ajar, .. } => self.inside(open, *ajar),
            State::StaffIntending { deposit, .. } | State::StaffOpening { deposit, .. } => {
                planned(&deposit.plan).map_or(Screen::LookingUp, |(_, _, door)| Screen::Opening(door))
            }
            State::StaffPlace { deposit, ajar, .. } => match planned(&deposit.plan) {
                Some((_, waybill, door)) => Screen::StaffPlace {
                    waybill: waybill.to_owned(),
                    door,
                    size: self.size_of(door),
                    ajar: *ajar,
                },
                None => Screen::LookingUp,
            },
            State::StaffStored { waybill, door, .. } => {
                Screen::StaffStored { waybill: waybill.clone(), door: *door }
            }
            State::StaffLook { case, step, .. } => {
                Screen::StaffAttention { door: case.door, waybill: case.waybill.clone(), step: *step }
            }
            _ => Screen::Idle,
        }
    }

    fn inside(&self, open: &OpenOpening, ajar: bool) -> Screen {
        // After a restart nobody knows who stands there: the door is to be shut, and what became of the parcel is looked at later.
        let waiting = open.parcel.is_some() && open.answer.is_none() && !self.resumed;
        Screen::StaffInside {
            door: open.door,
            waybill: open.parcel.as_ref().map(|parcel| parcel.waybill.clone()),
            step: if waiting { Inside::Decide } else { Inside::Close },
            ajar,
        }
    }

    fn size_of(&self, door: DoorNumber) -> pickup_protocol::kiosk::DoorSize {
        let found = self.config.doors.iter().find(|d| d.door == door);
        found.map_or(pickup_protocol::kiosk::DoorSize::M, |d| d.size)
    }
}

fn door_at(pickup: &OpenPickup, index: usize) -> DoorNumber {
    pickup.offer.doors.get(index).copied().unwrap_or(DoorNumber(0))
}
