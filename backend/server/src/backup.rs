//! Back-up and restore: every table as lines of JSON, read from one unchanging view while the service runs, and the keys
//! beside them. A back-up of one engine can be restored to the other.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::db::{Conn, Engine, Row, Value};
use crate::store::{Source, Store, StoreError, migrate};

/// Every table with its columns that order it, parents before those that refer to them.
pub const TABLES: &[(&str, &str)] = &[
    ("setting", "name"),
    ("cell", "number"),
    ("centre", "number"),
    ("product", "sku"),
    ("dataset", "name"),
    ("dataset_entry", "name, position"),
    ("account", "cell, kind, key"),
    ("buyer_year", "key"),
    ("buyer_goods", "key"),
    ("telephone", "phone, buyer"),
    ("book_entry", "cell, key, seq"),
    ("book_request", "cell, id"),
    ("stocktake", "cell, id"),
    ("stocktake_line", "cell, stocktake, key"),
    ("reconciliation", "cell, centre, day"),
    ("hold", "cell, order_id"),
    ("used_number", "number, kind"),
    ("orders", "cell, id"),
    ("dossier", "cell, order_id"),
    ("declaration", "cell, order_id"),
    ("outbox", "cell, order_id"),
    ("message", "cell, id"),
    ("receipt", "cell, cursor"),
    ("receipt_record", "cell, order_id, cursor, position"),
    ("application", "cell, id"),
    ("tax_bill", "cell, tax_no"),
    ("payback", "cell, id"),
    ("stray", "cell, cursor, position"),
    ("task", "cell, id"),
    ("task_note", "cell, task, position"),
    ("order_find", "cell, order_id"),
    ("day_figure", "cell, centre, day"),
    ("order_trail", "cell, order_id, seq"),
    ("finder", "cell"),
    ("inbox", "cell, cursor"),
    ("port_mark", "cell, port"),
    ("payment_raw", "cell, transaction_id"),
    ("pay_query", "cell, session"),
    ("payback_try", "cell, id"),
    ("pay_declaration", "cell, order_id"),
    ("parcel", "cell, pickup"),
    ("door", "cell, kiosk_id, door"),
    ("kiosk", "id"),
    ("kiosk_health", "cell, kiosk_id"),
    ("kiosk_settings", "cell, kiosk_id, since_us"),
    ("kiosk_day", "cell, day, kiosk_id"),
    ("enrolment", "secret_digest"),
    ("staff", "id"),
    ("api_key", "digest"),
    ("person", "id"),
    ("person_recovery", "digest"),
    ("session", "digest"),
    ("sign_in_failure", "key"),
    ("idempotency", "cell, merchant, key"),
    ("webhook_endpoint", "cell, id"),
    ("webhook_delivery", "cell, endpoint, seq"),
    ("grants", "cell, id"),
    ("handover", "cell, id"),
    ("opening", "cell, id"),
    ("door_wish", "cell, id"),
    ("request", "cell, id"),
    ("trail", "cell, seq"),
    ("basket", "cell, id"),
    ("checkout", "cell, out_no"),
    ("limit_question", "cell, buyer, day"),
    ("phone_code", "cell, phone"),
    ("phone_session", "cell, token"),
    ("text_message", "cell, id"),
];

const FILE: &str = "database.jsonl";
const KEYS: &[&str] = &["keys.json", "ca-key.pem", "ca-cert.pem", "customs-key.pem", "customs-cert.pem"];
const PAGE: i64 = 2_000;

/// Why a back-up was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The back-up is not one, or is cut short.
    #[error("{path}, line {line}: {why}; nothing was restored")]
    Content {
        /// Which file.
        path: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// There is something where the back-up would be restored to.
    #[error("{0} holds data already: restore into an empty place")]
    NotEmpty(String),
}

impl From<crate::db::DbError> for BackupError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Writes database and keys into a new folder; rows written.
///
/// # Errors
/// [`BackupError`]; a folder that exists is not touched.
pub async fn make(store: &Store, data_dir: &Path, to: &Path) -> Result<usize, BackupError> {
    if to.exists() {
        return Err(BackupError::NotEmpty(to.display().to_string()));
    }
    fs::create_dir_all(to).map_err(|source| at(to, source))?;
    for name in KEYS {
        let kept = data_dir.join(name);
        if kept.is_file() {
            copy_private(&kept, &to.join(name))?;
        }
    }
    let path = to.join(FILE);
    store
        .read(move |conn| {
            let mut out = BufWriter::new(private(&path)?);
            let rows = write_tables(conn, &mut out, &path)?;
            out.flush().and_then(|()| out.get_ref().sync_all()).map_err(|source| at(&path, source))?;
            Ok(rows)
        })
        .await
}

fn write_tables(conn: &Conn, out: &mut BufWriter<File>, path: &Path) -> Result<usize, BackupError> {
    let mut line = |value: &Json| writeln!(out, "{value}").map_err(|source| at(path, source));
    line(&json!({ "format": "bonded-pickup-backup", "version": 1 }))?;
    let mut rows = 0;
    for (table, key) in TABLES {
        let names = columns(conn, table)?;
        line(&json!({ "table": table, "columns": names }))?;
        let mut last: Option<Vec<Value>> = None;
        loop {
            let page = page(conn, table, key, &names, last.as_deref())?;
            for row in &page {
                line(&Json::Array(row.values().iter().map(encoded).collect()))?;
            }
            rows += page.len();
            let Some(end) = page.last() else { break };
            last = Some(key_of(end, key, &names));
        }
    }
    line(&json!({ "end": rows }))?;
    Ok(rows)
}

/// The rows after `last`, by key: a table of millions never lies in memory.
fn page(
    conn: &Conn,
    table: &str,
    key: &str,
    names: &[String],
    last: Option<&[Value]>,
) -> Result<Vec<Row>, BackupError> {
    let after = match last {
        Some(last) => {
            let marks: Vec<String> = (1..=last.len()).map(|n| format!("?{n}")).collect();
            format!("WHERE ({key}) > ({})", marks.join(", "))
        }
        None => String::new(),
    };
    let sql = format!("SELECT {} FROM {table} {after} ORDER BY {key} LIMIT {PAGE}", names.join(", "));
    let rows = conn
        .prepare_cached(&sql)?
        .query_map(last.unwrap_or_default(), |row| Ok(row.clone()))?
        .collect::<Result<Vec<Row>, _>>()?;
    Ok(rows)
}

fn key_of(row: &Row, key: &str, names: &[String]) -> Vec<Value> {
    let at = |column: &str| names.iter().position(|name| name == column);
    key.split(", ").filter_map(|column| row.values().get(at(column)?).cloned()).collect()
}

fn columns(conn: &Conn, table: &str) -> Result<Vec<String>, BackupError> {
    let sql = match conn.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_name = ?1 AND table_schema = CURRENT_SCHEMA ORDER BY ordinal_position"
        }
    };
    let names = conn.prepare_cached(sql)?.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn encoded(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(n) => json!(n),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!({ "b": STANDARD.encode(bytes) }),
    }
}

fn decoded(value: Json) -> Result<Value, String> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::String(text) => Value::Text(text),
        Json::Number(n) => Value::Int(n.as_i64().ok_or("a number out of range")?),
        Json::Object(blob) => {
            let text = blob.get("b").and_then(Json::as_str).ok_or("an object that is no bytes")?;
            Value::Blob(STANDARD.decode(text).map_err(|_| "bytes that are not base64")?)
        }
        _ => return Err("a value of no known kind".to_owned()),
    })
}

/// Restores a back-up into an empty database and a data directory without keys, all or nothing; rows read. Blocks.
///
/// # Errors
/// [`BackupError`].
pub fn restore(from: &Path, data_dir: &Path, source: &Source) -> Result<usize, BackupError> {
    if data_dir.join("keys.json").exists() {
        return Err(BackupError::NotEmpty(data_dir.display().to_string()));
    }
    fs::create_dir_all(data_dir).map_err(|cause| at(data_dir, cause))?;
    fs::set_permissions(data_dir, fs::Permissions::from_mode(0o700)).map_err(|cause| at(data_dir, cause))?;
    migrate(source)?;
    let (of, path) = (source.clone(), from.join(FILE));
    let read = std::thread::spawn(move || -> Result<usize, BackupError> {
        let conn = of.connect()?;
        conn.execute_batch("BEGIN")?;
        let rows = read_tables(&conn, &path)?;
        conn.execute_batch("COMMIT")?;
        Ok(rows)
    });
    let rows = read.join().unwrap_or(Err(StoreError::Closed.into()))?;
    for name in KEYS {
        let (kept, copy) = (from.join(name), data_dir.join(name));
        if kept.is_file() {
            copy_private(&kept, &copy)?;
        }
    }
    Ok(rows)
}

fn read_tables(conn: &Conn, path: &Path) -> Result<usize, BackupError> {
    let file = File::open(path).map_err(|source| at(path, source))?;
    let (mut insert, mut rows, mut ended) = (None, 0, false);
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|source| at(path, source))?;
        let bad = |why: &str| BackupError::Content {
            path: path.display().to_string(),
            line: number,
            why: why.to_owned(),
        };
        match serde_json::from_str(&line).map_err(|_| bad("not JSON"))? {
            Json::Array(values) => {
                let sql: &String = insert.as_ref().ok_or_else(|| bad("a row before any table"))?;
                let values: Vec<Value> =
                    values.into_iter().map(decoded).collect::<Result<_, _>>().map_err(|why| bad(&why))?;
                conn.execute(sql, values.as_slice())
                    .map_err(|error| bad(&format!("the database refused the row: {error}")))?;
                rows += 1;
            }
            Json::Object(head) if head.contains_key("format") => {
                let known = head.get("version") == Some(&json!(1));
                known.then_some(()).ok_or_else(|| bad("a back-up of a later version"))?;
            }
            Json::Object(head) if head.contains_key("end") => {
                ended = head.get("end") == Some(&json!(rows));
            }
            Json::Object(head) => insert = Some(insert_into(conn, &head, path).map_err(|why| bad(&why))?),
            _ => return Err(bad("neither a row nor a table")),
        }
    }
    if !ended {
        let why = "the back-up is cut short".to_owned();
        return Err(BackupError::Content { path: path.display().to_string(), line: 0, why });
    }
    Ok(rows)
}

fn insert_into(conn: &Conn, head: &serde_json::Map<String, Json>, path: &Path) -> Result<String, String> {
    let table = head.get("table").and_then(Json::as_str).ok_or("a line of no known kind")?;
    let known = TABLES.iter().find(|(name, _)| *name == table).ok_or("a table that is not known")?.0;
    let there = columns(conn, known).map_err(|error| error.to_string())?;
    let names: Vec<&str> =
        head.get("columns").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    if let Some(unknown) = names.iter().find(|name| !there.iter().any(|column| column == *name)) {
        return Err(format!("{known} has no column {unknown}"));
    }
    let empty = conn
        .prepare_cached(&format!("SELECT 1 FROM {known} LIMIT 1"))
        .and_then(|mut one| one.exists([]))
        .map_err(|error| error.to_string())?;
    if empty {
        return Err(format!("{known} holds data already: restore {} into an empty database", path.display()));
    }
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    Ok(format!("INSERT INTO {known} ({}) VALUES ({})", names.join(", "), marks.join(", ")))
}

fn copy_private(from: &Path, to: &Path) -> Result<(), BackupError> {
    let bytes = fs::read(from).map_err(|source| at(from, source))?;
    let mut file = private(to)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|source| at(to, source))
}

/// A new file for its owner alone.
fn private(path: &Path) -> Result<File, BackupError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(|source| at(path, source))
}

fn at(path: &Path, source: std::io::Error) -> BackupError {
    BackupError::File { path: path.display().to_string(), source }
}
