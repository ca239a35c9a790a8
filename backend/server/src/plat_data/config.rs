//! The `[plat_data]` of the settings.

use serde::Deserialize;

/// How customs' queries for payment data are answered. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlatDataConfig {
    /// Whether queries are answered at all.
    pub enabled: bool,
    /// Address the data are uploaded to (`realTimeDataUpload`); the test and the real one stand in docs/payment-data.md.
    pub upload_url: String,
    /// Name of one of the `[[signers]]` whose certificate belongs to the platform; empty for the key in the data directory.
    pub signer: String,
    /// How long to wait for customs to take an upload, in milliseconds.
    pub timeout_ms: u32,
    /// How long after an upload failed it is tried again, in milliseconds; doubles up to a minute.
    pub retry_ms: u32,
    /// For how long an upload is tried before a person is asked, in seconds.
    pub give_up_after_s: u32,
    /// How many years payment data are kept; customs asks for at least three.
    pub keep_years: u16,
    /// Account that payments go to (`recpAccount`).
    pub payee_account: String,
    /// Unified code of the holder of that account; the platform's registration code by default.
    pub payee_code: String,
    /// Holder of that account; the platform's name by default.
    pub payee_name: String,
    /// Address of an article, in which `{sku}` stands for its number; by default the picture under `public_url`.
    pub item_link: String,
    /// Who checked the payment: `1` 银联, `2` 网联, `3` another; where the shop does not say.
    pub check_body: String,
    /// How was paid: `1` app, `2` PC, `3` code, `4` another; where the shop does not say.
    pub pay_type: String,
}

impl Default for PlatDataConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            upload_url: String::new(),
            signer: String::new(),
            timeout_ms: 10_000,
            retry_ms: 1_000,
            give_up_after_s: 24 * 3600,
            keep_years: 3,
            payee_account: String::new(),
            payee_code: String::new(),
            payee_name: String::new(),
            item_link: String::new(),
            check_body: "3".to_owned(),
            pay_type: "1".to_owned(),
        }
    }
}
