//! Style, scripts and pictures of the pages, embedded in the program and served under names that change with their content.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::web::error::WebError;

/// Name, type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("app.css", "text/css; charset=utf-8", include_bytes!("../../assets/app.css")),
    ("phone.css", "text/css; charset=utf-8", include_bytes!("../../assets/phone.css")),
    ("live.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/live.js")),
    ("scan.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/scan.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
];

struct Asset {
    name: &'static str,
    url: String,
    tag: String,
    kind: &'static str,
    body: &'static [u8],
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.iter().map(asset).collect());

fn asset(&(name, kind, body): &(&'static str, &'static str, &'static [u8])) -> Asset {
    let mut tag = hex::encode(Sha256::digest(body));
    tag.truncate(16);
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    Asset { name, url: format!("/assets/{stem}-{tag}.{end}"), tag: format!("\"{tag}\""), kind, body }
}

/// The address of a file; that of nothing when there is none.
#[must_use]
pub fn url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/none", |asset| &asset.url)
}

/// `GET /assets/…`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = ASSETS.iter().find(|asset| asset.url.strip_prefix("/assets/") == Some(&name));
    let Some(asset) = found else { return WebError::not_found().into_response() };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.tag.as_bytes());
    let about = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, &asset.tag),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        (about, asset.body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_content() {
        assert!(url("app.css").starts_with("/assets/app-") && url("app.css").ends_with(".css"));
        assert_eq!(url("app.css").len(), "/assets/app-0123456789abcdef.css".len());
        assert_eq!(url("other.css"), "/assets/none");
    }
}
