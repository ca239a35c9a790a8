//! The demo data set: an invented centre, enterprises, catalogue, tariff and buyers, embedded in the binary.
//!
//! The data are TOML files and drawings under `backend/server/demo/`; everything in them is invented.

use jiff::civil::Date;
use pickup_domain::centre::Centre;
use pickup_domain::goods::Product;
use pickup_domain::limits;
use pickup_domain::tax::Tariff;
use serde::Deserialize;

mod files;
mod pictures;
mod seed;

use files::{BuyersFile, CatalogueFile, ProductData, TariffData, TariffFile};

const OPERATOR: &str = include_str!("../../demo/operator.toml");
const CATALOGUE: &str = include_str!("../../demo/catalogue.toml");
const TARIFF: &str = include_str!("../../demo/tariff.toml");
const BUYERS: &str = include_str!("../../demo/buyers.toml");

/// The embedded data are not what this program expects: a mistake in the source tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedded demo data cannot be used: {0}")]
pub struct DemoError(String);

/// An enterprise registered with customs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Enterprise {
    /// Ten-character registration code.
    pub code: String,
    /// Registered name.
    pub name: String,
}

/// The tax guarantee.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GuaranteeData {
    /// Its number, the key of its account.
    pub number: String,
    /// Amount in CNY.
    pub amount: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    pub until: Date,
}

/// Mailboxes at the customs gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GatewayData {
    /// Ours.
    pub dxp_id: String,
    /// The customs side's.
    pub receiver_id: String,
}

/// Who operates the centre, and with whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Operator {
    /// The pickup centre.
    pub centre: Centre,
    /// The tax guarantee.
    pub guarantee: GuaranteeData,
    /// The e-commerce platform.
    pub platform: Enterprise,
    /// The seller.
    pub seller: Enterprise,
    /// The payment company.
    pub payment: Enterprise,
    /// The carrier.
    pub carrier: Enterprise,
    /// Who declares.
    pub declarant: Enterprise,
    /// The warehouse inside the area.
    pub warehouse: Enterprise,
    /// Mailboxes.
    pub gateway: GatewayData,
}

/// An article with its stock and picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// The article.
    pub product: Product,
    /// Deal units that entered the bonded book.
    pub stock: i64,
    /// SVG.
    pub picture: &'static str,
}

/// An invented buyer.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct DemoBuyer {
    /// Account at the platform.
    pub reg_no: String,
    /// Name.
    pub name: String,
    /// Identity number of an impossible region.
    pub id_number: String,
    /// Telephone.
    pub telephone: String,
    /// Bought elsewhere this year, in fen: only the customs side knows.
    #[serde(default)]
    pub elsewhere_fen: i64,
    /// What the buyer is for.
    pub note: String,
}

/// Everything of the demo.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Who operates the centre.
    pub operator: Operator,
    /// The catalogue.
    pub articles: Vec<Article>,
    /// Rates.
    pub tariff: Tariff,
    /// Buyers.
    pub buyers: Vec<DemoBuyer>,
}

impl Demo {
    /// Reads the embedded data.
    ///
    /// # Errors
    /// [`DemoError`] for a mistake in the data.
    pub fn embedded() -> Result<Self, DemoError> {
        let catalogue: CatalogueFile = parse(CATALOGUE)?;
        let tariff: TariffFile = parse(TARIFF)?;
        let buyers: BuyersFile = parse(BUYERS)?;
        let lines = tariff.line.into_iter().map(TariffData::line).collect::<Result<_, _>>()?;
        Ok(Self {
            operator: parse(OPERATOR)?,
            articles: catalogue.product.into_iter().map(ProductData::article).collect::<Result<_, _>>()?,
            tariff: Tariff::new(lines),
            buyers: buyers.buyer,
        })
    }

    /// The article `sku`.
    #[must_use]
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.articles.iter().map(|a| &a.product).find(|p| p.sku == sku)
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DemoError> {
    toml::from_str(text).map_err(|e| DemoError(e.to_string()))
}

fn text<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, DemoError> {
    text.parse().map_err(|e: T::Err| DemoError(e.to_string()))
}

impl std::fmt::Debug for DemoBuyer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DemoBuyer({})", self.reg_no)
    }
}

/// The annual limit every buyer's account opens with, in fen.
pub const ANNUAL_FEN: i64 = limits::ANNUAL.fen();

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pickup_domain::IdNumber;

    use super::*;

    #[test]
    fn the_catalogue_is_as_large_as_promised_and_every_article_has_a_rate_and_a_picture() {
        let demo = Demo::embedded().unwrap();
        let headings: BTreeSet<_> = demo.articles.iter().map(|a| a.product.hs.heading().to_owned()).collect();
        assert!(demo.articles.len() >= 24 && headings.len() >= 6);
        for article in &demo.articles {
            let product = &article.product;
            assert!(demo.tariff.on(&product.hs, Date::constant(2026, 11, 21)).is_some(), "{}", product.sku);
            assert!(article.picture.starts_with("<svg"), "{}", product.sku);
            assert!(product.sku.len() <= 20 && product.name.zh.chars().count() <= 250);
            assert!(product.net_kg <= product.gross_kg, "{}", product.sku);
        }
    }

    #[test]
    fn skus_record_numbers_barcodes_and_pictures_are_used_once() {
        let demo = Demo::embedded().unwrap();
        let all = |f: fn(&Article) -> String| demo.articles.iter().map(f).collect::<BTreeSet<_>>().len();
        let n = demo.articles.len();
        assert_eq!(all(|a| a.product.sku.clone()), n);
        assert_eq!(all(|a| a.product.record_no.clone()), n);
        assert_eq!(all(|a| a.product.barcode.clone()), n);
        assert_eq!(all(|a| a.picture.to_owned()), n);
    }

    #[test]
    fn buyers_have_good_numbers_of_an_impossible_region_and_one_is_a_minor() {
        let demo = Demo::embedded().unwrap();
        let ids: Vec<IdNumber> = demo.buyers.iter().map(|b| b.id_number.parse().unwrap()).collect();
        assert!(ids.len() >= 6 && ids.iter().all(|id| id.expose().starts_with("990101")));
        assert_eq!(
            ids.iter().filter(|id| id.age_on(Date::constant(2026, 11, 21)) < limits::ADULT_AGE).count(),
            1
        );
        assert_eq!(demo.buyers.iter().filter(|b| b.elsewhere_fen > 0).count(), 1);
    }

    /// With the official code tables beside the repository: commodity codes exist and have these legal units.
    #[test]
    fn commodity_codes_and_legal_units_are_those_of_the_tariff() {
        let shared =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/customs/codes");
        let Ok(table) = std::fs::read_to_string(shared.join("tariff-2020-01.csv")) else { return };
        for article in Demo::embedded().unwrap().articles {
            let product = article.product;
            let row = table.lines().find(|line| line.starts_with(product.hs.as_str()));
            let row = row.unwrap_or_else(|| panic!("{}: {} is not in the tariff", product.sku, product.hs));
            let second = product.legal2.map(|unit| unit.code).unwrap_or_default();
            let units = format!(",{},{},", product.legal1.code, second);
            assert!(row.contains(&units), "{}: {units} is not in {row}", product.sku);
        }
    }

    #[test]
    fn the_centre_may_hand_out_parcels() {
        assert!(Demo::embedded().unwrap().operator.centre.inside_special_area);
    }
}
