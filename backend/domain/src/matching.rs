//! The three-document match: order, payment and waybill must agree field by field.
//!
//! Source: 海关总署公告2018年第194号 (payer and buyer are one person where identity was not authenticated by a
//! state-authorised body); the field pairs are those the port compares.

use crate::order::{Order, Payment};
use crate::reason::{Reason, ReasonCode};
use crate::{IdNumber, Money};

const RULE: &str = "海关总署公告2018年第194号";

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

/// Every difference between order, payment and waybill; none when they agree.
#[must_use]
pub fn match_documents(order: &Order, payment: &Payment, pay_code: &str, waybill: &Waybill) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut pair = |field: &str, expected: &str, found: &str| {
        if expected.trim() != found.trim() {
            let reason = Reason::new(ReasonCode::DocumentsDiffer).field(field).values(expected, found);
            reasons.push(reason.rule(RULE));
        }
    };
    pair("payment.order_no", &order.order_no, &payment.order_no);
    pair("payment.currency", &order.currency, &payment.currency);
    pair("payment.pay_code", pay_code, &payment.pay_code);
    pair("waybill.order_no", &order.order_no, &waybill.order_no);
    pair("waybill.consignee", &order.buyer.name, &waybill.consignee);
    pair("waybill.telephone", &order.buyer.telephone, &waybill.telephone);
    pair("waybill.freight", &order.freight_fen.to_string(), &waybill.freight.to_string());
    if order.total_fen != payment.amount_fen {
        reasons.push(
            Reason::new(ReasonCode::PaymentAmount)
                .field("payment.amount_fen")
                .values(order.total_fen, payment.amount_fen)
                .rule(RULE),
        );
    }
    reasons.extend(payer_is_buyer(order, payment));
    reasons
}

fn payer_is_buyer(order: &Order, payment: &Payment) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let differs = |field: &str, expected: String, found: String| {
        Reason::new(ReasonCode::PayerNotBuyer).field(field).values(expected, found).rule(RULE)
    };
    if order.buyer.name.trim() != payment.payer.name.trim() {
        let (buyer, payer) = (order.buyer.name.clone(), payment.payer.name.clone());
        reasons.push(differs("payer.name", buyer, payer));
    }
    let payer: Result<IdNumber, _> = payment.payer.id_number.0.parse();
    match (order.buyer.id_number.0.parse::<IdNumber>(), payer) {
        (_, Err(error)) => reasons.push(Reason::new(error.into()).field("payer.id_number")),
        (Ok(buyer), Ok(payer)) if buyer == payer => {}
        (Ok(buyer), Ok(payer)) => reasons.push(differs("payer.id_number", buyer.masked(), payer.masked())),
        (Err(error), Ok(_)) => reasons.push(Reason::new(error.into()).field("buyer.id_number")),
    }
    reasons
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
