//! Certificates that declarations are signed with run out: a person is told 60, 30 and 7 days ahead, and when it is too late.

use std::collections::BTreeMap;
use std::sync::Arc;

use pickup_customs::{Expiry, Signer as _};
use serde_json::json;

use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};

/// Tells a person of every certificate that runs out soon; once for each level.
///
/// # Errors
/// [`StoreError`].
pub async fn watch(shop: &Arc<Shop>) -> Result<(), StoreError> {
    let now = shop.app.now();
    let mut soon = BTreeMap::new();
    for signer in std::iter::once(&shop.signer).chain(shop.signers.values()) {
        let certificate = signer.certificate();
        let level = match certificate.expires_within(now) {
            None => continue,
            Some(Expiry::Within60Days) => "60",
            Some(Expiry::Within30Days) => "30",
            Some(Expiry::Within7Days) => "7",
            Some(Expiry::Expired) => "expired",
        };
        let entity = format!("{}/{level}", certificate.serial_hex());
        soon.insert(entity, json!({ "holder": certificate.subject(), "until": certificate.not_after() }));
    }
    if soon.is_empty() {
        return Ok(());
    }
    shop.app
        .store
        .write(move |tx| {
            for (entity, body) in &soon {
                tasks::raise(tx, now, Task::Certificate, entity, None, body)?;
            }
            Ok(())
        })
        .await
}
