//! Settings of the interface for shops.

use serde::Deserialize;

/// Settings of the interface for shops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopApiConfig {
    /// Most requests a minute with one key; 0 for no limit.
    pub rate_per_minute: u32,
    /// How long the answer to a request with an `Idempotency-Key` is kept, in days.
    pub idempotency_days: u32,
}

impl Default for ShopApiConfig {
    fn default() -> Self {
        Self { rate_per_minute: 6_000, idempotency_days: 7 }
    }
}
