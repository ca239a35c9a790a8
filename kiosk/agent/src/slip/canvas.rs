//! A strip of paper that grows downwards, one bit a dot.
#![allow(clippy::float_arithmetic, reason = "places of glyphs on paper; no money is near")]

use ab_glyph::{Font as _, FontRef, Glyph, ScaleFont as _, point};
use qrcode::{Color, EcLevel, QrCode};

use super::{Drawing, SlipError};

/// Which of the two bundled fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Regular.
    Regular,
    /// Bold.
    Bold,
}

/// The strip and where the next line goes.
pub struct Canvas {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
    width: usize,
    rows: Vec<u8>,
    y: usize,
}

const MARGIN: usize = 12;

impl Canvas {
    /// An empty strip; `width` is rounded down to a multiple of 8.
    ///
    /// # Errors
    /// [`SlipError::Font`].
    pub fn new(width: u16) -> Result<Self, SlipError> {
        let font = |bytes| FontRef::try_from_slice(bytes).map_err(|_| SlipError::Font);
        Ok(Self {
            regular: font(pickup_ui::FONT_REGULAR)?,
            bold: font(pickup_ui::FONT_BOLD)?,
            width: usize::from(width) / 8 * 8,
            rows: Vec::new(),
            y: MARGIN,
        })
    }

    /// Leaves `dots` rows free.
    pub fn gap(&mut self, dots: usize) {
        self.y += dots;
    }

    /// A line of text in the middle; too long a text is wrapped.
    pub fn centred(&mut self, text: &str, size: u16, weight: Weight) {
        for line in self.lines(text, size, weight) {
            let x = self.width.saturating_sub(self.measure(&line, size, weight)) / 2;
            self.text(x, &line, size, weight, true);
            self.y += line_height(size);
        }
    }

    /// Text from the left margin, wrapped.
    pub fn wrapped(&mut self, text: &str, size: u16, weight: Weight) {
        for line in self.lines(text, size, weight) {
            self.text(MARGIN, &line, size, weight, true);
            self.y += line_height(size);
        }
    }

    /// A label on the left and its value on the right, on two lines when they do not fit one.
    pub fn pair(&mut self, label: &str, value: &str, size: u16, weight: Weight) {
        let label_width = self.measure(label, size, Weight::Regular);
        let value_width = self.measure(value, size, weight);
        self.text(MARGIN, label, size, Weight::Regular, true);
        if MARGIN * 3 + label_width + value_width > self.width {
            self.y += line_height(size);
        }
        let x = self.width.saturating_sub(MARGIN + value_width);
        self.text(x, value, size, weight, true);
        self.y += line_height(size);
    }

    /// A solid line across.
    pub fn rule(&mut self) {
        self.stroke(|_| true);
    }

    /// A dashed line across.
    pub fn dashes(&mut self) {
        self.stroke(|x| x % 12 < 7);
    }

    /// White text on a black band.
    pub fn banner(&mut self, text: &str, size: u16) {
        let height = line_height(size) + 12;
        for y in self.y..self.y + height {
            for x in MARGIN..self.width.saturating_sub(MARGIN) {
                self.dot(x, y, true);
            }
        }
        let x = self.width.saturating_sub(self.measure(text, size, Weight::Bold)) / 2;
        self.y += 6;
        self.text(x, text, size, Weight::Bold, false);
        self.y += height - 6;
    }

    /// `text` as a QR code in the middle, four or more dots a module.
    ///
    /// # Errors
    /// [`SlipError::Qr`] when it is too long.
    pub fn qr(&mut self, text: &str) -> Result<(), SlipError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|e| SlipError::Qr(text.to_owned(), e))?;
        let (modules, colors) = (code.width(), code.to_colors());
        let scale = (self.width / 3 / modules.max(1)).max(4);
        let left = self.width.saturating_sub(modules * scale) / 2;
        for (i, color) in colors.iter().enumerate().filter(|(_, c)| **c == Color::Dark) {
            debug_assert_eq!(*color, Color::Dark);
            let (mx, my) = (left + i % modules * scale, self.y + i / modules * scale);
            for y in my..my + scale {
                for x in mx..mx + scale {
                    self.dot(x, y, true);
                }
            }
        }
        self.y += modules * scale;
        Ok(())
    }

    /// The strip as it is.
    pub fn finish(mut self) -> Drawing {
        self.rows.resize(self.y * self.row_bytes(), 0);
        Drawing { width: u16::try_from(self.width).unwrap_or(u16::MAX), rows: self.rows }
    }

    fn font(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    fn measure(&self, text: &str, size: u16, weight: Weight) -> usize {
        let font = self.font(weight).as_scaled(f32::from(size));
        let width: f32 = text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum();
        to_dots(width.ceil())
    }

    /// Breaks a text into lines that fit: at spaces where there are some, else between characters.
    fn lines(&self, text: &str, size: u16, weight: Weight) -> Vec<String> {
        let room = self.width.saturating_sub(2 * MARGIN);
        let mut lines = Vec::new();
        let mut line = String::new();
        for c in text.chars() {
            line.push(c);
            if self.measure(&line, size, weight) <= room {
                continue;
            }
            line.pop();
            let broken =
                if c.is_ascii_alphanumeric() { line.rfind(' ').map(|at| line.split_off(at)) } else { None };
            lines.push(std::mem::take(&mut line));
            line = broken.map(|rest| rest.trim_start().to_owned()).unwrap_or_default();
            if c != ' ' || !line.is_empty() {
                line.push(c);
            }
        }
        lines.push(line);
        lines
    }

    fn text(&mut self, x: usize, text: &str, size: u16, weight: Weight, black: bool) {
        let scale = f32::from(size);
        let (glyphs, font) = {
            let font = self.font(weight);
            let scaled = font.as_scaled(scale);
            let base = dots(self.y)
                + (f32::from(u16::try_from(line_height(size)).unwrap_or(size)) - scaled.height()) / 2.0
                + scaled.ascent();
            let mut pen = dots(x);
            let mut glyphs: Vec<Glyph> = Vec::new();
            for c in text.chars() {
                let id = scaled.glyph_id(c);
                glyphs.push(id.with_scale_and_position(scale, point(pen, base)));
                pen += scaled.h_advance(id);
            }
            (glyphs, font.clone())
        };
        for glyph in glyphs {
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            let (left, top) = (to_dots(bounds.min.x.max(0.0)), to_dots(bounds.min.y.max(0.0)));
            outline.draw(|gx, gy, coverage| {
                if coverage > 0.45 {
                    let at = |base: usize, d: u32| base + usize::try_from(d).unwrap_or(0);
                    self.dot(at(left, gx), at(top, gy), black);
                }
            });
        }
    }

    fn stroke(&mut self, black: impl Fn(usize) -> bool) {
        self.y += 8;
        for x in (MARGIN..self.width.saturating_sub(MARGIN)).filter(|&x| black(x)) {
            self.dot(x, self.y, true);
            self.dot(x, self.y + 1, true);
        }
        self.y += 10;
    }

    fn dot(&mut self, x: usize, y: usize, black: bool) {
        if x >= self.width {
            return;
        }
        let at = y * self.row_bytes() + x / 8;
        if at >= self.rows.len() {
            self.rows.resize((y + 1) * self.row_bytes(), 0);
        }
        let bit = 0x80_u8 >> (x % 8);
        if let Some(byte) = self.rows.get_mut(at) {
            *byte = if black { *byte | bit } else { *byte & !bit };
        }
    }

    const fn row_bytes(&self) -> usize {
        self.width / 8
    }
}

fn line_height(size: u16) -> usize {
    usize::from(size) * 13 / 10
}

/// A place on the strip as the font library wants it; strips are far shorter than what an `f32` counts exactly.
#[allow(clippy::cast_precision_loss, reason = "below 2^24")]
fn dots(n: usize) -> f32 {
    n as f32
}

/// Back again; negative places are cut off before.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, below 2^24")]
fn to_dots(n: f32) -> usize {
    n as usize
}
