//! An ID-card reader as the standard describes it, with a card of an invented person.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::line::hex;

#[derive(Debug, Default)]
pub struct Reader {
    /// The text block of the card that lies there.
    pub card: Option<Vec<u8>>,
    pub silent: bool,
    /// Answers to select and read, when not the good ones.
    pub select: Option<Vec<u8>>,
    pub read: Option<Vec<u8>>,
    /// Says that there is no card any more after a good read, until it is lifted.
    pub shy: bool,
    pub was_read: bool,
    /// Sent before each answer.
    pub noise: Vec<u8>,
    /// Answers go out in pieces of this size.
    pub piece: usize,
    /// When a card was looked for.
    pub finds: Vec<Instant>,
    pub reads: usize,
}

pub type Shared = Arc<Mutex<Reader>>;

pub fn frame(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 1).unwrap().to_be_bytes();
    let xor = length.iter().chain(content).fold(0, |xor, byte| xor ^ byte);
    [&hex("AA AA AA 96 69")[..], &length, content, &[xor]].concat()
}

pub fn status(code: u8) -> Vec<u8> {
    frame(&[0, 0, code])
}

/// An invented person: the region 990101 does not exist.
pub fn person(number: &str) -> Vec<u8> {
    let mut block = [0x20, 0x00].repeat(128);
    for (start, text) in [
        (0, "测试乙"),
        (30, "1"),
        (32, "01"),
        (36, "19880229"),
        (52, "虚构省无名市二号"),
        (122, number),
        (158, "虚构市公安局"),
        (188, "20190615"),
        (204, "长期"),
    ] {
        for (at, unit) in text.encode_utf16().enumerate() {
            block[start + 2 * at..][..2].copy_from_slice(&unit.to_le_bytes());
        }
    }
    block
}

pub fn base(text: &[u8]) -> Vec<u8> {
    frame(&[&hex("00 00 90 01 00 04 00")[..], text, &hex("57 4C 66 00 7E 00"), &[0x5A; 1018]].concat())
}

impl Reader {
    pub fn shared() -> Shared {
        Arc::new(Mutex::new(Self { piece: 4096, ..Self::default() }))
    }

    fn answer(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        if self.silent {
            return None;
        }
        let card = self.card.clone().filter(|_| !(self.shy && self.was_read));
        Some(match (request[7], request[8], card) {
            (0x11, 0xFF, _) => hex("AA AA AA 96 69 00 04 00 00 90 94"),
            (0x20, 0x01, card) => {
                self.finds.push(Instant::now());
                match card {
                    Some(_) => hex("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97"),
                    None => hex("AA AA AA 96 69 00 04 00 00 80 84"),
                }
            }
            (0x20, 0x02, Some(_)) => self
                .select
                .clone()
                .unwrap_or_else(|| hex("AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C")),
            (0x30, 0x01, Some(text)) => {
                self.reads += 1;
                self.was_read = self.read.is_none();
                self.read.clone().unwrap_or_else(|| base(&text))
            }
            (0x20, ..) => status(0x81),
            _ => status(0x41),
        })
    }
}

/// Serves until the line is dropped.
pub async fn serve<L: AsyncRead + AsyncWrite + Unpin>(mut line: L, reader: Shared) {
    let mut request = [0; 10];
    while line.read_exact(&mut request).await.is_ok() {
        let (answer, piece) = {
            let mut reader = reader.lock().unwrap();
            let answer = reader.answer(&request).map(|answer| [&reader.noise[..], &answer].concat());
            (answer.unwrap_or_default(), reader.piece)
        };
        for piece in answer.chunks(piece) {
            if line.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
