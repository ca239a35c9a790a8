//! The demo's TOML files as they are written, and what becomes of them.

use jiff::civil::Date;
use pickup_domain::HsCode;
use pickup_domain::centre::Names;
use pickup_domain::goods::{LegalUnit, Permission, Product};
use pickup_domain::parcel::Size;
use pickup_domain::tax::{ConsumptionTax, TariffLine};
use serde::Deserialize;

use super::{Article, DemoBuyer, DemoError, pictures, text};

#[derive(Deserialize)]
pub struct CatalogueFile {
    pub product: Vec<ProductData>,
}

#[derive(Deserialize)]
pub struct TariffFile {
    pub line: Vec<TariffData>,
}

#[derive(Deserialize)]
pub struct BuyersFile {
    pub buyer: Vec<DemoBuyer>,
}

#[derive(Deserialize)]
pub struct UnitData {
    code: String,
    each: String,
}

impl UnitData {
    fn unit(self) -> Result<LegalUnit, DemoError> {
        Ok(LegalUnit { each: text(&self.each)?, code: self.code })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductData {
    sku: String,
    hs: HsCode,
    zh: String,
    en: String,
    spec: String,
    barcode: String,
    origin: String,
    unit: String,
    legal1: UnitData,
    legal2: Option<UnitData>,
    net_kg: String,
    gross_kg: String,
    price: String,
    record_no: String,
    listed: bool,
    order_max: Option<i64>,
    #[serde(default)]
    taxed_unit: String,
    size: Size,
    category: String,
    stock: i64,
}

impl ProductData {
    pub fn article(self) -> Result<Article, DemoError> {
        let picture =
            pictures::of(&self.sku).ok_or_else(|| DemoError(format!("no picture of {}", self.sku)))?;
        let product = Product {
            duty_paid: false,
            hs: self.hs,
            name: Names { zh: self.zh, en: self.en },
            spec: self.spec,
            barcode: self.barcode,
            origin: self.origin,
            unit: self.unit,
            legal1: self.legal1.unit()?,
            legal2: self.legal2.map(UnitData::unit).transpose()?,
            net_kg: text(&self.net_kg)?,
            gross_kg: text(&self.gross_kg)?,
            price_fen: text(&self.price)?,
            record_no: self.record_no,
            permission: Permission { listed: self.listed, order_max: self.order_max },
            taxed_unit: self.taxed_unit,
            size: self.size,
            category: self.category,
            sku: self.sku,
        };
        Ok(Article { product, stock: self.stock, picture })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffData {
    hs: HsCode,
    from: Date,
    until: Option<Date>,
    duty: String,
    consumption_share: Option<String>,
    consumption_per_unit: Option<String>,
    vat: String,
}

impl TariffData {
    pub fn line(self) -> Result<TariffLine, DemoError> {
        let share = self.consumption_share.as_deref().map(text).transpose()?;
        let per_unit = self.consumption_per_unit.as_deref().map(text).transpose()?;
        let consumption = match (share, per_unit) {
            (None, None) => ConsumptionTax::None,
            (Some(share), None) => ConsumptionTax::AdValorem(share),
            (None, Some(unit)) => ConsumptionTax::Specific(unit),
            (Some(share), Some(unit)) => ConsumptionTax::Compound(share, unit),
        };
        Ok(TariffLine {
            hs: self.hs,
            from: self.from,
            until: self.until,
            duty: text(&self.duty)?,
            consumption,
            vat: text(&self.vat)?,
        })
    }
}
