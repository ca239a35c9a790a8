//! A bus: one line, one protocol, several boards.

use std::time::Duration;

use super::frames::{answer, next_request};
use super::{Ask, Board, Family, LockEvent, LockFault, Request};
use crate::frame::Inbox;

/// An answer that comes when nobody waits for it any more is so late.
const LATE: Duration = Duration::from_millis(400);
/// The same on lines as slow as the real ones.
const LATE_PACED: Duration = Duration::from_secs(2);
/// Noise that looks like the beginning of frames.
const NOISE: [u8; 6] = [0xFF, 0x80, 0x57, 0x02, 0x90, 0x01];

/// Bytes for the kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reply {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How long the board takes before the first of them.
    pub after: Duration,
    /// Others may pass it meanwhile: it is late.
    pub is_late: bool,
    /// The adapter is pulled out after them.
    pub then_unplug: bool,
}

/// Boards on one line.
#[derive(Debug)]
pub struct Bus {
    family: Family,
    /// Winnsen: the status stands before the lock's number.
    swapped: bool,
    paced: bool,
    boards: Vec<Board>,
    inbox: Inbox,
}

impl Bus {
    /// A bus with its boards. `paced` makes them as slow as the real ones.
    #[must_use]
    pub fn new(family: Family, swapped: bool, boards: Vec<Board>, paced: bool) -> Self {
        Self { family, swapped, paced, boards, inbox: Inbox::default() }
    }

    /// Makes the boards as slow as the real ones, or not.
    pub fn pace(&mut self, paced: bool) {
        self.paced = paced;
    }

    /// Which protocol.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// The boards.
    #[must_use]
    pub fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// A board by its address.
    pub fn board(&mut self, address: u8) -> Option<&mut Board> {
        self.boards.iter_mut().find(|board| board.address == address)
    }

    /// Breaks one board or, without an address, all; or mends them. Says whether there is such a board.
    pub fn set_fault(&mut self, address: Option<u8>, fault: Option<LockFault>) -> bool {
        let mut found = false;
        for board in self.boards.iter_mut().filter(|board| address.is_none_or(|a| board.address == a)) {
            board.fault = fault;
            found = true;
        }
        found
    }

    /// Takes bytes from the bus at `now`; answers, and says what moved on which board.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> (Vec<Reply>, Vec<(u8, LockEvent)>) {
        self.inbox.take(bytes, now);
        let (mut replies, mut events) = (Vec::new(), Vec::new());
        if self.boards.iter().any(|board| board.fault == Some(LockFault::Echo)) {
            replies.push(Reply { bytes: bytes.to_vec(), ..Reply::default() });
        }
        while let Some((request, frame)) = next_request(self.family, &mut self.inbox.bytes) {
            if let Some(reply) = self.obey(request, &frame, &mut events) {
                replies.push(reply);
            }
        }
        (replies, events)
    }

    fn obey(&mut self, request: Request, frame: &[u8], events: &mut Vec<(u8, LockEvent)>) -> Option<Reply> {
        let (family, swapped) = (self.family, self.swapped);
        let paced = self.paced;
        let board = self.board(request.board).filter(|board| board.fault != Some(LockFault::Silent))?;
        let mut moved = Vec::new();
        match request.ask {
            Ask::Open(channel) if board.has(channel) => board.pulse(channel, &mut moved),
            Ask::OpenAll => (1..=board.channels()).for_each(|channel| board.pulse(channel, &mut moved)),
            Ask::Open(_) | Ask::One(_) if !board.has_asked(request.ask) && family != Family::Modbus => {
                return None;
            }
            _ => {}
        }
        events.extend(moved.into_iter().map(|event| (request.board, event)));
        let bytes = answer(family, swapped, board, request, frame);
        if matches!(request.ask, Ask::One(_) | Ask::All) {
            board.looked();
        }
        let after = if paced { takes(family, request.ask) } else { Duration::ZERO };
        (!bytes.is_empty()).then(|| spoilt(board, Reply { bytes, after, ..Reply::default() }, paced))
    }
}

impl Board {
    fn has_asked(&self, ask: Ask) -> bool {
        matches!(ask, Ask::Open(channel) | Ask::One(channel) if self.has(channel))
    }
}

/// How long the real ones take.
const fn takes(family: Family, ask: Ask) -> Duration {
    Duration::from_millis(match (family, ask) {
        (Family::Board8a, Ask::Open(_) | Ask::OpenAll) => 60,
        (Family::Board8a, _) => 200,
        (Family::Wkly, _) => 400,
        (Family::Cu16, _) => 20,
        (Family::Winnsen, _) => 30,
        (Family::Modbus, _) => 10,
    })
}

/// What a fault makes of an answer.
fn spoilt(board: &mut Board, mut reply: Reply, paced: bool) -> Reply {
    match board.fault {
        Some(LockFault::LateFrame) => {
            reply.is_late = true;
            reply.after += if paced { LATE_PACED } else { LATE };
        }
        Some(LockFault::GarbageBefore) => reply.bytes.splice(..0, NOISE).for_each(drop),
        Some(LockFault::GarbageAfter) => reply.bytes.extend(NOISE),
        Some(LockFault::GarbageInside) => {
            let middle = reply.bytes.len() / 2;
            if let Some(byte) = reply.bytes.get_mut(middle) {
                *byte ^= 0x5A;
            }
        }
        Some(LockFault::Unplug) => {
            reply.bytes.truncate(reply.bytes.len() / 2);
            reply.then_unplug = true;
            board.fault = None;
        }
        _ => {}
    }
    reply
}
