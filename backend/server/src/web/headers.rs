//! What every answer of the pages tells the browser not to do.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

const FIXED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];
const HSTS: &str = "max-age=31536000";

/// The content security policy: everything from here, nothing inline, in nobody's frame. `form_to` names further origins
/// that the answer to a form may lead to, such as the payment company's.
#[must_use]
pub fn policy(form_to: &[String]) -> String {
    let forms = form_to.iter().fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"));
    format!(
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}"
    )
}

/// Puts them on an answer. Pages are not kept by caches unless they say so themselves.
pub fn put(headers: &mut HeaderMap, policy: &HeaderValue, tls: bool) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
