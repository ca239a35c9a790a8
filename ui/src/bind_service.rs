//! Turns the service pages and the pairing page into the values of their boundary.

use slint::SharedString;

use crate::bind::{int, model};
use crate::generated::{
    DoorLook as Look, DoorLookCell, EventData, FactData, FactsSubject, Grade as Mark, Service as Boundary,
    ServiceDriver, ServiceKind,
};
use crate::service::{
    CODE_LETTERS, Doors, Driver, EVENTS_A_SHEET, Events, FACTS_A_SHEET, Fact, Facts, Service, ServicePage,
    Subject, sheet, sheets,
};
use crate::view::{DoorLook, Grade, Language, LockerMap, Pairing, Screen, View};

/// Sets what the service pages and the pairing page read; a page that is not shown keeps nothing.
pub(crate) fn apply(service: &Boundary<'_>, view: &View) {
    let nobody = Service::default();
    let (shown, pairing) = match &view.screen {
        Screen::Service(shown) => (&**shown, None),
        Screen::Pairing(pairing) => (&nobody, Some(pairing)),
        _ => (&nobody, None),
    };
    service.set_staff(shown.staff.as_deref().unwrap_or_default().into());
    page(service, shown, view);
    self::pairing(service, pairing.unwrap_or(&Pairing::default()), view.language);
}

fn page(service: &Boundary<'_>, shown: &Service, view: &View) {
    let language = view.language;
    let (mut all_facts, mut all_doors, mut all_events) = Default::default();
    let mut out = None;
    service.set_can_change(false);
    service.set_kind(match &shown.page {
        ServicePage::Menu(standing) => {
            out = standing.as_ref();
            ServiceKind::Menu
        }
        ServicePage::Facts(facts) => {
            all_facts = facts.clone();
            ServiceKind::Facts
        }
        ServicePage::Doors(doors) => {
            all_doors = doors.clone();
            ServiceKind::Doors
        }
        ServicePage::Events(events) => {
            all_events = events.clone();
            ServiceKind::Events
        }
        ServicePage::Standing(standing) => {
            service.set_can_change(standing.can_change);
            out = standing.out.as_ref();
            ServiceKind::Standing
        }
    });
    service.set_out(out.map_or("", |text| text.get(language)).into());
    if matches!(shown.page, ServicePage::Events(_)) {
        events(service, &all_events);
    } else {
        events(service, &Events::default());
        facts(service, &all_facts, language);
    }
    doors(service, &all_doors, &view.lockers);
    if matches!(shown.page, ServicePage::Doors(_)) {
        fact_rows(service, all_doors.boards.iter(), language);
    }
}

fn facts(service: &Boundary<'_>, shown: &Facts, language: Language) {
    turn(service, shown.rows.len(), FACTS_A_SHEET, shown.sheet);
    service.set_subject(match shown.subject {
        Subject::Printer => FactsSubject::Printer,
        Subject::Scanner => FactsSubject::Scanner,
        Subject::Reader => FactsSubject::Reader,
        Subject::Machine => FactsSubject::Machine,
    });
    fact_rows(service, sheet(&shown.rows, FACTS_A_SHEET, shown.sheet), language);
    let (grade, text) =
        shown.result.as_ref().map_or((Grade::Plain, ""), |(grade, text)| (*grade, text.get(language)));
    service.set_result(text.into());
    service.set_result_grade(mark(grade));
    service.set_can_print(shown.can_print);
}

fn fact_rows<'a>(service: &Boundary<'_>, shown: impl Iterator<Item = &'a Fact>, language: Language) {
    service.set_facts(model(
        service.get_facts(),
        shown.map(|fact| FactData {
            name: fact.name.get(language).into(),
            value: fact.value.get(language).into(),
            grade: mark(fact.grade),
        }),
    ));
}

fn turn(service: &Boundary<'_>, rows: usize, a_sheet: usize, at: usize) {
    let all = sheets(rows, a_sheet);
    let at = at.min(all.saturating_sub(1));
    let count = |sheets: usize| i32::try_from(sheets).unwrap_or(i32::MAX);
    service.set_sheet(count(at.saturating_add(1)));
    service.set_sheets(count(all));
    service.set_can_previous(at > 0);
    service.set_can_next(at.saturating_add(1) < all);
}

fn doors(service: &Boundary<'_>, shown: &Doors, map: &LockerMap) {
    let look = |label: &str| {
        let found = shown.doors.iter().find(|(known, _)| known == label);
        found.map_or(DoorLook::Unknown, |(_, look)| *look)
    };
    let count = |wanted: DoorLook| {
        let all = shown.doors.iter().filter(|(_, look)| *look == wanted).count();
        i32::try_from(all).unwrap_or(i32::MAX)
    };
    service.set_shut(count(DoorLook::Shut));
    service.set_taken(count(DoorLook::Taken));
    service.set_open(count(DoorLook::Open));
    service.set_unknown(count(DoorLook::Unknown));
    service.set_door_columns(int(map.columns()));
    service.set_doors(model(
        service.get_doors(),
        map.doors.iter().map(|cell| DoorLookCell {
            label: (&cell.label).into(),
            column: int(cell.column),
            top: int(cell.top),
            units: int(cell.size.units()),
            look: match look(&cell.label) {
                DoorLook::Unknown => Look::Unknown,
                DoorLook::Shut => Look::Shut,
                DoorLook::Taken => Look::Taken,
                DoorLook::Open => Look::Open,
            },
        }),
    ));
}

fn events(service: &Boundary<'_>, shown: &Events) {
    turn(service, shown.rows.len(), EVENTS_A_SHEET, shown.sheet);
    service.set_driver(match shown.driver {
        Driver::Lock => ServiceDriver::Lock,
        Driver::Scanner => ServiceDriver::Scanner,
        Driver::Reader => ServiceDriver::Reader,
        Driver::Printer => ServiceDriver::Printer,
    });
    let rows = sheet(&shown.rows, EVENTS_A_SHEET, shown.sheet);
    service.set_events(model(
        service.get_events(),
        rows.map(|(at, what)| EventData { at: at.into(), what: what.into() }),
    ));
}

fn pairing(service: &Boundary<'_>, shown: &Pairing, language: Language) {
    service.set_code(shown.grouped().into());
    service.set_letters(model(service.get_letters(), CODE_LETTERS.chars().map(SharedString::from)));
    service.set_backend((&shown.backend).into());
    service.set_problem(shown.problem.as_ref().map_or("", |text| text.get(language)).into());
    service.set_asking(shown.asking);
    service.set_ready(shown.is_ready());
}

fn mark(grade: Grade) -> Mark {
    match grade {
        Grade::Plain => Mark::Plain,
        Grade::Good => Mark::Good,
        Grade::Look => Mark::Look,
        Grade::Bad => Mark::Bad,
    }
}
