//! Journeys of staff over the service pages: devices tried, the machine looked at, out of service and back.

use pickup_protocol::health::{DeviceHealth, TraceLine};
use pickup_session::service::Laid;
use pickup_session::{Event, Trouble};

use super::person::{Person, in_both_languages};
use super::{desk, sample};
use crate::service::Figures;

impl Person {
    fn comes_to_service(&mut self) {
        self.comes_as_staff(&[], desk::taken(&[3]));
        self.press("维护", "Service");
        self.sees("维护 · 周岚", "Service · 周岚");
    }

    fn enters_the_menu(&mut self) {
        self.press("全部维护页面", "All service pages");
    }
}

#[test]
fn the_printer_is_tried_with_and_without_paper() {
    in_both_languages(|person| {
        person.comes_to_service();
        person.press("打印机", "Printer");
        person.press("打印样张", "Print a sample slip");
        person.sees("样张已打印", "The sample was printed");
        person.printer = Some(Trouble::PaperOut);
        person.press("打印样张", "Print a sample slip");
        person.sees("缺纸：请装新纸卷", "out of paper: put in a roll");
        person.enters_the_menu();
        person.sees("本机和各设备的状态", "How this kiosk and its devices stand");
    });
}

#[test]
fn the_scanner_is_tried_and_what_codes_say_stays_hidden() {
    in_both_languages(|person| {
        person.comes_to_service();
        person.press("扫码器", "Scanner");
        person.scans(sample::signed(sample::ticket()));
        person.sees("扫到：提货码", "Read: a pickup code");
        person.scans(desk::label(21));
        person.sees("扫到：包裹面单", "Read: a parcel label");
        person.sees_no("WB20260021", "WB20260021");
    });
}

#[test]
fn the_reader_is_tried_and_names_nobody() {
    in_both_languages(|person| {
        person.comes_to_service();
        person.press("读卡器", "Card reader");
        person.happens(Event::Laid(Laid::Read("citizen")));
        person.sees("已读取：居民身份证", "Read: resident identity card");
        person.happens(Event::Laid(Laid::Failed("not_read")));
        person.sees("没有读完", "not read to the end");
    });
}

#[test]
fn doors_boards_and_what_drivers_did_last_are_looked_at() {
    in_both_languages(|person| {
        let line = |at_ms, text: &str| TraceLine { at_ms, text: text.into() };
        let device = |name: &str, text: &str| DeviceHealth {
            name: name.into(),
            good: Some(true),
            fault: None,
            for_s: None,
            last_fault: None,
            trace: vec![line(61_000, text)],
        };
        let devices = vec![device("lock", "Pulsed door 2"), device("printer", "Silent")];
        person.the_machine_is(Figures { devices, ..Figures::default() });
        person.comes_to_service();
        person.happens(Event::Door { door: pickup_protocol::DoorNumber(2), open: true });
        person.press("柜门和锁板", "Doors and boards");
        person.sees("打开：1", "Open: 1");
        person.enters_the_menu();
        person.press("驱动记录", "Drivers' events");
        person.sees("Pulsed door 2", "Pulsed door 2");
        person.press("打印机", "Printer");
        person.sees("Silent", "Silent");
        person.press("扫码器", "Scanner");
        person.sees("还没有记录", "Nothing yet");
    });
}

#[test]
fn network_time_version_and_journal_are_read_sheet_by_sheet() {
    in_both_languages(|person| {
        let backend = "https://10.0.0.5:8443".to_owned();
        person.the_machine_is(Figures { backend, journal_good: true, ..Figures::default() });
        person.comes_to_service();
        person.press("网络和主机", "Network and machine");
        person.sees("https://10.0.0.5:8443", "https://10.0.0.5:8443");
        let mut read = Vec::new();
        while person.has("下一页", "Next sheet") {
            person.press("下一页", "Next sheet");
            read.extend(person.reads());
        }
        let all = read.join("\n");
        assert!(all.contains(env!("CARGO_PKG_VERSION")), "{all}");
        assert!(all.contains("可读可写") || all.contains("can be read and written"), "{all}");
        person.press("上一页", "Back a sheet");
    });
}

#[test]
fn a_kiosk_is_taken_out_of_service_and_put_back() {
    in_both_languages(|person| {
        person.comes_to_service();
        person.press("暂停服务", "Out of service");
        person.press("盘点", "Stocktaking");
        person.sees("恢复服务", "Back into service");
        person.enters_the_menu();
        person.press("退出维护", "Leave service");
        person.press("退出员工模式", "Leave staff mode");
        person.english = false;
        person.sees("本机暂停服务", "");
        person.sees("19900000001", "");
        person.scans(sample::signed(sample::ticket()));
        person.sees("本机暂停服务", "");
        person.comes_to_service();
        person.press("恢复服务", "");
        person.press("恢复服务", "");
        person.enters_the_menu();
        person.press("退出维护", "");
        person.press("退出员工模式", "");
        person.is_at_the_start();
    });
}

#[test]
fn without_the_network_a_badge_may_look_and_change_nothing() {
    in_both_languages(|person| {
        person.happens(Event::Online(false));
        person.scans(desk::badge());
        person.sees("维护 · 只能查看", "Service · to look only");
        person.press("打印机", "Printer");
        assert!(!person.has("打印样张", "Print a sample slip"));
        person.enters_the_menu();
        person.press("暂停服务", "Out of service");
        person.sees("需要核验过的工牌", "A badge that was checked is needed");
        assert!(!person.has("盘点", "Stocktaking"));
    });
}
