//! The facts on the service pages, row by row.

use jiff::Timestamp;
use pickup_devices::printer::{Paper, PrinterStatus};
use pickup_protocol::domain::china_time;
use pickup_session::Trouble;
use pickup_session::service::{CodeKind, Laid, Sample, ServiceView};
use pickup_ui::service::{Fact, Facts, Subject};
use pickup_ui::view::{Grade, Text};

use super::Figures;
use super::words::{bytes, document, duration, fault};

/// A certificate that ends within so many days wants somebody's eyes.
const CERTIFICATE_DAYS: i64 = 30;
/// A manifest that is older than this is not being fetched.
const MANIFEST_OLD_S: i64 = 120;
/// Room that a journal needs for some weeks, in bytes.
const DISK_LOW: u64 = 200 << 20;
/// A clock that is off by more misleads whoever reads the system's logs.
const CLOCK_OFF_MS: u64 = 2_000;

/// The printer's page.
#[must_use]
pub fn printer(shown: &ServiceView, figures: &Figures) -> Facts {
    let mut rows = vec![standing("printer", figures)];
    if let Some(status) = &figures.live.printer {
        rows.extend(of_printer(status));
    }
    rows.extend(last_fault("printer", figures));
    let idle = !matches!(shown.sample, Sample::Printing { .. });
    Facts {
        subject: Subject::Printer,
        rows,
        sheet: shown.sheet,
        result: sample(shown.sample),
        can_print: idle && shown.staff.is_some() && !shown.changing,
    }
}

fn of_printer(status: &PrinterStatus) -> Vec<Fact> {
    let yes_no = |name: (&str, &str), bad: bool, words: (&str, &str), fine: (&str, &str)| {
        let ((zh, en), grade) = if bad { (words, Grade::Bad) } else { (fine, Grade::Good) };
        row(name, Text::new(zh, en), grade)
    };
    let paper = match status.paper {
        Paper::Ok => (("充足", "enough"), Grade::Good),
        Paper::NearEnd => (("将用完：请备新纸卷", "nearly used up: have a roll ready"), Grade::Look),
        Paper::Out => (("没有纸", "none"), Grade::Bad),
    };
    let error = status.recoverable_error || status.unrecoverable_error;
    vec![
        row(("纸", "Paper"), Text::new(paper.0.0, paper.0.1), paper.1),
        yes_no(("盖子", "Cover"), status.cover_open, ("打开", "open"), ("关好", "shut")),
        yes_no(("切刀", "Cutter"), status.cutter_error, ("卡住", "stuck"), ("正常", "good")),
        yes_no(("打印头", "Head"), status.head_hot, ("过热", "too hot"), ("正常", "good")),
        yes_no(("接收打印", "Takes slips"), !status.online || error, ("不能", "no"), ("可以", "yes")),
    ]
}

fn sample(sample: Sample) -> Option<(Grade, Text)> {
    let said = |grade, zh: &str, en: &str| Some((grade, Text::new(zh, en)));
    match sample {
        Sample::None => None,
        Sample::Printing { .. } => said(Grade::Plain, "正在打印样张……", "The sample is being printed …"),
        Sample::Printed => said(
            Grade::Good,
            "样张已打印：请检查字迹和二维码。",
            "The sample was printed: look at its letters and code.",
        ),
        Sample::Failed { sent, trouble } => {
            let why = fault(trouble_code(trouble));
            let (zh, en) = if sent {
                ("可能已打出一部分", "a part of it may have come out")
            } else {
                ("没有打印", "nothing was printed")
            };
            said(
                Grade::Bad,
                &format!("样张失败：{}；{zh}。", why.zh),
                &format!("The sample failed: {}; {en}.", why.en),
            )
        }
    }
}

const fn trouble_code(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::PaperOut => "paper_out",
        Trouble::CoverOpen => "cover_open",
        Trouble::Cutter => "cutter_error",
        Trouble::Offline => "offline",
        Trouble::Other => "printer_error",
    }
}

/// The scanner's page.
#[must_use]
pub fn scanner(shown: &ServiceView, figures: &Figures) -> Facts {
    let mut rows = vec![standing("scanner", figures)];
    rows.extend(last_fault("scanner", figures));
    let result = shown.seen.map(|seen| {
        rows.push(row(("已扫", "Scanned"), same(seen.count.to_string()), Grade::Plain));
        rows.push(row(("长度", "Length"), same(seen.length.to_string()), Grade::Plain));
        let (zh, en) = match seen.kind {
            CodeKind::Ticket => ("提货码", "a pickup code"),
            CodeKind::Badge => ("员工工牌", "a badge"),
            CodeKind::Label => ("包裹面单", "a parcel label"),
            CodeKind::Other => ("其他码", "another code"),
        };
        (Grade::Good, Text::new(format!("扫到：{zh}。"), format!("Read: {en}.")))
    });
    Facts { subject: Subject::Scanner, rows, sheet: shown.sheet, result, can_print: false }
}

/// The card reader's page.
#[must_use]
pub fn reader(shown: &ServiceView, figures: &Figures) -> Facts {
    let mut rows = vec![standing("idcard", figures)];
    rows.extend(last_fault("idcard", figures));
    let result = shown.laid.map(|laid| match laid {
        Laid::Read(kind) => {
            let kind = document(kind);
            (Grade::Good, Text::new(format!("已读取：{}。", kind.zh), format!("Read: {}.", kind.en)))
        }
        Laid::Failed(why) => (Grade::Bad, fault(why)),
    });
    Facts { subject: Subject::Reader, rows, sheet: shown.sheet, result, can_print: false }
}

/// Network, time, program, journal and disk.
#[must_use]
pub fn machine(shown: &ServiceView, figures: &Figures) -> Facts {
    let mut rows = network(figures);
    rows.extend(time(figures));
    rows.extend(journal(shown, figures));
    Facts { subject: Subject::Machine, rows, sheet: shown.sheet, result: None, can_print: false }
}

fn network(figures: &Figures) -> Vec<Fact> {
    let heard = &figures.heard;
    let lasted = figures.link_for_s.map(duration).unwrap_or_default();
    let (value, grade) = match heard.online {
        None => (Text::new("还没有问过", "not asked yet"), Grade::Plain),
        Some(true) => (
            Text::new(format!("有应答，已 {}", lasted.zh), format!("answers, for {}", lasted.en)),
            Grade::Good,
        ),
        Some(false) => (
            Text::new(format!("没有应答，已 {}", lasted.zh), format!("no answer, for {}", lasted.en)),
            Grade::Bad,
        ),
    };
    let trip = heard.round_trip.map_or_else(|| same("–"), |trip| same(format!("{} ms", trip.as_millis())));
    let mut rows = vec![
        row(("后台", "Backend"), value, grade),
        row(("后台地址", "Its address"), same(&*figures.backend), Grade::Plain),
        row(("往返", "Round trip"), trip, Grade::Plain),
        row(
            ("证书到期", "Certificate ends"),
            same(figures.certificate_until.map(day).unwrap_or_default()),
            certificate(figures),
        ),
    ];
    let manifest = match (heard.manifest, figures.at) {
        (None, _) => (Text::new("没有", "none"), Grade::Look),
        (Some(heard), now) => {
            let age_s = now.map(|now| now.as_second().saturating_sub(heard.issued_at.as_second()).max(0));
            let age = age_s.and_then(|age| u64::try_from(age).ok()).map(duration).unwrap_or_default();
            let text = Text::new(
                format!("第 {} 号，{} 前，{} 件", heard.sequence, age.zh, heard.parcels),
                format!("no. {}, {} ago, {} parcels", heard.sequence, age.en, heard.parcels),
            );
            let old = age_s.is_some_and(|age| age > MANIFEST_OLD_S);
            (text, if old { Grade::Look } else { Grade::Good })
        }
    };
    rows.push(row(("放行清单", "Release manifest"), manifest.0, manifest.1));
    rows
}

fn certificate(figures: &Figures) -> Grade {
    let (Some(until), Some(now)) = (figures.certificate_until, figures.at) else { return Grade::Plain };
    let left_days = until.as_second().saturating_sub(now.as_second()) / 86_400;
    match left_days {
        ..0 => Grade::Bad,
        0..CERTIFICATE_DAYS => Grade::Look,
        _ => Grade::Good,
    }
}

fn time(figures: &Figures) -> Vec<Fact> {
    let known = figures.clock.as_ref();
    let (value, grade) = match known.map(|clock| clock.source.as_str()) {
        Some("backend") => (Text::new("已知，来自后台", "known, from the backend"), Grade::Good),
        Some("system") => (Text::new("已知，来自系统时钟", "known, from the system's clock"), Grade::Good),
        _ => (
            Text::new("未知：不办理与日期有关的事", "not known: nothing is decided that needs it"),
            Grade::Bad,
        ),
    };
    let ahead_ms = known.and_then(|clock| clock.system_ahead_ms);
    let off = ahead_ms.map_or_else(|| same("–"), |ms| same(format!("{ms:+} ms")));
    let grade_off = match ahead_ms {
        None => Grade::Plain,
        Some(ms) if ms.unsigned_abs() > CLOCK_OFF_MS => Grade::Look,
        Some(_) => Grade::Good,
    };
    let ran = duration(figures.uptime.as_secs());
    let version = env!("CARGO_PKG_VERSION");
    vec![
        row(("日期和时间", "Date and time"), value, grade),
        row(("系统时钟偏差", "System clock off by"), off, grade_off),
        row(
            ("程序", "Program"),
            Text::new(format!("{version}，已运行 {}", ran.zh), format!("{version}, up for {}", ran.en)),
            Grade::Plain,
        ),
    ]
}

fn journal(shown: &ServiceView, figures: &Figures) -> Vec<Fact> {
    let (zh, en, grade) = if figures.journal_good {
        ("可读可写", "can be read and written", Grade::Good)
    } else {
        ("故障：已停止开门", "fails: no door opens", Grade::Bad)
    };
    let rows = figures.journal_rows;
    let size = bytes(figures.journal_bytes);
    let look = |count: u64| if count == 0 { Grade::Good } else { Grade::Look };
    let unclear = u64::try_from(shown.unclear).unwrap_or(u64::MAX);
    let disk = figures.disk.map_or((same("–"), Grade::Plain), |disk| {
        let (free, all) = (bytes(disk.free_bytes), bytes(disk.total_bytes));
        let grade = if disk.free_bytes < DISK_LOW { Grade::Bad } else { Grade::Good };
        (Text::new(format!("剩 {free}，共 {all}"), format!("{free} of {all} free")), grade)
    });
    vec![
        row(("日志", "Journal"), Text::new(zh, en), grade),
        row(
            ("日志大小", "Its size"),
            Text::new(format!("{rows} 条，{size}"), format!("{rows} lines, {size}")),
            Grade::Plain,
        ),
        row(("结果不明的取货", "Pickups left open"), same(unclear.to_string()), look(unclear)),
        row(
            ("未送达的报告", "Reports unsent"),
            same(figures.reports_waiting.to_string()),
            look(figures.reports_waiting),
        ),
        row(("磁盘", "Disk"), disk.0, disk.1),
    ]
}

/// The lock boards, one row each.
#[must_use]
pub fn boards(figures: &Figures) -> Vec<Fact> {
    let of = |((bus, board), answers): (&(usize, u8), &Option<bool>)| {
        let (zh, en, grade) = match answers {
            Some(true) => ("有应答", "answers", Grade::Good),
            Some(false) => ("没有应答", "does not answer", Grade::Bad),
            None => ("未知", "not known", Grade::Plain),
        };
        let name = Text::new(format!("总线 {bus} 锁板 {board}"), format!("Bus {bus} board {board}"));
        Fact { name, value: Text::new(zh, en), grade }
    };
    figures.live.boards.iter().map(of).collect()
}

/// Whether a device works, and since when.
fn standing(name: &str, figures: &Figures) -> Fact {
    let Some(device) = figures.device(name) else {
        return row(("状态", "State"), Text::new("还没有消息", "nothing heard yet"), Grade::Plain);
    };
    let lasted = device.for_s.map(duration).unwrap_or_default();
    let (value, grade) = match (device.good, &device.fault) {
        (None, _) => (Text::new("还没有消息", "nothing heard yet"), Grade::Plain),
        (Some(true), _) => {
            (Text::new(format!("正常，已 {}", lasted.zh), format!("works, for {}", lasted.en)), Grade::Good)
        }
        (Some(false), code) => (fault(code.as_deref().unwrap_or_default()), Grade::Bad),
    };
    row(("状态", "State"), value, grade)
}

fn last_fault(name: &str, figures: &Figures) -> Option<Fact> {
    let last = figures.device(name)?.last_fault.as_ref()?;
    let (why, ago) = (fault(&last.code), duration(last.ago_s));
    let text = Text::new(format!("{}（{} 前）", why.zh, ago.zh), format!("{} ({} ago)", why.en, ago.en));
    Some(row(("上次故障", "Last fault"), text, Grade::Plain))
}

fn row((zh, en): (&str, &str), value: Text, grade: Grade) -> Fact {
    Fact { name: Text::new(zh, en), value, grade }
}

fn same(text: impl Into<String>) -> Text {
    let text = text.into();
    Text::new(text.clone(), text)
}

fn day(at: Timestamp) -> String {
    china_time::civil(at).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
