//! Every sentence exists in both languages and can be drawn.

use std::collections::{BTreeMap, BTreeSet};

use ab_glyph::{Font, FontRef};
use pickup_ui::view::Language;
use pickup_ui::{FONT_BOLD, FONT_REGULAR, missing_glyphs};

use crate::rig::{read, slint_files};
use crate::samples;

const PO: &str = "lang/zh/LC_MESSAGES/pickup-ui.po";

#[test]
fn every_sentence_of_the_screens_has_a_chinese_text_and_no_text_is_left_over() {
    let (used, translated) = (used(), translated());
    let missing: Vec<_> =
        used.iter().filter(|text| translated.get(*text).is_none_or(String::is_empty)).collect();
    assert!(missing.is_empty(), "{PO} lacks {missing:#?}");
    let unused: Vec<_> = translated.keys().filter(|text| !text.is_empty() && !used.contains(*text)).collect();
    assert!(unused.is_empty(), "{PO} has texts no screen uses: {unused:#?}");
}

#[test]
fn a_chinese_text_takes_the_same_values_as_the_english_one() {
    for (source, text) in translated() {
        assert_eq!(places(&source), places(&text), "{source}");
    }
}

#[test]
fn no_chinese_text_is_marked_doubtful() {
    assert!(!read(PO).contains("fuzzy"));
}

#[test]
fn the_embedded_fonts_can_draw_every_text_of_the_screens_and_samples() {
    let mut all = read(PO);
    all.extend(slint_files().iter().map(|(_, text)| text.as_str()));
    all.push_str(&format!("{:?}", samples::all(Language::Zh)));
    all.push_str(&read("fonts/names.txt"));
    assert_eq!(missing_glyphs(&all), Vec::<char>::new());
}

#[test]
fn the_slip_printer_can_read_the_same_fonts() {
    for bytes in [FONT_REGULAR, FONT_BOLD] {
        let font = FontRef::try_from_slice(bytes).unwrap();
        for c in ['保', '税', '¥', 'A', '喆'] {
            let glyph = font.glyph_id(c).with_scale(32.0);
            assert!(font.outline_glyph(glyph).is_some(), "{c}");
        }
    }
}

#[test]
fn rust_made_strings_hold_no_sentences() {
    for file in ["src/bind.rs", "src/screen.rs", "src/flow.rs"] {
        let text = read(file);
        let cjk: String = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        assert!(cjk.is_empty(), "{file}: {cjk}: sentences belong to the screens");
    }
}

/// Every text in `@tr("…")`.
fn used() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in slint_files() {
        for rest in text.split("@tr(").skip(1) {
            let quoted = rest.strip_prefix('"').unwrap_or_else(|| panic!("{path}: @tr without a plain text"));
            found.insert(quoted[..end_of_text(quoted)].to_owned());
        }
    }
    assert!(found.len() > 50);
    found
}

fn end_of_text(quoted: &str) -> usize {
    let mut escaped = false;
    quoted
        .find(|c| {
            let end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            end
        })
        .expect("the text ends")
}

/// Source text and translation of every entry; entries stand on one line each.
fn translated() -> BTreeMap<String, String> {
    let po = read(PO);
    let value = |line: &str, key: &str| {
        line.strip_prefix(key)
            .map(|rest| rest.trim().trim_start_matches('"').trim_end_matches('"').to_owned())
    };
    let mut found = BTreeMap::new();
    let mut source = String::new();
    for line in po.lines() {
        if let Some(text) = value(line, "msgid ") {
            source = text;
        } else if let Some(text) = value(line, "msgstr ") {
            assert!(found.insert(source.clone(), text).is_none(), "twice: {source}");
        }
    }
    found.remove("");
    found
}

/// The placeholders of a text, sorted.
fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<&str> =
        text.match_indices('{').map(|(at, _)| text[at..].split_inclusive('}').next().unwrap()).collect();
    places.sort_unstable();
    places
}
