//! The service pages: tests of the devices, the doors, and the kiosk taken out of service and put back.

use pickup_protocol::service::OutReason;
use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_session::service::{CodeKind, DoorSeen, Laid, Page, Sample, Seen, ServiceAction, ServiceView};
use pickup_session::{Action, Event, Record, Screen, Trouble, Unreachable};

use crate::kiosk::Kiosk;
use crate::sample;

fn asks(kiosk: &mut Kiosk, asked: ServiceAction) {
    kiosk.touch(Action::Service(asked));
}

fn staff_mode(kiosk: &mut Kiosk) {
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(sample::welcome(&[])));
}

fn on(page: Page) -> Kiosk {
    let mut kiosk = Kiosk::ready();
    enter(&mut kiosk, page);
    kiosk
}

fn enter(kiosk: &mut Kiosk, page: Page) {
    staff_mode(kiosk);
    asks(kiosk, ServiceAction::Enter);
    asks(kiosk, ServiceAction::Show(page));
    kiosk.forget();
}

fn shown(kiosk: &Kiosk) -> &ServiceView {
    match kiosk.screen() {
        Screen::Service(view) => view,
        other => panic!("no service page: {other:?}"),
    }
}

fn taken_out(kiosk: &mut Kiosk) {
    enter(kiosk, Page::Standing);
    asks(kiosk, ServiceAction::TakeOut(OutReason::Stocktaking));
    asks(kiosk, ServiceAction::Leave);
    kiosk.touch(Action::Finish);
}

#[test]
fn staff_go_from_their_mode_to_the_menu_and_back() {
    let mut kiosk = Kiosk::ready();
    staff_mode(&mut kiosk);
    asks(&mut kiosk, ServiceAction::Enter);
    assert_eq!((shown(&kiosk).page, shown(&kiosk).staff.as_deref()), (Page::Menu, Some(sample::STAFF_NAME)));
    asks(&mut kiosk, ServiceAction::Leave);
    assert!(matches!(kiosk.screen(), Screen::StaffHome { .. }));
}

#[test]
fn nobody_but_staff_comes_to_the_service_pages() {
    let mut kiosk = Kiosk::ready();
    asks(&mut kiosk, ServiceAction::Enter);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.go_to_review(5, 3);
    asks(&mut kiosk, ServiceAction::Enter);
    asks(&mut kiosk, ServiceAction::TakeOut(OutReason::Maintenance));
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
    assert_eq!(kiosk.journal, []);
}

#[test]
fn a_sample_slip_is_printed_once_and_what_became_of_it_is_shown() {
    for (answer, how) in [
        (None, Sample::Printed),
        (Some((true, Trouble::PaperOut)), Sample::Failed { sent: true, trouble: Trouble::PaperOut }),
        (Some((false, Trouble::Other)), Sample::Failed { sent: false, trouble: Trouble::Other }),
    ] {
        let mut kiosk = on(Page::Printer);
        asks(&mut kiosk, ServiceAction::PrintSample);
        asks(&mut kiosk, ServiceAction::PrintSample);
        assert_eq!(kiosk.done(), ["print a sample"]);
        let job = kiosk.asked.sample.unwrap();
        assert_eq!(shown(&kiosk).sample, Sample::Printing { job });
        kiosk.send(match answer {
            None => Event::Printed(job),
            Some((sent, trouble)) => Event::PrintFailed { job, sent, trouble },
        });
        assert_eq!(shown(&kiosk).sample, how);
        assert_eq!(kiosk.journal, [], "a sample is nobody's slip");
    }
}

#[test]
fn whatever_is_scanned_its_kind_and_length_are_shown_and_nothing_happens() {
    let mut kiosk = on(Page::Scanner);
    let codes = [
        (sample::ticket(5), CodeKind::Ticket),
        (sample::badge().into_bytes(), CodeKind::Badge),
        (sample::label(5), CodeKind::Label),
        (b"noise".to_vec(), CodeKind::Other),
    ];
    for (count, (bytes, kind)) in (1..).zip(codes) {
        let length = bytes.len();
        kiosk.scan(bytes);
        assert_eq!(shown(&kiosk).seen, Some(Seen { kind, length, count }));
    }
    assert_eq!(kiosk.done(), [""; 0]);
    asks(&mut kiosk, ServiceAction::Show(Page::Menu));
    kiosk.scan(sample::ticket(5));
    assert_eq!(shown(&kiosk).seen, None);
}

#[test]
fn the_reader_looks_for_cards_only_while_its_page_is_open_and_the_card_itself_goes_nowhere() {
    let mut kiosk = on(Page::Menu);
    asks(&mut kiosk, ServiceAction::Show(Page::Reader));
    assert_eq!(kiosk.done(), ["look for cards"]);
    kiosk.send(Event::Laid(Laid::Read("citizen")));
    kiosk.present(sample::card());
    assert_eq!(shown(&kiosk).laid, Some(Laid::Read("citizen")));
    assert_eq!(kiosk.done(), [""; 0]);
    kiosk.send(Event::Laid(Laid::Failed("not_read")));
    assert_eq!(shown(&kiosk).laid, Some(Laid::Failed("not_read")));
    asks(&mut kiosk, ServiceAction::Show(Page::Menu));
    assert_eq!(kiosk.done(), ["stop looking"]);
}

#[test]
fn the_map_tells_open_shut_and_unknown_doors_and_those_with_goods() {
    let mut kiosk = Kiosk::ready();
    kiosk.send(Event::Manifest(Box::new(sample::manifest(&[(5, 3)], &[]))));
    kiosk.opens(2);
    enter(&mut kiosk, Page::Doors);
    let doors = &shown(&kiosk).doors;
    let at = |number| *doors.iter().find(|seen| seen.door == DoorNumber(number)).unwrap();
    assert_eq!(at(1), DoorSeen { door: DoorNumber(1), open: Some(false), taken: false });
    assert_eq!(at(2).open, Some(true));
    assert!(at(3).taken);
    kiosk.send(Event::Lock(false));
    assert!(shown(&kiosk).doors.iter().all(|seen| seen.open.is_none()));
}

#[test]
fn a_kiosk_taken_out_of_service_says_so_once_it_is_written_and_serves_no_shopper() {
    let mut kiosk = on(Page::Standing);
    kiosk.disk = false;
    asks(&mut kiosk, ServiceAction::TakeOut(OutReason::Stocktaking));
    asks(&mut kiosk, ServiceAction::TakeOut(OutReason::Maintenance));
    assert_eq!(kiosk.done(), ["journal taken out"], "a second touch is none");
    assert_eq!((shown(&kiosk).out, shown(&kiosk).changing), (None, true));
    asks(&mut kiosk, ServiceAction::Leave);
    assert!(shown(&kiosk).changing, "nobody leaves before it counts");
    kiosk.write();
    assert_eq!((shown(&kiosk).out, shown(&kiosk).changing), (Some(OutReason::Stocktaking), false));
    asks(&mut kiosk, ServiceAction::Leave);
    kiosk.touch(Action::Finish);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("STOCKTAKING"));
    kiosk.forget();
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.done(), [""; 0]);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("STOCKTAKING"));
}

#[test]
fn it_stays_out_of_service_over_a_restart_until_staff_put_it_back() {
    let mut kiosk = Kiosk::ready();
    taken_out(&mut kiosk);
    let mut kiosk = Kiosk::restarted(&kiosk.journal);
    kiosk.devices(&[]);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("STOCKTAKING"));
    let told = kiosk.recovery().reports;
    assert_eq!(told.len(), 1, "the backend is told until it has it");
    enter(&mut kiosk, Page::Standing);
    asks(&mut kiosk, ServiceAction::PutBack);
    assert_eq!(kiosk.done(), ["journal put back", "written"]);
    asks(&mut kiosk, ServiceAction::Leave);
    kiosk.touch(Action::Finish);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    assert!(matches!(kiosk.journal.last(), Some(Record::Service(change)) if change.out.is_none()));
}

#[test]
fn a_pickup_that_was_under_way_ends_before_the_kiosk_says_that_it_is_out_of_service() {
    let mut kiosk = Kiosk::ready();
    taken_out(&mut kiosk);
    let standing = kiosk.journal.clone();
    let mut busy = Kiosk::ready();
    busy.go_to_open_door(5, 3);
    let lines: Vec<Record> = standing.into_iter().chain(busy.journal.clone()).collect();
    let mut kiosk = Kiosk::restarted(&lines);
    kiosk.devices(&[3]);
    assert!(matches!(kiosk.screen(), Screen::TakeGoods { .. }));
    kiosk.shuts(3);
    assert_eq!(kiosk.handovers()[0].pickup, PickupNumber(5));
    kiosk.touch(Action::Finish);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("STOCKTAKING"));
}

#[test]
fn a_badge_that_cannot_be_checked_opens_the_pages_to_look_and_changes_nothing() {
    for silent in [false, true] {
        let mut kiosk = Kiosk::ready();
        kiosk.scan(sample::badge().into_bytes());
        if silent {
            kiosk.wait(20);
        } else {
            kiosk.staff(Err(Unreachable));
        }
        assert_eq!(shown(&kiosk).staff, None);
        kiosk.forget();
        asks(&mut kiosk, ServiceAction::Show(Page::Standing));
        asks(&mut kiosk, ServiceAction::TakeOut(OutReason::Maintenance));
        asks(&mut kiosk, ServiceAction::PutBack);
        asks(&mut kiosk, ServiceAction::PrintSample);
        kiosk.scan(sample::label(5));
        assert_eq!(kiosk.done(), [""; 0]);
        asks(&mut kiosk, ServiceAction::Leave);
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
}

#[test]
fn staff_can_look_at_a_kiosk_whose_locks_are_away() {
    let mut kiosk = Kiosk::ready();
    kiosk.send(Event::Lock(false));
    assert_eq!(kiosk.screen(), &Screen::OutOfService("LOCK_DOWN"));
    enter(&mut kiosk, Page::Doors);
    assert!(shown(&kiosk).doors.iter().all(|seen| seen.open.is_none()));
}

#[test]
fn left_alone_the_pages_close_and_a_disk_that_never_answers_closes_the_kiosk() {
    let mut kiosk = on(Page::Machine);
    kiosk.wait(179);
    assert_eq!(shown(&kiosk).page, Page::Machine);
    kiosk.wait(2);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    let mut kiosk = on(Page::Standing);
    kiosk.disk = false;
    asks(&mut kiosk, ServiceAction::TakeOut(OutReason::CentreClosed));
    kiosk.wait(20);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("JOURNAL_FAILED"));
}

#[test]
fn a_long_list_has_sheets_and_another_page_begins_at_its_first() {
    let mut kiosk = on(Page::Events(Default::default()));
    asks(&mut kiosk, ServiceAction::Previous);
    assert_eq!(shown(&kiosk).sheet, 0);
    asks(&mut kiosk, ServiceAction::Next);
    asks(&mut kiosk, ServiceAction::Next);
    assert_eq!(shown(&kiosk).sheet, 2);
    asks(&mut kiosk, ServiceAction::Show(Page::Machine));
    assert_eq!(shown(&kiosk).sheet, 0);
}
