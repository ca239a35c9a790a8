//! Takes receipts: each message is kept as it came, and the effects of all its records are written in the same transaction
//! as its cursor.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pickup_customs::{Dictionary, Receipt as Paper, Remedy, Status, read_receipts};
use pickup_domain::declaration::{Answers, Receipt};
use serde_json::json;

use crate::clearing::applications::answers;
use crate::clearing::effects::{Said, States};
use crate::clearing::gateway::{Gateway, GatewayError, Incoming};
use crate::clearing::{ClearingError, outbox, strays, tax_bills};
use crate::db::{Bulk, Column, Conn, Value};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;

/// Most messages asked for and applied together.
const AT_ONCE: u32 = 500;
/// Messages that are applications of ours, not declarations.
const APPLICATIONS: [&str; 2] = ["CEB623Message", "CEB625Message"];

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
    if count == 0 {
        return Ok(0);
    }
    let reader = Arc::clone(shop);
    let read = tokio::task::spawn_blocking(move || {
        incoming.into_iter().map(|message| Read::of(&reader, message)).collect::<Result<Vec<_>, _>>()
    });
    let read: Arc<[Read]> = read.await.map_err(|_| ClearingError::from(StoreError::Closed))??.into();
    let (writer, all) = (Arc::clone(shop), Arc::clone(&read));
    if let Err(error) = shop.app.store.write(move |tx| apply(tx, &writer, &all, writer.app.now())).await {
        // One that cannot be applied must not hold up the others.
        tracing::error!(%error, messages = count, "receipts were not applied together; they are applied one by one");
        for at in 0..count {
            let (writer, all) = (Arc::clone(shop), Arc::clone(&read));
            let one = move |tx: &Conn| {
                let one = all.get(at).map(std::slice::from_ref).unwrap_or_default();
                apply(tx, &writer, one, writer.app.now())
            };
            if let Err(error) = shop.app.store.write(one).await {
                // Neither lost nor in the way of the others: kept as it came, for a person.
                tracing::error!(%error, "a receipt message cannot be applied; it is kept");
                let (writer, all, why) = (Arc::clone(shop), Arc::clone(&read), error.to_string());
                let keep_it = move |tx: &Conn| -> Result<(), ClearingError> {
                    let now = writer.app.now();
                    for message in keep(tx, all.get(at).map(std::slice::from_ref).unwrap_or_default(), now)? {
                        let (entity, body) = (message.cursor.to_string(), json!({ "why": why }));
                        tasks::raise(tx, now, Task::Unapplied, &entity, None, &body)?;
                    }
                    Ok(())
                };
                shop.app.store.write(keep_it).await?;
            }
        }
    }
    Ok(count)
}

/// A receipt message that was read: what it says, and itself sealed.
#[derive(Debug)]
pub struct Read {
    cursor: i64,
    kind: String,
    sealed: Vec<u8>,
    papers: Vec<Paper>,
}

impl Read {
    /// Reads a message; one that cannot be read is kept all the same.
    ///
    /// # Errors
    /// [`ClearingError`] when it cannot be sealed.
    pub fn of(shop: &Shop, message: Incoming) -> Result<Self, ClearingError> {
        let papers = match read_receipts(&message.body) {
            Ok(batch) => batch.receipts,
            Err(error) => {
                // A person can read it, and the next ones must not wait behind it.
                tracing::error!(cursor = message.cursor, %error, "a receipt message cannot be read");
                Vec::new()
            }
        };
        let sealed = outbox::seal(&shop.app.secrets, &context(message.cursor), &message.body)?;
        Ok(Self { cursor: message.cursor, kind: message.kind, sealed, papers })
    }
}

/// The records of a receipt message as it is kept; none when it cannot be read.
///
/// # Errors
/// [`ClearingError`] when it cannot be opened.
pub fn open_kept(shop: &Shop, cursor: i64, sealed: &[u8]) -> Result<Vec<Paper>, ClearingError> {
    let body = outbox::open(&shop.app.secrets, &context(cursor), sealed)?;
    Ok(read_receipts(&body).map(|batch| batch.receipts).unwrap_or_default())
}

/// Applies a receipt message that was kept and could not be applied; how many records it has.
///
/// # Errors
/// [`ClearingError`] when it still cannot, or there is none.
pub fn apply_kept(
    tx: &Conn,
    shop: &Shop,
    cursor: i64,
    by: &str,
    now: Timestamp,
) -> Result<usize, ClearingError> {
    let sealed: Vec<u8> = tx
        .prepare_cached("SELECT body FROM receipt WHERE cell = {cell} AND cursor = ?1")?
        .query_row([cursor], |row| row.get(0))?;
    let papers = open_kept(shop, cursor, &sealed)?;
    let placed: Vec<(i64, i64, &Paper)> =
        (0_i64..).zip(&papers).map(|(at, paper)| (cursor, at, paper)).collect();
    apply_papers(tx, shop, &placed, now)?;
    tasks::settle_of_entity(tx, now, Task::Unapplied, &cursor.to_string(), by, "applied")?;
    Ok(papers.len())
}

/// Applies receipt messages in their order, each once.
///
/// # Errors
/// [`ClearingError`]; the transaction must then be dropped.
pub fn apply(tx: &Conn, shop: &Shop, messages: &[Read], now: Timestamp) -> Result<(), ClearingError> {
    let new = keep(tx, messages, now)?;
    let papers: Vec<(i64, i64, &Paper)> = new
        .iter()
        .flat_map(|message| (0_i64..).zip(&message.papers).map(|(at, paper)| (message.cursor, at, paper)))
        .collect();
    let numbers = apply_papers(tx, shop, &papers, now)?;
    // What came before its document was known, such as a tax bill before the number of its list.
    let claimed = strays::claim(tx, shop, &numbers)?;
    let claimed: Vec<(i64, i64, &Paper)> = claimed.iter().map(|(c, p, paper)| (*c, *p, paper)).collect();
    apply_papers(tx, shop, &claimed, now)?;
    Ok(())
}

/// Applies records in their order. Says which numbers of lists were not known before.
fn apply_papers(
    tx: &Conn,
    shop: &Shop,
    papers: &[(i64, i64, &Paper)],
    now: Timestamp,
) -> Result<Vec<String>, ClearingError> {
    if papers.is_empty() {
        return Ok(Vec::new());
    }
    let records = owned(tx, papers)?;
    keep_records(tx, &records)?;
    let orders: Vec<i64> = records.iter().map(|record| record.order_id).collect();
    let mut states = States::read(tx, &orders)?;
    for record in &records {
        match record.paper {
            Paper::Cancel(_) | Paper::Refund(_) => {
                answers::take(tx, shop, record.order_id, record.paper, &mut states, now)?;
            }
            Paper::Message(refusal) if APPLICATIONS.contains(&refusal.ori_message_type.as_str()) => {
                answers::take(tx, shop, record.order_id, record.paper, &mut states, now)?;
            }
            Paper::TaxBill(_) | Paper::TaxStatus(_) => {
                tax_bills::take(tx, shop, record.order_id, record.paper, now)?;
            }
            paper => {
                if let Some((receipt, said)) = meaning(&shop.codes, paper) {
                    states.take(record.order_id, receipt, said);
                }
            }
        }
    }
    let numbers = states.new_numbers().to_vec();
    states.write(tx, shop, now)?;
    Ok(numbers)
}

/// Keeps the messages; those that were not kept before.
fn keep<'a>(tx: &Conn, messages: &'a [Read], now: Timestamp) -> Result<Vec<&'a Read>, StoreError> {
    let cursors = || Column::Int(messages.iter().map(|message| message.cursor).collect());
    let known = Bulk::new(
        "SELECT r.cursor FROM {r: cursor i} JOIN receipt x ON x.cell = {cell} AND x.cursor = r.cursor",
        vec![cursors()],
    );
    let mut before = std::collections::BTreeSet::new();
    for row in tx.bulk_rows(&[known])?.into_iter().flatten() {
        before.insert(row.get::<_, i64>(0)?);
    }
    let new: Vec<&Read> = messages.iter().filter(|message| before.insert(message.cursor)).collect();
    tx.bulk(&Bulk::with(
        "INSERT INTO receipt (cell, cursor, kind, body, received_us)
         SELECT {cell}, r.cursor, r.kind, r.body, ?4 FROM {r: cursor i, kind t, body b}",
        vec![
            Column::Int(new.iter().map(|message| message.cursor).collect()),
            Column::Text(new.iter().map(|message| message.kind.clone()).collect()),
            Column::Blob(new.iter().map(|message| message.sealed.clone()).collect()),
        ],
        vec![Value::Int(us(now))],
    ))?;
    Ok(new)
}

/// What a receipt message is sealed under.
#[must_use]
pub fn context(cursor: i64) -> String {
    format!("receipt/{cursor}")
}

/// A record of a message and the order it belongs to.
struct Record<'a> {
    cursor: i64,
    position: i64,
    order_id: i64,
    paper: &'a Paper,
}

/// Finds the order of each record; what belongs to nothing known here is told and left out.
fn owned<'a>(tx: &Conn, papers: &[(i64, i64, &'a Paper)]) -> Result<Vec<Record<'a>>, ClearingError> {
    let mut asked: BTreeMap<&'static str, (Vec<i64>, Vec<String>)> = BTreeMap::new();
    for (at, (_, _, paper)) in (0_i64..).zip(papers) {
        let (places, keys) = asked.entry(owner_sql(paper)).or_default();
        places.push(at);
        keys.push(paper.key().to_owned());
    }
    let bulks: Vec<Bulk<'_>> = asked
        .into_iter()
        .map(|(sql, (places, keys))| Bulk::new(sql, vec![Column::Int(places), Column::Text(keys)]))
        .collect();
    let mut owners: Vec<(usize, i64)> = Vec::with_capacity(papers.len());
    for row in tx.bulk_rows(&bulks)?.into_iter().flatten() {
        owners.push((row.get(0)?, row.get(1)?));
    }
    owners.sort_unstable();
    let known = |at: usize| owners.binary_search_by_key(&at, |(place, _)| *place).is_ok();
    let strays: Vec<(i64, i64, &Paper)> =
        papers.iter().enumerate().filter(|(at, _)| !known(*at)).map(|(_, paper)| *paper).collect();
    for (_, _, paper) in &strays {
        tracing::warn!(
            kind = paper.message_type(),
            key = paper.key(),
            "a receipt belongs to nothing known here; it is kept"
        );
    }
    strays::keep(tx, &strays)?;
    let record = |(at, order_id): (usize, i64)| {
        let (cursor, position, paper) = *papers.get(at)?;
        Some(Record { cursor, position, order_id, paper })
    };
    Ok(owners.into_iter().filter_map(record).collect())
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
        Paper::Logistics(_) | Paper::WaybillStatus(_) => {
            "SELECT r.i, p.pickup FROM {r: i i, key t} JOIN parcel p ON p.cell = {cell} AND p.waybill = r.key"
        }
        Paper::Cancel(_) | Paper::Refund(_) => {
            "SELECT r.i, a.order_id FROM {r: i i, key t}
             JOIN application a ON a.cell = {cell} AND a.cop_no = r.key"
        }
        Paper::TaxBill(_) | Paper::TaxStatus(_) => {
            "SELECT r.i, d.order_id FROM {r: i i, key t}
             JOIN declaration d ON d.cell = {cell} AND d.invt_no = r.key"
        }
        Paper::Inventory(_) => {
            "SELECT r.i, d.order_id FROM {r: i i, key t}
             JOIN declaration d ON d.cell = {cell} AND d.cop_no = r.key"
        }
        // A message that was refused as a whole concerns every order in it.
        Paper::Message(_) => {
            "SELECT r.i, COALESCE(d.order_id, a.order_id) FROM {r: i i, key t}
             JOIN message m ON m.cell = {cell} AND m.id = r.key
             LEFT JOIN declaration d ON d.cell = {cell} AND d.batch = m.batch
             LEFT JOIN application a ON a.cell = {cell} AND a.batch = m.batch
             WHERE COALESCE(d.order_id, a.order_id) IS NOT NULL"
        }
    }
}

fn keep_records(tx: &Conn, records: &[Record<'_>]) -> Result<(), StoreError> {
    let text = |of: fn(&Paper) -> String| Column::Text(records.iter().map(|r| of(r.paper)).collect());
    tx.bulk(&Bulk::new(
        "INSERT INTO receipt_record (cell, order_id, cursor, position, kind, status, info, at_us)
         SELECT {cell}, r.id, r.cursor, r.i, r.kind, r.status, r.info, r.at
         FROM {r: id i, cursor i, i i, kind t, status i, info t, at i}",
        vec![
            Column::Int(records.iter().map(|r| r.order_id).collect()),
            Column::Int(records.iter().map(|r| r.cursor).collect()),
            Column::Int(records.iter().map(|r| r.position).collect()),
            text(|paper| paper.message_type().to_owned()),
            Column::Int(records.iter().map(|r| i64::from(r.paper.code())).collect()),
            text(|paper| paper.info().to_owned()),
            Column::Int(records.iter().map(|r| us(r.paper.time().timestamp())).collect()),
        ],
    ))?;
    Ok(())
}

/// What a record means for its declaration; `None` when it means nothing.
fn meaning(codes: &Dictionary, paper: &Paper) -> Option<(Receipt, Said)> {
    let status = paper.status()?;
    let answers_list = matches!(paper, Paper::Inventory(_));
    let refused = status.code() < 0 || status == Status::Rejected;
    let counts = matches!(paper, Paper::Order(_) | Paper::Logistics(_) | Paper::Message(_)) && refused;
    if !(answers_list || counts) {
        return None;
    }
    let why = codes.explain(status, paper.info());
    // A refused order or waybill ends the declaration too, unless customs has its list all the same.
    let effective = if answers_list || status.code() < 0 { status.code() } else { -1 };
    let receipt = Receipt { answers: Answers::List, status: effective, at: paper.time().timestamp() };
    let (pre_no, invt_no) = match paper {
        Paper::Inventory(list) => (list.pre_no.clone(), list.invt_no.clone()),
        _ => (None, None),
    };
    let goes_on = why.remedy == Remedy::Nothing && !why.unknown;
    let body = if goes_on {
        // The ordinary case, several times for every order: what a person would have to read is left out.
        json!({ "status": status.code(), "info": paper.info(), "at": receipt.at })
    } else {
        json!({
            "status": status.code(), "code": why.code, "cause": why.cause.name(), "who": why.who.name(),
            "info": paper.info(), "zh": why.zh, "en": why.en, "at": receipt.at,
        })
    };
    Some((
        receipt,
        Said { actor: "customs", body, pre_no, invt_no, remedy: why.remedy, unknown: why.unknown },
    ))
}
