//! The frames of each family, from the board's side, as the makers' sheets describe them.

use super::checks::{crc, sum, with_crc, with_xor, xor};
use super::{Ask, Board, Family, LockFault, Request};

const WKLY: [u8; 4] = [0x57, 0x4B, 0x4C, 0x59];

/// The next request and its bytes; what stands before it is noise and goes.
pub(super) fn next_request(family: Family, buffer: &mut Vec<u8>) -> Option<(Request, Vec<u8>)> {
    loop {
        let length = length(family, buffer)?;
        if let Some(frame) = length.and_then(|length| buffer.get(..length))
            && let Some(request) = request(family, frame)
        {
            let frame = frame.to_vec();
            buffer.drain(..frame.len());
            return Some((request, frame));
        }
        buffer.remove(0);
    }
}

/// How long the frame at the front is; `Some(None)` when none begins there, `None` when more must come first.
#[allow(clippy::option_option, reason = "wait, no frame, frame")]
fn length(family: Family, buffer: &[u8]) -> Option<Option<usize>> {
    let length = match family {
        Family::Board8a | Family::Cu16 => 5,
        Family::Winnsen => 6,
        Family::Modbus => 8,
        Family::Wkly => {
            let begins = buffer.iter().zip(WKLY).all(|(byte, start)| *byte == start);
            if !begins && !buffer.is_empty() {
                return Some(None);
            }
            match *buffer.get(4)? {
                length @ 8..=32 => usize::from(length),
                _ => return Some(None),
            }
        }
    };
    (buffer.len() >= length).then_some(Some(length))
}

fn request(family: Family, frame: &[u8]) -> Option<Request> {
    match family {
        Family::Board8a => request_8a(frame),
        Family::Wkly => request_wkly(frame),
        Family::Cu16 => request_cu16(frame),
        Family::Winnsen => request_winnsen(frame),
        Family::Modbus => request_modbus(frame),
    }
}

fn request_8a(frame: &[u8]) -> Option<Request> {
    let &[head, board, channel, op, check] = frame else { return None };
    let ask = match (head, channel, op) {
        (0x8A, 0, 0x11) => Ask::OpenAll,
        (0x8A, channel, 0x11) => Ask::Open(channel),
        (0x80, 0, 0x33) => Ask::All,
        (0x80, channel, 0x33) => Ask::One(channel),
        _ => return None,
    };
    (check == head ^ board ^ channel ^ op).then_some(Request { board, ask })
}

fn request_wkly(frame: &[u8]) -> Option<Request> {
    let (check, rest) = frame.split_last()?;
    let [_, _, _, _, _, board, command, data @ ..] = rest else { return None };
    let ask = match (command, data) {
        (0x82, [channel]) => Ask::Open(*channel),
        (0x83, [channel]) => Ask::One(*channel),
        (0x84, []) => Ask::All,
        (0x86, []) => Ask::OpenAll,
        _ => Ask::Unknown,
    };
    (*check == xor(rest)).then_some(Request { board: *board, ask })
}

fn request_cu16(frame: &[u8]) -> Option<Request> {
    let &[0x02, address, command, 0x03, check] = frame else { return None };
    let ask = match command {
        0x30 => Ask::All,
        0x31 => Ask::Open((address & 0x0F) + 1),
        0x33 => Ask::OpenAll,
        _ => Ask::Unknown,
    };
    (check == sum(frame.get(..4)?)).then_some(Request { board: address >> 4, ask })
}

fn request_winnsen(frame: &[u8]) -> Option<Request> {
    let &[0x90, 0x06, command, board, lock, 0x03] = frame else { return None };
    let ask = match command {
        0x05 => Ask::Open(lock),
        0x12 => Ask::One(lock),
        _ => return None,
    };
    Some(Request { board, ask })
}

fn request_modbus(frame: &[u8]) -> Option<Request> {
    let (data, check) = frame.split_at_checked(6)?;
    let &[board, function, high, low, value, count] = data else { return None };
    let ask = match (function, high) {
        (0x02, 0) if (value, low) == (0, 0) && count > 0 => Ask::All,
        (0x05, 0x02) if (value, count) != (0, 0) => Ask::Open(low.checked_add(1)?),
        (0x01..=0x06 | 0x0F | 0x10, _) => Ask::Unknown,
        _ => return None,
    };
    (check == crc(data)).then_some(Request { board, ask })
}

/// What a board answers once it has done what it was asked; empty when it says nothing.
pub(super) fn answer(
    family: Family,
    swapped: bool,
    board: &Board,
    request: Request,
    frame: &[u8],
) -> Vec<u8> {
    let acknowledges = board.fault != Some(LockFault::NeverAcknowledges);
    if matches!(request.ask, Ask::Open(_) | Ask::OpenAll) && !acknowledges {
        return Vec::new();
    }
    match family {
        Family::Board8a => answer_8a(board, request.ask),
        Family::Wkly => answer_wkly(board, request.ask),
        Family::Cu16 => answer_cu16(board, request.ask),
        Family::Winnsen => answer_winnsen(board, request.ask, swapped),
        Family::Modbus => answer_modbus(board, request.ask, frame),
    }
}

fn answer_8a(board: &Board, ask: Ask) -> Vec<u8> {
    let status = |channel| if board.bit(channel) { 0x11 } else { 0x00 };
    match ask {
        Ask::OpenAll => with_xor(&[0x8A, board.address, 0, 0x11]),
        Ask::Open(channel) => with_xor(&[0x8A, board.address, channel, status(channel)]),
        Ask::One(channel) => with_xor(&[0x80, board.address, channel, status(channel)]),
        Ask::All => {
            // Boards of up to twenty-four doors answer with three bytes, whatever they have.
            let mut groups = board.groups(usize::from(board.channels()).div_ceil(8).max(3));
            groups.reverse();
            with_xor(&[&[0x80, board.address], groups.as_slice(), &[0x33]].concat())
        }
        Ask::Unknown => Vec::new(),
    }
}

fn answer_wkly(board: &Board, ask: Ask) -> Vec<u8> {
    let door = |channel| u8::from(board.bit(channel));
    let status = if board.refuses() { 0xFF } else { 0x00 };
    let (command, data) = match ask {
        Ask::Open(channel) => (0x82, vec![status, channel, door(channel)]),
        Ask::One(channel) => (0x83, vec![0x00, channel, door(channel)]),
        Ask::All => {
            let mut data = vec![0x00, board.channels()];
            data.extend((1..=board.channels()).map(door));
            (0x84, data)
        }
        Ask::OpenAll => (0x86, vec![status]),
        Ask::Unknown => return Vec::new(),
    };
    let length = u8::try_from(8 + data.len()).unwrap_or(u8::MAX);
    with_xor(&[&WKLY[..], &[length, board.address, command], &data].concat())
}

fn answer_cu16(board: &Board, ask: Ask) -> Vec<u8> {
    if ask != Ask::All {
        return Vec::new();
    }
    let groups = board.groups(2);
    let frame = [&[0x02, board.address << 4, 0x35], groups.as_slice(), &[0xFF, 0xFF, 0x03]].concat();
    let check = sum(&frame);
    [frame.as_slice(), &[check]].concat()
}

fn answer_winnsen(board: &Board, ask: Ask, swapped: bool) -> Vec<u8> {
    let (command, lock, status) = match ask {
        Ask::Open(lock) if board.refuses() => (0x85, lock, 0x02),
        Ask::Open(lock) => (0x85, lock, u8::from(board.is_open(lock))),
        Ask::One(lock) => (0x92, lock, u8::from(board.bit(lock))),
        _ => return Vec::new(),
    };
    let (first, second) = if swapped { (status, lock) } else { (lock, status) };
    vec![0x90, 0x07, command, board.address, first, second, 0x03]
}

fn answer_modbus(board: &Board, ask: Ask, frame: &[u8]) -> Vec<u8> {
    let function = frame.get(1).copied().unwrap_or_default();
    let refused = |code| with_crc(&[board.address, function | 0x80, code]);
    match ask {
        Ask::Open(_) if board.refuses() => refused(0x06),
        Ask::Open(channel) if !board.has(channel) => refused(0x02),
        Ask::Open(_) => frame.to_vec(),
        Ask::All => {
            let count = frame.get(5).copied().unwrap_or_default();
            let groups = board.groups(usize::from(count).div_ceil(8));
            with_crc(&[&[board.address, 0x02, count.div_ceil(8)], groups.as_slice()].concat())
        }
        _ => refused(0x01),
    }
}
