//! The thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::db::Conn;
use crate::store::{Place, Source, StoreError, cell, migrate};

/// Most writes committed together.
const TOGETHER: usize = 64;
const RECONNECTS: u32 = 20;
/// How long PostgreSQL's plans are kept. One made while a table was empty reads all of it when it has grown; a plan made
/// anew goes by how large the table is now.
const PLANS: Duration = Duration::from_secs(1);

/// A write that waits.
pub trait Job: Send {
    /// Does the work in the transaction under way; whether it is to be kept.
    fn run(&mut self, conn: &Conn) -> bool;
    /// Tells whoever waits: what the work said, or that nothing was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Some work and who waits for it.
pub struct Work<T, E, F> {
    work: Option<F>,
    said: Option<Result<T, E>>,
    to: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub const fn new(work: F, to: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work: Some(work), said: None, to }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: FnOnce(&Conn) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, conn: &Conn) -> bool {
        self.said = self.work.take().map(|work| work(conn));
        matches!(self.said, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // The asker may be gone; the work stands all the same. One that panicked has nothing to say: the sender is dropped.
        match (self.said, committed) {
            (Some(Err(said)), _) => drop(self.to.send(Err(said))),
            (Some(Ok(_)), Err(error)) => drop(self.to.send(Err(error.into()))),
            (None, Err(error)) if self.work.is_some() => drop(self.to.send(Err(error.into()))),
            (Some(said), Ok(())) => drop(self.to.send(said)),
            (None, _) => {}
        }
    }
}

/// The connection that writes; a file is brought to the newest migration first.
pub fn open(source: &Source) -> Result<Conn, StoreError> {
    let conn = source.connect()?;
    match source.place {
        Place::File(_) => migrate::apply(&conn)?,
        Place::Server(_) => migrate::check(&conn)?,
    }
    Ok(conn)
}

/// Takes what waits, as much as there is, and commits it together, until nobody can ask any more.
pub fn run(mut conn: Conn, source: &Source, mut queue: mpsc::Receiver<Box<dyn Job>>, epoch: &AtomicI64) {
    let mut planned = Instant::now();
    while let Some(first) = queue.blocking_recv() {
        if planned.elapsed() > PLANS && conn.forget_plans().is_ok() {
            planned = Instant::now();
        }
        let mut jobs = vec![first];
        while jobs.len() < TOGETHER
            && let Ok(next) = queue.try_recv()
        {
            jobs.push(next);
        }
        match begin(&mut conn, source).and_then(|()| still_ours(&conn, epoch)) {
            Ok(()) if jobs.len() == 1 => alone(&conn, jobs),
            Ok(()) => together(&conn, jobs),
            Err(StoreError::LeaseLost(cell)) => {
                cell::roll_back(&conn);
                for job in jobs {
                    job.answer(Err(StoreError::LeaseLost(cell)));
                }
            }
            Err(error) => tell(jobs, &error),
        }
    }
}

/// Whether the lease this process took, if it took one, is still in force.
fn still_ours(conn: &Conn, epoch: &AtomicI64) -> Result<(), StoreError> {
    let ours = epoch.load(Ordering::SeqCst);
    let now = conn.state().map_or(0, |state| state.epoch);
    if ours != 0 && ours != now { Err(StoreError::LeaseLost(conn.cell())) } else { Ok(()) }
}

/// Begins a transaction; a connection that broke is made anew, since nothing of the waiting work was done yet.
fn begin(conn: &mut Conn, source: &Source) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let error = match cell::begin(conn) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        cell::roll_back(conn);
        if !conn.is_closed() || tries == RECONNECTS {
            return Err(error);
        }
        tracing::warn!(%error, tries, "the connection to the database broke; connecting again");
        std::thread::sleep(Duration::from_millis(u64::from(50 * tries.min(20))));
        tries += 1;
        if let Ok(new) = source.connect() {
            *conn = new;
        }
    }
}

fn alone(conn: &Conn, mut jobs: Vec<Box<dyn Job>>) {
    let keep = jobs.iter_mut().all(|job| try_to(job.as_mut(), conn));
    let committed = if keep {
        cell::commit(conn).inspect_err(|_| cell::roll_back(conn))
    } else {
        cell::roll_back(conn);
        Ok(())
    };
    let failed = committed.err();
    if let Some(error) = &failed {
        tracing::error!(%error, "a write was not committed");
    }
    for job in jobs {
        job.answer(failed.as_ref().map_or(Ok(()), |error| Err(StoreError::NotCommitted(error.to_string()))));
    }
}

fn together(conn: &Conn, mut jobs: Vec<Box<dyn Job>>) {
    let mut done = Ok(());
    for job in &mut jobs {
        done = done.and_then(|()| in_savepoint(job.as_mut(), conn));
    }
    let committed = done.and_then(|()| cell::commit(conn));
    match committed {
        Ok(()) => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
        Err(error) => {
            tracing::error!(%error, writes = jobs.len(), "writes were not committed");
            cell::roll_back(conn);
            tell(jobs, &error);
        }
    }
}

fn in_savepoint(job: &mut dyn Job, conn: &Conn) -> Result<(), StoreError> {
    let before = conn.state();
    conn.execute_batch("SAVEPOINT one")?;
    if try_to(job, conn) {
        conn.execute_batch("RELEASE SAVEPOINT one")?;
    } else {
        conn.execute_batch("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one")?;
        conn.set_state(before);
    }
    Ok(())
}

/// A panic undoes its own work and fails its own caller; the next write must still be served.
fn try_to(job: &mut dyn Job, conn: &Conn) -> bool {
    catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or_else(|_| {
        tracing::error!("a write panicked and was rolled back");
        false
    })
}

fn tell(jobs: Vec<Box<dyn Job>>, error: &StoreError) {
    for job in jobs {
        job.answer(Err(StoreError::NotCommitted(error.to_string())));
    }
}
