//! Settings of webhooks.

use serde::Deserialize;

/// Settings of webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// Whether endpoints may be plain HTTP and lie at private or local addresses. For tests and for shops in the same
    /// house only: otherwise a shop could have this backend call what only this backend can reach.
    pub allow_private: bool,
    /// How often it is looked whether there is something to tell, in milliseconds.
    pub poll_ms: u32,
    /// How long an endpoint may take to answer, in milliseconds.
    pub timeout_ms: u32,
    /// How long after the first failure a delivery is tried again, in milliseconds; four times as long after each further
    /// one, up to half a day.
    pub retry_ms: u32,
    /// How long a delivery is tried, and an endpoint may fail before it is disabled, in seconds.
    pub give_up_after_s: u32,
    /// How long deliveries that are done or given up are kept to be looked at, in days.
    pub keep_days: u32,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            poll_ms: 500,
            timeout_ms: 10_000,
            retry_ms: 5_000,
            give_up_after_s: 3 * 24 * 3600,
            keep_days: 30,
        }
    }
}
