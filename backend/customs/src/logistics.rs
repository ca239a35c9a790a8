//! CEB511: waybills (运单), sent by the carrier.

use pickup_domain::{Money, Quantity};
use roxmltree::Node;

use crate::document::{AppStatus, AppType, CNY, Document, read_head};
use crate::field::{Rule, exactly, fixed, text};
use crate::ids::Guid;
use crate::read::ReadError;
use crate::record::{Record, record};
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// A waybill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logistics {
    /// Head.
    pub head: LogisticsHead,
}

impl Document for Logistics {
    const MESSAGE: &'static str = "CEB511Message";
    const ELEMENT: &'static str = "Logistics";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        Ok(self.head.write(out)?)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self { head: read_head(node, Self::ELEMENT)? })
    }
}

record! {
    /// A waybill.
    LogisticsHead = "LogisticsHead" {
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
        /// Bill of lading; empty for 1210.
        bill_no: Option<String> = "billNo", text(0, 37);
        /// Order number, unique per platform.
        order_no: String = "orderNo", text(1, 60);
        /// Freight; zero when there is none.
        freight: Option<Money> = "freight", Rule::Decimal;
        /// Insurance charged.
        insured_fee: Option<Money> = "insuredFee", Rule::Decimal;
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// Gross weight in kilograms.
        weight: Quantity = "weight", Rule::Decimal;
        /// Number of parcels; always 1.
        pack_no: u32 = "packNo", Rule::Integer { digits: 9 };
        /// What is in the parcel.
        goods_info: Option<String> = "goodsInfo", text(0, 200);
        /// Recipient; the same on order and waybill.
        consignee: String = "consignee", text(1, 100);
        /// Address; the same on order, waybill and list.
        consignee_address: String = "consigneeAddress", text(1, 200);
        /// Recipient's telephone; the same on order and waybill.
        consignee_telephone: String = "consigneeTelephone", text(1, 50);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}
