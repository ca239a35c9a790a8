//! What must hold of the codecs for any bytes: split reads, noise before, amid and after.

use std::time::Duration;

use pickup_devices::idcard::parse_text;
use pickup_devices::idcard::sam::{Found, Receiver, Status};
use pickup_devices::printer::{Align, Look, Reply, ReplyParser, TextLine, encode};
use pickup_devices::scanner::hid::KeyDecoder;
use pickup_devices::scanner::{Framer, Item, Replies, Terminator};
use proptest::collection::vec;
use proptest::prelude::*;

use super::fake_reader::{base, frame, person};

const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
const GM65_ACK: [u8; 7] = [0x02, 0x00, 0x00, 0x01, 0x00, 0x33, 0x31];
const NEWLAND_ACK: &[u8] = b"\x02\x010000#SCNTRG\x061;\x03";

fn answers(bytes: &[u8]) -> Vec<Found> {
    let mut receiver = Receiver::default();
    bytes.iter().filter_map(|&byte| receiver.push(byte)).collect()
}

fn items(replies: Replies, bytes: &[u8], pieces: &[usize]) -> Vec<Item> {
    let (mut framer, mut found) = (Framer::new(replies, Terminator::Any, 1024), Vec::new());
    let mut rest = bytes;
    for size in pieces.iter().copied().chain(std::iter::repeat(usize::MAX)) {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(size.clamp(1, rest.len()));
        framer.push(piece, &mut found);
        rest = after;
    }
    framer.silence(&mut found);
    found
}

fn replies(bytes: &[u8]) -> Vec<Reply> {
    let mut parser = ReplyParser::default();
    bytes.iter().filter_map(|&byte| parser.push(byte)).collect()
}

/// Rubbish, or something that begins like a frame.
fn part(frame: &[u8]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let frame = frame.to_vec();
    prop_oneof![
        vec(any::<u8>(), 0..40),
        (0..=frame.len()).prop_map(move |end| frame.iter().copied().take(end).collect()),
        Just(vec![0x00, 0x04]),
        Just(vec![b'\r']),
    ]
}

/// A code as a scanner may give it: no terminator, nothing that begins an answer.
fn code() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>().prop_filter("not special", |byte| !matches!(byte, b'\r' | b'\n' | 0x02)), 1..80)
}

proptest! {
    #[test]
    fn an_answer_of_the_reader_is_found_whatever_noise_is_around_it(
        before in vec(any::<u8>(), 0..60),
        after in vec(any::<u8>(), 0..60),
        content in vec(any::<u8>(), 3..300),
    ) {
        let good = frame(&content);
        let front = [&before[..], &good[..4]].concat();
        prop_assume!(!front.windows(5).any(|five| five == PREAMBLE));
        let found = answers(&[&before[..], &good, &after].concat());
        let Some(Found::Answer(answer)) = found.first() else { panic!("{found:?}") };
        prop_assert_eq!((answer.status, answer.length), (Status::from(content[2]), content.len() - 3));
    }

    #[test]
    fn a_damaged_card_is_never_read(at in 7_usize..1295, flip in 1..=255_u8) {
        let mut bytes = base(&person("990101198802291237"));
        bytes[at] ^= flip;
        prop_assert_eq!(answers(&bytes), [Found::Damaged]);
    }

    #[test]
    fn any_stream_is_survived_by_the_readers_receiver(parts in vec(part(&PREAMBLE), 0..20)) {
        let bytes = parts.concat();
        for found in answers(&bytes) {
            if let Found::Answer(answer) = found {
                prop_assert!(answer.text().is_none_or(|text| text.len() == 256));
            }
        }
    }

    #[test]
    fn any_text_block_is_read_or_refused_and_never_printed(
        changes in vec((0_usize..256, any::<u8>()), 0..12),
    ) {
        let mut block = person("990101198802291237");
        changes.iter().for_each(|&(at, byte)| block[at] = byte);
        let told = format!("{:?}", parse_text(&block));
        prop_assert!(!told.contains("1988") && !told.contains("测试"), "{}", told);
    }

    #[test]
    fn codes_come_out_whole_with_answers_anywhere_and_reads_of_any_size(
        codes in vec(code(), 1..6),
        acks in vec(0_usize..400, 0..6),
        pieces in vec(1_usize..40, 0..60),
        newland in any::<bool>(),
    ) {
        let (kind, ack) =
            if newland { (Replies::Newland, NEWLAND_ACK) } else { (Replies::Gm65, &GM65_ACK[..]) };
        let mut stream: Vec<u8> = codes.join(&b'\r');
        stream.push(b'\r');
        let mut places: Vec<usize> = acks.iter().map(|at| at % (stream.len() + 1)).collect();
        places.sort_unstable();
        for at in places.iter().rev() {
            stream.splice(at..at, ack.iter().copied());
        }
        let found = items(kind, &stream, &pieces);
        let read: Vec<&Vec<u8>> =
            found.iter().filter_map(|item| if let Item::Code(code) = item { Some(code) } else { None }).collect();
        prop_assert_eq!(read, codes.iter().collect::<Vec<_>>());
        let answered = found.iter().filter(|item| matches!(item, Item::Reply(_))).count();
        prop_assert_eq!(answered, acks.len());
    }

    #[test]
    fn any_stream_is_cut_the_same_however_it_is_split(
        parts in vec(prop_oneof![part(&GM65_ACK), part(NEWLAND_ACK)], 0..20),
        pieces in vec(1_usize..20, 0..60),
        kind in prop_oneof![Just(Replies::Gm65), Just(Replies::Newland), Just(Replies::None)],
    ) {
        let bytes = parts.concat();
        prop_assert_eq!(items(kind, &bytes, &pieces), items(kind, &bytes, &[]));
    }

    #[test]
    fn a_printers_replies_survive_answers_inside_them_and_noise_between_them(
        ids in vec(vec((0x20_u8..0x70).prop_map(|byte| byte & 0xEF), 4), 1..5),
        inside in 0_usize..7,
        noise in vec(prop_oneof![Just(0xFF_u8), Just(0xC3), Just(0x80), Just(0xA5)], 0..5),
    ) {
        let mut stream = Vec::new();
        for id in &ids {
            let mut reply = [&[0x37, 0x22], &id[..], &[0x00]].concat();
            reply.insert(inside, 0x12);
            stream.extend(&noise);
            stream.extend(reply);
            stream.extend(&noise);
        }
        let found = replies(&stream);
        let completed = found.iter().filter_map(|reply| if let Reply::Completed(id) = reply { Some(id.to_vec()) } else { None });
        prop_assert_eq!(completed.collect::<Vec<_>>(), ids.clone());
        let answered = found.iter().filter(|reply| **reply == Reply::Realtime(0x12)).count();
        prop_assert_eq!(answered, ids.len());
    }

    #[test]
    fn pushed_status_is_never_made_of_an_answer_to_a_question(
        pushes in vec((any::<u8>(), any::<u8>(), any::<u8>()), 1..5),
        at in 0_usize..5,
        answer in any::<u8>(),
    ) {
        let answer = answer & 0x6C | 0x12;
        for (first, second, third) in pushes {
            let whole = [first & 0x2C | 0x10, second & 0x6C, third & 0x0F, 0];
            let mut stream = whole.to_vec();
            stream.insert(at, answer);
            let found = replies(&stream);
            prop_assert_eq!(found.len(), 2);
            prop_assert!(found.contains(&Reply::Pushed(whole)) && found.contains(&Reply::Realtime(answer)));
        }
    }

    #[test]
    fn any_text_becomes_gb18030_without_orders_in_it(
        text in any::<String>(), value in any::<String>(), columns in 8_usize..60,
    ) {
        let slip = [
            TextLine::Text(text.clone(), Align::Centre, Look { large: true, bold: true }),
            TextLine::Pair(text.clone(), value, Look::default()),
            TextLine::Banner(text.clone()),
            TextLine::Qr(text),
        ];
        for block in encode(&slip, columns) {
            let realtime = |two: &[u8]| two[0] == 0x10 && matches!(two[1], 0x04 | 0x05 | 0x14);
            prop_assert!(!block.windows(2).any(realtime));
        }
    }

    #[test]
    fn any_keys_are_survived_and_no_code_passes_the_cap(
        keys in vec((prop_oneof![0_u16..100, any::<u16>()], -1..3_i32, 0_u64..700), 0..300),
    ) {
        let (mut decoder, mut at) = (KeyDecoder::new(16), Duration::ZERO);
        for (key, value, later) in keys {
            at += Duration::from_millis(later);
            if let Some(code) = decoder.push(key, value, at) {
                prop_assert!((1..=16).contains(&code.len()) && code.iter().all(|byte| (0x20..0x7F).contains(byte)));
            }
        }
    }
}
