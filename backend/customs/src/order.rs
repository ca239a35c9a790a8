//! CEB311: electronic orders (电子订单), sent by the platform or the seller.

use pickup_domain::{Money, Quantity};
use roxmltree::Node;

use crate::document::{AppStatus, AppType, CNY, Document, read_head_and_lines, write_head_and_lines};
use crate::field::{Rule, exactly, fixed, text};
use crate::ids::{BuyerId, Guid};
use crate::read::ReadError;
use crate::record::record;
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

/// An electronic order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Head.
    pub head: OrderHead,
    /// Lines, 1 to 99.
    pub lines: Vec<OrderLine>,
}

impl Document for Order {
    const MESSAGE: &'static str = "CEB311Message";
    const ELEMENT: &'static str = "Order";

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        write_head_and_lines(out, &self.head, &self.lines)
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        let (head, lines) = read_head_and_lines(node, Self::ELEMENT)?;
        Ok(Self { head, lines })
    }
}

record! {
    /// Head of an electronic order.
    OrderHead = "OrderHead" {
        /// Unique id of this document.
        guid: Guid = "guid", exactly(36);
        /// New, change or delete.
        app_type: AppType = "appType", exactly(1);
        /// When it was submitted.
        app_time: Seconds = "appTime", exactly(14);
        /// Draft or declared.
        app_status: AppStatus = "appStatus", text(1, 3);
        /// `I` for import.
        order_type: String = "orderType", exactly(1);
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
        /// Price of the goods, non-cash offsets included.
        goods_value: Money = "goodsValue", Rule::Decimal;
        /// Freight; zero when there is none.
        freight: Money = "freight", Rule::Decimal;
        /// Points, vouchers and other non-cash payment.
        discount: Money = "discount", Rule::Decimal;
        /// Tax withheld in advance.
        tax_total: Money = "taxTotal", Rule::Decimal;
        /// Goods + freight + tax - discount (the misspelling is the schema's).
        actual_paid: Money = "acturalPaid", Rule::Decimal;
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// The buyer's account on the platform.
        buyer_reg_no: String = "buyerRegNo", text(1, 60);
        /// The buyer's real name.
        buyer_name: String = "buyerName", text(1, 60);
        /// The buyer's telephone.
        buyer_telephone: String = "buyerTelephone", text(1, 30);
        /// `1`: identity card; nothing else is accepted.
        buyer_id_type: String = "buyerIdType", exactly(1);
        /// The buyer's identity number.
        buyer_id_number: BuyerId = "buyerIdNumber", text(1, 60);
        /// Customs registration of the payment company.
        pay_code: Option<String> = "payCode", text(0, 18);
        /// Name of the payment company.
        pay_name: Option<String> = "payName", text(0, 100);
        /// Unique serial number of the payment.
        pay_transaction_id: Option<String> = "payTransactionId", text(0, 60);
        /// Batch of the goods.
        batch_numbers: Option<String> = "batchNumbers", text(0, 100);
        /// Recipient; the same on order and waybill.
        consignee: String = "consignee", text(1, 100);
        /// Recipient's telephone; the same on order and waybill.
        consignee_telephone: String = "consigneeTelephone", text(1, 50);
        /// Address; the same on order, waybill and list.
        consignee_address: String = "consigneeAddress", text(1, 200);
        /// Six-digit administrative division.
        consignee_district: Option<String> = "consigneeDistrict", exactly(6);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

record! {
    /// One line of an electronic order.
    OrderLine = "OrderList" {
        /// Line number from 1; order and list lines correspond one to one.
        gnum: u32 = "gnum", Rule::Integer { digits: 9 };
        /// The seller's own number of the goods.
        item_no: Option<String> = "itemNo", text(0, 30);
        /// Name under which the goods are sold.
        item_name: String = "itemName", text(1, 250);
        /// Specification, as classification and valuation need it.
        gmodel: String = "gmodel", text(1, 510);
        /// Description.
        item_describe: Option<String> = "itemDescribe", text(0, 1000);
        /// Bar code.
        bar_code: Option<String> = "barCode", text(0, 50);
        /// Unit of the deal (customs code, three digits).
        unit: String = "unit", exactly(3);
        /// Quantity in the unit of the deal.
        qty: Quantity = "qty", Rule::Decimal;
        /// Price of one unit.
        price: Money = "price", Rule::Decimal;
        /// Price of the line.
        total_price: Money = "totalPrice", Rule::Decimal;
        /// Currency code; always [`crate::CNY`].
        currency: String = "currency", fixed(CNY);
        /// Country (three-digit customs code): origin on a line, departure on a head.
        country: String = "country", exactly(3);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}
