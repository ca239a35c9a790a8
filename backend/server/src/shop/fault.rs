//! Refusals of the shop API: every reason at once, in both languages.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pickup_domain::{Lang, Reason};
use serde::Serialize;
use utoipa::ToSchema;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpokenReason {
    /// Code, field, values and rule.
    #[serde(flatten)]
    pub reason: Reason,
    /// Sentence in Chinese.
    pub message_zh: String,
    /// Sentence in English.
    pub message_en: String,
}

/// A refusal by the rules, carried beside its answer for `shop::problem`.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Status, code and sentences of the first reason.
    pub fault: Fault,
    /// The field of the first reason.
    pub field: String,
    /// All of them.
    pub reasons: Vec<SpokenReason>,
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
        let fault = Fault::new(status, first.reason.code.as_str(), &first.message_zh, &first.message_en);
        let field = first.reason.field.clone();
        let mut response = fault.clone().into_response();
        response.extensions_mut().insert(Refusal { fault, field, reasons });
        response
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
