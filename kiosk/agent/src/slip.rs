//! The release slip: as a picture, drawn with the bundled font, so that it is the same on every printer; or as text in
//! the printer's own letters. Both say the same.

mod canvas;
mod sheet;

use jiff::Timestamp;
use pickup_protocol::domain::{Money, china_time};
use pickup_protocol::kiosk::{Offer, Slip};

use pickup_devices::printer::{PrintJob, PrinterConfig, Raster, RasterError, SlipMode, TextSlip};

use canvas::{Canvas, Weight};
use sheet::{Lines, Sheet};

/// What is drawn: everything on a slip is known before the first dot.
#[derive(Debug)]
pub struct SlipContent<'a> {
    /// What is handed over.
    pub offer: &'a Offer,
    /// Numbers of the slip and of the declaration.
    pub slip: &'a Slip,
    /// Name of the kiosk.
    pub kiosk: &'a str,
    /// When it is printed.
    pub printed_at: Timestamp,
    /// Whether an earlier slip came out, or may have.
    pub copy: bool,
}

/// A slip that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SlipError {
    /// The bundled font cannot be read.
    #[error("the bundled font cannot be read: the program was built wrongly")]
    Font,
    /// The slip number does not fit a QR code.
    #[error("slip number {0} cannot be written as a QR code: {1}")]
    Qr(String, qrcode::types::QrError),
    /// The drawing is no picture that a printer takes.
    #[error("the drawing cannot be printed: {0}")]
    Picture(#[from] RasterError),
}

/// What the paper is like and what goes onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// Dots across.
    pub dots: u16,
    /// Picture or text.
    pub mode: SlipMode,
}

impl From<&PrinterConfig> for Paper {
    fn from(config: &PrinterConfig) -> Self {
        Self { dots: config.dots, mode: config.mode }
    }
}

/// The slip as the printer is to have it.
///
/// # Errors
/// [`SlipError`]; none can happen for what the backend sends.
pub fn print_job(number: u64, content: &SlipContent<'_>, paper: Paper) -> Result<PrintJob, SlipError> {
    match paper.mode {
        SlipMode::Raster => {
            let drawing = draw(content, paper.dots)?;
            Ok(PrintJob::raster(number, Raster::new(drawing.width, drawing.rows)?))
        }
        SlipMode::Text => Ok(PrintJob::text(number, text(content)?)),
    }
}

/// A drawn slip: one bit a dot, rows packed most significant bit first, 1 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Dots in a row, a multiple of 8.
    pub width: u16,
    /// Packed rows.
    pub rows: Vec<u8>,
}

const SMALL: u16 = 22;
const BODY: u16 = 26;
const LARGE: u16 = 34;
const TITLE: u16 = 44;

/// Draws a slip `width` dots wide (576 for 80 mm paper, 384 for 58 mm).
///
/// # Errors
/// [`SlipError`]; neither can happen for what the backend sends.
pub fn draw(content: &SlipContent<'_>, width: u16) -> Result<Drawing, SlipError> {
    let mut canvas = Canvas::new(width)?;
    write(&mut canvas, content)?;
    Ok(canvas.finish())
}

/// The slip as lines of text.
///
/// # Errors
/// As [`draw`].
pub fn text(content: &SlipContent<'_>) -> Result<TextSlip, SlipError> {
    let mut lines = Lines::default();
    write(&mut lines, content)?;
    Ok(lines.0)
}

fn write(sheet: &mut impl Sheet, content: &SlipContent<'_>) -> Result<(), SlipError> {
    head(sheet, content);
    declaration(sheet, content);
    goods(sheet, content.offer);
    limit(sheet, content.offer);
    foot(sheet, content)
}

fn head(c: &mut impl Sheet, content: &SlipContent<'_>) {
    if content.copy {
        c.banner("副本  COPY", LARGE);
        c.gap(10);
    }
    c.centred(&content.slip.centre, LARGE, Weight::Bold);
    c.centred("海关放行提货凭证", TITLE, Weight::Bold);
    c.centred("Customs release slip", BODY, Weight::Regular);
    c.gap(8);
    c.pair("小票号 Slip", &content.slip.number, BODY, Weight::Bold);
    c.rule();
}

fn declaration(c: &mut impl Sheet, content: &SlipContent<'_>) {
    let (offer, slip) = (content.offer, content.slip);
    let kind = format!("{} 网购保税+线下自提", slip.supervision);
    for (label, value) in [
        ("清单编号", slip.invt_no.as_str()),
        ("监管方式", kind.as_str()),
        ("申报关区", slip.customs_office.as_str()),
        ("申报企业", slip.declarant.as_str()),
        ("订单号", slip.order_no.as_str()),
        ("运单号", offer.waybill.as_str()),
        ("订购人", offer.buyer_masked.as_str()),
    ] {
        c.pair(label, value, BODY, Weight::Regular);
    }
    c.pair("放行时间", &minute(offer.released_at), BODY, Weight::Regular);
    c.rule();
}

fn goods(c: &mut impl Sheet, offer: &Offer) {
    for line in &offer.lines {
        c.wrapped(&line.name.zh, BODY, Weight::Bold);
        let quantity = format!("  × {} {}", line.quantity, line.unit.zh);
        c.pair(&quantity, &yuan(line.amount_fen), BODY, Weight::Regular);
    }
    c.dashes();
    c.pair("商品金额 Goods", &yuan(offer.goods_fen), BODY, Weight::Regular);
    c.pair("税款 Tax", &yuan(offer.tax_fen), BODY, Weight::Regular);
    c.pair("合计 Total", &yuan(offer.goods_fen.saturating_add(offer.tax_fen)), LARGE, Weight::Bold);
    c.rule();
}

fn limit(c: &mut impl Sheet, offer: &Offer) {
    let limit = &offer.limit;
    let left = limit.limit_fen.saturating_sub(limit.used_fen);
    c.pair(&format!("{} 年度限值", limit.year), &yuan(limit.limit_fen), BODY, Weight::Regular);
    c.pair("已用 Used", &yuan(limit.used_fen), BODY, Weight::Regular);
    c.pair("剩余 Left", &yuan(left), BODY, Weight::Bold);
    c.wrapped("以本系统所知为准，最终以海关为准。", SMALL, Weight::Regular);
    c.rule();
}

fn foot(c: &mut impl Sheet, content: &SlipContent<'_>) -> Result<(), SlipError> {
    c.gap(10);
    c.qr(&content.slip.number)?;
    c.gap(6);
    c.centred(&format!("{}  {}", content.kiosk, minute(content.printed_at)), SMALL, Weight::Regular);
    c.wrapped("个人自用，不得再次销售。请保留小票至离开园区。", SMALL, Weight::Regular);
    c.wrapped(
        "For personal use, not for resale. Keep this slip until you leave the zone.",
        SMALL,
        Weight::Regular,
    );
    if content.copy {
        c.gap(10);
        c.banner("副本  COPY", LARGE);
    }
    c.gap(24);
    Ok(())
}

fn yuan(fen: i64) -> String {
    format!("¥{}", Money::from_fen(fen))
}

fn minute(at: Timestamp) -> String {
    china_time::civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests;
