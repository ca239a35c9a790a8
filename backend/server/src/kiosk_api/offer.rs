//! What a kiosk shows of a parcel and what the slip says, from what was declared and what the buyer has used of the year.

use crate::clearing::accounts;
use crate::db::Conn;
use jiff::Timestamp;
use pickup_protocol::kiosk::{AnnualLimit, Offer, Slip};

use crate::centre;
use crate::parcels::Parcel;
use crate::store::StoreError;

const SUPERVISION: &str = "1210";

/// The offer and the slip of a parcel that is released and behind a door.
///
/// # Errors
/// [`StoreError`] when something that such a parcel must have is missing.
pub fn offer(conn: &Conn, parcel: &Parcel, now: Timestamp) -> Result<(Offer, Slip), StoreError> {
    let missing =
        |what: &str| StoreError::unreadable(format!("{what} of pickup {}", parcel.pickup), "it is missing");
    let centre = centre::find(conn, parcel.centre)?.ok_or_else(|| missing("centre"))?;
    let offer = Offer {
        pickup: parcel.pickup,
        waybill: parcel.waybill.clone(),
        buyer_masked: parcel.buyer_masked.clone(),
        identity: parcel.identity.clone(),
        lines: parcel.contents.lines.clone(),
        goods_fen: parcel.contents.goods_fen,
        tax_fen: parcel.contents.tax_fen,
        limit: annual_limit(conn, parcel, now)?,
        doors: parcel.door.into_iter().collect(),
        released_at: parcel.released_at.ok_or_else(|| missing("time of release"))?,
        not_after: parcel.not_after.ok_or_else(|| missing("last time to collect"))?,
    };
    let slip = Slip {
        number: parcel.slip_no.clone().ok_or_else(|| missing("slip number"))?,
        order_no: parcel.contents.order_no.clone(),
        invt_no: parcel.invt_no.clone().ok_or_else(|| missing("list number"))?,
        supervision: SUPERVISION.to_owned(),
        customs_office: centre.customs_code,
        declarant: parcel.contents.declarant.clone(),
        centre: centre.name.zh,
    };
    Ok((offer, slip))
}

/// The account of the buyer's year that the order's hold was taken on. Its key ends in `/<year>`.
fn annual_limit(conn: &Conn, parcel: &Parcel, now: Timestamp) -> Result<AnnualLimit, StoreError> {
    let legs: String = conn
        .prepare_cached("SELECT legs FROM hold WHERE cell = {cell} AND order_id = ?1")?
        .query_row([parcel.order_id], |row| row.get(0))?;
    let legs = accounts::read_legs(&legs)?;
    let key = legs.into_iter().find(|(kind, _, _)| kind == "buyer").map(|(_, key, _)| key);
    let key = key.ok_or_else(|| StoreError::unreadable("a hold", "it has no buyer"))?;
    let (limit_fen, used_fen, held_fen): (i64, i64, i64) = conn
        .prepare_cached("SELECT lim, held + used, held FROM buyer_year WHERE key = ?1")?
        .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let year = key.rsplit('/').next().and_then(|year| year.parse().ok());
    let year = year.ok_or_else(|| StoreError::unreadable("year of a buyer's account", "no number"))?;
    Ok(AnnualLimit { year, limit_fen, used_fen, held_fen, as_of: now })
}
