//! Everything has its place: nothing cut, nothing too small, nothing that moves about.

use std::collections::BTreeMap;

use pickup_ui::Target;
use pickup_ui::view::{Action, Language, Refused, Screen, Text};

use crate::rig::Rig;
use crate::samples;

#[test]
fn on_every_page_in_both_languages_targets_are_large_labelled_and_apart_and_no_text_is_cut() {
    let rig = Rig::start();
    let mut faults = Vec::new();
    for language in [Language::Zh, Language::En] {
        for (name, view) in samples::all(language) {
            let frame = rig.show(&view);
            faults.extend(frame.cut.iter().map(|text| format!("{name} {language:?}: cut: {text}")));
            for (index, target) in frame.targets.iter().enumerate() {
                let place = format!("{name} {language:?} {}", target.id());
                faults.extend(faults_of(target).map(|fault| format!("{place}: {fault}")));
                for other in frame.targets.iter().skip(index + 1).filter(|other| overlap(target, other)) {
                    faults.push(format!("{place}: lies over {}", other.id()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn cancel_language_and_help_are_at_the_same_place_on_every_page() {
    let rig = Rig::start();
    let mut places: BTreeMap<&str, (f32, f32, f32, f32)> = BTreeMap::new();
    for language in [Language::Zh, Language::En] {
        for (name, view) in samples::all(language) {
            for target in rig.show(&view).targets {
                if matches!(target.action, Action::Cancel | Action::SwitchLanguage | Action::Help) {
                    let here = (target.x, target.y, target.w, target.h);
                    assert_eq!(*places.entry(target.id()).or_insert(here), here, "{name} {}", target.id());
                }
            }
        }
    }
    assert_eq!(places.len(), 3);
}

#[test]
fn the_check_for_cut_texts_notices_a_text_that_is_too_long() {
    let rig = Rig::start();
    let long = "很长的原因".repeat(200);
    let refused = Refused { sentence: Text::new(long.clone(), long), ..Refused::default() };
    let frame = rig.show(&samples::view(Language::Zh, Screen::Refused(refused)));
    assert!(!frame.cut.is_empty());
    assert!(
        frame.targets.iter().any(|target| target.action == Action::Help && target.y + target.h <= 1920.0)
    );
}

#[test]
fn the_switch_of_language_changes_every_label() {
    let rig = Rig::start();
    for ((name, zh), (_, en)) in samples::all(Language::Zh).iter().zip(&samples::all(Language::En)) {
        let (zh, en) = (rig.show(zh).targets, rig.show(en).targets);
        assert_eq!(zh.len(), en.len(), "{name}");
        for (zh, en) in zh.iter().zip(&en) {
            assert_eq!(zh.action, en.action, "{name}");
            assert_ne!(zh.label, en.label, "{name}");
        }
    }
}

fn faults_of(target: &Target) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    if target.label.trim().is_empty() {
        faults.push("has no label".to_owned());
    }
    if target.w < 96.0 || target.h < 96.0 {
        faults.push(format!("is only {} by {} pixels", target.w, target.h));
    }
    if target.x < 0.0 || target.y < 0.0 || target.x + target.w > 1080.0 || target.y + target.h > 1920.0 {
        faults.push(format!("leaves the screen at {}, {}", target.x, target.y));
    }
    faults.into_iter()
}

fn overlap(a: &Target, b: &Target) -> bool {
    let apart = 16.0;
    a.x < b.x + b.w + apart && b.x < a.x + a.w + apart && a.y < b.y + b.h + apart && b.y < a.y + a.h + apart
}
