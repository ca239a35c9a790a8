//! Which article a book line is, and whether somebody may see the line.

use std::collections::{BTreeMap, HashMap};

use pickup_domain::centre::Centre;
use pickup_domain::goods::Product;

use crate::console::Console;
use crate::console::routes::User;
use crate::store::StoreError;
use crate::web::{Lang, Visit, WebError};

/// What a book line is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    /// Article number; empty when the catalogue does not know the record number.
    pub sku: String,
    /// Name in the reader's language.
    pub name: String,
    /// GTIN; may be empty.
    pub barcode: String,
}

/// Articles by record number, and the books that somebody may see.
#[derive(Clone, Debug)]
pub struct Articles {
    /// The centres somebody may see.
    pub centres: Vec<Centre>,
    by_record: BTreeMap<String, Article>,
}

/// What the signed-in account may see.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(console: &Console, user: &User, p: &Visit) -> Result<Articles, WebError> {
    let (centres, products) = console
        .shop
        .app
        .store
        .read(|conn| Ok::<_, StoreError>((crate::centre::all(conn)?, crate::dataset::products(conn)?)))
        .await?;
    let centres = centres.into_values().filter(|centre| user.person().sees(centre.number)).collect();
    Ok(Articles { centres, by_record: by_record(products, p.lang) })
}

/// Record numbers are unique in a book; an article that two centres sell has one name.
fn by_record(products: HashMap<String, Product>, lang: Lang) -> BTreeMap<String, Article> {
    let article = |product: Product| {
        let name = lang.t(&product.name.zh, &product.name.en).to_owned();
        (product.record_no, Article { sku: product.sku, name, barcode: product.barcode })
    };
    products.into_values().map(article).collect()
}

impl Articles {
    /// The article of a line `book/record number`; `None` for a line of a book that somebody may not see.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Article> {
        let (book, record) = key.split_once('/')?;
        self.centres.iter().find(|centre| centre.ems_no == book)?;
        Some(self.by_record.get(record).cloned().unwrap_or_default())
    }

    /// The centre with this number, when somebody may see it.
    #[must_use]
    pub fn centre(&self, number: u16) -> Option<&Centre> {
        self.centres.iter().find(|centre| centre.number == number)
    }
}
