//! Journeys of shoppers and of staff, from the tree that a screen reader is given back to it: somebody reads, presses by name,
//! scans and lays a card; the session is the real one; backend and devices are played beside it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

#[cfg(test)]
mod desk;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod person;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod walk;

use pickup_protocol::Reason;
use pickup_protocol::kiosk::Verdict;
use pickup_session::{Event, OpenFailure, Trouble};

use person::{Person, in_both_languages};

impl Person {
    /// From the start to the page with the parcel.
    fn comes_to_their_parcel(&mut self) {
        self.scans(sample::signed(sample::ticket()));
        self.sees("请将身份证放在读卡区", "Lay the ID card on the reader");
        self.lays(sample::card());
        self.sees("请核对您的包裹", "Is this your parcel?");
    }

    fn confirms(&mut self) {
        self.press("确认，打印放行单并开柜", "Yes, print the slip and open the door");
    }

    /// From the open door to the start.
    fn takes_the_goods(&mut self) {
        self.sees("请从 03 号柜取货", "Collect from door 03");
        self.shuts(3);
        self.sees("取货完成", "All done");
        self.sees(sample::SLIP, sample::SLIP);
        self.press("完成", "Finish");
        self.is_at_the_start();
    }
}

#[test]
fn a_pickup_from_the_code_to_the_goods() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.sees("婴儿配方奶粉", "Infant formula");
        person.sees("林**", "林**");
        person.sees("本人自用，不得转售", "own use only, no resale");
        person.confirms();
        person.takes_the_goods();
        assert!(person.calls.is_empty());
    });
}

#[test]
fn a_code_that_does_not_scan_is_typed_and_a_wrong_digit_is_mended() {
    in_both_languages(|person| {
        person.verdicts.push_back(Some(Verdict::refused(Reason::NumberUnknown, None)));
        person.press("扫不出来", "It does not scan");
        person.sees("请把手机亮度调到最高", "Turn the brightness of your phone");
        person.press("输入提货号码", "Type the pickup number");
        let number = sample::number();
        person.types(&number);
        person.types("7");
        person.press("查找包裹", "Find my parcel");
        person.sees("没有这个提货号码", "This pickup number is not known");
        person.press("删除", "Delete");
        person.sees_no("没有这个提货号码", "This pickup number is not known");
        person.press("查找包裹", "Find my parcel");
        assert_eq!(person.numbers, [format!("{number}7"), number]);
        person.sees("请将身份证放在读卡区", "Lay the ID card on the reader");
        person.press("取消", "Cancel");
        person.is_at_the_start();
    });
}

#[test]
fn the_pad_is_cleared_and_left() {
    in_both_languages(|person| {
        person.press("输入号码", "Type the number");
        person.types("1234");
        person.sees("1234", "1234");
        person.press("清空", "Clear");
        person.sees_no("1234", "1234");
        person.press("取消", "Cancel");
        person.is_at_the_start();
    });
}

#[test]
fn the_limit_of_the_year_is_looked_at_on_the_way() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.press("什么是年度限额？", "What is the limit?");
        person.sees("2026 年度限额", "Your limit for 2026");
        for figure in ["¥7,000.00", "¥1,000.00", "¥436.00", "¥17,564.00"] {
            person.sees(figure, figure);
        }
        person.sees("2027 年 1 月 1 日", "On 1 January 2027");
        person.press("返回我的包裹", "Back to my parcel");
        person.confirms();
        person.takes_the_goods();
    });
}

#[test]
fn a_strangers_card_a_card_out_of_date_and_one_lifted_too_early_open_nothing() {
    in_both_languages(|person| {
        person.scans(sample::signed(sample::ticket()));
        person.happens(Event::CardFailed);
        person.sees("请重新放好", "The card was lifted too early");
        person.lays(sample::expired_card());
        person.sees("已过有效期", "This card is out of date");
        person.happens(Event::OtherDocument);
        person.sees("工作人员", "Orders are not made with this kind of document");
        person.lays(sample::strangers_card());
        person.sees("2", "Cards that can still be tried: 2");
        person.lays(sample::strangers_card());
        person.lays(sample::strangers_card());
        person.sees("身份证与订购人不一致", "The ID card is not the buyer's");
        person.press("知道了", "Understood");
        person.is_at_the_start();
    });
}

#[test]
fn a_reader_that_falls_silent_is_said_and_staff_are_called() {
    in_both_languages(|person| {
        person.scans(sample::signed(sample::ticket()));
        person.happens(Event::Reader(false));
        person.sees("读卡器没有响应", "The card reader does not answer");
        assert_eq!(person.calls, ["READER_DOWN"]);
        person.happens(Event::Reader(true));
        person.lays(sample::card());
        person.sees("请核对您的包裹", "Is this your parcel?");
    });
}

#[test]
fn a_printer_without_paper_is_waited_for() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.printer_is(Some(Trouble::PaperOut));
        person.confirms();
        person.sees("纸", "paper");
        assert_eq!(person.calls, ["PRINTER"]);
        person.printer_is(None);
        person.waits(3);
        person.takes_the_goods();
    });
}

#[test]
fn a_door_that_does_not_open_is_tried_again_by_itself_and_then_left_to_staff() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.pulses.push_back(OpenFailure::NotDetected);
        person.confirms();
        person.takes_the_goods();
    });
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.pulses.extend([OpenFailure::NotDetected, OpenFailure::NotDetected]);
        person.confirms();
        person.sees("这件包裹需要工作人员确认", "A member of staff must check this parcel first");
        person.sees(sample::SLIP, sample::SLIP);
        assert!(!person.calls.is_empty());
    });
}

#[test]
fn a_door_left_open_is_reminded_of_and_can_be_opened_again() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.confirms();
        person.sees("左侧", "Left");
        person.waits(31);
        person.sees("柜门还开着", "The door is still open");
        person.pulses.push_back(OpenFailure::NotSent);
        person.press("柜门没有打开？再开一次", "The door did not open: try again");
        person.takes_the_goods();
    });
}

#[test]
fn a_parcel_behind_two_doors_is_collected_door_by_door() {
    in_both_languages(|person| {
        person.verdicts.push_back(Some(sample::ready(&[3, 4])));
        person.grant = Some(sample::granted(&[3, 4]));
        person.comes_to_their_parcel();
        person.confirms();
        person
            .sees("包裹分放在 2 个柜门内，这是第 1 个", "Your parcel lies behind 2 doors: this is number 1");
        person.shuts(3);
        person.sees("请从 04 号柜取货", "Collect from door 04");
        person.sees("这是第 2 个", "this is number 2");
        person.shuts(4);
        person.sees("取货完成", "All done");
    });
}

#[test]
fn goods_that_are_not_right_are_told_to_the_staff() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.confirms();
        person.press("商品有问题", "Something is wrong with my goods");
        person.press("返回", "Back");
        person.shuts(3);
        person.press("商品有问题", "Something is wrong with my goods");
        person.press("少了商品", "Something is missing");
        person.sees("已通知工作人员", "The staff have been told");
        person.sees(sample::SLIP, sample::SLIP);
        person.press("返回", "Back");
        for (zh, en, code) in [
            ("商品有破损", "Something is damaged", "GOODS_DAMAGED"),
            ("不是我买的", "Not what I ordered", "GOODS_NOT_MINE"),
            ("柜子是空的", "The locker was empty", "GOODS_DOOR_EMPTY"),
        ] {
            person.press("商品有问题", "Something is wrong with my goods");
            person.press(zh, en);
            person.sees(zh, en);
            assert_eq!(person.calls.last().unwrap(), &format!("{code} {}", sample::SLIP));
            person.press("返回", "Back");
        }
        person.press("完成", "Finish");
        person.is_at_the_start();
    });
}

#[test]
fn another_parcel_is_scanned_right_after_the_first() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.confirms();
        person.shuts(3);
        person.sees("还有其他包裹？", "Another parcel?");
        person.scans(sample::forged());
        // The next person has not chosen a language.
        person.sees_no("取货完成", "All done");
    });
}
