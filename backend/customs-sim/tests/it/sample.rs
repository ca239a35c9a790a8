//! Invented orders, each consistent in itself.

use jiff::Timestamp;
use pickup_customs::dsig::{Profile, sign};
use pickup_customs::filing::{Buyer, Consignee, FilingGuids, FilingLine, Parties, Party};
use pickup_customs::{AppType, BaseTransfer, CopNo, Document, Filing, Guid, Message, Signer, SoftwareKey};
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

pub fn signed<T: Document>(documents: Vec<T>, signer: &dyn Signer) -> String {
    let transfer = BaseTransfer {
        cop_code: "9901960011".to_owned(),
        cop_name: "云杉报关演示".to_owned(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: DXP.to_owned(),
        note: None,
    };
    let message = Message { guid: guid(9, 1), documents, transfer };
    sign(&message.write().unwrap(), signer, &Profile::CEB_202205).unwrap()
}
