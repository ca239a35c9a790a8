//! CEB623: applications to cancel an inventory list (撤销申请单) before the goods leave the area.

use roxmltree::Node;

use crate::document::{AppStatus, AppType, Document, read_record};
use crate::field::{exactly, text};
use crate::ids::{BuyerId, CopNo, Guid};
use crate::read::ReadError;
use crate::record::{Record, record};
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

record! {
    /// An application to cancel a list.
    InvtCancel = "InvtCancel" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// What is asked; always new.
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

impl Document for InvtCancel {
    const MESSAGE: &'static str = "CEB623Message";
    const ELEMENT: &'static str = "InvtCancel";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        Ok(self.write_fields(out)?)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(read_record(node)?)
    }
}
