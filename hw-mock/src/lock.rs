//! The lock board's side of the "8A" protocol.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::Inbox;

/// What a board can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFault {
    /// Answers nothing and moves nothing.
    Silent,
    /// Takes the pulse, but the door stays shut.
    StuckClosed,
    /// Doors read open whatever a hand does.
    StuckOpen,
    /// The adapter sends every request back.
    Echo,
}

/// Something the board did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// The coil of this channel was energised.
    Pulse(u8),
    /// The door of this channel sprang open.
    Opened(u8),
}

/// A board with its doors.
#[derive(Debug)]
pub struct Board {
    address: u8,
    open: Vec<bool>,
    short_when_open: bool,
    fault: Option<LockFault>,
    inbox: Inbox,
}

impl Board {
    /// A board with all doors shut. `short_when_open` inverts every status.
    #[must_use]
    pub fn new(address: u8, channels: u8, short_when_open: bool) -> Self {
        Self {
            address,
            open: vec![false; usize::from(channels)],
            short_when_open,
            fault: None,
            inbox: Inbox::default(),
        }
    }

    /// Breaks the board, or mends it.
    pub fn set_fault(&mut self, fault: Option<LockFault>) {
        self.fault = fault;
    }

    /// What is broken.
    #[must_use]
    pub fn fault(&self) -> Option<LockFault> {
        self.fault
    }

    /// Whether the door of `channel` (from 1) stands open.
    #[must_use]
    pub fn is_open(&self, channel: u8) -> bool {
        self.open.get(usize::from(channel).wrapping_sub(1)).copied().unwrap_or(false)
    }

    /// A hand opens or shuts a door; says whether it moved.
    pub fn set_open(&mut self, channel: u8, open: bool) -> bool {
        match self.open.get_mut(usize::from(channel).wrapping_sub(1)) {
            Some(door) if *door != open => {
                *door = open;
                true
            }
            _ => false,
        }
    }

    /// Takes bytes from the bus at `now`; answers, and says what moved.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> (Vec<u8>, Vec<LockEvent>) {
        self.inbox.take(bytes, now);
        let (mut out, mut events) = (Vec::new(), Vec::new());
        if self.fault == Some(LockFault::Echo) {
            out.extend(bytes);
        }
        while let Some([head, board, channel]) = next_request(&mut self.inbox.bytes) {
            if board == self.address && self.fault != Some(LockFault::Silent) {
                out.extend(self.answer(head, channel, &mut events));
            }
        }
        (out, events)
    }

    fn answer(&mut self, head: u8, channel: u8, events: &mut Vec<LockEvent>) -> Vec<u8> {
        match (head, channel) {
            (0x80, 0) => self.all(),
            (0x8A, 0) => {
                for channel in 1..=u8::try_from(self.open.len()).unwrap_or(u8::MAX) {
                    self.pulse(channel, events);
                }
                sealed(&[0x8A, self.address, 0, 0x11])
            }
            (_, channel) if usize::from(channel) > self.open.len() => Vec::new(),
            (0x8A, channel) => {
                self.pulse(channel, events);
                sealed(&[0x8A, self.address, channel, self.status(channel)])
            }
            _ => sealed(&[0x80, self.address, channel, self.status(channel)]),
        }
    }

    fn pulse(&mut self, channel: u8, events: &mut Vec<LockEvent>) {
        events.push(LockEvent::Pulse(channel));
        if self.fault != Some(LockFault::StuckClosed) && self.set_open(channel, true) {
            events.push(LockEvent::Opened(channel));
        }
    }

    fn reads_open(&self, channel: u8) -> bool {
        match self.fault {
            Some(LockFault::StuckOpen) => true,
            Some(LockFault::StuckClosed) => false,
            _ => self.is_open(channel),
        }
    }

    fn status(&self, channel: u8) -> u8 {
        if self.reads_open(channel) == self.short_when_open { 0x11 } else { 0x00 }
    }

    /// One byte for eight doors, the highest group first, bit 0 the lowest door of the group.
    fn all(&self) -> Vec<u8> {
        // Boards of up to twenty-four doors answer with three bytes, whatever they have.
        let groups = self.open.len().div_ceil(8).max(3);
        let mut frame = vec![0x80, self.address];
        for group in (0..groups).rev() {
            let bits = (0..8_usize).fold(0_u8, |bits, bit| {
                let channel = group * 8 + bit + 1;
                let set = u8::try_from(channel)
                    .is_ok_and(|c| channel <= self.open.len() && self.reads_open(c) == self.short_when_open);
                bits | (u8::from(set) << bit)
            });
            frame.push(bits);
        }
        frame.push(0x33);
        sealed(&frame)
    }
}

/// Head, board and channel of the next request; what stands before it is noise.
fn next_request(buffer: &mut Vec<u8>) -> Option<[u8; 3]> {
    loop {
        let &[head, board, channel, op, check] = buffer.get(..5)? else { return None };
        let known = matches!((head, op), (0x8A, 0x11) | (0x80, 0x33));
        if known && check == head ^ board ^ channel ^ op {
            buffer.drain(..5);
            return Some([head, board, channel]);
        }
        buffer.remove(0);
    }
}

fn sealed(frame: &[u8]) -> Vec<u8> {
    let xor = frame.iter().fold(0, |x, b| x ^ b);
    [frame, &[xor]].concat()
}
