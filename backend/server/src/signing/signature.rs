//! What signers answer, brought into the one form that messages carry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Half of a raw SM2 signature.
const HALF: usize = 32;

/// Signature bytes from an answer: base64, with or without PEM lines around it; an SM2 signature in DER becomes raw
/// `r||s`. `length` is what a signature of the key has. `None` when it is something else.
#[must_use]
pub fn read(text: &str, length: usize) -> Option<Vec<u8>> {
    let lines: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let compact: String = lines.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(compact).ok()?;
    if bytes.len() == length {
        return Some(bytes);
    }
    raw(&bytes).filter(|raw| raw.len() == length)
}

/// `SEQUENCE { INTEGER r, INTEGER s }` as `r||s`.
fn raw(der: &[u8]) -> Option<Vec<u8>> {
    let (inside, rest) = element(der, 0x30)?;
    let (r, behind) = element(inside, 0x02)?;
    let (s, nothing) = element(behind, 0x02)?;
    if !rest.is_empty() || !nothing.is_empty() {
        return None;
    }
    Some([half(r)?, half(s)?].concat())
}

/// Content of a short element with this tag, and what is behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    // Two integers of 33 bytes fit the short form of a length.
    (found == tag && length < 0x80).then(|| rest.split_at_checked(usize::from(length)))?
}

fn half(integer: &[u8]) -> Option<Vec<u8>> {
    let significant: &[u8] = match integer.iter().position(|byte| *byte != 0) {
        Some(at) => integer.get(at..)?,
        None => &[],
    };
    let missing = HALF.checked_sub(significant.len())?;
    Some([vec![0; missing], significant.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_base64_pem_and_der_give_the_same_signature() {
        let mut raw = vec![0x80; 64];
        raw[32] = 0;
        raw[33] = 1;
        let r: Vec<u8> = [vec![0], raw[..32].to_vec()].concat();
        let s = &raw[33..];
        let der = [vec![0x30, 68, 2, 33], r, vec![2, 31], s.to_vec()].concat();
        let pem = format!("-----BEGIN SIGNATURE-----\n{}\n-----END SIGNATURE-----\n", STANDARD.encode(&der));
        for text in [STANDARD.encode(&raw), STANDARD.encode(&der), pem] {
            assert_eq!(read(&text, 64), Some(raw.clone()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in ["", "*", "AAAA", &STANDARD.encode([0x30; 70]), &STANDARD.encode([1; 65])] {
            assert_eq!(read(text, 64), None, "{text}");
        }
    }
}
