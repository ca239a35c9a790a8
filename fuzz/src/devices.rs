//! What is fuzzed of the devices: everything that takes bytes from a line. The tests of `pickup-devices` run the same
//! functions over the corpora.

use pickup_devices::idcard::parse_text;
use pickup_devices::idcard::sam::{Found, Receiver};
use pickup_devices::printer::{PrinterStatus, Reply, ReplyParser, TextLine, encode};
use pickup_devices::scanner::{Framer, Item, Replies, Terminator};

#[path = "locks.rs"]
pub mod locks;

/// A target: it panics when something does not hold.
pub type Target = fn(&[u8]);

/// All targets of devices by the name of their corpus.
pub const TARGETS: [(&str, Target); 4] =
    [("scanner", scanner), ("idcard", idcard), ("printer", printer), ("locks", locks::locks)];

const KINDS: [Replies; 3] = [Replies::Gm65, Replies::Newland, Replies::None];
const ENDS: [Terminator; 4] = [Terminator::Any, Terminator::Cr, Terminator::Lf, Terminator::CrLf];
const MAX_CODE: usize = 64;

/// Scanners: the first two bytes choose kind and end of a code and the size of reads; however the rest is split, the same
/// comes out, and no code is empty or passes the cap.
pub fn scanner(data: &[u8]) {
    let [choice, piece, stream @ ..] = data else { return };
    let kind = KINDS[usize::from(choice % 3)];
    let end = ENDS[usize::from(choice / 3 % 4)];
    let cut = |size: usize| {
        let (mut framer, mut found) = (Framer::new(kind, end, MAX_CODE), Vec::new());
        stream.chunks(size).for_each(|part| framer.push(part, &mut found));
        framer.silence(&mut found);
        assert!(!framer.has_begun(), "a silence ends everything");
        found
    };
    let whole = cut(usize::MAX);
    assert_eq!(cut(usize::from(*piece).max(1)), whole);
    for item in whole {
        if let Item::Code(code) = item {
            assert!((1..=MAX_CODE).contains(&code.len()));
        }
    }
}

/// Card readers: any stream, and any text block. Nothing that was read is printed.
pub fn idcard(data: &[u8]) {
    let mut receiver = Receiver::default();
    for found in data.iter().filter_map(|&byte| receiver.push(byte)) {
        if let Found::Answer(answer) = found
            && let Some(text) = answer.text()
        {
            assert_eq!(text.len(), 256);
            block(text);
        }
    }
    if let Some(text) = data.get(..256) {
        block(text);
    }
}

fn block(text: &[u8]) {
    if let Ok(card) = parse_text(text) {
        let told = format!("{card:?}");
        assert!(!told.contains(card.id_number.reveal()), "{told}");
        assert!(matches!(card.id_number.reveal().len(), 15 | 18));
    }
}

/// Printers: any stream; and any text on a slip, in which no order may stand that is obeyed at once.
pub fn printer(data: &[u8]) {
    let (mut parser, mut status) = (ReplyParser::default(), PrinterStatus::default());
    for reply in data.iter().filter_map(|&byte| parser.push(byte)) {
        match reply {
            Reply::Realtime(byte) => (1..=4).for_each(|n| status.apply_realtime(n, byte)),
            Reply::Pushed(bytes) => status.apply_pushed(bytes),
            Reply::Completed(id) => assert!(id.iter().all(|byte| byte & 0x90 == 0)),
            Reply::Stop(_) | Reply::Noise(_) => {}
        }
    }
    let text = String::from_utf8_lossy(data).into_owned();
    for bytes in encode(&[TextLine::Banner(text.clone()), TextLine::Qr(text)], 32) {
        let obeyed = |two: &[u8]| two[0] == 0x10 && matches!(two[1], 0x04 | 0x05 | 0x14);
        assert!(!bytes.windows(2).any(obeyed));
    }
}
