//! What the company knows: payments, refunds, declarations. Every request may come twice and then changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    Unknown,
    /// The number was used for something else.
    Conflict,
    /// It is in no state for that.
    State,
}

/// A payment that a shop asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The shop's number.
    pub out_no: String,
    /// How much, in fen.
    pub amount_fen: i64,
    /// Where its end is told; nowhere when empty.
    #[serde(default)]
    pub notify_url: String,
    /// `created`, `paid`, `refused` or `abandoned`.
    #[serde(default)]
    pub state: String,
    /// The company's number, once paid.
    #[serde(default)]
    pub transaction_id: String,
    /// Who is to pay, and once paid who did: name and identity number as the company knows its customers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payer_name: String,
    /// See [`Self::payer_name`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payer_id_number: String,
    /// Where the payer's browser goes afterwards.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub return_url: String,
    /// When it was paid, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paid_at: String,
}

/// Another customer of the company: invented, of a region that does not exist.
const OTHER: (&str, &str) = ("测试丑", "990101199203040224");

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The shop's number: the same number is the same refund.
    pub refund_no: String,
    /// Of which payment.
    pub transaction_id: String,
    /// How much, in fen.
    pub amount_fen: i64,
    /// `pending`, `done` or `refused`.
    #[serde(default)]
    pub state: String,
    /// Why it was refused.
    #[serde(default)]
    pub message: String,
}

/// A payment declared to customs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The order.
    pub order_no: String,
    /// Of which payment.
    pub transaction_id: String,
    /// How much, in fen.
    pub amount_fen: i64,
    /// Registration code of the platform.
    #[serde(default)]
    pub platform: String,
    /// Customs office.
    #[serde(default)]
    pub customs: String,
    /// `submitted`, `accepted` or `rejected`.
    #[serde(default)]
    pub state: String,
    /// Why it was rejected.
    #[serde(default)]
    pub message: String,
}

/// The company's books.
#[derive(Clone, Debug, Default)]
pub struct Books {
    payments: BTreeMap<String, Payment>,
    refunds: BTreeMap<String, Refund>,
    declarations: BTreeMap<String, Declaration>,
}

impl Books {
    /// Makes a payment that waits for its payer.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for another one under the same number.
    pub fn create(&mut self, asked: Payment) -> Result<Payment, Refusal> {
        let new = Payment { state: "created".into(), transaction_id: String::new(), ..asked.clone() };
        let kept = self.payments.entry(asked.out_no.clone()).or_insert(new);
        if kept.amount_fen == asked.amount_fen { Ok(kept.clone()) } else { Err(Refusal::Conflict) }
    }

    /// The payer pays, refuses or abandons; `state` is what it is from then on.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], or [`Refusal::State`] when it ended otherwise.
    pub fn end(&mut self, out_no: &str, state: &str) -> Result<Payment, Refusal> {
        let payment = self.payments.get_mut(out_no).ok_or(Refusal::Unknown)?;
        if payment.state == "created" {
            payment.state = state.to_owned();
            if state == "paid" {
                payment.transaction_id = format!("SBX{out_no}");
                payment.paid_at = jiff::Timestamp::now().to_string();
            }
        }
        if payment.state == state { Ok(payment.clone()) } else { Err(Refusal::State) }
    }

    /// As [`Self::end`] with `paid`, but another customer of the company pays.
    ///
    /// # Errors
    /// As there.
    pub fn paid_by_another(&mut self, out_no: &str) -> Result<Payment, Refusal> {
        if let Some(payment) = self.payments.get_mut(out_no).filter(|payment| payment.state == "created") {
            (payment.payer_name, payment.payer_id_number) = (OTHER.0.to_owned(), OTHER.1.to_owned());
        }
        self.end(out_no, "paid")
    }

    /// A payment.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn payment(&self, out_no: &str) -> Result<Payment, Refusal> {
        self.payments.get(out_no).cloned().ok_or(Refusal::Unknown)
    }

    /// Pays money back, once per number and never more than was paid. Payments the company has not seen (shops of a demo make
    /// their own) have no limit.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for another refund under the same number.
    pub fn refund(&mut self, asked: Refund) -> Result<Refund, Refusal> {
        if let Some(kept) = self.refunds.get(&asked.refund_no) {
            let same = kept.transaction_id == asked.transaction_id && kept.amount_fen == asked.amount_fen;
            return if same { Ok(kept.clone()) } else { Err(Refusal::Conflict) };
        }
        let paid =
            self.payments.values().find(|p| p.transaction_id == asked.transaction_id).map(|p| p.amount_fen);
        let back = self.paid_back(&asked.transaction_id);
        let fits =
            asked.amount_fen >= 0 && paid.is_none_or(|paid| asked.amount_fen.saturating_add(back) <= paid);
        let (state, message) =
            if fits { ("done", "") } else { ("refused", "退款金额超过支付金额") };
        let refund = Refund { state: state.into(), message: message.into(), ..asked };
        self.refunds.insert(refund.refund_no.clone(), refund.clone());
        Ok(refund)
    }

    /// What was paid back of a payment, in fen.
    #[must_use]
    pub fn paid_back(&self, transaction_id: &str) -> i64 {
        let of = self.refunds.values().filter(|r| r.transaction_id == transaction_id && r.state == "done");
        of.fold(0, |sum: i64, refund| sum.saturating_add(refund.amount_fen))
    }

    /// A refund.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn refunded(&self, refund_no: &str) -> Result<Refund, Refusal> {
        self.refunds.get(refund_no).cloned().ok_or(Refusal::Unknown)
    }

    /// Declares a payment: submitted at first, accepted from the next question on. `rejects` says
    /// whether customs rejects it, and is asked only when that is decided.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for another payment of the same order.
    pub fn declare(
        &mut self,
        asked: Declaration,
        rejects: impl FnOnce() -> bool,
    ) -> Result<Declaration, Refusal> {
        if let Some(kept) = self.declarations.get(&asked.order_no) {
            if kept.transaction_id != asked.transaction_id || kept.amount_fen != asked.amount_fen {
                return Err(Refusal::Conflict);
            }
            return self.declared(&asked.order_no, rejects);
        }
        let new = Declaration { state: "submitted".into(), message: String::new(), ..asked };
        self.declarations.insert(new.order_no.clone(), new.clone());
        Ok(new)
    }

    /// How a declaration stands.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn declared(
        &mut self,
        order_no: &str,
        rejects: impl FnOnce() -> bool,
    ) -> Result<Declaration, Refusal> {
        let kept = self.declarations.get_mut(order_no).ok_or(Refusal::Unknown)?;
        if kept.state == "submitted" {
            let (state, message) =
                if rejects() { ("rejected", "支付人身份信息不一致") } else { ("accepted", "") };
            kept.state = state.into();
            kept.message = message.into();
        }
        Ok(kept.clone())
    }

    /// Declares a rejected payment anew.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], or [`Refusal::State`] for one that was not rejected.
    pub fn redeclare(&mut self, order_no: &str) -> Result<Declaration, Refusal> {
        let kept = self.declarations.get_mut(order_no).ok_or(Refusal::Unknown)?;
        if kept.state != "rejected" {
            return Err(Refusal::State);
        }
        kept.state = "submitted".into();
        kept.message = String::new();
        Ok(kept.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(number: &str, amount_fen: i64) -> Refund {
        Refund {
            refund_no: number.into(),
            transaction_id: "SBXA-1".into(),
            amount_fen,
            state: String::new(),
            message: String::new(),
        }
    }

    fn paid() -> Books {
        let mut books = Books::default();
        let text = r#"{"out_no":"A-1","amount_fen":1000}"#;
        books.create(serde_json::from_str(text).unwrap()).unwrap();
        books.end("A-1", "paid").unwrap();
        books
    }

    #[test]
    fn a_refund_is_paid_once_per_number_and_never_more_than_was_paid() {
        let mut books = paid();
        for _ in 0..2 {
            assert_eq!(books.refund(refund("R1", 600)).unwrap().state, "done");
        }
        assert_eq!(books.refund(refund("R1", 601)), Err(Refusal::Conflict));
        assert_eq!(books.refund(refund("R2", 401)).unwrap().state, "refused");
        assert_eq!(books.paid_back("SBXA-1"), 600);
    }

    #[test]
    fn a_payment_ends_once() {
        let mut books = paid();
        assert_eq!(books.end("A-1", "paid").unwrap().transaction_id, "SBXA-1");
        assert_eq!(books.end("A-1", "abandoned"), Err(Refusal::State));
        assert_eq!(books.end("A-2", "paid"), Err(Refusal::Unknown));
    }

    #[test]
    fn a_rejected_declaration_is_accepted_when_declared_anew() {
        let mut books = paid();
        let text = r#"{"order_no":"A-1","transaction_id":"SBXA-1","amount_fen":1000}"#;
        let asked: Declaration = serde_json::from_str(text).unwrap();
        assert_eq!(books.declare(asked.clone(), || true).unwrap().state, "submitted");
        assert_eq!(books.declare(asked.clone(), || true).unwrap().state, "rejected");
        assert_eq!(books.redeclare("A-1").unwrap().state, "submitted");
        assert_eq!(books.declare(asked, || false).unwrap().state, "accepted");
        assert_eq!(books.redeclare("A-1"), Err(Refusal::State));
    }
}
