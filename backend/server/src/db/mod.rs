//! One SQL text on two engines: SQLite (`rusqlite`) and PostgreSQL (`tokio-postgres`).
//!
//! A [`Conn`] is used from one thread at a time and answers in values of its own, so that nothing above it knows the engine.
//! What the text must keep to: only `BIGINT`, `TEXT` and `BLOB` columns; times from the program's clock; `?1`, `?2`, …
//! for parameters; sums cast to `BIGINT`. Marks are expanded by [`text`]: `{cell}` (the number of the cell this process
//! writes), `{r: a i, b t, c b}` (a table `r` of the rows handed over) and, in migrations, the column type `BLOB` and
//! `{keyed}` (small rows are kept in their key).

use std::cell::RefCell;

use crate::store::CellState;

mod bulk;
mod params;
mod pg;
mod row;
mod sqlite;
mod statement;
pub mod text;

pub use bulk::{Bulk, Column};
pub use params::{Params, ToValue, Value};
pub use pg::PgAddress;
pub use row::{FromValue, OptionalExt, Row};
pub use statement::{Rows, Statement};

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file beside the keys.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// As printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Why a statement was not done.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite said no.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL said no, or the connection to it broke.
    #[error("{}", pg::told(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// Something was to be written outside a writing transaction.
    #[error("this is no transaction that writes")]
    ReadOnly,
    /// One row was asked for and there is none.
    #[error("no row was found")]
    NoRow,
    /// A column holds something else than was expected.
    #[error("column {index} {why}")]
    Column {
        /// Which, from 0.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The text has a mark that cannot be expanded.
    #[error("the statement cannot be expanded: {0}")]
    Text(String),
    /// The runtime that PostgreSQL is spoken to with cannot be made.
    #[error("no runtime for the database connection: {0}")]
    Runtime(std::io::Error),
}

/// A connection to either engine, with the cell it works for.
#[derive(Debug)]
pub struct Conn {
    inner: Inner,
    cell: i64,
    /// Of the writing transaction under way.
    state: RefCell<Option<CellState>>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(rusqlite::Connection),
    Postgres(Box<pg::Pg>),
}

impl Conn {
    /// Opens a database file to write in it, making it when there is none.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sqlite(path: &std::path::Path, cell: i64) -> Result<Self, DbError> {
        Ok(Self::of(Inner::Sqlite(sqlite::open(path)?), cell))
    }

    /// Opens a database file to read.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sqlite_reader(path: &std::path::Path, cell: i64) -> Result<Self, DbError> {
        Ok(Self::of(Inner::Sqlite(sqlite::open_to_read(path)?), cell))
    }

    /// Connects to PostgreSQL. Blocks; not for a thread of an async runtime.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn postgres(address: &PgAddress, cell: i64, purpose: pg::Purpose) -> Result<Self, DbError> {
        Ok(Self::of(Inner::Postgres(Box::new(pg::Pg::connect(address, purpose)?)), cell))
    }

    fn of(inner: Inner, cell: i64) -> Self {
        Self { inner, cell, state: RefCell::new(None) }
    }

    /// Which engine this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// The cell.
    #[must_use]
    pub const fn cell(&self) -> i64 {
        self.cell
    }

    /// The cell's state in the writing transaction under way.
    #[must_use]
    pub fn state(&self) -> Option<CellState> {
        self.state.borrow().clone()
    }

    /// Moves the cell's state on; it is written with the commit.
    ///
    /// # Errors
    /// [`DbError::ReadOnly`] outside a writing transaction.
    pub fn move_on(&self, change: impl FnOnce(&mut CellState)) -> Result<(), DbError> {
        let mut state = self.state.borrow_mut();
        let state = state.as_mut().ok_or(DbError::ReadOnly)?;
        change(state);
        state.moved = true;
        Ok(())
    }

    /// The cell's next serial, for an order or whatever else is numbered with them.
    ///
    /// # Errors
    /// [`DbError::ReadOnly`] outside a writing transaction.
    pub fn next_serial(&self) -> Result<i64, DbError> {
        let mut serial = 0;
        self.move_on(|cell| {
            cell.serial = cell.serial.saturating_add(1);
            serial = cell.serial;
        })?;
        Ok(serial)
    }

    pub(crate) fn set_state(&self, state: Option<CellState>) {
        *self.state.borrow_mut() = state;
    }

    pub(crate) fn take_state(&self) -> Option<CellState> {
        self.state.borrow_mut().take()
    }

    /// Whether the connection is gone and another is needed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.inner {
            Inner::Sqlite(_) => false,
            Inner::Postgres(pg) => pg.is_closed(),
        }
    }

    /// Has PostgreSQL plan its prepared statements anew at their next use; nothing on SQLite, which plans without sizes.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn forget_plans(&self) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(pg) => pg.batch("DISCARD PLANS"),
        }
    }

    /// Copies what it can from the write-ahead log of a file into it, without waiting; nothing on PostgreSQL, which does so
    /// by itself.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn checkpoint(&self) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => sqlite::checkpoint(conn),
            Inner::Postgres(_) => Ok(()),
        }
    }

    /// A statement; prepared at its first use and kept.
    ///
    /// # Errors
    /// None; the shape allows for engines that prepare at once.
    pub fn prepare_cached<'a>(&'a self, sql: &'a str) -> Result<Statement<'a>, DbError> {
        Ok(Statement::new(self, sql))
    }

    /// As [`Self::prepare_cached`].
    ///
    /// # Errors
    /// As there.
    pub fn prepare<'a>(&'a self, sql: &'a str) -> Result<Statement<'a>, DbError> {
        self.prepare_cached(sql)
    }

    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, DbError> {
        self.run(sql, &params.values())
    }

    /// Reads one row.
    ///
    /// # Errors
    /// [`DbError::NoRow`] when there is none, or what `read` says.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let rows = self.rows(sql, &params.values())?;
        rows.first().ok_or(DbError::NoRow).and_then(read)
    }

    /// Runs several statements without parameters, separated by semicolons.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute_batch(&self, sql: &str) -> Result<(), DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => Ok(conn.execute_batch(&text::sqlite(sql, self.cell)?)?),
            Inner::Postgres(pg) => pg.batch(&text::postgres(sql, self.cell)?),
        }
    }

    /// Runs a statement once for every row of its columns; the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn bulk(&self, bulk: &Bulk<'_>) -> Result<usize, DbError> {
        self.bulks(std::slice::from_ref(bulk)).map(|changed| changed.first().copied().unwrap_or_default())
    }

    /// Runs several in this order, on PostgreSQL without waiting for one before the next is sent; rows changed by each.
    ///
    /// # Errors
    /// [`DbError`] of the first that failed.
    pub fn bulks(&self, bulks: &[Bulk<'_>]) -> Result<Vec<usize>, DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => bulks.iter().map(|bulk| sqlite::bulk(conn, self.cell, bulk)).collect(),
            Inner::Postgres(pg) => pg.bulks(self.cell, bulks),
        }
    }

    /// Reads with several at once, as [`Self::bulks`]; the rows of each, in no order.
    ///
    /// # Errors
    /// [`DbError`] of the first that failed.
    pub fn bulk_rows(&self, bulks: &[Bulk<'_>]) -> Result<Vec<Vec<Row>>, DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => {
                bulks.iter().map(|bulk| sqlite::bulk_rows(conn, self.cell, bulk)).collect()
            }
            Inner::Postgres(pg) => pg.bulk_rows(self.cell, bulks),
        }
    }

    fn run(&self, sql: &str, params: &[Value]) -> Result<usize, DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => sqlite::execute(conn, self.cell, sql, params),
            Inner::Postgres(pg) => pg.execute(self.cell, sql, params),
        }
    }

    fn rows(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        match &self.inner {
            Inner::Sqlite(conn) => sqlite::rows(conn, self.cell, sql, params),
            Inner::Postgres(pg) => pg.rows(self.cell, sql, params),
        }
    }
}

pub use pg::Purpose;
