//! Which port a message goes to: the one of the customs office of the centre whose goods it declares.

use std::sync::Arc;

use crate::clearing::gateway::GatewayError;
use crate::db::{Bulk, Column, Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;

/// The customs office that a stored message is for; empty when nothing says it.
///
/// # Errors
/// [`GatewayError::Kept`] when the database cannot be read.
pub async fn of_message(shop: &Arc<Shop>, id: &str) -> Result<String, GatewayError> {
    if shop.app.config.ports.len() < 2 {
        return Ok(String::new());
    }
    let (reader, id) = (Arc::clone(shop), id.to_owned());
    let read = shop.app.store.read(move |conn| office_of(conn, &reader, &id)).await;
    read.map_err(|error| GatewayError::Kept(error.to_string()))
}

fn office_of(conn: &Conn, shop: &Shop, id: &str) -> Result<String, StoreError> {
    let centre: Option<u16> = conn
        .prepare_cached(
            "SELECT o.centre FROM message m
             JOIN declaration d ON d.cell = m.cell AND d.batch = m.batch
             JOIN orders o ON o.cell = d.cell AND o.id = d.order_id
             WHERE m.cell = {cell} AND m.id = ?1
             UNION ALL
             SELECT o.centre FROM message m
             JOIN application a ON a.cell = m.cell AND a.batch = m.batch
             JOIN orders o ON o.cell = a.cell AND o.id = a.order_id
             WHERE m.cell = {cell} AND m.id = ?1 LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(centre.map(|centre| office(shop, centre)).unwrap_or_default())
}

fn office(shop: &Shop, centre: u16) -> String {
    shop.centre(centre).map(|centre| centre.customs_code.clone()).unwrap_or_default()
}

/// Of orders that wait to be declared, those that go to the same port as the first, and its customs office: a message has one
/// receiver and one signer.
///
/// # Errors
/// [`StoreError`].
pub fn of_one_port(conn: &Conn, shop: &Shop, orders: Vec<i64>) -> Result<(String, Vec<i64>), StoreError> {
    let ports = &shop.app.config.ports;
    if ports.len() < 2 {
        return Ok((ports.first().map(|port| port.code.clone()).unwrap_or_default(), orders));
    }
    let read = Bulk::new(
        "SELECT r.id, o.centre FROM {r: id i} JOIN orders o ON o.cell = {cell} AND o.id = r.id",
        vec![Column::Int(orders)],
    );
    let mut found: Vec<(i64, u16)> = Vec::new();
    for row in conn.bulk_rows(&[read])?.into_iter().flatten() {
        found.push((row.get(0)?, row.get(1)?));
    }
    found.sort_unstable();
    let port = |centre: u16| {
        shop.app.config.port_of(&office(shop, centre)).map(|port| port.code.clone()).unwrap_or_default()
    };
    let Some((_, first)) = found.first().copied() else { return Ok((String::new(), Vec::new())) };
    let first = port(first);
    let same = found.into_iter().filter(|(_, centre)| port(*centre) == first).map(|(id, _)| id).collect();
    Ok((first, same))
}
