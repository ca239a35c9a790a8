//! Everything has its place: nothing cut, nothing too small, nothing that moves about.

use std::collections::BTreeMap;

use pickup_ui::Target;
use pickup_ui::view::{Action, Language, Refused, Screen, Text};

use crate::rig::{Rig, SIZES};
use crate::samples;

#[test]
fn on_every_panel_page_language_and_display_targets_are_large_labelled_and_apart_and_no_text_is_cut() {
    let mut faults = Vec::new();
    for size in SIZES {
        let rig = Rig::of_size(size);
        for (name, view) in samples::every() {
            let frame = rig.show(&view);
            let name = format!("{name} {size:?}");
            faults.extend(frame.cut.iter().map(|text| format!("{name}: cut: {text}")));
            for (index, target) in frame.targets.iter().enumerate() {
                let place = format!("{name} {}", target.id());
                faults.extend(faults_of(target, size).map(|fault| format!("{place}: {fault}")));
                for other in frame.targets.iter().skip(index + 1).filter(|o| overlap(target, o, size)) {
                    faults.push(format!("{place}: lies over {}", other.id()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn cancel_language_display_and_help_are_at_the_same_place_on_every_page() {
    use Action::{Cancel, Help, SwitchDisplay, SwitchLanguage};
    for size in SIZES {
        let rig = Rig::of_size(size);
        let mut places: BTreeMap<&str, [f32; 4]> = BTreeMap::new();
        for (name, view) in samples::every() {
            for target in rig.show(&view).targets {
                if matches!(target.action, Cancel | SwitchLanguage | SwitchDisplay | Help) {
                    let here = [target.x, target.y, target.w, target.h].map(f32::round);
                    assert_eq!(*places.entry(target.id()).or_insert(here), here, "{name} {}", target.id());
                }
            }
        }
        assert_eq!(places.len(), 4);
    }
}

#[test]
fn what_decides_lies_in_the_lower_half_of_the_tall_panel() {
    let rig = Rig::start();
    for (name, view) in samples::every() {
        for target in rig.show(&view).targets {
            assert!(target.y >= 960.0, "{name}: {} begins at {}", target.id(), target.y);
        }
    }
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

/// At least 24 mm on a tall panel of 21.5 inches (4.03 pixels a millimetre), and 13 mm on the small wide one of 10.1 inches.
fn faults_of(target: &Target, (width, height): (u32, u32)) -> impl Iterator<Item = String> {
    let least = if width < height { 97.0 } else { 60.0 };
    let (width, height) = (width as f32, height as f32);
    let mut faults = Vec::new();
    if target.label.trim().is_empty() {
        faults.push("has no label".to_owned());
    }
    if target.w < least || target.h < least {
        faults.push(format!("is only {} by {} pixels", target.w, target.h));
    }
    if target.x < 0.0 || target.y < 0.0 || target.x + target.w > width || target.y + target.h > height {
        faults.push(format!("leaves the screen at {}, {}", target.x, target.y));
    }
    faults.into_iter()
}

fn overlap(a: &Target, b: &Target, (width, height): (u32, u32)) -> bool {
    let apart = if width < height { 16.0 } else { 8.0 };
    a.x < b.x + b.w + apart && b.x < a.x + a.w + apart && a.y < b.y + b.h + apart && b.y < a.y + a.h + apart
}
