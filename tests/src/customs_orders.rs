//! Invented orders as they are filed with customs: two lines, a buyer each.

use anyhow::{Context, Result};
use jiff::Timestamp;
use pickup_customs::filing::{Buyer, Consignee, FilingGuids, FilingLine, Parties, Party};
use pickup_customs::{AppType, BaseTransfer, CopNo, Filing, Guid};
use pickup_domain::{Money, Quantity, id_number};

/// A guid of the `n`th thing of a kind.
#[must_use]
pub fn guid(kind: u8, n: u32) -> Guid {
    let mut bytes = [kind; 16];
    for (place, byte) in bytes.iter_mut().zip(n.to_be_bytes()) {
        *place = byte;
    }
    Guid::from_bytes(bytes)
}

/// Who sends.
#[must_use]
pub fn transfer() -> BaseTransfer {
    BaseTransfer {
        cop_code: "9901960011".to_owned(),
        cop_name: "云杉报关演示".to_owned(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: "DXPENT0000990101".to_owned(),
        note: None,
    }
}

/// The `n`th order, of at most ten thousand.
///
/// # Errors
/// When a number does not fit.
pub fn filing(n: u32, at: Timestamp) -> Result<Filing> {
    let telephone = format!("1990000{:04}", n % 10_000);
    let first_17 = format!("99010119900307{:03}", n % 1000);
    let check =
        id_number::check_character(&first_17).context("an identity number has 17 digits before its last")?;
    Ok(Filing {
        guids: FilingGuids { order: guid(1, n), logistics: guid(2, n), inventory: guid(3, n) },
        app_type: AppType::New,
        app_time: at,
        order_no: format!("DD20261121{n:08}"),
        logistics_no: format!("ZT20261121{n:08}"),
        cop_no: CopNo::generate("BP", at, u64::from(n))?,
        parties: parties(),
        buyer: Buyer {
            account: format!("U{n:08}"),
            name: "林小满".to_owned(),
            telephone: telephone.clone(),
            id: format!("{first_17}{check}").parse()?,
        },
        consignee: Consignee {
            name: "林小满".to_owned(),
            telephone,
            address: "云杉综合保税区一号自提点".to_owned(),
            district: None,
        },
        payment_transaction_id: Some(format!("ZF20261121{n:08}")),
        freight: Money::ZERO,
        insured_fee: Money::ZERO,
        discount: Money::ZERO,
        tax_total: Money::from_fen(3639),
        gross_weight: "2.35".parse()?,
        net_weight: "1.8".parse()?,
        wrap_type: Some("2".to_owned()),
        lines: vec![
            line("MF0001", "婴儿配方奶粉", "1901101010", 2, 19_990)?,
            line("MF0002", "幼儿配方奶粉", "1901101090", 1, 8_850)?,
        ],
    })
}

fn parties() -> Parties {
    let party = |code: &str, name: &str| Party { code: code.to_owned(), name: name.to_owned() };
    Parties {
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
    }
}

fn line(sku: &str, name: &str, hs: &str, quantity: i64, price_fen: i64) -> Result<FilingLine> {
    let whole = Quantity::whole(quantity).context("the quantity is too large")?;
    Ok(FilingLine {
        sku: sku.to_owned(),
        record_no: format!("R{sku}"),
        name: name.to_owned(),
        model: "4|3|罐装900克|1段|0-6个月".to_owned(),
        hs: hs.parse()?,
        bar_code: Some("9900000000017".to_owned()),
        origin: "307".to_owned(),
        quantity: whole,
        unit: "122".to_owned(),
        legal_1: ("1.8".parse()?, "035".to_owned()),
        legal_2: Some((whole, "011".to_owned())),
        price: Money::from_fen(price_fen),
        total: Money::from_fen(price_fen.checked_mul(quantity).context("the price is too large")?),
    })
}
