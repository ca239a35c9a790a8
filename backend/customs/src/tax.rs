//! CEB816 and CEB818: electronic tax bills (电子税单) and their state, sent by the port.

use std::fmt;
use std::str::FromStr;

use pickup_domain::HsCode;

use crate::amount::Amount;
use crate::field::{FieldError, Rule, exactly, text};
use crate::read::{Fields, Strictness, elements, local};
use crate::record::{Record, record};
use crate::time::Millis;
use crate::write::XmlWriter;

/// Element around one tax bill or one state.
pub(crate) const TAX: &str = "Tax";

/// `status` of a tax bill: it has its own numbers, which are not those of `returnStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaxState {
    /// `1`: generated for one list.
    Generated,
    /// `2`: summed up into a payment book.
    Summarised,
    /// `3`: void, because the goods were returned or the list cancelled.
    Void,
    /// A number the specification does not have.
    Unknown(i32),
}

impl TaxState {
    /// The number as it stands in the message.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Generated => 1,
            Self::Summarised => 2,
            Self::Void => 3,
            Self::Unknown(code) => code,
        }
    }

    /// The meaning of a number.
    #[must_use]
    pub const fn from_code(code: i32) -> Self {
        match code {
            1 => Self::Generated,
            2 => Self::Summarised,
            3 => Self::Void,
            _ => Self::Unknown(code),
        }
    }
}

impl fmt::Display for TaxState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}

impl FromStr for TaxState {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self::from_code)
    }
}

/// The tax of one list as customs computed it (CEB816).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxBill {
    /// Head, with the sums.
    pub head: TaxHeadRd,
    /// Lines; customs sends 1 to 99.
    pub lines: Vec<TaxListRd>,
}

record! {
    /// Head of a tax bill.
    TaxHeadRd = "TaxHeadRd" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// The bill's own time.
        return_time: Millis = "returnTime", exactly(17);
        /// Number of the list, given by customs.
        invt_no: String = "invtNo", text(1, 18);
        /// Number of the electronic tax bill.
        tax_no: String = "taxNo", text(1, 50);
        /// Duty due.
        customs_tax: Amount = "customsTax", Rule::Decimal;
        /// Value-added tax due.
        value_added_tax: Amount = "valueAddedTax", Rule::Decimal;
        /// Consumption tax due.
        consumption_tax: Amount = "consumptionTax", Rule::Decimal;
        /// Generated, summarised or void.
        status: TaxState = "status", exactly(1);
        /// Number of the payment book (缴款书), once summarised.
        ent_duty_no: Option<String> = "entDutyNo", text(0, 50);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
        /// Registration of the company that guarantees the tax.
        assure_code: Option<String> = "assureCode", text(0, 64);
        /// Customs registration of the seller.
        ebc_code: Option<String> = "ebcCode", text(0, 64);
        /// Customs registration of the carrier.
        logistics_code: Option<String> = "logisticsCode", text(0, 64);
        /// Customs registration of the declarant.
        agent_code: Option<String> = "agentCode", text(1, 18);
        /// Customs office that took the declaration.
        customs_code: Option<String> = "customsCode", exactly(4);
    }
}

record! {
    /// One line of a tax bill.
    TaxListRd = "TaxListRd" {
        /// Number of the line in the list.
        gnum: u32 = "gnum", Rule::Integer { digits: 9 };
        /// Ten-digit commodity code.
        gcode: HsCode = "gcode", exactly(10);
        /// Dutiable value of the line.
        tax_price: Amount = "taxPrice", Rule::Decimal;
        /// Duty due.
        customs_tax: Amount = "customsTax", Rule::Decimal;
        /// Value-added tax due.
        value_added_tax: Amount = "valueAddedTax", Rule::Decimal;
        /// Consumption tax due.
        consumption_tax: Amount = "consumptionTax", Rule::Decimal;
    }
}

record! {
    /// State of a tax bill (CEB818).
    TaxHeadStatus = "TaxHeadStatus" {
        /// Unique id of this document.
        guid: String = "guid", exactly(36);
        /// The state's own time.
        return_time: Millis = "returnTime", exactly(17);
        /// Number of the list, given by customs.
        invt_no: String = "invtNo", text(1, 18);
        /// Number of the electronic tax bill.
        tax_no: String = "taxNo", text(1, 50);
        /// Generated, summarised or void.
        status: TaxState = "status", exactly(1);
        /// Number of the payment book (缴款书), once summarised.
        ent_duty_no: Option<String> = "entDutyNo", text(0, 50);
        /// Registration of the company that guarantees the tax.
        assure_code: Option<String> = "assureCode", text(0, 64);
    }
}

impl TaxBill {
    pub(crate) fn write(&self, out: &mut XmlWriter) -> Result<(), FieldError> {
        out.open(TAX);
        self.head.write(out)?;
        for (index, line) in self.lines.iter().enumerate() {
            line.write(out).map_err(|error| error.in_line(index))?;
        }
        out.close(TAX);
        Ok(())
    }

    /// Reads the bill whose head is `head`, a child of `tax`, leniently.
    pub(crate) fn read(tax: roxmltree::Node<'_, '_>, head: TaxHeadRd) -> Result<Self, FieldError> {
        let mut lines = Vec::new();
        for child in elements(tax).filter(|child| local(child) == TaxListRd::ELEMENT) {
            let fields = Fields::collect(child, TaxListRd::ELEMENT, TaxListRd::FIELDS, Strictness::Lenient);
            let line = fields.and_then(|fields| TaxListRd::read(&fields));
            lines.push(line.map_err(|error| error.in_line(lines.len()))?);
        }
        Ok(Self { head, lines })
    }
}
