//! A lock board of the 8A family as the makers' sheets describe it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

#[derive(Debug)]
pub struct Board {
    pub address: u8,
    pub groups: usize,
    /// A set bit, and a status of 11, mean closed.
    pub closing: bool,
    pub acknowledges: bool,
    /// The adapter in front of it sends back what it gets.
    pub echoes: bool,
    pub silent: bool,
    /// Stops answering after a pulse.
    pub dies_at_pulse: bool,
    pub stuck: BTreeSet<u8>,
    pub open: BTreeSet<u8>,
    pub pulses: Vec<(u8, Instant)>,
    pub looks: usize,
    pub noise: Vec<u8>,
    pub piece: usize,
}

pub type Shared = Arc<Mutex<Board>>;

fn closed_by_xor(bytes: &[u8]) -> Vec<u8> {
    let mut frame = bytes.to_vec();
    frame.push(bytes.iter().fold(0, |sum, byte| sum ^ byte));
    frame
}

impl Board {
    pub fn shared(address: u8) -> Shared {
        Arc::new(Mutex::new(Self {
            address,
            groups: 3,
            closing: true,
            acknowledges: true,
            echoes: false,
            silent: false,
            dies_at_pulse: false,
            stuck: BTreeSet::new(),
            open: BTreeSet::new(),
            pulses: Vec::new(),
            looks: 0,
            noise: Vec::new(),
            piece: 64,
        }))
    }

    pub fn pulsed(&self) -> Vec<u8> {
        self.pulses.iter().map(|(channel, _)| *channel).collect()
    }

    fn answer(&mut self, request: [u8; 5]) -> Vec<u8> {
        let [head, address, channel, last, _] = request;
        assert_eq!(closed_by_xor(&request[..4]), request);
        if address != self.address || self.silent {
            return Vec::new();
        }
        match (head, last) {
            (0x8A, 0x11) => self.pulse(channel),
            (0x80, 0x33) if channel == 0 => {
                self.looks += 1;
                self.status()
            }
            _ => panic!("{request:02X?}"),
        }
    }

    fn pulse(&mut self, channel: u8) -> Vec<u8> {
        self.pulses.push((channel, Instant::now()));
        if !self.stuck.contains(&channel) {
            self.open.insert(channel);
        }
        self.silent = self.dies_at_pulse;
        let set = self.open.contains(&channel) != self.closing;
        let status = if set { 0x11 } else { 0x00 };
        let reply = closed_by_xor(&[0x8A, self.address, channel, status]);
        if self.acknowledges && !self.silent { reply } else { Vec::new() }
    }

    fn status(&self) -> Vec<u8> {
        let mut frame = vec![0x80, self.address];
        for group in (0..self.groups).rev() {
            let bits = (0..8).filter(|bit| {
                let channel = u8::try_from(group * 8 + bit + 1).unwrap();
                self.open.contains(&channel) != self.closing
            });
            frame.push(bits.map(|bit| 1_u8 << bit).sum());
        }
        frame.push(0x33);
        closed_by_xor(&frame)
    }
}

/// Serves boards on one bus until the line is dropped.
pub async fn serve<L: AsyncRead + AsyncWrite + Unpin>(mut line: L, boards: Vec<Shared>) {
    let mut request = [0; 5];
    while line.read_exact(&mut request).await.is_ok() {
        let mut answer = Vec::new();
        let mut piece = 64;
        for board in &boards {
            let mut board = board.lock().unwrap();
            if board.echoes {
                answer.extend(request);
            }
            let reply = board.answer(request);
            if !reply.is_empty() {
                answer.extend(board.noise.clone());
                answer.extend(reply);
                answer.extend(board.noise.clone());
            }
            piece = board.piece;
        }
        for piece in answer.chunks(piece) {
            if line.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
