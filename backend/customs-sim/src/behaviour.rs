//! How the port behaves: what it is configured with, what it decides, and all the ways in which it can be slow or broken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How the port answers over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBehaviour {
    /// As it should.
    #[default]
    Ok,
    /// 503, nothing stored.
    Refuse,
    /// The connection is closed at once, nothing stored.
    Cut,
    /// No answer, nothing stored.
    Hang,
    /// Messages are stored and then the connection is cut without an answer.
    DropAfterStore,
}

/// What customs decides of a list that passed all checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decide {
    /// 800, unless the shares of reviews and inspections say otherwise.
    #[default]
    Release,
    /// 500, until told to release.
    Inspect,
    /// 300, until told to release.
    Review,
}

/// How the tax of a bill is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Each tax of each line half up to a fen.
    #[default]
    Line,
    /// Lines keep five places, the sums are rounded half up to a fen.
    Order,
    /// Each tax of each line is cut to a fen.
    Truncate,
}

/// Rates of a commodity, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaxRates {
    /// Duty (关税); asked only above the single limit.
    pub duty_bp: u16,
    /// Value-added tax (增值税).
    pub vat_bp: u16,
    /// Consumption tax (消费税).
    pub ct_bp: u16,
}

impl Default for TaxRates {
    fn default() -> Self {
        Self { duty_bp: 0, vat_bp: 1300, ct_bp: 0 }
    }
}

/// How the port behaves. Shares (`…_permille`) are parts of a thousand; the seed and the document's own number decide
/// whom they hit, so that the same documents meet the same fate however often and in whatever order they come.
/// Delays (`…_ms`) are `[least, most]` milliseconds; where there is none, the step of the port is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Makes the shares repeatable.
    pub seed: u64,
    /// Over HTTP.
    pub http: HttpBehaviour,
    /// Share of requests answered 503.
    pub http_refuse_permille: u16,
    /// Share of messages that are taken, whereupon the connection is cut without an answer.
    pub http_drop_permille: u16,
    /// Every answer over HTTP waits so long.
    pub http_delay_ms: [u32; 2],
    /// Bytes a second of the line; 0 for as fast as it goes.
    pub bytes_per_s: u32,
    /// Out of service again and again: every so many milliseconds; 0 for never.
    pub outage_every_ms: u32,
    /// How long such an outage lasts.
    pub outage_ms: u32,
    /// What happens to requests meanwhile: `refuse`, `cut` or `hang`.
    pub outage: HttpBehaviour,

    /// From arrival to 120.
    pub check_ms: Option<[u32; 2]>,
    /// From 120 to 800, or to 300 or 500.
    pub decide_ms: Option<[u32; 2]>,
    /// From 300 to what follows.
    pub review_ms: Option<[u32; 2]>,
    /// From 500 to what follows.
    pub inspect_ms: Option<[u32; 2]>,
    /// From the 2 of a cancellation or return to its 120, and from there to its end.
    pub apply_ms: Option<[u32; 2]>,

    /// Outcome of lists that passed all checks.
    pub decide: Decide,
    /// Share of lists that a person reviews (300).
    pub review_permille: u16,
    /// Share of the reviewed that are rejected (100) in the end; the others are released.
    pub review_reject_permille: u16,
    /// Share of lists whose goods are inspected (500).
    pub inspect_permille: u16,
    /// How inspections end, drawn evenly: 800, 501, 502, 503, 599 or 700.
    pub inspect_ends: Vec<i32>,
    /// Share of lists that customs rejects (100) without fault of the list.
    pub reject_permille: u16,
    /// Codes of those rejections, drawn evenly.
    pub reject_codes: Vec<String>,
    /// Share of lists that the E-Port does not take at first.
    pub exception_permille: u16,
    /// Status codes of those exceptions, drawn evenly; below zero.
    pub exception_codes: Vec<i32>,
    /// Share of cancellations that customs rejects.
    pub cancel_reject_permille: u16,
    /// Share of returns that customs rejects.
    pub refund_reject_permille: u16,
    /// Share of released lists that get a 399 as well.
    pub concluded_permille: u16,
    /// From release to 899; `None` for never.
    pub close_ms: Option<[u32; 2]>,

    /// Every receipt is sent twice, within a message and as a message.
    pub duplicate_receipts: bool,
    /// The last receipt of a list arrives before the one that precedes it.
    pub reorder_receipts: bool,
    /// Share of receipt messages that are sent twice.
    pub duplicate_permille: u16,
    /// Share of lists whose 120 arrives after what follows it.
    pub reorder_permille: u16,
    /// Share of receipts that arrive later than they were made.
    pub late_permille: u16,
    /// How much later.
    pub late_ms: [u32; 2],
    /// Share of receipts accompanied by one about a document that nobody sent.
    pub stray_permille: u16,
    /// Share of receipts preceded by a damaged copy.
    pub garbled_permille: u16,
    /// Share of receipts accompanied by a CEB900 of `huge_bytes`.
    pub huge_permille: u16,
    /// Size of such a CEB900.
    pub huge_bytes: u32,
    /// Share of lists with a receipt whose status and code nobody knows, before the decision.
    pub unknown_permille: u16,
    /// Share of receipt messages whose guids are in lower case.
    pub lowercase_guid_permille: u16,
    /// Share of receipt messages without namespace.
    pub no_namespace_permille: u16,
    /// Share of receipt messages with elements that the schema does not have.
    pub unknown_elements_permille: u16,
    /// Most receipts of one message, 1 to 100.
    pub batch: u16,
    /// Share of files in the spool folder that stand there half written for a while.
    pub half_written_permille: u16,
    /// How long they do.
    pub half_written_ms: u32,

    /// Whether lists wait for a payment (CEB411) too.
    pub payment_required: bool,
    /// Codes of registered companies; empty when registration is not checked.
    pub registered: Vec<String>,
    /// Whether an unknown certificate is accepted; it belongs from then on to the declarant that first sends a list with
    /// it.
    pub trust_first_use: bool,
    /// Companies by the serial number (hex) of their certificate: a list's declarant must own the certificate it is
    /// signed with. Certificates that are not named here may sign for anybody.
    pub declarants: BTreeMap<String, String>,
    /// Most fen by which an order's tax may differ from the port's own; `None` when it is not checked.
    pub tax_tolerance_fen: Option<u32>,
    /// Whether a released list may still be cancelled, its goods being in the area.
    pub cancel_after_release: bool,
    /// Days after release within which goods may be returned.
    pub refund_days: u16,

    /// Whether tax bills (CEB816) and their states (CEB818) are sent.
    pub tax: bool,
    /// From release to the bill.
    pub tax_ms: Option<[u32; 2]>,
    /// From the bill to its being summed up (818 status 2); `None` for never.
    pub summarise_ms: Option<[u32; 2]>,
    /// How it is rounded.
    pub tax_rounding: Rounding,
    /// Fen by which every bill is too high.
    pub tax_plus_fen: i32,
    /// Rates by the first digits of the commodity code; the longest that fits is taken, else 13 % value-added tax.
    pub rates: BTreeMap<String, TaxRates>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seed: 1,
            http: HttpBehaviour::Ok,
            http_refuse_permille: 0,
            http_drop_permille: 0,
            http_delay_ms: [0, 0],
            bytes_per_s: 0,
            outage_every_ms: 0,
            outage_ms: 0,
            outage: HttpBehaviour::Refuse,
            check_ms: None,
            decide_ms: None,
            review_ms: None,
            inspect_ms: None,
            apply_ms: None,
            decide: Decide::Release,
            review_permille: 0,
            review_reject_permille: 0,
            inspect_permille: 0,
            inspect_ends: vec![800],
            reject_permille: 0,
            reject_codes: vec!["22001".to_owned(), "1322".to_owned(), "13035".to_owned()],
            exception_permille: 0,
            exception_codes: vec![-621_013, -621_017],
            cancel_reject_permille: 0,
            refund_reject_permille: 0,
            concluded_permille: 0,
            close_ms: None,
            duplicate_receipts: false,
            reorder_receipts: false,
            duplicate_permille: 0,
            reorder_permille: 0,
            late_permille: 0,
            late_ms: [0, 0],
            stray_permille: 0,
            garbled_permille: 0,
            huge_permille: 0,
            huge_bytes: 2_000_000,
            unknown_permille: 0,
            lowercase_guid_permille: 0,
            no_namespace_permille: 0,
            unknown_elements_permille: 0,
            batch: 1,
            half_written_permille: 0,
            half_written_ms: 200,
            payment_required: false,
            registered: Vec::new(),
            trust_first_use: false,
            declarants: BTreeMap::new(),
            tax_tolerance_fen: None,
            cancel_after_release: true,
            refund_days: 30,
            tax: false,
            tax_ms: None,
            summarise_ms: None,
            tax_rounding: Rounding::Line,
            tax_plus_fen: 0,
            rates: BTreeMap::new(),
        }
    }
}

/// What changes of a [`Behaviour`], by the names of its fields; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BehaviourChange(pub Map<String, Value>);

/// A change that names something unknown or gives it a value it cannot have.
#[derive(Debug, thiserror::Error)]
#[error("this behaviour is not possible: {0}")]
pub struct BehaviourError(String);

impl Behaviour {
    /// The behaviour after a change.
    ///
    /// # Errors
    /// [`BehaviourError`] for unknown names, wrong values, and shares above a thousand.
    pub fn with(&self, change: &BehaviourChange) -> Result<Self, BehaviourError> {
        let wrong = |error: serde_json::Error| BehaviourError(error.to_string());
        let Value::Object(mut fields) = serde_json::to_value(self).map_err(wrong)? else {
            return Ok(self.clone());
        };
        for (name, value) in &change.0 {
            let share = name.ends_with("_permille").then(|| value.as_u64()).flatten();
            if share.is_some_and(|share| share > 1000) {
                return Err(BehaviourError(format!("{name} is above 1000")));
            }
            if value.as_array().is_some_and(Vec::is_empty)
                && ["inspect_ends", "reject_codes"].contains(&&**name)
            {
                return Err(BehaviourError(format!("{name} is empty")));
            }
            fields.insert(name.clone(), value.clone());
        }
        serde_json::from_value(Value::Object(fields)).map_err(wrong)
    }

    /// Whether a share hits.
    pub(crate) fn hits(&self, permille: u16, key: &str, what: &str) -> bool {
        permille > 0 && self.draw(key, what) % 1000 < u64::from(permille)
    }

    /// A number that depends on nothing but the seed and the names.
    pub(crate) fn draw(&self, key: &str, what: &str) -> u64 {
        let mut hash = self.seed ^ 0xCBF2_9CE4_8422_2325;
        for byte in key.bytes().chain([0]).chain(what.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        hash ^= hash >> 30;
        hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash ^ (hash >> 31)
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&self, from: &'a [T], key: &str, what: &str) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok()?;
        let index = self.draw(key, what).checked_rem(count)?;
        from.get(usize::try_from(index).ok()?)
    }

    /// Milliseconds out of a range.
    pub(crate) fn wait_ms(&self, range: [u32; 2], key: &str, what: &str) -> i64 {
        let [least, most] = range.map(u64::from);
        let span = most.saturating_sub(least).saturating_add(1);
        i64::try_from(least.saturating_add(self.draw(key, what) % span)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(value: Value) -> BehaviourChange {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_change_leaves_the_rest_and_refuses_what_it_does_not_know() {
        let changed = Behaviour::default().with(&change(json!({"decide": "review", "tax": true}))).unwrap();
        assert_eq!(changed, Behaviour { decide: Decide::Review, tax: true, ..Behaviour::default() });
        for wrong in [json!({"decidee": "review"}), json!({"decide": "x"}), json!({"late_permille": 1001})] {
            assert!(changed.with(&change(wrong.clone())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_hit_about_as_many_as_they_say_and_always_the_same() {
        let behaviour = Behaviour { seed: 7, ..Behaviour::default() };
        let hit = |seed| {
            let behaviour = Behaviour { seed, ..behaviour.clone() };
            (0..10_000).filter(|n| behaviour.hits(100, &format!("BP{n}"), "late")).collect::<Vec<_>>()
        };
        assert!((850..1150).contains(&hit(7).len()), "{}", hit(7).len());
        assert_eq!(hit(7), hit(7));
        assert_ne!(hit(7), hit(8));
    }
}
