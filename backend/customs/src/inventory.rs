//! CEB621: inventory lists (清单), the declaration itself, sent by the seller's agent.

use jiff::civil::Date;
use pickup_domain::{HsCode, Money, Quantity};
use roxmltree::Node;

use crate::document::{AppStatus, AppType, CNY, Document, read_head_and_lines, write_head_and_lines};
use crate::field::{Rule, exactly, fixed, text};
use crate::ids::{BuyerId, CopNo, Guid};
use crate::read::ReadError;
use crate::record::record;
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// An inventory list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Head.
    pub head: InventoryHead,
    /// Lines, 1 to 99.
    pub lines: Vec<InventoryLine>,
}

impl Document for Inventory {
    const MESSAGE: &'static str = "CEB621Message";
    const ELEMENT: &'static str = "Inventory";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        write_head_and_lines(out, &self.head, &self.lines)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        let (head, lines) = read_head_and_lines(node, Self::ELEMENT)?;
        Ok(Self { head, lines })
    }
}

record! {
    /// Head of an inventory list.
    InventoryHead = "InventoryHead" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// New, change or delete.
        app_type: AppType = "appType", exactly(1);
        /// When it was submitted.
        app_time: Seconds = "appTime", exactly(14);
        /// Draft or declared.
        app_status: AppStatus = "appStatus", text(1, 3);
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
        /// The company's own number of the list.
        cop_no: CopNo = "copNo", text(0, 20);
        /// Number given by the E-Port.
        pre_no: Option<String> = "preNo", text(0, 18);
        /// Registration of the company that guarantees the tax.
        assure_code: String = "assureCode", text(1, 30);
        /// Bonded book of the warehouse; required for 1210.
        ems_no: Option<String> = "emsNo", text(0, 30);
        /// Number of the list, given by customs.
        invt_no: Option<String> = "invtNo", text(0, 18);
        /// `I` for import.
        ie_flag: String = "ieFlag", exactly(1);
        /// Date of declaration.
        decl_time: Date = "declTime", exactly(8);
        /// Customs office that takes the declaration.
        customs_code: String = "customsCode", exactly(4);
        /// Customs office of the port of entry.
        port_code: String = "portCode", exactly(4);
        /// Date of import.
        ie_date: Option<Date> = "ieDate", exactly(8);
        /// `1`: identity card; nothing else is accepted.
        buyer_id_type: String = "buyerIdType", exactly(1);
        /// The buyer's identity number.
        buyer_id_number: BuyerId = "buyerIdNumber", text(1, 60);
        /// The buyer's real name.
        buyer_name: String = "buyerName", text(1, 60);
        /// The buyer's telephone.
        buyer_telephone: String = "buyerTelephone", text(1, 30);
        /// Address; the same on order, waybill and list.
        consignee_address: String = "consigneeAddress", text(1, 200);
        /// Customs registration of the declarant.
        agent_code: String = "agentCode", text(1, 18);
        /// Name of the declarant.
        agent_name: String = "agentName", text(1, 100);
        /// Registration of the warehouse in the area; required for 1210.
        area_code: Option<String> = "areaCode", text(0, 18);
        /// Name of the warehouse in the area; required for 1210.
        area_name: Option<String> = "areaName", text(0, 100);
        /// Supervision code: `1210` or `9610`.
        trade_mode: String = "tradeMode", exactly(4);
        /// Transport mode; for 1210 that of leaving the area.
        traf_mode: String = "trafMode", exactly(1);
        /// Means of transport; 9610 only.
        traf_no: Option<String> = "trafNo", text(0, 100);
        /// Voyage; 9610 only.
        voyage_no: Option<String> = "voyageNo", text(0, 32);
        /// Bill of lading; empty for 1210.
        bill_no: Option<String> = "billNo", text(0, 37);
        /// Supervised place, when there are several.
        loct_no: Option<String> = "loctNo", text(0, 10);
        /// Licence.
        license_no: Option<String> = "licenseNo", text(0, 19);
        /// Country (three-digit customs code): origin on a line, departure on a head.
        country: String = "country", exactly(3);
        /// Freight; zero when there is none.
        freight: Money = "freight", Rule::Decimal;
        /// Insurance charged.
        insured_fee: Money = "insuredFee", Rule::Decimal;
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// Kind of package (one digit).
        wrap_type: Option<String> = "wrapType", exactly(1);
        /// Number of parcels; always 1.
        pack_no: u32 = "packNo", Rule::Integer { digits: 9 };
        /// Gross weight in kilograms.
        gross_weight: Quantity = "grossWeight", Rule::Decimal;
        /// Net weight in kilograms.
        net_weight: Quantity = "netWeight", Rule::Decimal;
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

record! {
    /// One line of an inventory list.
    InventoryLine = "InventoryList" {
        /// Line number from 1; order and list lines correspond one to one.
        gnum: u32 = "gnum", Rule::Integer { digits: 9 };
        /// Number of the goods in the bonded book; required for 1210.
        item_record_no: Option<String> = "itemRecordNo", text(0, 30);
        /// The seller's own number of the goods.
        item_no: Option<String> = "itemNo", text(0, 20);
        /// Name under which the goods are sold.
        item_name: Option<String> = "itemName", text(0, 250);
        /// Ten-digit commodity code.
        gcode: HsCode = "gcode", exactly(10);
        /// Name of the goods, as on the order.
        gname: String = "gname", text(1, 250);
        /// Specification, as classification and valuation need it.
        gmodel: String = "gmodel", text(1, 510);
        /// Bar code.
        bar_code: Option<String> = "barCode", text(0, 50);
        /// Country (three-digit customs code): origin on a line, departure on a head.
        country: String = "country", exactly(3);
        /// Country of trade (customs code).
        trade_country: Option<String> = "tradeCountry", text(1, 3);
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// Quantity in the unit of the deal.
        qty: Quantity = "qty", Rule::Decimal;
        /// Unit of the deal (customs code, three digits).
        unit: String = "unit", exactly(3);
        /// First legal quantity.
        qty_1: Quantity = "qty1", Rule::Decimal;
        /// First legal unit.
        unit_1: String = "unit1", exactly(3);
        /// Second legal quantity.
        qty_2: Option<Quantity> = "qty2", Rule::Decimal;
        /// Second legal unit.
        unit_2: Option<String> = "unit2", exactly(3);
        /// Price of one unit.
        price: Money = "price", Rule::Decimal;
        /// Price of the line.
        total_price: Money = "totalPrice", Rule::Decimal;
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}
