//! What can be told from the picture of a printed slip.

use anyhow::{Context, Result};
use png::{ColorType, Decoder, Transformations};

/// Rows of black above the word COPY; thicker than any rule on the slip.
const BANNER_ROWS: usize = 5;

/// Whether the slip says COPY: the word stands white in a black bar across the paper, which nothing else has.
///
/// # Errors
/// When the picture cannot be read.
pub fn says_copy(picture: &[u8]) -> Result<bool> {
    let mut black_rows = 0;
    for row in rows(picture)? {
        let black = row.iter().filter(|dot| **dot < 128).count();
        // Nearly the whole width: the bar leaves a margin on both sides.
        black_rows = if black * 10 >= row.len() * 8 { black_rows + 1 } else { 0 };
        if black_rows >= BANNER_ROWS {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether anything is printed on it: after a refill a printer cuts off an empty piece.
///
/// # Errors
/// When the picture cannot be read.
pub fn has_ink(picture: &[u8]) -> Result<bool> {
    Ok(rows(picture)?.iter().flatten().any(|dot| *dot < 128))
}

/// The brightness of each dot, row by row.
fn rows(picture: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut decoder = Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().context("the slip is no PNG")?;
    let mut bytes = vec![0; reader.output_buffer_size().context("the slip is too large")?];
    let info = reader.next_frame(&mut bytes).context("the slip's picture is broken")?;
    let channels = match info.color_type {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    };
    let row = |line: &[u8]| line.iter().step_by(channels).copied().collect();
    Ok(bytes.chunks_exact(info.line_size).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(black: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 100, 40);
        encoder.set_color(ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        let dots: Vec<u8> =
            (0..4000).map(|i| if black(i / 100) && (8..92).contains(&(i % 100)) { 0 } else { 255 }).collect();
        writer.write_image_data(&dots).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn a_black_bar_is_the_word_copy() {
        assert!(says_copy(&picture(|row| (4..20).contains(&row))).unwrap());
    }

    #[test]
    fn rules_and_blank_paper_are_not() {
        assert!(!says_copy(&picture(|row| row % 10 < 2)).unwrap());
        assert!(!says_copy(&picture(|_| false)).unwrap());
        assert!(has_ink(&picture(|row| row == 3)).unwrap() && !has_ink(&picture(|_| false)).unwrap());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(says_copy(b"slip").is_err());
    }
}
