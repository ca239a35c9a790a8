//! What was filed with customs and what came back, as files to look at.

use rusqlite::Connection;

use crate::clearing::{outbox, receipts};
use crate::secrets::{Secrets, SecretsError};
use crate::store::StoreError;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FiledError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys do not fit.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<rusqlite::Error> for FiledError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Store(cause.into())
    }
}

/// One message as it went or came.
#[derive(Clone, PartialEq, Eq)]
pub struct Filed {
    /// Name for a file: order of sending or receiving, order number, kind.
    pub name: String,
    /// XML. It holds identity numbers: for authorised eyes only.
    pub xml: Vec<u8>,
}

/// Every message as signed and every receipt as received.
///
/// # Errors
/// [`FiledError`].
pub fn all(conn: &Connection, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut filed = sent(conn, secrets)?;
    filed.extend(received(conn, secrets)?);
    Ok(filed)
}

fn sent(conn: &Connection, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut statement = conn.prepare(
        "SELECT m.id, m.kind, m.body, o.order_no FROM message m JOIN orders o ON o.id = m.order_id
         WHERE m.body IS NOT NULL ORDER BY o.placed_us, o.id, m.kind",
    )?;
    let mut rows = statement.query([])?;
    let mut filed = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, kind, sealed): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let order_no: String = row.get(3)?;
        let xml = secrets.open(&outbox::context(&id), &sealed)?.to_vec();
        filed.push(Filed { name: format!("sent-{}-{kind}.xml", plain(&order_no)), xml });
    }
    Ok(filed)
}

fn received(conn: &Connection, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut statement = conn.prepare("SELECT cursor, kind, body FROM receipt ORDER BY cursor")?;
    let mut rows = statement.query([])?;
    let mut filed = Vec::new();
    while let Some(row) = rows.next()? {
        let (cursor, kind, sealed): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let xml = secrets.open(&receipts::context(cursor), &sealed)?.to_vec();
        filed.push(Filed { name: format!("received-{cursor:08}-{}.xml", plain(&kind)), xml });
    }
    Ok(filed)
}

/// Order numbers and kinds come from outside: nothing that means something in a path stays.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
