//! A finger on the glass.

use std::collections::BTreeSet;
use std::time::Duration;

use pickup_ui::view::{Action, Language, Status, View};
use pickup_ui::{TouchKind, UiCommand};

use crate::rig::Rig;
use crate::samples;

fn page(wanted: &str) -> View {
    let mut pages = samples::all(Language::Zh).into_iter();
    pages.find(|(name, _)| *name == wanted).map(|(_, view)| view).unwrap()
}

#[test]
fn every_page_offers_exactly_the_actions_it_allows_and_each_tap_gives_its_action_once() {
    let rig = Rig::start();
    for (name, view) in samples::all(Language::Zh) {
        let frame = rig.show(&view);
        let offered: BTreeSet<&str> = frame.targets.iter().map(|target| target.id()).collect();
        let allowed: BTreeSet<&str> = view.actions().into_iter().map(Action::as_str).collect();
        assert_eq!(offered, allowed, "{name}");
        assert_eq!(frame.targets.len(), allowed.len(), "{name}: no action twice");
        for target in &frame.targets {
            rig.tap(target);
            assert_eq!(rig.settle(), vec![target.action], "{name}: {}", target.label);
            rig.show(&view);
        }
    }
}

#[test]
fn a_tap_beside_every_target_does_nothing() {
    let rig = Rig::start();
    for (name, view) in samples::all(Language::En) {
        let frame = rig.show(&view);
        for target in &frame.targets {
            for (x, y) in [(target.x - 6.0, target.y + 20.0), (target.x + 20.0, target.y - 6.0)] {
                rig.touch(TouchKind::Press, x, y);
                rig.touch(TouchKind::Release, x, y);
            }
        }
        assert_eq!(rig.settle(), Vec::<Action>::new(), "{name}");
    }
}

#[test]
fn a_finger_that_slides_off_its_target_changes_its_mind() {
    let rig = Rig::start();
    let (_, view) = samples::all(Language::Zh).into_iter().find(|(name, _)| *name == "review").unwrap();
    let frame = rig.show(&view);
    let confirm = frame.targets.iter().find(|target| target.action == Action::Confirm).unwrap();
    let (x, y) = confirm.centre();
    rig.touch(TouchKind::Press, x, y);
    rig.touch(TouchKind::Move, x, y - 400.0);
    rig.touch(TouchKind::Release, x, y - 400.0);
    assert_eq!(rig.settle(), Vec::<Action>::new());
}

#[test]
fn a_finger_that_came_down_on_the_page_before_confirms_nothing_on_this_one() {
    let rig = Rig::start();
    let frame = rig.show(&page("review"));
    let confirm = frame.targets.iter().find(|target| target.action == Action::Confirm).unwrap().clone();
    let (x, y) = confirm.centre();
    rig.touch(TouchKind::Press, x, y);
    rig.show(&page("done"));
    rig.touch(TouchKind::Release, x, y);
    assert_eq!(rig.settle(), Vec::<Action>::new());
}

#[test]
fn a_page_that_is_told_anew_while_a_finger_is_down_loses_no_press() {
    let rig = Rig::start();
    for (name, view) in samples::all(Language::Zh) {
        let later = |clock: &str| View {
            status: Status { clock: clock.into(), ..view.status.clone() },
            ..view.clone()
        };
        for target in &rig.show(&later("09:59")).targets {
            let (x, y) = target.centre();
            rig.touch(TouchKind::Press, x, y);
            rig.send(UiCommand::Show(Box::new(later("10:00"))));
            rig.touch(TouchKind::Release, x, y);
            assert_eq!(rig.settle(), vec![target.action], "{name}: {}", target.label);
            rig.show(&later("09:59"));
        }
    }
}

#[test]
fn a_second_press_that_meets_the_next_page_does_nothing() {
    let rig = Rig::that_keeps_still((1080, 1920), Duration::from_secs(3600));
    let (take, done) = (page("take_goods"), page("done"));
    // The same pages where keys act at once tell where they are.
    let free = Rig::start();
    let targets = free.show(&done).targets;
    rig.show(&take);
    let shown = rig.show(&done);
    let offered: Vec<&str> = shown.targets.iter().map(|target| target.id()).collect();
    assert_eq!(offered, ["language", "display", "help"], "only what stands on every page acts at once");
    for target in &targets {
        rig.tap(target);
    }
    let mut acted = rig.settle();
    acted.sort_by_key(|action| action.as_str());
    let mut always = [Action::Help, Action::SwitchDisplay, Action::SwitchLanguage];
    always.sort_by_key(|action| action.as_str());
    assert_eq!(acted, always);
}

#[test]
fn a_moment_later_every_key_of_the_page_acts() {
    let rig = Rig::that_keeps_still((1080, 1920), Duration::from_millis(50));
    rig.show(&page("take_goods"));
    let done = page("done");
    let mut shown = rig.show(&done);
    while shown.targets.len() < done.actions().len() {
        shown = rig.frame();
    }
    let finish = shown.targets.iter().find(|target| target.action == Action::Finish).unwrap();
    rig.tap(finish);
    assert_eq!(rig.settle(), [Action::Finish]);
}

#[test]
fn every_touch_goes_through_the_one_button_of_the_house() {
    for (path, text) in crate::rig::slint_files() {
        let areas = text.matches("TouchArea {").count();
        let allowed = usize::from(path == "slint/components/basics.slint");
        assert_eq!(areas, allowed, "{path}: use Press, which reports where it is");
    }
}

#[test]
fn action_names_lead_back_to_their_actions() {
    for &action in Action::ALL {
        assert_eq!(Action::from_name(action.as_str()), Some(action));
    }
    assert_eq!(Action::from_name("launch"), None);
}
