//! Slips are looked at: drawn to PNG and read back by their QR code where a decoder is installed.

use pickup_protocol::domain::GoodsKind;
use pickup_protocol::kiosk::{AnnualLimit, Line, Text};
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber};

use super::*;

fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn offer() -> Offer {
    let line = |zh: &str, quantity: &str, unit: &str, amount_fen| Line {
        name: text(zh, zh),
        quantity: quantity.into(),
        unit: text(unit, unit),
        amount_fen,
        kind: GoodsKind::Other,
    };
    Offer {
        pickup: PickupNumber(42),
        waybill: "WB2026112100000042".into(),
        buyer_masked: "测**".into(),
        identity: IdentityDigest { salt: "00".into(), digest: "00".into() },
        lines: vec![
            line("高原牧场婴幼儿配方奶粉 3 段 800 克，铁罐装，适合 12 至 36 月龄幼儿食用", "2", "罐", 39_980),
            line("花语精华面霜 50 毫升", "1", "瓶", 26_800),
        ],
        goods_fen: 66_780,
        tax_fen: 9_818,
        limit: AnnualLimit {
            year: 2026,
            limit_fen: 2_600_000,
            used_fen: 480_000,
            held_fen: 0,
            as_of: at("2026-11-21T05:06:07Z"),
        },
        doors: vec![DoorNumber(3)],
        released_at: at("2026-11-21T05:06:07Z"),
        not_after: at("2026-11-28T05:06:07Z"),
    }
}

fn slip() -> Slip {
    Slip {
        number: "S2026112100000042".into(),
        order_no: "DEMO-0001".into(),
        invt_no: "99012026I000000042".into(),
        supervision: "1210".into(),
        customs_office: "9901".into(),
        declarant: "测试报关服务有限公司".into(),
        centre: "示范保税自提中心".into(),
    }
}

fn drawn(copy: bool, width: u16) -> Drawing {
    let (offer, slip) = (offer(), slip());
    let content =
        SlipContent { offer: &offer, slip: &slip, kiosk: "K1", printed_at: at("2026-11-21T06:00:00Z"), copy };
    draw(&content, width).unwrap()
}

#[test]
fn the_slip_as_text_says_what_the_picture_says_and_a_copy_is_marked_at_both_ends() {
    use pickup_devices::printer::{PrintContent, TextLine, encode};
    let (offer, slip) = (offer(), slip());
    let content = |copy| SlipContent {
        offer: &offer,
        slip: &slip,
        kiosk: "K1",
        printed_at: at("2026-11-21T06:00:00Z"),
        copy,
    };
    let lines = super::text(&content(true)).unwrap();
    let banners = lines.iter().filter(|line| matches!(line, TextLine::Banner(text) if text.contains("COPY")));
    assert_eq!(banners.count(), 2);
    assert!(!super::text(&content(false)).unwrap().iter().any(|line| matches!(line, TextLine::Banner(_))));
    for wanted in ["S2026112100000042", "99012026I000000042", "¥667.80", "测**"] {
        let holds = |line: &TextLine| matches!(line, TextLine::Pair(_, value, _) if value == wanted);
        assert!(lines.iter().any(holds), "{wanted}");
    }
    assert!(lines.contains(&TextLine::Qr("S2026112100000042".into())));
    let paper = Paper { dots: 384, mode: SlipMode::Text };
    let job = print_job(3, &content(true), paper).unwrap();
    assert_eq!(job.content, PrintContent::Text(lines.clone()));
    assert!(encode(&lines, 32).concat().len() < 2_500);
}

fn black(drawing: &Drawing) -> usize {
    drawing.rows.iter().map(|b| usize::try_from(b.count_ones()).unwrap()).sum()
}

#[test]
fn a_slip_fills_its_paper_and_a_copy_says_so_with_a_black_band() {
    let (first, copy) = (drawn(false, 576), drawn(true, 576));
    assert_eq!(first.rows.len() % 72, 0);
    assert!((800..2000).contains(&(first.rows.len() / 72)), "{} rows", first.rows.len() / 72);
    assert!(black(&copy) > black(&first) + 2 * 40 * 500 / 2, "two bands of about 550 by 56 dots");
}

#[test]
fn every_character_of_the_fixed_texts_is_in_the_font() {
    let source = include_str!("../slip.rs");
    let texts: String = source.split('"').skip(1).step_by(2).collect();
    assert_eq!(pickup_ui::missing_glyphs(&texts), Vec::<char>::new());
}

#[test]
fn narrow_paper_holds_everything_too() {
    let narrow = drawn(false, 384);
    assert_eq!(narrow.width, 384);
    let right_edge_used = narrow.rows.chunks(48).filter(|row| row.last().is_some_and(|b| *b != 0)).count();
    assert_eq!(right_edge_used, 0, "nothing runs into the right edge");
}

#[test]
fn its_qr_code_reads_back_as_the_slip_number() {
    let dir = std::env::temp_dir().join(format!("pickup-slip-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("slip.pbm");
    let drawing = drawn(true, 576);
    let height = drawing.rows.len() / usize::from(drawing.width / 8);
    let mut pbm = format!("P4\n{} {height}\n", drawing.width).into_bytes();
    pbm.extend_from_slice(&drawing.rows);
    std::fs::write(&path, pbm).unwrap();
    match std::process::Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&path).output() {
        Ok(out) => assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "S2026112100000042"),
        Err(_) => eprintln!("zbarimg is not installed: the QR code was drawn but not read back"),
    }
    if let Some(keep) = std::env::var_os("KEEP_SLIP") {
        std::fs::copy(&path, keep).unwrap();
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
