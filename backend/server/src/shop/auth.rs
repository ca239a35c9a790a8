//! Which merchant a request comes from: `Authorization: Bearer <API key>`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::credentials;
use crate::error::Fault;
use crate::shop::Shop;

/// The merchant whose API key came with the request.
///
/// Keys are found by their keyed digest, so comparing takes the same time however much of a guess is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant(pub String);

impl Merchant {
    /// As the trail names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("shop:{}", self.0)
    }
}

impl FromRequestParts<Arc<Shop>> for Merchant {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Fault> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(unknown)?.to_owned();
        let app = Arc::clone(&shop.app);
        let merchant =
            shop.app.store.read(move |conn| credentials::merchant_of(conn, &app.secrets, &key)).await?;
        merchant.map(Self).ok_or_else(unknown)
    }
}

fn unknown() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        "API_KEY_UNKNOWN",
        "缺少 API 密钥或密钥无效。请在 Authorization 头中以 Bearer 方式提供。",
        "The API key is missing or not known. Send it as `Authorization: Bearer <key>`.",
    )
}
