//! The families of boards behind one face: what to send, and what came back.

use std::time::Duration;

use super::modbus::FlashAnswer;
use super::{Ack, BoardConfig, BoardStatus, Family, LockConfig, PulseLength};
use super::{board8a, cu16, modbus, winnsen, wkly};

/// How a family wants to be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Pause between the end of one exchange and the next request.
    pub(super) gap: Duration,
    /// How long an acknowledgement takes at the longest; none when the family sends none.
    pub(super) ack: Option<Duration>,
}

/// A question of which a whole look is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) frame: Vec<u8>,
    /// The only lock it asks for; none when it asks for all.
    lock: Option<u8>,
}

/// A family with its settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Protocol {
    pub(super) family: Family,
    swapped: bool,
    pulse: PulseLength,
}

impl Protocol {
    pub(super) fn of(config: &LockConfig) -> Self {
        Self { family: config.family, swapped: config.swapped, pulse: config.pulse_ms }
    }

    pub(super) fn pace(self) -> Pace {
        let ms = Duration::from_millis;
        let (gap, ack) = match self.family {
            Family::Board8a | Family::Gpio => (0, Some(0)),
            // A command takes it 350 to 450 ms, and it loses what comes meanwhile.
            Family::Wkly => (30, Some(600)),
            Family::Cu16 => (30, None),
            Family::Winnsen => (10, Some(0)),
            // Frames are told apart by a silence of 3.5 characters; 4 ms at 9600 bits per second.
            Family::Modbus => (5, Some(0)),
        };
        Pace { gap: ms(gap), ack: ack.map(ms) }
    }

    /// The request that gives one pulse; none for a channel that cannot be.
    pub(super) fn open(self, board: u8, channel: u8) -> Option<Vec<u8>> {
        match self.family {
            Family::Board8a => board8a::open(board, channel).map(Vec::from),
            Family::Wkly => wkly::open(board, channel),
            Family::Cu16 => cu16::open(board, channel).map(Vec::from),
            Family::Winnsen => winnsen::open(board, channel).map(Vec::from),
            Family::Modbus => modbus::flash_on(board, channel, self.pulse).map(Vec::from),
            Family::Gpio => None,
        }
    }

    /// The questions that tell the states of these channels.
    pub(super) fn questions(self, board: &BoardConfig, channels: &[u8]) -> Vec<Question> {
        let all = |frame: Vec<u8>| vec![Question { frame, lock: None }];
        let address = board.address;
        match self.family {
            Family::Board8a => all(board8a::query_all(address).to_vec()),
            Family::Wkly => all(wkly::query_all(address)),
            Family::Cu16 => cu16::query(address).map(Vec::from).map(all).unwrap_or_default(),
            Family::Modbus => all(modbus::read_inputs(address, board.channels).to_vec()),
            Family::Winnsen => {
                // A board without a door is asked all the same, to know whether it is there.
                let locks = if channels.is_empty() { &[1][..] } else { channels };
                let ask =
                    |&lock: &u8| Question { frame: winnsen::query(address, lock).to_vec(), lock: Some(lock) };
                locks.iter().map(ask).collect()
            }
            Family::Gpio => Vec::new(),
        }
    }

    /// Looks for the answer to a question; an 8A board's needs its size known, see [`board8a`].
    pub(super) fn answer(
        self,
        question: &Question,
        board: &BoardConfig,
        received: &[u8],
    ) -> Option<BoardStatus> {
        match self.family {
            Family::Wkly => wkly::find_status(received, board.address),
            Family::Cu16 => cu16::find_status(received, board.address),
            Family::Winnsen => winnsen::find_status(received, board.address, question.lock?, self.swapped),
            Family::Modbus => modbus::find_inputs(received, board.address, board.channels),
            Family::Board8a | Family::Gpio => None,
        }
    }

    /// Looks for what a board says of a pulse.
    pub(super) fn acknowledgement(
        self,
        request: &[u8],
        board: u8,
        channel: u8,
        received: &[u8],
    ) -> Option<Ack> {
        let said = |status| Ack { status, refused: false };
        match self.family {
            Family::Board8a => board8a::find_acknowledgement(received, board, channel).map(said),
            Family::Wkly => wkly::find_acknowledgement(received, board, channel).map(said),
            Family::Winnsen => {
                let status = winnsen::find_acknowledgement(received, board, channel, self.swapped)?;
                Some(Ack { status, refused: status == winnsen::REFUSED })
            }
            Family::Modbus => Some(match modbus::find_flash_answer(received, request.try_into().ok()?)? {
                FlashAnswer::Taken => said(0),
                FlashAnswer::Refused(status) => Ack { status, refused: true },
            }),
            Family::Cu16 | Family::Gpio => None,
        }
    }
}
