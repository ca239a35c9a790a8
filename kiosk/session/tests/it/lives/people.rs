//! People at the kiosk: those who do what the page asks for, and whatever else may happen.

use std::time::Duration;

use pickup_protocol::service::OutReason;
use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_session::service::ServiceAction;
use pickup_session::{Action, Card, Event, Inside, ListKind, Look, Screen, Trouble};

use super::backend::{Parcel, Place};
use super::papers::{PAPERS, Papers};
use super::world::{Step, World};
use crate::sample;

impl World {
    pub fn shut(&mut self, door: DoorNumber) -> Step {
        self.open.remove(&door);
        let meant_for = self.rules.meant_for(door);
        self.goods.shut(door, meant_for);
        if self.lock_up { self.send(Event::Door { door, open: false }) } else { Ok(()) }
    }

    fn touch(&mut self, action: Action) -> Step {
        self.send(Event::Touched(action))
    }

    fn scan(&mut self, bytes: Vec<u8>) -> Step {
        self.send(Event::Scanned(bytes))
    }

    pub fn present(&mut self, pickup: PickupNumber) -> Step {
        let card = Card { number: Papers::buyer(pickup), valid_until: Some("20310101".into()) };
        self.send(Event::Card(Box::new(card)))
    }

    fn scan_a_ticket(&mut self) -> Step {
        let which = self.rng.usize(..5);
        self.visitor = PAPERS.offers[which].pickup;
        self.scan(PAPERS.tickets[which].clone())
    }

    /// Now and then with a wrong digit.
    fn type_a_number(&mut self) -> Step {
        self.visitor = PAPERS.offers[self.rng.usize(..5)].pickup;
        let number = sample::number(self.visitor.0).to_string();
        self.touch(Action::TypeNumber)?;
        for digit in number.bytes() {
            let digit = if self.rng.u8(..40) == 0 { 0 } else { digit - b'0' };
            self.touch(Action::Digit(digit))?;
        }
        self.touch(Action::Confirm)
    }

    pub fn scan_ones_ticket(&mut self) -> Step {
        let at = PAPERS.offers.iter().position(|offer| offer.pickup == self.visitor).unwrap_or_default();
        self.scan(PAPERS.tickets[at].clone())
    }

    /// The door is shut, and its contact does not say so.
    pub fn shut_unseen(&mut self, door: DoorNumber) -> Step {
        let meant_for = self.rules.meant_for(door);
        self.goods.shut(door, meant_for);
        self.wait(Duration::from_secs(5))
    }

    /// Of a parcel that waits to be stored, if there is one.
    fn scan_a_label(&mut self) -> Step {
        let ready =
            |(pickup, parcel): (&PickupNumber, &Parcel)| (parcel.place == Place::Ready).then_some(*pickup);
        let waiting: Vec<PickupNumber> = self.backend.parcels.iter().filter_map(ready).collect();
        let pickup = self.rng.choice(waiting).unwrap_or(PickupNumber(1));
        self.scan(sample::label(pickup.0))
    }

    /// Whoever stands there does what the page asks for.
    pub fn person(&mut self) -> Step {
        let mood = self.rng.u8(..10);
        match self.view.screen.clone() {
            Screen::Idle if mood < 6 => self.scan_a_ticket(),
            Screen::Idle if mood == 6 => self.type_a_number(),
            Screen::TypeNumber { .. } => self.touch(Action::Cancel),
            Screen::ScanHelp | Screen::Limit { .. } | Screen::GoodsFault { .. } => self.touch(Action::Back),
            Screen::Idle => self.scan(sample::badge().into_bytes()),
            Screen::PresentCard { .. } => self.present(self.visitor),
            Screen::Review { .. } => self.touch(Action::Confirm),
            Screen::TakeGoods { .. } | Screen::StaffPlace { .. } if mood == 0 => {
                self.touch(Action::OpenAgain)
            }
            Screen::StaffPlace { .. } if mood == 1 => self.touch(Action::Cancel),
            Screen::TakeGoods { door, .. } | Screen::StaffPlace { door, .. } => self.shut(door),
            Screen::StaffAttention { door, step: Look::Close, .. } => self.shut(door),
            Screen::StaffAttention { step: Look::Open, .. } => self.touch(Action::StaffOpen),
            Screen::StaffAttention { step: Look::Decide, door, .. } => {
                self.rules.staff_took_over(door);
                let inside = self.goods.left_of_parcel_behind(door);
                self.touch(if inside { Action::GoodsInside } else { Action::GoodsTaken })
            }
            Screen::StaffPin { typed, .. } => self.type_pin(typed),
            Screen::StaffSecond { .. } if mood == 9 => self.touch(Action::Cancel),
            Screen::StaffSecond { .. } => self.scan(pickup_protocol::staff::badge([8; 16]).into_bytes()),
            Screen::StaffList { .. } if mood == 9 => self.touch(Action::Cancel),
            Screen::StaffList { .. } => {
                let at = self.rng.u8(..6);
                self.touch(Action::Pick(at))
            }
            Screen::StaffInside { step: Inside::Decide, door, .. } => self.say_what_is_inside(door),
            Screen::StaffInside { door, .. } => self.shut(door),
            Screen::StaffHome { removals, .. } if removals > 0 && mood < 4 => {
                self.touch(Action::List(ListKind::Removals))
            }
            Screen::StaffHome { .. } if mood == 4 => self.touch(Action::List(ListKind::Doors)),
            Screen::StaffHome { attention, .. } if !attention.is_empty() && mood < 8 => {
                self.touch(Action::StaffOpen)
            }
            Screen::StaffHome { .. } if mood == 9 => self.touch(Action::Cancel),
            Screen::StaffHome { .. } if mood == 8 => self.touch(Action::Service(ServiceAction::Enter)),
            Screen::Service(page) if page.out.is_some() && page.staff.is_some() => {
                self.touch(Action::Service(ServiceAction::PutBack))
            }
            Screen::Service(_) => self.touch(Action::Service(ServiceAction::Leave)),
            Screen::OutOfService("MAINTENANCE") => self.scan(sample::badge().into_bytes()),
            Screen::StaffHome { .. } | Screen::StaffStored { .. } => self.scan_a_label(),
            Screen::Refused { .. } | Screen::Done { .. } => self.touch(Action::Finish),
            Screen::StillThere => self.touch(Action::MoreTime),
            Screen::Help { .. } => self.touch(Action::Back),
            Screen::OutOfService("JOURNAL_FAILED") => self.cut(),
            Screen::OutOfService(_) | Screen::Starting => self.devices(),
            Screen::PrinterTrouble(_) if mood < 8 => match self.late.pop() {
                Some(job) if mood < 3 => self.send(Event::Printed(job)),
                _ => self.printer_mends(),
            },
            _ => self.wait_until_due(),
        }
    }

    /// Most type the right one.
    fn type_pin(&mut self, typed: u8) -> Step {
        for place in typed..4 {
            let slips = self.rng.u8(..40) == 0;
            self.touch(Action::Digit(if slips { 9 } else { 2 * (place + 1) }))?;
        }
        self.touch(Action::Confirm)
    }

    /// Staff look, and take the parcel with them or leave it.
    fn say_what_is_inside(&mut self, door: DoorNumber) -> Step {
        self.rules.staff_took_over(door);
        if !self.goods.left_of_parcel_behind(door) {
            return self.touch(Action::NothingInside);
        }
        match self.rng.u8(..4) {
            0 => self.touch(Action::StillInside),
            // Without a word.
            1 => self.shut(door),
            _ => {
                self.goods.take_out(door);
                self.touch(Action::TakenOut)
            }
        }
    }

    /// What lies in a locker waits too long, or gets more time.
    fn time_runs_out(&mut self) -> Step {
        let pickup = PAPERS.offers[self.rng.usize(..5)].pickup;
        self.note(|| format!("the time of {pickup} runs out, or is made longer"));
        self.backend.time_runs_out(pickup);
        Ok(())
    }

    pub fn contrary_step(&mut self) -> Step {
        let any = self.rng.usize(..1_000_000);
        match self.rng.u8(..28) {
            0..4 => self.touch_anything(any),
            4 => self.scan_a_ticket(),
            5 => self.scan(PAPERS.noise[any % PAPERS.noise.len()].clone()),
            6 if any.is_multiple_of(2) => self.scan(sample::badge().into_bytes()),
            6 => self.scan(sample::label(2)),
            7 => self.present(PAPERS.offers[any % 2].pickup),
            8 => self.send(Event::Card(Box::new(sample::expired_card()))),
            9 => self.send(Event::CardFailed),
            10 => self.wait(Duration::from_micros(60 * any as u64)),
            11 => self.wait_until_due(),
            12 => self.door_by_itself(),
            13 => self.device_fails(),
            14 => self.devices(),
            15 => self.lose(),
            16 | 17 => self.cut(),
            18 => self.disk_fails(),
            19 => self.say_again(),
            20 if any.is_multiple_of(8) => self.wait(Duration::from_secs(30 * 3600)),
            20 | 21 => self.network(any.is_multiple_of(2)),
            22 | 23 => self.withdraw(),
            24 => self.contact(),
            25 | 26 => self.time_runs_out(),
            _ => self.answer().map(drop),
        }
    }

    fn touch_anything(&mut self, any: usize) -> Step {
        use Action::{Back, Cancel, Confirm, Finish, GoodsInside, GoodsTaken, Help, MoreTime, OpenAgain};
        const ACTIONS: [Action; 21] = [
            Action::TypeNumber,
            Action::Digit(7),
            Action::ScanHelp,
            Action::Explain,
            Action::WrongGoods,
            Action::Goods(pickup_session::GoodsFault::Missing),
            Action::Service(ServiceAction::Enter),
            Action::Service(ServiceAction::TakeOut(OutReason::Maintenance)),
            Action::Service(ServiceAction::Leave),
            Back,
            Cancel,
            Confirm,
            Finish,
            GoodsInside,
            GoodsTaken,
            Help,
            MoreTime,
            OpenAgain,
            Action::StaffOpen,
            Action::SwitchLanguage,
            Action::SwitchDisplay,
        ];
        let action = ACTIONS[any % ACTIONS.len()];
        // Whoever looks behind a door says what is there.
        let action = match (&self.view.screen, action) {
            (Screen::StaffAttention { step: Look::Decide, door, .. }, GoodsInside | GoodsTaken) => {
                let door = *door;
                self.rules.staff_took_over(door);
                if self.goods.left_of_parcel_behind(door) { GoodsInside } else { GoodsTaken }
            }
            _ => action,
        };
        self.touch(action)
    }

    /// Something that was answered is told once more.
    fn say_again(&mut self) -> Step {
        match self.rng.choice(&self.old).cloned() {
            Some(old) => self.send(old),
            None => Ok(()),
        }
    }

    pub fn network(&mut self, up: bool) -> Step {
        self.net_up = up;
        self.send(Event::Online(up))
    }

    /// A release is withdrawn, most often that of whoever stands there; the kiosk hears of it with the next manifest.
    fn withdraw(&mut self) -> Step {
        if self.rng.u8(..3) > 0 {
            return Ok(());
        }
        let (pickup, now) = (self.visitor, self.clock());
        self.note(|| format!("the release of {pickup} is withdrawn"));
        self.backend.withdraw(pickup, now);
        if self.rng.bool() { self.contact() } else { Ok(()) }
    }

    fn door_by_itself(&mut self) -> Step {
        let door = DoorNumber(self.rng.u16(1..=6));
        if self.open.contains(&door) {
            return self.shut(door);
        }
        self.open.insert(door);
        if self.lock_up { self.send(Event::Door { door, open: true }) } else { Ok(()) }
    }

    fn device_fails(&mut self) -> Step {
        match self.rng.u8(..4) {
            0 => {
                self.lock_up = false;
                self.send(Event::Lock(false))
            }
            1 => self.send(Event::Scanner(false)),
            2 => self.send(Event::Reader(false)),
            _ => {
                let all = [
                    Trouble::PaperOut,
                    Trouble::CoverOpen,
                    Trouble::Cutter,
                    Trouble::Offline,
                    Trouble::Other,
                ];
                let trouble = all[self.rng.usize(..5)];
                self.send(Event::Printer(Some(trouble)))
            }
        }
    }

    fn disk_fails(&mut self) -> Step {
        if self.rng.u8(..4) > 0 || self.queue.pop_front().is_none() {
            return Ok(());
        }
        self.send(Event::JournalFailed)
    }
}
