//! The embedded fonts, and the check that they can draw what is shown: a missing glyph would be drawn as nothing at all.

/// Pickup Sans SC Regular: a renamed subset of Noto Sans CJK SC under the SIL Open Font License (`ui/fonts/OFL.txt`).
pub static FONT_REGULAR: &[u8] = include_bytes!("../fonts/PickupSansSC-Regular.otf");

/// Pickup Sans SC Bold: a renamed subset of Noto Sans CJK SC under the SIL Open Font License (`ui/fonts/OFL.txt`).
pub static FONT_BOLD: &[u8] = include_bytes!("../fonts/PickupSansSC-Bold.otf");

/// The characters of `text` that one of the embedded fonts cannot draw, each once, in order of appearance.
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let mut missing = Vec::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        let drawn = [FONT_REGULAR, FONT_BOLD].into_iter().all(|font| has_glyph(font, c));
        if !drawn && !missing.contains(&c) {
            missing.push(c);
        }
    }
    missing
}

/// Looks a character up in the font's `cmap`, subtable format 12 (OpenType 1.9, "cmap"), which the fonts always carry.
fn has_glyph(font: &[u8], c: char) -> bool {
    cmap_groups(font).is_some_and(|groups| {
        groups.chunks_exact(12).any(|group| {
            matches!((be32(group, 0), be32(group, 4)), (Some(first), Some(last)) if (first..=last).contains(&u32::from(c)))
        })
    })
}

fn cmap_groups(font: &[u8]) -> Option<&[u8]> {
    let tables = usize::from(be16(font, 4)?);
    let cmap = (0..tables).find_map(|index| {
        let record = font.get(12 + index * 16..28 + index * 16)?;
        record.starts_with(b"cmap").then(|| be32(record, 8))?
    })?;
    let cmap = font.get(usize::try_from(cmap).ok()?..)?;
    (0..usize::from(be16(cmap, 2)?)).find_map(|index| {
        let offset = usize::try_from(be32(cmap, 8 + index * 8)?).ok()?;
        let subtable = cmap.get(offset..)?;
        let count = usize::try_from(be32(subtable, 12)?).ok()?;
        (be16(subtable, 0)? == 12).then(|| subtable.get(16..16 + count * 12))?
    })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
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
