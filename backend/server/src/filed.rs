//! What was filed with customs and what came back, as files to look at.

use crate::db::{Conn, DbError};

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

impl From<DbError> for FiledError {
    fn from(cause: DbError) -> Self {
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
pub fn all(conn: &Conn, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut filed = sent(conn, secrets)?;
    filed.extend(received(conn, secrets)?);
    Ok(filed)
}

fn sent(conn: &Conn, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut statement = conn
        .prepare("SELECT id, kind, body, batch FROM message WHERE cell = {cell} ORDER BY batch, kind, id")?;
    let mut rows = statement.query([])?;
    let mut filed = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, kind, sealed): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let batch: i64 = row.get(3)?;
        let xml = outbox::open(secrets, &outbox::context(&id), &sealed)?;
        filed.push(Filed { name: format!("sent-{batch:08}-{}.xml", plain(&kind)), xml });
    }
    Ok(filed)
}

fn received(conn: &Conn, secrets: &Secrets) -> Result<Vec<Filed>, FiledError> {
    let mut statement =
        conn.prepare("SELECT cursor, kind, body FROM receipt WHERE cell = {cell} ORDER BY cursor")?;
    let mut rows = statement.query([])?;
    let mut filed = Vec::new();
    while let Some(row) = rows.next()? {
        let (cursor, kind, sealed): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let xml = outbox::open(secrets, &receipts::context(cursor), &sealed)?;
        filed.push(Filed { name: format!("received-{cursor:08}-{}.xml", plain(&kind)), xml });
    }
    Ok(filed)
}

/// Order numbers and kinds come from outside: nothing that means something in a path stays.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
