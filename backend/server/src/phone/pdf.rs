//! A small PDF writer: text as outlines of the bundled font, each glyph once, and filled rectangles. It needs no font on the
//! printer's side and no library of its own; lengths are whole hundredths of a point, from the lower left corner.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use ab_glyph::{Font as _, FontRef, GlyphId, OutlineCurve, Point};

/// The font of the screens and slips, with Chinese and Latin letters.
const FONT: &[u8] = include_bytes!("../../../../ui/fonts/PickupSansSC-Regular.otf");
/// A4, in hundredths of a point.
pub const A4: (i64, i64) = (59_528, 84_189);

/// Why no document can be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The bundled font.
    #[error("the bundled font cannot be read: {0}")]
    Font(#[from] ab_glyph::InvalidFont),
    /// Compression.
    #[error("the document cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// A tenth of a millimetre in hundredths of a point, rounded.
#[must_use]
pub const fn tenths_mm(tenths: i64) -> i64 {
    // One millimetre is 72/25.4 points.
    tenths.saturating_mul(72_000).saturating_add(1_270) / 2_540
}

/// A document that is being drawn.
pub struct Pdf {
    font: FontRef<'static>,
    units: i64,
    glyphs: BTreeMap<u16, (usize, String)>,
    pages: Vec<String>,
}

impl Pdf {
    /// An empty one.
    ///
    /// # Errors
    /// [`PdfError::Font`].
    pub fn new() -> Result<Self, PdfError> {
        let font = FontRef::try_from_slice(FONT)?;
        let units = whole(font.units_per_em().unwrap_or(1000.0)).max(1);
        Ok(Self { font, units, glyphs: BTreeMap::new(), pages: Vec::new() })
    }

    /// Begins a page; what is drawn next is on it.
    pub fn page(&mut self) {
        self.pages.push(String::new());
    }

    /// Width of a text at a size.
    #[must_use]
    pub fn width(&self, text: &str, size: i64) -> i64 {
        let units: i64 = text.chars().map(|c| self.advance(self.font.glyph_id(c))).sum();
        units.saturating_mul(size) / self.units
    }

    /// Writes a line whose baseline begins at `x`, `y`.
    pub fn text(&mut self, x: i64, y: i64, size: i64, text: &str) {
        let scale = decimal(size.saturating_mul(10_000) / self.units, 6);
        let mut at = 0_i64;
        let mut drawn = String::new();
        for c in text.chars() {
            let id = self.font.glyph_id(c);
            if let Some(name) = self.glyph(id) {
                let left = x.saturating_add(at.saturating_mul(size) / self.units);
                // Writing to a String cannot fail.
                let _ = writeln!(
                    drawn,
                    "q {scale} 0 0 {scale} {} {} cm /G{name} Do Q",
                    decimal(left, 2),
                    decimal(y, 2)
                );
            }
            at = at.saturating_add(self.advance(id));
        }
        self.put(&drawn);
    }

    /// Breaks a text into at most `most` lines of this width; a last line that does not fit ends in an ellipsis.
    #[must_use]
    pub fn broken(&self, text: &str, size: i64, width: i64, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in words(text) {
            let longer = format!("{line}{word}");
            if line.is_empty() || self.width(longer.trim_end(), size) <= width {
                line = longer;
            } else {
                lines.push(line.trim_end().to_owned());
                line = word.trim_start().to_owned();
            }
        }
        lines.push(line.trim_end().to_owned());
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                while !last.is_empty() && self.width(&format!("{last}…"), size) > width {
                    last.pop();
                }
                last.push('…');
            }
        }
        lines
    }

    /// Fills rectangles (left, lower, width, height) as one figure, so that no hair of white stays between neighbours.
    pub fn rectangles(&mut self, all: &[(i64, i64, i64, i64)]) {
        let mut drawn = String::new();
        for (x, y, width, height) in all {
            let [x, y, width, height] = [*x, *y, *width, *height].map(|n| decimal(n, 2));
            // Writing to a String cannot fail.
            let _ = writeln!(drawn, "{x} {y} {width} {height} re");
        }
        drawn.push_str("f\n");
        self.put(&drawn);
    }

    /// Draws the outline of a rectangle, thin and grey.
    pub fn frame(&mut self, x: i64, y: i64, width: i64, height: i64) {
        let [x, y, width, height] = [x, y, width, height].map(|n| decimal(n, 2));
        self.put(&format!("q 0.75 G 0.3 w {x} {y} {width} {height} re S Q\n"));
    }

    /// The whole document.
    ///
    /// # Errors
    /// [`PdfError::Write`].
    pub fn finish(self, title: &str) -> Result<Vec<u8>, PdfError> {
        let glyphs: BTreeMap<usize, &String> = self.glyphs.values().map(|(n, path)| (*n, path)).collect();
        // 1 catalogue, 2 pages, 3 resources, 4 information, then glyphs, then each page with its content.
        let (first_glyph, first_page) = (5, 5 + glyphs.len());
        let kids: Vec<String> =
            (0..self.pages.len()).map(|n| format!("{} 0 R", first_page + 2 * n)).collect();
        let names: String = glyphs.keys().map(|n| format!("/G{n} {} 0 R ", first_glyph + n)).collect();
        let mut objects: Vec<Vec<u8>> = vec![
            b"<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)>>".to_vec(),
            format!("<</Type/Pages/Count {}/Kids[{}]>>", kids.len(), kids.join(" ")).into_bytes(),
            format!("<</XObject<<{names}>>>>").into_bytes(),
            format!("<</Title<FEFF{}>>>", utf16(title)).into_bytes(),
        ];
        for path in glyphs.values() {
            let about = "/Type/XObject/Subtype/Form/BBox[-2000 -2000 4000 4000]";
            objects.push(stream(about, path)?);
        }
        let size = format!("{} {}", decimal(A4.0, 2), decimal(A4.1, 2));
        for (n, page) in self.pages.iter().enumerate() {
            let content = first_page + 2 * n + 1;
            objects.push(
                format!(
                    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size}]/Resources 3 0 R/Contents {content} 0 R>>"
                )
                .into_bytes(),
            );
            objects.push(stream("", page)?);
        }
        Ok(file(&objects))
    }

    fn put(&mut self, drawn: &str) {
        if let Some(page) = self.pages.last_mut() {
            page.push_str(drawn);
        }
    }

    fn advance(&self, id: GlyphId) -> i64 {
        whole(self.font.h_advance_unscaled(id))
    }

    /// The number of a glyph's drawing; `None` for one without ink.
    fn glyph(&mut self, id: GlyphId) -> Option<usize> {
        if let Some((name, _)) = self.glyphs.get(&id.0) {
            return Some(*name);
        }
        let outline = self.font.outline(id)?;
        let name = self.glyphs.len();
        self.glyphs.insert(id.0, (name, path(&outline.curves)));
        Some(name)
    }
}

impl std::fmt::Debug for Pdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pdf({} pages)", self.pages.len())
    }
}

/// A glyph's curves as a filled path, in the font's units.
fn path(curves: &[OutlineCurve]) -> String {
    let mut text = String::new();
    let mut at: Option<(i64, i64)> = None;
    for curve in curves {
        let (OutlineCurve::Line(from, to)
        | OutlineCurve::Quad(from, _, to)
        | OutlineCurve::Cubic(from, _, _, to)) = curve;
        let (from, to) = (units(from), units(to));
        if at != Some(from) {
            // Writing to a String cannot fail, here and below.
            let _ = write!(text, "{} {} m ", from.0, from.1);
        }
        let _ = match curve {
            OutlineCurve::Line(..) => write!(text, "{} {} l ", to.0, to.1),
            OutlineCurve::Quad(_, control, _) => {
                let (one, two) = cubic(from, units(control), to);
                write!(text, "{} {} {} {} {} {} c ", one.0, one.1, two.0, two.1, to.0, to.1)
            }
            OutlineCurve::Cubic(_, one, two, _) => {
                let (one, two) = (units(one), units(two));
                write!(text, "{} {} {} {} {} {} c ", one.0, one.1, two.0, two.1, to.0, to.1)
            }
        };
        at = Some(to);
    }
    text.push('f');
    text
}

/// The control points of a cubic curve that is the quadratic one.
fn cubic(from: (i64, i64), control: (i64, i64), to: (i64, i64)) -> ((i64, i64), (i64, i64)) {
    let third = |a: i64, b: i64| a.saturating_add(b.saturating_mul(2)) / 3;
    let near = |end: (i64, i64)| (third(end.0, control.0), third(end.1, control.1));
    (near(from), near(to))
}

fn units(point: &Point) -> (i64, i64) {
    (whole(point.x), whole(point.y))
}

#[allow(clippy::cast_possible_truncation, reason = "font units are small")]
fn whole(units: f32) -> i64 {
    units.round() as i64
}

/// Latin words with the blank after them, and Chinese characters one by one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let latin = c.is_ascii() && c != ' ';
        match words.last_mut() {
            Some(word) if open && (latin || c == ' ') => word.push(c),
            _ => words.push(c.to_string()),
        }
        open = latin;
    }
    words
}

/// A whole number of `10^-places` as a decimal.
fn decimal(number: i64, places: u32) -> String {
    let scale = 10_u64.saturating_pow(places).max(1);
    let sign = if number < 0 { "-" } else { "" };
    let (whole, rest) = (number.unsigned_abs() / scale, number.unsigned_abs() % scale);
    format!("{sign}{whole}.{rest:0width$}", width = usize::try_from(places).unwrap_or_default())
}

fn utf16(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect()
}

fn stream(about: &str, text: &str) -> Result<Vec<u8>, PdfError> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes())?;
    let packed = packer.finish()?;
    let mut object = format!("<<{about}/Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).into_bytes();
    object.extend_from_slice(&packed);
    object.extend_from_slice(b"\nendstream");
    Ok(object)
}

fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut starts = Vec::with_capacity(objects.len());
    for (n, object) in (1..).zip(objects) {
        starts.push(out.len());
        out.extend_from_slice(format!("{n} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    let count = objects.len().saturating_add(1);
    let mut end = format!("xref\n0 {count}\n0000000000 65535 f \n");
    for start in starts {
        // Writing to a String cannot fail.
        let _ = writeln!(end, "{start:010} 00000 n ");
    }
    let _ = write!(end, "trailer\n<</Size {count}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{table}\n%%EOF\n");
    out.extend_from_slice(end.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_decimals() {
        assert_eq!(decimal(12_345, 2), "123.45");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(12_000, 6), "0.012000");
        assert_eq!(tenths_mm(2_100), A4.0);
    }

    #[test]
    fn a_long_name_is_broken_and_shortened() {
        let pdf = Pdf::new().unwrap();
        let lines = pdf.broken("Morning Star infant formula, stage 1", 1_000, 9_000, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| pdf.width(line, 1_000) <= 9_000), "{lines:?}");
        let lines = pdf.broken("晨星婴儿配方奶粉晨星婴儿配方奶粉", 1_000, 5_100, 2);
        assert_eq!(lines[0].chars().count(), 5);
        assert!(lines[1].ends_with('…') && pdf.width(&lines[1], 1_000) <= 5_100, "{lines:?}");
    }

    #[test]
    fn the_table_at_the_end_finds_every_object() {
        let mut pdf = Pdf::new().unwrap();
        pdf.page();
        pdf.text(1_000, 1_000, 1_200, "奶粉 ab");
        let bytes = pdf.finish("标签").unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let table = text.rfind("xref\n0 ").unwrap();
        assert!(text.ends_with("%%EOF\n") && table > 0);
        let find = |needle: &[u8], from: usize| {
            bytes[from..].windows(needle.len()).position(|w| w == needle).map(|at| at + from)
        };
        let start = bytes.windows(7).rposition(|w| w == b"xref\n0 ").unwrap();
        for (n, line) in String::from_utf8_lossy(&bytes[start..]).lines().skip(3).enumerate() {
            let Some(at) = line.strip_suffix(" 00000 n ").and_then(|at| at.parse::<usize>().ok()) else {
                break;
            };
            let head = format!("{} 0 obj", n + 1);
            assert_eq!(find(head.as_bytes(), at), Some(at), "{line}");
        }
    }
}
