//! Receipts: read leniently as ports write them, and written for the simulator.

use roxmltree::Node;

use crate::field::{Fault, FieldError};
use crate::read::{Fields, ReadError, Strictness, elements, local, quoted, tree, utf8};
use crate::record::Record;
use crate::returns::{
    InventoryReturn, InvtCancelReturn, InvtRefundReturn, LogisticsReturn, LogisticsStatusReturn,
    MessageReturn, OrderReturn, PaymentReturn,
};
use crate::status::Status;
use crate::tax::{TAX, TaxBill, TaxHeadRd, TaxHeadStatus, TaxState};
use crate::time::Millis;
use crate::write::{BATCH_LIMIT, CEB_NS, DECLARATION, LINE_LIMIT, WriteError, XmlWriter, escape_attribute};

/// One receipt of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// CEB312.
    Order(OrderReturn),
    /// CEB412.
    Payment(PaymentReturn),
    /// CEB512.
    Logistics(LogisticsReturn),
    /// CEB514.
    WaybillStatus(LogisticsStatusReturn),
    /// CEB622.
    Inventory(InventoryReturn),
    /// CEB624.
    Cancel(InvtCancelReturn),
    /// CEB626.
    Refund(InvtRefundReturn),
    /// CEB816.
    TaxBill(TaxBill),
    /// CEB818.
    TaxStatus(TaxHeadStatus),
    /// CEB900.
    Message(MessageReturn),
}

/// The messages that carry receipts.
const RECEIPT_MESSAGES: [&str; 10] = [
    "CEB312Message",
    "CEB412Message",
    "CEB512Message",
    "CEB514Message",
    "CEB622Message",
    "CEB624Message",
    "CEB626Message",
    "CEB816Message",
    "CEB818Message",
    "CEB900Message",
];

/// The same expression over whichever record a receipt is; of a tax bill, over its head.
macro_rules! of_record {
    ($receipt:expr, $r:ident => $body:expr) => {
        match $receipt {
            Receipt::Order($r) => $body,
            Receipt::Payment($r) => $body,
            Receipt::Logistics($r) => $body,
            Receipt::WaybillStatus($r) => $body,
            Receipt::Inventory($r) => $body,
            Receipt::Cancel($r) => $body,
            Receipt::Refund($r) => $body,
            Receipt::TaxBill(TaxBill { head: $r, .. }) => $body,
            Receipt::TaxStatus($r) => $body,
            Receipt::Message($r) => $body,
        }
    };
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
            Self::WaybillStatus(_) => "CEB514Message",
            Self::Inventory(_) => "CEB622Message",
            Self::Cancel(_) => "CEB624Message",
            Self::Refund(_) => "CEB626Message",
            Self::TaxBill(_) => "CEB816Message",
            Self::TaxStatus(_) => "CEB818Message",
            Self::Message(_) => "CEB900Message",
        }
    }

    /// What became of the document; `None` for tax bills and their states, which have [`Self::tax_state`] instead.
    #[must_use]
    pub const fn status(&self) -> Option<Status> {
        match self {
            Self::Order(r) => Some(r.return_status),
            Self::Payment(r) => Some(r.return_status),
            Self::Logistics(r) => Some(r.return_status),
            Self::WaybillStatus(r) => Some(r.return_status),
            Self::Inventory(r) => Some(r.return_status),
            Self::Cancel(r) => Some(r.return_status),
            Self::Refund(r) => Some(r.return_status),
            Self::Message(r) => Some(r.return_status),
            Self::TaxBill(_) | Self::TaxStatus(_) => None,
        }
    }

    /// The state of a tax bill (CEB816, CEB818).
    #[must_use]
    pub const fn tax_state(&self) -> Option<TaxState> {
        match self {
            Self::TaxBill(bill) => Some(bill.head.status),
            Self::TaxStatus(r) => Some(r.status),
            _ => None,
        }
    }

    /// The number of [`Self::status`] or of [`Self::tax_state`] as it stands in the message. What it means depends on
    /// the kind.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status().map(Status::code).or_else(|| self.tax_state().map(TaxState::code)).unwrap_or_default()
    }

    /// The receipt's own time. Receipts are ordered by it, not by arrival.
    #[must_use]
    pub const fn time(&self) -> Millis {
        of_record!(self, r => r.return_time)
    }

    /// The port's text; of a tax bill its remark.
    #[must_use]
    pub fn info(&self) -> &str {
        match self {
            Self::Order(r) => &r.return_info,
            Self::Payment(r) => &r.return_info,
            Self::Logistics(r) => &r.return_info,
            Self::WaybillStatus(r) => &r.return_info,
            Self::Inventory(r) => &r.return_info,
            Self::Cancel(r) => &r.return_info,
            Self::Refund(r) => &r.return_info,
            Self::Message(r) => &r.return_info,
            Self::TaxBill(bill) => bill.head.note.as_deref().unwrap_or_default(),
            Self::TaxStatus(_) => "",
        }
    }

    /// The receipt's guid: opaque, and the same on several receipts of one document.
    #[must_use]
    pub fn guid(&self) -> &str {
        of_record!(self, r => &r.guid)
    }

    /// The number of what the receipt is about: order, payment, waybill, `copNo` or message id of the company; for tax
    /// bills the list's `invtNo`.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Order(r) => &r.order_no,
            Self::Payment(r) => &r.pay_transaction_id,
            Self::Logistics(r) => &r.logistics_no,
            Self::WaybillStatus(r) => &r.logistics_no,
            Self::Inventory(r) => &r.cop_no,
            Self::Cancel(r) => &r.cop_no,
            Self::Refund(r) => &r.cop_no,
            Self::TaxBill(bill) => &bill.head.invt_no,
            Self::TaxStatus(r) => &r.invt_no,
            Self::Message(r) => &r.ori_cop_msg_id,
        }
    }

    /// The element around one receipt of this kind.
    const fn element(&self) -> &'static str {
        match self {
            Self::Order(_) => OrderReturn::ELEMENT,
            Self::Payment(_) => PaymentReturn::ELEMENT,
            Self::Logistics(_) => LogisticsReturn::ELEMENT,
            Self::WaybillStatus(_) => LogisticsStatusReturn::ELEMENT,
            Self::Inventory(_) => InventoryReturn::ELEMENT,
            Self::Cancel(_) => InvtCancelReturn::ELEMENT,
            Self::Refund(_) => InvtRefundReturn::ELEMENT,
            Self::TaxBill(_) | Self::TaxStatus(_) => TAX,
            Self::Message(_) => MessageReturn::ELEMENT,
        }
    }

    fn write_record(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        match self {
            Self::TaxBill(bill) if !(1..=LINE_LIMIT).contains(&bill.lines.len()) => {
                Err(WriteError::Lines { element: "TaxListRd", document: 0, count: bill.lines.len() })
            }
            Self::TaxBill(bill) => Ok(bill.write(out)?),
            Self::TaxStatus(r) => {
                out.open(TAX);
                r.write(out)?;
                out.close(TAX);
                Ok(())
            }
            _ => Ok(of_record!(self, r => r.write(out))?),
        }
    }

    /// Reads the receipt in `node`; `None` when it is no receipt.
    fn read(node: Node<'_, '_>) -> Option<Result<Self, FieldError>> {
        Some(match local(&node) {
            OrderReturn::ELEMENT => lenient(node).map(Self::Order),
            PaymentReturn::ELEMENT => lenient(node).map(Self::Payment),
            LogisticsReturn::ELEMENT => lenient(node).map(Self::Logistics),
            LogisticsStatusReturn::ELEMENT => lenient(node).map(Self::WaybillStatus),
            InventoryReturn::ELEMENT => lenient(node).map(Self::Inventory),
            InvtCancelReturn::ELEMENT => lenient(node).map(Self::Cancel),
            InvtRefundReturn::ELEMENT => lenient(node).map(Self::Refund),
            MessageReturn::ELEMENT => lenient(node).map(Self::Message),
            TAX => tax(node),
            _ => return None,
        })
    }
}

/// A tax bill or the state of one, by the head inside.
fn tax(node: Node<'_, '_>) -> Result<Receipt, FieldError> {
    let head =
        elements(node).find(|child| [TaxHeadRd::ELEMENT, TaxHeadStatus::ELEMENT].contains(&local(child)));
    let head = head.ok_or_else(|| FieldError::new(TAX, TaxHeadRd::ELEMENT, Fault::Missing))?;
    if local(&head) == TaxHeadStatus::ELEMENT {
        return lenient(head).map(Receipt::TaxStatus);
    }
    TaxBill::read(node, lenient(head)?).map(Receipt::TaxBill)
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
    if !RECEIPT_MESSAGES.contains(&message_type.as_str()) {
        return Err(ReadError::Root(quoted(&message_type)));
    }
    let mut batch = ReceiptBatch { message_type, receipts: Vec::new(), unreadable: Vec::new() };
    let papers = elements(root).filter_map(|child| Some((child, Receipt::read(child)?)));
    for (index, (child, receipt)) in papers.enumerate() {
        match receipt {
            Ok(receipt) => batch.receipts.push(receipt),
            Err(error) => {
                let document = if local(&child) == TAX { TAX } else { error.path.element };
                batch.unreadable.push(error.in_document(document, index));
            }
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
    let mut tag = format!("{DECLARATION}<{root} xmlns=\"{CEB_NS}\" guid=\"");
    escape_attribute(&mut tag, guid);
    tag.push_str("\" version=\"1.0\">");
    let mut out = XmlWriter::new("");
    out.raw(&tag);
    for (index, receipt) in receipts.iter().enumerate() {
        let element = receipt.element();
        receipt.write_record(&mut out).map_err(|error| error.in_document(element, index))?;
    }
    out.close(root);
    Ok(out.finish())
}

fn lenient<R: Record>(node: roxmltree::Node<'_, '_>) -> Result<R, FieldError> {
    R::read(&Fields::collect(node, R::ELEMENT, R::FIELDS, Strictness::Lenient)?)
}
