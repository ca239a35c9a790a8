//! Waiting for something with a deadline, and a sentence when it does not come.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a state is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(15);
/// How long anything a machine does alone may take on a busy computer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is a value.
///
/// # Errors
/// The look's own error at once; after `limit`, that `what` did not happen.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
