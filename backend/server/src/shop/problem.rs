//! Every refusal of the shop API as a problem document (RFC 9457), also those that the HTTP layer makes by itself.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Fault;
use crate::shop::fault::{Refusal, SpokenReason};

/// The content type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was refused (RFC 9457). Branch on `code`; sentences may change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened, in English.
    pub detail: String,
    /// This occurrence, as it stands in the operator's log.
    pub instance: String,
    /// Stable code.
    pub code: String,
    /// What happened, in Chinese.
    pub message_zh: String,
    /// What happened, in English.
    pub message_en: String,
    /// The field of the request it is about, where there is one.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub field: String,
    /// Every reason of the rules against it; absent where it is not the rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reasons: Vec<SpokenReason>,
}

impl Problem {
    fn of(fault: Fault, field: String, reasons: Vec<SpokenReason>) -> Self {
        let error = fault.error;
        Self {
            kind: format!("/shop/v1/docs#{}", error.code),
            title: title(&error.code),
            status: fault.status.as_u16(),
            detail: error.message_en.clone(),
            instance: Uuid::now_v7().urn().to_string(),
            code: error.code,
            message_zh: error.message_zh,
            message_en: error.message_en,
            field,
            reasons,
        }
    }
}

/// Makes a problem document of every answer that is an error.
pub async fn layer(request: Request, next: Next) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let problem = problem(&response);
    if response.status().is_server_error() {
        tracing::error!(%what, instance = problem.instance, code = problem.code, "a shop's request failed");
    }
    let Ok(text) = serde_json::to_string(&problem) else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(parts, text.into())
}

fn problem(response: &Response) -> Problem {
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        return Problem::of(refusal.fault.clone(), refusal.field.clone(), refusal.reasons.clone());
    }
    let fault = response.extensions().get::<Fault>().cloned();
    Problem::of(fault.unwrap_or_else(|| by_status(response.status())), String::new(), Vec::new())
}

/// What the HTTP layer refuses by itself says no more than its status.
fn by_status(status: StatusCode) -> Fault {
    match status {
        StatusCode::BAD_REQUEST => Fault::malformed("path or query"),
        StatusCode::PAYLOAD_TOO_LARGE => Fault::too_large(),
        StatusCode::METHOD_NOT_ALLOWED => Fault::new(
            status,
            "METHOD_NOT_ALLOWED",
            "该地址不支持此请求方法，可用的方法见 Allow 头。",
            "This path does not take that method; the Allow header names those it takes.",
        ),
        status if status.is_server_error() => Fault::new(
            status,
            "INTERNAL",
            "系统出错，请稍后重试。",
            "Something failed here. Try again later.",
        ),
        status => Fault::new(
            status,
            "REQUEST_REFUSED",
            "请求被拒绝，请对照接口说明检查。",
            "The request was refused; compare it with the document of this interface.",
        ),
    }
}

/// `ORDER_NO_TAKEN` as `Order no taken`.
fn title(code: &str) -> String {
    let words = code.replace('_', " ").to_lowercase();
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
