//! One request at a time on the boards' bus, and what came back for it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use super::board8a::{self, BoardStatus, Frame};
use crate::port::{End, WriteFailed, drain, received, write_frame};

/// A reply of unknown length has ended when nothing came for so long: a few bytes' time at 9600 bits per second, and
/// more than the pause a USB adapter makes.
const QUIET: Duration = Duration::from_millis(40);
/// A request is five bytes; a line that does not take them in this time is stuck.
const WRITE_LIMIT: Duration = Duration::from_millis(500);
/// Nothing sensible is longer.
const RECEIVED_MAX: usize = 512;

/// An open line to the boards.
pub(super) struct Bus<L> {
    line: L,
    /// The adapter sends back what it is sent.
    pub(super) echoes: bool,
}

/// What the first question to a board brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) echoed: bool,
    pub(super) status: Option<BoardStatus>,
}

impl<L: AsyncRead + AsyncWrite + Unpin> Bus<L> {
    pub(super) fn new(line: L) -> Self {
        Self { line, echoes: false }
    }

    /// Reads until the line is lost; what comes unasked means nothing.
    pub(super) async fn watch(&mut self) -> End {
        let mut buffer = [0_u8; 64];
        loop {
            if let Err(end) = received(self.line.read(&mut buffer).await, &buffer) {
                return end;
            }
        }
    }

    /// Asks a board whose number of groups is not known, and finds out whether the adapter echoes.
    pub(super) async fn probe(&mut self, board: u8, limit: Duration) -> Result<Probe, End> {
        let request = board8a::query_all(board);
        self.send(&request).await?;
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
        Ok(judge_probe(bytes, board))
    }

    /// Asks a board for the states of its locks; none when it does not answer in time.
    pub(super) async fn query(
        &mut self,
        board: u8,
        groups: usize,
        limit: Duration,
    ) -> Result<Option<BoardStatus>, End> {
        let request = board8a::query_all(board);
        self.send(&request).await?;
        self.await_reply(&request, limit, |bytes| board8a::find_status(bytes, board, groups)).await
    }

    /// Gives one pulse.
    pub(super) async fn pulse(&mut self, frame: &Frame) -> Result<(), WriteFailed> {
        // What came unasked must not be taken for the acknowledgement; a lost line shows when writing.
        let _ = drain(&mut self.line).await;
        write_frame(&mut self.line, frame, WRITE_LIMIT).await
    }

    /// Waits for the acknowledgement of a pulse; none when it does not come in time, as with many boards.
    pub(super) async fn acknowledgement(
        &mut self,
        frame: &Frame,
        limit: Duration,
    ) -> Result<Option<u8>, End> {
        let &[_, board, channel, ..] = frame;
        self.await_reply(frame, limit, |bytes| board8a::find_acknowledgement(bytes, board, channel)).await
    }

    async fn send(&mut self, request: &Frame) -> Result<(), End> {
        drain(&mut self.line).await?;
        Ok(write_frame(&mut self.line, request, WRITE_LIMIT).await?)
    }

    async fn await_reply<T>(
        &mut self,
        request: &Frame,
        limit: Duration,
        find: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, End> {
        let deadline = Instant::now() + limit;
        let mut bytes = Vec::new();
        let mut echo_owed = self.echoes;
        while self.read_more(&mut bytes, deadline).await? {
            echo_owed = echo_owed && !board8a::remove_echo(&mut bytes, request);
            if let Some(reply) = find(&bytes).filter(|_| !echo_owed) {
                return Ok(Some(reply));
            }
        }
        // An adapter that stopped echoing (it was replaced): what came is the reply after all.
        Ok(find(&bytes).filter(|_| echo_owed && request.first() == Some(&0x80)))
    }

    /// False when the deadline passed or nonsense keeps coming.
    async fn read_more(&mut self, bytes: &mut Vec<u8>, deadline: Instant) -> Result<bool, End> {
        let mut buffer = [0_u8; 64];
        let Ok(result) = timeout_at(deadline, self.line.read(&mut buffer)).await else { return Ok(false) };
        bytes.extend_from_slice(received(result, &buffer)?);
        Ok(bytes.len() <= RECEIVED_MAX)
    }

    /// Lets a late reply pass, so that it does not collide with the next request.
    pub(super) async fn settle(&mut self) -> Result<(), End> {
        let mut buffer = [0_u8; 64];
        while let Ok(result) = timeout(QUIET, self.line.read(&mut buffer)).await {
            received(result, &buffer)?;
        }
        Ok(())
    }
}

/// An echo is believed when the reply is whole without it. The other order would fail: a request and a reply of two
/// groups together have the form of a reply of seven groups.
fn judge_probe(bytes: Vec<u8>, board: u8) -> Probe {
    let mut rest = bytes.clone();
    let found_request = board8a::remove_echo(&mut rest, &board8a::query_all(board));
    let status = board8a::find_status_of_any_size(&rest, board).filter(|_| found_request);
    if status.is_some() {
        return Probe { echoed: true, status };
    }
    let status = board8a::find_status_of_any_size(&bytes, board);
    Probe { echoed: found_request && status.is_none(), status }
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

    fn judged(bytes: Vec<u8>) -> (bool, Option<usize>) {
        let probe = judge_probe(bytes, 1);
        (probe.echoed, probe.status.map(|status| status.groups()))
    }

    #[test]
    fn an_echo_is_told_from_a_reply_for_every_number_of_groups() {
        for groups in 2..=7 {
            let reply = reply(&vec![0x00; groups]);
            assert_eq!(judged(reply.clone()), (false, Some(groups)));
            assert_eq!(judged([&REQUEST[..], &reply].concat()), (true, Some(groups)));
            assert_eq!(judged([&[0xFF, 0x00][..], &REQUEST, &reply].concat()), (true, Some(groups)));
        }
    }

    #[test]
    fn an_echo_alone_is_an_echo_and_a_silent_board() {
        assert_eq!(judged(REQUEST.to_vec()), (true, None));
        assert_eq!(judged(Vec::new()), (false, None));
    }

    #[test]
    fn a_reply_that_begins_like_the_request_is_no_echo() {
        assert_eq!(judged(reply(&[0x00, 0x33, 0xB2])), (false, Some(3)));
    }
}
