//! One or more views of every page, with invented data, long enough to be a fair trial of the layout.

use pickup_ui::view::*;

#[path = "elsewhere.rs"]
mod elsewhere;
#[path = "service.rs"]
mod service;

/// Every page with a name for its file; `language` for all of them.
pub fn all(language: Language) -> Vec<(&'static str, View)> {
    let mut views: Vec<(&'static str, View)> = shopper()
        .into_iter()
        .chain(ends())
        .chain(staff())
        .chain(service::pages())
        .map(|(name, screen)| (name, view(language, screen)))
        .collect();
    for (name, view) in &mut views {
        if matches!(*name, "done" | "refused_collected" | "take_goods" | "help") {
            view.countdown_s = Some(25);
        }
        if name.ends_with("_closing") {
            view.countdown_s = Some(8);
        }
        if matches!(*name, "review_offline" | "idle_offline" | "staff_list_removals") {
            view.status.online = false;
        }
        if matches!(*name, "take_goods_two" | "opening_door_two") {
            view.nth = Some(Nth { door: 1, of: 2 });
        }
    }
    views
}

/// Every page in both languages and every display, with what tells one from the other.
pub fn every() -> Vec<(String, View)> {
    let mut every = Vec::new();
    for display in Display::ALL {
        for language in [Language::Zh, Language::En] {
            for (name, view) in all(language) {
                every.push((format!("{name} {language:?} {display:?}"), View { display, ..view }));
            }
        }
    }
    every
}

/// A view around one screen.
pub fn view(language: Language, screen: Screen) -> View {
    View {
        language,
        display: Display::Normal,
        screen,
        status: Status {
            centre: Text::new("滨海保税自提中心", "Binhai Bonded Pickup Centre"),
            kiosk: "K-01".into(),
            clock: "14:05".into(),
            online: true,
            help_phone: "199 0000 0001".into(),
        },
        lockers: lockers(),
        countdown_s: None,
        nth: None,
    }
}

fn lockers() -> LockerMap {
    use DoorSize::{L, M, S};
    let sizes = [S, S, S, S, S, S, M, M, M, M, L, L];
    LockerMap::stacked((1..).zip(sizes).map(|(n, size)| (n.to_string(), size)))
}

fn shopper() -> Vec<(&'static str, Screen)> {
    let wrong = Some(CardProblem::WrongPerson { tries_left: 2 });
    let trouble = |kind, staff_called| Screen::PrinterTrouble(PrinterTrouble { kind, staff_called });
    let take =
        |ajar, can_open_again| Screen::TakeGoods(TakeGoods { door: "11".into(), ajar, can_open_again });
    vec![
        ("idle", Screen::Idle),
        ("idle_offline", Screen::Idle),
        ("scan_help", Screen::ScanHelp),
        ("type_number", number("", None)),
        ("type_number_whole", number("01234542", None)),
        ("type_number_wrong", number("0123454200001", Some(unknown_number()))),
        ("limit", Screen::Limit(LimitView { held_fen: 124_000, ..review(3, None).limit })),
        ("limit_offline", Screen::Limit(review(1, Some("2026-11-21 09:30".into())).limit)),
        ("goods_fault", goods(None, true)),
        ("goods_fault_told", goods(Some(GoodsFault::Damaged), true)),
        ("goods_fault_offline", goods(Some(GoodsFault::Empty), false)),
        ("looking_up", Screen::LookingUp),
        ("present_card", card(None)),
        ("present_card_wrong", card(wrong)),
        ("present_card_last", card(Some(CardProblem::WrongPerson { tries_left: 0 }))),
        ("present_card_again", card(Some(CardProblem::ReadAgain))),
        ("present_card_expired", card(Some(CardProblem::Expired))),
        ("present_card_other", card(Some(CardProblem::OtherDocument))),
        ("present_card_reader_down", card(Some(CardProblem::ReaderDown))),
        ("review", Screen::Review(review(3, None))),
        ("review_one", Screen::Review(review(1, None))),
        ("review_offline", Screen::Review(review(8, Some("2026-11-21 09:30".into())))),
        ("granting", Screen::Granting),
        ("printing", Screen::Printing),
        ("printer_paper_out", trouble(PrinterTroubleKind::PaperOut, true)),
        ("printer_cover", trouble(PrinterTroubleKind::CoverOpen, false)),
        ("printer_cutter", trouble(PrinterTroubleKind::Cutter, true)),
        ("printer_offline", trouble(PrinterTroubleKind::Offline, false)),
        ("printer_other", trouble(PrinterTroubleKind::Other, false)),
        ("opening_door", Screen::OpeningDoor(OpeningDoor { door: "3".into() })),
        ("opening_door_two", Screen::OpeningDoor(OpeningDoor { door: "3".into() })),
        ("take_goods_two", take(true, true)),
        ("take_goods", take(false, true)),
        ("take_goods_ajar", take(true, false)),
        ("done", Screen::Done(Done { slip_no: "FX-20261121-000042".into(), copy: false })),
        ("done_copy", Screen::Done(Done { slip_no: "FX-20261121-000042".into(), copy: true })),
    ]
}

fn ends() -> Vec<(&'static str, Screen)> {
    vec![
        ("refused_collected", Screen::Refused(collected())),
        ("refused_limit", Screen::Refused(limit_exceeded())),
        ("waiting_filed", Screen::Refused(waiting(Stage::Filed))),
        ("waiting_customs", Screen::Refused(waiting(Stage::Customs))),
        ("waiting_review", Screen::Refused(waiting(Stage::Review))),
        ("waiting_inspection", Screen::Refused(waiting(Stage::Inspection))),
        ("waiting_correction", Screen::Refused(waiting(Stage::Correction))),
        ("waiting_picking", Screen::Refused(waiting(Stage::Picking))),
        ("elsewhere", Screen::Refused(elsewhere::centre())),
        ("elsewhere_unknown", Screen::Refused(elsewhere::centre_without_place())),
        ("other_kiosk", Screen::Refused(elsewhere::other_kiosk())),
        ("still_there", Screen::StillThere(StillThere { seconds: 15 })),
        ("help", Screen::Help(Help { staff_called: true, reference: "7K3M-92".into() })),
        (
            "out_of_service",
            Screen::OutOfService(OutOfService {
                code: "CLOCK_UNKNOWN".into(),
                sentence: Text::new(
                    "本机尚未取得准确时间，暂不能办理取货。请联系工作人员。",
                    "This kiosk does not know the date yet and cannot hand out goods. Please ask the staff.",
                ),
            }),
        ),
    ]
}

fn staff() -> Vec<(&'static str, Screen)> {
    let waybill = || String::from("YD202611210000042");
    let attention =
        |step| Screen::StaffAttention(StaffAttention { door: "7".into(), waybill: waybill(), step });
    let free = |size, count, next: Option<&str>| FreeDoors { size, count, next: next.map(Into::into) };
    let home = |attention: Vec<String>, removals, owed, problem| {
        Screen::StaffHome(StaffHome {
            staff: "S-07".into(),
            attention,
            removals,
            owed,
            free: vec![
                free(DoorSize::S, 4, Some("03")),
                free(DoorSize::M, 1, Some("09")),
                free(DoorSize::L, 0, None),
            ],
            problem,
        })
    };
    let place = |ajar, can_open_again| {
        let size = DoorSize::M;
        Screen::StaffPlace(StaffPlace { waybill: waybill(), door: "7".into(), size, ajar, can_open_again })
    };
    let pin = |typed, tries_left, second| {
        let pad = Pad { entered: Entered::Masked(typed), places: 8, ready: typed >= 4 };
        Screen::StaffPin(StaffPin { pad, tries_left, second })
    };
    let second = |problem| Screen::StaffSecond(StaffSecond { door: "07".into(), problem });
    let same = Text::new("第二张工牌属于同一个人。", "The second badge is the same person's.");
    let inside = |waybill: Option<String>, undecided, ajar| {
        Screen::StaffInside(StaffInside { door: "07".into(), waybill, undecided, ajar })
    };
    let unknown = Text::new("没有找到此面单对应的包裹。", "No parcel belongs to this label.");
    vec![
        ("staff_pin", pin(0, None, false)),
        ("staff_pin_again", pin(6, Some(1), true)),
        ("staff_second", second(None)),
        ("staff_second_same", second(Some(same))),
        ("staff_list_removals", list(ListKind::Removals)),
        ("staff_list_attention", list(ListKind::Attention)),
        ("staff_list_doors", list(ListKind::Doors)),
        ("staff_list_why", why()),
        ("staff_list_owed", list(ListKind::Owed)),
        ("staff_inside", inside(Some(waybill()), true, false)),
        ("staff_inside_close", inside(Some(waybill()), false, true)),
        ("staff_inside_empty", inside(None, false, false)),
        ("staff_home", home(vec![], 0, 0, None)),
        ("staff_home_closing", home(vec!["07".into()], 12, 0, None)),
        ("staff_second_closing", second(None)),
        ("staff_home_attention", home(vec!["7".into(), "12".into()], 3, 1, Some(unknown))),
        ("staff_home_one", home(vec!["07".into()], 12, 0, None)),
        ("staff_place", place(false, true)),
        ("staff_place_ajar", place(true, true)),
        ("staff_stored", Screen::StaffStored(StaffStored { waybill: waybill(), door: "7".into() })),
        ("staff_attention", attention(AttentionStep::Open)),
        ("staff_attention_opening", attention(AttentionStep::Opening)),
        ("staff_attention_decide", attention(AttentionStep::Decide)),
        ("staff_attention_close", attention(AttentionStep::Close)),
    ]
}

fn number(digits: &str, problem: Option<Text>) -> Screen {
    let pad = Pad { entered: Entered::Shown(digits.into()), places: 18, ready: digits.len() > 6 };
    Screen::TypeNumber(TypeNumber { pad, problem })
}

fn unknown_number() -> Text {
    Text::new(
        "没有这个提货号码，可能输错了。请对照订单页面逐位核对后再输一次，或扫描提货码。",
        "This pickup number is not known; a digit may be wrong. Compare it digit by digit with your order and type it again, or scan the code.",
    )
}

fn goods(told: Option<GoodsFault>, staff_called: bool) -> Screen {
    Screen::GoodsFault(GoodsReport { told, staff_called, reference: "FX-20261121-000042".into() })
}

fn list(kind: ListKind) -> Screen {
    let waybill = |n: usize| format!("YD2026112100000{n:02}");
    let choice = |n: usize| {
        let door = format!("{n:02}");
        match kind {
            ListKind::Removals if n == 2 => Choice::Withdrawn { door, waybill: waybill(n) },
            ListKind::Removals => Choice::Overdue { door, waybill: waybill(n), since: "11-20".into() },
            ListKind::Attention => Choice::Attention { door, waybill: waybill(n) },
            ListKind::Doors => Choice::Door { door, holds: n.is_multiple_of(3) },
            ListKind::Owed => Choice::Owed { waybill: waybill(n), at: "11-20 14:05".into() },
        }
    };
    let count = match kind {
        ListKind::Doors => StaffList::DOORS,
        ListKind::Removals => StaffList::ROWS,
        ListKind::Attention | ListKind::Owed => 2,
    };
    let more = matches!(kind, ListKind::Doors | ListKind::Removals);
    Screen::StaffList(StaffList { choices: (1..=count).map(choice).collect(), kind, door: None, more })
}

fn why() -> Screen {
    use Purpose::{Customs, Forgotten, Inspect, Parcel, Repair};
    let choices = [Inspect, Forgotten, Repair, Parcel, Customs].map(Choice::Purpose).to_vec();
    Screen::StaffList(StaffList { choices, kind: ListKind::Doors, door: Some("07".into()), more: false })
}

fn card(problem: Option<CardProblem>) -> Screen {
    Screen::PresentCard(PresentCard { name_masked: "李**".into(), problem })
}

/// A parcel with so many lines.
pub fn review(lines: usize, as_of: Option<String>) -> Review {
    let goods = [
        (
            "婴儿配方奶粉 3段 900克",
            "Infant formula stage 3, 900 g",
            "2",
            "罐",
            "tins",
            59_800,
            GoodsKind::Dairy,
        ),
        (
            "保湿修护面霜 50毫升",
            "Moisturising repair face cream for dry skin, 50 ml",
            "1",
            "瓶",
            "jar",
            32_900,
            GoodsKind::Care,
        ),
        (
            "深海鱼油软胶囊 200粒",
            "Deep sea fish oil, 200 capsules",
            "1",
            "瓶",
            "bottle",
            16_850,
            GoodsKind::Health,
        ),
        ("干红葡萄酒 750毫升", "Dry red wine, 750 ml", "3", "瓶", "bottles", 44_700, GoodsKind::Drink),
        ("婴儿纸尿裤 L码 54片", "Nappies size L, 54 pieces", "2", "包", "packs", 23_600, GoodsKind::Baby),
        ("电动牙刷", "Electric toothbrush", "1", "支", "piece", 39_900, GoodsKind::Electric),
    ];
    let lines =
        goods.iter().cycle().take(lines).map(|(zh, en, quantity, unit_zh, unit_en, fen, kind)| Line {
            name: Text::new(*zh, *en),
            kind: *kind,
            quantity: (*quantity).into(),
            unit: Text::new(*unit_zh, *unit_en),
            amount_fen: *fen,
        });
    let lines: Vec<Line> = lines.collect();
    let total_fen = lines.iter().map(|line| line.amount_fen).sum();
    Review {
        name_masked: "李**".into(),
        lines,
        total_fen,
        tax_fen: total_fen * 91 / 1091,
        limit: LimitView {
            year: 2026,
            limit_fen: 2_600_000,
            used_fen: 843_250 + total_fen,
            held_fen: 0,
            this_order_fen: total_fen,
            remaining_fen: 2_600_000 - 843_250 - total_fen,
            as_of,
        },
        doors: vec!["11".into()],
        waybill: "YD202611210000042".into(),
    }
}

fn collected() -> Refused {
    Refused {
        kind: RefusedKind::Collected,
        code: "ALREADY_COLLECTED".into(),
        title: Text::new("此包裹已被取走", "This parcel was collected before"),
        sentence: Text::new("此取货码已经使用过。", "This pickup code has been used."),
        what_to_do: Text::new(
            "如果不是您或家人取走的，请立即联系工作人员。",
            "If it was neither you nor your family, please tell the staff at once.",
        ),
        collected_at: Some("2026-11-21 13:40".into()),
        kiosk: Some("K-02".into()),
        reference: "7K3M-92".into(),
        ..Refused::default()
    }
}

fn limit_exceeded() -> Refused {
    Refused {
        kind: RefusedKind::Stopped,
        code: "DECLARATION_REJECTED".into(),
        title: Text::new("海关未放行此订单", "Customs has not released this order"),
        sentence: Text::new(
            "此订单会使您超出 26,000 元的年度限额。货款正在原路退回。",
            "With this order you would exceed the annual limit of 26,000 CNY. Your payment is being refunded.",
        ),
        what_to_do: Text::new(
            "您无需做任何事。退款一般在三个工作日内到账；如有疑问请联系工作人员。",
            "You need not do anything. Refunds usually arrive within three working days. Ask the staff if anything is unclear.",
        ),
        reference: "7K3M-93".into(),
        ..Refused::default()
    }
}

fn waiting(stage: Stage) -> Refused {
    let code = match stage {
        Stage::Filed | Stage::Customs | Stage::Correction => "NOT_RELEASED",
        Stage::Review | Stage::Inspection => "UNDER_INSPECTION",
        Stage::Picking => "NOT_IN_LOCKER",
    };
    let reference = "7K3M-94".into();
    let usual_min = matches!(stage, Stage::Customs).then_some(4);
    let kind = RefusedKind::Waiting(stage);
    Refused { kind, usual_min, code: code.into(), reference, ..Refused::default() }
}
