//! The task that owns the boards' port.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::board8a::{self, BoardStatus};
use super::bus::Bus;
use super::{BoardConfig, DoorConfig, DoorNumber, LockConfig, LockEvent, LockTrace, OpenFailure, Order};
use crate::DeviceFault;
use crate::port::{Backoff, Connector, End, Reporter, millis};
use crate::trace::TraceRing;

/// So many questions without an answer mean that a board is down.
const MISSES: u8 = 3;
/// A board that is down is asked so seldom, and waited for so shortly, that it does not hold up the others.
const DOWN_LOOK: Duration = Duration::from_secs(2);
const DOWN_ANSWER_MS: u64 = 400;
/// The last look before an opening's time is over still needs an answer.
const LAST_LOOK_MS: u64 = 100;

pub(super) async fn run<C: Connector>(
    config: LockConfig,
    mut connector: C,
    reporter: Reporter<LockEvent>,
    orders: mpsc::Receiver<Order>,
    trace: TraceRing<LockTrace>,
) {
    let boards = config.boards.iter().copied().map(Board::new).collect();
    let mut rack =
        Rack { config, reporter, orders, trace, boards, doors: BTreeMap::new(), pending: Vec::new() };
    let mut backoff = Backoff::new();
    loop {
        let began = Instant::now();
        let end = match connector.connect(rack.config.baud).await {
            Ok(line) => rack.serve(Bus::new(line)).await,
            Err(_) => Err(End::Lost(DeviceFault::PortUnavailable)),
        };
        let Err(End::Lost(fault)) = end else { return };
        if rack.lost(fault, backoff.pause_after(began.elapsed())).await.is_err() {
            return;
        }
    }
}

/// What is known of a board.
#[derive(Debug)]
struct Board {
    config: BoardConfig,
    /// How many groups its replies have; known once it has answered on this line.
    groups: Option<usize>,
    /// Whether it answers, as far as it is known.
    answers: Option<bool>,
    misses: u8,
    next_look: Instant,
}

impl Board {
    fn new(config: BoardConfig) -> Self {
        Self { config, groups: None, answers: None, misses: 0, next_look: Instant::now() }
    }
}

/// A pulse whose effect has not been seen yet.
#[derive(Debug)]
struct Pending {
    door: DoorNumber,
    board: u8,
    until: Instant,
    /// The board answered the last question asked since the pulse.
    answered: bool,
}

/// Which states a look tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tell {
    Changes,
    All,
}

struct Rack {
    config: LockConfig,
    reporter: Reporter<LockEvent>,
    orders: mpsc::Receiver<Order>,
    trace: TraceRing<LockTrace>,
    boards: Vec<Board>,
    /// Open or not, of doors whose state is known.
    doors: BTreeMap<DoorNumber, bool>,
    pending: Vec<Pending>,
}

impl Rack {
    async fn serve<L: AsyncRead + AsyncWrite + Unpin>(&mut self, mut bus: Bus<L>) -> Result<(), End> {
        self.trace.note(LockTrace::Opened);
        self.doors.clear();
        for board in &mut self.boards {
            *board = Board::new(board.config);
        }
        self.look_at_all(&mut bus, Tell::Changes).await?;
        loop {
            let next = self.boards.iter().map(|board| board.next_look).min();
            let order = tokio::select! {
                biased;
                order = self.orders.recv() => Some(order.ok_or(End::Gone)?),
                () = self.reporter.closed() => return Err(End::Gone),
                () = until(next) => None,
                end = bus.watch() => return Err(end),
            };
            match order {
                Some(Order::Open(door, asked_at)) => self.open(&mut bus, door, asked_at).await?,
                Some(Order::QueryAll) => self.look_at_all(&mut bus, Tell::All).await?,
                None => self.look_at_due(&mut bus).await?,
            }
        }
    }

    /// Ends what was under way, tells of the loss, then waits, answering orders, until the next attempt.
    async fn lost(&mut self, fault: DeviceFault, pause: Duration) -> Result<(), End> {
        self.trace.note(LockTrace::Lost(fault));
        for pending in std::mem::take(&mut self.pending) {
            self.failed(pending.door, OpenFailure::OutcomeUnknown, fault).await?;
        }
        self.reporter.down(fault).await?;
        let attempt = Instant::now() + pause;
        loop {
            tokio::select! {
                () = self.reporter.closed() => return Err(End::Gone),
                () = until(Some(attempt)) => return Ok(()),
                order = self.orders.recv() => {
                    if let Order::Open(door, _) = order.ok_or(End::Gone)? {
                        self.failed(door, OpenFailure::NotSent, fault).await?;
                    }
                }
            }
        }
    }

    async fn look_at_all<L>(&mut self, bus: &mut Bus<L>, tell: Tell) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        for index in 0..self.boards.len() {
            self.look(bus, index, tell).await?;
        }
        Ok(())
    }

    async fn look_at_due<L: AsyncRead + AsyncWrite + Unpin>(&mut self, bus: &mut Bus<L>) -> Result<(), End> {
        let now = Instant::now();
        let due = self.boards.iter().position(|board| board.next_look <= now);
        if let Some(index) = due {
            self.look(bus, index, Tell::Changes).await?;
        }
        Ok(())
    }

    /// Reads the doors of one board and draws the conclusions.
    async fn look<L>(&mut self, bus: &mut Bus<L>, index: usize, tell: Tell) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(board) = self.boards.get(index) else { return Ok(()) };
        let (address, groups) = (board.config.address, board.groups);
        let limit = self.answer_limit(board);
        let status = match groups {
            Some(groups) => bus.query(address, groups, limit).await?,
            None => {
                let probe = bus.probe(address, limit).await?;
                if probe.echoed && !bus.echoes {
                    self.trace.note(LockTrace::Echo);
                }
                bus.echoes |= probe.echoed;
                probe.status
            }
        };
        for pending in self.pending.iter_mut().filter(|pending| pending.board == address) {
            pending.answered = status.is_some();
        }
        match status {
            Some(status) => self.answered(index, &status, tell).await?,
            None => self.missed(index).await?,
        }
        self.judge_pending().await?;
        self.plan_next_look(index);
        Ok(())
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

    async fn answered(&mut self, index: usize, status: &BoardStatus, tell: Tell) -> Result<(), End> {
        let Some(board) = self.boards.get_mut(index) else { return Ok(()) };
        let config = board.config;
        board.misses = 0;
        if board.groups.replace(status.groups()).is_none() {
            self.trace.note(LockTrace::Board(config.address, status.groups()));
        }
        if board.answers.replace(true) != Some(true) {
            if self.reporter.is_up() {
                self.reporter.send(LockEvent::BoardUp { board: config.address }).await?;
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

    async fn note_door(&mut self, door: DoorNumber, open: bool, tell: Tell) -> Result<(), End> {
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

    async fn missed(&mut self, index: usize) -> Result<(), End> {
        let Some(board) = self.boards.get_mut(index) else { return Ok(()) };
        let address = board.config.address;
        board.misses = board.misses.saturating_add(1);
        let is_down = board.misses >= MISSES || board.groups.is_none();
        if !is_down || board.answers == Some(false) {
            return Ok(());
        }
        board.answers = Some(false);
        // Asked from scratch when it comes back: it may be another board.
        board.groups = None;
        self.trace.note(LockTrace::Silent(address));
        for door in self.config.doors.iter().filter(|door| door.board == address) {
            self.doors.remove(&door.door);
        }
        if self.boards.iter().all(|board| board.answers == Some(false)) {
            return self.reporter.down(DeviceFault::NoAnswer).await;
        }
        self.reporter.send(LockEvent::BoardDown { board: address }).await
    }

    /// Ends the openings that were seen, and those whose time is over.
    async fn judge_pending(&mut self) -> Result<(), End> {
        let now = Instant::now();
        for pending in std::mem::take(&mut self.pending) {
            if pending.answered && self.doors.get(&pending.door) == Some(&true) {
                self.reporter.send(LockEvent::Opened { door: pending.door }).await?;
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
        let pause_ms = if self.pending.iter().any(|pending| pending.board == address) {
            self.config.fast_poll_ms
        } else if self.config.doors.iter().any(|door| is_open(&door)) {
            self.config.poll_ms
        } else {
            self.config.idle_poll_ms
        };
        let pause = millis(pause_ms.max(1));
        let is_down = board.answers == Some(false);
        board.next_look = Instant::now() + if is_down { pause.max(DOWN_LOOK) } else { pause };
    }

    /// One pulse, if everything speaks for it; the doors have been read before on this line.
    async fn open<L>(&mut self, bus: &mut Bus<L>, door: DoorNumber, asked_at: Instant) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let (wiring, index) = match self.may_open(door, asked_at) {
            Ok(place) => place,
            Err(fault) => return self.failed(door, OpenFailure::NotSent, fault).await,
        };
        let Some(frame) = board8a::open(wiring.board, wiring.channel) else {
            return self.failed(door, OpenFailure::NotSent, DeviceFault::Unconfigured).await;
        };
        if let Err(failure) = bus.pulse(&frame).await {
            let kind = if failure.began { OpenFailure::OutcomeUnknown } else { OpenFailure::NotSent };
            self.failed(door, kind, failure.fault).await?;
            return Err(failure.into());
        }
        self.trace.note(LockTrace::Pulse(door));
        let until = Instant::now() + millis(self.config.open_timeout_ms);
        self.pending.push(Pending { door, board: wiring.board, until, answered: false });
        match bus.acknowledgement(&frame, millis(self.config.ack_ms)).await? {
            Some(status) => self.trace.note(LockTrace::Acknowledged(status)),
            None => bus.settle().await?,
        }
        self.look(bus, index, Tell::Changes).await
    }

    /// Where a door hangs, or why no pulse may be given.
    fn may_open(&self, door: DoorNumber, asked_at: Instant) -> Result<(DoorConfig, usize), DeviceFault> {
        let wiring = self.config.doors.iter().copied().find(|wiring| wiring.door == door);
        let wiring = wiring.ok_or(DeviceFault::Unconfigured)?;
        let serves = |board: &Board| {
            board.config.address == wiring.board && (1..=board.config.channels).contains(&wiring.channel)
        };
        let index = self.boards.iter().position(serves).ok_or(DeviceFault::Unconfigured)?;
        if self.boards.get(index).is_none_or(|board| board.answers != Some(true)) {
            return Err(DeviceFault::NoAnswer);
        }
        if asked_at.elapsed() > millis(self.config.stale_ms) {
            return Err(DeviceFault::Stale);
        }
        if self.pending.iter().any(|pending| pending.door == door) {
            return Err(DeviceFault::Busy);
        }
        Ok((wiring, index))
    }

    async fn failed(&self, door: DoorNumber, kind: OpenFailure, fault: DeviceFault) -> Result<(), End> {
        self.trace.note(LockTrace::Failed(door, kind, fault));
        self.reporter.send(LockEvent::OpenFailed { door, kind, fault }).await
    }
}

/// Sleeps until then; for ever when there is nothing to wait for.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
