//! Order, payment, waybill and inventory list as they are sent, compared in every pair of fields that must agree.
//!
//! Sources: 海关总署公告2018年第194号; 《海关跨境电子商务统一版系统企业对接报文规范》(202205), CEB311, 411, 511 and 621.

use super::Differences;
use crate::reason::Reason;
use crate::{Money, Quantity};

/// The four documents of one declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents<'a> {
    /// CEB311.
    pub order: OrderDocument<'a>,
    /// CEB411.
    pub payment: PaymentDocument<'a>,
    /// CEB511.
    pub waybill: WaybillDocument<'a>,
    /// CEB621.
    pub list: ListDocument<'a>,
}

/// A person as a document names one. `Debug` leaves the number out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Real name.
    pub name: &'a str,
    /// Identity number.
    pub id_number: &'a str,
}

/// What CEB311 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDocument<'a> {
    /// orderNo.
    pub order_no: &'a str,
    /// ebpCode.
    pub platform: &'a str,
    /// ebcCode.
    pub seller: &'a str,
    /// buyerName, buyerIdNumber.
    pub buyer: Person<'a>,
    /// buyerTelephone.
    pub buyer_telephone: &'a str,
    /// Whether a body authorised by the state authenticated the buyer; if not, the payer must be the buyer.
    pub authenticated: bool,
    /// payCode; may be empty.
    pub pay_code: &'a str,
    /// payTransactionId; may be empty.
    pub transaction_id: &'a str,
    /// acturalPaid.
    pub paid: Money,
    /// freight.
    pub freight: Money,
    /// currency.
    pub currency: &'a str,
    /// consignee.
    pub consignee: &'a str,
    /// consigneeTelephone.
    pub consignee_telephone: &'a str,
    /// consigneeAddress.
    pub consignee_address: &'a str,
    /// Lines by gnum.
    pub lines: Vec<DocumentLine<'a>>,
}

/// What CEB411 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDocument<'a> {
    /// orderNo.
    pub order_no: &'a str,
    /// ebpCode.
    pub platform: &'a str,
    /// payCode.
    pub pay_code: &'a str,
    /// payTransactionId.
    pub transaction_id: &'a str,
    /// payerName, payerIdNumber.
    pub payer: Person<'a>,
    /// amountPaid.
    pub amount: Money,
    /// currency.
    pub currency: &'a str,
}

/// What CEB511 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaybillDocument<'a> {
    /// orderNo.
    pub order_no: &'a str,
    /// logisticsCode.
    pub carrier: &'a str,
    /// logisticsNo.
    pub number: &'a str,
    /// freight.
    pub freight: Money,
    /// insuredFee.
    pub insurance: Money,
    /// currency.
    pub currency: &'a str,
    /// weight, gross, in kilograms.
    pub gross_kg: Quantity,
    /// packNo.
    pub packages: i64,
    /// consignee.
    pub consignee: &'a str,
    /// consigneeTelephone.
    pub consignee_telephone: &'a str,
    /// consigneeAddress.
    pub consignee_address: &'a str,
}

/// What CEB621 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDocument<'a> {
    /// orderNo.
    pub order_no: &'a str,
    /// ebpCode.
    pub platform: &'a str,
    /// ebcCode.
    pub seller: &'a str,
    /// logisticsCode.
    pub carrier: &'a str,
    /// logisticsNo.
    pub waybill: &'a str,
    /// buyerName, buyerIdNumber.
    pub buyer: Person<'a>,
    /// buyerTelephone.
    pub buyer_telephone: &'a str,
    /// consigneeAddress.
    pub consignee_address: &'a str,
    /// freight.
    pub freight: Money,
    /// insuredFee.
    pub insurance: Money,
    /// currency.
    pub currency: &'a str,
    /// grossWeight, in kilograms.
    pub gross_kg: Quantity,
    /// packNo.
    pub packages: i64,
    /// Lines by gnum.
    pub lines: Vec<DocumentLine<'a>>,
}

/// A line of an order or of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLine<'a> {
    /// itemNo; may be empty.
    pub sku: &'a str,
    /// unit.
    pub unit: &'a str,
    /// qty.
    pub qty: Quantity,
    /// price.
    pub price: Money,
    /// totalPrice.
    pub total: Money,
    /// currency.
    pub currency: &'a str,
    /// country of origin.
    pub origin: &'a str,
}

/// Every difference between the four documents; none when they agree. Identity numbers stand in it only masked.
#[must_use]
pub fn compare(documents: &Documents<'_>) -> Vec<Reason> {
    let Documents { order, payment, waybill, list } = documents;
    let mut found = Differences::default();
    order_and_payment(order, payment, &mut found);
    order_and_waybill(order, waybill, &mut found);
    order_and_list(order, list, &mut found);
    lines(&order.lines, &list.lines, &mut found);
    waybill_and_list(waybill, list, &mut found);
    found.reasons
}

fn order_and_payment(order: &OrderDocument<'_>, payment: &PaymentDocument<'_>, found: &mut Differences) {
    found.text("payment.order_no", order.order_no, payment.order_no);
    found.text("payment.platform", order.platform, payment.platform);
    found.optional("payment.pay_code", order.pay_code, payment.pay_code);
    found.optional("payment.transaction_id", order.transaction_id, payment.transaction_id);
    found.text("payment.currency", order.currency, payment.currency);
    found.amount(order.paid, payment.amount);
    let (buyer, payer) = (order.buyer, payment.payer);
    if order.authenticated {
        found.well_formed("payer.id_number", payer.id_number);
    } else {
        found.payer((buyer.name, buyer.id_number), (payer.name, payer.id_number));
    }
}

fn order_and_waybill(order: &OrderDocument<'_>, waybill: &WaybillDocument<'_>, found: &mut Differences) {
    found.text("waybill.order_no", order.order_no, waybill.order_no);
    found.text("waybill.consignee", order.consignee, waybill.consignee);
    found.text("waybill.telephone", order.consignee_telephone, waybill.consignee_telephone);
    found.text("waybill.address", order.consignee_address, waybill.consignee_address);
    found.value("waybill.freight", order.freight, waybill.freight);
    found.text("waybill.currency", order.currency, waybill.currency);
}

fn order_and_list(order: &OrderDocument<'_>, list: &ListDocument<'_>, found: &mut Differences) {
    found.text("list.order_no", order.order_no, list.order_no);
    found.text("list.platform", order.platform, list.platform);
    found.text("list.seller", order.seller, list.seller);
    found.text("list.buyer_name", order.buyer.name, list.buyer.name);
    found.identity("list.buyer_id_number", order.buyer.id_number, list.buyer.id_number);
    found.text("list.buyer_telephone", order.buyer_telephone, list.buyer_telephone);
    found.text("list.address", order.consignee_address, list.consignee_address);
    found.value("list.freight", order.freight, list.freight);
    found.text("list.currency", order.currency, list.currency);
}

fn lines(order: &[DocumentLine<'_>], list: &[DocumentLine<'_>], found: &mut Differences) {
    found.value("list.lines", order.len(), list.len());
    for (i, (ordered, listed)) in order.iter().zip(list).enumerate() {
        if ordered == listed {
            continue;
        }
        let at = |field: &str| format!("list.lines[{i}].{field}");
        found.optional(&at("sku"), ordered.sku, listed.sku);
        found.text(&at("unit"), ordered.unit, listed.unit);
        found.value(&at("qty"), ordered.qty, listed.qty);
        found.value(&at("price"), ordered.price, listed.price);
        found.value(&at("total"), ordered.total, listed.total);
        found.text(&at("currency"), ordered.currency, listed.currency);
        found.text(&at("origin"), ordered.origin, listed.origin);
    }
}

fn waybill_and_list(waybill: &WaybillDocument<'_>, list: &ListDocument<'_>, found: &mut Differences) {
    found.text("list.carrier", waybill.carrier, list.carrier);
    found.text("list.waybill", waybill.number, list.waybill);
    found.value("list.insurance", waybill.insurance, list.insurance);
    found.value("list.gross_kg", waybill.gross_kg, list.gross_kg);
    found.value("list.packages", waybill.packages, list.packages);
}

impl Differences {
    /// A field the order may leave empty; then nothing is compared.
    fn optional(&mut self, field: &str, expected: &str, found: &str) {
        if !expected.trim().is_empty() {
            self.text(field, expected, found);
        }
    }
}

impl std::fmt::Debug for Person<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({})", super::masked(self.id_number))
    }
}
