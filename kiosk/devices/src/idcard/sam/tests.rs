//! Frozen against the standard's frames: if one of these fails, do not change the test.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// Preamble, content and xor.
fn frame(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 1).unwrap().to_be_bytes();
    let xor = length.iter().chain(content).fold(0, |xor, byte| xor ^ byte);
    [&PREAMBLE[..], &length, content, &[xor]].concat()
}

fn receive(stream: &[u8]) -> Vec<Found> {
    let mut receiver = Receiver::default();
    stream.iter().filter_map(|&byte| receiver.push(byte)).collect()
}

fn statuses(stream: &[u8]) -> Vec<Option<Status>> {
    receive(stream)
        .iter()
        .map(|found| if let Found::Answer(answer) = found { Some(answer.status) } else { None })
        .collect()
}

fn base() -> Vec<u8> {
    let text: Vec<u8> = (0..=255).collect();
    [&bytes("00 00 90 01 00 04 00")[..], &text, &[0xAA; 1024]].concat()
}

#[test]
fn requests_match_the_standard_byte_by_byte() {
    for (request, tail) in [
        (Request::Reset, "00 03 10 FF EC"),
        (Request::Status, "00 03 11 FF ED"),
        (Request::ModuleId, "00 03 12 FF EE"),
        (Request::Find, "00 03 20 01 22"),
        (Request::Select, "00 03 20 02 21"),
        (Request::ReadBase, "00 03 30 01 32"),
        (Request::ReadBaseAndFingerprints, "00 03 30 10 23"),
        (Request::ReadAddress, "00 03 30 03 30"),
    ] {
        assert_eq!(request.encode()[..], bytes(&format!("AA AA AA 96 69 {tail}")), "{request:?}");
    }
}

#[test]
fn short_answers_of_the_standard_are_understood() {
    for (tail, status, length) in [
        ("00 04 00 00 90 94", Status::Done, 0),
        ("00 08 00 00 9F 00 00 00 00 97", Status::Found, 4),
        ("00 0C 00 00 90 00 00 00 00 00 00 00 00 9C", Status::Done, 8),
        ("00 04 00 00 80 84", Status::NotFound, 0),
        ("00 04 00 00 81 85", Status::SelectFailed, 0),
        ("00 04 00 00 41 45", Status::ReadFailed, 0),
        ("00 04 00 00 31 35", Status::CardRefusedReader, 0),
    ] {
        let found = receive(&bytes(&format!("AA AA AA 96 69 {tail}")));
        let [Found::Answer(answer)] = &found[..] else { panic!("{tail}: {found:?}") };
        assert_eq!((answer.status, answer.length), (status, length), "{tail}");
    }
}

#[test]
fn base_data_has_1295_bytes_and_gives_its_text_but_keeps_no_photo() {
    let stream = frame(&base());
    assert_eq!(stream.len(), 1295);
    assert_eq!(stream[5..7], bytes("05 08"));
    let found = receive(&stream);
    let [Found::Answer(answer)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(answer.text().unwrap(), (0..=255).collect::<Vec<u8>>());
    assert_eq!(answer.kept.len(), 4 + 256);
    assert_eq!(answer.length, 4 + 256 + 1024);
}

#[test]
fn base_data_with_fingerprints_has_1297_1809_or_2321_bytes_and_keeps_its_text_only() {
    let text: Vec<u8> = (0..=255).rev().collect();
    for (head, fingers, total, length) in [
        ("01 00 04 00 00 00", 0, 1297, "05 0A"),
        ("01 00 04 00 02 00", 512, 1809, "07 0A"),
        ("01 00 04 00 04 00", 1024, 2321, "09 0A"),
    ] {
        let content =
            [&bytes("00 00 90")[..], &bytes(head), &text, &[0x57; 1024], &vec![0x43; fingers]].concat();
        let stream = frame(&content);
        assert_eq!((stream.len(), &stream[5..7]), (total, &bytes(length)[..]));
        let found = receive(&stream);
        let [Found::Answer(answer)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(answer.text().unwrap(), text);
        assert_eq!(answer.kept.len(), 6 + 256);
    }
}

#[test]
fn lengths_that_do_not_make_up_the_answer_give_no_text() {
    for head in ["01 00 03 00", "00 FF 04 01", "01 00 04 00 04 00", "FF FF FF FF FF FF"] {
        let content = [&bytes("00 00 90")[..], &bytes(head), &[0; 256 + 1024]].concat();
        let found = receive(&frame(&content));
        let [Found::Answer(answer)] = &found[..] else { panic!("{found:?}") };
        let fits = head == "01 00 04 00";
        assert_eq!(answer.text().is_some(), fits, "{head}");
    }
}

#[test]
fn noise_before_between_and_after_is_skipped() {
    let good = frame(&bytes("00 00 80"));
    for noise in
        ["00 FF 13", "AA", "AA AA", "AA AA AA", "AA AA AA 96", "AA 96 69", "AA AA AA 96 69 FF FF", "96 69"]
    {
        let noise = bytes(noise);
        let stream = [&noise[..], &good, &noise, &good, &noise].concat();
        assert_eq!(statuses(&stream), [Some(Status::NotFound); 2], "{noise:02X?}");
    }
}

#[test]
fn a_damaged_byte_anywhere_is_never_taken_for_an_answer() {
    let good = frame(&bytes("00 00 9F 00 00 00 00"));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(!statuses(&bad).contains(&Some(Status::Found)), "byte {at}");
    }
}

#[test]
fn all_status_codes_of_the_standard_have_a_name() {
    for code in bytes("90 9F 10 11 21 24 31 32 33 40 41 47 60 66 80 81 91") {
        assert!(!matches!(Status::from(code), Status::Other(_)), "{code:02X}");
    }
    assert_eq!(Status::from(0x77), Status::Other(0x77));
    let codes: std::collections::BTreeSet<_> = Status::ALL.map(Status::code).into();
    assert_eq!(codes.len(), Status::ALL.len());
}

#[test]
fn an_answer_does_not_print_what_was_read() {
    let found = receive(&frame(&base()));
    assert!(!format!("{found:?}").contains("kept"));
}
