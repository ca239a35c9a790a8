//! The side that shops talk to: `/shop/v1`, JSON over HTTP with an API key; amounts are integers of fen.
//!
//! [`api`] is the table of operations with the scope each asks for; [`document`] describes them, [`gate`] lets requests through
//! to them, and [`problem`] gives every refusal one form. What is refused changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use pickup_customs::Dictionary;
use pickup_domain::centre::Centre;
use pickup_domain::goods::Product;
use pickup_domain::registrations::OperatorCodes;
use pickup_domain::rules::Rulebook;
use tokio::sync::Notify;

use crate::App;
use crate::centre;
use crate::clearing::clearer::{self, Clearer};
use crate::clearing::signer::{self, Signer};
use crate::dataset;
use crate::demo::{Demo, DemoError, Operator};
use crate::sandbox;
use crate::secrets::SecretsError;
use crate::signing::OpenError;
use crate::store::StoreError;

pub mod after;
pub mod api;
pub mod auth;
pub mod book;
pub mod config;
pub mod docs;
pub mod document;
pub mod fault;
pub mod gate;
pub mod goods;
pub mod listing;
pub mod once;
pub mod orders;
pub mod page;
pub mod problem;
pub mod rate;
pub mod ticket;
pub mod view;

/// What the shop side and the clearing share.
pub struct Shop {
    /// Settings, database, keys, clock.
    pub app: Arc<App>,
    /// Operator, catalogue and rates.
    pub data: Demo,
    /// Signs declarations, where no port has a signer of its own.
    pub signer: Signer,
    /// Signers of the ports, by customs office.
    pub signers: BTreeMap<String, Signer>,
    /// Clears orders, those of one moment together.
    pub clearer: Clearer,
    /// Rung when a message waits to be sent.
    pub outbox: Notify,
    /// Lists, registrations and settings that orders are judged by.
    pub rules: Rulebook,
    /// What the codes of receipts mean and ask for.
    pub codes: Dictionary,
    /// Who acts in every order.
    pub operator: OperatorCodes,
    /// What is known of those who ask, beside the database.
    pub callers: gate::Callers,
    centres: BTreeMap<u16, Centre>,
    products: HashMap<String, Product>,
}

/// Why the shop side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DemoError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key that signs declarations.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A signer of a port.
    #[error(transparent)]
    Signer(#[from] OpenError),
}

impl Shop {
    /// Reads the data set, puts it into an empty database, and makes the signing key at the first start.
    ///
    /// # Errors
    /// [`ShopError`].
    pub async fn open(app: Arc<App>) -> Result<Arc<Self>, ShopError> {
        let mut data = Demo::embedded()?;
        if app.config.sandbox {
            sandbox::mark(&mut data);
        }
        let signer = signer::open_or_make(&app.config.data_dir)?;
        let signers = signer::of_ports(&app.config, &signer, &data.operator.declarant.code).await?;
        let (seed, now) = (data.clone(), app.now());
        if app.store.write(move |tx| seed.seed(tx, now)).await? {
            tracing::info!(articles = data.articles.len(), "the catalogue was put into the new database");
        }
        let centres = app.store.read(centre::all).await?;
        let (rules, products, codes) = app
            .store
            .read(|conn| {
                Ok::<_, StoreError>((
                    dataset::rulebook(conn)?,
                    dataset::products(conn)?,
                    dataset::codes(conn)?,
                ))
            })
            .await?;
        let operator = operator_codes(&data.operator);
        let (clearer, queue) = clearer::channel();
        let shop = Arc::new(Self {
            app,
            data,
            signer,
            signers,
            clearer,
            outbox: Notify::new(),
            rules,
            codes,
            operator,
            callers: gate::Callers::default(),
            centres,
            products,
        });
        // Ends when the last asker is gone: the queue closes with the shop.
        tokio::spawn(clearer::run(Arc::downgrade(&shop), queue));
        Ok(shop)
    }

    /// The centre with this number.
    #[must_use]
    pub fn centre(&self, number: u16) -> Option<&Centre> {
        self.centres.get(&number)
    }

    /// Who signs for a customs office, and by which profile.
    #[must_use]
    pub fn signer_of(&self, office: &str) -> &Signer {
        let port = self.app.config.port_of(office);
        port.and_then(|port| self.signers.get(&port.code)).unwrap_or(&self.signer)
    }

    /// Every article, by its number.
    pub fn articles(&self) -> impl Iterator<Item = &Product> {
        let mut all: Vec<&Product> = self.products.values().collect();
        all.sort_by(|a, b| a.sku.cmp(&b.sku));
        all.into_iter()
    }

    /// The article `sku`.
    #[must_use]
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.products.get(sku)
    }
}

fn operator_codes(operator: &Operator) -> OperatorCodes {
    OperatorCodes {
        platform: operator.platform.code.clone(),
        seller: operator.seller.code.clone(),
        payment: operator.payment.code.clone(),
        carrier: operator.carrier.code.clone(),
        declarant: operator.declarant.code.clone(),
        warehouse: operator.warehouse.code.clone(),
    }
}

/// The routes.
pub fn router(shop: Arc<Shop>) -> Router {
    let pictures = Router::new().route("/goods/{picture}", get(goods::picture)).with_state(Arc::clone(&shop));
    api::router(&shop).merge(pictures)
}

#[cfg(test)]
pub(crate) mod tests;
