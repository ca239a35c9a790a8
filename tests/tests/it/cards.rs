//! The card reader's driver against the mock: every document, every fault, every broken wire.

use std::time::Duration;

use pickup_devices::idcard::{
    CardFault, CardKind, IdCardConfig, IdCardEvent, IdCardHandle, ReadCommand, ValidUntil, spawn,
};
use pickup_devices::{DeviceFault, TraceEntry};
use pickup_hw_mock::idcard::{Card, Kind};
use pickup_hw_mock::wire::WireFault;
use pickup_hw_mock::world::Device;

use super::rig::{Rig, all_within, each, next, wait_for};

const NUMBER: &str = "99010119900101006X";

/// An invented person.
fn card(kind: Kind) -> Card {
    let number = if kind == Kind::Foreign2017 { "ZZZ990123456789" } else { NUMBER };
    let nation = if kind == Kind::Foreign2017 { "ZZZ" } else { "01" };
    let text = str::to_owned;
    Card {
        name: text(if matches!(kind, Kind::Foreign2017 | Kind::Foreign2023) { "" } else { "测试甲" }),
        sex: text("2"),
        nation: text(nation),
        birth: text("19900101"),
        address: text("虚构省样例市测试路 1 号"),
        id_number: text(number),
        issuer: text("样例市公安局"),
        valid_from: text("20200101"),
        valid_until: text(if kind == Kind::Citizen { "长期" } else { "20300101" }),
        kind,
        latin_name: text("TEST, PERSON"),
        fingerprints: 0,
    }
}

fn config(rig: &Rig) -> IdCardConfig {
    IdCardConfig { port: rig.port("idcard"), answer_ms: 250, read_ms: 2_000, ..IdCardConfig::default() }
}

async fn polling(rig: &Rig) -> IdCardHandle {
    let mut driver = spawn(config(rig));
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Up);
    driver.set_polling(true);
    driver
}

fn lay(rig: &Rig, card: Card) {
    rig.bench.change(|world| world.lay_card(Some(card)));
}

fn lift(rig: &Rig) {
    rig.bench.change(|world| world.lay_card(None));
}

/// Lifts the card, lays it again and sees it read.
async fn read_anew(rig: &Rig, driver: &mut IdCardHandle) {
    lift(rig);
    lay(rig, card(Kind::Citizen));
    wait_for(&mut driver.events, |event| matches!(event, IdCardEvent::Card(_))).await;
}

#[tokio::test]
async fn every_kind_of_document_is_read_with_fingerprints_and_without() {
    let kinds = [
        (Kind::Citizen, CardKind::Citizen, "测试甲"),
        (Kind::Foreign2017, CardKind::Foreign2017, "TEST, PERSON"),
        (Kind::Foreign2023, CardKind::Foreign2023, "TEST, PERSON"),
        (Kind::ResidencePermit, CardKind::ResidencePermit, "测试甲"),
    ];
    each(kinds, |(laid, kind, name)| async move {
        for (read, fingerprints) in [
            (ReadCommand::Base, 2),
            (ReadCommand::WithFingerprints, 0),
            (ReadCommand::WithFingerprints, 1),
            (ReadCommand::WithFingerprints, 2),
        ] {
            let rig = Rig::start();
            let mut driver = spawn(IdCardConfig { read, ..config(&rig) });
            driver.set_polling(true);
            lay(&rig, Card { fingerprints, ..card(laid) });
            let (_, event) = wait_for(&mut driver.events, |event| *event != IdCardEvent::Up).await;
            let IdCardEvent::Card(found) = event else { panic!("{event:?}") };
            assert_eq!((found.kind, found.name.as_str()), (kind, name));
            assert_eq!(found.id_number.reveal(), card(laid).id_number);
            assert_eq!(found.valid_until == ValidUntil::LongTerm, kind == CardKind::Citizen);
            let events: Vec<String> = driver.trace().iter().map(TraceEntry::text).collect();
            let told = format!("{found:?} {}", events.join("\n"));
            assert!(!told.contains(name) && !told.contains("1990") && !told.contains("9901"), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_fault_of_card_and_reader_is_told_once_and_a_card_laid_anew_is_read() {
    let faults = [
        ("read_failed", CardFault::NotRead),
        ("auth_failed", CardFault::NotAuthentic),
        ("reader_refused_card", CardFault::NotAuthentic),
        ("not_verified", CardFault::NotAuthentic),
        ("wrong_card", CardFault::KindNotServed),
        ("random_failed", CardFault::ReaderBroken),
        ("self_test_failed", CardFault::ReaderBroken),
        ("not_authorised", CardFault::ReaderBroken),
        ("select_failed", CardFault::NotSelected),
        ("no_such_item", CardFault::NotRead),
        ("bad_checksum", CardFault::Damaged),
        ("bad_length", CardFault::Damaged),
        ("bad_command", CardFault::Damaged),
        ("unknown", CardFault::NotRead),
        ("damaged", CardFault::Damaged),
        ("bad_text", CardFault::BadText),
    ];
    each(faults, |(name, fault)| async move {
        let rig = Rig::start();
        let mut driver = polling(&rig).await;
        rig.fault("idcard", Some(name)).await;
        lay(&rig, card(Kind::Citizen));
        assert_eq!(next(&mut driver.events).await, IdCardEvent::ReadFailed(fault), "{name}");
        assert_eq!(next(&mut driver.events).await, IdCardEvent::Removed, "{name}");
        rig.fault("idcard", None).await;
        read_anew(&rig, &mut driver).await;
    })
    .await;
}

#[tokio::test]
async fn a_card_that_stays_found_after_reading_is_given_once() {
    let rig = Rig::start();
    let mut driver = polling(&rig).await;
    rig.fault("idcard", Some("stays")).await;
    lay(&rig, card(Kind::Citizen));
    assert!(matches!(next(&mut driver.events).await, IdCardEvent::Card(_)));
    assert_eq!(all_within(&mut driver.events, Duration::from_millis(800)).await, []);
    lift(&rig);
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Removed);
}

#[tokio::test]
async fn rubbish_around_answers_and_answers_in_pieces_are_no_matter() {
    each([WireFault::GarbageBefore, WireFault::GarbageAfter, WireFault::Pieces], |fault| async move {
        let rig = Rig::start();
        rig.wire(Device::IdCard, Some(fault));
        let mut driver = polling(&rig).await;
        lay(&rig, card(Kind::Citizen));
        assert!(matches!(next(&mut driver.events).await, IdCardEvent::Card(_)), "{fault:?}");
    })
    .await;
}

#[tokio::test]
async fn late_lost_and_damaged_answers_give_no_card_and_end_with_the_fault() {
    each([WireFault::Late, WireFault::Cut, WireFault::GarbageInside], |fault| async move {
        let rig = Rig::start();
        let mut driver = polling(&rig).await;
        rig.wire(Device::IdCard, Some(fault));
        lay(&rig, card(Kind::Citizen));
        let said = all_within(&mut driver.events, Duration::from_secs(3)).await;
        assert!(!said.iter().any(|event| matches!(event, IdCardEvent::Card(_))), "{fault:?}: {said:?}");
        assert!(said.len() <= 2, "{fault:?}: {said:?}");
        rig.wire(Device::IdCard, None);
        read_anew(&rig, &mut driver).await;
    })
    .await;
}

#[tokio::test]
async fn a_silent_reader_is_down_once_and_up_once() {
    let rig = Rig::start();
    let mut driver = polling(&rig).await;
    rig.fault("idcard", Some("silent")).await;
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Down(DeviceFault::NoAnswer));
    assert_eq!(all_within(&mut driver.events, Duration::from_secs(1)).await, []);
    rig.fault("idcard", None).await;
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Up);
    read_anew(&rig, &mut driver).await;
}

#[tokio::test]
async fn a_reader_pulled_out_in_the_middle_of_a_card_is_found_again_and_the_card_read_when_laid_anew() {
    let rig = Rig::start();
    let mut driver = polling(&rig).await;
    rig.bench.wires.hold();
    lay(&rig, card(Kind::Citizen));
    // What was asked before the card lay there is let go, up to the answer that found it.
    loop {
        rig.waits().await;
        if rig.bench.world().log_since(0).1.iter().any(|entry| entry["kind"] == "card_read") {
            break;
        }
        rig.bench.step().await;
    }
    rig.wire(Device::IdCard, Some(WireFault::UnplugMid));
    rig.bench.release().await;
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Down(DeviceFault::PortLost));
    assert_eq!(next(&mut driver.events).await, IdCardEvent::Up);
    read_anew(&rig, &mut driver).await;
}
