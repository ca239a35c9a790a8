//! Journeys of staff: parcels in and out, doors with a reason, doors to look behind, slips that are owed.

use pickup_protocol::kiosk::DepositPlanReply;
use pickup_protocol::work::{OpeningReply, Purpose};
use pickup_protocol::{Language, Reason};
use pickup_session::{OpenFailure, Trouble};

use super::desk;
use super::person::{Person, in_both_languages};

impl Person {
    /// Shows a badge and types its PIN.
    pub fn comes_as_staff(&mut self, attention: &[(u64, u16)], work: pickup_protocol::work::Work) {
        self.desk.badges.extend([desk::pin(None), desk::welcome(attention, work)]);
        self.scans(desk::badge());
        self.sees("请输入 PIN", "Type your PIN");
        self.types("2468");
        self.press("继续", "Go on");
        self.sees("员工模式 · 周岚", "Staff mode · 周岚");
    }

    fn leaves_staff_mode(&mut self) {
        self.press("退出员工模式", "Leave staff mode");
        self.is_at_the_start();
    }
}

#[test]
fn a_wrong_pin_is_said_with_the_tries_that_are_left() {
    in_both_languages(|person| {
        person.desk.badges.extend([desk::pin(None), desk::pin(Some(2))]);
        person.scans(desk::badge());
        person.types("1357");
        person.sees_no("1357", "1357");
        person.press("继续", "Go on");
        person.sees("PIN 不正确，还可再试 2 次", "Wrong PIN. Tries left: 2.");
        person.press("取消", "Cancel");
        person.is_at_the_start();
    });
}

#[test]
fn whoever_stays_in_staff_mode_says_so_before_it_closes() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[]));
        person.waits(37);
        person.sees("8 秒后退出员工模式", "Staff mode closes in 8 s");
        person.press("继续使用", "Stay");
        person.sees_no("秒后退出员工模式", "Staff mode closes in");
        person.waits(43);
        person.sees("2 秒后退出员工模式", "Staff mode closes in 2 s");
        person.waits(2);
        person.is_at_the_start();
    });
}

#[test]
fn several_parcels_are_put_in_one_after_the_other_and_the_next_free_door_is_named() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[3]));
        person.sees("下一个：04", "next: 04");
        person.desk.plans.extend([desk::plan(21, 4), desk::plan(22, 5)]);
        person.scans(desk::label(21));
        person.sees("请将包裹放入 04 号柜", "Put the parcel behind door 04");
        person.waits(31);
        person.sees("柜门还开着", "The door is still open");
        person.shuts(4);
        person.sees("包裹已存入 04 号柜", "The parcel is in door 04");
        person.scans(desk::label(22));
        person.sees("请将包裹放入 05 号柜", "Put the parcel behind door 05");
        person.shuts(5);
        person.press("退出员工模式", "Leave staff mode");
        person.sees("已满", "full");
        person.sees("下一个：06", "next: 06");
        person.leaves_staff_mode();
    });
}

#[test]
fn a_label_that_is_not_known_and_a_door_that_stays_shut_are_said_where_work_goes_on() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[]));
        person.desk.plans.push_back(DepositPlanReply::Refused { reason: Reason::LabelUnknown });
        person.scans(desk::label(99));
        person.sees_why(Reason::LabelUnknown);
        person.desk.plans.push_back(desk::plan(21, 4));
        person.pulses.push_back(OpenFailure::NotDetected);
        person.scans(desk::label(21));
        person.sees_why(Reason::DoorDidNotOpen);
        person.leaves_staff_mode();
    });
}

#[test]
fn an_overdue_parcel_is_taken_out_and_leaves_the_list() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::overdue(7, 3));
        person.press("待取出包裹 · 1", "Parcels to take out · 1");
        person.sees("取出包裹", "Take a parcel out");
        person.desk.openings.push_back(desk::granted(Some(7)));
        person.press_on("03 · WB20260007");
        person.sees("包裹怎么处理了？", "What became of the parcel?");
        person.press("我已取出", "I have taken it out");
        person.sees("请关闭 03 号柜门", "Please close door 03");
        person.shuts(3);
        person.sees("请扫描包裹面单", "Scan the label of a parcel");
        person.sees_no("待取出包裹", "Parcels to take out");
        assert_eq!(person.desk.asked, [(3, Purpose::Removal, None)]);
        person.leaves_staff_mode();
    });
}

#[test]
fn one_empty_door_is_opened_with_a_reason() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[3]));
        person.press("打开一个柜门", "Open one door");
        person.press("01 号柜门，空", "Door 01, empty");
        person.sees("为什么打开 01 号柜门？", "Why door 01?");
        person.desk.openings.push_back(desk::granted(None));
        person.press("检修柜门或门锁", "Door or lock to be mended");
        person.sees("请关闭 01 号柜门", "Please close door 01");
        person.shuts(1);
        person.sees("请扫描包裹面单", "Scan the label of a parcel");
        assert_eq!(person.desk.asked, [(1, Purpose::Repair, None)]);
        person.leaves_staff_mode();
    });
}

#[test]
fn a_door_with_a_parcel_that_waits_for_its_buyer_takes_two() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[3]));
        person.press("打开一个柜门", "Open one door");
        person.desk.openings.extend([
            OpeningReply::SecondNeeded,
            OpeningReply::SecondPin { problem: None },
            desk::granted(Some(7)),
        ]);
        person.press("03 号柜门，有包裹", "Door 03, holds a parcel");
        person.press("查看包裹", "Look at the parcel");
        person.sees("03 号柜门需要两人开启", "Door 03 takes two");
        person.sees("两人的姓名都会记录在案", "Both names go on record");
        person.scans(desk::second_badge().into_bytes());
        person.sees("请第二位员工输入 PIN", "PIN of the second person");
        person.types("1357");
        person.press("继续", "Go on");
        person.press("商品仍在柜内", "Still inside");
        person.shuts(3);
        person.sees("请扫描包裹面单", "Scan the label of a parcel");
        let second = || Some(desk::second_badge());
        let asked = [None, second(), second()].map(|second| (3, Purpose::Parcel, second));
        assert_eq!(person.desk.asked, asked);
        person.leaves_staff_mode();
    });
}

#[test]
fn a_door_whose_pickup_ended_unclear_is_looked_behind() {
    in_both_languages(|person| {
        person.comes_as_staff(&[(7, 4)], desk::taken(&[4]));
        person.press("检查 04 号柜门", "Check door 04");
        person.sees("上一次取货结果不明确", "did not end clearly");
        person.press("打开柜门", "Open the door");
        person.sees("商品还在柜内吗？", "Are the goods still inside?");
        person.press("柜内已空", "Locker is empty");
        person.sees("请关闭 04 号柜门", "Please close door 04");
        person.shuts(4);
        person.sees("请扫描包裹面单", "Scan the label of a parcel");
        person.sees_no("检查 04 号柜门", "Check door 04");
        person.leaves_staff_mode();
    });
}

#[test]
fn a_slip_that_is_owed_is_printed_once_the_printer_works() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::owed());
        person.desk.slips.extend([desk::owed_slip(), desk::owed_slip()]);
        person.printer = Some(Trouble::PaperOut);
        person.press("待补打凭条 · 1", "Slips still owed · 1");
        person.press_on("WB20260005");
        person.sees("待补打凭条 · 1", "Slips still owed · 1");
        person.printer = None;
        person.press("待补打凭条 · 1", "Slips still owed · 1");
        person.press_on("WB20260005");
        person.sees_no("待补打凭条", "Slips still owed");
        person.leaves_staff_mode();
    });
}

#[test]
fn staff_who_walk_away_leave_staff_mode_closed() {
    in_both_languages(|person| {
        person.comes_as_staff(&[], desk::taken(&[]));
        person.waits(44);
        person.sees("员工模式 · 周岚", "Staff mode · 周岚");
        person.waits(1);
        person.is_at_the_start();
        person.sees_no("周岚", "周岚");
    });
}

impl Person {
    /// Reads why something was refused.
    fn sees_why(&self, reason: Reason) {
        self.sees(reason.sentence(Language::Zh), reason.sentence(Language::En));
    }
}
