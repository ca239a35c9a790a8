//! The records of receipts: CEB312, CEB412, CEB512, CEB514, CEB622, CEB624, CEB626 and CEB900.

use crate::field::{exactly, text};
use crate::record::record;
use crate::status::Status;
use crate::time::Millis;

record! {
    /// Receipt for an order (CEB312).
    OrderReturn = "OrderReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs registration of the platform.
        ebp_code: String = "ebpCode", text(1, 18);
        /// Customs registration of the seller.
        ebc_code: String = "ebcCode", text(1, 18);
        /// Order number, unique per platform.
        order_no: String = "orderNo", text(1, 60);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for a payment (CEB412).
    PaymentReturn = "PaymentReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs registration of the payment company.
        pay_code: String = "payCode", text(1, 18);
        /// Unique serial number of the payment.
        pay_transaction_id: String = "payTransactionId", text(1, 60);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for a waybill (CEB512).
    LogisticsReturn = "LogisticsReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs registration of the carrier.
        logistics_code: String = "logisticsCode", text(1, 18);
        /// Waybill number of the parcel.
        logistics_no: String = "logisticsNo", text(1, 60);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for a state of a waybill (CEB514).
    LogisticsStatusReturn = "LogisticsStatusReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs registration of the carrier.
        logistics_code: String = "logisticsCode", text(1, 18);
        /// Waybill number of the parcel.
        logistics_no: String = "logisticsNo", text(1, 60);
        /// State of the parcel, one letter.
        logistics_status: String = "logisticsStatus", exactly(1);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for an inventory list (CEB622).
    InventoryReturn = "InventoryReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs office that takes the declaration.
        customs_code: Option<String> = "customsCode", exactly(4);
        /// Customs registration of the platform.
        ebp_code: Option<String> = "ebpCode", text(1, 18);
        /// Customs registration of the seller.
        ebc_code: Option<String> = "ebcCode", text(1, 18);
        /// Customs registration of the declarant.
        agent_code: Option<String> = "agentCode", text(1, 18);
        /// The company's own number of the list.
        cop_no: String = "copNo", text(1, 20);
        /// Number given by the E-Port; the schema requires it on receipts, exceptions come without.
        pre_no: Option<String> = "preNo", exactly(18);
        /// Number of the list, given by customs.
        invt_no: Option<String> = "invtNo", exactly(18);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for an application to cancel (CEB624).
    InvtCancelReturn = "InvtCancelReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs office that takes the declaration.
        customs_code: Option<String> = "customsCode", exactly(4);
        /// Customs registration of the declarant.
        agent_code: Option<String> = "agentCode", text(1, 18);
        /// Customs registration of the platform.
        ebp_code: Option<String> = "ebpCode", text(1, 18);
        /// Customs registration of the seller.
        ebc_code: Option<String> = "ebcCode", text(1, 18);
        /// The company's own number of the application.
        cop_no: String = "copNo", text(1, 20);
        /// Number given by the E-Port; the schema requires it on receipts, exceptions come without.
        pre_no: Option<String> = "preNo", exactly(18);
        /// Number of the list, given by customs.
        invt_no: Option<String> = "invtNo", exactly(18);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for an application to return goods (CEB626).
    InvtRefundReturn = "InvtRefundReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// Customs office that takes the declaration.
        customs_code: Option<String> = "customsCode", exactly(4);
        /// Customs registration of the declarant.
        agent_code: Option<String> = "agentCode", text(1, 18);
        /// Customs registration of the platform.
        ebp_code: Option<String> = "ebpCode", text(1, 18);
        /// Customs registration of the seller.
        ebc_code: Option<String> = "ebcCode", text(1, 18);
        /// The company's own number of the application.
        cop_no: String = "copNo", text(1, 20);
        /// Number given by the E-Port; the schema requires it on receipts, exceptions come without.
        pre_no: Option<String> = "preNo", exactly(18);
        /// Number of the list, given by customs.
        invt_no: Option<String> = "invtNo", exactly(18);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Text of the port.
        return_info: String = "returnInfo", text(1, 1000);
    }
}

record! {
    /// Receipt for a message that failed the format check (CEB900).
    MessageReturn = "MessageReturn" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// What became of the document.
        return_status: Status = "returnStatus", text(1, 10);
        /// Text of the port.
        return_info: String = "returnInfo", text(0, 5000);
        /// The receipt's own time, by which receipts are ordered.
        return_time: Millis = "returnTime", exactly(17);
        /// Id of the message that failed.
        ori_cop_msg_id: String = "oriCopMsgId", text(0, 255);
        /// Its type, or `Unknown`.
        ori_message_type: String = "oriMessageType", text(0, 15);
        /// Its text.
        ori_biz_message: String = "oriBizMessage", text(0, usize::MAX);
    }
}
