//! Slips and codes as pictures.

use qrcode::QrCode;
use qrcode::render::svg;

use crate::printer::ROW_BYTES;

/// A slip as a PNG of one bit a dot, black on white, with a little blank paper at both ends.
///
/// # Errors
/// When the picture cannot be encoded.
pub fn slip_png(rows: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    const BLANK: [u8; ROW_BYTES * 16] = [0xFF; ROW_BYTES * 16];
    let paper: Vec<u8> =
        BLANK.iter().copied().chain(rows.iter().map(|b| !b)).chain(BLANK.iter().copied()).collect();
    let height = u32::try_from(paper.len() / ROW_BYTES).unwrap_or(u32::MAX);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, u32::try_from(ROW_BYTES * 8).unwrap_or(576), height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&paper)?;
    writer.finish()?;
    Ok(out)
}

/// A text as a QR code.
///
/// # Errors
/// When it is too long.
pub fn qr_svg(text: &str) -> Result<String, qrcode::types::QrError> {
    let code = QrCode::new(text)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(220, 220).quiet_zone(true).build())
}
