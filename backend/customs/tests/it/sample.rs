//! An invented order, and the messages made of it.

use jiff::Timestamp;
use pickup_customs::filing::{Buyer, Consignee, FilingGuids, FilingLine, Parties, Party};
use pickup_customs::{
    AppStatus, AppType, BaseTransfer, BuyerId, CNY, CopNo, Filing, Guid, InvtCancel, InvtRefund,
    InvtRefundHead, InvtRefundLine, LogisticsStatus, Message, Payment, PaymentHead, SIGNED_FOR, SoftwareKey,
    Unsigned,
};
use pickup_domain::{Money, Quantity};

pub fn at() -> Timestamp {
    "2026-11-21T05:06:07Z".parse().unwrap()
}

pub fn guid(n: u8) -> Guid {
    Guid::from_bytes([n; 16])
}

pub fn key() -> SoftwareKey {
    let until = "2036-11-21T00:00:00Z".parse().unwrap();
    SoftwareKey::from_seed(&[7; 32], "云杉报关演示", at(), until).unwrap()
}

pub fn transfer() -> BaseTransfer {
    BaseTransfer {
        cop_code: "9901960011".to_owned(),
        cop_name: "云杉报关演示".to_owned(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: "DXPENT0000990101".to_owned(),
        note: None,
    }
}

fn party(code: &str, name: &str) -> Party {
    Party { code: code.to_owned(), name: name.to_owned() }
}

fn line(sku: &str, name: &str, hs: &str, quantity: i64, price_fen: i64) -> FilingLine {
    FilingLine {
        sku: sku.to_owned(),
        record_no: format!("R{sku}"),
        name: name.to_owned(),
        model: "4|3|罐装<900g>&1段".to_owned(),
        hs: hs.parse().unwrap(),
        bar_code: None,
        origin: "307".to_owned(),
        quantity: Quantity::whole(quantity).unwrap(),
        unit: "122".to_owned(),
        legal_1: ("1.8".parse().unwrap(), "035".to_owned()),
        legal_2: Some((Quantity::whole(quantity).unwrap(), "011".to_owned())),
        price: Money::from_fen(price_fen),
        total: Money::from_fen(price_fen * quantity),
    }
}

pub fn filing() -> Filing {
    Filing {
        guids: FilingGuids { order: guid(1), logistics: guid(2), inventory: guid(3) },
        app_type: AppType::New,
        app_time: at(),
        order_no: "DD202611210001".to_owned(),
        logistics_no: "ZT202611210001".to_owned(),
        cop_no: CopNo::generate("BP", at(), 1).unwrap(),
        parties: Parties {
            platform: party("9901960001", "云杉商城演示"),
            seller: party("9901960002", "云杉海外演示"),
            carrier: party("9901980003", "云杉物流演示"),
            declarant: party("9901960011", "云杉报关演示"),
            warehouse: party("9901960005", "云杉保税仓演示"),
            payment: Some(party("9901960006", "云杉支付演示")),
            assure_code: "9901960002".to_owned(),
            ems_no: "T9901W000001".to_owned(),
            customs_code: "9901".to_owned(),
            port_code: "9901".to_owned(),
            traf_mode: "Y".to_owned(),
        },
        buyer: Buyer {
            account: "U10001".to_owned(),
            name: "林小满".to_owned(),
            telephone: "19900001234".to_owned(),
            id: id_number("99010119900307451").parse().unwrap(),
        },
        consignee: Consignee {
            name: "林小满".to_owned(),
            telephone: "19900001234".to_owned(),
            address: "云杉综合保税区一号自提点".to_owned(),
            district: None,
        },
        payment_transaction_id: Some("ZF202611210001".to_owned()),
        freight: Money::ZERO,
        insured_fee: Money::ZERO,
        discount: Money::from_fen(1000),
        tax_total: Money::from_fen(3639),
        gross_weight: "2.35".parse().unwrap(),
        net_weight: "1.8".parse().unwrap(),
        wrap_type: Some("2".to_owned()),
        lines: vec![
            line("MF0001", "婴儿配方奶粉", "1901101010", 2, 19_990),
            line("MF0002", "幼儿配方奶粉", "1901101090", 1, 0),
        ],
    }
}

fn id_number(first_17: &str) -> String {
    format!("{first_17}{}", pickup_domain::id_number::check_character(first_17).unwrap())
}

pub fn message<T>(document: T) -> Message<T> {
    Message { guid: guid(9), documents: vec![document], transfer: transfer() }
}

/// CEB311, CEB511 and CEB621 of the invented order, unsigned.
pub fn messages() -> [Unsigned; 3] {
    let filing = filing();
    [
        message(filing.order().unwrap()).write().unwrap(),
        message(filing.logistics()).write().unwrap(),
        message(filing.inventory().unwrap()).write().unwrap(),
    ]
}

/// A payment of the invented order.
pub fn payment() -> Payment {
    let filing = filing();
    let head = PaymentHead {
        guid: guid(11),
        app_type: AppType::New,
        app_time: at().into(),
        app_status: AppStatus::Declare,
        pay_code: "9901960006".to_owned(),
        pay_name: "云杉支付演示".to_owned(),
        pay_transaction_id: "ZF202611210001".to_owned(),
        order_no: filing.order_no.clone(),
        ebp_code: filing.parties.platform.code.clone(),
        ebp_name: filing.parties.platform.name.clone(),
        payer_id_type: "1".to_owned(),
        payer_id_number: BuyerId::from(&filing.buyer.id),
        payer_name: filing.buyer.name.clone(),
        telephone: Some(filing.buyer.telephone.clone()),
        amount_paid: filing.actual_paid().unwrap(),
        currency: CNY.to_owned(),
        pay_time: at().into(),
        note: None,
    };
    Payment { head }
}

/// The shopper has signed for the parcel.
pub fn waybill_status() -> LogisticsStatus {
    LogisticsStatus {
        guid: guid(12),
        app_type: AppType::New,
        app_time: at().into(),
        app_status: AppStatus::Declare,
        logistics_code: "9901980003".to_owned(),
        logistics_name: "云杉物流演示".to_owned(),
        logistics_no: "ZT202611210001".to_owned(),
        logistics_status: SIGNED_FOR.to_owned(),
        logistics_time: at().into(),
        note: None,
    }
}

/// An application to cancel the invented list.
pub fn cancel() -> InvtCancel {
    let filing = filing();
    InvtCancel {
        guid: guid(13),
        app_type: AppType::New,
        app_time: at().into(),
        app_status: AppStatus::Declare,
        customs_code: "9901".to_owned(),
        order_no: filing.order_no.clone(),
        ebp_code: filing.parties.platform.code.clone(),
        ebp_name: filing.parties.platform.name.clone(),
        ebc_code: filing.parties.seller.code.clone(),
        ebc_name: filing.parties.seller.name.clone(),
        logistics_no: filing.logistics_no.clone(),
        logistics_code: filing.parties.carrier.code.clone(),
        logistics_name: filing.parties.carrier.name.clone(),
        cop_no: filing.cop_no.clone(),
        pre_no: Some("B20261121000000001".to_owned()),
        invt_no: "99012026I000000001".to_owned(),
        buyer_id_type: "1".to_owned(),
        buyer_id_number: BuyerId::from(&filing.buyer.id),
        buyer_name: filing.buyer.name.clone(),
        buyer_telephone: filing.buyer.telephone.clone(),
        agent_code: filing.parties.declarant.code.clone(),
        agent_name: filing.parties.declarant.name.clone(),
        reason: "订购人取消 <订单>".to_owned(),
        note: None,
    }
}

/// An application to return one line of the invented list.
pub fn refund() -> InvtRefund {
    let cancel = cancel();
    let head = InvtRefundHead {
        guid: guid(14),
        app_type: AppType::New,
        app_time: cancel.app_time,
        app_status: cancel.app_status,
        customs_code: cancel.customs_code,
        order_no: cancel.order_no,
        ebp_code: cancel.ebp_code,
        ebp_name: cancel.ebp_name,
        ebc_code: cancel.ebc_code,
        ebc_name: cancel.ebc_name,
        logistics_no: cancel.logistics_no,
        logistics_code: cancel.logistics_code,
        logistics_name: cancel.logistics_name,
        cop_no: cancel.cop_no,
        pre_no: None,
        invt_no: cancel.invt_no,
        buyer_id_type: cancel.buyer_id_type,
        buyer_id_number: cancel.buyer_id_number,
        buyer_name: cancel.buyer_name,
        buyer_telephone: cancel.buyer_telephone,
        agent_code: cancel.agent_code,
        agent_name: cancel.agent_name,
        reason: "商品破损".to_owned(),
        note: Some("部分退货".to_owned()),
    };
    let line = InvtRefundLine {
        gnum: 2,
        gcode: "1901101090".parse().unwrap(),
        gname: "幼儿配方奶粉".to_owned(),
        qty: Quantity::whole(1).unwrap(),
        unit: "122".to_owned(),
        note: None,
    };
    InvtRefund { head, lines: vec![line] }
}

/// A file of `tests/data`.
pub fn data(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
