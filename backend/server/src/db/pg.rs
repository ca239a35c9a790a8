//! PostgreSQL, spoken to from one blocking thread: the connection's own task runs on a runtime of that thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::str::FromStr as _;

use futures_util::future::{join_all, try_join_all};
use tokio::runtime::Runtime;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::db::{Bulk, Column, DbError, Row, Value, text};

/// Where a PostgreSQL database is: a URL (`postgres://user@host/name`) or `key=value` words. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PgAddress(String);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The one that writes: every statement finds its rows by key, whatever the planner thinks of empty tables.
    Write,
    /// Reads only.
    Read,
}

pub struct Pg {
    client: Client,
    runtime: Background,
    statements: RefCell<HashMap<String, Statement>>,
}

/// A runtime that may also be dropped inside another one.
struct Background(Option<Runtime>);

impl Background {
    fn block_on<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DbError> {
        let runtime = self.0.as_ref().ok_or(DbError::NoRow)?;
        Ok(runtime.block_on(work)?)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl PgAddress {
    /// Takes an address as written in the settings.
    ///
    /// # Errors
    /// [`DbError::Postgres`] when it cannot be read.
    pub fn parse(text: &str) -> Result<Self, DbError> {
        Config::from_str(text)?;
        Ok(Self(text.to_owned()))
    }

    /// As written in the settings: it may hold a password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PgAddress(…)")
    }
}

impl Pg {
    pub fn connect(address: &PgAddress, purpose: Purpose) -> Result<Self, DbError> {
        let mut config = Config::from_str(&address.0)?;
        config.application_name("pickup-backend").connect_timeout(std::time::Duration::from_secs(10));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(DbError::Runtime)?;
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            // Ends with the client or with the server; either shows at the next statement.
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a database connection ended");
                }
            });
            let settings = match purpose {
                Purpose::Write => {
                    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
                     SET enable_mergejoin = off; SET enable_bitmapscan = off; SET lock_timeout = '20s'"
                }
                Purpose::Read => "SET default_transaction_read_only = on",
            };
            client.batch_execute(settings).await?;
            Ok::<_, tokio_postgres::Error>(client)
        })?;
        let runtime = Background(Some(runtime));
        Ok(Self { client, runtime, statements: RefCell::new(HashMap::new()) })
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub fn batch(&self, sql: &str) -> Result<(), DbError> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    pub fn execute(&self, cell: i64, sql: &str, params: &[Value]) -> Result<usize, DbError> {
        let statement = self.prepared(cell, sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let changed = self.runtime.block_on(self.client.execute(&statement, &params))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub fn rows(&self, cell: i64, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let statement = self.prepared(cell, sql)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let rows = self.runtime.block_on(self.client.query(&statement, &params))?;
        rows.iter().map(read).collect()
    }

    pub fn bulks(&self, cell: i64, bulks: &[Bulk<'_>]) -> Result<Vec<usize>, DbError> {
        let mut statements = Vec::with_capacity(bulks.len());
        for bulk in bulks {
            statements.push(self.prepared(cell, bulk.sql)?);
        }
        let asked: Vec<_> = bulks.iter().map(params_of).collect();
        let sent = statements.iter().zip(&asked).zip(bulks).map(|((statement, params), bulk)| async move {
            if bulk.is_empty() && !bulk.columns.is_empty() {
                return Ok(0);
            }
            self.client.execute(statement, params).await
        });
        // All are awaited, so that none is left half read when an earlier one failed.
        let answers = self.runtime.block_on(async { Ok(join_all(sent).await) })?;
        let mut changed = Vec::with_capacity(answers.len());
        for answer in answers {
            changed.push(usize::try_from(answer?).unwrap_or(usize::MAX));
        }
        Ok(changed)
    }

    pub fn bulk_rows(&self, cell: i64, bulks: &[Bulk<'_>]) -> Result<Vec<Vec<Row>>, DbError> {
        let mut statements = Vec::with_capacity(bulks.len());
        for bulk in bulks {
            statements.push(self.prepared(cell, bulk.sql)?);
        }
        let asked: Vec<_> = bulks.iter().map(params_of).collect();
        let sent =
            statements.iter().zip(&asked).map(|(statement, params)| self.client.query(statement, params));
        let answers = self.runtime.block_on(try_join_all(sent))?;
        answers.iter().map(|rows| rows.iter().map(read).collect()).collect()
    }

    fn prepared(&self, cell: i64, sql: &str) -> Result<Statement, DbError> {
        if let Some(kept) = self.statements.borrow().get(sql) {
            return Ok(kept.clone());
        }
        let text = text::postgres(sql, cell)?;
        let statement = self.runtime.block_on(self.client.prepare(&text))?;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl fmt::Debug for Pg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pg").finish_non_exhaustive()
    }
}

/// What the server said, with its detail; the driver's own words are only "db error".
pub fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => {
            let detail = said.constraint().map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{}{detail} [{}]", said.message(), said.code().code())
        }
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

fn params_of<'a>(bulk: &'a Bulk<'_>) -> Vec<&'a (dyn ToSql + Sync)> {
    let columns = bulk.columns.iter().map(|column| match column {
        Column::Int(all) => all as &(dyn ToSql + Sync),
        Column::Text(all) => all as _,
        Column::Blob(all) => all as _,
    });
    columns.chain(bulk.scalars.iter().map(|value| value as _)).collect()
}

fn read(row: &tokio_postgres::Row) -> Result<Row, DbError> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.map_or(Value::Null, Value::Int),
            Type::INT4 => {
                row.try_get::<_, Option<i32>>(index)?.map_or(Value::Null, |n| Value::Int(i64::from(n)))
            }
            Type::BOOL => {
                row.try_get::<_, Option<bool>>(index)?.map_or(Value::Null, |b| Value::Int(i64::from(b)))
            }
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.map_or(Value::Null, Value::Blob),
            Type::TEXT | Type::VARCHAR | Type::NAME => {
                row.try_get::<_, Option<String>>(index)?.map_or(Value::Null, Value::Text)
            }
            ref other => {
                return Err(DbError::Column { index, why: format!("is of the type {other}") });
            }
        });
    }
    Ok(Row::new(values))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) if *kind == Type::INT4 => i32::try_from(*n)?.to_sql(kind, out),
            Self::Int(n) if *kind == Type::BOOL => (*n != 0).to_sql(kind, out),
            Self::Int(n) if *kind == Type::INT8 => n.to_sql(kind, out),
            Self::Text(text) if <String as ToSql>::accepts(kind) => text.to_sql(kind, out),
            Self::Blob(bytes) if *kind == Type::BYTEA => bytes.to_sql(kind, out),
            _ => Err(format!("a parameter does not fit the type {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
