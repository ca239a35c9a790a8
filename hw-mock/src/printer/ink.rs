//! Lines of text and QR codes as rows of dots, in the looks that commands ask for.

use encoding_rs::GB18030;
use qrcode::{Color, QrCode};

use super::letters::{COLUMN, HIGH, Letters, columns};
use super::{ROW_BYTES, Row};

/// Dots from one line of text to the next, unless its letters are higher.
pub(super) const LINE_ROWS: u16 = 30;

/// What a command changes about how the next letters look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// `ESC a`: 0 left, 1 middle, 2 right.
    Align(u8),
    /// `ESC E`.
    Bold(bool),
    /// `GS !`: times wide and high less one, in the upper and the lower half of the byte.
    Size(u8),
    /// `FS !`: bit 2 twice as wide, bit 3 twice as high; for Chinese characters alone.
    ChineseSize(u8),
    /// `GS B`: white on black.
    Reverse(bool),
    /// `FS &` and `FS .`: whether bytes above ASCII are Chinese characters. Off when switched on.
    Chinese(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    bold: bool,
    reverse: bool,
    chinese: bool,
    /// Times wide and times high, of ASCII and of Chinese characters.
    size: (usize, usize),
    chinese_size: (usize, usize),
}

impl Default for Look {
    fn default() -> Self {
        Self { bold: false, reverse: false, chinese: false, size: (1, 1), chinese_size: (1, 1) }
    }
}

/// The line being written.
#[derive(Debug, Default)]
pub(super) struct Pen {
    look: Look,
    align: u8,
    /// Pieces of one look each.
    line: Vec<(Look, Vec<u8>)>,
}

impl Pen {
    /// Takes one byte of text.
    pub(super) fn byte(&mut self, byte: u8) {
        match self.line.last_mut() {
            Some((look, piece)) if *look == self.look => piece.push(byte),
            _ => self.line.push((self.look, vec![byte])),
        }
    }

    /// Whether the line is still empty.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Forgets the line, not the look.
    pub(super) fn forget_line(&mut self) {
        self.line.clear();
    }

    /// From here on letters look otherwise.
    pub(super) fn change(&mut self, change: Change) {
        let twice = |set: bool| if set { 2 } else { 1 };
        match change {
            Change::Align(at) => self.align = at % b'0',
            Change::Bold(on) => self.look.bold = on,
            Change::Size(n) => {
                self.look.size = (usize::from(n >> 4 & 7) + 1, usize::from(n & 7) + 1);
                self.look.chinese_size = self.look.size;
            }
            Change::ChineseSize(n) => self.look.chinese_size = (twice(n & 4 != 0), twice(n & 8 != 0)),
            Change::Reverse(on) => self.look.reverse = on,
            Change::Chinese(on) => self.look.chinese = on,
        }
    }

    /// Ends the line: its text, and its rows on paper so many dots wide. What does not fit is lost.
    pub(super) fn end_line(&mut self, dots: usize) -> (String, Vec<Row>) {
        let line = std::mem::take(&mut self.line);
        let bytes: Vec<u8> = line.iter().flat_map(|(_, piece)| piece).copied().collect();
        let text = GB18030.decode_without_bom_handling(&bytes).0.into_owned();
        let letters: Vec<(Look, char)> =
            line.iter().flat_map(|(look, piece)| read(*look, piece).map(|letter| (*look, letter))).collect();
        (text, self.rows(&letters, dots))
    }

    fn rows(&self, letters: &[(Look, char)], dots: usize) -> Vec<Row> {
        let wide: usize = letters.iter().map(|letter| size(letter).0 * columns(letter.1) * COLUMN).sum();
        let high = letters.iter().map(|letter| size(letter).1 * HIGH).max().unwrap_or_default();
        let mut rows = vec![[0; ROW_BYTES]; high.max(usize::from(LINE_ROWS))];
        let mut left = before(self.align, wide, dots);
        let memory = Letters::new();
        for letter in letters {
            let (times_wide, times_high) = size(letter);
            let width = times_wide * columns(letter.1) * COLUMN;
            if left + width > dots {
                break;
            }
            // Letters of one line stand on one foot.
            let top = high - times_high * HIGH;
            if letter.0.reverse {
                for (y, x) in (top..high).flat_map(|y| (left..left + width).map(move |x| (y, x))) {
                    flip(&mut rows, x, y, |byte, bit| byte | bit);
                }
            }
            memory.draw(letter.1, |x, y| {
                let across = x * times_wide..(x + 1) * times_wide + usize::from(letter.0.bold);
                for (x, y) in across.flat_map(|x| (y * times_high..(y + 1) * times_high).map(move |y| (x, y)))
                {
                    let ink = |byte: u8, bit: u8| if letter.0.reverse { byte & !bit } else { byte | bit };
                    flip(&mut rows, left + x.min(width - 1), top + y, ink);
                }
            });
            left += width;
        }
        rows
    }

    /// A QR code as rows; nothing for what no code can hold.
    pub(super) fn qr(&self, text: &[u8], module: u8, dots: usize) -> Vec<Row> {
        let Ok(code) = QrCode::new(text) else { return Vec::new() };
        let (width, side) = (code.width(), usize::from(module.clamp(1, 16)));
        let left = before(self.align, width * side, dots);
        let mut rows = Vec::new();
        for line in code.to_colors().chunks(width) {
            let mut row = [[0; ROW_BYTES]];
            for (x, _) in line.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark) {
                let across = left + x * side..left + (x + 1) * side;
                across.for_each(|x| flip(&mut row, x, 0, |byte, bit| byte | bit));
            }
            rows.extend(std::iter::repeat_n(row, side).flatten());
        }
        rows
    }
}

/// The characters of a piece: GB18030 where that was asked for, else a box for each byte above ASCII.
fn read(look: Look, piece: &[u8]) -> impl Iterator<Item = char> {
    let text = if look.chinese {
        GB18030.decode_without_bom_handling(piece).0.into_owned()
    } else {
        piece.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { UNKNOWN }).collect()
    };
    text.chars().collect::<Vec<_>>().into_iter()
}

/// In no font.
const UNKNOWN: char = '\u{FFFF}';

fn size((look, letter): &(Look, char)) -> (usize, usize) {
    if letter.is_ascii() { look.size } else { look.chinese_size }
}

/// Dots left of what is so wide.
fn before(align: u8, wide: usize, dots: usize) -> usize {
    let free = dots.saturating_sub(wide);
    match align {
        1 => free / 2,
        2 => free,
        _ => 0,
    }
}

fn flip(rows: &mut [Row], x: usize, y: usize, change: impl Fn(u8, u8) -> u8) {
    if let Some(byte) = rows.get_mut(y).and_then(|row| row.get_mut(x / 8)) {
        *byte = change(*byte, 0x80 >> (x % 8));
    }
}
