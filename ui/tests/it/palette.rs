//! Every pair of text and ground can be read: at least 7 to 1 (WCAG 2.2, 1.4.6), in the usual colours and in the strong ones.

use std::collections::BTreeMap;

/// Text and ground of every pair in use.
const PAIRS: &[(&str, &str)] = &[
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("accent", "paper"),
    ("accent", "surface"),
    ("accent", "accent-soft"),
    ("accent-deep", "surface"),
    ("accent-deep", "accent-soft"),
    ("accent-deep", "warm"),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("on-accent-soft", "accent"),
    ("on-accent-soft", "accent-deep"),
    ("warm", "accent-deep"),
    ("on-warm", "warm"),
    ("on-warm", "warm-soft"),
    ("danger", "danger-soft"),
];

#[test]
fn every_pair_of_text_and_ground_has_enough_contrast() {
    for (look, colours) in colours().iter().enumerate() {
        for (text, ground) in PAIRS {
            let ratio = contrast(colours[*text], colours[*ground]);
            assert!(ratio >= 7.0, "{text} on {ground}: {ratio:.2} ({look})");
        }
    }
}

#[test]
fn the_contrast_of_black_on_white_is_twenty_one_and_a_weak_pair_fails() {
    assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 0.01);
    assert!(contrast([0xf0, 0xf4, 0xf8], [0x2c, 0xb1, 0xbc]) < 4.5);
}

#[test]
fn screens_take_text_colours_from_the_theme() {
    let own: Vec<String> = crate::rig::slint_files()
        .iter()
        .filter(|(path, _)| path != "slint/theme.slint")
        .flat_map(|(path, text)| text.lines().map(move |line| format!("{path}: {line}")))
        .filter(|line| line.contains(" color: #") || line.contains("ink: #"))
        .collect();
    assert!(own.is_empty(), "{own:#?}");
}

/// The strong colours and the usual ones.
fn colours() -> [BTreeMap<String, [u8; 3]>; 2] {
    let theme = crate::rig::read("slint/theme.slint");
    let mut found = [BTreeMap::new(), BTreeMap::new()];
    for line in theme.lines() {
        let Some(rest) = line.trim().strip_prefix("out property <color> ") else { continue };
        let (name, values) = rest.split_once(": root.strong ? ").expect("two colours stand in each line");
        for (into, value) in found.iter_mut().zip(values.trim_end_matches(';').split(" : ")) {
            let value = u32::from_str_radix(value.trim_start_matches('#'), 16).unwrap();
            let [_, r, g, b] = value.to_be_bytes();
            into.insert(name.to_owned(), [r, g, b]);
        }
    }
    assert!(found.iter().all(|colours| colours.len() >= 15), "the colours of the theme were found");
    found
}

/// Contrast ratio by WCAG 2.2.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [r, g, b] = colour.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}
