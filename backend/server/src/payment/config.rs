//! The `[payment]` of the settings.

use std::path::PathBuf;

use serde::Deserialize;

/// Which payment company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// None: what is to be paid back waits for a person.
    #[default]
    None,
    /// The sandbox, `pickup-payment-sim`.
    Sandbox,
}

/// Who declares the payment (CEB411) to customs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclaredBy {
    /// The payment company, by itself when it is paid.
    #[default]
    Company,
    /// The payment company, at our request for each order.
    CompanyAsked,
    /// Us, by our own licence: not in this version.
    Us,
}

/// The payment company. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentConfig {
    /// Which one.
    pub provider: Provider,
    /// Its base URL.
    pub url: String,
    /// Its base URL as payers' browsers reach it; the same when empty.
    pub payer_url: String,
    /// File with the key that requests and notifications are signed with. The owner's alone.
    pub key_file: PathBuf,
    /// How long to wait for an answer, in milliseconds.
    pub timeout_ms: u32,
    /// How long after a failure it is asked again, in milliseconds; doubles up to ten minutes.
    pub retry_ms: u32,
    /// After how many failures a person is asked; it goes on being tried.
    pub tell_after: u32,
    /// Who declares payments to customs.
    pub payment_declared_by: DeclaredBy,
    /// Customs office as the company names it, for its declarations.
    pub customs: String,
}

impl Default for PaymentConfig {
    fn default() -> Self {
        Self {
            provider: Provider::None,
            url: String::new(),
            payer_url: String::new(),
            key_file: PathBuf::new(),
            timeout_ms: 10_000,
            retry_ms: 2_000,
            tell_after: 8,
            payment_declared_by: DeclaredBy::Company,
            customs: "ZONGSHU".to_owned(),
        }
    }
}
