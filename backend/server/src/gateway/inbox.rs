//! Receipts of all ports in one growing row. A number is given once, and what a port gives twice is kept once.

use std::sync::Arc;

use serde_json::json;

use super::{Fetched, Haul};
use crate::App;
use crate::clearing::gateway::{GatewayError, Incoming};
use crate::clearing::outbox;
use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;

/// What was kept of a haul.
pub struct Kept {
    /// Receipts that were not here before.
    pub new: usize,
    /// Sources of all of them, new or known.
    pub sources: Vec<String>,
}

/// How far a port was read; empty at first.
pub async fn mark(app: &Arc<App>, port: &str) -> Result<String, GatewayError> {
    let port = port.to_owned();
    let read = app.store.read(move |conn| {
        let sql = "SELECT mark FROM port_mark WHERE cell = {cell} AND port = ?1";
        let found: Option<String> = conn.query_row(sql, [&port], |row| row.get(0)).optional()?;
        Ok::<_, StoreError>(found.unwrap_or_default())
    });
    read.await.map_err(unkept)
}

/// Keeps what a port gave, and how far it was read.
pub async fn keep(app: &Arc<App>, port: &str, before: &str, haul: Haul) -> Result<Kept, GatewayError> {
    let sources: Vec<String> = haul.receipts.iter().map(|one| one.source.clone()).collect();
    if sources.is_empty() && haul.mark == before {
        return Ok(Kept { new: 0, sources });
    }
    let mut sealed = Vec::with_capacity(haul.receipts.len());
    for one in haul.receipts {
        let body = outbox::seal(&app.secrets, &context(port, &one.source), &one.body)
            .map_err(|error| GatewayError::Kept(error.to_string()))?;
        sealed.push(Fetched { body, ..one });
    }
    let (port, mark, now) = (port.to_owned(), haul.mark, us(app.now()));
    let new = app.store.write(move |tx| keep_in(tx, &port, &mark, &sealed, now)).await.map_err(unkept)?;
    Ok(Kept { new, sources })
}

fn keep_in(tx: &Conn, port: &str, mark: &str, sealed: &[Fetched], now_us: i64) -> Result<usize, StoreError> {
    let last = "SELECT MAX(x.last) FROM (
        SELECT COALESCE(MAX(cursor), 0) AS last FROM inbox WHERE cell = {cell}
        UNION ALL SELECT COALESCE(MAX(cursor), 0) FROM receipt WHERE cell = {cell}) x";
    let mut cursor: i64 = tx.query_row(last, [], |row| row.get(0))?;
    let mut new = 0;
    let mut known =
        tx.prepare_cached("SELECT 1 FROM inbox WHERE cell = {cell} AND port = ?1 AND source = ?2")?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO inbox (cell, cursor, port, source, kind, body, got_us) VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for one in sealed {
        if known.exists((port, &one.source))? {
            continue;
        }
        cursor = cursor.saturating_add(1);
        insert.execute((cursor, port, &one.source, &one.kind, &one.body, now_us))?;
        new += 1;
    }
    tx.execute(
        "INSERT INTO port_mark (cell, port, mark) VALUES ({cell}, ?1, ?2)
         ON CONFLICT (cell, port) DO UPDATE SET mark = excluded.mark",
        (port, mark),
    )?;
    // The receipt itself holds the text of what was applied, and they are applied in their order.
    tx.execute(
        "UPDATE inbox SET body = NULL WHERE cell = {cell} AND body IS NOT NULL
         AND cursor <= (SELECT COALESCE(MAX(r.cursor), 0) FROM receipt r WHERE r.cell = {cell})",
        [],
    )?;
    Ok(new)
}

/// Receipts after `cursor`, oldest first.
pub async fn after(app: &Arc<App>, cursor: i64, limit: u32) -> Result<Vec<Incoming>, GatewayError> {
    let reader = Arc::clone(app);
    let read = app.store.read(move |conn| {
        let rows: Vec<(i64, String, String, String, Vec<u8>)> = conn
            .prepare_cached(
                "SELECT cursor, port, source, kind, body FROM inbox
                 WHERE cell = {cell} AND cursor > ?1 AND body IS NOT NULL ORDER BY cursor LIMIT ?2",
            )?
            .query_map((cursor, limit), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?
            .collect::<Result<_, _>>()?;
        let open = |(cursor, port, source, kind, body): (i64, String, String, String, Vec<u8>)| {
            let body = outbox::open(&reader.secrets, &context(&port, &source), &body)
                .map_err(|error| StoreError::unreadable(format!("inbox.body of {cursor}"), error))?;
            Ok(Incoming { cursor, kind, body })
        };
        rows.into_iter().map(open).collect::<Result<Vec<_>, StoreError>>()
    });
    read.await.map_err(unkept)
}

/// Has a person see to a file that the client could not send; once per file.
pub async fn report_failure(app: &Arc<App>, port: &str, name: &str) -> Result<(), GatewayError> {
    let (entity, name, now) = (format!("{port}/{name}"), name.to_owned(), app.now());
    let asked = entity.clone();
    let known = app.store.read(move |conn| tasks::was_raised(conn, Task::NotSent, &asked));
    // The file lies there until a person takes it away, and is seen at every poll.
    if known.await.map_err(unkept)? {
        return Ok(());
    }
    let write = app.store.write(move |tx| {
        let message = name.rsplit_once('_').map(|(_, id)| id.trim_end_matches(".xml"));
        tasks::raise(tx, now, Task::NotSent, &entity, None, &json!({ "file": name, "message": message }))
    });
    write.await.map_err(unkept)
}

fn context(port: &str, source: &str) -> String {
    format!("inbox/{port}/{source}")
}

fn unkept(error: StoreError) -> GatewayError {
    GatewayError::Kept(error.to_string())
}
