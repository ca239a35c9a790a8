//! Invented orders, each consistent in itself.

use jiff::Timestamp;
use pickup_customs::dsig::{Profile, sign};
use pickup_customs::filing::{Buyer, Consignee, FilingGuids, FilingLine, Parties, Party};
use pickup_customs::{
    AppStatus, AppType, BaseTransfer, BuyerId, CopNo, Document, Filing, Guid, InvtCancel, InvtRefund,
    InvtRefundHead, InvtRefundLine, LogisticsStatus, Message, Payment, PaymentHead, SIGNED_FOR, Signer,
    SoftwareKey,
};
use pickup_domain::id_number::check_character;
use pickup_domain::{IdNumber, Money, Quantity};

pub const DXP: &str = "DXPENT0000990101";

pub fn start() -> Timestamp {
    "2026-11-21T05:06:07Z".parse().unwrap()
}

pub fn key(seed: u8) -> SoftwareKey {
    let until = "2036-11-21T00:00:00Z".parse().unwrap();
    SoftwareKey::from_seed(&[seed; 32], "云杉报关演示", start(), until).unwrap()
}

pub fn buyer_id(sequence: u32) -> IdNumber {
    let first = format!("99010119900307{:03}", sequence % 1000);
    format!("{first}{}", check_character(&first).unwrap()).parse().unwrap()
}

fn guid(kind: u8, number: u32) -> Guid {
    let mut bytes = [kind; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Guid::from_bytes(bytes)
}

fn party(code: &str, name: &str) -> Party {
    Party { code: code.to_owned(), name: name.to_owned() }
}

pub fn line(number: u32, quantity: i64, price_fen: i64) -> FilingLine {
    FilingLine {
        sku: format!("MF{number:04}"),
        record_no: format!("R{number:04}"),
        name: format!("配方奶粉{number}"),
        model: "4|3|罐装".to_owned(),
        hs: "1901101010".parse().unwrap(),
        bar_code: None,
        origin: "307".to_owned(),
        quantity: Quantity::whole(quantity).unwrap(),
        unit: "122".to_owned(),
        legal_1: ("1.8".parse().unwrap(), "035".to_owned()),
        legal_2: None,
        price: Money::from_fen(price_fen),
        total: Money::from_fen(price_fen * quantity),
    }
}

/// The order with that number: two lines, 499.80 CNY, a buyer of its own.
pub fn filing(number: u32) -> Filing {
    Filing {
        guids: FilingGuids { order: guid(1, number), logistics: guid(2, number), inventory: guid(3, number) },
        app_type: AppType::New,
        app_time: start(),
        order_no: format!("DD{number:08}"),
        logistics_no: format!("ZT{number:08}"),
        cop_no: CopNo::generate("BP", start(), u64::from(number)).unwrap(),
        parties: Parties {
            platform: party("9901960001", "云杉商城演示"),
            seller: party("9901960002", "云杉海外演示"),
            carrier: party("9901980003", "云杉物流演示"),
            declarant: party("9901960011", "云杉报关演示"),
            warehouse: party("9901960005", "云杉保税仓演示"),
            payment: None,
            assure_code: "9901960002".to_owned(),
            ems_no: "T9901W000001".to_owned(),
            customs_code: "9901".to_owned(),
            port_code: "9901".to_owned(),
            traf_mode: "Y".to_owned(),
        },
        buyer: Buyer {
            account: format!("U{number}"),
            name: "林小满".to_owned(),
            telephone: "19900001234".to_owned(),
            id: buyer_id(number),
        },
        consignee: Consignee {
            name: "林小满".to_owned(),
            telephone: "19900001234".to_owned(),
            address: "云杉综合保税区一号自提点".to_owned(),
            district: None,
        },
        payment_transaction_id: None,
        freight: Money::ZERO,
        insured_fee: Money::ZERO,
        discount: Money::ZERO,
        tax_total: Money::from_fen(4548),
        gross_weight: "2.35".parse().unwrap(),
        net_weight: "1.8".parse().unwrap(),
        wrap_type: Some("2".to_owned()),
        lines: vec![line(1, 2, 19_990), line(2, 1, 10_000)],
    }
}

/// An application to cancel the list of a filing.
pub fn cancel(filing: &Filing, invt_no: &str, number: u32) -> InvtCancel {
    let list = filing.inventory().unwrap().head;
    InvtCancel {
        guid: guid(4, number),
        app_type: AppType::New,
        app_time: start().into(),
        app_status: AppStatus::Declare,
        customs_code: list.customs_code,
        order_no: list.order_no,
        ebp_code: list.ebp_code,
        ebp_name: list.ebp_name,
        ebc_code: list.ebc_code,
        ebc_name: list.ebc_name,
        logistics_no: list.logistics_no,
        logistics_code: list.logistics_code,
        logistics_name: list.logistics_name,
        cop_no: CopNo::generate("CX", start(), u64::from(number)).unwrap(),
        pre_no: None,
        invt_no: invt_no.to_owned(),
        buyer_id_type: "1".to_owned(),
        buyer_id_number: list.buyer_id_number,
        buyer_name: list.buyer_name,
        buyer_telephone: list.buyer_telephone,
        agent_code: list.agent_code,
        agent_name: list.agent_name,
        reason: "顾客取消".to_owned(),
        note: None,
    }
}

/// An application to return goods of a filing: numbers of lines with quantities.
pub fn refund(filing: &Filing, invt_no: &str, number: u32, lines: &[(u32, i64)]) -> InvtRefund {
    let as_cancel = cancel(filing, invt_no, number);
    let list = filing.inventory().unwrap();
    let line = |&(gnum, quantity): &(u32, i64)| InvtRefundLine {
        gnum,
        gcode: list.lines[0].gcode.clone(),
        gname: "配方奶粉".to_owned(),
        qty: Quantity::whole(quantity).unwrap(),
        unit: "122".to_owned(),
        note: None,
    };
    InvtRefund {
        head: InvtRefundHead {
            guid: guid(5, number),
            app_type: AppType::New,
            app_time: as_cancel.app_time,
            app_status: AppStatus::Declare,
            customs_code: as_cancel.customs_code,
            order_no: as_cancel.order_no,
            ebp_code: as_cancel.ebp_code,
            ebp_name: as_cancel.ebp_name,
            ebc_code: as_cancel.ebc_code,
            ebc_name: as_cancel.ebc_name,
            logistics_no: as_cancel.logistics_no,
            logistics_code: as_cancel.logistics_code,
            logistics_name: as_cancel.logistics_name,
            cop_no: CopNo::generate("TH", start(), u64::from(number)).unwrap(),
            pre_no: None,
            invt_no: invt_no.to_owned(),
            buyer_id_type: "1".to_owned(),
            buyer_id_number: as_cancel.buyer_id_number,
            buyer_name: as_cancel.buyer_name,
            buyer_telephone: as_cancel.buyer_telephone,
            agent_code: as_cancel.agent_code,
            agent_name: as_cancel.agent_name,
            reason: "顾客退货".to_owned(),
            note: None,
        },
        lines: lines.iter().map(line).collect(),
    }
}

pub const PAY_COMPANY: &str = "9901960077";

/// The payment of a filing whose order names `PAY000000NN`.
pub fn payment(filing: &Filing) -> Payment {
    let order = filing.order().unwrap().head;
    Payment {
        head: PaymentHead {
            guid: guid(6, 1),
            app_type: AppType::New,
            app_time: start().into(),
            app_status: AppStatus::Declare,
            pay_code: PAY_COMPANY.to_owned(),
            pay_name: "云杉支付演示".to_owned(),
            pay_transaction_id: filing.payment_transaction_id.clone().unwrap(),
            order_no: order.order_no,
            ebp_code: order.ebp_code,
            ebp_name: order.ebp_name,
            payer_id_type: "1".to_owned(),
            payer_id_number: BuyerId::from(&filing.buyer.id),
            payer_name: filing.buyer.name.clone(),
            telephone: None,
            amount_paid: order.actual_paid,
            currency: "142".to_owned(),
            pay_time: start().into(),
            note: None,
        },
    }
}

/// A filing that was paid through a payment company.
pub fn paid_filing(number: u32) -> Filing {
    let mut filing = filing(number);
    filing.parties.payment = Some(party(PAY_COMPANY, "云杉支付演示"));
    filing.payment_transaction_id = Some(format!("PAY{number:08}"));
    filing
}

/// The shopper signed for the parcel of a filing.
pub fn signed_for(filing: &Filing) -> LogisticsStatus {
    let waybill = filing.logistics().head;
    LogisticsStatus {
        guid: guid(7, 1),
        app_type: AppType::New,
        app_time: start().into(),
        app_status: AppStatus::Declare,
        logistics_code: waybill.logistics_code,
        logistics_name: waybill.logistics_name,
        logistics_no: waybill.logistics_no,
        logistics_status: SIGNED_FOR.to_owned(),
        logistics_time: start().into(),
        note: None,
    }
}

pub fn signed<T: Document>(documents: Vec<T>, signer: &dyn Signer) -> String {
    signed_by(documents, signer, "9901960011")
}

/// A message that the company of that code sends.
pub fn signed_by<T: Document>(documents: Vec<T>, signer: &dyn Signer, cop_code: &str) -> String {
    let transfer = BaseTransfer {
        cop_code: cop_code.to_owned(),
        cop_name: "云杉报关演示".to_owned(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: DXP.to_owned(),
        note: None,
    };
    let message = Message { guid: guid(9, 1), documents, transfer };
    sign(&message.write().unwrap(), signer, &Profile::CEB_202205).unwrap()
}
