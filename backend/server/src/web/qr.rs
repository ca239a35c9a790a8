//! QR codes as pictures in a page.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::web::error::WebError;

/// A QR code as inline SVG of at least `size` units, black on white with its quiet zone.
///
/// # Errors
/// [`WebError`] when the text does not fit a code.
pub fn svg(text: &str, size: u32) -> Result<String, WebError> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M);
    let code = code.map_err(|cause| WebError::internal(&cause))?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(size, size).build();
    // Inside a page the XML declaration has no place.
    let start = drawn.find("<svg").unwrap_or(0);
    Ok(drawn.get(start..).unwrap_or_default().to_owned())
}
