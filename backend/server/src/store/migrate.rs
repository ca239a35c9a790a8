//! The migrations, in order and forward only.

use sha2::{Digest as _, Sha256};

use crate::db::{Conn, Engine};
use crate::store::{Source, StoreError};

/// A text that was applied somewhere is never changed again.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/0001.sql")),
    (2, include_str!("../../migrations/0002.sql")),
    (3, include_str!("../../migrations/0003.sql")),
    (4, include_str!("../../migrations/0004.sql")),
    (5, include_str!("../../migrations/0005.sql")),
    (6, include_str!("../../migrations/0006.sql")),
    (7, include_str!("../../migrations/0007.sql")),
    (8, include_str!("../../migrations/0008.sql")),
    (9, include_str!("../../migrations/0009.sql")),
    (10, include_str!("../../migrations/0010.sql")),
    (11, include_str!("../../migrations/0011.sql")),
    (12, include_str!("../../migrations/0012.sql")),
    (13, include_str!("../../migrations/0013.sql")),
];
/// Keeps two processes from migrating a server at once; any number will do.
const LOCK: &str = "SELECT pg_advisory_xact_lock(20261121)";

/// Brings the database to the newest migration; the numbers that were applied. Blocks.
///
/// # Errors
/// [`StoreError`]; then nothing was changed.
pub fn migrate(source: &Source) -> Result<Vec<i64>, StoreError> {
    let of = source.clone();
    // On a thread of its own: PostgreSQL's connection belongs to a runtime of its thread.
    let done = std::thread::spawn(move || {
        let conn = of.connect()?;
        let before = applied(&conn)?;
        apply(&conn)?;
        Ok(MIGRATIONS.iter().map(|(number, _)| *number).filter(|number| *number > before).collect())
    });
    done.join().unwrap_or(Err(StoreError::Closed))
}

/// Applies what is missing, all or nothing.
pub fn apply(conn: &Conn) -> Result<(), StoreError> {
    conn.execute_batch(match conn.engine() {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN",
    })?;
    if conn.engine() == Engine::Postgres {
        conn.execute_batch(LOCK)?;
    }
    match apply_in(conn) {
        Ok(()) => Ok(conn.execute_batch("COMMIT")?),
        Err(error) => {
            conn.execute_batch("ROLLBACK")?;
            Err(error)
        }
    }
}

fn apply_in(conn: &Conn) -> Result<(), StoreError> {
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL)",
    )?;
    let found = compare(conn)?;
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| *number > found) {
        conn.execute_batch(sql)?;
        conn.execute("INSERT INTO migration (number, digest) VALUES (?1, ?2)", (number, digest(sql)))?;
    }
    Ok(())
}

/// Whether the database is exactly of this version.
pub fn check(conn: &Conn) -> Result<(), StoreError> {
    let found = if applied(conn)? == 0 { 0 } else { compare(conn)? };
    let known = last();
    if found < known { Err(StoreError::Older { found, known }) } else { Ok(()) }
}

fn applied(conn: &Conn) -> Result<i64, StoreError> {
    let there = match conn.engine() {
        Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = 'migration'",
        Engine::Postgres => {
            "SELECT COUNT(*) FROM pg_tables WHERE tablename = 'migration' AND schemaname = CURRENT_SCHEMA"
        }
    };
    let there: i64 = conn.query_row(there, [], |row| row.get(0))?;
    if there == 0 {
        return Ok(0);
    }
    Ok(conn.query_row("SELECT COALESCE(MAX(number), 0) FROM migration", [], |row| row.get(0))?)
}

fn compare(conn: &Conn) -> Result<i64, StoreError> {
    let found: i64 =
        conn.query_row("SELECT COALESCE(MAX(number), 0) FROM migration", [], |row| row.get(0))?;
    let known = last();
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| *number <= found) {
        let applied: String =
            conn.query_row("SELECT digest FROM migration WHERE number = ?1", [*number], |row| row.get(0))?;
        if applied != digest(sql) {
            return Err(StoreError::Changed(*number));
        }
    }
    Ok(found)
}

fn last() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, _)| *number)
}

fn digest(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
}
