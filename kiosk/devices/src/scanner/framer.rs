//! Cuts the scanner's byte stream into codes, with the module's replies taken out wherever they stand.

use super::Terminator;
use super::gm65::{Parse, Reply, parse_reply};
use super::triggers::parse_newland;

/// What answers look like that are to be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replies {
    /// Those of the GM65 family.
    #[default]
    Gm65,
    /// Those of Newland's modules.
    Newland,
    /// There are none.
    None,
}

impl Replies {
    fn parse(self, bytes: &[u8]) -> Parse {
        match self {
            Self::Gm65 => parse_reply(bytes),
            Self::Newland => parse_newland(bytes),
            Self::None => Parse::No,
        }
    }
}

/// What was found in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A code, without its terminator, never empty.
    Code(Vec<u8>),
    /// An answer to a request.
    Reply(Reply),
    /// A code beyond the cap was dropped; reported at the moment the cap is passed.
    TooLong,
}

/// The state of cutting; feed it bytes and silences.
#[derive(Debug)]
pub struct Framer {
    replies: Replies,
    terminator: Terminator,
    max_code: usize,
    /// Not yet judged: begins like a reply.
    pending: Vec<u8>,
    code: Vec<u8>,
    /// The rest of an overlong code, up to its terminator or a silence.
    dropping: bool,
}

impl Framer {
    /// A framer for codes of at most `max_code` bytes.
    pub fn new(replies: Replies, terminator: Terminator, max_code: usize) -> Self {
        Self { replies, terminator, max_code, pending: Vec::new(), code: Vec::new(), dropping: false }
    }

    /// Whether something has begun that a silence would end.
    pub fn has_begun(&self) -> bool {
        self.dropping || !self.code.is_empty() || !self.pending.is_empty()
    }

    /// Takes bytes as they arrive, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8], found: &mut Vec<Item>) {
        for &byte in bytes {
            self.pending.push(byte);
            self.judge_pending(false, found);
        }
    }

    /// Nothing came for a while: what has begun is whole.
    pub fn silence(&mut self, found: &mut Vec<Item>) {
        self.judge_pending(true, found);
        self.end_code(found);
    }

    fn judge_pending(&mut self, at_end: bool, found: &mut Vec<Item>) {
        while let Some(&front) = self.pending.first() {
            match self.replies.parse(&self.pending) {
                Parse::Reply(reply, length) => {
                    self.pending.drain(..length);
                    found.push(Item::Reply(reply));
                }
                Parse::Partial if !at_end => return,
                Parse::Partial | Parse::No => {
                    self.pending.remove(0);
                    self.take(front, found);
                }
            }
        }
    }

    fn take(&mut self, byte: u8, found: &mut Vec<Item>) {
        let ends = match self.terminator {
            Terminator::Any => matches!(byte, b'\r' | b'\n'),
            Terminator::Cr => byte == b'\r',
            Terminator::Lf => byte == b'\n',
            Terminator::CrLf => byte == b'\n' && self.code.last() == Some(&b'\r'),
        };
        if ends {
            if self.terminator == Terminator::CrLf {
                self.code.pop();
            }
            self.end_code(found);
        } else if self.dropping {
            // Kept only so that CR LF is still seen.
            self.code.clear();
            self.code.push(byte);
        } else if self.code.len() >= self.max_code {
            self.code.clear();
            self.code.push(byte);
            self.dropping = true;
            found.push(Item::TooLong);
        } else {
            self.code.push(byte);
        }
    }

    fn end_code(&mut self, found: &mut Vec<Item>) {
        let code = std::mem::take(&mut self.code);
        if !std::mem::take(&mut self.dropping) && !code.is_empty() {
            found.push(Item::Code(code));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACK: [u8; 7] = [0x02, 0x00, 0x00, 0x01, 0x00, 0x33, 0x31];

    fn all(terminator: Terminator, bytes: &[u8], piece: usize) -> Vec<Item> {
        let mut framer = Framer::new(Replies::Gm65, terminator, 1024);
        let mut found = Vec::new();
        bytes.chunks(piece).for_each(|piece| framer.push(piece, &mut found));
        framer.silence(&mut found);
        found
    }

    fn codes(items: &[Item]) -> Vec<&[u8]> {
        items
            .iter()
            .filter_map(|item| if let Item::Code(code) = item { Some(&code[..]) } else { None })
            .collect()
    }

    #[test]
    fn each_terminator_ends_a_code_in_pieces_of_any_size() {
        for piece in 1..8 {
            for (terminator, bytes) in [
                (Terminator::Any, &b"AB\rCD\nEF\r\n\r\nGH"[..]),
                (Terminator::Cr, b"AB\rCD\rEF\rGH"),
                (Terminator::Lf, b"AB\nCD\nEF\nGH"),
                (Terminator::CrLf, b"AB\r\nCD\r\nEF\r\nGH"),
            ] {
                let found = all(terminator, bytes, piece);
                assert_eq!(
                    codes(&found),
                    [b"AB", b"CD", b"EF", b"GH"],
                    "{terminator:?} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn replies_are_taken_out_before_after_and_amid_a_code() {
        let stream = [&ACK[..], b"AB", &ACK, b"CD\r", &ACK].concat();
        for piece in 1..stream.len() {
            let found = all(Terminator::Any, &stream, piece);
            assert_eq!(codes(&found), [b"ABCD"], "pieces of {piece}");
            assert_eq!(found.len(), 4);
        }
    }

    #[test]
    fn only_the_answers_of_the_modules_own_kind_are_taken_out() {
        let newland = b"\x02\x010000#SCNTRG\x061;\x03";
        let found = |replies, bytes: &[u8]| {
            let (mut framer, mut found) = (Framer::new(replies, Terminator::Any, 1024), Vec::new());
            bytes.iter().for_each(|byte| framer.push(&[*byte], &mut found));
            found
        };
        let stream = [&newland[..], b"AB\r"].concat();
        let items = found(Replies::Newland, &stream);
        assert_eq!(codes(&items), [b"AB"]);
        assert!(matches!(items[0], Item::Reply(Reply { status: 0, .. })));
        let as_it_came = found(Replies::None, &stream);
        assert_eq!(codes(&as_it_came), [&stream[..stream.len() - 1]]);
        assert_eq!(codes(&found(Replies::None, &[&ACK[..], b"\r"].concat())), [ACK]);
    }

    #[test]
    fn a_reply_that_contains_a_terminator_is_not_cut() {
        let mut reply = vec![0x02, 0x00, 0x00, 0x01, 0x0D];
        reply.extend(super::super::gm65::crc16(&reply[2..]).to_be_bytes());
        assert_eq!(all(Terminator::Any, &reply, 1), [Item::Reply(Reply { status: 0, data: vec![0x0D] })]);
    }

    #[test]
    fn the_beginning_of_a_reply_that_never_ends_is_given_as_it_came() {
        assert_eq!(codes(&all(Terminator::Any, &[0x02, 0x00, 0x00, b'X'], 1)), [&[0x02, 0x00, 0x00, b'X']]);
    }

    #[test]
    fn an_overlong_code_is_dropped_once_and_the_next_one_is_whole() {
        for terminator in [Terminator::Any, Terminator::CrLf] {
            let stream = [&vec![b'A'; 5000][..], b"\r\nOK\r\n"].concat();
            let found = all(terminator, &stream, 100);
            assert_eq!(found, [Item::TooLong, Item::Code(b"OK".to_vec())]);
        }
    }

    #[test]
    fn any_noise_is_survived_and_no_code_passes_the_cap() {
        let mut seed = 0x2545_F491_4F6C_DD1D_u64;
        for round in 0..200 {
            let noise: Vec<u8> = (0..3000)
                .map(|_| {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    if round % 2 == 0 { seed as u8 } else { (seed % 4) as u8 }
                })
                .collect();
            assert!(codes(&all(Terminator::Any, &noise, 1 + round)).iter().all(|code| code.len() <= 1024));
        }
    }
}
