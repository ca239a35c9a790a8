//! The service pages and the pairing page, with invented figures.

use pickup_ui::service::*;
use pickup_ui::view::{Screen, Text};

/// One or more of every service page.
pub fn pages() -> Vec<(&'static str, Screen)> {
    let out = || Some(Text::new("正在盘点，暂停服务。", "The goods are being counted."));
    let standing = |out, can_change| ServicePage::Standing(Standing { out, can_change });
    vec![
        ("service_menu", page(ServicePage::Menu(None))),
        ("service_menu_closing", page(ServicePage::Menu(None))),
        ("service_menu_look", look_only(ServicePage::Menu(out()))),
        ("service_printer", page(ServicePage::Facts(printer(true)))),
        ("service_printer_failed", page(ServicePage::Facts(printer(false)))),
        ("service_scanner", page(ServicePage::Facts(scanner()))),
        ("service_reader", page(ServicePage::Facts(reader()))),
        ("service_machine", page(ServicePage::Facts(machine(0)))),
        ("service_machine_2", page(ServicePage::Facts(machine(1)))),
        ("service_doors", page(ServicePage::Doors(doors()))),
        ("service_events", page(ServicePage::Events(events(Driver::Lock, 24)))),
        ("service_events_none", page(ServicePage::Events(events(Driver::Printer, 0)))),
        ("service_standing", page(standing(None, true))),
        ("service_standing_out", page(standing(out(), true))),
        ("service_standing_look", look_only(standing(None, false))),
        ("pairing", Screen::Pairing(pairing("7K3M92", None, false))),
        ("pairing_whole", Screen::Pairing(pairing(&"7K3M".repeat(8), Some(expired()), false))),
        ("pairing_asking", Screen::Pairing(pairing(&"7K3M".repeat(8), None, true))),
    ]
}

fn page(page: ServicePage) -> Screen {
    Screen::Service(Box::new(Service { staff: Some("S-07".into()), page }))
}

fn look_only(page: ServicePage) -> Screen {
    Screen::Service(Box::new(Service { staff: None, page }))
}

fn fact(name: (&str, &str), value: (&str, &str), grade: Grade) -> Fact {
    Fact { name: Text::new(name.0, name.1), value: Text::new(value.0, value.1), grade }
}

fn state() -> Fact {
    fact(("状态", "State"), ("正常，已 47 小时", "works, for 47 h"), Grade::Good)
}

fn last_fault() -> Fact {
    let said = (
        "端口打不开：检查数据线和端口路径（3 小时 前）",
        "port cannot be opened: check cable and path (3 h ago)",
    );
    fact(("上次故障", "Last fault"), said, Grade::Plain)
}

fn printer(good: bool) -> Facts {
    let paper = (("将用完：请备新纸卷", "nearly used up: have a roll ready"), Grade::Look);
    let cover = if good { (("关好", "shut"), Grade::Good) } else { (("打开", "open"), Grade::Bad) };
    let rows = vec![
        state(),
        fact(("纸", "Paper"), paper.0, paper.1),
        fact(("盖子", "Cover"), cover.0, cover.1),
        fact(("切刀", "Cutter"), ("正常", "good"), Grade::Good),
        fact(("打印头", "Head"), ("正常", "good"), Grade::Good),
        fact(("接收打印", "Takes slips"), ("可以", "yes"), Grade::Good),
        last_fault(),
    ];
    let result = if good {
        (
            Grade::Good,
            Text::new(
                "样张已打印：请检查字迹和二维码。",
                "The sample was printed: look at its letters and code.",
            ),
        )
    } else {
        let en = "The sample failed: cover open: close it; a part of it may have come out.";
        (Grade::Bad, Text::new("样张失败：盖子打开：请关上；可能已打出一部分。", en))
    };
    Facts { subject: Subject::Printer, rows, sheet: 0, result: Some(result), can_print: good }
}

fn scanner() -> Facts {
    let rows = vec![
        state(),
        last_fault(),
        fact(("已扫", "Scanned"), ("3", "3"), Grade::Plain),
        fact(("长度", "Length"), ("214", "214"), Grade::Plain),
    ];
    let result = Some((Grade::Good, Text::new("扫到：提货码。", "Read: a pickup code.")));
    Facts { subject: Subject::Scanner, rows, sheet: 0, result, can_print: false }
}

fn reader() -> Facts {
    let result = Some((Grade::Bad, Text::new("没有读完：请拿起重放", "not read to the end: lay it again")));
    Facts { subject: Subject::Reader, rows: vec![state(), last_fault()], sheet: 0, result, can_print: false }
}

fn machine(sheet: usize) -> Facts {
    let rows = vec![
        fact(("后台", "Backend"), ("没有应答，已 47 小时", "no answer, for 47 h"), Grade::Bad),
        fact(
            ("后台地址", "Its address"),
            ("https://pickup.binhai.example:8443", "https://pickup.binhai.example:8443"),
            Grade::Plain,
        ),
        fact(("往返", "Round trip"), ("12 ms", "12 ms"), Grade::Plain),
        fact(("证书到期", "Certificate ends"), ("2026-12-24", "2026-12-24"), Grade::Look),
        fact(
            ("放行清单", "Release manifest"),
            ("第 1042 号，16 分钟 前，12 件", "no. 1042, 16 min ago, 12 parcels"),
            Grade::Look,
        ),
        fact(
            ("日期和时间", "Date and time"),
            ("未知：不办理与日期有关的事", "not known: nothing is decided that needs it"),
            Grade::Bad,
        ),
        fact(("系统时钟偏差", "System clock off by"), ("-40 ms", "-40 ms"), Grade::Good),
        fact(("程序", "Program"), ("0.1.0，已运行 12 天", "0.1.0, up for 12 days"), Grade::Plain),
        fact(("日志", "Journal"), ("可读可写", "can be read and written"), Grade::Good),
        fact(("日志大小", "Its size"), ("12042 条，14 MB", "12042 lines, 14 MB"), Grade::Plain),
        fact(("结果不明的取货", "Pickups left open"), ("1", "1"), Grade::Look),
        fact(("未送达的报告", "Reports unsent"), ("4", "4"), Grade::Look),
        fact(("磁盘", "Disk"), ("剩 8192 MB，共 29 GB", "8192 MB of 29 GB free"), Grade::Good),
    ];
    Facts { subject: Subject::Machine, rows, sheet, result: None, can_print: false }
}

fn doors() -> Doors {
    use DoorLook::{Open, Shut, Taken, Unknown};
    let looks = [Shut, Shut, Taken, Taken, Shut, Open, Taken, Shut, Taken, Shut, Unknown, Unknown];
    let board = |n, value, grade| {
        let (zh, en) = (format!("总线 0 锁板 {n}"), format!("Bus 0 board {n}"));
        fact((&zh, &en), value, grade)
    };
    Doors {
        doors: (1..).zip(looks).map(|(n, look): (u32, _)| (n.to_string(), look)).collect(),
        boards: vec![
            board(1, ("有应答", "answers"), Grade::Good),
            board(2, ("没有应答", "does not answer"), Grade::Bad),
        ],
    }
}

fn events(driver: Driver, count: usize) -> Events {
    let what = [
        "Pulse(7)",
        "Acknowledged(0)",
        "Door(7, true)",
        "Failed(12, NotDetected, DoorNotSeenOpen) and more that is cut off here",
        "Silent(2) ×314",
    ];
    let row = |n: usize| {
        (
            format!("14:{:02}:{:02}", 5 + n / 60, n % 60),
            what.iter().cycle().nth(n).copied().unwrap_or_default().to_owned(),
        )
    };
    Events { driver, rows: (0..count).map(row).collect(), sheet: 1 }
}

fn expired() -> Text {
    Text::new(
        "配对码已过期或用过：请重新生成一个。",
        "The code has run out or was used: have a new one made.",
    )
}

fn pairing(typed: &str, problem: Option<Text>, asking: bool) -> Pairing {
    Pairing { typed: typed.into(), backend: "https://pickup.binhai.example:8443".into(), problem, asking }
}
