//! What is fuzzed: the functions that take bytes from outside, and what must hold of their answers.
//!
//! The tests of `pickup-customs` run the same functions over the corpora in `fuzz/corpus`.

// The tests of `pickup-customs` take this file in without the devices.
#[cfg(not(test))]
pub mod devices;

use fastrand::Rng;
use pickup_customs::dsig::verify_any;
use pickup_customs::{AnyMessage, Certificate, DxpMsg, DxpMsgSv, check_chain, read_receipts, write_receipts};

/// Guid of the messages in which receipts are written again.
const GUID: &str = "00000000-0000-4000-8000-000000000001";

/// A target: it panics when something does not hold.
pub type Target = fn(&[u8]);

/// What comes from customs, by the name of its corpus.
pub const TARGETS: [(&str, Target); 3] = [("receipts", receipts), ("dxp", dxp), ("signature", signature)];

/// Receipts and documents: what is read and can be written reads back the same.
pub fn receipts(data: &[u8]) {
    if let Ok(batch) = read_receipts(data) {
        for receipt in &batch.receipts {
            let one = std::slice::from_ref(receipt);
            // A lenient reader takes what a port may not send, such as a field that is too long.
            let Ok(xml) = write_receipts(GUID, one) else { continue };
            assert_eq!(
                read_receipts(xml.as_bytes()).map(|again| again.receipts).as_deref(),
                Ok(one),
                "{xml}"
            );
        }
    }
    if let Ok(message) = AnyMessage::read(data) {
        let written = message.write();
        let xml = written.as_ref().map(|written| written.to_xml());
        let again = xml.as_ref().map(|xml| AnyMessage::read(xml.as_bytes()));
        assert_eq!(again, Ok(Ok(message)), "what the schema accepts is written again, and the same");
    }
}

/// Envelopes: what is read and can be written reads back the same.
pub fn dxp(data: &[u8]) {
    if let Ok(envelope) = DxpMsg::read(data) {
        if let Ok(xml) = envelope.to_xml() {
            assert_eq!(DxpMsg::read(xml.as_bytes()).as_ref(), Ok(&envelope), "{xml}");
        }
        receipts(&envelope.data);
    }
    if let Ok(envelope) = DxpMsgSv::read(data)
        && let Ok(xml) = envelope.to_xml()
    {
        assert_eq!(DxpMsgSv::read(xml.as_bytes()).as_ref(), Ok(&envelope), "{xml}");
    }
}

/// Signatures and certificates: whatever they are, an answer comes.
pub fn signature(data: &[u8]) {
    if let Ok(verified) = verify_any(data) {
        let pem = verified.certificate.to_pem();
        assert_eq!(Certificate::from_pem(&pem).as_ref(), Ok(&verified.certificate));
    }
    if let Ok(certificate) = Certificate::from_der(data) {
        let (from, until) = certificate.validity();
        let own = std::slice::from_ref(&certificate);
        assert_eq!(check_chain(&certificate, &[], own, from).is_ok(), from <= until);
        let _ = check_chain(&certificate, own, &[], from);
        let _ = certificate.expires_within(from);
    }
}

/// Changes bytes in one to four places: bits, pieces cut out, doubled or moved, marks of XML put in, numbers at their limits.
pub fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    const MARKS: [&str; 20] = [
        "<",
        ">",
        "</",
        "/>",
        "&",
        "&#x0;",
        "&amp;",
        "\"",
        "'",
        "=",
        " xmlns=\"\"",
        " xmlns:ceb=\"u\"",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE a>",
        "<?x?>",
        "\u{FEFF}",
        "\r\n",
    ];
    const NUMBERS: [&str; 8] = [
        "0",
        "-1",
        "99999999999999.99999",
        "1e9",
        "20260230000000",
        "99991231235959999",
        "9223372036854775808",
        "",
    ];
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(..=bytes.len());
        let end = at.saturating_add(rng.usize(..24)).min(bytes.len());
        match rng.u8(..8) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << rng.u8(..8);
                }
            }
            2 => drop(bytes.drain(at..end)),
            3 => put(bytes, at, MARKS[rng.usize(..MARKS.len())].as_bytes()),
            4 => put(bytes, at, NUMBERS[rng.usize(..NUMBERS.len())].as_bytes()),
            5 => {
                let piece = bytes[at..end].to_vec();
                let to = rng.usize(..=bytes.len());
                put(bytes, to, &piece);
            }
            6 => bytes.truncate(bytes.len().saturating_sub(rng.usize(..64))),
            _ => {
                let Some(other) = rng.choice(others) else { continue };
                let from = rng.usize(..=other.len());
                let to = from.saturating_add(rng.usize(..200)).min(other.len());
                put(bytes, at, &other[from..to]);
            }
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}
