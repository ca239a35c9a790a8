//! CEB411: payments (支付凭证), sent by the payment company, or on its behalf where the licence allows.

use pickup_domain::Money;
use roxmltree::Node;

use crate::document::{AppStatus, AppType, CNY, Document, read_head};
use crate::field::{Rule, exactly, fixed, text};
use crate::ids::{BuyerId, Guid};
use crate::read::ReadError;
use crate::record::{Record, record};
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Head.
    pub head: PaymentHead,
}

impl Document for Payment {
    const MESSAGE: &'static str = "CEB411Message";
    const ELEMENT: &'static str = "Payment";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        Ok(self.head.write(out)?)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self { head: read_head(node, Self::ELEMENT)? })
    }
}

record! {
    /// A payment.
    PaymentHead = "PaymentHead" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// New, change or delete.
        app_type: AppType = "appType", exactly(1);
        /// When it was submitted.
        app_time: Seconds = "appTime", exactly(14);
        /// Draft or declared.
        app_status: AppStatus = "appStatus", text(1, 3);
        /// Customs registration of the payment company.
        pay_code: String = "payCode", text(1, 18);
        /// Name of the payment company.
        pay_name: String = "payName", text(1, 100);
        /// Unique serial number of the payment.
        pay_transaction_id: String = "payTransactionId", text(1, 60);
        /// Order number, unique per platform.
        order_no: String = "orderNo", text(1, 60);
        /// Customs registration of the platform.
        ebp_code: String = "ebpCode", text(1, 18);
        /// Name of the platform.
        ebp_name: String = "ebpName", text(1, 100);
        /// `1`: identity card; nothing else is accepted.
        payer_id_type: String = "payerIdType", exactly(1);
        /// The payer's identity number.
        payer_id_number: BuyerId = "payerIdNumber", text(1, 60);
        /// The payer's real name.
        payer_name: String = "payerName", text(1, 60);
        /// The payer's telephone.
        telephone: Option<String> = "telephone", text(0, 60);
        /// What was paid; the order's `acturalPaid`.
        amount_paid: Money = "amountPaid", Rule::Decimal;
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// When it was paid.
        pay_time: Seconds = "payTime", exactly(14);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}
