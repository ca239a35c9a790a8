//! A finger on the glass.

use std::collections::BTreeSet;

use pickup_ui::TouchKind;
use pickup_ui::view::{Action, Language};

use crate::rig::Rig;
use crate::samples;

#[test]
fn every_page_offers_exactly_the_actions_it_allows_and_each_tap_gives_its_action_once() {
    let rig = Rig::start();
    for (name, view) in samples::all(Language::Zh) {
        let frame = rig.show(&view);
        let offered: BTreeSet<&str> = frame.targets.iter().map(|target| target.id()).collect();
        let allowed: BTreeSet<&str> = view.screen.actions().into_iter().map(Action::as_str).collect();
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
    let pages = samples::all(Language::Zh);
    let page = |wanted: &str| pages.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
    let frame = rig.show(&page("review"));
    let confirm = frame.targets.iter().find(|target| target.action == Action::Confirm).unwrap().clone();
    let (x, y) = confirm.centre();
    rig.touch(TouchKind::Press, x, y);
    rig.show(&page("done"));
    rig.touch(TouchKind::Release, x, y);
    assert_eq!(rig.settle(), Vec::<Action>::new());
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
