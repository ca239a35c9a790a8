//! The screens for somebody who does not see them, or does not use a finger: roles, names, places, and the order of the keys.

use std::collections::BTreeSet;

use pickup_ui::glass::{Element, Glass, Role};
use pickup_ui::view::{Action, Language};

use crate::rig::SIZES;
use crate::samples;

/// Does this before a screen of each size and in each language; a screen wants a thread of its own.
fn before_each(test: fn(&mut Glass, (u32, u32), Language) -> Vec<String>) {
    let threads = SIZES.map(|size| {
        std::thread::spawn(move || {
            let mut glass = Glass::new(size.0, size.1).unwrap();
            [Language::Zh, Language::En].map(|language| test(&mut glass, size, language)).concat()
        })
    });
    let faults: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

fn buttons(glass: &Glass) -> Vec<Element> {
    glass.elements().into_iter().filter(|element| element.role == Role::Button).collect()
}

#[test]
fn every_element_has_a_name_and_lies_on_the_screen() {
    before_each(|glass, (width, height), language| {
        let mut faults = Vec::new();
        for (name, view) in samples::all(language) {
            glass.show(view).unwrap();
            let elements = glass.elements();
            assert!(elements.iter().any(|element| element.role == Role::Text), "{name}: something is said");
            for Element { role, label, x, y, w, h } in elements {
                if label.trim().is_empty() && w > 0.0 && h > 0.0 {
                    faults
                        .push(format!("{name} {language:?} {width}: a {role:?} without a name at {x}, {y}"));
                }
                if x < -0.5 || y < -0.5 || x + w > width as f32 + 0.5 || y + h > height as f32 + 0.5 {
                    faults
                        .push(format!("{name} {language:?} {width}: {label} leaves the screen at {x}, {y}"));
                }
            }
        }
        faults
    });
}

#[test]
fn every_action_of_a_page_is_one_button_with_a_name_of_its_own_that_gives_it_when_pressed() {
    before_each(|glass, _, language| {
        for (name, view) in samples::all(language) {
            glass.show(view.clone()).unwrap();
            let labels: Vec<String> = buttons(glass).into_iter().map(|button| button.label).collect();
            let given: Vec<Action> = labels.iter().flat_map(|label| glass.press(label).unwrap()).collect();
            let names = |actions: &[Action]| actions.iter().map(|a| a.as_str()).collect::<BTreeSet<_>>();
            assert_eq!(names(&given), names(&view.actions()), "{name} {language:?}: {labels:?}");
            assert_eq!(given.len(), labels.len(), "{name} {language:?}: each once");
        }
        Vec::new()
    });
}

#[test]
fn a_button_that_is_named_can_be_touched_as_well() {
    before_each(|glass, _, language| {
        for (name, view) in samples::all(language) {
            glass.show(view).unwrap();
            for button in buttons(glass) {
                let (touched, pressed) = (glass.touch(&button.label), glass.press(&button.label));
                assert_eq!(touched, pressed, "{name} {language:?}: {}", button.label);
            }
        }
        Vec::new()
    });
}

#[test]
fn the_tab_key_goes_through_all_buttons_once_what_the_page_is_for_before_what_is_on_every_page() {
    before_each(|glass, _, language| {
        for (name, view) in samples::all(language) {
            glass.show(samples::view(language, pickup_ui::view::Screen::Granting)).unwrap();
            glass.show(view.clone()).unwrap();
            let actions = view.actions();
            let order: Vec<String> = actions.iter().map(|_| glass.tab().unwrap()).collect();
            let once: BTreeSet<&str> = order.iter().map(String::as_str).collect();
            assert_eq!(once, actions.iter().map(|a| a.as_str()).collect(), "{name} {language:?}: {order:?}");
            let frame = ["more_time", "cancel", "language", "display", "help"];
            let of_frame: Vec<&str> =
                order.iter().map(String::as_str).skip_while(|id| !frame.contains(id)).collect();
            let expected: Vec<&str> = frame.into_iter().filter(|id| once.contains(id)).collect();
            assert_eq!(of_frame, expected, "{name} {language:?}: {order:?}");
            let last = order.last().cloned().unwrap();
            assert_eq!(
                glass.enter().unwrap().iter().map(|a| a.as_str()).collect::<Vec<_>>(),
                [last],
                "{name}"
            );
        }
        Vec::new()
    });
}
