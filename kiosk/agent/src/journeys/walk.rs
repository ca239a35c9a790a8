//! A walk over every code that a shopper can meet: each has a page that says what happened and what to do, in both languages.

use pickup_protocol::{Language, Reason};
use pickup_session::{
    Config, Display, Event, GoodsFault, Now, Problem, Screen, Session, Trouble, View, Whereabouts,
};
use pickup_ui::glass::{Glass, Role};
use uuid::Uuid;

use super::sample;
use crate::screen::Surroundings;
use crate::words;

/// What is read on the page, in one go.
fn read(glass: &mut Glass, screen: &Screen, language: Language) -> String {
    let mut around = Surroundings::new(&sample::doors());
    around.hello = Some(sample::hello());
    let (display, screen) = (Display::Normal, screen.clone());
    let view = View { language, display, screen, countdown_s: None, online: true, away: None, nth: None };
    glass.show(around.view(&view, Some(sample::start()))).unwrap();
    let texts = glass.elements().into_iter().filter(|element| element.role == Role::Text);
    texts.map(|element| element.label).collect::<Vec<_>>().join("\n")
}

fn on_a_screen(walk: fn(&mut Glass)) {
    let screen = std::thread::spawn(move || walk(&mut Glass::new(1024, 600).unwrap()));
    if let Err(why) = screen.join() {
        std::panic::resume_unwind(why);
    }
}

fn refused(reason: Reason) -> Screen {
    let (reference, whereabouts) = ("R-1".to_owned(), Whereabouts::default());
    Screen::Refused { reason, collected_at: None, reference, whereabouts }
}

#[test]
fn every_reason_has_a_page_that_names_it_and_says_what_happened_and_what_to_do() {
    on_a_screen(|glass| {
        for &reason in Reason::ALL {
            for language in [Language::Zh, Language::En] {
                let page = read(glass, &refused(reason), language);
                assert!(page.contains(reason.code()), "{reason}: {page}");
                assert!(page.contains("R-1"), "{reason}: {page}");
                let waits =
                    matches!(reason, Reason::NotReleased | Reason::UnderInspection | Reason::NotInLocker);
                let told = match language {
                    _ if !waits => {
                        page.contains(reason.sentence(language)) && page.contains(reason.what_to_do(language))
                    }
                    Language::Zh => page.contains("通常") && page.contains("不必在此等候"),
                    Language::En => page.contains("Usually done") && page.contains("You need not wait here"),
                };
                assert!(told, "{reason} {language:?}: {page}");
            }
        }
    });
}

#[test]
fn every_trouble_with_card_printer_and_goods_has_a_text_of_its_own() {
    let troubles = [Trouble::PaperOut, Trouble::CoverOpen, Trouble::Cutter, Trouble::Offline, Trouble::Other];
    assert!(troubles.iter().all(|trouble| match trouble {
        // A new one has to be put on the list above.
        Trouble::PaperOut | Trouble::CoverOpen | Trouble::Cutter | Trouble::Offline | Trouble::Other => true,
    }));
    let problems = [
        Problem::ReadAgain,
        Problem::WrongPerson { tries_left: 2 },
        Problem::Expired,
        Problem::OtherDocument,
        Problem::ReaderDown,
    ];
    assert!(problems.iter().all(|problem| match problem {
        Problem::ReadAgain
        | Problem::WrongPerson { .. }
        | Problem::Expired
        | Problem::OtherDocument
        | Problem::ReaderDown => true,
    }));
    let name = || "林**".to_owned();
    let cards = problems.map(|problem| Screen::PresentCard { name: name(), problem: Some(problem) });
    let goods = GoodsFault::ALL.map(|told| Screen::GoodsFault { told: Some(told), reference: String::new() });
    let pages = [troubles.map(Screen::PrinterTrouble).to_vec(), cards.to_vec(), goods.to_vec()];
    let plain = Screen::PresentCard { name: name(), problem: None };
    let pages = [pages.concat(), vec![plain]].concat();
    let walk = move |glass: &mut Glass| {
        for language in [Language::Zh, Language::En] {
            let mut seen: Vec<String> = pages.iter().map(|page| read(glass, page, language)).collect();
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), all, "{language:?}: two of them read the same");
        }
    };
    std::thread::spawn(move || walk(&mut Glass::new(1024, 600).unwrap())).join().unwrap();
}

/// Every code with which a session says that it serves nobody.
fn out_of_service() -> Vec<&'static str> {
    let now = Now { mono: std::time::Duration::from_secs(1), wall: Some(sample::start()) };
    let begin = |events: Vec<Event>| {
        let mut session = Session::new(Config::new(sample::doors()), Box::new(Uuid::new_v4), now);
        events.into_iter().for_each(|event| session.handle(event, now));
        let mut shown = None;
        while let Some(command) = session.next_command() {
            if let pickup_session::Command::Show(view) = command {
                shown = Some(view.screen);
            }
        }
        shown
    };
    let good = || Event::Recovered(Some(Box::default()));
    let hello = || Event::Hello(Box::new(sample::hello()));
    let doors = sample::doors().into_iter().map(|door| Event::Door { door: door.door, open: false });
    let lock: Vec<Event> = std::iter::once(Event::Lock(true)).chain(doors).collect();
    let states = [
        begin([vec![Event::Recovered(None)], lock.clone()].concat()),
        begin([vec![good()], lock.clone()].concat()),
        begin([vec![good(), hello()], lock.clone(), vec![Event::Lock(false)]].concat()),
        begin([vec![good(), hello()], lock].concat()),
    ];
    let code = |screen: Option<Screen>| match screen {
        Some(Screen::OutOfService(code)) => Some(code),
        _ => None,
    };
    states.into_iter().filter_map(code).chain(["STARTING"]).collect()
}

#[test]
fn every_way_of_being_closed_says_why_and_whom_to_call() {
    on_a_screen(|glass| {
        let codes = out_of_service();
        assert_eq!(codes, ["JOURNAL_FAILED", "NOT_CONNECTED_YET", "LOCK_DOWN", "SCANNER_DOWN", "STARTING"]);
        for code in codes {
            assert_ne!(
                words::out_of_service(code),
                words::out_of_service(""),
                "{code} has no words of its own"
            );
            for language in [Language::Zh, Language::En] {
                let page = read(glass, &Screen::OutOfService(code), language);
                assert!(page.contains(code) && page.contains("19900000001"), "{page}");
            }
        }
    });
}
