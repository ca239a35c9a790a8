//! What every request passes before its operation: key, scope, rate, form and idempotency key.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::credentials::keys::{self, Scope, ShopKey};
use crate::error::Fault;
use crate::shop::Shop;
use crate::shop::auth::{Merchant, key_unknown};
use crate::shop::once::{self, Once};
use crate::shop::rate::{Level, Rates, WINDOW_S};
use crate::store::StoreError;
use crate::time::us;

/// Largest body of a request, in bytes.
pub const BODY_MOST: usize = 256 * 1024;

/// How long a key is remembered, in microseconds: as long can a revoked one still be used.
const REMEMBERED_US: i64 = 1_000_000;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What is known of those who ask, beside the database.
#[derive(Debug, Default)]
pub struct Callers {
    rates: Rates,
    used: Mutex<BTreeMap<String, Timestamp>>,
    /// Keys as last looked up, by their digest, so that not every request waits for the database.
    known: Mutex<HashMap<String, (i64, ShopKey)>>,
    /// Requests with an idempotency key that are being answered.
    under_way: Mutex<HashSet<(String, String)>>,
}

/// The gate before one operation.
#[derive(Clone)]
pub struct Gate {
    /// What the operation asks for.
    pub scope: Scope,
    /// Where keys are looked up.
    pub shop: Arc<Shop>,
}

/// Lets a request through to its operation, or says why not.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let shop = &gate.shop;
    let key = match key_of(shop, request.headers()).await {
        Ok(Some(key)) => key,
        Ok(None) => return challenged(key_unknown(), "Bearer"),
        Err(cause) => return Fault::from(cause).into_response(),
    };
    if !key.scopes.contains(&gate.scope) {
        return challenged(scope_missing(gate.scope), "Bearer error=\"insufficient_scope\"");
    }
    let now = shop.app.now();
    let level = shop.callers.rates.take(&key.id, shop.app.config.shop_api.rate_per_minute, us(now));
    shop.callers.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id.clone(), now);
    let mut response = match level.and_then(|level| level.wait_s) {
        Some(wait_s) => too_many(wait_s),
        None => match form(&request) {
            Err(fault) => fault.into_response(),
            Ok(()) => {
                let merchant = Merchant(key.merchant);
                request.extensions_mut().insert(merchant.clone());
                once_or_again(shop, &merchant, request, next).await
            }
        },
    };
    if let Some(level) = level {
        tell(response.headers_mut(), level);
    }
    response
}

async fn key_of(shop: &Arc<Shop>, headers: &HeaderMap) -> Result<Option<ShopKey>, StoreError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = header.and_then(|value| value.strip_prefix("Bearer ")) else { return Ok(None) };
    let (app, key, now) = (Arc::clone(&shop.app), key.to_owned(), shop.app.now());
    let digest = keys::digest(&app.secrets, &key);
    let known = || shop.callers.known.lock().unwrap_or_else(PoisonError::into_inner);
    let remembered = known().get(&digest).cloned();
    let fresh = |at: i64| (0..REMEMBERED_US).contains(&us(now).saturating_sub(at));
    if let Some((_, key)) = remembered.filter(|(at, key)| fresh(*at) && key.is_in_time(now)) {
        return Ok(Some(key));
    }
    let found = shop.app.store.read(move |conn| keys::find(conn, &app.secrets, &key, now)).await?;
    match &found {
        Some(key) => drop(known().insert(digest, (us(now), key.clone()))),
        None => drop(known().remove(&digest)),
    }
    Ok(found)
}

/// A body that says it is something else than JSON is not read as JSON.
fn form(request: &Request) -> Result<(), Fault> {
    let Some(kind) = request.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    if request.method() == Method::GET || kind == "application/json" || kind.ends_with("+json") {
        return Ok(());
    }
    Err(Fault::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "MEDIA_TYPE",
        "请求内容必须为 JSON（Content-Type: application/json）。",
        "The body must be JSON: send it with `Content-Type: application/json`.",
    ))
}

async fn once_or_again(shop: &Arc<Shop>, merchant: &Merchant, request: Request, next: Next) -> Response {
    let once = match Once::of(merchant, &request) {
        Ok(Some(once)) => once,
        Ok(None) => return next.run(request).await,
        Err(fault) => return fault.into_response(),
    };
    let Some(_guard) = Guard::new(shop, &once) else { return once::under_way().into_response() };
    answered(shop, once, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answered(shop: &Arc<Shop>, once: Once, request: Request, next: Next) -> Result<Response, Fault> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(once::Key(once.key.clone()));
    let bytes = to_bytes(body, BODY_MOST).await.map_err(|_| Fault::too_large())?;
    let once = once.with_body(&shop.app.secrets, &parts, &bytes);
    if let Some((status, answer)) = once.answer(shop).await? {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (REPLAYED, HeaderValue::from_static("true")),
        ];
        return Ok((status, headers, answer).into_response());
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    // A refusal changed nothing: the same request may fare better later.
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let answer = to_bytes(body, usize::MAX).await.map_err(|e| Fault::internal(&e))?;
    once.keep(shop, parts.status.as_u16(), &answer).await?;
    Ok(Response::from_parts(parts, Body::from(answer)))
}

/// While it lives, nobody else is answered under the same idempotency key.
struct Guard {
    shop: Arc<Shop>,
    name: (String, String),
}

impl Guard {
    fn new(shop: &Arc<Shop>, once: &Once) -> Option<Self> {
        let name = (once.merchant.clone(), once.key.clone());
        let mut under_way = shop.callers.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.insert(name.clone()).then(|| Self { shop: Arc::clone(shop), name })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shop.callers.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

fn challenged(fault: Fault, challenge: &'static str) -> Response {
    let mut response = fault.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

fn scope_missing(scope: Scope) -> Fault {
    Fault::new(
        StatusCode::FORBIDDEN,
        "SCOPE_MISSING",
        format!("该 API 密钥没有此操作所需的权限（{scope}）。"),
        format!("This API key has not the scope that the operation asks for ({scope})."),
    )
}

fn too_many(wait_s: i64) -> Response {
    let fault = Fault::new(
        StatusCode::TOO_MANY_REQUESTS,
        "RATE_LIMITED",
        format!("请求过于频繁，请在{wait_s}秒后重试。"),
        format!("There were too many requests with this key; try again in {wait_s} s."),
    );
    let mut response = fault.into_response();
    if let Ok(value) = HeaderValue::from_str(&wait_s.to_string()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// The headers of draft-ietf-httpapi-ratelimit-headers.
fn tell(headers: &mut HeaderMap, level: Level) {
    let mut put = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    put(RATE_LIMIT_POLICY, format!("\"key\";q={};w={WINDOW_S}", level.quota));
    put(RATE_LIMIT, format!("\"key\";r={};t={}", level.left, level.full_in_s));
}

/// Writes down when keys were used, and forgets answers that were kept long enough.
///
/// # Errors
/// [`StoreError`].
pub async fn upkeep(shop: &Arc<Shop>) -> Result<(), StoreError> {
    let used = std::mem::take(&mut *shop.callers.used.lock().unwrap_or_else(PoisonError::into_inner));
    let (now, days) = (shop.app.now(), shop.app.config.shop_api.idempotency_days);
    shop.app
        .store
        .write(move |tx| {
            keys::used(tx, &used)?;
            once::forget(tx, now, days)
        })
        .await
}

/// Does [`upkeep`] every minute, until dropped.
pub async fn run(shop: Arc<Shop>) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        if let Err(error) = upkeep(&shop).await {
            tracing::warn!(%error, "the use of API keys could not be noted");
        }
    }
}
