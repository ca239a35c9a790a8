//! Builds and signs the messages of declarations that wait: one message of each kind for up to a hundred of them.

use std::sync::Arc;

use pickup_customs::Guid;
use pickup_domain::hold::HoldState;
use uuid::Uuid;

use crate::clearing::declare::{self, BuildError, Declared, Numbers};
use crate::clearing::facts::Facts;
use crate::clearing::{ClearingError, MESSAGES, again, effects, outbox};
use crate::db::{Bulk, Column, Conn, Row, Value};
use crate::gateway::route;
use crate::secrets::Secrets;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::{after, us};

/// Most declarations of a message, as the schema has it.
pub const MOST: usize = 100;

/// A message as signed, sealed for the database.
struct Signed {
    id: String,
    kind: &'static str,
    sealed: Vec<u8>,
}

/// Why a declaration is not in its message.
enum Trouble {
    /// It can never be declared; sending it again would not help.
    Never(String),
    /// Something of ours cannot be read at the moment, such as a key that was not restored.
    Later(String),
}

/// Declarations by order id, and those that are left out.
#[derive(Default)]
struct Waiting {
    /// Customs office whose port they all go to.
    office: String,
    good: Vec<(i64, Declared)>,
    bad: Vec<(i64, Trouble)>,
}

/// Builds all that waits. One that cannot be declared at all is ended as an exception, one that cannot be read is put off;
/// neither holds up another.
///
/// # Errors
/// [`ClearingError`] for a fault of our own.
pub async fn all_due(shop: &Arc<Shop>) -> Result<(), ClearingError> {
    loop {
        let reader = Arc::clone(shop);
        let waiting = shop.app.store.read(move |conn| waiting(conn, &reader)).await?;
        if waiting.good.is_empty() && waiting.bad.is_empty() {
            return Ok(());
        }
        let signer = Arc::clone(shop);
        let signed = tokio::task::spawn_blocking(move || sign_good(&signer, waiting)).await;
        let (waiting, signed) = match signed.map_err(|_| StoreError::Closed)? {
            Err(ClearingError::Build(BuildError::Sign(error))) => {
                // Nothing is wrong with the declarations: they wait until the signer is there again.
                tracing::warn!(%error, "declarations wait for their signer");
                return Ok(());
            }
            other => other?,
        };
        let writer = Arc::clone(shop);
        shop.app.store.write(move |tx| settle(tx, &writer, &waiting, &signed)).await?;
    }
}

fn settle(tx: &Conn, shop: &Shop, waiting: &Waiting, signed: &[Signed]) -> Result<(), ClearingError> {
    let now = shop.app.now();
    for (order_id, trouble) in &waiting.bad {
        match trouble {
            Trouble::Never(why) => {
                if again::was_filed(tx, *order_id)? {
                    tracing::error!(order = order_id, why, "a declaration cannot be filed anew");
                    effects::stop(tx, shop, *order_id, why)?;
                    continue;
                }
                tracing::error!(order = order_id, why, "an order cannot be declared; it is cancelled");
                effects::give_up(tx, shop, *order_id, HoldState::Voided, why)?;
            }
            Trouble::Later(why) => {
                tracing::error!(
                    order = order_id,
                    why,
                    "a declaration cannot be built now; trying again later"
                );
                let next = after(now, shop.app.config.customs_retry_most_ms / 1000 + 1);
                tx.execute(
                    "UPDATE outbox SET due_us = ?2 WHERE cell = {cell} AND order_id = ?1",
                    (*order_id, us(next)),
                )?;
            }
        }
    }
    let orders: Vec<i64> = waiting.good.iter().map(|(id, _)| *id).collect();
    if !still_wait(tx, &orders)? {
        // One was cancelled while the others were signed: they are built again without it.
        return Ok(());
    }
    store(tx, &orders, signed, us(now))
}

/// Whether all of these still wait to be built.
fn still_wait(tx: &Conn, orders: &[i64]) -> Result<bool, ClearingError> {
    let read = Bulk::new(
        "SELECT x.order_id FROM {r: id i} JOIN outbox x ON x.cell = {cell} AND x.order_id = r.id
         JOIN declaration d ON d.cell = {cell} AND d.order_id = r.id AND d.state = 'drafted'",
        vec![Column::Int(orders.to_vec())],
    );
    let there: usize = tx.bulk_rows(&[read])?.iter().map(Vec::len).sum();
    Ok(there == orders.len())
}

/// Signs what can be signed; when one declaration breaks a rule of its message, it is found and left out.
fn sign_good(shop: &Shop, mut waiting: Waiting) -> Result<(Waiting, Vec<Signed>), ClearingError> {
    if waiting.good.is_empty() {
        return Ok((waiting, Vec::new()));
    }
    match sign(shop, &waiting.office, &waiting.good) {
        Ok(signed) => return Ok((waiting, signed)),
        Err(ClearingError::Build(error)) if !matches!(error, BuildError::Sign(_)) => {}
        Err(other) => return Err(other),
    }
    for (id, filing) in std::mem::take(&mut waiting.good) {
        let one = [(id, filing)];
        match sign(shop, &waiting.office, &one) {
            Ok(_) => waiting.good.extend(one),
            Err(ClearingError::Build(error)) if !matches!(error, BuildError::Sign(_)) => {
                waiting.bad.push((id, Trouble::Never(error.to_string())));
            }
            Err(other) => return Err(other),
        }
    }
    let signed =
        if waiting.good.is_empty() { Vec::new() } else { sign(shop, &waiting.office, &waiting.good)? };
    Ok((waiting, signed))
}

fn waiting(conn: &Conn, shop: &Shop) -> Result<Waiting, ClearingError> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let due: Vec<i64> = conn
        .prepare_cached(
            "SELECT order_id FROM outbox WHERE cell = {cell} AND due_us <= ?2 ORDER BY cell, order_id LIMIT ?1",
        )?
        .query_map((most, us(shop.app.now())), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let (office, due) = route::of_one_port(conn, shop, due)?;
    let read = Bulk::new(
        "SELECT r.id, o.merchant, o.order_no, b.body, b.facts, d.cop_no, d.waybill, d.attempt, d.app_type, d.pre_no,
            d.invt_no FROM {r: id i}
         JOIN orders o ON o.cell = {cell} AND o.id = r.id
         JOIN dossier b ON b.cell = {cell} AND b.order_id = r.id
         JOIN declaration d ON d.cell = {cell} AND d.order_id = r.id
         ORDER BY r.id",
        vec![Column::Int(due)],
    );
    let mut waiting = Waiting { office, ..Waiting::default() };
    for row in conn.bulk_rows(&[read])?.into_iter().flatten() {
        let id: i64 = row.get(0)?;
        match filing(shop, conn.cell(), id, &row) {
            Ok(filing) => waiting.good.push((id, filing)),
            Err(ClearingError::Build(error)) => waiting.bad.push((id, Trouble::Never(error.to_string()))),
            Err(error) => waiting.bad.push((id, Trouble::Later(error.to_string()))),
        }
    }
    Ok(waiting)
}

fn filing(shop: &Shop, cell: i64, id: i64, row: &Row) -> Result<Declared, ClearingError> {
    let (merchant, order_no): (String, String) = (row.get(1)?, row.get(2)?);
    let (sealed, facts): (Vec<u8>, String) = (row.get(3)?, row.get(4)?);
    let order = book::unseal(&shop.app.secrets, &merchant, &order_no, &sealed)?;
    let attempt: i64 = row.get(7)?;
    // Written anew it is another document with a later time, or customs would take it for the old one.
    let guid = |kind: &str| match attempt {
        0 => document_guid(&shop.app.secrets, cell, id, kind),
        _ => document_guid(&shop.app.secrets, cell, id, &format!("{kind}/{attempt}")),
    };
    let mut facts = Facts::read(&facts)?;
    if attempt > 0 {
        facts.drafted_at = shop.app.now().max(facts.drafted_at);
    }
    let numbers = Numbers {
        cop_no: row.get(5)?,
        waybill: row.get(6)?,
        guid_order: guid("order"),
        guid_waybill: guid("waybill"),
        guid_list: guid("list"),
        change: row.get::<_, i64>(8)? == 2,
        pre_no: row.get(9)?,
        invt_no: row.get(10)?,
    };
    Ok(declare::filing(&order, &facts, &numbers, &shop.data.operator)?)
}

/// The guid of a document: the same whenever it is built, and another in every installation.
pub(super) fn document_guid(secrets: &Secrets, cell: i64, id: i64, kind: &str) -> String {
    let print = secrets.fingerprint("guid", format!("{cell}/{id}/{kind}").as_bytes());
    let mut bytes = [0_u8; 16];
    // A fingerprint is at least 32 hexadecimal digits.
    let _ = hex::decode_to_slice(print.get(..32).unwrap_or_default(), &mut bytes);
    Guid::from_bytes(bytes).to_string()
}

fn sign(shop: &Shop, office: &str, filings: &[(i64, Declared)]) -> Result<Vec<Signed>, ClearingError> {
    let filings: Vec<&Declared> = filings.iter().map(|(_, filing)| filing).collect();
    MESSAGES
        .into_iter()
        .map(|kind| {
            let id = Guid::from_bytes(Uuid::now_v7().into_bytes()).to_string();
            let text = declare::signed(kind, &id, &filings, &shop.data.operator, shop.signer_of(office))?;
            let sealed = outbox::seal(&shop.app.secrets, &outbox::context(&id), text.as_bytes())?;
            Ok(Signed { id, kind, sealed })
        })
        .collect()
}

/// Stores a batch under a serial of its own; none of its orders waits to be built any more.
fn store(tx: &Conn, orders: &[i64], signed: &[Signed], now_us: i64) -> Result<(), ClearingError> {
    if orders.is_empty() {
        return Ok(());
    }
    let batch = tx.next_serial()?;
    let records = Value::Int(i64::try_from(orders.len()).unwrap_or(i64::MAX));
    let text = |of: fn(&Signed) -> String| Column::Text(signed.iter().map(of).collect());
    tx.bulks(&[
        Bulk::new(
            "DELETE FROM outbox WHERE cell = {cell} AND order_id IN (SELECT r.id FROM {r: id i})",
            vec![Column::Int(orders.to_vec())],
        ),
        Bulk::with(
            "UPDATE declaration SET batch = ?2 FROM {r: id i}
             WHERE declaration.cell = {cell} AND declaration.order_id = r.id",
            vec![Column::Int(orders.to_vec())],
            vec![Value::Int(batch)],
        ),
        Bulk::with(
            "INSERT INTO message (cell, id, batch, kind, records, body, next_us)
             SELECT {cell}, r.id, ?4, r.kind, ?5, r.body, ?6 FROM {r: id t, kind t, body b}",
            vec![
                text(|one| one.id.clone()),
                text(|one| one.kind.to_owned()),
                Column::Blob(signed.iter().map(|one| one.sealed.clone()).collect()),
            ],
            vec![Value::Int(batch), records, Value::Int(now_us)],
        ),
    ])?;
    Ok(())
}
