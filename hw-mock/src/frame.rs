//! Bytes that wait to become a frame.

use std::time::Duration;

/// A device that hears nothing for so long forgets the beginning of a frame.
pub const FORGETS_AFTER: Duration = Duration::from_millis(500);

/// Received bytes that are no whole frame yet.
#[derive(Debug, Default)]
pub struct Inbox {
    /// The bytes.
    pub bytes: Vec<u8>,
    last_at: Duration,
}

impl Inbox {
    /// Adds what arrived at `now`; a beginning that was never finished goes.
    pub fn take(&mut self, bytes: &[u8], now: Duration) {
        if now.saturating_sub(self.last_at) > FORGETS_AFTER {
            self.bytes.clear();
        }
        self.last_at = now;
        self.bytes.extend_from_slice(bytes);
    }
}
