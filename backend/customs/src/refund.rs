//! CEB625: applications to return goods of a released list (退货申请单), whole or in part, within 30 days of release.

use pickup_domain::{HsCode, Quantity};
use roxmltree::Node;

use crate::document::{AppStatus, AppType, Document, read_head_and_lines, write_head_and_lines};
use crate::field::{Rule, exactly, text};
use crate::ids::{BuyerId, CopNo, Guid};
use crate::read::ReadError;
use crate::record::record;
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// An application to return goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvtRefund {
    /// Head.
    pub head: InvtRefundHead,
    /// Lines that come back, 1 to 99.
    pub lines: Vec<InvtRefundLine>,
}

impl Document for InvtRefund {
    const MESSAGE: &'static str = "CEB625Message";
    const ELEMENT: &'static str = "InvtRefund";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        write_head_and_lines(out, &self.head, &self.lines)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        let (head, lines) = read_head_and_lines(node, Self::ELEMENT)?;
        Ok(Self { head, lines })
    }
}

record! {
    /// Head of an application to return goods.
    InvtRefundHead = "InvtRefundHead" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// What is asked; new, or change after a rejection.
        app_type: AppType = "appType", exactly(1);
        /// When it was submitted.
        app_time: Seconds = "appTime", exactly(14);
        /// Draft or declared.
        app_status: AppStatus = "appStatus", text(1, 3);
        /// Customs office that took the declaration.
        customs_code: String = "customsCode", exactly(4);
        /// Order number, unique per platform.
        order_no: String = "orderNo", text(1, 60);
        /// Customs registration of the platform.
        ebp_code: String = "ebpCode", text(1, 18);
        /// Name of the platform.
        ebp_name: String = "ebpName", text(1, 100);
        /// Customs registration of the seller.
        ebc_code: String = "ebcCode", text(1, 18);
        /// Name of the seller.
        ebc_name: String = "ebcName", text(1, 100);
        /// Waybill number of the parcel.
        logistics_no: String = "logisticsNo", text(1, 60);
        /// Customs registration of the carrier.
        logistics_code: String = "logisticsCode", text(1, 18);
        /// Name of the carrier.
        logistics_name: String = "logisticsName", text(1, 100);
        /// The company's own number of the application; optional in the schema, required on its receipts.
        cop_no: CopNo = "copNo", text(0, 20);
        /// Number given by the E-Port.
        pre_no: Option<String> = "preNo", text(0, 18);
        /// Number of the list, given by customs.
        invt_no: String = "invtNo", text(1, 18);
        /// `1`: identity card; nothing else is accepted.
        buyer_id_type: String = "buyerIdType", exactly(1);
        /// The buyer's identity number.
        buyer_id_number: BuyerId = "buyerIdNumber", text(1, 60);
        /// The buyer's real name.
        buyer_name: String = "buyerName", text(1, 60);
        /// The buyer's telephone.
        buyer_telephone: String = "buyerTelephone", text(1, 30);
        /// Customs registration of the declarant.
        agent_code: String = "agentCode", text(1, 18);
        /// Name of the declarant.
        agent_name: String = "agentName", text(1, 100);
        /// Why.
        reason: String = "reason", text(1, 1000);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

record! {
    /// One line that comes back.
    InvtRefundLine = "InvtRefundList" {
        /// Number of the line in the original list.
        gnum: u32 = "gnum", Rule::Integer { digits: 9 };
        /// Ten-digit commodity code.
        gcode: HsCode = "gcode", exactly(10);
        /// Name of the goods, as on the list.
        gname: String = "gname", text(1, 250);
        /// Quantity that comes back, at most that of the original line.
        qty: Quantity = "qty", Rule::Decimal;
        /// Unit of the deal (customs code, three digits).
        unit: String = "unit", exactly(3);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}
