//! Documents, scanners and models of printer beside the commonest, as their makers' sheets give them.

use std::time::Duration;

use pickup_hw_mock::idcard::{Card, IdCardFault, Kind, Reader, text_block};
use pickup_hw_mock::printer::{Model, Printer, PrinterFault, ROW_BYTES};
use pickup_hw_mock::scanner::{Scanner, ScannerKind};

use crate::slips::{CUT, ECHO, ECHOED, picture};
use crate::support::{START, card, hex};

fn field(block: &[u8], from: usize, bytes: usize) -> String {
    let units: Vec<u16> = block[from..from + bytes]
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).unwrap().trim_end().to_owned()
}

#[test]
fn each_kind_of_document_has_its_flag_and_its_fields_in_their_places() {
    for (kind, flag) in [(Kind::Citizen, ""), (Kind::ResidencePermit, "J"), (Kind::Foreign2023, "Y")] {
        let block = text_block(&Card { kind, latin_name: "TEST PERSON".into(), ..card() });
        assert_eq!(block.len(), 256);
        assert_eq!(field(&block, 248, 2), flag);
        assert_eq!(field(&block, 122, 36), "99010119900101006X");
        assert_eq!(field(&block, 36, 16), "19900101");
        assert_eq!(field(&block, 52, 70) == "TEST PERSON", kind == Kind::Foreign2023);
    }
    let foreigner = Card {
        kind: Kind::Foreign2017,
        latin_name: "TEST, PERSON".into(),
        id_number: "ZZZ990123456789".into(),
        nation: "ZZZ".into(),
        valid_until: "20300101".into(),
        ..card()
    };
    assert_eq!(foreigner.check(), Ok(()));
    let block = text_block(&foreigner);
    let places =
        [(0, 120), (120, 2), (122, 30), (152, 6), (158, 30), (188, 16), (204, 16), (220, 16), (248, 2)];
    let fields: Vec<String> = places.iter().map(|&(from, bytes)| field(&block, from, bytes)).collect();
    assert_eq!(
        fields,
        ["TEST, PERSON", "2", "ZZZ990123456789", "ZZZ", "测试甲", "20200101", "20300101", "19900101", "I"]
    );
}

#[test]
fn fingerprints_come_after_the_photo_when_they_are_asked_for() {
    for (fingerprints, length, head) in [
        (0, 1297, "05 0A 00 00 90 01 00 04 00 00 00"),
        (1, 1809, "07 0A 00 00 90 01 00 04 00 02 00"),
        (2, 2321, "09 0A 00 00 90 01 00 04 00 04 00"),
    ] {
        let mut reader = Reader::default();
        reader.set_card(Some(Card { fingerprints, ..card() }));
        reader.feed(&hex("AA AA AA 96 69 00 03 20 01 22"), START);
        reader.feed(&hex("AA AA AA 96 69 00 03 20 02 21"), START);
        let read = reader.feed(&hex("AA AA AA 96 69 00 03 30 10 23"), START);
        assert_eq!((read.len(), read[5..16].to_vec()), (length, hex(head)));
        assert_eq!(read[5..].iter().fold(0, |xor, byte| xor ^ byte), 0);
    }
}

#[test]
fn each_fault_of_the_card_has_its_status_byte_by_byte() {
    for (fault, status) in [
        (IdCardFault::AuthFailed, "31 35"),
        (IdCardFault::ReaderRefusedCard, "32 36"),
        (IdCardFault::NotVerified, "33 37"),
        (IdCardFault::WrongCard, "40 44"),
        (IdCardFault::RandomFailed, "47 43"),
        (IdCardFault::SelfTestFailed, "60 64"),
        (IdCardFault::NotAuthorised, "66 62"),
        (IdCardFault::SelectFailed, "81 85"),
        (IdCardFault::ReadFailed, "41 45"),
        (IdCardFault::NoSuchItem, "91 95"),
        (IdCardFault::BadChecksum, "10 14"),
        (IdCardFault::BadLength, "11 15"),
        (IdCardFault::BadCommand, "21 25"),
        (IdCardFault::Unknown, "24 20"),
    ] {
        let mut reader = Reader::default();
        reader.set_card(Some(card()));
        reader.set_fault(Some(fault));
        reader.feed(&hex("AA AA AA 96 69 00 03 20 01 22"), START);
        let mut answer = reader.feed(&hex("AA AA AA 96 69 00 03 20 02 21"), START);
        if answer.len() > 12 {
            answer = reader.feed(&hex("AA AA AA 96 69 00 03 30 01 32"), START);
        }
        assert_eq!(answer, hex(&format!("AA AA AA 96 69 00 04 00 00 {status}")), "{fault:?}");
    }
}

#[test]
fn modules_that_are_told_to_read_read_for_a_while_and_a_line_scanner_always() {
    let trigger = [
        (
            ScannerKind::Newland,
            "7E 01 30 30 30 30 23 53 43 4E 54 52 47 31 3B 03",
            "7E 01 30 30 30 30 23 53 43 4E 54 52 47 30 3B 03",
        ),
        (ScannerKind::Honeywell, "16 54 0D", "16 55 0D"),
    ];
    for (kind, start, stop) in trigger {
        let mut scanner = Scanner::of(kind);
        assert!(scanner.scanned(b"A", START).is_empty());
        scanner.feed(&hex(start), START);
        assert_eq!(scanner.scanned(b"A", START), b"A\r");
        assert!(scanner.scanned(b"A", START).is_empty(), "once a trigger");
        scanner.feed(&hex(start), START);
        assert!(scanner.scanned(b"A", START + Duration::from_secs(6)).is_empty(), "not for ever");
        scanner.feed(&[hex(start), hex(stop)].concat(), START);
        assert!(scanner.scanned(b"A", START).is_empty(), "not after it was stopped");
    }
    assert_eq!(Scanner::of(ScannerKind::Lines).scanned(b"A", START), b"A\r");
}

#[test]
fn newland_acknowledges_what_it_knows_and_refuses_the_rest() {
    let mut scanner = Scanner::of(ScannerKind::Newland);
    let done = scanner.feed(b"\xFF~\x010000#SCNTRG1;\x03", START);
    assert_eq!(done, b"\x02\x010000#SCNTRG\x061;\x03");
    assert_eq!(scanner.feed(b"~\x010000#NOSUCH1;\x03", START), b"\x02\x010000#NOSUCH\x151;\x03");
}

#[test]
fn a_simple_model_neither_confirms_nor_pushes() {
    let mut printer = Printer::default();
    printer.set_model(Model { gs_h: false, asb: false, ..Model::default() });
    let out = printer.feed(&[&hex("1D 61 0F")[..], &picture(&[1]), &CUT, &ECHO].concat(), START);
    assert_eq!((out.slips.len(), out.reply), (1, Vec::new()));
}

#[test]
fn a_model_that_clears_prints_nothing_of_a_slip_that_met_the_end_of_the_paper() {
    for clears in [false, true] {
        let mut printer = Printer::default();
        printer.set_model(Model { clears, ..Model::default() });
        printer.set_fault(Some(PrinterFault::PaperOutMid), START);
        let slip = picture(&[1; 300]);
        printer.feed(&[&slip[..], &CUT, &ECHO].concat(), START);
        let out = printer.set_fault(None, START);
        assert_eq!(out.reply.ends_with(&ECHOED), !clears);
        let rows: usize = out.slips.iter().map(|slip| slip.rows.len() / ROW_BYTES).sum();
        assert_eq!(rows, if clears { 240 } else { 300 });
    }
}

#[test]
fn narrow_paper_loses_what_does_not_fit() {
    let mut printer = Printer::default();
    printer.set_model(Model { dots: 384, ..Model::default() });
    let out = printer.feed(&[&picture(&[0xFF])[..], b"\n", &[b'A'; 40], b"\n", &CUT].concat(), START);
    let rows = &out.slips[0].rows;
    assert!(rows[..48].iter().all(|byte| *byte == 0xFF) && rows[48..72].iter().all(|byte| *byte == 0));
    assert!(rows.chunks(ROW_BYTES).all(|row| row[48..].iter().all(|byte| *byte == 0)));
}

#[test]
fn the_text_of_a_slip_is_read_from_gb18030() {
    let job = [
        &hex("1B 40 1C 26 CC E1 BB F5 20 41 0A 1D 28 6B 05 00 31 50 30 53 31 1D 28 6B 03 00 31 51 30")[..],
        &CUT,
    ];
    let out = Printer::default().feed(&job.concat(), START);
    assert_eq!(out.slips[0].text, "提货 A\n[QR S1]\n");
}

#[test]
fn errors_beyond_the_cutter_have_their_bits() {
    for (fault, answer, pushed) in [
        (PrinterFault::RecoverableError, "16", "18 04 00 00"),
        (PrinterFault::UnrecoverableError, "32", "18 20 00 00"),
    ] {
        let mut printer = Printer::default();
        printer.feed(&hex("1D 61 0F"), START);
        assert_eq!(printer.set_fault(Some(fault), START).reply, hex(pushed));
        assert_eq!(printer.feed(&hex("10 04 03"), START).reply, hex(answer));
    }
}
