//! The shop API's operations on webhooks, and the events to be asked for instead.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::Conn;
use crate::error::{Body, Fault};
use crate::shop::Shop;
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::once;
use crate::shop::page::{self, Asked};
use crate::store::StoreError;
use crate::webhooks::events::{self, Event, EventKind};
use crate::webhooks::queue::{self, Delivery};
use crate::webhooks::{self, ENDPOINTS_MOST, Endpoint, guard};

/// Where a shop wants to be told.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://shop.example.com/hooks/pickup", "events": ["order.released"] }))]
pub struct WebhookRequest {
    /// `https://…`, at a public address.
    pub url: String,
    /// What it wants to be told; everything when empty.
    #[serde(default)]
    pub events: Vec<EventKind>,
}

/// A new endpoint, with what its deliveries are signed with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookMade {
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// Shown once. `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body` with
    /// the bytes behind `whsec_` (base64).
    pub secret: String,
}

/// A merchant's endpoints.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookList {
    /// Oldest first.
    pub webhooks: Vec<Endpoint>,
}

/// Which deliveries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<DeliveryState>,
    /// Where the page before said to go on.
    #[param(pattern = "^[0-9]{1,18}$")]
    pub cursor: Option<String>,
    /// Most deliveries of the page.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be posted (again).
    Due,
    /// Taken.
    Done,
    /// Given up.
    Failed,
}

impl DeliveryState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Deliveries, a page of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// What to give as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which events.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Where the page before said to go on.
    #[param(pattern = "^[0-9]{1,18}$")]
    pub cursor: Option<String>,
    /// Without a cursor: from when on; from the very first by default.
    pub since: Option<Timestamp>,
}

/// Events, a page of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// Oldest first. May be empty while there is more: others' orders are passed over.
    pub events: Vec<Event>,
    /// What to give as `cursor` next time, now or later.
    pub next: String,
    /// Whether there is more already.
    pub more: bool,
}

/// `POST /shop/v1/webhooks`: registers an endpoint. It is told what happens from now on.
///
/// # Errors
/// [`ShopFault`]; 422 for an address that is not taken, 409 for too many endpoints.
#[utoipa::path(post, path = "/shop/v1/webhooks", tag = "Webhooks", operation_id = "add_webhook",
    request_body = WebhookRequest,
    responses((status = 201, description = "Registered", body = WebhookMade), (status = 409), (status = 422)))]
pub async fn add(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    key: Option<Extension<once::Key>>,
    Body(request): Body<WebhookRequest>,
) -> Result<(StatusCode, Json<WebhookMade>), ShopFault> {
    let checked = guard::check(&request.url, shop.app.config.webhooks.allow_private);
    checked.map_err(|error| url_refused(&error))?;
    let app = Arc::clone(&shop.app);
    let made = shop.app.store.write(move |tx| -> Result<_, ShopFault> {
        let id = key.map(|Extension(key)| webhooks::id_of(&app.secrets, &merchant, &key.0));
        if let Some(known) = id.as_deref().map(|id| known(tx, &merchant, id)).transpose()?.flatten() {
            // The process died between the work and the keeping of its answer.
            return match known.url == request.url && known.events == request.events {
                true => Ok((known.clone(), known.secret(&app.secrets)?)),
                false => Err(once::reused().into()),
            };
        }
        if webhooks::of_merchant(tx, &merchant)?.len() >= ENDPOINTS_MOST {
            return Err(too_many().into());
        }
        let new = webhooks::New { id, merchant: &merchant, url: &request.url, events: &request.events };
        webhooks::add(tx, &app.secrets, app.now(), new)
    });
    let (endpoint, secret) = made.await?;
    Ok((StatusCode::CREATED, Json(WebhookMade { endpoint, secret: secret.text() })))
}

fn known(tx: &Conn, merchant: &str, id: &str) -> Result<Option<Endpoint>, StoreError> {
    Ok(webhooks::of_merchant(tx, merchant)?.into_iter().find(|endpoint| endpoint.id == id))
}

/// `GET /shop/v1/webhooks`: the endpoints.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/webhooks", tag = "Webhooks", operation_id = "list_webhooks",
    responses((status = 200, description = "The endpoints", body = WebhookList)))]
pub async fn list(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
) -> Result<Json<WebhookList>, ShopFault> {
    let webhooks = shop.app.store.read(move |conn| webhooks::of_merchant(conn, &merchant)).await?;
    Ok(Json(WebhookList { webhooks }))
}

/// `GET /shop/v1/webhooks/{webhook}`: one endpoint.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/webhooks/{webhook}", tag = "Webhooks", operation_id = "show_webhook",
    params(("webhook" = String, Path, description = "Id of the endpoint")),
    responses((status = 200, description = "The endpoint", body = Endpoint), (status = 404)))]
pub async fn show(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, ShopFault> {
    Ok(Json(shop.app.store.read(move |conn| find(conn, &merchant, &id)).await?))
}

/// `DELETE /shop/v1/webhooks/{webhook}`: removes an endpoint with its deliveries.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(delete, path = "/shop/v1/webhooks/{webhook}", tag = "Webhooks", operation_id = "remove_webhook",
    params(("webhook" = String, Path, description = "Id of the endpoint")),
    responses((status = 204, description = "Removed"), (status = 404)))]
pub async fn remove(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(id): Path<String>,
) -> Result<StatusCode, ShopFault> {
    let now = shop.app.now();
    let removed = shop.app.store.write(move |tx| -> Result<(), ShopFault> {
        Ok(webhooks::remove(tx, now, &find(tx, &merchant, &id)?)?)
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /shop/v1/webhooks/{webhook}/enable`: has an endpoint that was disabled told again, from where it was left.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(post, path = "/shop/v1/webhooks/{webhook}/enable", tag = "Webhooks", operation_id = "enable_webhook",
    params(("webhook" = String, Path, description = "Id of the endpoint")),
    responses((status = 200, description = "It is active", body = Endpoint), (status = 404)))]
pub async fn enable(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, ShopFault> {
    let now = shop.app.now();
    let enabled = shop.app.store.write(move |tx| -> Result<Endpoint, ShopFault> {
        let endpoint = find(tx, &merchant.0, &id)?;
        webhooks::enable(tx, now, &endpoint, &merchant.actor())?;
        find(tx, &merchant.0, &id)
    });
    Ok(Json(enabled.await?))
}

/// `GET /shop/v1/webhooks/{webhook}/deliveries`: what it was told, and how that went.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/webhooks/{webhook}/deliveries", tag = "Webhooks", operation_id = "list_deliveries",
    params(("webhook" = String, Path, description = "Id of the endpoint"), DeliveryQuery),
    responses((status = 200, description = "Deliveries, newest first", body = DeliveryPage), (status = 404)))]
pub async fn deliveries(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(id): Path<String>,
    Asked(query): Asked<DeliveryQuery>,
) -> Result<Json<DeliveryPage>, ShopFault> {
    let limit = page::limit(query.limit)?;
    let before = query.cursor.as_deref().map(page::number).transpose()?.unwrap_or(i64::MAX);
    let state = query.state.map_or("", DeliveryState::as_str);
    let found = shop.app.store.read(move |conn| -> Result<_, ShopFault> {
        let endpoint = find(conn, &merchant, &id)?;
        Ok(queue::list(conn, &endpoint.id, state, before, limit.saturating_add(1))?)
    });
    let mut deliveries = found.await?;
    let more = deliveries.len() > limit;
    deliveries.truncate(limit);
    let next = deliveries.last().filter(|_| more).map(|last| last.seq.to_string());
    Ok(Json(DeliveryPage { deliveries, next }))
}

/// `POST /shop/v1/webhooks/{webhook}/deliveries/{event}/redeliver`: has an event told again.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(post, path = "/shop/v1/webhooks/{webhook}/deliveries/{event}/redeliver", tag = "Webhooks",
    operation_id = "redeliver",
    params(("webhook" = String, Path, description = "Id of the endpoint"),
        ("event" = String, Path, description = "Id of the event")),
    responses((status = 202, description = "It is told again soon"), (status = 404)))]
pub async fn redeliver(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path((id, event)): Path<(String, String)>,
) -> Result<StatusCode, ShopFault> {
    let now = shop.app.now();
    let again = shop.app.store.write(move |tx| -> Result<(), ShopFault> {
        let endpoint = find(tx, &merchant, &id)?;
        let known = match events::seq_of(tx.cell(), &event) {
            Some(seq) => queue::again(tx, &endpoint.id, seq, now)?,
            None => false,
        };
        let none = || Fault::not_found("没有这条通知。", "This endpoint was not told of such an event.");
        if known { Ok(()) } else { Err(none().into()) }
    });
    again.await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /shop/v1/events`: what has happened, for shops that cannot be called.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/events", tag = "Webhooks", operation_id = "list_events", params(EventQuery),
    responses((status = 200, description = "Events, oldest first", body = EventPage)))]
pub async fn happened(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Asked(query): Asked<EventQuery>,
) -> Result<Json<EventPage>, ShopFault> {
    let cursor = query.cursor.as_deref().map(page::number).transpose()?;
    let read = shop.app.store.read(move |conn| -> Result<_, ShopFault> {
        let after = match (cursor, query.since) {
            (Some(after), _) => after,
            (None, Some(since)) => events::before(conn, since)?,
            (None, None) => 0,
        };
        let window = events::changes(conn, after)?;
        let events = events::of_merchant(conn, &window.changes, &merchant)?;
        Ok(EventPage { events, next: window.through.to_string(), more: window.more })
    });
    Ok(Json(read.await?))
}

fn find(conn: &Conn, merchant: &str, id: &str) -> Result<Endpoint, ShopFault> {
    let found = webhooks::of_merchant(conn, merchant)?.into_iter().find(|endpoint| endpoint.id == id);
    let none = || Fault::not_found("没有这个通知地址。", "There is no such webhook endpoint.");
    found.ok_or_else(|| none().into())
}

fn url_refused(error: &guard::UrlError) -> Fault {
    Fault::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "WEBHOOK_URL",
        "通知地址不可用：必须为公网可访问的 https 地址。",
        format!("The address of the endpoint is not taken: {error}."),
    )
}

fn too_many() -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "WEBHOOKS_MOST",
        format!("通知地址最多{ENDPOINTS_MOST}个，请先删除不用的。"),
        format!("There are {ENDPOINTS_MOST} endpoints already; remove one first."),
    )
}
