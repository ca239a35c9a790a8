//! The release slip as a picture, from the data the kiosk prints it from.
//!
//! Drawn here as SVG and not by the kiosk's own raster: that lives in a room under another licence, which this one may not
//! use. What is left of the buyer's year is on the paper only: who looks at an order has not asked for it by the number.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use pickup_domain::china_time;
use pickup_protocol::kiosk::Line;

use super::order::seen;
use crate::centre;
use crate::console::Console;
use crate::console::routes::User;
use crate::db::Conn;
use crate::parcels::{self, Parcel};
use crate::web::{WebError, qr};

/// Dots across 80 mm paper, as the kiosk has them.
const WIDTH: u32 = 576;
const MARGIN: u32 = 16;
const LINE: u32 = 38;
const BODY: u32 = 24;
const SMALL: u32 = 17;
/// Chinese characters that fit a line, and beside a label.
const PER_LINE: usize = 22;
const LONG: usize = 18;
const QR: u32 = 240;
const SUPERVISION: &str = "1210 网购保税+线下自提";

/// `GET /orders/{order_no}/slip.svg`.
pub async fn picture(
    State(console): State<Arc<Console>>,
    user: User,
    Path(order_no): Path<String>,
) -> Result<Response, WebError> {
    let person = user.person().clone();
    let read = move |conn: &Conn| -> Result<Option<Slip>, WebError> {
        let Some((id, _)) = seen(conn, &person, &order_no)? else { return Ok(None) };
        let Some(parcel) = parcels::by_order(conn, id)? else { return Ok(None) };
        slip(conn, parcel)
    };
    let slip = console.shop.app.store.read(read).await?.ok_or_else(WebError::not_found)?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], draw(&slip)?).into_response())
}

/// What stands on a slip.
struct Slip {
    number: String,
    centre: String,
    pairs: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    goods_fen: i64,
    tax_fen: i64,
}

/// `None` while there is none: its number is made when customs releases.
fn slip(conn: &Conn, parcel: Parcel) -> Result<Option<Slip>, WebError> {
    let (Some(number), Some(released)) = (parcel.slip_no.clone(), parcel.released_at) else {
        return Ok(None);
    };
    let centre = centre::find(conn, parcel.centre)?.ok_or_else(WebError::not_found)?;
    let pairs = vec![
        ("清单编号", parcel.invt_no.clone().unwrap_or_default()),
        ("监管方式", SUPERVISION.to_owned()),
        ("申报关区", centre.customs_code),
        ("申报企业", parcel.contents.declarant.clone()),
        ("订单号", parcel.contents.order_no.clone()),
        ("运单号", parcel.waybill.clone()),
        ("订购人", parcel.buyer_masked.clone()),
        ("放行时间", minute(released)),
    ];
    Ok(Some(Slip {
        number,
        centre: centre.name.zh,
        pairs,
        goods_fen: parcel.contents.goods_fen,
        tax_fen: parcel.contents.tax_fen,
        lines: parcel.contents.lines,
    }))
}

/// A strip of paper that grows downwards.
struct Strip {
    body: String,
    y: u32,
}

impl Strip {
    fn text(&mut self, x: u32, anchor: &str, size: u32, bold: bool, text: &str) {
        let weight = if bold { " font-weight=\"700\"" } else { "" };
        // Writing to a String does not fail.
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"{size}\"{weight}>{}</text>",
            self.y,
            escaped(text)
        );
    }

    fn down(&mut self, by: u32) {
        self.y = self.y.saturating_add(by);
    }

    fn centred(&mut self, size: u32, bold: bool, text: &str) {
        self.down(LINE);
        self.text(WIDTH / 2, "middle", size, bold, text);
    }

    fn pair(&mut self, bold: bool, label: &str, value: &str) {
        self.down(LINE);
        self.text(MARGIN, "start", BODY, bold, label);
        // A long value stays clear of its label.
        let size = if value.chars().count() > LONG { SMALL } else { BODY };
        self.text(WIDTH - MARGIN, "end", size, bold, value);
    }

    /// From the left, on as many lines as it takes.
    fn wrapped(&mut self, text: &str) {
        let all: Vec<char> = text.chars().collect();
        for part in all.chunks(PER_LINE) {
            self.down(LINE);
            self.text(MARGIN, "start", BODY, true, &part.iter().collect::<String>());
        }
    }

    fn rule(&mut self) {
        self.down(LINE / 2);
        let (y, end) = (self.y, WIDTH - MARGIN);
        let _ = write!(self.body, "<path d=\"M{MARGIN} {y}H{end}\" stroke=\"#000\" stroke-width=\"2\"/>");
    }
}

fn draw(slip: &Slip) -> Result<String, WebError> {
    let mut strip = Strip { body: String::new(), y: MARGIN };
    strip.centred(32, true, &slip.centre);
    strip.down(LINE / 3);
    strip.centred(40, true, "海关放行提货凭证");
    strip.centred(BODY, false, "Customs release slip");
    strip.pair(true, "小票号 Slip", &slip.number);
    strip.rule();
    for (label, value) in &slip.pairs {
        strip.pair(false, label, value);
    }
    strip.rule();
    for line in &slip.lines {
        strip.wrapped(&line.name.zh);
        strip.pair(false, &format!("  × {} {}", line.quantity, line.unit.zh), &yuan(line.amount_fen));
    }
    strip.rule();
    strip.pair(false, "商品金额 Goods", &yuan(slip.goods_fen));
    strip.pair(false, "税款 Tax", &yuan(slip.tax_fen));
    strip.pair(true, "合计 Total", &yuan(slip.goods_fen.saturating_add(slip.tax_fen)));
    strip.rule();
    strip.pair(false, "年度限值 Limit", "见纸质小票 on paper only");
    strip.rule();
    strip.down(MARGIN);
    let at = format!("<svg x=\"{}\" y=\"{}\" ", (WIDTH - QR) / 2, strip.y);
    strip.body.push_str(&qr::svg(&slip.number, QR)?.replacen("<svg ", &at, 1));
    strip.down(QR + LINE);
    strip.centred(20, false, "个人自用，不得再次销售。请保留小票至离开园区。");
    strip.down(MARGIN + LINE);
    let (height, body) = (strip.y, strip.body);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"Noto Sans CJK SC, Noto Sans SC, sans-serif\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>{body}</svg>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn yuan(fen: i64) -> String {
    format!("¥{}", pickup_domain::Money::from_fen(fen))
}

fn minute(at: Timestamp) -> String {
    china_time::civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}
