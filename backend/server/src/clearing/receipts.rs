//! Takes receipts: each message is kept as it came, and the effects of all its records are written in the same transaction
//! as its cursor.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pickup_customs::{Receipt as Paper, read_receipts};
use pickup_domain::declaration::{Answers, Receipt};
use serde_json::json;

use crate::clearing::effects::{Said, States};
use crate::clearing::gateway::{Gateway, GatewayError, Incoming};
use crate::clearing::{ClearingError, outbox};
use crate::db::{Bulk, Column, Conn, Value};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::us;

const AT_ONCE: u32 = 50;

/// Why receipts were not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Our side.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
}

/// Asks for receipts and applies them. Says how many messages were new.
///
/// # Errors
/// [`TakeError`]; what was not applied is asked for again.
pub async fn take<G: Gateway>(shop: &Arc<Shop>, gateway: &G) -> Result<usize, TakeError> {
    let cursor: i64 = shop
        .app
        .store
        .read(|conn| {
            let sql = "SELECT COALESCE(MAX(cursor), 0) FROM receipt WHERE cell = {cell}";
            Ok::<_, ClearingError>(conn.query_row(sql, [], |row| row.get(0))?)
        })
        .await?;
    let incoming = gateway.receipts(cursor, AT_ONCE).await?;
    let count = incoming.len();
    for message in incoming {
        let writer = Arc::clone(shop);
        shop.app.store.write(move |tx| apply(tx, &writer, &message, writer.app.now())).await?;
    }
    Ok(count)
}

/// Applies one receipt message, once.
///
/// # Errors
/// [`ClearingError`]; the transaction must then be dropped.
pub fn apply(tx: &Conn, shop: &Shop, message: &Incoming, now: Timestamp) -> Result<(), ClearingError> {
    let papers = match read_receipts(&message.body) {
        Ok(batch) => batch.receipts,
        Err(error) => {
            // Kept all the same: a person can read it, and the next ones must not wait behind it.
            tracing::error!(cursor = message.cursor, %error, "a receipt message cannot be read");
            Vec::new()
        }
    };
    let sealed = outbox::seal(&shop.app.secrets, &context(message.cursor), &message.body)?;
    let kept = tx
        .prepare_cached(
            "INSERT INTO receipt (cell, cursor, kind, body, received_us) VALUES ({cell}, ?1, ?2, ?3, ?4)
             ON CONFLICT (cell, cursor) DO NOTHING",
        )?
        .execute((message.cursor, &message.kind, sealed, us(now)))?;
    if kept == 0 {
        return Ok(());
    }
    let records = owned(tx, &papers)?;
    keep_records(tx, message.cursor, &records)?;
    let orders: Vec<i64> = records.iter().map(|record| record.order_id).collect();
    let mut states = States::read(tx, &orders)?;
    for record in &records {
        if let Some((receipt, said)) = meaning(record.paper) {
            states.take(record.order_id, receipt, said);
        }
    }
    states.write(tx, shop, now)
}

/// What a receipt message is sealed under.
#[must_use]
pub fn context(cursor: i64) -> String {
    format!("receipt/{cursor}")
}

/// A record of a message and the order it belongs to.
struct Record<'a> {
    position: i64,
    order_id: i64,
    paper: &'a Paper,
}

/// Finds the order of each record; what belongs to nothing known here is told and left out.
fn owned<'a>(tx: &Conn, papers: &'a [Paper]) -> Result<Vec<Record<'a>>, ClearingError> {
    let mut asked: BTreeMap<&'static str, (Vec<i64>, Vec<String>)> = BTreeMap::new();
    for (position, paper) in (0_i64..).zip(papers) {
        let (positions, keys) = asked.entry(owner_sql(paper)).or_default();
        positions.push(position);
        keys.push(paper.key().to_owned());
    }
    let bulks: Vec<Bulk<'_>> = asked
        .into_iter()
        .map(|(sql, (positions, keys))| Bulk::new(sql, vec![Column::Int(positions), Column::Text(keys)]))
        .collect();
    let mut records = Vec::with_capacity(papers.len());
    for row in tx.bulk_rows(&bulks)?.into_iter().flatten() {
        let position: i64 = row.get(0)?;
        let Some(paper) = usize::try_from(position).ok().and_then(|at| papers.get(at)) else { continue };
        records.push(Record { position, order_id: row.get(1)?, paper });
    }
    records.sort_by_key(|record| (record.position, record.order_id));
    for (position, paper) in (0_i64..).zip(papers) {
        if records.binary_search_by_key(&position, |record| record.position).is_err() {
            tracing::warn!(
                kind = paper.message_type(),
                key = paper.key(),
                "a receipt belongs to nothing known here"
            );
        }
    }
    Ok(records)
}

fn owner_sql(paper: &Paper) -> &'static str {
    match paper {
        Paper::Order(_) => {
            "SELECT r.i, c.order_id FROM {r: i i, key t}
             JOIN used_number n ON n.number = r.key AND n.kind = 'order' AND n.cell = {cell}
             JOIN declaration c ON c.cell = {cell} AND c.order_id = n.order_id"
        }
        Paper::Payment(_) => {
            "SELECT r.i, n.order_id FROM {r: i i, key t}
             JOIN used_number n ON n.number = r.key AND n.kind = 'payment' AND n.cell = {cell}"
        }
        Paper::Logistics(_) => {
            "SELECT r.i, p.pickup FROM {r: i i, key t} JOIN parcel p ON p.cell = {cell} AND p.waybill = r.key"
        }
        Paper::Inventory(_) => {
            "SELECT r.i, d.order_id FROM {r: i i, key t}
             JOIN declaration d ON d.cell = {cell} AND d.cop_no = r.key"
        }
        // A message that was refused as a whole concerns every order in it.
        Paper::Message(_) => {
            "SELECT r.i, d.order_id FROM {r: i i, key t} JOIN message m ON m.cell = {cell} AND m.id = r.key
             JOIN declaration d ON d.cell = {cell} AND d.batch = m.batch"
        }
    }
}

fn keep_records(tx: &Conn, cursor: i64, records: &[Record<'_>]) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Paper) -> String| Column::Text(records.iter().map(|r| of(r.paper)).collect());
    tx.bulk(&Bulk::with(
        "INSERT INTO receipt_record (cell, order_id, cursor, position, kind, status, info, at_us)
         SELECT {cell}, r.id, ?7, r.i, r.kind, r.status, r.info, r.at
         FROM {r: id i, i i, kind t, status i, info t, at i}",
        vec![
            Column::Int(records.iter().map(|r| r.order_id).collect()),
            Column::Int(records.iter().map(|r| r.position).collect()),
            text(|paper| paper.message_type().to_owned()),
            Column::Int(records.iter().map(|r| i64::from(r.paper.status().code())).collect()),
            text(|paper| paper.info().to_owned()),
            Column::Int(records.iter().map(|r| us(r.paper.time().timestamp())).collect()),
        ],
        vec![Value::Int(cursor)],
    ))?;
    Ok(())
}

/// What a record means for its declaration; `None` when it means nothing.
fn meaning(paper: &Paper) -> Option<(Receipt, Said)> {
    let status = paper.status().code();
    let refused = status < 0 || status == 100;
    let answers_list = matches!(paper, Paper::Inventory(_));
    if !answers_list && !refused {
        return None;
    }
    // A refused order or waybill ends the declaration too, unless customs has its list all the same.
    let effective = if answers_list || status < 0 { status } else { -1 };
    let receipt = Receipt { answers: Answers::List, status: effective, at: paper.time().timestamp() };
    let (pre_no, invt_no) = match paper {
        Paper::Inventory(list) => (list.pre_no.clone(), list.invt_no.clone()),
        _ => (None, None),
    };
    let body = json!({ "status": status, "info": paper.info(), "at": receipt.at });
    Some((receipt, Said { actor: "customs", body, pre_no, invt_no }))
}
