//! What all pages are made with: language, layout, static files, strict headers, forms, live updates.
//!
//! A page is a template under `templates/` that extends `layout.html`, with a field `p: Visit`; it says
//! `{{ p.t("今日", "Today") }}` for its texts and puts `<input type="hidden" name="csrf" value="{{ p.csrf() }}">` into each
//! form, whose handler takes [`csrf::Posted`]. Handlers answer [`error::html`] or a [`error::WebError`]. Routes get all of
//! it by [`layer`]. Everything works without scripts; there are no inline scripts or styles, and nothing is loaded from
//! anywhere else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use uuid::Uuid;

use crate::App;
use crate::secrets::random;

pub mod assets;
pub mod cookies;
pub mod csrf;
pub mod error;
pub mod gzip;
pub mod headers;
pub mod lang;
pub mod live;
pub mod qr;
pub mod upload;
pub mod visit;

pub use csrf::Posted;
pub use error::{WebError, html};
pub use lang::Lang;
pub use live::Live;
pub use upload::Uploaded;
pub use visit::Visit;

const YEAR_S: u32 = 365 * 24 * 3600;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What all pages share.
#[derive(Clone, Debug)]
pub struct Web {
    /// Settings, database, keys, clock.
    pub app: Arc<App>,
    /// Tells pages that something changed.
    pub live: Live,
    policy: HeaderValue,
}

impl Web {
    /// For these settings.
    #[must_use]
    pub fn new(app: Arc<App>, live: Live) -> Self {
        Self { app, live, policy: policy(&[]) }
    }

    /// The same for pages whose forms may lead to these origins, such as the payment company's.
    #[must_use]
    pub fn with_forms_to(mut self, origins: &[String]) -> Self {
        self.policy = policy(origins);
        self
    }

    /// Whether browsers reach the pages over TLS: then cookies are theirs alone.
    #[must_use]
    pub fn tls(&self) -> bool {
        !self.app.config.plain_http
    }
}

fn policy(origins: &[String]) -> HeaderValue {
    // An origin that no header may hold is left out rather than the whole policy.
    HeaderValue::from_str(&headers::policy(origins))
        .or_else(|_| HeaderValue::from_str(&headers::policy(&[])))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Puts language, forms, error pages, headers and compression around the routes of `router`.
pub fn layer<S: Clone + Send + Sync + 'static>(router: Router<S>, web: Web) -> Router<S> {
    router.layer(middleware::from_fn_with_state(web, around))
}

async fn around(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let query = request.uri().query();
    let chosen = lang::asked(query);
    let sent = request.headers();
    let gzip = gzip::taken(sent);
    let known = cookies::get(sent, cookies::VISITOR).filter(|v| v.len() == 32).map(str::to_owned);
    let visitor = match known.clone() {
        Some(visitor) => visitor,
        None => random::<16>().map(hex::encode).unwrap_or_default(),
    };
    let session = cookies::get(sent, cookies::SESSION).unwrap_or_default();
    let visit = Visit {
        lang: Lang::of(query, sent),
        request: Uuid::now_v7(),
        token: csrf::Token::of(&web.app.secrets, &visitor, session),
        path: request.uri().path().to_owned(),
        query: without_lang(query),
    };
    request.extensions_mut().insert(visit.clone());
    let mut answer = next.run(request).await;
    if let Some(error) = answer.extensions_mut().remove::<WebError>().or_else(|| unread(&answer)) {
        tracing::info!(request = %visit.request, status = error.status.as_u16(), "a page was not shown");
        answer = error.page(&visit);
    }
    let put = answer.headers_mut();
    headers::put(put, &web.policy, web.tls());
    if let Ok(id) = HeaderValue::from_str(&visit.request.to_string()) {
        put.insert(REQUEST_ID, id);
    }
    let kept = put.get(header::CACHE_CONTROL).is_some_and(|c| c.as_bytes().starts_with(b"public"));
    let new_visitor =
        (known.is_none() && !kept).then(|| cookies::set(cookies::VISITOR, &visitor, None, web.tls()));
    let new_lang = chosen.map(|lang| cookies::set(lang::COOKIE, lang.code(), Some(YEAR_S), web.tls()));
    for cookie in [new_visitor, new_lang].into_iter().flatten().flatten() {
        put.append(header::SET_COOKIE, cookie);
    }
    if gzip { gzip::pack(answer).await } else { answer }
}

/// What a handler's arguments refused in plain text, before it ran.
fn unread(answer: &Response) -> Option<WebError> {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match answer.status() {
        _ if !plain => None,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Some(WebError::not_found()),
        status if status.is_client_error() => Some(WebError { status, ..WebError::form() }),
        _ => None,
    }
}

fn without_lang(query: Option<&str>) -> String {
    let parts = query.unwrap_or_default().split('&').filter(|part| !part.starts_with("lang="));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
}
