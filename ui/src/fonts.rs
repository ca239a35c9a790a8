//! The embedded fonts, and the check that they can draw what is shown: a missing glyph would be drawn as nothing at all.

use ab_glyph::{Font, FontRef, GlyphId};

/// What a font answers for a character it does not have.
const NO_GLYPH: GlyphId = GlyphId(0);

/// Pickup Sans SC Regular: a renamed subset of Noto Sans CJK SC under the SIL Open Font License (`ui/fonts/OFL.txt`).
pub static FONT_REGULAR: &[u8] = include_bytes!("../fonts/PickupSansSC-Regular.otf");

/// Pickup Sans SC Bold: a renamed subset of Noto Sans CJK SC under the SIL Open Font License (`ui/fonts/OFL.txt`).
pub static FONT_BOLD: &[u8] = include_bytes!("../fonts/PickupSansSC-Bold.otf");

/// The characters of `text` that one of the embedded fonts cannot draw, each once, in order of appearance.
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let fonts: Vec<_> = [FONT_REGULAR, FONT_BOLD].into_iter().map(FontRef::try_from_slice).collect();
    let drawn = |c| fonts.iter().all(|font| font.as_ref().is_ok_and(|font| font.glyph_id(c) != NO_GLYPH));
    let mut missing = Vec::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if !missing.contains(&c) && !drawn(c) {
            missing.push(c);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gb2312_latin_and_rare_given_names_can_be_drawn() {
        assert_eq!(missing_glyphs("保税自提 Bonded Pickup ¥26,000.00 · 张** 喆堃瑄玥祎"), Vec::<char>::new());
    }

    #[test]
    fn a_character_outside_the_subset_is_named_once() {
        assert_eq!(missing_glyphs("a\u{1F004}b\u{1F004}"), vec!['\u{1F004}']);
    }
}
