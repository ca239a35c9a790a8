//! What devices said last of themselves, beyond good or bad: the printer's state, and which lock boards answer.

use std::collections::BTreeMap;

use pickup_devices::lock::LockEvent;
use pickup_devices::printer::{PrinterEvent, PrinterStatus};

use crate::config::LockSettings;

/// A board: its bus, from 0, and its address there.
pub type Board = (usize, u8);

/// What devices said last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    /// The printer's state; `None` while it does not answer.
    pub printer: Option<PrinterStatus>,
    /// Whether each board answers; `None` while it has not been heard of.
    pub boards: BTreeMap<Board, Option<bool>>,
    /// The board of each door.
    doors: BTreeMap<u16, Board>,
}

impl Live {
    /// These are the doors and their boards.
    pub fn know(&mut self, settings: &LockSettings) {
        self.doors = settings.doors.iter().map(|door| (door.door, (door.bus, door.board))).collect();
        self.boards = self.doors.values().map(|board| (*board, None)).collect();
    }

    /// Whether the board of this door is known not to answer: what the door said last is not true any more.
    #[must_use]
    pub fn is_lost(&self, door: u16) -> bool {
        let answers = self.doors.get(&door).and_then(|board| self.boards.get(board));
        answers.is_some_and(|answers| *answers == Some(false))
    }

    /// The driver of the printer told this.
    pub fn printer_told(&mut self, event: &PrinterEvent) {
        match event {
            PrinterEvent::Status(status) => self.printer = Some(*status),
            PrinterEvent::Down(_) => self.printer = None,
            _ => {}
        }
    }

    /// The driver of the locks told this. That a board answers is seen by its doors, whose states follow whenever it
    /// begins to.
    pub fn lock_told(&mut self, event: &LockEvent) {
        match event {
            LockEvent::Down(_) => self.boards.values_mut().for_each(|answers| *answers = Some(false)),
            LockEvent::BusDown { bus, .. } => {
                let of_bus = self.boards.iter_mut().filter(|((of, _), _)| of == bus);
                of_bus.for_each(|(_, answers)| *answers = Some(false));
            }
            LockEvent::BoardDown { bus, board } => drop(self.boards.insert((*bus, *board), Some(false))),
            LockEvent::BoardUp { bus, board } => drop(self.boards.insert((*bus, *board), Some(true))),
            LockEvent::State { door, .. } => {
                if let Some(board) = self.doors.get(door) {
                    self.boards.insert(*board, Some(true));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use pickup_devices::DeviceFault;
    use pickup_protocol::kiosk::DoorSize;

    use super::*;
    use crate::config::DoorSettings;

    fn cabinet() -> Live {
        let door = |door, bus, board| DoorSettings { door, bus, board, channel: 1, size: DoorSize::S };
        let doors = vec![door(1, 0, 1), door(2, 0, 2), door(3, 1, 1)];
        let mut live = Live::default();
        live.know(&LockSettings { doors, ..LockSettings::default() });
        live
    }

    fn told(live: &mut Live, events: &[LockEvent]) -> Vec<Option<bool>> {
        events.iter().for_each(|event| live.lock_told(event));
        live.boards.values().copied().collect()
    }

    #[test]
    fn a_board_answers_once_one_of_its_doors_was_read_and_until_it_or_its_bus_is_gone() {
        let mut live = cabinet();
        assert_eq!(told(&mut live, &[LockEvent::Up]), [None; 3]);
        let read = |door| LockEvent::State { door, open: false };
        assert_eq!(told(&mut live, &[read(1), read(3)]), [Some(true), None, Some(true)]);
        let silent = [LockEvent::BoardDown { bus: 0, board: 2 }];
        assert_eq!(told(&mut live, &silent), [Some(true), Some(false), Some(true)]);
        assert_eq!([1, 2, 3].map(|door| live.is_lost(door)), [false, true, false]);
        let gone = [LockEvent::BusDown { bus: 1, fault: DeviceFault::PortLost }];
        assert_eq!(told(&mut live, &gone), [Some(true), Some(false), Some(false)]);
        assert_eq!(told(&mut live, &[LockEvent::Down(DeviceFault::PortLost)]), [Some(false); 3]);
        assert_eq!(told(&mut live, &[LockEvent::Up, read(2)]), [Some(false), Some(true), Some(false)]);
    }

    #[test]
    fn a_printer_that_is_gone_has_no_state() {
        let mut live = Live::default();
        live.printer_told(&PrinterEvent::Status(PrinterStatus::default()));
        assert!(live.printer.is_some());
        live.printer_told(&PrinterEvent::Down(DeviceFault::NoAnswer));
        assert_eq!(live.printer, None);
    }
}
