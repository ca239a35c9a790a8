//! Idempotency keys: a request that is sent again under its key gets the answer it got.
//!
//! Orders, payments, cancellations and returns are idempotent by their own numbers; a key does the same for every POST. A
//! process that dies between the work and the keeping of its answer leaves the work done: the repeat is then answered by
//! those numbers. What has none, such as an endpoint for webhooks, takes its own id from the key ([`Key`]).

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use jiff::Timestamp;

use crate::db::{Conn, OptionalExt as _};
use crate::error::Fault;
use crate::secrets::Secrets;
use crate::shop::Shop;
use crate::shop::auth::Merchant;
use crate::store::StoreError;
use crate::time::{DAY_US, us};

const HEADER: &str = "idempotency-key";
const KEY_MOST: usize = 200;

/// The idempotency key a request came under, for operations that have no number of the shop's own to know a repeat by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(pub String);

/// A request under an idempotency key.
#[derive(Debug)]
pub struct Once {
    /// Whose.
    pub merchant: String,
    /// The key.
    pub key: String,
    digest: String,
}

impl Once {
    /// The idempotency key of a request, when it has one that counts.
    ///
    /// # Errors
    /// 400 for a key that is none.
    pub fn of(merchant: &Merchant, request: &Request) -> Result<Option<Self>, Fault> {
        let Some(key) = request.headers().get(HEADER).filter(|_| request.method() == Method::POST) else {
            return Ok(None);
        };
        let key = key.to_str().unwrap_or_default();
        if !(1..=KEY_MOST).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = format!("Idempotency-Key has 1 to {KEY_MOST} visible ASCII characters");
            return Err(Fault::malformed(why));
        }
        Ok(Some(Self { merchant: merchant.0.clone(), key: key.to_owned(), digest: String::new() }))
    }

    /// With what it asks.
    #[must_use]
    pub fn with_body(mut self, secrets: &Secrets, parts: &Parts, body: &[u8]) -> Self {
        let mut whole = format!("{} {}\n", parts.method, parts.uri.path()).into_bytes();
        whole.extend_from_slice(body);
        self.digest = secrets.fingerprint("idempotency", &whole);
        self
    }

    /// Status and body of the answer it got, when it got one.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub async fn answer(&self, shop: &Shop) -> Result<Option<(u16, Vec<u8>)>, Fault> {
        let (merchant, key) = (self.merchant.clone(), self.key.clone());
        let kept = shop.app.store.read(move |conn| find(conn, &merchant, &key)).await?;
        let Some((digest, status, sealed)) = kept else { return Ok(None) };
        if digest != self.digest {
            return Err(reused());
        }
        Ok(Some((status, shop.app.secrets.open(&self.context(), &sealed)?.to_vec())))
    }

    /// Keeps the answer.
    ///
    /// # Errors
    /// The database.
    pub async fn keep(&self, shop: &Shop, status: u16, answer: &[u8]) -> Result<(), Fault> {
        let sealed = shop.app.secrets.seal(&self.context(), answer)?;
        let (merchant, key, digest) = (self.merchant.clone(), self.key.clone(), self.digest.clone());
        let now = us(shop.app.now());
        let write = move |tx: &Conn| -> Result<(), StoreError> {
            tx.execute(
                "INSERT INTO idempotency (cell, merchant, key, digest, status, answer, at_us)
                 VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (cell, merchant, key) DO NOTHING",
                (merchant, key, digest, status, sealed, now),
            )?;
            Ok(())
        };
        Ok(shop.app.store.write(write).await?)
    }

    fn context(&self) -> String {
        format!("idempotency/{}/{}", self.merchant, self.key)
    }
}

type Kept = (String, u16, Vec<u8>);

fn find(conn: &Conn, merchant: &str, key: &str) -> Result<Option<Kept>, StoreError> {
    let sql =
        "SELECT digest, status, answer FROM idempotency WHERE cell = {cell} AND merchant = ?1 AND key = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let read = statement.query_row((merchant, key), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    Ok(read.optional()?)
}

/// Forgets answers older than so many days.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, now: Timestamp, days: u32) -> Result<(), StoreError> {
    let before = us(now).saturating_sub(i64::from(days).saturating_mul(DAY_US));
    tx.execute("DELETE FROM idempotency WHERE cell = {cell} AND at_us < ?1", [before])?;
    Ok(())
}

/// 409: the first request under the key is not answered yet.
pub fn under_way() -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "IDEMPOTENCY_KEY_UNDER_WAY",
        "使用该幂等键的请求正在处理，请稍后重试。",
        "A request under this Idempotency-Key is being answered; try again in a moment.",
    )
}

/// 422: the key was used for another request.
pub fn reused() -> Fault {
    Fault::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "IDEMPOTENCY_KEY_REUSED",
        "该幂等键已用于不同的请求，请更换。",
        "This Idempotency-Key was used for another request; make a new one.",
    )
}
