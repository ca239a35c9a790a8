//! SQLite.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value as Held, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};

use crate::db::{Bulk, Column, DbError, Row, Value, text};

const STATEMENTS: usize = 256;

pub fn open(path: &Path) -> Result<Connection, DbError> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cache_size", -262_144)?;
    // Checkpoints are another thread's work; should it fall behind, the writer does one itself.
    conn.pragma_update(None, "wal_autocheckpoint", 32_768)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// Copies what it can from the log into the database without waiting for anybody.
pub fn checkpoint(conn: &Connection) -> Result<(), DbError> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

pub fn open_to_read(path: &Path) -> Result<Connection, DbError> {
    // Opened for writing, since a reader of a WAL file may have to recover it; `query_only` keeps it from changing data.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

pub fn execute(conn: &Connection, cell: i64, sql: &str, params: &[Value]) -> Result<usize, DbError> {
    let mut statement = prepared(conn, cell, sql)?;
    if statement.column_count() == 0 {
        return Ok(statement.execute(rusqlite::params_from_iter(params))?);
    }
    // A statement with RETURNING is run to its end and its rows are counted.
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

pub fn rows(conn: &Connection, cell: i64, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
    let mut statement = prepared(conn, cell, sql)?;
    let mut found = Vec::new();
    collect(&mut statement, params, &mut found)?;
    Ok(found)
}

pub fn bulk(conn: &Connection, cell: i64, bulk: &Bulk<'_>) -> Result<usize, DbError> {
    let mut statement = prepared(conn, cell, bulk.sql)?;
    let mut changed = 0;
    for i in 0..bulk.len() {
        bind(&mut statement, bulk, i)?;
        changed += statement.raw_execute()?;
    }
    Ok(changed)
}

pub fn bulk_rows(conn: &Connection, cell: i64, bulk: &Bulk<'_>) -> Result<Vec<Row>, DbError> {
    let mut statement = prepared(conn, cell, bulk.sql)?;
    let width = statement.column_count();
    let mut found = Vec::new();
    for i in 0..bulk.len() {
        bind(&mut statement, bulk, i)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            found.push(read(row, width)?);
        }
    }
    Ok(found)
}

fn bind(statement: &mut CachedStatement<'_>, bulk: &Bulk<'_>, row: usize) -> Result<(), DbError> {
    let missing = || DbError::Text(format!("a column has no row {row}"));
    for (i, column) in bulk.columns.iter().enumerate() {
        match column {
            Column::Int(all) => statement.raw_bind_parameter(i + 1, all.get(row).ok_or_else(missing)?)?,
            Column::Text(all) => {
                statement.raw_bind_parameter(i + 1, all.get(row).ok_or_else(missing)?.as_str())?;
            }
            Column::Blob(all) => {
                statement.raw_bind_parameter(i + 1, all.get(row).ok_or_else(missing)?.as_slice())?;
            }
        }
    }
    for (i, value) in bulk.scalars.iter().enumerate() {
        statement.raw_bind_parameter(bulk.columns.len() + i + 1, value)?;
    }
    Ok(())
}

fn prepared<'a>(conn: &'a Connection, cell: i64, sql: &str) -> Result<CachedStatement<'a>, DbError> {
    if sql.contains('{') {
        Ok(conn.prepare_cached(&text::sqlite(sql, cell)?)?)
    } else {
        Ok(conn.prepare_cached(sql)?)
    }
}

fn collect(
    statement: &mut CachedStatement<'_>,
    params: &[Value],
    found: &mut Vec<Row>,
) -> Result<(), DbError> {
    let width = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        found.push(read(row, width)?);
    }
    Ok(())
}

fn read(row: &rusqlite::Row<'_>, width: usize) -> Result<Row, DbError> {
    let mut values = Vec::with_capacity(width);
    for i in 0..width {
        values.push(match row.get_ref(i)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            ValueRef::Real(_) => {
                return Err(DbError::Column { index: i, why: "is a fraction".to_owned() });
            }
        });
    }
    Ok(Row::new(values))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Held::Null),
            Self::Int(n) => ToSqlOutput::Owned(Held::Integer(*n)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
