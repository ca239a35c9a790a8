//! Payments that a shopper makes on the payment company's own page: begun, asked about, and told of by the company.

use std::sync::Arc;

use axum::http::HeaderMap;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use pickup_domain::Money;

use super::config::{PaymentConfig, Provider};
use super::sandbox::Sandbox;
use super::{CompanyError, PaymentError};

/// A payment that is to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct Begin {
    /// Our number of it: the same number is the same payment.
    pub out_no: String,
    /// How much.
    pub amount: Money,
    /// Name of the person who is to pay: the buyer.
    pub payer_name: String,
    /// Identity number of that person, which the company compares with its own customer's.
    pub payer_id_number: String,
    /// Where the company tells how it ended.
    pub notify_url: String,
    /// Where the payer's browser goes afterwards.
    pub return_url: String,
    /// `zh` or `en`.
    pub lang: &'static str,
}

/// How a payment stands.
#[derive(Clone, PartialEq, Eq)]
pub enum Stands {
    /// The payer has not decided.
    Waiting,
    /// The payer's bank or the company refused it.
    Refused,
    /// The payer went away.
    Abandoned,
    /// It is paid.
    Paid(Paid),
}

/// A payment that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Paid {
    /// The company's number.
    pub transaction: String,
    /// What was paid.
    pub amount: Money,
    /// Name of the payer as the company knows it.
    pub payer_name: String,
    /// Identity number of the payer as the company knows it.
    pub payer_id_number: String,
    /// When.
    pub at: Timestamp,
}

/// What the company tells unasked.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// Our number of the payment.
    pub out_no: String,
    /// How it stands.
    pub stands: Stands,
}

/// A payment company with a page of its own for payers.
pub trait Checkout: Send + Sync {
    /// Begins a payment; the address of the page on which it is made. Again under the same number it is the same payment.
    fn begin<'a>(&'a self, ask: &'a Begin) -> BoxFuture<'a, Result<String, CompanyError>>;

    /// How a payment stands; `None` when the company does not know it.
    fn stands<'a>(&'a self, out_no: &'a str) -> BoxFuture<'a, Result<Option<Stands>, CompanyError>>;

    /// Reads a notification.
    ///
    /// # Errors
    /// [`CompanyError::Signature`] when it is not the company's own; [`CompanyError::Answer`] when it cannot be read.
    fn told(&self, headers: &HeaderMap, body: &[u8]) -> Result<Told, CompanyError>;

    /// Scheme, host and port of its page: where a form of ours may lead.
    fn origin(&self) -> String;

    /// What the company wants to hear when a notification was taken.
    fn thanks(&self) -> &'static str;
}

/// The company of the settings; `None` when there is none.
///
/// # Errors
/// [`PaymentError`].
pub fn open(
    config: &PaymentConfig,
    data_dir: &std::path::Path,
) -> Result<Option<Arc<dyn Checkout>>, PaymentError> {
    match config.provider {
        Provider::None => Ok(None),
        Provider::Sandbox => Ok(Some(Arc::new(Sandbox::open(config, data_dir)?))),
    }
}

// Identity numbers are not printed.
impl std::fmt::Debug for Begin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Begin({}, {})", self.out_no, self.amount)
    }
}

impl std::fmt::Debug for Stands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Waiting => "Waiting",
            Self::Refused => "Refused",
            Self::Abandoned => "Abandoned",
            Self::Paid(_) => "Paid",
        })
    }
}

impl std::fmt::Debug for Paid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paid({}, {})", self.transaction, self.amount)
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Told({}, {:?})", self.out_no, self.stands)
    }
}
