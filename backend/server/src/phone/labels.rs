//! Shelf labels: A4 sheets of fourteen, 99.1 mm × 38.1 mm, as self-adhesive sheets are cut. Each has the names, the price with
//! tax, and the QR code of the product page.

use std::sync::Arc;

use pickup_domain::Money;
use pickup_domain::goods::Product;
use qrcode::{Color, EcLevel, QrCode};

use super::pdf::{A4, Pdf, PdfError, tenths_mm};
use crate::shop::Shop;
use crate::shop::goods::{QuoteLine, QuoteRequest, quote_for};
use crate::store::StoreError;

/// Labels beside one another, and below one another.
const GRID: (i64, i64) = (2, 7);
/// Width and height of a label, and from one to the next, in tenths of a millimetre.
const LABEL: (i64, i64) = (991, 381);
const PITCH: (i64, i64) = (1_016, 381);
/// Left and upper margin of the sheet, in tenths of a millimetre.
const MARGIN: (i64, i64) = (47, 151);

/// Why there are no labels.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The address does not fit a code.
    #[error("the address of {sku} does not fit a QR code: {why}")]
    Code {
        /// Which article.
        sku: String,
        /// What the encoder said.
        why: String,
    },
    /// There is nothing to label.
    #[error(
        "centre {0} does not exist, or none of the articles named does: see `pickup-backend import catalogue`"
    )]
    Nothing(u16),
}

/// What stands on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Article number.
    pub sku: String,
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// Specification.
    pub spec: String,
    /// Price of one with its tax.
    pub price: Money,
    /// Address of the product page.
    pub address: String,
}

/// The labels of a centre: of these articles, or of all that may be sold.
///
/// # Errors
/// [`LabelError`].
pub async fn of_centre(
    shop: &Arc<Shop>,
    centre: u16,
    skus: &[String],
    public_url: &str,
) -> Result<Vec<Label>, LabelError> {
    let mut labels = Vec::new();
    if shop.centre(centre).is_none() {
        return Err(LabelError::Nothing(centre));
    }
    let wanted = |product: &&Product| match skus.is_empty() {
        true => product.permission.listed,
        false => skus.contains(&product.sku),
    };
    for product in shop.articles().filter(wanted) {
        let lines = vec![QuoteLine { sku: product.sku.clone(), qty: 1 }];
        let quote = quote_for(Arc::clone(shop), QuoteRequest { centre, lines }).await?;
        labels.push(Label {
            sku: product.sku.clone(),
            zh: product.name.zh.clone(),
            en: product.name.en.clone(),
            spec: product.spec.replace('|', " · "),
            price: quote.total_fen,
            address: format!("{}/p/{centre}/{}", public_url.trim_end_matches('/'), product.sku),
        });
    }
    if labels.is_empty() { Err(LabelError::Nothing(centre)) } else { Ok(labels) }
}

/// The sheets.
///
/// # Errors
/// [`LabelError`].
pub fn sheets(labels: &[Label]) -> Result<Vec<u8>, LabelError> {
    let mut pdf = Pdf::new()?;
    for (n, label) in (0_i64..).zip(labels) {
        let place = n % (GRID.0 * GRID.1);
        if place == 0 {
            pdf.page();
        }
        let (column, row) = (place % GRID.0, place / GRID.0);
        let x = tenths_mm(MARGIN.0 + column * PITCH.0);
        let y = A4.1 - tenths_mm(MARGIN.1 + row * PITCH.1 + LABEL.1);
        draw(&mut pdf, x, y, label)?;
    }
    Ok(pdf.finish("货架标签 Shelf labels")?)
}

fn draw(pdf: &mut Pdf, x: i64, y: i64, label: &Label) -> Result<(), LabelError> {
    pdf.frame(x, y, tenths_mm(LABEL.0), tenths_mm(LABEL.1));
    let code = tenths_mm(300);
    let left = x + tenths_mm(35);
    let width = tenths_mm(LABEL.0 - 35 - 30) - code;
    let mut down = y + tenths_mm(LABEL.1 - 25);
    for (text, size, lines) in [(&label.zh, 1_150, 2), (&label.en, 750, 2), (&label.spec, 650, 1)] {
        for line in pdf.broken(text, size, width, lines) {
            down -= size * 125 / 100;
            pdf.text(left, down, size, &line);
        }
        down -= 120;
    }
    let price = format!("¥{}", label.price);
    pdf.text(left, y + tenths_mm(60), 2_000, &price);
    pdf.text(left + pdf.width(&price, 2_000) + 400, y + tenths_mm(60), 700, "含税 tax included");
    pdf.text(left, y + tenths_mm(25), 600, &label.sku);
    let (code_x, code_y) = (x + tenths_mm(LABEL.0 - 25) - code, y + tenths_mm(55));
    draw_code(pdf, (code_x, code_y), code, label)?;
    let hint = "扫码购买 Scan to buy";
    pdf.text(code_x + (code - pdf.width(hint, 650)) / 2, y + tenths_mm(25), 650, hint);
    Ok(())
}

fn draw_code(pdf: &mut Pdf, (x, y): (i64, i64), size: i64, label: &Label) -> Result<(), LabelError> {
    let failed = |e: qrcode::types::QrError| LabelError::Code { sku: label.sku.clone(), why: e.to_string() };
    let code = QrCode::with_error_correction_level(label.address.as_bytes(), EcLevel::M).map_err(failed)?;
    let side = i64::try_from(code.width()).unwrap_or(1).max(1);
    let colors = code.to_colors();
    let mut dark = Vec::new();
    for (row, modules) in (0_i64..).zip(colors.chunks(code.width().max(1))) {
        // Whole edges, computed from the corner each, so that neighbours touch.
        let edge = |n: i64| n * size / side;
        let (top, bottom) = (size - edge(row), size - edge(row + 1));
        for (column, _) in (0_i64..).zip(modules).filter(|(_, color)| **color == Color::Dark) {
            let (from, to) = (edge(column), edge(column + 1));
            dark.push((x + from, y + bottom, to - from, top - bottom));
        }
    }
    pdf.rectangles(&dark);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(n: usize) -> Label {
        Label {
            sku: format!("MLK-{n:03}"),
            zh: "晨星婴儿配方奶粉1段".to_owned(),
            en: "Morning Star infant formula, stage 1".to_owned(),
            spec: "800g/罐".to_owned(),
            price: Money::from_fen(23_784),
            address: format!("http://127.0.0.1:8080/p/1/MLK-{n:03}"),
        }
    }

    #[test]
    fn fourteen_labels_fill_a_sheet_and_the_fifteenth_begins_another() {
        let pages = |n: usize| {
            let labels: Vec<Label> = (0..n).map(label).collect();
            let bytes = sheets(&labels).unwrap();
            String::from_utf8_lossy(&bytes).matches("/Type/Page/").count()
        };
        assert_eq!((pages(1), pages(14), pages(15)), (1, 1, 2));
    }

    #[test]
    fn a_sheet_stays_small() {
        let labels: Vec<Label> = (0..14).map(label).collect();
        assert!(sheets(&labels).unwrap().len() < 300_000);
    }
}
