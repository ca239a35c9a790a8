//! The slip: once, or again with the word COPY.

use pickup_protocol::Reason;
use pickup_session::{Event, Screen, Trouble};

use crate::kiosk::Kiosk;
use crate::sample;

/// A slip was sent to a printer that is out of paper.
fn failed(sent: bool) -> Kiosk {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.forget();
    kiosk.send(Event::Printer(Some(Trouble::PaperOut)));
    kiosk.print_failed(sent, Trouble::PaperOut);
    assert_eq!(kiosk.screen(), &Screen::PrinterTrouble(Trouble::PaperOut));
    kiosk
}

#[test]
fn a_slip_of_which_nothing_came_out_is_printed_again_and_is_no_copy() {
    let mut kiosk = failed(false);
    assert_eq!(kiosk.done(), ["journal slip not sent", "call staff: PRINTER", "written"]);
    kiosk.wait(60);
    assert_eq!(kiosk.done(), [""; 0], "nothing is sent to a printer without paper");
    kiosk.send(Event::Printer(None));
    kiosk.wait(0);
    assert_eq!(kiosk.done(), ["journal slip intent", "written", "print"]);
    kiosk.printed();
    kiosk.opens(3);
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &Screen::Done { slip: sample::slip_number(5), copy: false });
    assert_eq!(kiosk.handovers()[0].slips_printed, 1);
}

#[test]
fn a_slip_that_comes_out_late_by_itself_is_not_printed_twice() {
    let mut kiosk = failed(true);
    kiosk.send(Event::Printer(None));
    kiosk.wait(1);
    kiosk.forget();
    kiosk.printed();
    assert_eq!(kiosk.done(), ["journal slip printed + intent", "written", "open 3"]);
    kiosk.opens(3);
    kiosk.shuts(3);
    kiosk.wait(5);
    assert!(kiosk.done().iter().all(|done| !done.starts_with("print")));
    assert_eq!(kiosk.handovers()[0].slips_printed, 1);
}

#[test]
fn a_slip_that_may_have_come_out_is_followed_by_a_copy() {
    let mut kiosk = failed(true);
    kiosk.send(Event::Printer(None));
    kiosk.forget();
    kiosk.wait(2);
    assert_eq!(kiosk.done(), ["journal slip intent", "written", "print a copy"]);
    kiosk.printed();
    kiosk.opens(3);
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &Screen::Done { slip: sample::slip_number(5), copy: true });
}

#[test]
fn a_printer_that_fails_again_while_the_late_slip_is_awaited_is_asked_only_when_it_is_well() {
    let mut kiosk = failed(true);
    kiosk.send(Event::Printer(None));
    kiosk.wait(1);
    kiosk.send(Event::Printer(Some(Trouble::CoverOpen)));
    assert_eq!(kiosk.screen(), &Screen::PrinterTrouble(Trouble::CoverOpen));
    kiosk.forget();
    kiosk.wait(10);
    assert_eq!(kiosk.done(), [""; 0]);
    kiosk.send(Event::Printer(None));
    kiosk.wait(2);
    assert_eq!(kiosk.done().last().unwrap(), "print a copy");
}

#[test]
fn a_printer_that_does_not_recover_leaves_it_to_staff_and_the_same_ticket_works_later() {
    for sent in [false, true] {
        let mut kiosk = failed(sent);
        kiosk.forget();
        kiosk.wait(299);
        assert!(matches!(kiosk.screen(), Screen::PrinterTrouble(_)));
        kiosk.wait(1);
        assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
        assert_eq!(kiosk.done(), ["journal abandoned", "written"]);
        assert!(kiosk.handovers().is_empty());
        kiosk.send(Event::Printer(None));
        kiosk.wait(12);
        kiosk.go_to_printing(5, 3);
        assert_eq!(kiosk.job().copy, sent);
    }
}

#[test]
fn a_printer_that_says_nothing_at_all_is_given_up() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.wait(300);
    assert!(!matches!(kiosk.screen(), Screen::Printing));
    kiosk.wait(3_000);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    assert_eq!(kiosk.pulses(), 0);
}

#[test]
fn no_more_than_five_slips_are_tried_for_one_pickup() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.forget();
    for _ in 0..20 {
        if kiosk.screen() == &Screen::Printing {
            kiosk.print_failed(true, Trouble::Other);
            kiosk.wait(2);
        }
    }
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.done().iter().filter(|done| *done == "print a copy").count(), 4);
}

#[test]
fn a_later_visit_after_a_slip_was_printed_gets_a_copy() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_opening(5, 3);
    for _ in 0..2 {
        kiosk.open_fails(3, pickup_session::OpenFailure::NotSent);
    }
    kiosk.wait(12);
    kiosk.go_to_printing(5, 3);
    assert!(kiosk.job().copy);
}

#[test]
fn where_the_slip_may_follow_the_door_opens_without_it_and_the_report_says_so() {
    let mut kiosk = Kiosk::ready();
    let config = pickup_session::Config {
        slip_may_follow_after: Some(std::time::Duration::from_secs(20)),
        ..pickup_session::Config::new(sample::doors())
    };
    kiosk.session = pickup_session::Session::new(config, crate::kiosk::ids(9), kiosk.now);
    kiosk.send(pickup_session::Event::Recovered(Some(Box::default())));
    kiosk.devices(&[]);
    kiosk.go_to_printing(5, 3);
    kiosk.send(pickup_session::Event::Printer(Some(Trouble::PaperOut)));
    kiosk.print_failed(false, Trouble::PaperOut);
    kiosk.wait(19);
    assert_eq!(kiosk.pulses(), 0, "the printer may be mended");
    kiosk.wait(1);
    assert_eq!(kiosk.pulses(), 1);
    kiosk.opens(3);
    kiosk.shuts(3);
    let handover = &kiosk.handovers()[0];
    assert_eq!((handover.slips_printed, handover.slip.as_str()), (0, sample::slip_number(5).as_str()));
}
