//! Text is sent compressed to browsers that can read it so.

use std::io::Write as _;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this a page is one packet anyway.
const FROM_BYTES: u64 = 1024;
const MOST_BYTES: u64 = 4 << 20;

/// Whether a request takes gzip.
#[must_use]
pub fn taken(headers: &HeaderMap) -> bool {
    let text = headers.get(header::ACCEPT_ENCODING).and_then(|text| text.to_str().ok()).unwrap_or_default();
    text.split(',')
        .any(|part| part.trim().split(';').next() == Some("gzip") && !part.replace(" ", "").ends_with(";q=0"))
}

/// Compresses an answer when it is text of known length; streams are left as they are.
pub async fn pack(answer: Response) -> Response {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let text = kind.is_some_and(|kind| {
        (kind.starts_with("text/") && kind != "text/event-stream") || kind.starts_with("image/svg")
    });
    let exact = answer.body().size_hint().exact();
    if !text || !exact.is_some_and(|n| (FROM_BYTES..MOST_BYTES).contains(&n)) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Some(packed) = packed(&plain) else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(packed))
}

fn packed(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}
