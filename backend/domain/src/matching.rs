//! The three-document match: order, payment and waybill must agree field by field.
//!
//! Source: 海关总署公告2018年第194号 (payer and buyer are one person where identity was not authenticated by a
//! state-authorised body); the field pairs are those the port compares.

use std::fmt::Display;

use crate::order::{Order, Payment};
use crate::reason::{Reason, ReasonCode};
use crate::{IdNumber, Money};

pub mod documents;

const RULE: &str = "海关总署公告2018年第194号";
const ID_NUMBER: &str = "GB 11643-1999";

/// What our own waybill says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waybill {
    /// Waybill number.
    pub number: String,
    /// The order it carries.
    pub order_no: String,
    /// Recipient.
    pub consignee: String,
    /// Recipient's telephone.
    pub telephone: String,
    /// Freight.
    pub freight: Money,
}

/// Every difference between order, payment and waybill as they are before anything is sent; none when they agree.
/// [`documents::compare`] compares what was written from them in full.
#[must_use]
pub fn match_documents(order: &Order, payment: &Payment, pay_code: &str, waybill: &Waybill) -> Vec<Reason> {
    let mut found = Differences::default();
    found.text("payment.order_no", &order.order_no, &payment.order_no);
    found.text("payment.currency", &order.currency, &payment.currency);
    found.text("payment.pay_code", pay_code, &payment.pay_code);
    found.text("waybill.order_no", &order.order_no, &waybill.order_no);
    found.text("waybill.consignee", &order.buyer.name, &waybill.consignee);
    found.text("waybill.telephone", &order.buyer.telephone, &waybill.telephone);
    found.value("waybill.freight", order.freight_fen, waybill.freight);
    found.amount(order.total_fen, payment.amount_fen);
    let (buyer, payer) = (&order.buyer, &payment.payer);
    if buyer.authenticated {
        found.well_formed("payer.id_number", &payer.id_number.0);
    } else {
        found.payer((&buyer.name, &buyer.id_number.0), (&payer.name, &payer.id_number.0));
    }
    found.reasons
}

/// Differences found so far. Nothing is formatted while documents agree.
#[derive(Default)]
struct Differences {
    reasons: Vec<Reason>,
}

impl Differences {
    fn push(&mut self, code: ReasonCode, field: &str, expected: impl Display, found: impl Display) {
        self.reasons.push(Reason::new(code).field(field).values(expected, found).rule(RULE));
    }

    /// Texts agree when they do without the blanks around them.
    fn text(&mut self, field: &str, expected: &str, found: &str) {
        self.value(field, expected.trim(), found.trim());
    }

    fn value<T: PartialEq + Display>(&mut self, field: &str, expected: T, found: T) {
        if expected != found {
            self.push(ReasonCode::DocumentsDiffer, field, expected, found);
        }
    }

    fn amount(&mut self, order: Money, payment: Money) {
        if order != payment {
            self.push(ReasonCode::PaymentAmount, "payment.amount_fen", order, payment);
        }
    }

    fn well_formed(&mut self, field: &str, id: &str) {
        if let Err(error) = id.parse::<IdNumber>() {
            self.reasons.push(Reason::new(error.into()).field(field).rule(ID_NUMBER));
        }
    }

    /// Buyer and payer, each by name and identity number, are one person.
    fn payer(&mut self, buyer: (&str, &str), payer: (&str, &str)) {
        if buyer.0.trim() != payer.0.trim() {
            self.push(ReasonCode::PayerNotBuyer, "payer.name", buyer.0, payer.0);
        }
        match (buyer.1.parse::<IdNumber>(), payer.1.parse::<IdNumber>()) {
            (_, Err(error)) => {
                self.reasons.push(Reason::new(error.into()).field("payer.id_number").rule(ID_NUMBER));
            }
            (Ok(buyer), Ok(payer)) if buyer == payer => {}
            (Ok(buyer), Ok(payer)) => {
                self.push(ReasonCode::PayerNotBuyer, "payer.id_number", buyer.masked(), payer.masked());
            }
            (Err(error), Ok(_)) => {
                self.reasons.push(Reason::new(error.into()).field("buyer.id_number").rule(ID_NUMBER));
            }
        }
    }

    /// Identity numbers that must be equal, named only masked.
    fn identity(&mut self, field: &str, expected: &str, found: &str) {
        let same = expected.trim().eq_ignore_ascii_case(found.trim());
        if !same {
            self.push(ReasonCode::DocumentsDiffer, field, masked(expected), masked(found));
        }
    }
}

/// The number masked, or only its length when it is none.
fn masked(id: &str) -> String {
    id.parse::<IdNumber>().map_or_else(|_| format!("({})", id.chars().count()), |id| id.masked())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Payer, RawId};
    use crate::review::tests::{ADULT, OTHER_ADULT, order};

    fn payment(order: &Order) -> Payment {
        Payment {
            transaction_id: "T1".into(),
            pay_code: "P1".into(),
            order_no: order.order_no.clone(),
            amount_fen: order.total_fen,
            currency: "CNY".into(),
            payer: Payer { name: order.buyer.name.clone(), id_number: order.buyer.id_number.clone() },
            paid_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn waybill(order: &Order) -> Waybill {
        Waybill {
            number: "W1".into(),
            order_no: order.order_no.clone(),
            consignee: order.buyer.name.clone(),
            telephone: order.buyer.telephone.clone(),
            freight: order.freight_fen,
        }
    }

    fn differences(change: impl FnOnce(&mut Payment, &mut Waybill)) -> Vec<Reason> {
        let order = order();
        let (mut payment, mut waybill) = (payment(&order), waybill(&order));
        change(&mut payment, &mut waybill);
        match_documents(&order, &payment, "P1", &waybill)
    }

    #[test]
    fn documents_that_agree_give_no_reason() {
        assert_eq!(differences(|_, _| ()), []);
        assert_eq!(
            differences(|p, _| p.payer.id_number = RawId(ADULT.to_lowercase())),
            [],
            "x and X are one"
        );
    }

    #[test]
    fn another_payer_is_named_with_masked_numbers() {
        let reasons = differences(|p, _| p.payer.id_number = RawId(OTHER_ADULT.into()));
        assert_eq!(reasons.len(), 1);
        assert_eq!(reasons[0].code, ReasonCode::PayerNotBuyer);
        let text = format!("{reasons:?}");
        assert!(!text.contains(ADULT) && !text.contains(OTHER_ADULT), "{text}");
        assert!(reasons[0].found.starts_with("990***********"));
    }

    #[test]
    fn an_authenticated_buyer_may_have_another_pay() {
        let mut order = order();
        order.buyer.authenticated = true;
        let (mut payment, waybill) = (payment(&order), waybill(&order));
        payment.payer = Payer { name: "测试乙".into(), id_number: RawId(OTHER_ADULT.into()) };
        assert_eq!(match_documents(&order, &payment, "P1", &waybill), []);
        payment.payer.id_number = RawId("99".into());
        let reasons = match_documents(&order, &payment, "P1", &waybill);
        assert_eq!(reasons.len(), 1, "a payer is a person all the same: {reasons:?}");
    }

    #[test]
    fn every_differing_pair_is_named_with_both_values() {
        let reasons = differences(|p, w| {
            p.order_no = "OTHER".into();
            p.amount_fen = Money::from_fen(1);
            p.pay_code = "P2".into();
            w.consignee = "别人".into();
        });
        let fields: Vec<_> = reasons.iter().map(|r| r.field.as_str()).collect();
        assert_eq!(
            fields,
            ["payment.order_no", "payment.pay_code", "waybill.consignee", "payment.amount_fen"]
        );
        assert!(reasons.iter().all(|r| !r.expected.is_empty() && !r.found.is_empty()));
    }
}
