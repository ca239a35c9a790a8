//! Codes of devices in words, for the service pages: Chinese and English.

use pickup_ui::view::Text;

/// What is wrong, by the code of a device or of a card. A code that is not known is shown as it is.
pub(super) fn fault(code: &str) -> Text {
    let (zh, en) = match code {
        "port_unavailable" => {
            ("端口打不开：检查数据线和端口路径", "port cannot be opened: check cable and path")
        }
        "port_lost" => ("端口消失：检查数据线", "port vanished: check the cable"),
        "no_answer" => ("没有应答：检查电源和地址", "no answer: check power and address"),
        "stalled" => ("不再接收数据", "takes no more data"),
        "busy" => ("正忙", "busy"),
        "stale" => ("请求已过时", "request became stale"),
        "unconfigured" => ("设置里没有", "not in the settings"),
        "unfit" => ("与设备不符", "does not fit the device"),
        "stopped" => ("驱动已停止", "the driver has stopped"),
        "paper_out" => ("缺纸：请装新纸卷", "out of paper: put in a roll"),
        "cover_open" => ("盖子打开：请关上", "cover open: close it"),
        "cutter_error" => ("切刀卡住：请清理", "cutter stuck: clear it"),
        "head_hot" => ("打印头过热：请稍等", "head too hot: wait"),
        "printer_broken" => ("无法恢复：请断电重启，再报修", "cannot recover: off and on, then call service"),
        "printer_error" => ("出错：请开关一次盖子", "error: open and close the cover"),
        "offline" => ("脱机", "off line"),
        "door_not_seen_open" => ("柜门没有打开", "door not seen to open"),
        "board_silent" => ("有一块锁板没有应答", "a lock board does not answer"),
        "not_selected" => ("选卡失败：请拿起重放", "not selected: lift it and lay it again"),
        "not_read" => ("没有读完：请拿起重放", "not read to the end: lay it again"),
        "not_authentic" => {
            ("卡与读卡器互不认可：卡可能损坏或不真", "card and reader do not accept each other")
        }
        "kind_not_served" => ("本机不受理这种证件", "this kind is not served here"),
        "reader_broken" => ("读卡器安全模块故障", "the reader's security module fails"),
        "damaged" => ("应答在线路上损坏", "answer damaged on the line"),
        "bad_text" => ("证件文字无法理解", "the card's text is not understood"),
        other => (other, other),
    };
    Text::new(zh, en)
}

/// The kind of a document.
pub(super) fn document(code: &str) -> Text {
    let (zh, en) = match code {
        "citizen" => ("居民身份证", "resident identity card"),
        "foreign2017" => ("外国人永久居留身份证（2017 版）", "permanent residence card (2017)"),
        "foreign2023" => ("外国人永久居留身份证（2023 版）", "permanent residence card (2023)"),
        "residence_permit" => ("港澳台居民居住证", "residence permit, Hong Kong, Macao, Taiwan"),
        other => (other, other),
    };
    Text::new(zh, en)
}

/// How long, in the largest unit that says enough.
pub(super) fn duration(seconds: u64) -> Text {
    match seconds {
        0..120 => Text::new(format!("{seconds} 秒"), format!("{seconds} s")),
        120..7_200 => Text::new(format!("{} 分钟", seconds / 60), format!("{} min", seconds / 60)),
        7_200..172_800 => Text::new(format!("{} 小时", seconds / 3_600), format!("{} h", seconds / 3_600)),
        _ => Text::new(format!("{} 天", seconds / 86_400), format!("{} days", seconds / 86_400)),
    }
}

/// A number of bytes, in the unit that says enough; whole numbers, rounded down.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(30, "GB"), (20, "MB"), (10, "kB")];
    let fits = UNITS.iter().find(|(shift, _)| count >> shift >= 10);
    fits.map_or_else(|| format!("{count} B"), |(shift, unit)| format!("{} {unit}", count >> shift))
}

#[cfg(test)]
mod tests {
    use pickup_devices::DeviceFault;
    use pickup_devices::idcard::{CardFault, CardKind};

    use super::*;

    #[test]
    fn every_fault_and_every_document_has_words_in_both_languages_and_in_the_font() {
        use CardFault::{
            BadText, Damaged, KindNotServed, NoAnswer, NotAuthentic, NotRead, NotSelected, ReaderBroken,
        };
        let cards =
            [NotSelected, NotRead, NotAuthentic, KindNotServed, ReaderBroken, Damaged, BadText, NoAnswer];
        let kinds =
            [CardKind::Citizen, CardKind::Foreign2017, CardKind::Foreign2023, CardKind::ResidencePermit];
        let faults = DeviceFault::ALL.into_iter().map(|f| fault(f.code()));
        let faults = faults.chain(cards.map(|f| fault(f.code()))).chain([fault("board_silent")]);
        for text in faults.chain(kinds.map(|kind| document(kind.code()))) {
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
            assert_eq!(pickup_ui::missing_glyphs(&text.zh), Vec::<char>::new());
        }
    }

    #[test]
    fn times_and_sizes_are_told_in_a_unit_that_can_be_read() {
        assert_eq!(duration(119).en, "119 s");
        assert_eq!(duration(7_199).en, "119 min");
        assert_eq!(duration(172_799).en, "47 h");
        assert_eq!(duration(1_000_000).en, "11 days");
        assert_eq!(
            [bytes(500), bytes(20_480), bytes(64 << 20), bytes(29 << 30)],
            ["500 B", "20 kB", "64 MB", "29 GB"]
        );
    }
}
