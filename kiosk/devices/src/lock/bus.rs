//! One request at a time on the boards' bus, and what came back for it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::board8a;
use super::boards::{Ack, Boards, Looked, Opener, PulseFailed};
use super::family::{Pace, Protocol, Question};
use super::frame::remove_echo;
use super::{BoardConfig, BoardStatus, Family, LockConfig};
use crate::DeviceFault;
use crate::port::{Connector, End, drain, received, write_frame};

/// A reply of unknown length has ended when nothing came for so long: a few bytes' time at 9600 bits per second, and
/// more than the pause a USB adapter makes.
const QUIET: Duration = Duration::from_millis(40);
/// A request is a few bytes; a line that does not take them in this time is stuck.
const WRITE_LIMIT: Duration = Duration::from_millis(500);
/// Nothing sensible is longer.
const RECEIVED_MAX: usize = 512;

/// Opens the serial line to the boards.
pub(super) struct SerialOpener<C> {
    connector: C,
    baud: u32,
    protocol: Protocol,
}

impl<C: Connector> SerialOpener<C> {
    pub(super) fn new(config: &LockConfig, connector: C) -> Self {
        Self { connector, baud: config.baud(), protocol: Protocol::of(config) }
    }
}

impl<C: Connector> Opener for SerialOpener<C> {
    type Boards = Bus<C::Io>;

    async fn open(&mut self) -> Result<Self::Boards, DeviceFault> {
        let line = self.connector.connect(self.baud).await.map_err(|_| DeviceFault::PortUnavailable)?;
        Ok(Bus::new(line, self.protocol))
    }
}

/// An open line to the boards.
pub(super) struct Bus<L> {
    line: L,
    protocol: Protocol,
    pace: Pace,
    /// The adapter sends back what it is sent; known once a board has answered.
    echoes: Option<bool>,
    /// How many groups of eight an 8A board answers with; its replies do not say so.
    groups: BTreeMap<u8, usize>,
    /// The last request to open.
    opening: Vec<u8>,
    /// When the line may be used again.
    free_at: Option<Instant>,
}

impl<L: AsyncRead + AsyncWrite + Unpin + Send + 'static> Boards for Bus<L> {
    async fn look(&mut self, board: &BoardConfig, channels: &[u8], limit: Duration) -> Result<Looked, End> {
        let knew = self.echoes;
        let status = if self.protocol.family == Family::Board8a {
            self.look_8a(board.address, limit).await?
        } else {
            self.ask_all(board, channels, limit).await?
        };
        Ok(Looked { status, echo_found: self.echoes == Some(true) && knew != Some(true) })
    }

    fn forget(&mut self, board: u8) {
        self.groups.remove(&board);
    }

    async fn pulse(&mut self, board: &BoardConfig, channel: u8) -> Result<(), PulseFailed> {
        let Some(frame) = self.protocol.open(board.address, channel) else {
            return Err(PulseFailed::NotDone(DeviceFault::Unconfigured));
        };
        self.wait_for_turn().await;
        // What came unasked must not be taken for the acknowledgement; a lost line shows when writing.
        let _ = drain(&mut self.line).await;
        write_frame(&mut self.line, &frame, WRITE_LIMIT).await.map_err(PulseFailed::Line)?;
        self.opening = frame;
        self.end_exchange();
        Ok(())
    }

    async fn acknowledgement(
        &mut self,
        board: &BoardConfig,
        channel: u8,
        limit: Duration,
    ) -> Result<Option<Ack>, End> {
        let Some(least) = self.pace.ack else { return Ok(None) };
        let frame = std::mem::take(&mut self.opening);
        let protocol = self.protocol;
        let find = |bytes: &[u8]| protocol.acknowledgement(&frame, board.address, channel, bytes);
        let ack = self.await_reply(&frame, limit.max(least), false, find).await?;
        if ack.is_none() {
            self.settle().await?;
        }
        Ok(ack)
    }

    /// Reads until the line is lost; what comes unasked means nothing.
    async fn watch(&mut self) -> End {
        let mut buffer = [0_u8; 64];
        loop {
            if let Err(end) = received(self.line.read(&mut buffer).await, &buffer) {
                return end;
            }
        }
    }
}

impl<L: AsyncRead + AsyncWrite + Unpin> Bus<L> {
    fn new(line: L, protocol: Protocol) -> Self {
        let pace = protocol.pace();
        let (groups, opening) = (BTreeMap::new(), Vec::new());
        Self { line, protocol, pace, echoes: None, groups, opening, free_at: None }
    }

    async fn look_8a(&mut self, board: u8, limit: Duration) -> Result<Option<BoardStatus>, End> {
        let request = board8a::query_all(board);
        let Some(groups) = self.groups.get(&board).copied() else { return self.probe(board, limit).await };
        self.send(&request).await?;
        self.await_reply(&request, limit, true, |bytes| board8a::find_status(bytes, board, groups)).await
    }

    /// Asks an 8A board whose number of groups is not known, and finds out whether the adapter echoes.
    async fn probe(&mut self, board: u8, limit: Duration) -> Result<Option<BoardStatus>, End> {
        self.send(&board8a::query_all(board)).await?;
        let deadline = Instant::now() + limit;
        let mut bytes = Vec::new();
        // An echo comes at once, the reply after it may take its time.
        loop {
            let quiet_at = if board8a::find_status_of_any_size(&bytes, board).is_some() {
                deadline.min(Instant::now() + QUIET)
            } else {
                deadline
            };
            if !self.read_more(&mut bytes, quiet_at).await? {
                break;
            }
        }
        self.end_exchange();
        let (echoed, status) = judge_probe(bytes, board);
        if echoed || (self.echoes.is_none() && status.is_some()) {
            self.echoes = Some(echoed);
        }
        if let Some(status) = status {
            self.groups.insert(board, usize::from(status.channels() / 8));
        }
        Ok(status)
    }

    /// Asks everything that belongs to one look; a question without an answer ends it.
    async fn ask_all(
        &mut self,
        board: &BoardConfig,
        channels: &[u8],
        limit: Duration,
    ) -> Result<Option<BoardStatus>, End> {
        let mut told = None;
        for question in self.protocol.questions(board, channels) {
            let Some(status) = self.ask(&question, board, limit).await? else { return Ok(None) };
            told.get_or_insert_with(BoardStatus::default).add(status);
        }
        Ok(told)
    }

    async fn ask(
        &mut self,
        question: &Question,
        board: &BoardConfig,
        limit: Duration,
    ) -> Result<Option<BoardStatus>, End> {
        let protocol = self.protocol;
        let find = |bytes: &[u8]| protocol.answer(question, board, bytes);
        self.send(&question.frame).await?;
        if self.echoes.is_some() {
            return self.await_reply(&question.frame, limit, true, find).await;
        }
        let deadline = Instant::now() + limit;
        let mut bytes = Vec::new();
        let mut found = None;
        while found.is_none() && self.read_more(&mut bytes, deadline).await? {
            found = find(&bytes);
        }
        self.end_exchange();
        // In these families no answer has the form of a request, so one that came back is an echo.
        let echoed = remove_echo(&mut bytes, &question.frame);
        if echoed || found.is_some() {
            self.echoes = Some(echoed);
        }
        Ok(found)
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), End> {
        self.wait_for_turn().await;
        drain(&mut self.line).await?;
        Ok(write_frame(&mut self.line, request, WRITE_LIMIT).await?)
    }

    async fn wait_for_turn(&mut self) {
        if let Some(free_at) = self.free_at.take() {
            sleep_until(free_at).await;
        }
    }

    fn end_exchange(&mut self) {
        self.free_at = (!self.pace.gap.is_zero()).then(|| Instant::now() + self.pace.gap);
    }

    async fn await_reply<T>(
        &mut self,
        request: &[u8],
        limit: Duration,
        is_question: bool,
        find: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, End> {
        let deadline = Instant::now() + limit;
        let mut bytes = Vec::new();
        let mut echo_owed = self.echoes == Some(true);
        let mut reply = None;
        while reply.is_none() && self.read_more(&mut bytes, deadline).await? {
            echo_owed = echo_owed && !remove_echo(&mut bytes, request);
            reply = find(&bytes).filter(|_| !echo_owed);
        }
        self.end_exchange();
        // An adapter that stopped echoing (it was replaced): what came is the reply after all.
        Ok(reply.or_else(|| find(&bytes).filter(|_| echo_owed && is_question)))
    }

    /// False when the deadline passed or nonsense keeps coming.
    async fn read_more(&mut self, bytes: &mut Vec<u8>, deadline: Instant) -> Result<bool, End> {
        let mut buffer = [0_u8; 64];
        let Ok(result) = timeout_at(deadline, self.line.read(&mut buffer)).await else { return Ok(false) };
        bytes.extend_from_slice(received(result, &buffer)?);
        Ok(bytes.len() <= RECEIVED_MAX)
    }

    /// Lets a late reply pass, so that it does not collide with the next request.
    async fn settle(&mut self) -> Result<(), End> {
        let mut buffer = [0_u8; 64];
        while let Ok(result) = timeout(QUIET, self.line.read(&mut buffer)).await {
            received(result, &buffer)?;
        }
        Ok(())
    }
}

/// Whether the adapter echoes, and the status. An echo is believed when the reply is whole without it. The other order
/// would fail: a request and a reply of two groups together have the form of a reply of seven groups.
fn judge_probe(bytes: Vec<u8>, board: u8) -> (bool, Option<BoardStatus>) {
    let mut rest = bytes.clone();
    let found_request = remove_echo(&mut rest, &board8a::query_all(board));
    let status = board8a::find_status_of_any_size(&rest, board).filter(|_| found_request);
    if status.is_some() {
        return (true, status);
    }
    let status = board8a::find_status_of_any_size(&bytes, board);
    (found_request && status.is_none(), status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: [u8; 5] = [0x80, 0x01, 0x00, 0x33, 0xB2];

    fn reply(groups: &[u8]) -> Vec<u8> {
        let mut frame = [&[0x80, 0x01], groups, &[0x33]].concat();
        frame.push(frame.iter().fold(0, |sum, byte| sum ^ byte));
        frame
    }

    fn judged(bytes: Vec<u8>) -> (bool, Option<u8>) {
        let (echoed, status) = judge_probe(bytes, 1);
        (echoed, status.map(BoardStatus::channels))
    }

    #[test]
    fn an_echo_is_told_from_a_reply_for_every_number_of_groups() {
        for groups in 2..=7 {
            let reply = reply(&vec![0x00; usize::from(groups)]);
            assert_eq!(judged(reply.clone()), (false, Some(groups * 8)));
            assert_eq!(judged([&REQUEST[..], &reply].concat()), (true, Some(groups * 8)));
            assert_eq!(judged([&[0xFF, 0x00][..], &REQUEST, &reply].concat()), (true, Some(groups * 8)));
        }
    }

    #[test]
    fn an_echo_alone_is_an_echo_and_a_silent_board() {
        assert_eq!(judged(REQUEST.to_vec()), (true, None));
        assert_eq!(judged(Vec::new()), (false, None));
    }

    #[test]
    fn a_reply_that_begins_like_the_request_is_no_echo() {
        assert_eq!(judged(reply(&[0x00, 0x33, 0xB2])), (false, Some(24)));
    }
}
