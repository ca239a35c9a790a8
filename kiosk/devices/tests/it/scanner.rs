//! The scanner's driver.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::scanner::{
    ScannerConfig, ScannerEvent, ScannerHandle, ScannerKind, ScannerTrace, gm65, spawn, spawn_on, triggers,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::line::{Plugs, hex, next, read, socket, within};

const ACK: [u8; 7] = [0x02, 0x00, 0x00, 0x01, 0x00, 0x33, 0x31];

fn config() -> ScannerConfig {
    ScannerConfig { answer_ms: 60, silence_ms: 60, alternate_baud: None, ..ScannerConfig::default() }
}

fn unconfigured() -> ScannerConfig {
    ScannerConfig { settings: Vec::new(), ..config() }
}

fn start(config: ScannerConfig) -> (ScannerHandle, Plugs<DuplexStream>, DuplexStream) {
    let (socket, plugs) = socket();
    let far = plugs.plug();
    (spawn_on(config, socket), plugs, far)
}

fn zone(value: u8) -> Vec<u8> {
    let checked = [0x00, 0x01, value];
    [&[0x02, 0x00][..], &checked, &gm65::crc16(&checked).to_be_bytes()].concat()
}

fn code(text: &[u8]) -> ScannerEvent {
    ScannerEvent::Code(text.to_vec())
}

#[tokio::test]
async fn settings_are_read_and_only_the_different_ones_are_written_and_saved() {
    let (mut scanner, _plugs, mut far) = start(config());
    assert_eq!(read(&mut far, 7).await, hex("7E 00 07 01 00 00 01"));
    read(&mut far, 2).await;
    // Command mode with light and beep: only the lowest two bits may change.
    far.write_all(&zone(0xD5)).await.unwrap();
    assert_eq!(read(&mut far, 7).await, hex("7E 00 08 01 00 00 D6"));
    read(&mut far, 2).await;
    far.write_all(&ACK).await.unwrap();
    assert_eq!(read(&mut far, 7).await, hex("7E 00 07 01 00 13 01"));
    read(&mut far, 2).await;
    far.write_all(&zone(0x85)).await.unwrap();
    assert_eq!(read(&mut far, 9).await, hex("7E 00 09 01 00 00 00 DE C8"));
    far.write_all(&ACK).await.unwrap();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
}

#[tokio::test]
async fn nothing_is_written_when_all_settings_are_right() {
    let (mut scanner, _plugs, mut far) = start(config());
    for value in [0xD6, 0x85] {
        assert_eq!(read(&mut far, 9).await[2], 0x07);
        far.write_all(&zone(value)).await.unwrap();
    }
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"DONE\r").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"DONE"));
    drop(scanner);
    let mut rest = Vec::new();
    within(far.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest, []);
}

#[tokio::test]
async fn a_module_that_refuses_a_setting_is_left_as_it_is() {
    let (mut scanner, _plugs, mut far) = start(config());
    for _ in 0..2 {
        assert_eq!(read(&mut far, 9).await[2], 0x07);
        far.write_all(&hex("02 00 03 01 00 6A 61")).await.unwrap();
    }
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    let refused = |entry: &pickup_devices::TraceEntry<ScannerTrace>| {
        matches!(entry.event, ScannerTrace::SettingRefused(_, 3))
    };
    assert_eq!(scanner.trace().iter().filter(|entry| refused(entry)).count(), 2);
}

#[tokio::test]
async fn a_module_that_stays_silent_still_scans() {
    let (mut scanner, _plugs, mut far) = start(config());
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"BP1ABC\r\n").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"BP1ABC"));
}

#[tokio::test]
async fn the_other_speed_is_tried_when_the_module_is_silent_and_kept_when_it_answers() {
    let (socket, plugs) = socket();
    let silent = plugs.plug();
    let mut far = plugs.plug();
    let mut scanner = spawn_on(ScannerConfig { alternate_baud: Some(115_200), ..config() }, socket);
    for value in [0x02, 0x85] {
        read(&mut far, 9).await;
        far.write_all(&zone(value)).await.unwrap();
    }
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    assert_eq!(plugs.bauds(), [9600, 115_200]);
    drop((silent, far));
    assert!(matches!(next(&mut scanner.events).await, ScannerEvent::Down(_)));
    let mut again = plugs.plug();
    read(&mut again, 9).await;
    assert_eq!(plugs.bauds(), [9600, 115_200, 115_200]);
}

#[tokio::test]
async fn acknowledgements_amid_codes_and_codes_during_set_up_are_kept_apart() {
    let (mut scanner, _plugs, mut far) = start(config());
    read(&mut far, 9).await;
    far.write_all(&[b"EARLY\r", &zone(0x02)[..], &ACK[..3]].concat()).await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"EARLY"));
    far.write_all(&[&ACK[3..], b"SEC"].concat()).await.unwrap();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(&[&ACK[..], b"OND\r"].concat()).await.unwrap();
    assert!(matches!(next(&mut scanner.events).await, ScannerEvent::Code(code) if code.ends_with(b"OND")));
}

#[tokio::test]
async fn a_code_without_terminator_ends_with_silence() {
    let (mut scanner, _plugs, mut far) = start(unconfigured());
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    for byte in b"PIECES" {
        far.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(next(&mut scanner.events).await, code(b"PIECES"));
}

#[tokio::test]
async fn noise_and_endless_codes_are_survived_and_the_next_code_is_whole() {
    let (mut scanner, _plugs, mut far) = start(unconfigured());
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    let noise: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    far.write_all(&noise).await.unwrap();
    far.write_all(&vec![b'A'; 20_000]).await.unwrap();
    far.write_all(b"\r").await.unwrap();
    far.write_all(b"WHOLE\r").await.unwrap();
    within(async {
        loop {
            match next(&mut scanner.events).await {
                ScannerEvent::Code(text) if text == b"WHOLE" => break,
                ScannerEvent::Code(text) => {
                    assert!(text.len() <= 1024);
                    // A full queue drops codes; then the last one is offered again.
                    far.write_all(b"\rWHOLE\r").await.unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_that_vanishes_is_told_once_and_found_again() {
    let (mut scanner, plugs, far) = start(unconfigured());
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    drop(far);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Down(DeviceFault::PortLost));
    let mut far = plugs.plug();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"AGAIN\n").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"AGAIN"));
}

#[tokio::test]
async fn codes_read_while_nobody_listened_are_forgotten() {
    let (socket, plugs) = socket();
    let mut far = plugs.plug();
    far.write_all(b"STALE\r").await.unwrap();
    let mut scanner = spawn_on(unconfigured(), socket);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"FRESH\r").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"FRESH"));
}

#[tokio::test]
async fn a_port_that_is_not_there_is_told_once() {
    let (socket, plugs) = socket::<DuplexStream>();
    let mut scanner = spawn_on(unconfigured(), socket);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Down(DeviceFault::PortUnavailable));
    let _far = plugs.plug();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
}

#[tokio::test]
async fn the_driver_ends_with_its_handle() {
    let (scanner, _plugs, mut far) = start(unconfigured());
    drop(scanner);
    let mut rest = Vec::new();
    within(far.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_pseudo_terminal_is_scanned_unplugged_and_scanned_again() {
    let (socket, plugs) = socket();
    let far = plugs.plug_terminal();
    let mut scanner = spawn_on(config(), socket);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"ONE\r").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"ONE"));
    drop(far);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Down(DeviceFault::PortLost));
    let far = plugs.plug_terminal();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"TWO\r").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"TWO"));
}

#[tokio::test]
async fn a_module_that_is_told_to_read_is_told_again_after_each_code_and_stopped_at_the_end() {
    for (kind, start_order, stop_order) in [
        (ScannerKind::Newland, triggers::NEWLAND_START, triggers::NEWLAND_STOP),
        (ScannerKind::Honeywell, triggers::HONEYWELL_START, triggers::HONEYWELL_STOP),
    ] {
        let (mut scanner, plugs, mut far) = start(ScannerConfig { kind, ..config() });
        assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
        assert_eq!(plugs.bauds(), [kind.default_baud()]);
        for text in ["FIRST", "SECOND"] {
            assert_eq!(read(&mut far, start_order.len()).await, start_order);
            far.write_all(format!("{text}\r").as_bytes()).await.unwrap();
            assert_eq!(next(&mut scanner.events).await, code(text.as_bytes()));
        }
        assert_eq!(read(&mut far, start_order.len()).await, start_order);
        drop(scanner);
        assert_eq!(read(&mut far, stop_order.len()).await, stop_order);
    }
}

#[tokio::test]
async fn a_module_whose_reading_ended_by_itself_is_told_again() {
    let (_scanner, _plugs, mut far) =
        start(ScannerConfig { kind: ScannerKind::Honeywell, trigger_ms: 30, ..config() });
    for _ in 0..3 {
        assert_eq!(read(&mut far, 3).await, triggers::HONEYWELL_START);
    }
}

#[tokio::test]
async fn a_newland_answer_amid_codes_is_taken_out_and_a_refusal_is_traced() {
    let (mut scanner, _plugs, mut far) = start(ScannerConfig { kind: ScannerKind::Newland, ..config() });
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"\x02\x010000#SCNTRG\x151;\x03BP1ABC\r").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"BP1ABC"));
    let refused =
        |entry: &pickup_devices::TraceEntry<ScannerTrace>| entry.event == ScannerTrace::OrderRefused(0x15);
    assert!(scanner.trace().iter().any(refused));
}

#[tokio::test]
async fn a_scanner_of_lines_is_never_written_to() {
    let (mut scanner, _plugs, mut far) = start(ScannerConfig { kind: ScannerKind::Lines, ..config() });
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    far.write_all(b"\x02\x00\x00LINE\r\n").await.unwrap();
    assert_eq!(next(&mut scanner.events).await, code(b"\x02\x00\x00LINE"));
    drop(scanner);
    let mut rest = Vec::new();
    within(far.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(rest, []);
}

#[tokio::test]
async fn a_late_answer_to_an_earlier_request_is_not_taken_for_the_answer() {
    let (mut scanner, _plugs, mut far) = start(config());
    assert_eq!(read(&mut far, 9).await[2], 0x07);
    // What an earlier process had asked, and the answer.
    far.write_all(&[zone(0x11), zone(0xD6)].concat()).await.unwrap();
    assert_eq!(read(&mut far, 9).await[2], 0x07);
    far.write_all(&zone(0x85)).await.unwrap();
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Up);
    assert!(!scanner.trace().iter().any(|entry| matches!(entry.event, ScannerTrace::SettingChanged(_))));
}

#[tokio::test]
async fn a_keyboard_that_is_not_there_is_told_like_any_other_port() {
    let config = ScannerConfig { kind: ScannerKind::Hid, port: "ffff:fffe".into(), ..config() };
    let mut scanner = spawn(config);
    assert_eq!(next(&mut scanner.events).await, ScannerEvent::Down(DeviceFault::PortUnavailable));
}

#[test]
fn a_configuration_file_may_leave_out_all_but_the_port() {
    let config: ScannerConfig = toml::from_str("port = '/dev/ttyUSB0'\nterminator = 'cr'").unwrap();
    assert_eq!((config.kind, config.baud), (ScannerKind::Gm65, None));
    assert_eq!(config.kind.default_baud(), 9600);
    assert_eq!(config.silence_ms, Duration::from_millis(150).as_millis() as u64);
}
