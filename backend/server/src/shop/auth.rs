//! Who asks: the merchant whose API key came with the request, as `shop::gate` found it.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::error::Fault;

/// The merchant whose API key came with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant(pub String);

impl Merchant {
    /// As the trail names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("shop:{}", self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Merchant {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(key_unknown)
    }
}

/// 401: no key, or one that is not in force.
#[must_use]
pub fn key_unknown() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        "API_KEY_UNKNOWN",
        "缺少 API 密钥或密钥无效。请在 Authorization 头中以 Bearer 方式提供。",
        "The API key is missing or not known. Send it as `Authorization: Bearer <key>`.",
    )
}
