//! Refusals of the shop API: every reason at once, in both languages.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pickup_domain::{Lang, Reason, ReasonCode};
use serde::Serialize;

use crate::clearing::ClearingError;
use crate::db::DbError;
use crate::error::Fault;
use crate::secrets::SecretsError;
use crate::store::StoreError;

/// Why the shop API does not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShopFault {
    /// Anything but the rules.
    Plain(Fault),
    /// The rules, with every reason.
    Refused(StatusCode, Vec<Reason>),
}

/// A reason with its sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpokenReason {
    /// Code, field, values and rule.
    #[serde(flatten)]
    pub reason: Reason,
    /// Sentence in Chinese.
    pub message_zh: String,
    /// Sentence in English.
    pub message_en: String,
}

#[derive(Serialize)]
struct Envelope {
    code: ReasonCode,
    message_zh: String,
    message_en: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    field: String,
    reasons: Vec<SpokenReason>,
}

/// Gives every reason its sentences.
#[must_use]
pub fn speak(reasons: &[Reason]) -> Vec<SpokenReason> {
    let spoken = |reason: &Reason| SpokenReason {
        message_zh: reason.text(Lang::Zh),
        message_en: reason.text(Lang::En),
        reason: reason.clone(),
    };
    reasons.iter().map(spoken).collect()
}

impl ShopFault {
    /// 422 with these reasons.
    #[must_use]
    pub const fn refused(reasons: Vec<Reason>) -> Self {
        Self::Refused(StatusCode::UNPROCESSABLE_ENTITY, reasons)
    }

    /// 404: the merchant has no such order.
    #[must_use]
    pub fn no_order(order_no: &str) -> Self {
        Self::Plain(Fault::not_found(
            format!("没有订单{order_no}。"),
            format!("There is no order {order_no}."),
        ))
    }
}

impl IntoResponse for ShopFault {
    fn into_response(self) -> Response {
        let (status, reasons) = match self {
            Self::Plain(fault) => return fault.into_response(),
            Self::Refused(status, reasons) => (status, reasons),
        };
        let reasons = speak(&reasons);
        let Some(first) = reasons.first() else { return status.into_response() };
        let envelope = Envelope {
            code: first.reason.code,
            message_zh: first.message_zh.clone(),
            message_en: first.message_en.clone(),
            field: first.reason.field.clone(),
            reasons,
        };
        (status, Json(envelope)).into_response()
    }
}

impl From<Fault> for ShopFault {
    fn from(fault: Fault) -> Self {
        Self::Plain(fault)
    }
}

impl From<StoreError> for ShopFault {
    fn from(cause: StoreError) -> Self {
        Self::Plain(cause.into())
    }
}

impl From<DbError> for ShopFault {
    fn from(cause: DbError) -> Self {
        Self::Plain(cause.into())
    }
}

impl From<SecretsError> for ShopFault {
    fn from(cause: SecretsError) -> Self {
        Self::Plain(cause.into())
    }
}

impl From<ClearingError> for ShopFault {
    fn from(cause: ClearingError) -> Self {
        Self::Plain(Fault::internal(&cause))
    }
}
