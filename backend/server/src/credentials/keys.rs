//! API keys of shops: what each may do, until when, and when it was last used.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use pickup_protocol::crockford;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{CredentialError, on_trail};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::sandbox;
use crate::secrets::{Secrets, random};
use crate::store::StoreError;
use crate::time::{at, us};
use crate::trail::Kind;

const SHOP_KEY: &str = "BPK1";
/// How keys of the sandbox begin: they cannot be taken for others.
pub const SANDBOX_KEY: &str = "BPT1";
/// Characters of its digest by which a key is named; the key itself is shown once.
const NAME_LEN: usize = 12;

/// What a key may do. Every operation of the shop API asks for one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look: goods, quotes, orders, tickets, events.
    Read,
    /// Place orders and pay them.
    Order,
    /// Cancel orders and return goods.
    After,
    /// Register endpoints for webhooks and look at their deliveries.
    Webhooks,
}

/// A scope nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope \"{0}\": the scopes are read, order, after and webhooks")]
pub struct UnknownScope(pub String);

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Order, Self::After, Self::Webhooks];

    /// As written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Order => "order",
            Self::After => "after",
            Self::Webhooks => "webhooks",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text.trim());
        found.ok_or_else(|| UnknownScope(text.trim().to_owned()))
    }
}

/// A key as kept; its text is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShopKey {
    /// By what the operator names it.
    pub id: String,
    /// Whose orders are placed with it.
    pub merchant: String,
    /// What the operator calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was issued; unknown of keys older than this list.
    pub made_at: Option<Timestamp>,
    /// From when on it is nobody's.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub used_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl ShopKey {
    /// Whether it has not ended by itself.
    #[must_use]
    pub fn is_in_time(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// What a new key is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Whose orders are placed with it.
    pub merchant: String,
    /// What the operator calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// From when on it is nobody's.
    pub expires_at: Option<Timestamp>,
}

/// Issues an API key that may do everything and does not expire, and gives its text.
///
/// # Errors
/// [`CredentialError`].
pub fn issue_shop_key(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    merchant: &str,
) -> Result<String, CredentialError> {
    let scopes = Scope::ALL.to_vec();
    let new = NewKey { merchant: merchant.to_owned(), name: String::new(), scopes, expires_at: None };
    issue(tx, secrets, now, &new).map(|(_, key)| key)
}

/// Issues an API key; its id and its text.
///
/// # Errors
/// [`CredentialError`].
pub fn issue(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    new: &NewKey,
) -> Result<(String, String), CredentialError> {
    let kind = if sandbox::is(tx) { SANDBOX_KEY } else { SHOP_KEY };
    let key = format!("{kind}{}", crockford::encode(&random::<20>()?));
    let digest = digest(secrets, &key);
    tx.execute(
        "INSERT INTO api_key (digest, merchant, name, scopes, made_us, expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (&digest, &new.merchant, &new.name, text(&new.scopes), us(now), new.expires_at.map(us)),
    )?;
    let id = id(&digest);
    let body = json!({ "key": id, "scopes": new.scopes, "expires_at": new.expires_at });
    on_trail(tx, now, Kind::Shop, &new.merchant, "key_issued", body)?;
    Ok((id, key))
}

/// The key with this text, when it is in force.
///
/// Keys are found by their keyed digest, so comparing takes the same time however much of a guess is right.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    conn: &Conn,
    secrets: &Secrets,
    key: &str,
    now: Timestamp,
) -> Result<Option<ShopKey>, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT digest, merchant, name, scopes, made_us, expires_us, used_us, revoked FROM api_key
             WHERE digest = ?1 AND revoked = 0",
        )?
        .query_row([digest(secrets, key)], |row| Ok(read(row)))
        .optional()?
        .transpose()?;
    Ok(found.filter(|key| key.is_in_time(now)))
}

/// Every key, by merchant.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn) -> Result<Vec<ShopKey>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT digest, merchant, name, scopes, made_us, expires_us, used_us, revoked FROM api_key
         ORDER BY merchant, made_us, digest",
    )?;
    let rows: Vec<Result<ShopKey, StoreError>> =
        statement.query_map([], |row| Ok(read(row)))?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

/// Revokes the key that is named so: within a second it is nobody's (`shop::gate` remembers keys for so long).
///
/// # Errors
/// [`CredentialError::NoKey`].
pub fn revoke(tx: &Conn, now: Timestamp, key_id: &str) -> Result<(), CredentialError> {
    let known = all(tx)?.into_iter().find(|key| key.id == key_id);
    let Some(known) = known else { return Err(CredentialError::NoKey(key_id.to_owned())) };
    tx.execute(
        "UPDATE api_key SET revoked = 1 WHERE digest >= ?1 AND digest < ?2",
        (key_id, format!("{key_id}g")),
    )?;
    Ok(on_trail(tx, now, Kind::Shop, &known.merchant, "key_revoked", json!({ "key": key_id }))?)
}

/// Notes when keys were used.
///
/// # Errors
/// [`StoreError`].
pub fn used<'a>(
    tx: &Conn,
    keys: impl IntoIterator<Item = (&'a String, &'a Timestamp)>,
) -> Result<(), StoreError> {
    for (key_id, at) in keys {
        tx.execute(
            "UPDATE api_key SET used_us = ?3 WHERE digest >= ?1 AND digest < ?2",
            (key_id, format!("{key_id}g"), us(*at)),
        )?;
    }
    Ok(())
}

/// What a key is found by.
#[must_use]
pub fn digest(secrets: &Secrets, key: &str) -> String {
    secrets.fingerprint("shop-key", key.trim().as_bytes())
}

fn id(digest: &str) -> String {
    digest.chars().take(NAME_LEN).collect()
}

fn text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}

fn read(row: &Row) -> Result<ShopKey, StoreError> {
    let time = |us: Option<i64>| us.map(at).transpose();
    let digest: String = row.get(0)?;
    let scopes: String = row.get(3)?;
    let what = || format!("scopes of key {}", id(&digest));
    let scopes = scopes.split(',').filter(|scope| !scope.is_empty()).map(Scope::from_str);
    Ok(ShopKey {
        scopes: scopes.collect::<Result<_, _>>().map_err(|e| StoreError::unreadable(what(), e))?,
        id: id(&digest),
        merchant: row.get(1)?,
        name: row.get(2)?,
        made_at: time(row.get(4)?)?,
        expires_at: time(row.get(5)?)?,
        used_at: time(row.get(6)?)?,
        revoked: row.get(7)?,
    })
}
