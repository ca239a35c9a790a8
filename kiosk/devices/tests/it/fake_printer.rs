//! A slip printer as the command reference describes it: it holds what it gets while it cannot print.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Something on the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Print {
    Row(Vec<u8>),
    Cut,
    Text(u8),
}

#[derive(Debug, Default)]
pub struct Printer {
    pub paper_out: bool,
    pub near_end: bool,
    pub cover_open: bool,
    pub cutter_error: bool,
    pub head_hot: bool,
    pub offline: bool,
    pub silent: bool,
    /// The paper ends after so many more rows.
    pub rows_left: Option<usize>,
    /// The head is too hot after so many more rows.
    pub hot_after: Option<usize>,
    /// Knows neither pushing of status nor the question for completion.
    pub simple: bool,
    /// Obeys the order to clear while it has no paper.
    pub clears: bool,
    pub paper: Vec<Print>,
    pub got: usize,
    pushing: bool,
    held: VecDeque<u8>,
    /// Rows of the picture that is being received.
    picture: Option<(usize, usize)>,
}

pub type Shared = Arc<Mutex<Printer>>;

impl Printer {
    pub fn rows(&self) -> Vec<u8> {
        self.paper
            .iter()
            .filter_map(|print| if let Print::Row(row) = print { Some(row.clone()) } else { None })
            .flatten()
            .collect()
    }

    pub fn cuts(&self) -> usize {
        self.paper.iter().filter(|print| **print == Print::Cut).count()
    }

    fn blocked(&self) -> bool {
        self.paper_out || self.cover_open || self.cutter_error || self.head_hot || self.offline
    }

    pub fn pushed_status(&self) -> [u8; 4] {
        let bit = |is_so: bool, bits: u8| if is_so { bits } else { 0 };
        [
            0x10 | bit(self.blocked(), 0x08) | bit(self.cover_open, 0x20),
            bit(self.cutter_error, 0x08) | bit(self.head_hot, 0x40),
            bit(self.near_end, 0x03) | bit(self.paper_out, 0x0C),
            0,
        ]
    }

    fn realtime_status(&self, n: u8) -> u8 {
        let bit = |is_so: bool, bits: u8| if is_so { bits } else { 0 };
        0x12 | match n {
            1 => bit(self.blocked(), 0x08),
            2 => bit(self.cover_open, 0x04) | bit(self.paper_out, 0x20),
            3 => bit(self.cutter_error, 0x08) | bit(self.head_hot, 0x40),
            4 => bit(self.near_end, 0x0C) | bit(self.paper_out, 0x60),
            _ => panic!("status {n}"),
        }
    }

    /// Takes bytes, realtime orders out of turn; returns what it says.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.got += bytes.len();
        let mut said = Vec::new();
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            match (first, after) {
                (0x10, [0x04, n, after @ ..]) => {
                    said.push(self.realtime_status(*n));
                    rest = after;
                }
                (0x10, [0x05, 0x02, after @ ..]) => {
                    if self.clears {
                        self.held.clear();
                        self.picture = None;
                    }
                    rest = after;
                }
                _ => {
                    self.held.push_back(first);
                    rest = after;
                }
            }
        }
        said.extend(self.work());
        if self.silent { Vec::new() } else { said }
    }

    /// Prints as far as it can.
    pub fn work(&mut self) -> Vec<u8> {
        let before = self.pushed_status();
        let mut said = Vec::new();
        while !self.blocked() && self.step(&mut said) {}
        if self.pushing && self.pushed_status() != before {
            said.extend(self.pushed_status());
        }
        said
    }

    fn step(&mut self, said: &mut Vec<u8>) -> bool {
        if let Some((row_bytes, rows)) = self.picture {
            if self.held.len() < row_bytes {
                return false;
            }
            self.paper.push(Print::Row(self.held.drain(..row_bytes).collect()));
            self.picture = (rows > 1).then_some((row_bytes, rows - 1));
            if let Some(left) = &mut self.rows_left {
                *left -= 1;
                if *left == 0 {
                    (self.paper_out, self.rows_left) = (true, None);
                }
            }
            if let Some(left) = &mut self.hot_after {
                *left -= 1;
                if *left == 0 {
                    (self.head_hot, self.hot_after) = (true, None);
                }
            }
            return true;
        }
        let front: Vec<u8> = self.held.iter().take(11).copied().collect();
        let used = match front[..] {
            [] => return false,
            [0x00, ..] => 1,
            [0x1B, 0x40, ..] => 2,
            [0x1D, 0x61, mode, ..] => {
                self.pushing = mode != 0 && !self.simple;
                if self.pushing {
                    said.extend(self.pushed_status());
                }
                3
            }
            [0x1D, 0x56, 0x42, 0x00, ..] => {
                self.paper.push(Print::Cut);
                4
            }
            [0x1D, 0x76, 0x30, 0x00, x_low, x_high, y_low, y_high, ..] => {
                let row_bytes = usize::from(u16::from_le_bytes([x_low, x_high]));
                let rows = usize::from(u16::from_le_bytes([y_low, y_high]));
                self.picture = (rows > 0).then_some((row_bytes, rows));
                8
            }
            [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, a, b, c, d] => {
                if !self.simple {
                    said.extend([0x37, 0x22, a, b, c, d, 0x00]);
                }
                11
            }
            [0x1B | 0x1D, ..] if front.len() < 11 => return false,
            [other, ..] => {
                self.paper.push(Print::Text(other));
                1
            }
        };
        self.held.drain(..used);
        true
    }
}

/// Serves until the line is dropped; `poke` makes it look at changes of its state.
pub async fn serve<L>(mut line: L, printer: Shared, mut poke: tokio::sync::watch::Receiver<u32>)
where
    L: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = [0; 512];
    // A realtime order may be cut in two by a read.
    let mut kept = Vec::new();
    loop {
        let said = tokio::select! {
            read = line.read(&mut buffer) => match read {
                Ok(count) if count > 0 => {
                    kept.extend_from_slice(&buffer[..count]);
                    let whole = kept.iter().rposition(|byte| *byte == 0x10).filter(|at| at + 3 > kept.len());
                    let bytes: Vec<u8> = kept.drain(..whole.unwrap_or(kept.len())).collect();
                    printer.lock().unwrap().take(&bytes)
                }
                _ => return,
            },
            Ok(()) = poke.changed() => {
                let mut printer = printer.lock().unwrap();
                let status = if printer.pushing && !printer.silent { printer.pushed_status().to_vec() } else { Vec::new() };
                [status, printer.work()].concat()
            }
        };
        if line.write_all(&said).await.is_err() {
            return;
        }
    }
}
