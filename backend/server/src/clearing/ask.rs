//! A paid order that asks to be cleared: everything about it that needs no database is done here, outside the one writer.

use std::sync::Arc;

use pickup_domain::IdNumber;
use pickup_domain::order::{Order, Payment};
use pickup_protocol::IdentityDigest;

use crate::App;
use crate::clearing::ClearingError;
use crate::secrets::random;
use crate::shop::book;
use crate::store::StoreError;

/// Whether the order comes with its payment or was placed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It comes with its payment and is stored with it or not at all.
    New {
        /// Keyed digest of the order's request.
        digest: String,
        /// The order, sealed.
        sealed: Vec<u8>,
    },
    /// It was placed before under this id.
    Placed(i64),
}

/// A paid order that asks to be cleared.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose API key asks.
    pub merchant: String,
    /// New or placed before.
    pub origin: Origin,
    /// The order.
    pub order: Order,
    /// Its payment.
    pub payment: Payment,
    /// Keyed digest of the payment's request.
    pub payment_digest: String,
    /// The payment, sealed.
    pub payment_sealed: Vec<u8>,
    /// Keyed digest of the buyer's identity number.
    pub buyer_key: String,
    /// Keyed digest of the buyer's telephone.
    pub phone_key: String,
    /// Salted digest of the identity number, for kiosks.
    pub identity: IdentityDigest,
}

impl Ask {
    /// An order with its payment.
    ///
    /// # Errors
    /// [`ClearingError`] when it cannot be sealed. `None` when there is no identity number to find the buyer by: the verdict
    /// says so, and there is no year to hold on.
    pub fn new(
        app: &Arc<App>,
        merchant: &str,
        order: Order,
        payment: Payment,
    ) -> Result<Option<Self>, ClearingError> {
        let digest = book::digest(app, "order-body", &order)?;
        let sealed = book::seal(&app.secrets, merchant, &order)?;
        Self::of(app, merchant, Origin::New { digest, sealed }, order, payment)
    }

    /// The payment of an order that was placed before under `id`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn paying(
        app: &Arc<App>,
        merchant: &str,
        id: i64,
        order: Order,
        payment: Payment,
    ) -> Result<Option<Self>, ClearingError> {
        Self::of(app, merchant, Origin::Placed(id), order, payment)
    }

    fn of(
        app: &Arc<App>,
        merchant: &str,
        origin: Origin,
        mut order: Order,
        payment: Payment,
    ) -> Result<Option<Self>, ClearingError> {
        order.buyer.authenticated &= app.config.shops_authenticate;
        let Ok(buyer) = order.buyer.id_number.0.parse::<IdNumber>() else { return Ok(None) };
        let plain = serde_json::to_vec(&payment).map_err(|e| StoreError::unreadable("a payment", e))?;
        Ok(Some(Self {
            merchant: merchant.to_owned(),
            origin,
            payment_digest: book::digest(app, "payment-body", &payment)?,
            payment_sealed: app.secrets.seal(&payment_context(merchant, &order.order_no), &plain)?,
            buyer_key: app.secrets.buyer_key(&buyer),
            phone_key: app.secrets.short_fingerprint("telephone", order.buyer.telephone.trim().as_bytes()),
            identity: IdentityDigest::new(random()?, &buyer),
            order,
            payment,
        }))
    }
}

/// What a payment is sealed under.
#[must_use]
pub fn payment_context(merchant: &str, order_no: &str) -> String {
    format!("payment/{merchant}/{order_no}")
}
