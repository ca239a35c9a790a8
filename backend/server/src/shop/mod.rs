//! The side that shops talk to: `/shop/v1`, JSON over HTTP with an API key; amounts are integers of fen.
//!
//! | method and path | request | answer |
//! | --- | --- | --- |
//! | `GET /shop/v1/goods` | | articles with price, tax of one piece and stock |
//! | `POST /shop/v1/quotes` | `{"centre", "lines":[{"sku","qty"}]}` | tax line by line, totals, reasons |
//! | `POST /shop/v1/orders` | [`pickup_domain::order::Order`] | 201 (200 when repeated) with the verdict |
//! | `POST /shop/v1/orders/{order_no}/payment` | [`pickup_domain::order::Payment`] | 201 (200) with waybill and copNo |
//! | `GET /shop/v1/orders/{order_no}` | | all states, tax, receipts, parcel, refund |
//! | `POST /shop/v1/orders/{order_no}/cancel` | `{"request_id", "reason"}` | 200 cancelled, 202 customs is asked |
//! | `POST /shop/v1/orders/{order_no}/returns` | `{"request_id", "reason", "lines":[{"sku","qty"}]}` | 202 with the application |
//! | `GET /shop/v1/orders/{order_no}/ticket` | | the ticket's text |
//! | `GET /shop/v1/orders/{order_no}/ticket.svg` | | the ticket as a QR code |
//! | `PUT /shop/v1/payments/{transaction}/raw` | [`raw::Raw`] | 201 (200): request and response of the payment are kept |
//! | `GET /goods/{sku}.svg` (no key) | | picture of an article |
//!
//! What is refused answers `{code, message_zh, message_en, field?, reasons[]}` and changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
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
use crate::plat_data::raw;
use crate::secrets::SecretsError;
use crate::signing::OpenError;
use crate::store::StoreError;

pub mod after;
pub mod auth;
pub mod book;
pub mod fault;
pub mod goods;
pub mod orders;
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
        let data = Demo::embedded()?;
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
    Router::new()
        .route("/shop/v1/goods", get(goods::list))
        .route("/shop/v1/quotes", post(goods::quote))
        .route("/shop/v1/orders", post(orders::place))
        .route("/shop/v1/purchases", post(orders::purchase))
        .route("/shop/v1/orders/{order_no}", get(view::show))
        .route("/shop/v1/orders/{order_no}/payment", post(orders::pay))
        .route("/shop/v1/orders/{order_no}/cancel", post(after::cancel))
        .route("/shop/v1/orders/{order_no}/returns", post(after::give_back))
        .route("/shop/v1/orders/{order_no}/ticket", get(ticket::text))
        .route("/shop/v1/orders/{order_no}/ticket.svg", get(ticket::qr))
        .route("/shop/v1/payments/{transaction}/raw", put(raw::put))
        .route("/goods/{picture}", get(goods::picture))
        .with_state(shop)
}
