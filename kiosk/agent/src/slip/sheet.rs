//! What a slip is written on: a strip that is drawn, or lines of the printer's own text.

use pickup_devices::printer::{Align, Look, TextLine, TextSlip};

use super::canvas::{Canvas, Weight};
use super::{LARGE, SlipError};

/// What can be put onto a slip; `size` is in dots.
pub trait Sheet {
    /// White text on a black band.
    fn banner(&mut self, text: &str, size: u16);
    /// Text in the middle.
    fn centred(&mut self, text: &str, size: u16, weight: Weight);
    /// Text from the left.
    fn wrapped(&mut self, text: &str, size: u16, weight: Weight);
    /// A label on the left and its value on the right.
    fn pair(&mut self, label: &str, value: &str, size: u16, weight: Weight);
    /// A line across.
    fn rule(&mut self);
    /// A broken line across.
    fn dashes(&mut self);
    /// So many empty rows of dots.
    fn gap(&mut self, dots: usize);
    /// A QR code in the middle.
    ///
    /// # Errors
    /// [`SlipError::Qr`] when the text is too long.
    fn qr(&mut self, text: &str) -> Result<(), SlipError>;
}

impl Sheet for Canvas {
    fn banner(&mut self, text: &str, size: u16) {
        Self::banner(self, text, size);
    }

    fn centred(&mut self, text: &str, size: u16, weight: Weight) {
        Self::centred(self, text, size, weight);
    }

    fn wrapped(&mut self, text: &str, size: u16, weight: Weight) {
        Self::wrapped(self, text, size, weight);
    }

    fn pair(&mut self, label: &str, value: &str, size: u16, weight: Weight) {
        Self::pair(self, label, value, size, weight);
    }

    fn rule(&mut self) {
        Self::rule(self);
    }

    fn dashes(&mut self) {
        Self::dashes(self);
    }

    fn gap(&mut self, dots: usize) {
        Self::gap(self, dots);
    }

    fn qr(&mut self, text: &str) -> Result<(), SlipError> {
        Self::qr(self, text)
    }
}

/// Lines of text; sizes above [`LARGE`] are double, gaps of less than half a line vanish.
#[derive(Debug, Default)]
pub struct Lines(pub TextSlip);

/// Dots from one line of text to the next.
const LINE_DOTS: usize = 30;

fn look(size: u16, weight: Weight) -> Look {
    Look { large: size > LARGE, bold: size >= LARGE || weight == Weight::Bold }
}

impl Sheet for Lines {
    fn banner(&mut self, text: &str, _size: u16) {
        self.0.push(TextLine::Banner(text.to_owned()));
    }

    fn centred(&mut self, text: &str, size: u16, weight: Weight) {
        self.0.push(TextLine::Text(text.to_owned(), Align::Centre, look(size, weight)));
    }

    fn wrapped(&mut self, text: &str, size: u16, weight: Weight) {
        self.0.push(TextLine::Text(text.to_owned(), Align::Left, look(size, weight)));
    }

    fn pair(&mut self, label: &str, value: &str, size: u16, weight: Weight) {
        self.0.push(TextLine::Pair(label.to_owned(), value.to_owned(), look(size, weight)));
    }

    fn rule(&mut self) {
        self.0.push(TextLine::Rule);
    }

    fn dashes(&mut self) {
        self.0.push(TextLine::Dashes);
    }

    fn gap(&mut self, dots: usize) {
        let lines = u8::try_from((dots + LINE_DOTS / 2) / LINE_DOTS).unwrap_or(u8::MAX);
        if lines > 0 {
            self.0.push(TextLine::Feed(lines));
        }
    }

    fn qr(&mut self, text: &str) -> Result<(), SlipError> {
        self.0.push(TextLine::Qr(text.to_owned()));
        Ok(())
    }
}
