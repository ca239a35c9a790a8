//! What is fuzzed of the devices: everything that takes bytes from a line. The tests of `pickup-devices` run the same
//! functions over the corpora.

use std::time::Duration;

use pickup_devices::idcard::parse_text;
use pickup_devices::idcard::sam::{Found, Receiver};
use pickup_devices::printer::{Align, Look, PrinterStatus, Reply, ReplyParser, TextLine, encode};
use pickup_devices::scanner::hid::KeyDecoder;
use pickup_devices::scanner::{Framer, Item, Replies, Terminator, gm65};

#[path = "locks.rs"]
pub mod locks;

/// A target: it panics when something does not hold.
pub type Target = fn(&[u8]);

/// What the devices other than locks are fuzzed by; the name is that of the corpus.
const OTHERS: [(&str, Target); 6] = [
    ("scanner", scanner),
    ("keyboard", keyboard),
    ("idcard", idcard),
    ("cardtext", cardtext),
    ("printer", printer),
    ("slip", slip),
];

/// All targets of devices by the name of their corpus.
#[must_use]
pub fn targets() -> Vec<(&'static str, Target)> {
    OTHERS.into_iter().chain(locks::TARGETS).collect()
}

const KINDS: [Replies; 3] = [Replies::Gm65, Replies::Newland, Replies::None];
const ENDS: [Terminator; 4] = [Terminator::Any, Terminator::Cr, Terminator::Lf, Terminator::CrLf];
/// Short, so that short inputs pass it.
const MAX_CODE: usize = 24;
/// An answer of a module that has more than this is none.
const MAX_ANSWER: usize = 20;

/// Scanners: the first two bytes choose kind and end of a code and the size of reads; however the rest is split, the same
/// comes out, and no code is empty or passes the cap. Once more with the rest closed as an answer of a module.
pub fn scanner(data: &[u8]) {
    let [choice, piece, stream @ ..] = data else { return };
    let kind = KINDS[usize::from(choice % 3)];
    let end = ENDS[usize::from(choice / 3 % 4)];
    cut(kind, end, usize::from(*piece).max(1), stream);
    if stream.len() <= MAX_ANSWER {
        let answer = [&[0x02, 0x00], stream, &gm65::crc16(stream).to_be_bytes()].concat();
        cut(Replies::Gm65, end, usize::from(*piece).max(1), &answer);
    }
}

fn cut(kind: Replies, end: Terminator, piece: usize, stream: &[u8]) {
    let cut = |size: usize| {
        let (mut framer, mut found) = (Framer::new(kind, end, MAX_CODE), Vec::new());
        stream.chunks(size).for_each(|part| framer.push(part, &mut found));
        framer.silence(&mut found);
        assert!(!framer.has_begun(), "a silence ends everything");
        found
    };
    let whole = cut(usize::MAX);
    assert_eq!(cut(piece), whole);
    for item in whole {
        if let Item::Code(code) = item {
            assert!((1..=MAX_CODE).contains(&code.len()));
        }
    }
}

/// Scanners that type: four bytes a key event, of key, movement and time.
pub fn keyboard(data: &[u8]) {
    let (mut decoder, mut now) = (KeyDecoder::new(MAX_CODE), Duration::ZERO);
    for event in data.chunks_exact(4) {
        now += Duration::from_millis(u64::from(event[3]) * 4);
        let key = u16::from_le_bytes([event[0], event[1] % 2]);
        if let Some(code) = decoder.push(key, i32::from(event[2] % 4) - 1, now) {
            assert!((1..=MAX_CODE).contains(&code.len()));
            assert!(code.iter().all(|byte| (b' '..=b'~').contains(byte)), "{code:02X?}");
        }
    }
}

/// Card readers: any stream, and the stream as what stands in a whole frame. Nothing that was read is printed.
pub fn idcard(data: &[u8]) {
    receive(data);
    let length = u16::try_from(data.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
    let checked = [&length[..], data].concat();
    let sum = checked.iter().fold(0, |sum, byte| sum ^ byte);
    receive(&[&[0xAA, 0xAA, 0xAA, 0x96, 0x69], &checked[..], &[sum]].concat());
}

fn receive(stream: &[u8]) {
    let mut receiver = Receiver::default();
    for found in stream.iter().filter_map(|&byte| receiver.push(byte)) {
        if let Found::Answer(answer) = found
            && let Some(text) = answer.text()
        {
            assert_eq!(text.len(), 256);
            cardtext(text);
        }
    }
}

/// The text on a card, padded with the spaces of an empty one.
pub fn cardtext(data: &[u8]) {
    let block: Vec<u8> = data.iter().copied().chain([0x20, 0x00].into_iter().cycle()).take(256).collect();
    if let Ok(card) = parse_text(&block) {
        let told = format!("{card:?}");
        assert!(!told.contains(card.id_number.reveal()), "{told}");
        assert!(matches!(card.id_number.reveal().len(), 15 | 18));
    }
    if data.len() != block.len() {
        assert!(parse_text(data).is_err(), "a text of {} bytes", data.len());
    }
}

/// Printers: any stream, and every status that it tells.
pub fn printer(data: &[u8]) {
    let (mut parser, mut status) = (ReplyParser::default(), PrinterStatus::default());
    for reply in data.iter().filter_map(|&byte| parser.push(byte)) {
        match reply {
            Reply::Realtime(byte) => (1..=4).for_each(|n| status.apply_realtime(n, byte)),
            Reply::Pushed(bytes) => status.apply_pushed(bytes),
            Reply::Completed(id) => assert!(id.iter().all(|byte| byte & 0x90 == 0)),
            Reply::Stop(_) | Reply::Noise(_) => {}
        }
        let _ = status.blocking_fault();
    }
}

/// Any text on a slip of any width: no order stands in it that a printer obeys at once.
pub fn slip(data: &[u8]) {
    let [width, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text).into_owned();
    let (left, right) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let (left, right) = (left.to_owned(), right.to_owned());
    let look = Look { large: width % 2 == 1, bold: width % 3 == 1 };
    let lines = [
        TextLine::Text(text.clone(), Align::Centre, look),
        TextLine::Pair(left, right, look),
        TextLine::Banner(text.clone()),
        TextLine::Qr(text),
    ];
    for bytes in encode(&lines, usize::from(*width).clamp(8, 64)) {
        let obeyed = |two: &[u8]| two[0] == 0x10 && matches!(two[1], 0x04 | 0x05 | 0x14);
        assert!(!bytes.windows(2).any(obeyed), "{bytes:02X?}");
    }
}
