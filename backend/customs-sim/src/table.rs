//! The simulator's own table of the messages' fields (specification of May 2022): name, length and whether it must be
//! there, in the order in which they must stand.
//!
//! One word a field: `c36` exactly 36 characters, `s60` 1 to 60, `n` a decimal, `i` a whole number; `~` may be empty,
//! `?` may be missing.

use std::sync::OnceLock;

use crate::amount::Amount;

/// The kinds of document that companies send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Order,
    Payment,
    Waybill,
    WaybillStatus,
    List,
    Cancel,
    Refund,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Order,
        Self::Payment,
        Self::Waybill,
        Self::WaybillStatus,
        Self::List,
        Self::Cancel,
        Self::Refund,
    ];

    /// Root element of its messages.
    pub(crate) const fn message_type(self) -> &'static str {
        match self {
            Self::Order => "CEB311Message",
            Self::Payment => "CEB411Message",
            Self::Waybill => "CEB511Message",
            Self::WaybillStatus => "CEB513Message",
            Self::List => "CEB621Message",
            Self::Cancel => "CEB623Message",
            Self::Refund => "CEB625Message",
        }
    }

    /// Element of one document.
    pub(crate) const fn element(self) -> &'static str {
        match self {
            Self::Order => "Order",
            Self::Payment => "Payment",
            Self::Waybill => "Logistics",
            Self::WaybillStatus => "LogisticsStatus",
            Self::List => "Inventory",
            Self::Cancel => "InvtCancel",
            Self::Refund => "InvtRefund",
        }
    }

    /// Element of the head; the document itself when it is flat.
    pub(crate) const fn head_element(self) -> &'static str {
        match self {
            Self::Order => "OrderHead",
            Self::Payment => "PaymentHead",
            Self::Waybill => "LogisticsHead",
            Self::WaybillStatus => "LogisticsStatus",
            Self::List => "InventoryHead",
            Self::Cancel => "InvtCancel",
            Self::Refund => "InvtRefundHead",
        }
    }

    /// Element of a line, for documents that have lines.
    pub(crate) const fn line_element(self) -> Option<&'static str> {
        match self {
            Self::Order => Some("OrderList"),
            Self::List => Some("InventoryList"),
            Self::Refund => Some("InvtRefundList"),
            _ => None,
        }
    }

    /// Fields of the head.
    pub(crate) fn head(self) -> &'static [Field] {
        let index = Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default();
        tables().get(index).map_or(&[], |(head, _)| head)
    }

    /// Fields of a line.
    pub(crate) fn line(self) -> &'static [Field] {
        let index = Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default();
        tables().get(index).map_or(&[], |(_, line)| line)
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Order => (ORDER, ORDER_LINE),
            Self::Payment => (PAYMENT, ""),
            Self::Waybill => (WAYBILL, ""),
            Self::WaybillStatus => (WAYBILL_STATUS, ""),
            Self::List => (LIST, LIST_LINE),
            Self::Cancel => (APPLICATION, ""),
            Self::Refund => (APPLICATION, REFUND_LINE),
        }
    }
}

/// Fields of `BaseTransfer`.
pub(crate) fn transfer() -> &'static [Field] {
    static FIELDS: OnceLock<Vec<Field>> = OnceLock::new();
    FIELDS.get_or_init(|| read_words(TRANSFER))
}

type Tables = Vec<(Vec<Field>, Vec<Field>)>;

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let tables = Kind::ALL.iter().map(|kind| kind.words());
        tables.map(|(head, line)| (read_words(head), read_words(line))).collect()
    })
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Exact(usize),
    Text(usize),
    Decimal,
    Integer,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    form: Form,
    empty_ok: bool,
}

impl Field {
    /// What is wrong with a value; `None` when it fits.
    pub(crate) fn fault(&self, value: &str) -> Option<String> {
        let length = value.chars().count();
        if length == 0 && self.empty_ok {
            return None;
        }
        match self.form {
            Form::Exact(exact) if length != exact => {
                Some(format!("has {length} characters, {exact} are needed"))
            }
            Form::Text(most) if length == 0 || length > most => {
                Some(format!("has {length} characters, 1 to {most} are allowed"))
            }
            Form::Decimal if Amount::parse(value).is_none() => {
                Some("is not a decimal of 14.5 digits".to_owned())
            }
            Form::Integer if !is_integer(value) => {
                Some("is not a whole number of at most 9 digits".to_owned())
            }
            _ => None,
        }
    }
}

fn is_integer(value: &str) -> bool {
    (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

/// Reads a table; a word that is none is left out, which the test of the tables' sizes would show.
fn read_words(words: &'static str) -> Vec<Field> {
    let read = |word: &'static str| {
        let (name, rest) = word.split_once(':')?;
        let (rest, required) = rest.strip_suffix('?').map_or((rest, true), |rest| (rest, false));
        let (rest, empty_ok) = rest.strip_suffix('~').map_or((rest, false), |rest| (rest, true));
        let form = match rest.split_at_checked(1)? {
            ("c", count) => Form::Exact(count.parse().ok()?),
            ("s", most) => Form::Text(most.parse().ok()?),
            ("n", "") => Form::Decimal,
            ("i", "") => Form::Integer,
            _ => return None,
        };
        Some(Field { name, required, form, empty_ok })
    };
    words.split_ascii_whitespace().filter_map(read).collect()
}

const TRANSFER: &str = "\
    copCode:s18 copName:s100~ dxpMode:c3 dxpId:s30~ note:s1000~?";

const ORDER: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 orderType:c1 orderNo:s60 ebpCode:s18 ebpName:s100 ebcCode:s18 \
    ebcName:s100 goodsValue:n freight:n discount:n taxTotal:n acturalPaid:n currency:c3 buyerRegNo:s60 \
    buyerName:s60 buyerTelephone:s30 buyerIdType:c1 buyerIdNumber:s60 payCode:s18~? payName:s100~? \
    payTransactionId:s60~? batchNumbers:s100~? consignee:s100 consigneeTelephone:s50 consigneeAddress:s200 \
    consigneeDistrict:c6? note:s1000~?";

const ORDER_LINE: &str = "\
    gnum:i itemNo:s30~? itemName:s250 gmodel:s510 itemDescribe:s1000~? barCode:s50~? unit:c3 qty:n price:n \
    totalPrice:n currency:c3 country:c3 note:s1000~?";

const PAYMENT: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 payCode:s18 payName:s100 payTransactionId:s60 orderNo:s60 \
    ebpCode:s18 ebpName:s100 payerIdType:c1 payerIdNumber:s60 payerName:s60 telephone:s60~? amountPaid:n \
    currency:c3 payTime:c14 note:s1000~?";

const WAYBILL: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 logisticsCode:s18 logisticsName:s100 logisticsNo:s60 \
    billNo:s37~? orderNo:s60 freight:n? insuredFee:n? currency:c3 weight:n packNo:i goodsInfo:s200~? \
    consignee:s100 consigneeAddress:s200 consigneeTelephone:s50 note:s1000~?";

const WAYBILL_STATUS: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 logisticsCode:s18 logisticsName:s100 logisticsNo:s60 \
    logisticsStatus:c1 logisticsTime:c14 note:s1000~?";

const LIST: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 orderNo:s60 ebpCode:s18 ebpName:s100 ebcCode:s18 ebcName:s100 \
    logisticsNo:s60 logisticsCode:s18 logisticsName:s100 copNo:s20~? preNo:s18~? assureCode:s30 emsNo:s30~? \
    invtNo:s18~? ieFlag:c1 declTime:c8 customsCode:c4 portCode:c4 ieDate:c8? buyerIdType:c1 buyerIdNumber:s60 \
    buyerName:s60 buyerTelephone:s30 consigneeAddress:s200 agentCode:s18 agentName:s100 areaCode:s18~? \
    areaName:s100~? tradeMode:c4 trafMode:c1 trafNo:s100~? voyageNo:s32~? billNo:s37~? loctNo:s10~? \
    licenseNo:s19~? country:c3 freight:n insuredFee:n currency:c3 wrapType:c1? packNo:i grossWeight:n \
    netWeight:n note:s1000~?";

const LIST_LINE: &str = "\
    gnum:i itemRecordNo:s30~? itemNo:s20~? itemName:s250~? gcode:c10 gname:s250 gmodel:s510 barCode:s50~? \
    country:c3 tradeCountry:s3? currency:c3 qty:n unit:c3 qty1:n unit1:c3 qty2:n? unit2:c3? price:n totalPrice:n \
    note:s1000~?";

const APPLICATION: &str = "\
    guid:c36 appType:c1 appTime:c14 appStatus:s3 customsCode:c4 orderNo:s60 ebpCode:s18 ebpName:s100 ebcCode:s18 \
    ebcName:s100 logisticsNo:s60 logisticsCode:s18 logisticsName:s100 copNo:s20~? preNo:s18~? invtNo:s18 \
    buyerIdType:c1 buyerIdNumber:s60 buyerName:s60 buyerTelephone:s30 agentCode:s18 agentName:s100 reason:s1000 \
    note:s1000~?";

const REFUND_LINE: &str = "\
    gnum:i gcode:c10 gname:s250 qty:n unit:c3 note:s1000~?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_a_field() {
        let counts: Vec<_> = Kind::ALL.iter().map(|kind| (kind.head().len(), kind.line().len())).collect();
        assert_eq!(counts, [(30, 13), (18, 0), (19, 0), (10, 0), (47, 20), (24, 0), (24, 6)]);
        assert_eq!(transfer().len(), 5);
    }

    #[test]
    fn values_are_held_against_length_and_form() {
        let field = |word| read_words(word).remove(0);
        assert_eq!(field("a:s3").fault("中文字"), None, "lengths are in characters");
        assert!(field("a:s3").fault("abcd").is_some() && field("a:s3").fault("").is_some());
        assert_eq!(field("a:s3~").fault(""), None);
        assert!(field("a:c4").fault("123").is_some());
        assert!(field("a:n").fault("1.123456").is_some());
        assert!(field("a:i").fault("1.0").is_some());
    }
}
