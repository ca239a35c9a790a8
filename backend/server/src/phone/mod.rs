//! The shopper's phone: from the label on a shelf to the code that opens the locker, without an account and without scripts.
//!
//! A basket lies behind a link that cannot be guessed ([`link`]); it is paid on the payment company's own page ([`pay`]),
//! cleared as a shop's purchase is ([`settle`]), and then tells where it stands ([`status`]) on its page and by text message
//! ([`tell`]). [`run`] does what must happen also when nobody looks.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify};

use crate::clearing::ClearingError;
use crate::messages::{self, Carrier, MessagesError, queue};
use crate::payment::PaymentError;
use crate::payment::checkout::{self, Checkout, Stands};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::web::Web;

pub mod basket;
pub mod codes;
pub mod config;
pub mod data;
pub mod fits;
pub mod labels;
pub mod later;
pub mod link;
pub mod notice;
pub mod order;
pub mod pages;
pub mod pay;
pub mod pdf;
pub mod person;
pub mod settle;
pub mod status;
pub mod tell;
pub mod throttle;
pub mod words;

pub use pages::router;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// Every how many looks what is old is forgotten, and returns are looked for.
const SELDOM: u32 = 60;
/// How long payments that came to their end are kept, in hours: orders have all of it.
const KEEP_PAYMENTS_H: i64 = 30 * 24;

/// Why the shopper's pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// Text messages.
    #[error(transparent)]
    Messages(#[from] MessagesError),
    /// The payment company.
    #[error(transparent)]
    Payment(#[from] PaymentError),
}

/// What the shopper's pages share.
pub struct Phone {
    /// The shop side.
    pub shop: Arc<Shop>,
    /// What pages are made with.
    pub web: Web,
    /// The payment company; without one nothing can be paid here.
    pub company: Option<Arc<dyn Checkout>>,
    /// Where shoppers reach this backend, with the scheme, without a slash at the end.
    pub public_url: String,
    /// How often one address may do what.
    pub throttle: throttle::Throttle,
    /// Rung when something is due.
    pub bell: Notify,
    carrier: Arc<dyn Carrier>,
    // One payment after the other: two for the same basket must not both become orders.
    settling: Mutex<()>,
}

impl Phone {
    /// Opens what the settings name; `public_url` is where shoppers reach this backend.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn open(shop: Arc<Shop>, web: Web, public_url: &str) -> Result<Arc<Self>, PhoneError> {
        let config = &shop.app.config;
        let company = checkout::open(&config.payment, &config.data_dir)?;
        Self::with(shop, web, public_url, company)
    }

    /// The same with this payment company.
    ///
    /// # Errors
    /// [`PhoneError::Messages`].
    pub fn with(
        shop: Arc<Shop>,
        web: Web,
        public_url: &str,
        company: Option<Arc<dyn Checkout>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let config = &shop.app.config;
        let carrier = messages::open(&config.phone.messages, &config.data_dir)?;
        let public_url = public_url.trim_end_matches('/').to_owned();
        let web = web.with_forms_to(&company.iter().map(|company| company.origin()).collect::<Vec<_>>());
        Ok(Arc::new(Self {
            web,
            company,
            public_url,
            throttle: throttle::Throttle::default(),
            bell: Notify::new(),
            carrier,
            settling: Mutex::new(()),
            shop,
        }))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shop.app.now()
    }

    /// Notes what the company said of a payment, and settles it when it was paid; where it stands then.
    ///
    /// # Errors
    /// [`ClearingError`]; what was said is kept when it could be written.
    pub async fn heard(
        self: &Arc<Self>,
        out_no: &str,
        stands: Stands,
    ) -> Result<Option<pay::State>, Arc<ClearingError>> {
        let (writer, number) = (Arc::clone(&self.shop), out_no.to_owned());
        let said = self.shop.app.store.write(move |tx| {
            pay::said(tx, &writer.app.secrets, &number, &stands, &writer.data.operator.payment.code)
        });
        match said.await.map_err(|e| Arc::new(ClearingError::from(e)))? {
            Some(pay::State::Paid) => self.settled(out_no).await,
            other => Ok(other),
        }
    }

    /// Settles a payment that was made, once whoever settles one just now has finished; where it stands then.
    ///
    /// # Errors
    /// [`ClearingError`].
    pub async fn settled(&self, out_no: &str) -> Result<Option<pay::State>, Arc<ClearingError>> {
        let failed = |e: StoreError| Arc::new(ClearingError::from(e));
        let _one_at_a_time = self.settling.lock().await;
        let number = out_no.to_owned();
        let one = self.shop.app.store.read(move |conn| pay::find(conn, &number)).await.map_err(failed)?;
        if let Some(one) = one.filter(|one| one.state == pay::State::Paid) {
            settle::settle(&self.shop, &one).await?;
        }
        let number = out_no.to_owned();
        self.shop.app.store.read(move |conn| pay::state_of(conn, &number)).await.map_err(failed)
    }

    /// Asks the company how a payment stands, and does what follows.
    ///
    /// # Errors
    /// [`ClearingError`].
    pub async fn ask(self: &Arc<Self>, one: &pay::Checkout) -> Result<(), Arc<ClearingError>> {
        let Some(company) = &self.company else { return Ok(()) };
        match company.stands(&one.out_no).await {
            Ok(Some(stands)) if stands != Stands::Waiting => {
                return self.heard(&one.out_no, stands).await.map(drop);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(out_no = one.out_no, %error, "a payment could not be asked about"),
        }
        let (kept, within, now) = (one.clone(), self.shop.app.config.phone.pay_within_min, self.now());
        let later = move |tx: &crate::db::Conn| pay::ask_later(tx, &kept, within, now);
        self.shop.app.store.write(later).await.map_err(|e| Arc::new(ClearingError::from(e)))
    }

    /// Does everything that is due: payments, messages about orders, and the messages themselves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_due(self: &Arc<Self>) -> Result<(), StoreError> {
        let (store, now) = (&self.shop.app.store, self.now());
        for one in store.read(move |conn| pay::due(conn, now)).await? {
            let done = match one.state {
                pay::State::Paid => self.settled(&one.out_no).await.map(drop),
                _ => self.ask(&one).await,
            };
            if let Err(error) = done {
                tracing::error!(out_no = one.out_no, %error, "a payment is settled later");
            }
        }
        let (shop, now) = (Arc::clone(&self.shop), self.now());
        let news = store.read(move |conn| tell::of_orders(conn, &shop, now)).await?;
        self.tell(news).await?;
        queue::carry(&self.shop.app, &*self.carrier, &self.shop.app.config.phone.messages).await.map(drop)
    }

    async fn tell(&self, news: Vec<tell::Due>) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        let (shop, url, now) = (Arc::clone(&self.shop), self.public_url.clone(), self.now());
        let told = self.shop.app.store.write(move |tx| tell::write(tx, &shop, &url, &news, now)).await?;
        tracing::debug!(told, "text messages were written");
        Ok(())
    }

    /// Forgets what is old, and tells of granted returns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seldom(&self) -> Result<(), StoreError> {
        self.tell(self.shop.app.store.read(tell::of_returns).await?).await?;
        let now = self.now();
        let ago = move |hours: i64| {
            now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::UNIX_EPOCH)
        };
        let forget_after = i64::from(self.shop.app.config.phone.forget_after_h);
        let work = move |tx: &crate::db::Conn| {
            basket::forget(tx, ago(forget_after))?;
            pay::forget(tx, ago(KEEP_PAYMENTS_H))?;
            fits::forget(tx, now)?;
            queue::forget(tx, ago(KEEP_PAYMENTS_H))?;
            codes::forget(tx, now)
        };
        self.shop.app.store.write(work).await
    }
}

/// Does what is due, until dropped.
pub async fn run(phone: Arc<Phone>) {
    let mut looks = 0_u32;
    loop {
        if let Err(error) = phone.all_due().await {
            tracing::error!(%error, "what is due for shoppers could not be done");
        }
        if looks.is_multiple_of(SELDOM)
            && let Err(error) = phone.seldom().await
        {
            tracing::error!(%error, "what is old could not be forgotten");
        }
        looks = looks.wrapping_add(1);
        // Whichever comes first: something new, or the next look.
        let _ = tokio::time::timeout(LOOK, phone.bell.notified()).await;
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
