//! How the HTTP interfaces say that something went wrong: a status, a stable code and a sentence in both languages.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pickup_protocol::kiosk::ApiError;
use serde::de::DeserializeOwned;

use crate::db::DbError;
use crate::secrets::SecretsError;
use crate::store::StoreError;

/// An error answer. The wire carries [`ApiError`]; the shop API makes a problem document of it (`shop::problem`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: StatusCode,
    /// What the wire carries.
    pub error: ApiError,
}

impl Fault {
    /// An error with its code and sentences.
    pub fn new(status: StatusCode, code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status,
            error: ApiError { code: code.to_owned(), message_zh: zh.into(), message_en: en.into() },
        }
    }

    /// 400: the request's body or parameters are not what this interface takes.
    pub fn malformed(why: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "REQUEST_MALFORMED",
            format!("请求格式不正确（{why}），请按接口说明改正后重发。"),
            format!("The request cannot be read: {why}."),
        )
    }

    /// 413: the request's body is larger than this interface takes.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BODY_TOO_LARGE",
            "请求内容过大，请分成较小的请求发送。",
            "The request's body is too large; send less at a time.",
        )
    }

    /// 409: the id was used with another body.
    #[must_use]
    pub fn conflict() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "REQUEST_CONFLICT",
            "请求编号已用于不同的内容。",
            "This request id was used with another body.",
        )
    }

    /// 404: there is no such thing.
    pub fn not_found(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", zh, en)
    }

    /// 500: our fault. The cause goes to the log, not to the caller.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "系统出错，请稍后重试。",
            "Something failed here. Try again later.",
        )
    }
}

impl From<StoreError> for Fault {
    fn from(cause: StoreError) -> Self {
        Self::internal(&cause)
    }
}

impl From<DbError> for Fault {
    fn from(cause: DbError) -> Self {
        Self::internal(&cause)
    }
}

impl From<SecretsError> for Fault {
    fn from(cause: SecretsError) -> Self {
        Self::internal(&cause)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self.error)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A JSON body. Unlike axum's own it answers a body it cannot read with [`ApiError`], and it does not ask for a content type.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                true => Fault::too_large(),
                false => Fault::malformed(rejection),
            }
        })?;
        // The position is told, the content is not: it may hold an identity number.
        let place =
            |e: &serde_json::Error| format!("{:?} at line {} column {}", e.classify(), e.line(), e.column());
        serde_json::from_slice(&bytes).map(Self).map_err(|e| Fault::malformed(place(&e)))
    }
}

/// What paths that do not exist answer.
pub async fn no_such_path() -> Fault {
    Fault::not_found("没有这个地址。", "There is nothing at this path.")
}
