//! ESC/POS commands, told apart and measured.

use super::ink::{Change, LINE_ROWS};

/// What a command asks of the paper or of the host line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// A command without effect here, or one that was already obeyed when it arrived.
    Nothing,
    /// `ESC @`: forget the unfinished line.
    Initialise,
    /// `GS v 0`: the head of a picture; its rows follow in the stream.
    Picture { row_bytes: usize, rows: usize },
    /// Cut the slip off.
    Cut,
    /// `GS a`: push the status on each change, or no longer.
    PushStatus(bool),
    /// `GS ( H` function 48: send this id back once everything before it is printed.
    Echo(Vec<u8>),
    /// `GS ( k`: the parts of a QR code.
    Qr(Qr),
    /// The next letters look otherwise.
    Look(Change),
    /// A printable byte of text.
    Text(u8),
    /// Print the line and go to the next one.
    Line,
    /// Print the line and push this many rows of dots.
    Feed(u16),
}

/// `GS ( k` for QR codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Qr {
    /// Function 167: dots along the side of a module.
    Module(u8),
    /// Function 180: the text.
    Store(Vec<u8>),
    /// Function 181.
    Print,
}

const DLE: u8 = 0x10;
const ESC: u8 = 0x1B;
const FS: u8 = 0x1C;
const GS: u8 = 0x1D;

/// The command at the head of the stream and its length; `None` while it is not whole.
pub(super) fn next(stream: &[u8]) -> Option<(Command, usize)> {
    match *stream.first()? {
        DLE => dle(stream),
        ESC => esc(stream),
        FS => match *stream.get(1)? {
            kind @ (b'&' | b'.') => Some((Command::Look(Change::Chinese(kind == b'&')), 2)),
            b'!' => Some((Command::Look(Change::ChineseSize(*stream.get(2)?)), 3)),
            _ => whole(stream, Command::Nothing, 3),
        },
        GS => gs(stream),
        b'\n' => Some((Command::Line, 1)),
        byte @ (0x20..=0x7E | 0x80..) => Some((Command::Text(byte), 1)),
        _ => Some((Command::Nothing, 1)),
    }
}

fn dle(stream: &[u8]) -> Option<(Command, usize)> {
    match (*stream.get(1)?, stream.get(2)) {
        (0x04 | 0x05, _) => whole(stream, Command::Nothing, 3),
        (0x14, Some(8)) => whole(stream, Command::Nothing, 10),
        (0x14, _) => whole(stream, Command::Nothing, 5),
        _ => Some((Command::Nothing, 1)),
    }
}

fn esc(stream: &[u8]) -> Option<(Command, usize)> {
    match *stream.get(1)? {
        b'@' => Some((Command::Initialise, 2)),
        b'i' | b'm' => Some((Command::Cut, 2)),
        b'2' => Some((Command::Nothing, 2)),
        b'a' => Some((Command::Look(Change::Align(*stream.get(2)?)), 3)),
        b'E' => Some((Command::Look(Change::Bold(stream.get(2)? & 1 != 0)), 3)),
        b'J' => Some((Command::Feed(u16::from(*stream.get(2)?)), 3)),
        b'd' => Some((Command::Feed(u16::from(*stream.get(2)?) * LINE_ROWS), 3)),
        b'$' | b'\\' | b'c' => whole(stream, Command::Nothing, 4),
        b'p' => whole(stream, Command::Nothing, 5),
        _ => whole(stream, Command::Nothing, 3),
    }
}

fn gs(stream: &[u8]) -> Option<(Command, usize)> {
    match *stream.get(1)? {
        b'v' => {
            let &[_, _, _, _, xl, xh, yl, yh] = stream.get(..8)? else { return None };
            let number = |low, high| usize::from(u16::from_le_bytes([low, high]));
            Some((Command::Picture { row_bytes: number(xl, xh), rows: number(yl, yh) }, 8))
        }
        b'V' => {
            let len = if matches!(*stream.get(2)?, 0x41 | 0x42) { 4 } else { 3 };
            whole(stream, Command::Cut, len)
        }
        b'!' => Some((Command::Look(Change::Size(*stream.get(2)?)), 3)),
        b'B' => Some((Command::Look(Change::Reverse(stream.get(2)? & 1 != 0)), 3)),
        b'a' => Some((Command::PushStatus(*stream.get(2)? != 0), 3)),
        b'(' => {
            let &[_, _, kind, low, high] = stream.get(..5)? else { return None };
            let len = 5 + usize::from(u16::from_le_bytes([low, high]));
            Some((bracket(kind, stream.get(5..len)?), len))
        }
        b'L' | b'W' | b'P' | b'$' | b'\\' => whole(stream, Command::Nothing, 4),
        _ => whole(stream, Command::Nothing, 3),
    }
}

fn bracket(kind: u8, data: &[u8]) -> Command {
    match (kind, data) {
        (b'H', [0x30, 0x30, id @ ..]) => Command::Echo(id.iter().take(4).copied().collect()),
        (b'k', [0x31, 67, module, ..]) => Command::Qr(Qr::Module(*module)),
        (b'k', [0x31, 80, 0x30, text @ ..]) => Command::Qr(Qr::Store(text.to_vec())),
        (b'k', [0x31, 81, ..]) => Command::Qr(Qr::Print),
        _ => Command::Nothing,
    }
}

fn whole(stream: &[u8], command: Command, len: usize) -> Option<(Command, usize)> {
    (stream.len() >= len).then_some((command, len))
}
