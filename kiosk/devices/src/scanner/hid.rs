//! A scanner that types: key events to codes, by the layout such scanners leave the factory with (US). Pure; the device
//! itself is in `hid_port`.
//!
//! Layout dependence, a missing shift and lost punctuation are the known failures of such scanners. Pickup codes are
//! made of capital letters and digits for that reason, and a scanner in serial mode is the better choice.

use std::time::Duration;

/// Keys pressed further apart belong to different codes; nobody's scanner types so slowly.
const GAP: Duration = Duration::from_millis(500);

const ENTER: [u16; 2] = [28, 96];
const SHIFT: [u16; 2] = [42, 54];
const CAPS_LOCK: u16 = 58;

/// Key, letter without shift, letter with shift (`linux/input-event-codes.h`).
const KEYS: [(u16, u8, u8); 63] = [
    (2, b'1', b'!'),
    (3, b'2', b'@'),
    (4, b'3', b'#'),
    (5, b'4', b'$'),
    (6, b'5', b'%'),
    (7, b'6', b'^'),
    (8, b'7', b'&'),
    (9, b'8', b'*'),
    (10, b'9', b'('),
    (11, b'0', b')'),
    (12, b'-', b'_'),
    (13, b'=', b'+'),
    (16, b'q', b'Q'),
    (17, b'w', b'W'),
    (18, b'e', b'E'),
    (19, b'r', b'R'),
    (20, b't', b'T'),
    (21, b'y', b'Y'),
    (22, b'u', b'U'),
    (23, b'i', b'I'),
    (24, b'o', b'O'),
    (25, b'p', b'P'),
    (26, b'[', b'{'),
    (27, b']', b'}'),
    (30, b'a', b'A'),
    (31, b's', b'S'),
    (32, b'd', b'D'),
    (33, b'f', b'F'),
    (34, b'g', b'G'),
    (35, b'h', b'H'),
    (36, b'j', b'J'),
    (37, b'k', b'K'),
    (38, b'l', b'L'),
    (39, b';', b':'),
    (40, b'\'', b'"'),
    (41, b'`', b'~'),
    (43, b'\\', b'|'),
    (44, b'z', b'Z'),
    (45, b'x', b'X'),
    (46, b'c', b'C'),
    (47, b'v', b'V'),
    (48, b'b', b'B'),
    (49, b'n', b'N'),
    (50, b'm', b'M'),
    (51, b',', b'<'),
    (52, b'.', b'>'),
    (53, b'/', b'?'),
    (55, b'*', b'*'),
    (57, b' ', b' '),
    (71, b'7', b'7'),
    (72, b'8', b'8'),
    (73, b'9', b'9'),
    (74, b'-', b'-'),
    (75, b'4', b'4'),
    (76, b'5', b'5'),
    (77, b'6', b'6'),
    (78, b'+', b'+'),
    (79, b'1', b'1'),
    (80, b'2', b'2'),
    (81, b'3', b'3'),
    (82, b'0', b'0'),
    (83, b'.', b'.'),
    (98, b'/', b'/'),
];

/// Keys to codes.
#[derive(Debug)]
pub struct KeyDecoder {
    code: Vec<u8>,
    max_code: usize,
    too_long: bool,
    shifts: [bool; 2],
    caps_lock: bool,
    last_at: Duration,
}

impl KeyDecoder {
    /// For codes of at most `max_code` bytes; longer ones are dropped whole.
    pub fn new(max_code: usize) -> Self {
        Self {
            code: Vec::new(),
            max_code,
            too_long: false,
            shifts: [false; 2],
            caps_lock: false,
            last_at: Duration::ZERO,
        }
    }

    /// Takes a key event at a time since any fixed moment: `value` 0 is released, 1 pressed, 2 held down. Gives the code
    /// when ENTER ends it.
    pub fn push(&mut self, key: u16, value: i32, at: Duration) -> Option<Vec<u8>> {
        if let Some(down) =
            SHIFT.iter().zip(&mut self.shifts).find_map(|(k, down)| (*k == key).then_some(down))
        {
            *down = value != 0;
            return None;
        }
        if value != 1 {
            return None;
        }
        if at.saturating_sub(self.last_at) > GAP {
            self.forget();
        }
        self.last_at = at;
        if ENTER.contains(&key) {
            let code = std::mem::take(&mut self.code);
            return (!std::mem::take(&mut self.too_long) && !code.is_empty()).then_some(code);
        }
        self.caps_lock ^= key == CAPS_LOCK;
        self.take(key);
        None
    }

    fn take(&mut self, key: u16) {
        let Some(&(_, plain, shifted)) = KEYS.iter().find(|(known, ..)| *known == key) else { return };
        let capital = plain.is_ascii_lowercase() && self.caps_lock;
        let letter = if self.shifts.contains(&true) != capital { shifted } else { plain };
        if self.code.len() < self.max_code {
            self.code.push(letter);
        } else {
            self.too_long = true;
        }
    }

    fn forget(&mut self) {
        self.code.clear();
        self.too_long = false;
    }
}

/// For programs built without the feature `hid`: never finds a keyboard.
#[cfg(not(feature = "hid"))]
pub(super) struct NoKeyboards;

#[cfg(not(feature = "hid"))]
impl crate::Connector for NoKeyboards {
    type Io = tokio::io::DuplexStream;

    async fn connect(&mut self, _baud: u32) -> std::io::Result<Self::Io> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types a text as a scanner does, ENTER at its end.
    fn typed(text: &str) -> Vec<(u16, i32)> {
        let mut events = Vec::new();
        for letter in text.bytes() {
            let (key, _, shifted) = KEYS.into_iter().find(|(_, a, b)| *a == letter || *b == letter).unwrap();
            let shift = shifted == letter && KEYS.iter().all(|(k, a, _)| *k != key || *a != letter);
            events.extend(shift.then_some((42, 1)));
            events.extend([(key, 1), (key, 0)]);
            events.extend(shift.then_some((42, 0)));
        }
        events.extend([(28, 1), (28, 0)]);
        events
    }

    fn decode(decoder: &mut KeyDecoder, events: &[(u16, i32)], step_ms: u64) -> Vec<String> {
        let times = (0..).map(|n| Duration::from_millis(n * step_ms));
        let codes = events.iter().zip(times).filter_map(|(&(key, value), at)| decoder.push(key, value, at));
        codes.map(|code| String::from_utf8(code).unwrap()).collect()
    }

    #[test]
    fn every_printable_character_is_typed_and_read_back() {
        let all: String = (0x20..0x7F_u8).map(char::from).collect();
        assert_eq!(decode(&mut KeyDecoder::new(1024), &typed(&all), 1), [all]);
    }

    #[test]
    fn codes_are_told_apart_by_enter_and_empty_ones_are_none() {
        let events = [typed("BP1ABC"), typed(""), typed("x-9")].concat();
        assert_eq!(decode(&mut KeyDecoder::new(1024), &events, 1), ["BP1ABC", "x-9"]);
    }

    #[test]
    fn a_held_key_a_key_without_a_letter_and_a_release_type_nothing() {
        let events = [(30, 1), (30, 2), (30, 2), (30, 0), (59, 1), (48, 1), (96, 1)];
        assert_eq!(decode(&mut KeyDecoder::new(1024), &events, 1), ["ab"]);
    }

    #[test]
    fn caps_lock_makes_capitals_of_letters_only_and_shift_turns_it_round() {
        let events = [(58, 1), (58, 0), (30, 1), (2, 1), (42, 1), (48, 1), (42, 0), (28, 1)];
        assert_eq!(decode(&mut KeyDecoder::new(1024), &events, 1), ["A1b"]);
    }

    #[test]
    fn what_a_person_leaves_unfinished_is_not_put_before_the_next_code() {
        let mut decoder = KeyDecoder::new(1024);
        assert_eq!(decoder.push(30, 1, Duration::ZERO), None);
        let later = Duration::from_secs(2);
        assert_eq!(decoder.push(48, 1, later), None);
        assert_eq!(decoder.push(28, 1, later), Some(b"b".to_vec()));
    }

    #[test]
    fn an_overlong_code_is_dropped_whole_and_the_next_one_is_read() {
        let events = [typed("AAAAA"), typed("AAAA")].concat();
        assert_eq!(decode(&mut KeyDecoder::new(4), &events, 1), ["AAAA"]);
    }
}
