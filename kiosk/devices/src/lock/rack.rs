//! What is known of the boards and doors of one bus, and how looks and pulses change it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::boards::{Ack, Boards, PulseFailed};
use super::{
    BoardConfig, BoardStatus, DoorConfig, DoorNumber, LockConfig, LockEvent, LockTrace, OpenFailure,
};
use crate::DeviceFault;
use crate::port::{End, Reporter, millis};
use crate::trace::TraceRing;

/// So many questions without an answer mean that a board is down.
const MISSES: u8 = 3;
/// A board that is down is asked so seldom, and waited for so shortly, that it does not hold up the others.
const DOWN_LOOK: Duration = Duration::from_secs(2);
const DOWN_ANSWER_MS: u64 = 400;
/// The last look before an opening's time is over still needs an answer; the slowest boards take 450 ms for it.
const LAST_LOOK_MS: u64 = 600;
/// A door that was open must read closed for so long to be closed.
const SETTLES: Duration = Duration::from_millis(60);

/// What is known of a board.
#[derive(Debug)]
struct Board {
    config: BoardConfig,
    /// Whether it answers, as far as it is known on this line.
    answers: Option<bool>,
    misses: u8,
    next_look: Instant,
}

impl Board {
    fn new(config: BoardConfig) -> Self {
        Self { config, answers: None, misses: 0, next_look: Instant::now() }
    }
}

/// A pulse whose effect has not been seen yet.
#[derive(Debug)]
struct Pending {
    door: DoorNumber,
    board: u8,
    channel: u8,
    until: Instant,
    /// The board answered the last question asked since the pulse.
    answered: bool,
    /// The board said that it gave no pulse.
    refused: bool,
}

/// Which states a look tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    Changes,
    All,
}

/// The boards and doors of one bus.
pub(super) struct Rack {
    config: LockConfig,
    pub(super) reporter: Reporter<LockEvent>,
    trace: TraceRing<LockTrace>,
    boards: Vec<Board>,
    /// Open or not, of doors whose state is known.
    doors: BTreeMap<DoorNumber, bool>,
    pending: Vec<Pending>,
    /// Doors that were open and read closed, since when.
    closing: BTreeMap<DoorNumber, Instant>,
}

impl Rack {
    pub(super) fn new(
        config: LockConfig,
        reporter: Reporter<LockEvent>,
        trace: TraceRing<LockTrace>,
    ) -> Self {
        let boards = config.boards.iter().copied().map(Board::new).collect();
        let (doors, closing) = (BTreeMap::new(), BTreeMap::new());
        Self { config, reporter, trace, boards, doors, pending: Vec::new(), closing }
    }

    /// A line was opened; nothing is known.
    pub(super) fn begin(&mut self) {
        self.trace.note(LockTrace::Opened);
        self.doors.clear();
        self.closing.clear();
        for board in &mut self.boards {
            *board = Board::new(board.config);
        }
    }

    /// The line was lost; what was under way has an unknown outcome.
    pub(super) async fn lost(&mut self, fault: DeviceFault) -> Result<(), End> {
        self.trace.note(LockTrace::Lost(fault));
        for pending in std::mem::take(&mut self.pending) {
            self.failed(pending.door, OpenFailure::OutcomeUnknown, fault).await?;
        }
        self.reporter.down(fault).await
    }

    /// When a board is to be looked at next.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.boards.iter().map(|board| board.next_look).min()
    }

    pub(super) async fn look_at_all<B: Boards>(&mut self, boards: &mut B, tell: Tell) -> Result<(), End> {
        for index in 0..self.boards.len() {
            self.look(boards, index, tell).await?;
        }
        Ok(())
    }

    pub(super) async fn look_at_due<B: Boards>(&mut self, boards: &mut B) -> Result<(), End> {
        let now = Instant::now();
        let due = self.boards.iter().position(|board| board.next_look <= now);
        if let Some(index) = due {
            self.look(boards, index, Tell::Changes).await?;
        }
        Ok(())
    }

    /// Reads the doors of one board and draws the conclusions.
    async fn look<B: Boards>(&mut self, boards: &mut B, index: usize, tell: Tell) -> Result<(), End> {
        let Some(board) = self.boards.get(index) else { return Ok(()) };
        let config = board.config;
        let (channels, limit) = (self.channels_to_read(board, tell), self.answer_limit(board));
        let looked = boards.look(&config, &channels, limit).await?;
        if looked.echo_found {
            self.trace.note(LockTrace::Echo);
        }
        for pending in self.pending.iter_mut().filter(|pending| pending.board == config.address) {
            pending.answered = looked.status.is_some();
        }
        match looked.status {
            Some(status) => self.answered(index, status, tell).await?,
            None => {
                if self.missed(index).await? {
                    boards.forget(config.address);
                }
            }
        }
        self.judge_pending().await?;
        self.plan_next_look(index);
        Ok(())
    }

    /// The channels with doors, or, where locks are asked one by one and one was just pulsed, only that one.
    fn channels_to_read(&self, board: &Board, tell: Tell) -> Vec<u8> {
        let address = board.config.address;
        let pulsed: Vec<u8> =
            self.pending.iter().filter(|pending| pending.board == address).map(|p| p.channel).collect();
        if tell == Tell::Changes && board.answers == Some(true) && !pulsed.is_empty() {
            return pulsed;
        }
        self.config.doors.iter().filter(|door| door.board == address).map(|door| door.channel).collect()
    }

    /// How long to wait for a board: never past the time of an opening, and not long for one that is down.
    fn answer_limit(&self, board: &Board) -> Duration {
        let of_board = |pending: &&Pending| pending.board == board.config.address;
        let now = Instant::now();
        let left =
            self.pending.iter().filter(of_board).map(|pending| pending.until.duration_since(now)).min();
        let most_ms = if board.answers == Some(false) {
            self.config.answer_ms.min(DOWN_ANSWER_MS)
        } else {
            self.config.answer_ms
        };
        let most = millis(most_ms);
        left.map_or(most, |left| left.max(Duration::from_millis(LAST_LOOK_MS)).min(most))
    }

    async fn answered(&mut self, index: usize, status: BoardStatus, tell: Tell) -> Result<(), End> {
        let Some(board) = self.boards.get_mut(index) else { return Ok(()) };
        let config = board.config;
        board.misses = 0;
        if board.answers.replace(true) != Some(true) {
            self.trace.note(LockTrace::Board(config.address, status.channels()));
            if self.reporter.is_up() {
                self.reporter.send(LockEvent::BoardUp { bus: 0, board: config.address }).await?;
            }
            self.reporter.up().await?;
        }
        let doors: Vec<DoorConfig> =
            self.config.doors.iter().copied().filter(|door| door.board == config.address).collect();
        for door in doors {
            if let Some(bit) = status.bit(door.channel) {
                self.note_door(door.door, config.polarity.is_open(bit), tell).await?;
            }
        }
        Ok(())
    }

    async fn note_door(&mut self, door: DoorNumber, read: bool, tell: Tell) -> Result<(), End> {
        let open = self.settled(door, read);
        let before = self.doors.insert(door, open);
        if before != Some(open) {
            self.trace.note(LockTrace::Door(door, open));
        }
        if before != Some(open) || tell == Tell::All {
            self.reporter.send(LockEvent::State { door, open }).await?;
        }
        if before == Some(true) && !open {
            self.reporter.send(LockEvent::Closed { door }).await?;
        }
        Ok(())
    }

    /// An opening counts at once; a closing when it has lasted, because a contact that bounces would end an errand.
    fn settled(&mut self, door: DoorNumber, read_open: bool) -> bool {
        if read_open || self.doors.get(&door) != Some(&true) {
            self.closing.remove(&door);
            return read_open;
        }
        let now = Instant::now();
        let since = *self.closing.entry(door).or_insert(now);
        let is_open = now.duration_since(since) < SETTLES;
        if !is_open {
            self.closing.remove(&door);
        }
        is_open
    }

    /// Says whether the board is down from now on.
    async fn missed(&mut self, index: usize) -> Result<bool, End> {
        let Some(board) = self.boards.get_mut(index) else { return Ok(false) };
        let address = board.config.address;
        board.misses = board.misses.saturating_add(1);
        let is_down = board.misses >= MISSES || board.answers.is_none();
        if !is_down || board.answers == Some(false) {
            return Ok(false);
        }
        board.answers = Some(false);
        self.trace.note(LockTrace::Silent(address));
        for door in self.config.doors.iter().filter(|door| door.board == address) {
            self.doors.remove(&door.door);
            self.closing.remove(&door.door);
        }
        if self.boards.iter().all(|board| board.answers == Some(false)) {
            self.reporter.down(DeviceFault::NoAnswer).await?;
        } else {
            self.reporter.send(LockEvent::BoardDown { bus: 0, board: address }).await?;
        }
        Ok(true)
    }

    /// Ends the openings that were seen, and those whose time is over.
    async fn judge_pending(&mut self) -> Result<(), End> {
        let now = Instant::now();
        for pending in std::mem::take(&mut self.pending) {
            let reads_open = self.doors.get(&pending.door) == Some(&true);
            if pending.answered && reads_open && !self.closing.contains_key(&pending.door) {
                self.reporter.send(LockEvent::Opened { door: pending.door }).await?;
            } else if pending.answered && pending.refused {
                self.failed(pending.door, OpenFailure::NotSent, DeviceFault::Busy).await?;
            } else if now < pending.until {
                self.pending.push(pending);
            } else if pending.answered {
                self.failed(pending.door, OpenFailure::NotDetected, DeviceFault::DoorNotSeenOpen).await?;
            } else {
                self.failed(pending.door, OpenFailure::NoAnswer, DeviceFault::NoAnswer).await?;
            }
        }
        Ok(())
    }

    fn plan_next_look(&mut self, index: usize) {
        let Some(board) = self.boards.get_mut(index) else { return };
        let address = board.config.address;
        let is_open = |door: &&DoorConfig| door.board == address && self.doors.get(&door.door) == Some(&true);
        let is_closing = |door: &DoorConfig| door.board == address && self.closing.contains_key(&door.door);
        let is_pending = self.pending.iter().any(|pending| pending.board == address);
        let pause_ms = if is_pending || self.config.doors.iter().any(is_closing) {
            self.config.fast_poll_ms
        } else if self.config.doors.iter().any(|door| is_open(&door)) {
            self.config.poll_ms
        } else {
            self.config.idle_poll_ms
        };
        let pause = millis(pause_ms.max(1));
        let is_down = board.answers == Some(false);
        board.next_look = Instant::now() + if is_down { DOWN_LOOK } else { pause };
    }

    /// One pulse, if everything speaks for it; the doors have been read before on this line.
    pub(super) async fn open<B: Boards>(
        &mut self,
        boards: &mut B,
        door: DoorNumber,
        asked_at: Instant,
    ) -> Result<(), End> {
        let (wiring, index, board) = match self.may_open(door, asked_at) {
            Ok(place) => place,
            Err(fault) => return self.failed(door, OpenFailure::NotSent, fault).await,
        };
        if let Err(failure) = boards.pulse(&board, wiring.channel).await {
            return self.not_pulsed(door, failure).await;
        }
        self.trace.note(LockTrace::Pulse(door));
        let until = Instant::now() + millis(self.config.open_timeout_ms);
        let (board_, channel) = (wiring.board, wiring.channel);
        let pending = Pending { door, board: board_, channel, until, answered: false, refused: false };
        self.pending.push(pending);
        let ack = boards.acknowledgement(&board, channel, millis(self.config.ack_ms)).await?;
        if let Some(ack) = ack {
            self.acknowledged(door, ack);
        }
        self.look(boards, index, Tell::Changes).await
    }

    fn acknowledged(&mut self, door: DoorNumber, ack: Ack) {
        let Ack { status, refused } = ack;
        let said = if refused { LockTrace::Refused(status) } else { LockTrace::Acknowledged(status) };
        self.trace.note(said);
        for pending in self.pending.iter_mut().filter(|pending| pending.door == door) {
            pending.refused = refused;
        }
    }

    async fn not_pulsed(&self, door: DoorNumber, failure: PulseFailed) -> Result<(), End> {
        match failure {
            PulseFailed::NotDone(fault) => self.failed(door, OpenFailure::NotSent, fault).await,
            PulseFailed::Unknown(fault) => self.failed(door, OpenFailure::OutcomeUnknown, fault).await,
            PulseFailed::Line(failure) => {
                let kind = if failure.began { OpenFailure::OutcomeUnknown } else { OpenFailure::NotSent };
                self.failed(door, kind, failure.fault).await?;
                Err(failure.into())
            }
        }
    }

    /// Where a door hangs, or why no pulse may be given.
    fn may_open(
        &self,
        door: DoorNumber,
        asked_at: Instant,
    ) -> Result<(DoorConfig, usize, BoardConfig), DeviceFault> {
        let wiring = self.config.doors.iter().copied().find(|wiring| wiring.door == door);
        let wiring = wiring.ok_or(DeviceFault::Unconfigured)?;
        let serves = |board: &&(usize, &Board)| {
            let config = board.1.config;
            config.address == wiring.board && (1..=config.channels).contains(&wiring.channel)
        };
        let found = self.boards.iter().enumerate().find(|board| serves(&board));
        let (index, board) = found.ok_or(DeviceFault::Unconfigured)?;
        if board.answers != Some(true) {
            return Err(DeviceFault::NoAnswer);
        }
        if asked_at.elapsed() > millis(self.config.stale_ms) {
            return Err(DeviceFault::Stale);
        }
        if self.pending.iter().any(|pending| pending.door == door) {
            return Err(DeviceFault::Busy);
        }
        Ok((wiring, index, board.config))
    }

    pub(super) async fn failed(
        &self,
        door: DoorNumber,
        kind: OpenFailure,
        fault: DeviceFault,
    ) -> Result<(), End> {
        self.trace.note(LockTrace::Failed(door, kind, fault));
        self.reporter.send(LockEvent::OpenFailed { door, kind, fault }).await
    }
}
