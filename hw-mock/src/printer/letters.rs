//! The printer's own letters: 24 dots high, 12 wide for ASCII and 24 for Chinese ones, as Chinese models have them in memory.
#![allow(clippy::float_arithmetic, reason = "places of outlines on a grid of dots")]

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

/// The file alone is shared with the screens: a font is data.
const FONT: &[u8] = include_bytes!("../../../ui/fonts/PickupSansSC-Regular.otf");

/// Dots from the top of a letter to its foot.
pub(super) const HIGH: usize = 24;
/// Dots across a column; a Chinese character takes two.
pub(super) const COLUMN: usize = 12;

/// One side of the square that Chinese characters are drawn in.
const EM: f32 = 24.0;
/// From the top of that square to the line that letters stand on.
const BASE: f32 = 21.0;
/// Darker than this is black.
const INK: f32 = 0.42;

/// The letters.
pub(super) struct Letters(Option<FontRef<'static>>);

impl Letters {
    /// As they lie in the printer's memory.
    pub(super) fn new() -> Self {
        Self(FontRef::try_from_slice(FONT).ok())
    }

    /// Tells the dots of a character, counted from its upper left corner. What the memory does not hold is a box.
    pub(super) fn draw(&self, character: char, mut dot: impl FnMut(usize, usize)) {
        let wide = columns(character) * COLUMN;
        let known = self.0.as_ref().map(|font| (font, font.glyph_id(character))).filter(|(_, id)| id.0 != 0);
        let Some((font, id)) = known else { return draw_box(wide, dot) };
        let Some(em) = font.units_per_em() else { return draw_box(wide, dot) };
        let scale = EM * font.height_unscaled() / em;
        let advance = font.as_scaled(scale).h_advance(id);
        let room = f32::from(u16::try_from(wide).unwrap_or(u16::MAX));
        // Letters that are wider than a column are made narrow, the others stand in its middle.
        let squeeze = (room / advance.max(1.0)).min(1.0);
        let left = (room - advance * squeeze) / 2.0;
        let place = PxScale { x: scale * squeeze, y: scale };
        let Some(outline) = font.outline_glyph(id.with_scale_and_position(place, point(left, BASE))) else {
            return;
        };
        let corner = outline.px_bounds().min;
        let (from_x, from_y) = (whole(corner.x), whole(corner.y));
        outline.draw(|x, y, dark| {
            let (x, y) = (from_x + i64::from(x), from_y + i64::from(y));
            if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
                && dark > INK
                && x < wide
                && y < HIGH
            {
                dot(x, y);
            }
        });
    }
}

/// Columns of a character: one for ASCII, two for all else.
pub(super) const fn columns(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

fn draw_box(wide: usize, mut dot: impl FnMut(usize, usize)) {
    let (left, right, top, bottom) = (1, wide.saturating_sub(2), 3, HIGH - 4);
    for x in left..=right {
        dot(x, top);
        dot(x, bottom);
    }
    for y in top..=bottom {
        dot(left, y);
        dot(right, y);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a corner of a letter, a few dots from zero")]
fn whole(number: f32) -> i64 {
    number as i64
}
