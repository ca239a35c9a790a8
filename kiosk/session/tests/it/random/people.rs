//! People at the kiosk: those who do what the page asks for, and whatever else may happen.

use std::time::Duration;

use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_session::{Action, Card, Event, Look, Screen, Trouble};

use super::papers::{PAPERS, Papers};
use super::world::{Step, World};
use crate::sample;

impl World {
    pub fn shut(&mut self, door: DoorNumber) -> Step {
        self.open.remove(&door);
        if self.lock_up { self.send(Event::Door { door, open: false }) } else { Ok(()) }
    }

    fn touch(&mut self, action: Action) -> Step {
        self.send(Event::Touched(action))
    }

    fn scan(&mut self, bytes: Vec<u8>) -> Step {
        self.send(Event::Scanned(bytes))
    }

    fn present(&mut self, pickup: PickupNumber) -> Step {
        let card = Card { number: Papers::buyer(pickup), valid_until: Some("20310101".into()) };
        self.send(Event::Card(Box::new(card)))
    }

    fn scan_a_ticket(&mut self) -> Step {
        let which = self.rng.usize(..5);
        self.visitor = PAPERS.offers[which].pickup;
        self.scan(PAPERS.tickets[which].clone())
    }

    /// Whoever stands there does what the page asks for.
    pub fn person(&mut self) -> Step {
        let mood = self.rng.u8(..10);
        match self.view.screen.clone() {
            Screen::Idle if mood < 7 => self.scan_a_ticket(),
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
            Screen::StaffAttention { step: Look::Decide, .. } => {
                self.touch(if mood < 5 { Action::GoodsInside } else { Action::GoodsTaken })
            }
            Screen::StaffHome { attention, .. } if !attention.is_empty() && mood < 8 => {
                self.touch(Action::StaffOpen)
            }
            Screen::StaffHome { .. } if mood == 9 => self.touch(Action::Cancel),
            Screen::StaffHome { .. } | Screen::StaffStored { .. } => self.scan(sample::label(1)),
            Screen::Refused { .. } | Screen::Done { .. } => self.touch(Action::Finish),
            Screen::StillThere => self.touch(Action::MoreTime),
            Screen::Help { .. } => self.touch(Action::Back),
            Screen::OutOfService("JOURNAL_FAILED") => self.cut(),
            Screen::OutOfService(_) | Screen::Starting => self.devices(),
            Screen::PrinterTrouble(_) if mood < 8 => match self.late.pop() {
                Some(job) if mood < 3 => self.send(Event::Printed(job)),
                _ => self.send(Event::Printer(None)).and_then(|()| self.wait_until_due()),
            },
            _ => self.wait_until_due(),
        }
    }

    pub fn contrary_step(&mut self) -> Step {
        use Action::{Back, Cancel, Confirm, Finish, GoodsInside, GoodsTaken, Help, MoreTime, OpenAgain};
        const ACTIONS: [Action; 12] = [
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
        let any = self.rng.usize(..1_000_000);
        match self.rng.u8(..22) {
            0..4 => self.touch(ACTIONS[any % ACTIONS.len()]),
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
            19 => match self.rng.choice(&self.old).cloned() {
                Some(old) => self.send(old),
                None => Ok(()),
            },
            20 if any.is_multiple_of(8) => self.wait(Duration::from_secs(30 * 3600)),
            20 => self.send(Event::Online(false)),
            _ => self.answer().map(drop),
        }
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
            _ => self.send(Event::Printer(Some(Trouble::CoverOpen))),
        }
    }

    /// Something that was asked for is lost on the way.
    pub fn lose(&mut self) -> Step {
        self.note(|| "what was asked for is lost".into());
        (self.asks, self.pulses, self.jobs) = Default::default();
        Ok(())
    }

    fn disk_fails(&mut self) -> Step {
        if self.rng.u8(..4) > 0 || self.queue.pop_front().is_none() {
            return Ok(());
        }
        self.send(Event::JournalFailed)
    }
}
