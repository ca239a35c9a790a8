//! The ID-card reader's driver.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::idcard::{
    CardFault, IdCardConfig, IdCardEvent, IdCardHandle, IdCardTrace, ValidUntil, spawn_on,
};
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::fake_reader::{Reader, Shared, base, person, serve, status};
use super::line::{Plugs, all_within, next, socket, until, wait_for};

const NUMBER: &str = "990101198802291237";
const OTHER: &str = "99010119900101006X";

struct Bench {
    driver: IdCardHandle,
    reader: Shared,
    plugs: Plugs<DuplexStream>,
    device: JoinHandle<()>,
}

fn config() -> IdCardConfig {
    IdCardConfig { answer_ms: 60, read_ms: 1_000, ..IdCardConfig::default() }
}

fn start() -> Bench {
    let (socket, plugs) = socket();
    let reader = Reader::shared();
    let device = tokio::spawn(serve(plugs.plug(), reader.clone()));
    Bench { driver: spawn_on(config(), socket), reader, plugs, device }
}

async fn polling() -> Bench {
    let mut bench = start();
    assert_eq!(next(&mut bench.driver.events).await, IdCardEvent::Up);
    bench.driver.set_polling(true);
    bench
}

impl Bench {
    fn change(&self, change: impl FnOnce(&mut Reader)) {
        change(&mut self.reader.lock().unwrap());
    }

    fn lay(&self) {
        self.change(|reader| (reader.card, reader.was_read) = (Some(person(NUMBER)), false));
    }

    fn lift(&self) {
        self.change(|reader| reader.card = None);
    }

    async fn event(&mut self) -> IdCardEvent {
        next(&mut self.driver.events).await
    }

    async fn card(&mut self) {
        let event = self.event().await;
        let IdCardEvent::Card(card) = event else { panic!("{event:?}") };
        assert_eq!((card.name.as_str(), card.id_number.reveal()), ("测试乙", NUMBER));
        assert_eq!(card.valid_until, ValidUntil::LongTerm);
    }
}

#[tokio::test]
async fn a_card_is_read_once_per_laying() {
    let mut bench = polling().await;
    for _ in 0..2 {
        bench.lay();
        bench.card().await;
        let quiet = all_within(&mut bench.driver.events, Duration::from_millis(700)).await;
        assert_eq!(quiet, []);
        bench.lift();
        assert_eq!(bench.event().await, IdCardEvent::Removed);
    }
    assert_eq!(bench.reader.lock().unwrap().reads, 2);
}

#[tokio::test]
async fn a_card_that_takes_the_place_of_another_between_two_looks_is_read_and_one_that_stays_is_told_once() {
    let mut bench = polling().await;
    bench.lay();
    bench.card().await;
    until(|| bench.reader.lock().unwrap().reads >= 2).await;
    assert_eq!(all_within(&mut bench.driver.events, Duration::from_millis(100)).await, []);
    bench.change(|reader| reader.card = Some(person(OTHER)));
    let event = bench.event().await;
    let IdCardEvent::Card(card) = event else { panic!("{event:?}") };
    assert_eq!(card.id_number.reveal(), OTHER);
}

#[tokio::test]
async fn a_reader_that_hides_the_card_after_reading_gives_it_once_too() {
    let mut bench = polling().await;
    bench.change(|reader| reader.shy = true);
    bench.lay();
    bench.card().await;
    assert_eq!(bench.event().await, IdCardEvent::Removed);
    assert_eq!(all_within(&mut bench.driver.events, Duration::from_millis(700)).await, []);
}

#[tokio::test]
async fn cards_are_looked_for_only_when_asked_and_not_too_often() {
    let mut bench = start();
    assert_eq!(bench.event().await, IdCardEvent::Up);
    assert_eq!(bench.reader.lock().unwrap().finds, []);
    bench.driver.set_polling(true);
    until(|| bench.reader.lock().unwrap().finds.len() >= 4).await;
    let finds = bench.reader.lock().unwrap().finds.clone();
    let shortest = finds.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(shortest >= Duration::from_millis(299), "{shortest:?}");
}

#[tokio::test]
async fn a_card_that_cannot_be_used_is_told_once_with_its_reason_and_read_when_laid_anew() {
    let mut with_kind = person(NUMBER);
    with_kind[248] = b'Q';
    let mut broken = base(&person(NUMBER));
    broken[700] ^= 1;
    let mut no_name = person(NUMBER);
    no_name[30] = b'7';
    let mut tests = tokio::task::JoinSet::new();
    for (select, read, fault) in [
        (Some(status(0x81)), None, CardFault::NotSelected),
        (None, Some(status(0x41)), CardFault::NotRead),
        (None, Some(status(0x31)), CardFault::NotAuthentic),
        (None, Some(status(0x32)), CardFault::NotAuthentic),
        (None, Some(status(0x66)), CardFault::ReaderBroken),
        (None, Some(status(0x40)), CardFault::KindNotServed),
        (None, Some(base(&with_kind)), CardFault::KindNotServed),
        (None, Some(base(&no_name)), CardFault::BadText),
        (None, Some(broken), CardFault::Damaged),
        (None, Some(Vec::new()), CardFault::NoAnswer),
    ] {
        tests.spawn(async move {
            let mut bench = polling().await;
            bench.change(|reader| (reader.select, reader.read) = (select, read));
            bench.lay();
            assert_eq!(bench.event().await, IdCardEvent::ReadFailed(fault));
            bench.lift();
            assert_eq!(bench.event().await, IdCardEvent::Removed, "{fault:?}");
            bench.change(|reader| (reader.select, reader.read) = (None, None));
            bench.lay();
            bench.card().await;
        });
    }
    while let Some(result) = tests.join_next().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_card_that_failed_is_tried_again_after_a_while_without_more_words() {
    let mut bench = polling().await;
    bench.change(|reader| reader.read = Some(status(0x41)));
    bench.lay();
    assert_eq!(bench.event().await, IdCardEvent::ReadFailed(CardFault::NotRead));
    until(|| bench.reader.lock().unwrap().reads == 2).await;
    bench.change(|reader| reader.read = None);
    bench.card().await;
}

#[tokio::test]
async fn a_card_that_already_lies_there_is_read_when_asked_again() {
    let mut bench = polling().await;
    bench.lay();
    bench.card().await;
    bench.driver.set_polling(false);
    until(|| bench.driver.trace().iter().any(|entry| entry.event == IdCardTrace::Polling(false))).await;
    bench.driver.set_polling(true);
    bench.card().await;
    assert_eq!(bench.reader.lock().unwrap().reads, 2);
}

#[tokio::test]
async fn noise_before_answers_and_answers_in_single_bytes_are_understood() {
    for noise in [&[][..], &[0x00, 0xFF, 0xAA], &[0xAA, 0xAA, 0xAA, 0x96], &[0xAA, 0xAA]] {
        let mut bench = polling().await;
        bench.change(|reader| (reader.noise, reader.piece) = (noise.to_vec(), 1));
        bench.lay();
        bench.card().await;
    }
}

#[tokio::test]
async fn a_silent_reader_is_told_once_and_is_back_when_it_answers() {
    let mut bench = polling().await;
    bench.change(|reader| reader.silent = true);
    assert_eq!(bench.event().await, IdCardEvent::Down(DeviceFault::NoAnswer));
    assert_eq!(all_within(&mut bench.driver.events, Duration::from_millis(400)).await, []);
    bench.change(|reader| reader.silent = false);
    assert_eq!(bench.event().await, IdCardEvent::Up);
    bench.lay();
    bench.card().await;
}

#[tokio::test]
async fn a_reader_that_is_unplugged_is_found_again_and_goes_on_looking() {
    let mut bench = polling().await;
    bench.device.abort();
    assert_eq!(bench.event().await, IdCardEvent::Down(DeviceFault::PortLost));
    bench.lay();
    let _device = tokio::spawn(serve(bench.plugs.plug(), bench.reader.clone()));
    assert_eq!(bench.event().await, IdCardEvent::Up);
    bench.card().await;
}

#[tokio::test]
async fn a_card_is_read_over_a_pseudo_terminal() {
    let (socket, plugs) = socket();
    let reader = Reader::shared();
    reader.lock().unwrap().card = Some(person(NUMBER));
    let device = tokio::spawn(serve(plugs.plug_terminal(), reader));
    let mut driver = spawn_on(config(), socket);
    driver.set_polling(true);
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Up);
    wait_for(&mut driver.events, |event| matches!(event, IdCardEvent::Card(_))).await;
    device.abort();
    wait_for(&mut driver.events, |event| *event == IdCardEvent::Down(DeviceFault::PortLost)).await;
}
