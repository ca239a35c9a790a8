//! The pages beside the shopper's way.

use pickup_protocol::kiosk::GrantReply;
use pickup_protocol::{DoorNumber, Reason, Ticket};
use pickup_session::{Action, GoodsFault, Nth, Screen};

use crate::kiosk::Kiosk;
use crate::sample;

#[test]
fn the_limit_is_explained_beside_the_parcel_and_the_way_leads_back() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::Explain);
    assert_eq!(kiosk.screen(), &Screen::Idle, "nobody's limit is known here");
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Explain);
    let Screen::Limit { limit, this_order_fen, offline: false } = kiosk.screen() else { panic!() };
    let offer = sample::offer(5, &[3]);
    assert_eq!((limit, *this_order_fen), (&offer.limit, offer.goods_fen));
    kiosk.touch(Action::Back);
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
    kiosk.touch(Action::Explain);
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::StillThere, "figures are not left to the next person");
    kiosk.wait(15);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn help_with_the_code_ends_when_the_code_scans_or_nobody_is_there() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::ScanHelp);
    assert_eq!(kiosk.screen(), &Screen::ScanHelp);
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.touch(Action::ScanHelp);
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.screen(), &Screen::LookingUp);
}

#[test]
fn goods_that_are_not_right_are_told_to_the_staff_with_what_is_wrong_and_the_number_of_the_slip() {
    for fault in GoodsFault::ALL {
        let mut kiosk = Kiosk::ready();
        kiosk.go_to_open_door(5, 3);
        kiosk.shuts(3);
        kiosk.forget();
        kiosk.touch(Action::WrongGoods);
        let reference = sample::slip_number(5);
        assert_eq!(kiosk.screen(), &Screen::GoodsFault { told: None, reference: reference.clone() });
        kiosk.touch(Action::Goods(fault));
        assert_eq!(kiosk.done(), [format!("call staff: {} {reference}", fault.code())]);
        assert_eq!(kiosk.screen(), &Screen::GoodsFault { told: Some(fault), reference });
        kiosk.touch(Action::Goods(fault));
        assert!(kiosk.done().is_empty(), "told once");
        kiosk.wait(45);
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
}

#[test]
fn a_complaint_before_the_open_door_does_not_keep_the_shut_one_from_being_seen() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_open_door(5, 3);
    kiosk.touch(Action::WrongGoods);
    kiosk.shuts(3);
    assert!(matches!(kiosk.screen(), Screen::Done { .. }));
    assert_eq!(kiosk.handovers().len(), 1);
}

#[test]
fn of_several_doors_each_says_which_it_is() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3, 4]));
    kiosk.present(sample::card());
    kiosk.touch(Action::Confirm);
    kiosk.grant(Ok(GrantReply::Granted { doors: vec![DoorNumber(3), DoorNumber(4)] }));
    kiosk.printed();
    kiosk.opens(3);
    assert_eq!(kiosk.view.nth, Some(Nth { door: 1, of: 2 }));
    kiosk.shuts(3);
    kiosk.opens(4);
    assert_eq!(kiosk.view.nth, Some(Nth { door: 2, of: 2 }));
    kiosk.shuts(4);
    assert_eq!(kiosk.view.nth, None);
}

#[test]
fn whoever_came_to_the_wrong_centre_is_told_where_the_right_one_is() {
    let mut kiosk = Kiosk::ready();
    let ticket = Ticket { centre: sample::CENTRE + 1, ..sample::ticket_of(5) };
    kiosk.scan(sample::signed(ticket));
    let Screen::Refused { reason: Reason::OtherCentre, whereabouts, .. } = kiosk.screen() else { panic!() };
    let centre = whereabouts.centre.as_ref().unwrap();
    assert_eq!(centre.address.en, "2 Sample Road");
}
