//! What is declared, as kept beside the declaration (`dossier.facts`): enough to build the messages together with the
//! sealed order, and for kiosks to show what a parcel holds. Never an identity number, name or telephone of a person.

use jiff::Timestamp;
use pickup_domain::centre::Names;
use pickup_domain::limits::Regime;
use pickup_domain::{GoodsKind, HsCode, Money, Quantity};
use pickup_protocol::kiosk::{Line, Text};
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::parcels::Contents;

use crate::store::StoreError;

/// The facts of one declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Order number at the platform.
    pub order_no: String,
    /// Number of the pickup centre.
    pub centre: u16,
    /// Name of the pickup centre.
    pub centre_name: Names,
    /// Address of the pickup centre, the consignee's address of all three documents.
    pub address: String,
    /// Customs office, four digits.
    pub customs_code: String,
    /// Six-digit division code of the centre.
    pub district: String,
    /// Transport mode of the exit.
    pub traf_mode: String,
    /// Bonded book.
    pub ems_no: String,
    /// Who declares.
    pub declarant: String,
    /// Calendar year whose limit the order counts against.
    pub limit_year: i16,
    /// The payment company's number.
    pub transaction_id: String,
    /// Gross weight in kilograms.
    pub gross_kg: Quantity,
    /// Net weight in kilograms.
    pub net_kg: Quantity,
    /// Sum of the lines.
    pub goods_fen: Money,
    /// Freight.
    pub freight_fen: Money,
    /// Points and vouchers.
    pub discount_fen: Money,
    /// Tax withheld.
    pub tax_fen: Money,
    /// Paid by the buyer.
    pub total_fen: Money,
    /// Goods, freight and insurance.
    pub dutiable_fen: Money,
    /// How it is taxed.
    pub regime: Regime,
    /// Line by line.
    pub lines: Vec<FactLine>,
    /// Goods in the same parcel whose taxes were paid before (同包发货): not declared, but handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duty_paid: Vec<FactLine>,
    /// When this was written.
    pub drafted_at: Timestamp,
}

/// One line of a declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLine {
    /// 1, 2, 3, …, the same in order and list.
    pub gnum: u32,
    /// Seller's article number.
    pub sku: String,
    /// Number of the line in the bonded book.
    pub record_no: String,
    /// Commodity code.
    pub hs: HsCode,
    /// Name of the goods.
    pub name: Names,
    /// Specification.
    pub spec: String,
    /// GTIN, or empty.
    pub barcode: String,
    /// Three-digit code of the country of origin.
    pub origin: String,
    /// Pieces.
    pub qty: i64,
    /// Deal unit, three digits.
    pub unit: String,
    /// Name of the deal unit.
    pub unit_name: Names,
    /// First legal quantity.
    pub qty1: Quantity,
    /// First legal unit.
    pub unit1: String,
    /// Second legal quantity.
    pub qty2: Option<Quantity>,
    /// Second legal unit.
    pub unit2: Option<String>,
    /// Price of one piece.
    pub price_fen: Money,
    /// Price of all pieces.
    pub total_fen: Money,
}

impl Facts {
    /// What kiosks show of the parcel.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let line = |line: &FactLine| Line {
            name: Text { zh: line.name.zh.clone(), en: line.name.en.clone() },
            quantity: line.qty.to_string(),
            unit: Text { zh: line.unit_name.zh.clone(), en: line.unit_name.en.clone() },
            amount_fen: line.total_fen.fen(),
            kind: GoodsKind::of(&line.hs),
        };
        Contents {
            order_no: self.order_no.clone(),
            declarant: self.declarant.clone(),
            lines: self.lines.iter().chain(&self.duty_paid).map(line).collect(),
            goods_fen: self
                .duty_paid
                .iter()
                .fold(self.goods_fen.fen(), |sum, line| sum.saturating_add(line.total_fen.fen())),
            tax_fen: self.tax_fen.fen(),
        }
    }

    /// The facts of an order that was cleared.
    ///
    /// # Errors
    /// [`StoreError`], also when there are none.
    pub fn of_order(conn: &Conn, order_id: i64) -> Result<Self, StoreError> {
        let facts: String = conn
            .prepare_cached("SELECT facts FROM dossier WHERE cell = {cell} AND order_id = ?1")?
            .query_row([order_id], |row| row.get(0))?;
        Self::read(&facts)
    }

    /// Reads `dossier.facts`.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is not what this program writes.
    pub fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|e| StoreError::unreadable("dossier.facts", e))
    }
}
