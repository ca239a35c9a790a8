//! The `[phone]` of the settings: the shopper's pages.

use serde::Deserialize;

use crate::messages::config::MessagesConfig;

/// The shopper's pages. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// The merchant whose orders these are: the centre's own shop.
    pub merchant: String,
    /// After how many hours without a change a basket that was not paid is forgotten, with what was entered into it.
    pub forget_after_h: u32,
    /// For how many minutes a payment may be made; one that comes later is still taken, but nobody waits for it.
    pub pay_within_min: u32,
    /// How long before its time runs out a shopper is reminded of a parcel, in hours.
    pub remind_before_h: u32,
    /// How many days after customs' release a shopper may put the pickup off to, where the centre does not say; 0 for never.
    pub put_off_days: u32,
    /// How often a shopper may put one pickup off.
    pub put_offs: u32,
    /// How often a day it is said before payment whether an order fits a person's year.
    pub limit_answers_a_day: u32,
    /// Baskets that one address may begin in an hour.
    pub baskets_an_hour: u32,
    /// Times an hour that one address may enter who buys, or begin a payment: a hall's visitors may share an address.
    pub orders_an_hour: u32,
    /// Links an hour that one address may open and that lead nowhere.
    pub wrong_links_an_hour: u32,
    /// One-time codes an hour for one telephone; one address may ask for eight times as many.
    pub codes_an_hour: u32,
    /// Text messages.
    pub messages: MessagesConfig,
}

impl Default for PhoneConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            merchant: "centre".to_owned(),
            forget_after_h: 48,
            pay_within_min: 120,
            remind_before_h: 24,
            put_off_days: 14,
            put_offs: 2,
            limit_answers_a_day: 3,
            baskets_an_hour: 300,
            orders_an_hour: 120,
            wrong_links_an_hour: 30,
            codes_an_hour: 5,
            messages: MessagesConfig::default(),
        }
    }
}
