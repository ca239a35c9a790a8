//! Ways that end early, and what is on every page.

use pickup_protocol::kiosk::{Progress, Verdict};
use pickup_protocol::{Reason, Ticket};
use pickup_session::Event;

use super::person::{Person, in_both_languages};
use super::sample;

fn waits_for(progress: Progress) -> (&'static str, &'static str, Reason) {
    match progress {
        Progress::Filed => ("清单正在发往海关", "on its way to customs", Reason::NotReleased),
        Progress::Accepted => ("正在审核", "Customs has the declaration", Reason::NotReleased),
        Progress::Review => ("海关正在人工审核", "Customs reviews your order", Reason::UnderInspection),
        Progress::Inspection => ("海关正在查验包裹", "Customs inspects", Reason::UnderInspection),
        Progress::Correction => ("正在更正单证", "The papers are being put right", Reason::NotReleased),
        Progress::Picking => ("已放行，正在送柜", "Released, and on its way here", Reason::NotInLocker),
    }
}

#[test]
fn whoever_has_to_wait_is_told_for_what_how_long_and_that_they_may_leave() {
    in_both_languages(|person| {
        for progress in Progress::ALL {
            let (zh, en, reason) = waits_for(progress);
            let (progress, collected_at, kiosk) = (Some(progress), None, None);
            person.verdicts.push_back(Some(Verdict::Refused { reason, collected_at, progress, kiosk }));
            person.scans(sample::signed(sample::ticket()));
            person.sees(zh, en);
            person.sees("通常", "Usually done");
            if matches!(progress, Some(Progress::Filed | Progress::Accepted)) {
                person.sees("约 4 分钟", "about 4 min");
            }
            person.sees("发短信通知您", "We send you a text message");
            person.sees("不必在此等候", "You need not wait here");
            // The refusal lies there until the next code, or their own once more.
        }
        person.scans(sample::signed(sample::ticket()));
        person.sees("请将身份证放在读卡区", "Lay the ID card on the reader");
    });
}

#[test]
fn what_was_collected_before_says_when_and_where() {
    in_both_languages(|person| {
        let (reason, kiosk) = (Reason::AlreadyCollected, Some("K2".to_owned()));
        let collected_at = Some(sample::start());
        person.verdicts.push_back(Some(Verdict::Refused { reason, collected_at, progress: None, kiosk }));
        person.scans(sample::signed(sample::ticket()));
        person.sees("已被取走", "already collected");
        person.sees("2026-11-23 10:00 · K2", "2026-11-23 10:00 · K2");
        person.press("知道了", "Understood");
        person.is_at_the_start();
    });
}

#[test]
fn a_parcel_of_another_centre_or_kiosk_says_where_it_is() {
    in_both_languages(|person| {
        person.scans(sample::signed(Ticket { centre: 13, ..sample::ticket() }));
        person.sees("另一提货中心", "The other centre");
        person.sees("样例路 2 号", "2 Sample Road");
        person.sees("手机扫码，查看路线", "Scan for the way there");
        person.sees("10 公里 · 南", "10 km · south");
        let (reason, kiosk) = (Reason::OtherKiosk, Some("K2".to_owned()));
        person.verdicts.push_back(Some(Verdict::Refused {
            reason,
            collected_at: None,
            progress: None,
            kiosk,
        }));
        person.scans(sample::signed(sample::ticket()));
        person.sees("另一台自提柜", "another kiosk");
        person.sees("K2", "K2");
    });
}

#[test]
fn a_code_that_is_not_ours_and_one_that_has_run_out_are_told_apart() {
    in_both_languages(|person| {
        person.scans(sample::forged());
        person.sees("不是本中心签发", "not issued by this centre");
        person.scans(b"hello".to_vec());
        person.sees("这不是提货码", "This is not a pickup code");
        let not_after_unix_s = 1_000_000_000;
        person.scans(sample::signed(Ticket { not_after_unix_s, ..sample::ticket() }));
        person.sees("提货码已过期", "This pickup code has run out");
    });
}

#[test]
fn without_the_network_it_is_said_what_still_works_and_a_parcel_that_is_not_listed_is_refused() {
    in_both_languages(|person| {
        person.happens(Event::Online(false));
        person.sees(
            "已放行并在本柜中的包裹仍可提取",
            "Released parcels in these lockers can still be collected",
        );
        person.verdicts.push_back(None);
        person.scans(sample::signed(sample::ticket()));
        person.sees("网络中断", "The network is down");
        person.press("帮助", "Help");
        person.sees_no("已通知工作人员", "The staff have been told");
        person.press("返回", "Back");
        person.press("知道了", "Understood");
        person.is_at_the_start();
    });
}

#[test]
fn help_is_one_press_away_says_the_number_and_leads_back() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.press("帮助", "Help");
        person.sees("19900000001", "19900000001");
        assert_eq!(person.calls, ["HELP_ASKED"]);
        person.press("返回", "Back");
        person.sees("请核对您的包裹", "Is this your parcel?");
    });
}

#[test]
fn language_and_letters_are_switched_on_the_way_and_are_as_before_for_the_next_person() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.press("大字", "Larger");
        person.press("高对比", "Contrast");
        person.press("标准", "Normal");
        person.press("English", "中文");
        person.sees("Is this your parcel?", "请核对您的包裹");
        person.press("Cancel", "取消");
        person.is_at_the_start();
    });
}

#[test]
fn whoever_goes_quiet_is_asked_and_leaves_nothing_behind() {
    in_both_languages(|person| {
        person.comes_to_their_parcel();
        person.waits(45);
        person.sees("您还在操作吗？", "Are you still there?");
        person.press("我需要更多时间", "I need more time");
        person.sees("请核对您的包裹", "Is this your parcel?");
        person.waits(60);
        person.is_at_the_start();
        for of_the_person in ["林**", "婴儿配方奶粉", "WB20260005"] {
            person.sees_no(of_the_person, of_the_person);
        }
    });
}

#[test]
fn a_kiosk_without_its_lockers_is_closed_and_says_whom_to_call() {
    in_both_languages(|person: &mut Person| {
        person.happens(Event::Lock(false));
        person.sees("LOCK_DOWN", "LOCK_DOWN");
        person.sees("柜门控制没有响应", "The lockers do not answer");
        person.sees("19900000001", "19900000001");
    });
}
