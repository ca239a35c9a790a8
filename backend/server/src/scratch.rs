//! Databases that live as long as a test or a benchmark: a file, or one in the cluster that `PICKUP_TEST_POSTGRES` names.

use std::path::Path;

use uuid::Uuid;

use crate::config::Database;
use crate::db::{Conn, DbError, PgAddress, Purpose};
use crate::store::{Place, Source, StoreError, migrate};

/// The variable that names a cluster in which databases may be made, as an address.
pub const VARIABLE: &str = "PICKUP_TEST_POSTGRES";

/// A database that is dropped with this.
#[derive(Debug)]
pub struct Scratch {
    /// As it stands in the settings.
    pub database: Database,
    cluster: Option<(PgAddress, String)>,
}

impl Scratch {
    /// On PostgreSQL when the variable is set, else a file that is made where the settings say.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_environment() -> Result<Self, StoreError> {
        match std::env::var(VARIABLE) {
            Ok(cluster) => Self::on(&cluster),
            Err(_) => Ok(Self::file()),
        }
    }

    /// A file that is made where the settings say.
    #[must_use]
    pub fn file() -> Self {
        Self { database: Database::default(), cluster: None }
    }

    /// A new database in a cluster, at the newest migration.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on(cluster: &str) -> Result<Self, StoreError> {
        let name = format!("bp_{}", Uuid::new_v4().simple());
        let admin = PgAddress::parse(cluster)?;
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C'");
        run(&admin, sql)?;
        let database = Database(format!("{cluster} dbname={name}"));
        let scratch = Self { database, cluster: Some((admin, name)) };
        migrate(&scratch.source(Path::new("")))?;
        Ok(scratch)
    }

    /// The database as a source for cell 1.
    #[must_use]
    pub fn source(&self, dir: &Path) -> Source {
        let place = match PgAddress::parse(&self.database.0) {
            Ok(address) if self.cluster.is_some() => Place::Server(address),
            _ => Place::File(dir.join("backend.db")),
        };
        Source { place, cell: 1 }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((admin, name)) = self.cluster.take()
            && let Err(error) = run(&admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        {
            tracing::warn!(%error, name, "a scratch database was not dropped");
        }
    }
}

/// On a thread of its own: the connection belongs to a runtime of its thread.
fn run(admin: &PgAddress, sql: String) -> Result<(), StoreError> {
    let admin = admin.clone();
    let done = std::thread::spawn(move || -> Result<(), DbError> {
        Conn::postgres(&admin, 1, Purpose::Write)?.execute_batch(&sql)
    });
    Ok(done.join().map_err(|_| StoreError::Closed)??)
}
