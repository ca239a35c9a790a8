//! A statement on a connection.

use crate::db::{Conn, DbError, Params, Row};

/// A statement; each use runs it anew.
#[derive(Debug)]
pub struct Statement<'a> {
    conn: &'a Conn,
    sql: &'a str,
}

/// Rows that were read, to be taken one by one.
#[derive(Debug)]
pub struct Rows {
    rows: std::vec::IntoIter<Row>,
    current: Option<Row>,
}

impl<'a> Statement<'a> {
    pub(super) const fn new(conn: &'a Conn, sql: &'a str) -> Self {
        Self { conn, sql }
    }

    /// Runs it; the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute(&mut self, params: impl Params) -> Result<usize, DbError> {
        self.conn.run(self.sql, &params.values())
    }

    /// Reads one row.
    ///
    /// # Errors
    /// [`DbError::NoRow`] when there is none, or what `read` says.
    pub fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.conn.query_row(self.sql, params, read)
    }

    /// Reads every row with `read`.
    ///
    /// # Errors
    /// [`DbError`]; what `read` says is in the items.
    pub fn query_map<T>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(&Row) -> Result<T, DbError>,
    ) -> Result<std::vec::IntoIter<Result<T, DbError>>, DbError> {
        let rows = self.conn.rows(self.sql, &params.values())?;
        Ok(rows.iter().map(&mut read).collect::<Vec<_>>().into_iter())
    }

    /// Reads every row.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn query(&mut self, params: impl Params) -> Result<Rows, DbError> {
        let rows = self.conn.rows(self.sql, &params.values())?;
        Ok(Rows { rows: rows.into_iter(), current: None })
    }

    /// Whether it finds any row.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn exists(&mut self, params: impl Params) -> Result<bool, DbError> {
        Ok(!self.conn.rows(self.sql, &params.values())?.is_empty())
    }
}

impl Rows {
    /// The next row.
    ///
    /// # Errors
    /// None; the shape allows for engines that read as they go.
    #[allow(clippy::should_implement_trait, reason = "it lends the row, which an iterator cannot")]
    pub fn next(&mut self) -> Result<Option<&Row>, DbError> {
        self.current = self.rows.next();
        Ok(self.current.as_ref())
    }
}
