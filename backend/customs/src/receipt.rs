//! Receipts: read leniently as ports write them, and written for the simulator.

use crate::field::FieldError;
use crate::read::{Fields, ReadError, Strictness, elements, local, tree, utf8};
use crate::record::Record;
use crate::returns::{InventoryReturn, LogisticsReturn, MessageReturn, OrderReturn, PaymentReturn};
use crate::status::Status;
use crate::time::Millis;
use crate::write::{BATCH_LIMIT, CEB_NS, WriteError, XmlWriter, escape_attribute};

/// One receipt of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// CEB312.
    Order(OrderReturn),
    /// CEB412.
    Payment(PaymentReturn),
    /// CEB512.
    Logistics(LogisticsReturn),
    /// CEB622.
    Inventory(InventoryReturn),
    /// CEB900.
    Message(MessageReturn),
}

/// What one receipt message held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptBatch {
    /// Root element, such as `CEB622Message`.
    pub message_type: String,
    /// The receipts that could be read, in the order of the message.
    pub receipts: Vec<Receipt>,
    /// Why the others could not. One bad receipt does not hold up its neighbours.
    pub unreadable: Vec<FieldError>,
}

impl Receipt {
    /// Root element of the message that carries this kind.
    #[must_use]
    pub const fn message_type(&self) -> &'static str {
        match self {
            Self::Order(_) => "CEB312Message",
            Self::Payment(_) => "CEB412Message",
            Self::Logistics(_) => "CEB512Message",
            Self::Inventory(_) => "CEB622Message",
            Self::Message(_) => "CEB900Message",
        }
    }

    /// What became of the document.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Order(r) => r.return_status,
            Self::Payment(r) => r.return_status,
            Self::Logistics(r) => r.return_status,
            Self::Inventory(r) => r.return_status,
            Self::Message(r) => r.return_status,
        }
    }

    /// The receipt's own time. Receipts are ordered by it, not by arrival.
    #[must_use]
    pub const fn time(&self) -> Millis {
        match self {
            Self::Order(r) => r.return_time,
            Self::Payment(r) => r.return_time,
            Self::Logistics(r) => r.return_time,
            Self::Inventory(r) => r.return_time,
            Self::Message(r) => r.return_time,
        }
    }

    /// The port's text.
    #[must_use]
    pub fn info(&self) -> &str {
        match self {
            Self::Order(r) => &r.return_info,
            Self::Payment(r) => &r.return_info,
            Self::Logistics(r) => &r.return_info,
            Self::Inventory(r) => &r.return_info,
            Self::Message(r) => &r.return_info,
        }
    }

    /// The receipt's guid: opaque, and the same on several receipts of one document.
    #[must_use]
    pub fn guid(&self) -> &str {
        match self {
            Self::Order(r) => &r.guid,
            Self::Payment(r) => &r.guid,
            Self::Logistics(r) => &r.guid,
            Self::Inventory(r) => &r.guid,
            Self::Message(r) => &r.guid,
        }
    }

    /// The company's number of what the receipt is about: order, payment, waybill, `copNo` or message id.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Order(r) => &r.order_no,
            Self::Payment(r) => &r.pay_transaction_id,
            Self::Logistics(r) => &r.logistics_no,
            Self::Inventory(r) => &r.cop_no,
            Self::Message(r) => &r.ori_cop_msg_id,
        }
    }

    fn write_record(&self, out: &mut XmlWriter) -> Result<(), FieldError> {
        match self {
            Self::Order(r) => r.write(out),
            Self::Payment(r) => r.write(out),
            Self::Logistics(r) => r.write(out),
            Self::Inventory(r) => r.write(out),
            Self::Message(r) => r.write(out),
        }
    }
}

/// Reads a receipt message, with or without namespace, ignoring what is not known.
///
/// # Errors
/// Not XML, or no receipt message. Single receipts that cannot be read are in [`ReceiptBatch::unreadable`].
pub fn read_receipts(xml: &[u8]) -> Result<ReceiptBatch, ReadError> {
    let text = utf8(xml)?;
    let tree = tree(text)?;
    let root = tree.root_element();
    let message_type = local(&root).to_owned();
    if !matches!(
        message_type.as_str(),
        "CEB312Message" | "CEB412Message" | "CEB512Message" | "CEB622Message" | "CEB900Message"
    ) {
        return Err(ReadError::Root(message_type));
    }
    let mut batch = ReceiptBatch { message_type, receipts: Vec::new(), unreadable: Vec::new() };
    for child in elements(root) {
        let receipt = match local(&child) {
            OrderReturn::ELEMENT => lenient(child).map(Receipt::Order),
            PaymentReturn::ELEMENT => lenient(child).map(Receipt::Payment),
            LogisticsReturn::ELEMENT => lenient(child).map(Receipt::Logistics),
            InventoryReturn::ELEMENT => lenient(child).map(Receipt::Inventory),
            MessageReturn::ELEMENT => lenient(child).map(Receipt::Message),
            _ => continue,
        };
        match receipt {
            Ok(receipt) => batch.receipts.push(receipt),
            Err(error) => batch.unreadable.push(error),
        }
    }
    Ok(batch)
}

/// Writes 1 to 100 receipts of one kind (of CEB900: one) as a message: no prefix, the CEB namespace as default, as ports do.
///
/// # Errors
/// A field that breaks its rule, or not 1 to 100 receipts of the same kind.
pub fn write_receipts(guid: &str, receipts: &[Receipt]) -> Result<String, WriteError> {
    let root = receipts.first().map(Receipt::message_type).unwrap_or_default();
    let alike = receipts.iter().take_while(|receipt| receipt.message_type() == root).count();
    // CEB900 speaks of one message, so it carries one receipt.
    let most = if matches!(receipts.first(), Some(Receipt::Message(_))) { 1 } else { BATCH_LIMIT };
    if receipts.is_empty() || receipts.len() > most || alike != receipts.len() {
        return Err(WriteError::Batch(alike));
    }
    let mut tag = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root} xmlns=\"{CEB_NS}\" guid=\"");
    escape_attribute(&mut tag, guid);
    tag.push_str("\" version=\"1.0\">");
    let mut out = XmlWriter::new("");
    out.raw(&tag);
    for receipt in receipts {
        receipt.write_record(&mut out)?;
    }
    out.close(root);
    Ok(out.finish())
}

fn lenient<R: Record>(node: roxmltree::Node<'_, '_>) -> Result<R, FieldError> {
    R::read(&Fields::collect(node, R::ELEMENT, R::FIELDS, Strictness::Lenient)?)
}
