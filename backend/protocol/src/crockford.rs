//! Crockford base32: upper-case letters and digits without I, L, O, U, so that a keyboard-mode scanner cannot garble it.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes `bytes`, most significant bit first, padded with zero bits at the end.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let mut push = |five: u32| {
        if let Some(&c) = ALPHABET.get((five & 31) as usize) {
            out.push(char::from(c));
        }
    };
    for &byte in bytes {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(buffer >> bits);
            buffer &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        push(buffer << (5 - bits));
    }
    out
}

/// Reads what [`encode`] wrote; also takes small letters and the look-alikes `O` (0), `I` and `L` (1).
///
/// `None` for any other character, a length no encoding has, or padding bits that are not zero.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if matches!(text.len() % 8, 1 | 3 | 6) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for c in text.bytes() {
        buffer = (buffer << 5) | value(c)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(buffer >> bits).ok()?);
            buffer &= (1 << bits) - 1;
        }
    }
    (buffer == 0).then_some(out)
}

fn value(c: u8) -> Option<u32> {
    let c = match c.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|&a| a == c).and_then(|p| u32::try_from(p).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_frozen() {
        assert_eq!(encode(b""), "");
        assert_eq!(encode(b"\xff"), "ZW");
        assert_eq!(encode(b"hello"), "D1JPRV3F");
        assert_eq!(decode("d1jprv3f").as_deref(), Some(&b"hello"[..]));
    }

    #[test]
    fn every_length_reads_back() {
        for n in 0..40_u8 {
            let bytes: Vec<u8> = (0..n).map(|i| i.wrapping_mul(73).wrapping_add(n)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn refuses_foreign_characters_and_dirty_padding() {
        for bad in ["U0", "Z-", "ZZ", "A", "中文"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
