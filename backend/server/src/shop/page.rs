//! Pages of lists, and what stands behind the question mark.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::Fault;

const USUAL: u16 = 100;
const MOST: u16 = 500;

/// The parameters of a query; what cannot be read is a problem that says so.
#[derive(Clone, Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(asked)| Self(asked)).map_err(|rejection| Fault::malformed(rejection.body_text()))
    }
}

/// How many rows a page may have.
///
/// # Errors
/// 400 for none or too many.
pub fn limit(asked: Option<u16>) -> Result<usize, Fault> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(usize::from(limit)),
        other => Err(Fault::malformed(format!("limit is 1 to {MOST}, not {other}"))),
    }
}

/// The number in a cursor.
///
/// # Errors
/// 400 for text that never was one.
pub fn number(cursor: &str) -> Result<i64, Fault> {
    let number = cursor.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Fault::malformed("cursor is what the page before gave as next"))
}
