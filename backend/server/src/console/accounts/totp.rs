//! The second factor: six digits from a telephone (RFC 6238: HMAC-SHA-1, 30 seconds, as every such program does it).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use jiff::Timestamp;

const STEP_S: i64 = 30;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret, 160 bits.
pub type Secret = [u8; 20];

/// The step whose code this is: the present one or one beside it, and later than `last`, since no code is good twice.
#[must_use]
pub fn step_of(secret: &Secret, code: &str, now: Timestamp, last: i64) -> Option<i64> {
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let present = now.as_second().div_euclid(STEP_S);
    (present.saturating_sub(1)..=present.saturating_add(1)).find(|step| {
        let right = verify_slices_are_equal(at(secret, *step).as_bytes(), code.as_bytes()).is_ok();
        right && *step > last
    })
}

/// The code at a time.
#[must_use]
pub fn code(secret: &Secret, now: Timestamp) -> String {
    at(secret, now.as_second().div_euclid(STEP_S))
}

/// What a telephone reads from the QR code.
#[must_use]
pub fn address(secret: &Secret, name: &str) -> String {
    let name = percent(name);
    let secret = base32(secret);
    format!("otpauth://totp/Bonded%20Pickup:{name}?secret={secret}&issuer=Bonded%20Pickup")
}

/// The secret as it is typed in by hand.
#[must_use]
pub fn base32(secret: &[u8]) -> String {
    let (mut text, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    for byte in secret {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from((held >> bits) & 31).unwrap_or(0);
            text.extend(ALPHABET.get(index).map(|letter| char::from(*letter)));
        }
    }
    if bits > 0 {
        let index = usize::try_from((held << (5 - bits)) & 31).unwrap_or(0);
        text.extend(ALPHABET.get(index).map(|letter| char::from(*letter)));
    }
    text
}

/// RFC 4226, section 5.3.
fn at(secret: &Secret, step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or(0) & 15);
    let four =
        bytes.get(offset..offset + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()).unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(char::from(byte));
        } else {
            all.push_str(&format!("%{byte:02X}"));
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Secret = *b"12345678901234567890";

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The last six of the eight digits of RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(&SECRET, time(second)), expected);
        }
    }

    #[test]
    fn a_code_is_good_beside_its_time_and_never_twice() {
        let now = time(59);
        let used = step_of(&SECRET, "287 082", now, 0).unwrap();
        assert_eq!(used, 1);
        assert_eq!(step_of(&SECRET, "287082", now, used), None);
        assert_eq!(step_of(&SECRET, "287082", time(89), 0), Some(1));
        assert_eq!(step_of(&SECRET, "287082", time(120), 0), None);
        assert_eq!(step_of(&SECRET, "", now, 0), None);
    }

    #[test]
    fn the_secret_is_written_as_telephones_read_it() {
        assert_eq!(base32(&SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            address(&SECRET, "王 a").starts_with("otpauth://totp/Bonded%20Pickup:%E7%8E%8B%20a?secret=GEZD")
        );
    }
}
