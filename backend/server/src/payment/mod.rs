//! Payment companies: what is asked of them behind one trait, and the jobs that ask.
//!
//! [`refund`] takes money that goes back to buyers to the company, [`declare`] has the company declare payments to customs
//! (CEB411) where it does so only when asked. Both survive a crash at any moment: what is asked is on the disk before, and
//! asking again under the same number changes nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use pickup_domain::Money;

use crate::shop::Shop;
use crate::time;

pub mod checkout;
pub mod config;
pub mod declare;
pub mod refund;
pub mod sandbox;
pub mod signature;

use config::{DeclaredBy, Provider};
use sandbox::{Sandbox, SandboxError};

/// How often what is due is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Every how many looks new payments are declared: finding them reads every order that is on its way.
const DECLARE_EVERY: u32 = 10;
/// Longest time between two tries, in milliseconds.
const LONGEST_WAIT_MS: u32 = 600_000;

/// Why a company did not answer. Asking again later may help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompanyError {
    /// It cannot be reached, or not in time: what was asked may have been done all the same.
    #[error("the payment company cannot be reached: {0}")]
    Unreachable(String),
    /// It answered something else than expected.
    #[error("the payment company answered {status}: {text}")]
    Answer {
        /// HTTP status.
        status: u16,
        /// First characters of the answer.
        text: String,
    },
    /// The answer is not signed with the shared key: it may be anybody's.
    #[error("the answer of the payment company is not signed with its key")]
    Signature,
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundAsk {
    /// Our number of the refund: the same number is the same refund.
    pub number: String,
    /// The company's number of the payment.
    pub transaction: String,
    /// How much.
    pub amount: Money,
}

/// How a refund stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The company works on it.
    Pending,
    /// The buyer has the money.
    Done,
    /// The company does not do it, and why.
    Refused(String),
}

/// A payment that is to be declared to customs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclareAsk {
    /// The order.
    pub order_no: String,
    /// The company's number of the payment.
    pub transaction: String,
    /// What was paid.
    pub amount: Money,
    /// Registration code of the platform.
    pub platform: String,
    /// Customs office as the company names it.
    pub customs: String,
}

/// How the declaration of a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclareState {
    /// The company has sent it.
    Submitted,
    /// Customs has taken it.
    Accepted,
    /// Customs or the company rejected it, and why.
    Rejected(String),
}

/// A payment company.
pub trait Company: Send + Sync {
    /// Asks for a refund; again under the same number it says how that stands.
    fn refund<'a>(&'a self, ask: &'a RefundAsk) -> BoxFuture<'a, Result<RefundState, CompanyError>>;

    /// How a refund stands; `None` when the company does not know the number.
    fn refunded<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<Option<RefundState>, CompanyError>>;

    /// Has a payment declared to customs; again for the same order it says how that stands.
    fn declare<'a>(&'a self, ask: &'a DeclareAsk) -> BoxFuture<'a, Result<DeclareState, CompanyError>>;

    /// How a declaration stands; `None` when the company does not know the order.
    fn declared<'a>(&'a self, order_no: &'a str)
    -> BoxFuture<'a, Result<Option<DeclareState>, CompanyError>>;

    /// Has a rejected declaration sent again.
    fn redeclare<'a>(&'a self, order_no: &'a str) -> BoxFuture<'a, Result<DeclareState, CompanyError>>;
}

/// Why there is no payment company.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A choice that this version does not have.
    #[error(
        "[payment] payment_declared_by = \"us\": this version does not send CEB411 itself; let the company declare"
    )]
    NotBuilt,
}

/// The company of the settings; `None` when there is none.
///
/// # Errors
/// [`PaymentError`].
pub fn open(shop: &Shop) -> Result<Option<Arc<dyn Company>>, PaymentError> {
    let config = &shop.app.config.payment;
    if config.payment_declared_by == DeclaredBy::Us {
        return Err(PaymentError::NotBuilt);
    }
    match config.provider {
        Provider::None => Ok(None),
        Provider::Sandbox => Ok(Some(Arc::new(Sandbox::open(config, &shop.app.config.data_dir)?))),
    }
}

/// Takes what is due to the company, until dropped.
pub async fn run(shop: Arc<Shop>, company: Arc<dyn Company>) {
    let asked = shop.app.config.payment.payment_declared_by == DeclaredBy::CompanyAsked;
    let mut looks = 0_u32;
    loop {
        if let Err(error) = refund::all_due(&shop, &*company).await {
            tracing::error!(%error, "refunds could not be prepared");
        }
        let declares = asked && looks.is_multiple_of(DECLARE_EVERY);
        looks = looks.wrapping_add(1);
        if declares && let Err(error) = declare::all_due(&shop, &*company).await {
            tracing::error!(%error, "declarations of payments could not be prepared");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// When something that failed so often already is tried again.
fn next_try(now: Timestamp, retry_ms: u32, attempts: i64) -> Timestamp {
    time::after_ms(now, time::backoff_ms(retry_ms, attempts, LONGEST_WAIT_MS))
}

#[cfg(test)]
mod tests;
