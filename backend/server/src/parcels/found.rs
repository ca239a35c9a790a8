//! Parcels as the database has them, with what decides about them: their order and their declaration.

use crate::clearing::facts::Facts;
use crate::db::{Conn, Row, ToValue};
use jiff::Timestamp;
use pickup_domain::declaration::DeclarationState;
use pickup_domain::order::OrderState;
use pickup_domain::parcel::{ParcelState, Size};
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber};

use super::Contents;
use crate::store::StoreError;
use crate::time::at;

/// A parcel with all that decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Pickup number.
    pub pickup: PickupNumber,
    /// `orders.id`.
    pub order_id: i64,
    /// Waybill number.
    pub waybill: String,
    /// Number of the pickup centre.
    pub centre: u16,
    /// Smallest door it fits behind.
    pub size: Size,
    /// Where it is.
    pub state: ParcelState,
    /// By which the buyer's card is known.
    pub identity: IdentityDigest,
    /// The buyer's name, masked.
    pub buyer_masked: String,
    /// What is in it.
    pub contents: Contents,
    /// Slip number, once ready.
    pub slip_no: Option<String>,
    /// Ticket, once ready.
    pub ticket: Option<String>,
    /// Until when it can be collected, once ready.
    pub not_after: Option<Timestamp>,
    /// Kiosk whose locker it lies in.
    pub kiosk_id: Option<String>,
    /// Door it lies behind.
    pub door: Option<DoorNumber>,
    /// When it was handed over.
    pub collected_at: Option<Timestamp>,
    /// Where its order stands; `None` for a word this version does not know.
    pub order_state: Option<OrderState>,
    /// Where its declaration stands; `None` when there is none.
    pub declaration: Option<DeclarationState>,
    /// Whether customs is being asked to cancel it: no door opens meanwhile.
    pub being_cancelled: bool,
    /// 清单编号.
    pub invt_no: Option<String>,
    /// When customs released it.
    pub released_at: Option<Timestamp>,
}

impl Parcel {
    /// The pickup number as the database has it.
    #[must_use]
    pub fn number(&self) -> i64 {
        i64::try_from(self.pickup.0).unwrap_or(i64::MAX)
    }

    /// Whether customs has released it and not withdrawn since.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.declaration.is_some_and(DeclarationState::was_released)
            && self.order_state.is_some_and(|state| state != OrderState::Cancelled)
            && !self.being_cancelled
    }
}

const SELECT: &str = "SELECT p.pickup, p.waybill, p.centre, p.size, p.state, p.identity_salt,
    p.identity_digest, p.buyer_masked, b.facts, p.slip_no, p.ticket, p.not_after_us, p.kiosk_id, p.door,
    p.collected_us, o.state, d.state, d.invt_no, d.released_us,
    CASE WHEN EXISTS (SELECT 1 FROM application a WHERE a.cell = p.cell AND a.order_id = p.pickup
        AND a.kind = 'cancel' AND a.state NOT IN ('concluded', 'refused')) THEN 1 ELSE 0 END
    FROM parcel p JOIN orders o ON o.cell = p.cell AND o.id = p.pickup
    LEFT JOIN declaration d ON d.cell = p.cell AND d.order_id = p.pickup
    LEFT JOIN dossier b ON b.cell = p.cell AND b.order_id = p.pickup
    WHERE p.cell = {cell}";

/// The parcel with this pickup number.
///
/// # Errors
/// [`StoreError`].
pub fn by_pickup(conn: &Conn, pickup: PickupNumber) -> Result<Option<Parcel>, StoreError> {
    let Ok(number) = i64::try_from(pickup.0) else { return Ok(None) };
    one(conn, "p.pickup = ?1", number)
}

/// The parcel with this waybill number.
///
/// # Errors
/// [`StoreError`].
pub fn by_waybill(conn: &Conn, waybill: &str) -> Result<Option<Parcel>, StoreError> {
    one(conn, "p.waybill = ?1", waybill)
}

/// The parcel of this order.
///
/// # Errors
/// [`StoreError`].
pub fn by_order(conn: &Conn, order_id: i64) -> Result<Option<Parcel>, StoreError> {
    one(conn, "p.pickup = ?1", order_id)
}

/// Parcels in `state` behind doors of a kiosk, by pickup number.
///
/// # Errors
/// [`StoreError`].
pub fn at_kiosk(conn: &Conn, kiosk_id: &str, state: ParcelState) -> Result<Vec<Parcel>, StoreError> {
    // Not by the bare column: SQLite would go through every parcel in that order rather than use the kiosk's index.
    let sql = format!("{SELECT} AND p.kiosk_id = ?1 AND p.state = ?2 ORDER BY p.pickup + 0");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((kiosk_id, state.as_str()))?;
    let mut parcels = Vec::new();
    while let Some(row) = rows.next()? {
        parcels.push(read(row)?);
    }
    Ok(parcels)
}

fn one(conn: &Conn, which: &str, key: impl ToValue) -> Result<Option<Parcel>, StoreError> {
    let sql = format!("{SELECT} AND {which}");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([key])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row) -> Result<Parcel, StoreError> {
    let number: i64 = row.get(0)?;
    let bad = |what: &str| StoreError::unreadable(format!("{what} of parcel {number}"), "unknown value");
    let time = |us: Option<i64>| us.map(at).transpose();
    let (size, state, contents): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(8)?);
    let (order, declaration): (String, Option<String>) = (row.get(15)?, row.get(16)?);
    Ok(Parcel {
        pickup: pickup_number(number)?,
        order_id: number,
        waybill: row.get(1)?,
        centre: row.get(2)?,
        size: size_of(&size).ok_or_else(|| bad("size"))?,
        state: ParcelState::from_word(&state).ok_or_else(|| bad("state"))?,
        identity: IdentityDigest { salt: row.get(5)?, digest: row.get(6)? },
        buyer_masked: row.get(7)?,
        contents: Facts::read(&contents)?.contents(),
        slip_no: row.get(9)?,
        ticket: row.get(10)?,
        not_after: time(row.get(11)?)?,
        kiosk_id: row.get(12)?,
        door: row.get::<_, Option<u16>>(13)?.map(DoorNumber),
        collected_at: time(row.get(14)?)?,
        order_state: OrderState::from_word(&order),
        declaration: declaration.as_deref().and_then(DeclarationState::from_word),
        being_cancelled: row.get::<_, i64>(19)? != 0,
        invt_no: row.get(17)?,
        released_at: time(row.get(18)?)?,
    })
}

/// A stored pickup number.
///
/// # Errors
/// [`StoreError::Unreadable`] when it is negative.
pub fn pickup_number(number: i64) -> Result<PickupNumber, StoreError> {
    u64::try_from(number).map(PickupNumber).map_err(|e| StoreError::unreadable("a pickup number", e))
}

fn size_of(word: &str) -> Option<Size> {
    [Size::S, Size::M, Size::L].into_iter().find(|size| size.as_str() == word)
}
