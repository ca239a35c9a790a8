//! Where an order stands, live, and the code that opens its door.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use qrcode::{Color, EcLevel, QrCode};

use super::parts::named;
use super::{Caller, Page, found, to};
use crate::clearing::payback;
use crate::db::{Conn, OptionalExt as _};
use crate::parcels::{self, Parcel};
use crate::phone::basket::Basket;
use crate::phone::status::{Stage, Step};
use crate::phone::words::{day_and_time, yuan};
use crate::phone::{Phone, tell};
use crate::shop::view;
use crate::store::StoreError;
use crate::web::{Lang, Visit, WebError, html, qr};
use pickup_domain::Money;
use pickup_protocol::{PickupNumber, TypedNumber, number};

#[derive(Template)]
#[template(path = "phone/order.html")]
struct OrderPage<'a> {
    p: &'a Visit,
    link: &'a str,
    address_of_page: String,
    status: String,
    lives: bool,
}

#[derive(Template)]
#[template(path = "phone/status.html")]
struct StatusPart<'a> {
    lang: Lang,
    link: &'a str,
    order_no: String,
    tone: &'static str,
    name: &'static str,
    told: &'static str,
    why: String,
    steps: Vec<Step>,
    code: bool,
    number: String,
    ticket: String,
    locker: String,
    until: String,
    centre: String,
    address: String,
    help: String,
    lines: Vec<(String, String, String)>,
    tax: String,
    total: String,
    paybacks: Vec<(String, &'static str)>,
    can_cancel: bool,
    can_return: bool,
}

/// What is read of an order.
pub struct Read {
    /// Its parcel.
    pub parcel: Parcel,
    /// How far it is.
    pub stage: Stage,
    total: Money,
    kiosk: Option<String>,
    paybacks: Vec<payback::Payback>,
    why: Option<(String, String)>,
}

/// `GET /o/{link}`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    let Some(read) = read(&phone, &basket).await? else { return Ok(to(&format!("/b/{}", link.as_str()))) };
    let status = drawn(&phone, &basket, link.as_str(), &read, p.lang)?;
    Ok(html(&OrderPage {
        p: &p,
        link: link.as_str(),
        address_of_page: tell::address(&phone.public_url, &link),
        status,
        lives: !matches!(read.stage, Stage::Collected | Stage::Cancelled | Stage::Returned),
    }))
}

/// `GET /o/{link}/live`: the status, drawn anew whenever it has changed.
pub async fn live(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    let lang = p.lang;
    let watched = phone.web.live.clone();
    Ok(watched.events(move || {
        let (phone, link, basket) = (Arc::clone(&phone), link.clone(), basket.clone());
        async move {
            let read = read(&phone, &basket).await.ok()??;
            drawn(&phone, &basket, link.as_str(), &read, lang).ok()
        }
    }))
}

/// `GET /o/{link}/code.svg`: the pickup code.
pub async fn svg(State(phone): State<Arc<Phone>>, caller: Caller, Path(link): Path<String>) -> Page {
    let ticket = ticket(&phone, caller, &link).await?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], qr::svg(&ticket, 360)?).into_response())
}

/// `GET /o/{link}/code.png`: the pickup code, to be saved to the phone.
pub async fn png(State(phone): State<Arc<Phone>>, caller: Caller, Path(link): Path<String>) -> Page {
    let ticket = ticket(&phone, caller, &link).await?;
    let headers =
        [(CONTENT_TYPE, "image/png"), (CONTENT_DISPOSITION, "attachment; filename=\"pickup-code.png\"")];
    Ok((headers, picture(&ticket)?).into_response())
}

async fn ticket(phone: &Arc<Phone>, caller: Caller, link: &str) -> Result<String, WebError> {
    let (_, basket) = found(phone, caller, link).await?;
    let read = read(phone, &basket).await?;
    read.and_then(|read| code_of(&read)).ok_or_else(WebError::not_found)
}

/// What is typed at the kiosk where the code does not scan.
fn typed(ticket: &str, pickup: PickupNumber) -> String {
    number::grouped(&TypedNumber::of(ticket, pickup).to_string())
}

/// The code, while it opens a door or soon will.
fn code_of(read: &Read) -> Option<String> {
    let shown = matches!(read.stage, Stage::Released | Stage::InLocker | Stage::Attention);
    read.parcel.ticket.clone().filter(|_| shown)
}

/// What is known of the order of a basket; `None` while it is none.
pub async fn read(phone: &Arc<Phone>, basket: &Basket) -> Result<Option<Read>, WebError> {
    let (merchant, now) = (phone.shop.app.config.phone.merchant.clone(), phone.now());
    let id = basket.id;
    let read = move |conn: &Conn| -> Result<Option<Read>, StoreError> {
        // The basket may have become an order since it was looked up.
        let known: Option<(Option<i64>, Option<String>)> = conn
            .prepare_cached("SELECT order_id, order_no FROM basket WHERE cell = {cell} AND id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((Some(order_id), Some(order_no))) = known else { return Ok(None) };
        let Some(parcel) = parcels::by_order(conn, order_id)? else { return Ok(None) };
        let stage = Stage::of(&parcel, now);
        let total = conn
            .prepare_cached("SELECT total_fen FROM orders WHERE cell = {cell} AND id = ?1")?
            .query_row([order_id], |row| row.get(0))?;
        Ok(Some(Read {
            kiosk: kiosk(conn, parcel.kiosk_id.as_deref())?,
            paybacks: payback::of_order(conn, order_id)?,
            why: if stage == Stage::Cancelled { why(conn, &merchant, &order_no) } else { None },
            total: Money::from_fen(total),
            parcel,
            stage,
        }))
    };
    Ok(phone.shop.app.store.read(read).await?)
}

fn kiosk(conn: &Conn, id: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let name = conn.prepare_cached("SELECT name FROM kiosk WHERE id = ?1")?.query_row([id], |row| row.get(0));
    Ok(name.optional()?)
}

/// What customs said last, when that ended the order.
fn why(conn: &Conn, merchant: &str, order_no: &str) -> Option<(String, String)> {
    let view = view::view(conn, merchant, order_no).ok()?;
    let last = view.declaration?.receipts.into_iter().next()?;
    (last.status == 100 || last.status < 0).then_some((last.message_zh, last.message_en))
}

fn drawn(
    phone: &Arc<Phone>,
    basket: &Basket,
    link: &str,
    read: &Read,
    lang: Lang,
) -> Result<String, WebError> {
    let (stage, parcel) = (read.stage, &read.parcel);
    let centre = phone.shop.centre(basket.centre).ok_or_else(WebError::not_found)?;
    let text = |text: &pickup_protocol::kiosk::Text| lang.t(&text.zh, &text.en).to_owned();
    let line = |line: &pickup_protocol::kiosk::Line| {
        let pieces = format!("{} {}", line.quantity, text(&line.unit));
        (text(&line.name), pieces, yuan(Money::from_fen(line.amount_fen)))
    };
    let ticket = code_of(read);
    let part = StatusPart {
        lang,
        link,
        order_no: parcel.contents.order_no.clone(),
        tone: stage.tone(),
        name: stage.name(lang),
        told: stage.told(lang),
        why: read.why.as_ref().map(|(zh, en)| lang.t(zh, en).to_owned()).unwrap_or_default(),
        steps: stage.steps(lang),
        code: ticket.is_some(),
        number: ticket.as_deref().map(|text| typed(text, parcel.pickup)).unwrap_or_default(),
        ticket: ticket.unwrap_or_default(),
        locker: locker(read, lang),
        until: until(read, lang),
        centre: named(&centre.name, lang),
        address: named(&centre.address, lang),
        help: centre.help_phone.clone(),
        lines: parcel.contents.lines.iter().map(line).collect(),
        tax: yuan(Money::from_fen(parcel.contents.tax_fen)),
        total: yuan(read.total),
        paybacks: read
            .paybacks
            .iter()
            .map(|one| (yuan(one.amount_fen), paid_back(&one.state, lang)))
            .collect(),
        can_cancel: stage.can_cancel(),
        can_return: stage == Stage::Collected,
    };
    part.render().map_err(|e| WebError::internal(&e))
}

fn locker(read: &Read, lang: Lang) -> String {
    let shown = matches!(read.stage, Stage::InLocker | Stage::Attention);
    match (&read.kiosk, read.parcel.door) {
        (Some(kiosk), Some(door)) if shown => match lang {
            Lang::Zh => format!("取货机{kiosk}，{}号柜门", door.0),
            Lang::En => format!("Kiosk {kiosk}, door {}", door.0),
        },
        _ => String::new(),
    }
}

fn until(read: &Read, lang: Lang) -> String {
    let shown = matches!(read.stage, Stage::Released | Stage::InLocker | Stage::Attention);
    read.parcel.not_after.filter(|_| shown).map(|at| day_and_time(at, lang)).unwrap_or_default()
}

/// How far money is on its way back.
#[must_use]
pub fn paid_back(state: &str, lang: Lang) -> &'static str {
    match state {
        "done" => lang.t("已退回", "paid back"),
        "requested" => lang.t("正在退回", "on its way back"),
        "failed" => lang.t("退款遇到问题，工作人员正在处理", "held up; staff are seeing to it"),
        _ => lang.t("即将退回", "about to go back"),
    }
}

/// A QR code as a PNG, eight pixels a module, with the quiet zone of the standard.
fn picture(text: &str) -> Result<Vec<u8>, WebError> {
    const MODULE: usize = 8;
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M);
    let code = code.map_err(|e| WebError::internal(&e))?;
    let (width, colors) = (code.width(), code.to_colors());
    let side = width.saturating_add(2 * QUIET).saturating_mul(MODULE);
    let dark = |x: usize, y: usize| {
        let (x, y) = ((x / MODULE).checked_sub(QUIET), (y / MODULE).checked_sub(QUIET));
        let at = x.zip(y).filter(|(x, y)| *x < width && *y < width).map(|(x, y)| y * width + x);
        at.and_then(|at| colors.get(at)) == Some(&Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if dark(x, y) { 0 } else { 255 })
        .collect();
    let size = u32::try_from(side).map_err(|e| WebError::internal(&e))?;
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, size, size);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| WebError::internal(&e))?;
    writer.write_image_data(&pixels).map_err(|e| WebError::internal(&e))?;
    writer.finish().map_err(|e| WebError::internal(&e))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_saved_picture_is_a_square_with_a_white_edge() {
        let bytes = picture(&format!("BP1{}", "A0".repeat(60))).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        let side = info.width as usize;
        assert!(pixels[..side * 32].iter().all(|p| *p == 255), "four modules of white above");
        assert_eq!(pixels[side * 32 + 32], 0, "the corner of the finder is dark");
    }
}
