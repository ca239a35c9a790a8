//! From a paid order to a released declaration: holds, messages to customs, receipts.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::App;

/// Starts the jobs that talk to customs; each ends soon after `stop` becomes `true`.
pub fn start(_app: Arc<App>, _stop: watch::Receiver<bool>) -> JoinSet<()> {
    JoinSet::new()
}
