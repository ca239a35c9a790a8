//! The OpenAPI document of the shop API, made from the operations' own types.

use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::error::Fault;
use crate::plat_data::raw;
use crate::shop::api::{self, ROOT};
use crate::shop::problem::{MEDIA_TYPE, Problem};
use crate::shop::{after, goods, listing, orders, ticket, view};
use crate::webhooks::api as hooks;
use crate::webhooks::events::Event;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bonded Pickup: shop API",
        description = "Orders of bonded goods that are picked up at a centre. Amounts are whole numbers of fen (1/100 CNY). \
            Times are RFC 3339 in UTC. What is refused changes nothing and answers a problem document (RFC 9457) whose \
            `code` is stable.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        goods::list, goods::quote, listing::list, orders::place, orders::purchase, view::show, orders::pay, after::cancel,
        after::give_back, ticket::text, ticket::qr, raw::put, hooks::happened, hooks::list, hooks::add, hooks::show,
        hooks::remove, hooks::enable, hooks::deliveries, hooks::redeliver,
    ),
    components(schemas(Problem, Event)),
    tags(
        (name = "Goods", description = "What can be ordered, and what it would cost."),
        (name = "Orders", description = "From order to ticket."),
        (name = "Afterwards", description = "Cancel, and bring goods back."),
        (name = "Webhooks", description = "Being told what happens."),
    ),
)]
struct Described;

/// Answers that every operation may give, with what they mean.
pub const ALWAYS: [(&str, &str); 5] = [
    ("400", "The request cannot be read."),
    ("401", "No API key, or one that is not in force."),
    ("403", "The key has not the scope that the operation asks for."),
    ("429", "Too many requests with this key; `Retry-After` says when to try again."),
    ("500", "Something failed here; nothing is known to be wrong with the request."),
];
/// And those with a body.
pub const WITH_BODY: [(&str, &str); 2] =
    [("413", "The body is too large."), ("415", "The body says that it is not JSON.")];
const SOMETIMES: [(&str, &str); 3] = [
    ("404", "There is no such thing, or it is not this merchant's."),
    ("409", "It contradicts what was done before; the code says what."),
    ("422", "The rules refuse it; `reasons` has every reason."),
];

/// The document.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut whole = serde_json::to_value(Described::openapi()).unwrap_or_default();
        for operation in api::operations() {
            let Some(scope) = operation.scope else { continue };
            let path = format!(
                "/paths/{}",
                format!("{ROOT}{}", operation.path).replace('~', "~0").replace('/', "~1")
            );
            let method = operation.method.as_str().to_lowercase();
            let found = whole.pointer_mut(&path).and_then(|path| path.get_mut(&method));
            if let Some(Value::Object(operation)) = found {
                complete(operation, scope.as_str(), &method);
            }
        }
        if let Some(components) = whole.get_mut("components").and_then(Value::as_object_mut) {
            components.insert("securitySchemes".to_owned(), security());
            components.insert("headers".to_owned(), headers());
        }
        whole
    })
}

/// Key, scope, idempotency key, and what every operation may be answered.
fn complete(operation: &mut Map<String, Value>, scope: &str, method: &str) {
    operation.insert("security".to_owned(), json!([{ "api_key": [scope] }]));
    operation.insert("x-scope".to_owned(), json!(scope));
    if method == "post" {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(idempotency());
        }
    }
    // The rest of a handler's documentation speaks to who reads the code.
    operation.remove("description");
    let summary = operation.get("summary").and_then(Value::as_str).and_then(|line| line.split_once("`: "));
    let summary = summary.map(|(_, said)| upper_first(said));
    operation.insert("summary".to_owned(), json!(summary.unwrap_or_default()));
    let body = operation.contains_key("requestBody");
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, meaning) in SOMETIMES {
        // A key that was used for another request is refused by any POST; one that is under way, too.
        if responses.contains_key(status) || (method == "post" && status != "404") {
            responses.insert(status.to_owned(), problem(meaning));
        }
    }
    let always = ALWAYS.into_iter().chain(WITH_BODY.into_iter().filter(|_| body || method == "post"));
    for (status, meaning) in always {
        responses.insert(status.to_owned(), problem(meaning));
    }
    for response in responses.values_mut().filter_map(Value::as_object_mut) {
        response.insert(
            "headers".to_owned(),
            json!({
                "RateLimit": { "$ref": "#/components/headers/RateLimit" },
                "RateLimit-Policy": { "$ref": "#/components/headers/RateLimit-Policy" },
            }),
        );
    }
}

fn upper_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn problem(meaning: &str) -> Value {
    json!({
        "description": meaning,
        "content": { MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn idempotency() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Made by the shop. The same request under the same key gets the answer it got; another request, 422.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
    })
}

fn security() -> Value {
    json!({ "api_key": {
        "type": "http", "scheme": "bearer",
        "description": "The API key the operator gave. Each operation asks for one scope of it: `read`, `order`, `after` or `webhooks`.",
    } })
}

fn headers() -> Value {
    json!({
        "RateLimit": { "description": "Requests left with this key, and seconds until all are again: `\"key\";r=5999;t=1`.",
            "schema": { "type": "string" } },
        "RateLimit-Policy": { "description": "Requests allowed with a key, and in how many seconds: `\"key\";q=6000;w=60`.",
            "schema": { "type": "string" } },
    })
}

/// `GET /shop/v1/openapi.json`.
///
/// # Errors
/// Never as the program is built; the document cannot be written.
pub async fn serve() -> Result<Response, Fault> {
    let text = serde_json::to_string_pretty(document()).map_err(|e| Fault::internal(&e))?;
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], text).into_response())
}
