//! CEB513: states of a waybill (物流运单状态), sent by the carrier: for a pickup, that the shopper has signed for it.

use roxmltree::Node;

use crate::document::{AppStatus, AppType, Document, read_record};
use crate::field::{exactly, text};
use crate::ids::Guid;
use crate::read::ReadError;
use crate::record::{Record, record};
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// `logisticsStatus` of a parcel that was signed for (签收), the only one the specification asks for.
pub const SIGNED_FOR: &str = "S";

record! {
    /// A state of a waybill.
    LogisticsStatus = "LogisticsStatus" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// New, change or delete.
        app_type: AppType = "appType", exactly(1);
        /// When it was submitted.
        app_time: Seconds = "appTime", exactly(14);
        /// Draft or declared.
        app_status: AppStatus = "appStatus", text(1, 3);
        /// Customs registration of the carrier.
        logistics_code: String = "logisticsCode", text(1, 18);
        /// Name of the carrier.
        logistics_name: String = "logisticsName", text(1, 100);
        /// Waybill number of the parcel.
        logistics_no: String = "logisticsNo", text(1, 60);
        /// State of the parcel, one letter: [`SIGNED_FOR`].
        logistics_status: String = "logisticsStatus", exactly(1);
        /// When the parcel came into that state.
        logistics_time: Seconds = "logisticsTime", exactly(14);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

impl Document for LogisticsStatus {
    const MESSAGE: &'static str = "CEB513Message";
    const ELEMENT: &'static str = "LogisticsStatus";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        Ok(self.write_fields(out)?)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(read_record(node)?)
    }
}
