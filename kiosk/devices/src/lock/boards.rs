//! What the task of a bus needs of whatever its boards hang on.

use std::future::Future;
use std::time::Duration;

use super::{BoardConfig, BoardStatus};
use crate::DeviceFault;
use crate::port::{End, WriteFailed};

/// What a look at a board brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Looked {
    /// None when the board did not answer in time.
    pub(crate) status: Option<BoardStatus>,
    /// It was found just now that the adapter sends back what it is sent.
    pub(crate) echo_found: bool,
}

/// What a board said of a pulse. It proves nothing except that no pulse was given, when it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) status: u8,
    pub(crate) refused: bool,
}

/// Why a pulse was not given as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PulseFailed {
    /// The request was not written whole; the line is lost.
    Line(WriteFailed),
    /// Nothing was done; the boards can be used as before.
    NotDone(DeviceFault),
    /// The relay may have been on.
    Unknown(DeviceFault),
}

/// Boards that can be looked at and pulsed, one request at a time.
pub(crate) trait Boards: Send + 'static {
    /// Reads a board; `channels` are those that matter, more may be told.
    fn look(
        &mut self,
        board: &BoardConfig,
        channels: &[u8],
        limit: Duration,
    ) -> impl Future<Output = Result<Looked, End>> + Send;

    /// A board fell silent; when it comes back it may be another one.
    fn forget(&mut self, board: u8);

    /// Gives one pulse.
    fn pulse(
        &mut self,
        board: &BoardConfig,
        channel: u8,
    ) -> impl Future<Output = Result<(), PulseFailed>> + Send;

    /// Waits for what a board says of the pulse just given; none when it says nothing in time.
    fn acknowledgement(
        &mut self,
        board: &BoardConfig,
        channel: u8,
        limit: Duration,
    ) -> impl Future<Output = Result<Option<Ack>, End>> + Send;

    /// Waits until the boards are lost.
    fn watch(&mut self) -> impl Future<Output = End> + Send;
}

/// Opens the way to the boards, again and again when it is lost.
pub(crate) trait Opener: Send + 'static {
    type Boards: Boards;

    fn open(&mut self) -> impl Future<Output = Result<Self::Boards, DeviceFault>> + Send;
}
