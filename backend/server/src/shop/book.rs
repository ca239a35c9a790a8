//! Orders in the database: the sealed request, its digest, its states.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use jiff::Timestamp;
use pickup_domain::IdNumber;
use pickup_domain::order::{Order, OrderState};
use pickup_domain::review::{self, Facts, Verdict};

use crate::App;
use crate::clearing::{ClearingError, accounts};
use crate::secrets::{Secrets, SecretsError};
use crate::shop::Shop;
use crate::store::StoreError;

/// An order as kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// `orders.id`.
    pub id: i64,
    /// Keyed digest of the request.
    pub digest: String,
    /// The request, sealed.
    pub sealed: Vec<u8>,
    /// Where it stands.
    pub state: OrderState,
    /// The verdict it was placed with.
    pub verdict: Verdict,
    /// `due` or `done`.
    pub refund: Option<String>,
    /// When it was placed, microseconds.
    pub placed_us: i64,
}

/// The id of the order with this number, whoever placed it.
///
/// # Errors
/// [`StoreError`].
pub fn id_of(conn: &Conn, order_no: &str) -> Result<Option<i64>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT order_id FROM used_number WHERE number = ?1 AND kind = 'order' AND cell = {cell}",
        )?
        .query_row([order_no], |row| row.get(0))
        .optional()?)
}

/// The platform's number of an order.
///
/// # Errors
/// [`StoreError`], also when there is none.
pub fn order_no(conn: &Conn, id: i64) -> Result<String, StoreError> {
    Ok(conn
        .prepare_cached("SELECT order_no FROM orders WHERE cell = {cell} AND id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// The merchant's order with this number.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, merchant: &str, order_no: &str) -> Result<Option<Kept>, StoreError> {
    let row = conn
        .prepare_cached(
            "SELECT o.id, b.digest, b.body, o.state, b.verdict, o.refund, o.placed_us FROM used_number n
             JOIN orders o ON o.cell = n.cell AND o.id = n.order_id
             JOIN dossier b ON b.cell = n.cell AND b.order_id = n.order_id
             WHERE n.number = ?2 AND n.kind = 'order' AND n.cell = {cell} AND o.merchant = ?1",
        )?
        .query_row((merchant, order_no), |row| {
            Ok((
                (row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?),
                (row.get::<_, String>(4)?, row.get(5)?, row.get(6)?),
            ))
        })
        .optional()?;
    let Some(((id, digest, sealed, state), (verdict, refund, placed_us))) = row else { return Ok(None) };
    let what = |column: &str| format!("{column} of order {id}");
    let state = OrderState::from_word(&state).ok_or_else(|| StoreError::unreadable(what("state"), &state))?;
    let verdict = serde_json::from_str(&verdict).map_err(|e| StoreError::unreadable(what("verdict"), e))?;
    Ok(Some(Kept { id, digest, sealed, state, verdict, refund, placed_us }))
}

/// Whether any merchant has an order with this number: customs knows one platform, and a number is used once there.
///
/// # Errors
/// [`StoreError`].
pub fn taken_by_another(conn: &Conn, order_no: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM used_number WHERE number = ?1 AND kind = 'order'";
    Ok(conn.prepare_cached(sql)?.exists([order_no])?)
}

/// Seals an order for the database.
///
/// # Errors
/// [`ClearingError`] when it cannot be written or sealed.
pub fn seal(secrets: &Secrets, merchant: &str, order: &Order) -> Result<Vec<u8>, ClearingError> {
    let plain = serde_json::to_vec(order).map_err(|e| StoreError::unreadable("an order", e))?;
    Ok(secrets.seal(&context(merchant, &order.order_no), &plain)?)
}

/// Opens a sealed order.
///
/// # Errors
/// [`SecretsError`] when it was sealed for something else.
pub fn unseal(
    secrets: &Secrets,
    merchant: &str,
    order_no: &str,
    sealed: &[u8],
) -> Result<Order, SecretsError> {
    let context = context(merchant, order_no);
    let plain = secrets.open(&context, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| SecretsError::Sealed(context))
}

/// What an order's body is sealed under.
fn context(merchant: &str, order_no: &str) -> String {
    format!("order/{merchant}/{order_no}")
}

/// The digest by which a repeated request is known. Keyed, since it covers an identity number.
///
/// # Errors
/// [`StoreError::Unreadable`] when the request cannot be written as JSON.
pub fn digest<T: serde::Serialize>(app: &Arc<App>, purpose: &str, body: &T) -> Result<String, StoreError> {
    let bytes = serde_json::to_vec(body).map_err(|e| StoreError::unreadable("a request", e))?;
    Ok(app.secrets.fingerprint(purpose, &bytes))
}

/// Judges an order against the database as it is now. `quote_only` leaves buyer and totals aside.
///
/// # Errors
/// [`StoreError`].
pub fn judge(
    conn: &Conn,
    shop: &Shop,
    order: &Order,
    now: Timestamp,
    quote_only: bool,
) -> Result<Verdict, StoreError> {
    let centre = shop.centre(order.centre);
    let buyer = order.buyer.id_number.0.parse::<IdNumber>().ok().filter(|_| !quote_only);
    let year = match &buyer {
        Some(id) => accounts::spoken_for(accounts::buyer_year(conn, &shop.app.secrets.buyer_key(id), now)?),
        None => pickup_domain::Money::ZERO,
    };
    let stock = stock(conn, shop, order, centre)?;
    let facts = Facts {
        today: pickup_domain::china_time::date(now),
        centre,
        product: &|sku| shop.product(sku),
        stock: &|product| stock.get(&product.sku).copied().unwrap_or_default(),
        tariff: &shop.data.tariff,
        year_so_far: year,
        guarantee: accounts::guarantee(conn, &shop.data.operator.guarantee.number)?,
        // What a person bought in the year, and who shares a telephone, is looked at when the order is paid.
        year_pieces: &|_| 0,
        rules: &shop.rules,
        operator: &shop.operator,
        others_with_phone: 0,
        others_with_address: 0,
    };
    Ok(if quote_only { review::quote(order, &facts) } else { review::review(order, &facts) })
}

fn stock(
    conn: &Conn,
    shop: &Shop,
    order: &Order,
    centre: Option<&pickup_domain::centre::Centre>,
) -> Result<std::collections::BTreeMap<String, pickup_domain::Quantity>, StoreError> {
    let mut left = std::collections::BTreeMap::new();
    let Some(centre) = centre else { return Ok(left) };
    for product in order.lines.iter().filter_map(|line| shop.product(&line.sku)) {
        let account = accounts::find(conn, &accounts::stock_key(centre, product))?;
        let available = account.map_or(0, pickup_domain::hold::Account::available);
        left.insert(product.sku.clone(), pickup_domain::Quantity::from_parts(available));
    }
    Ok(left)
}
