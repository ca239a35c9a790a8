//! The document as a page to read, made here from the document itself; nothing of it comes from elsewhere.

use std::fmt::Write as _;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pickup_domain::{Lang, Reason, ReasonCode};
use serde_json::{Map, Value};

use crate::shop::document::{ALWAYS, WITH_BODY, document};
use crate::shop::problem::MEDIA_TYPE;

const STYLE: &str = include_str!("docs.css");
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /shop/v1/docs`.
pub async fn page() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, html(document())).into_response()
}

/// `GET /shop/v1/docs.css`.
pub async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE).into_response()
}

fn html(document: &Value) -> String {
    let of = |pointer: &str| document.pointer(pointer);
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Shop API</title><link rel=\"stylesheet\" href=\"docs.css\"></head>\n<body><header><h1>",
    );
    page += &escaped(text(of("/info/title")));
    let _ = writeln!(
        page,
        "</h1><p>{}</p><p>Version {}. The same for machines: <a href=\"openapi.json\">openapi.json</a>.</p></header>",
        marked(text(of("/info/description"))),
        escaped(text(of("/info/version"))),
    );
    let operations = operations(document);
    contents(&mut page, document, &operations);
    page += "<main>\n";
    refusals(&mut page);
    for (name, meaning) in tags(document) {
        let _ = writeln!(page, "<h2 id=\"{0}\">{0}</h2><p>{1}</p>", escaped(name), marked(meaning));
        for one in operations.iter().filter(|one| one.tag == name) {
            one.write(&mut page);
        }
    }
    page += "<h2 id=\"Schemas\">Schemas</h2>\n";
    for (name, schema) in of("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
        let _ = write!(page, "<section><h3 id=\"schema-{0}\">{0}</h3>", escaped(name));
        write_schema(&mut page, schema);
        page += "</section>\n";
    }
    codes(&mut page);
    page += "</main></body></html>\n";
    page
}

struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    tag: &'a str,
    body: &'a Map<String, Value>,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let each = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.filter_map(move |(method, body)| {
            let body = body.as_object()?;
            let tag = text(body.get("tags").and_then(|tags| tags.get(0)));
            Some(Operation { path, method, tag, body })
        })
    });
    each.collect()
}

fn tags(document: &Value) -> impl Iterator<Item = (&str, &str)> {
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.map(|tag| (text(tag.get("name")), text(tag.get("description"))))
}

fn contents(page: &mut String, document: &Value, operations: &[Operation<'_>]) {
    *page += "<nav aria-label=\"Contents\"><h2><a href=\"#Refusals\">Refusals</a></h2>";
    for (name, _) in tags(document) {
        let _ = write!(page, "<h2><a href=\"#{0}\">{0}</a></h2><ul>", escaped(name));
        for one in operations.iter().filter(|one| one.tag == name) {
            let title = title(one.body);
            let _ = write!(page, "<li><a href=\"#{}\">{}</a></li>", one.id(), escaped(&title));
        }
        *page += "</ul>";
    }
    *page +=
        "<h2><a href=\"#Schemas\">Schemas</a></h2><h2><a href=\"#Codes\">Codes of refusals</a></h2></nav>\n";
}

fn title(operation: &Map<String, Value>) -> String {
    let id = text(operation.get("operationId")).replace('_', " ");
    let mut rest = id.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

impl Operation<'_> {
    fn id(&self) -> String {
        escaped(text(self.body.get("operationId")))
    }

    fn write(&self, page: &mut String) {
        let (id, title) = (self.id(), escaped(&title(self.body)));
        let _ = write!(
            page,
            "<section><h3 id=\"{id}\">{title}</h3><p class=\"call\"><b>{}</b> <code>{}</code></p>",
            self.method.to_uppercase(),
            escaped(self.path),
        );
        let said = text(self.body.get("summary"));
        let scope = escaped(text(self.body.get("x-scope")));
        let _ = write!(page, "<p>{}</p><p>Scope of the key: <code>{scope}</code>.</p>", marked(said));
        self.parameters(page);
        if let Some(content) = self.body.get("requestBody").and_then(|body| body.get("content")) {
            let _ = write!(page, "<p>Body: {}</p>", kind_of_content(content));
        }
        self.responses(page);
        *page += "</section>\n";
    }

    fn parameters(&self, page: &mut String) {
        let all = self.body.get("parameters").and_then(Value::as_array);
        let Some(all) = all.filter(|all| !all.is_empty()) else { return };
        *page += "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>";
        for one in all {
            let schema = one.get("schema").map(kind).unwrap_or_default();
            let _ = write!(
                page,
                "<tr><td><code>{}</code></td><td>{}</td><td>{schema}</td><td>{}</td></tr>",
                escaped(text(one.get("name"))),
                escaped(text(one.get("in"))),
                marked(text(one.get("description"))),
            );
        }
        *page += "</tbody></table></div>";
    }

    fn responses(&self, page: &mut String) {
        *page += "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Answer</th><th>Body</th><th>Meaning</th></tr></thead><tbody>";
        let always = |status: &str| ALWAYS.iter().chain(&WITH_BODY).any(|(of, _)| *of == status);
        let all = self.body.get("responses").and_then(Value::as_object).into_iter().flatten();
        for (status, answer) in all.filter(|(status, _)| !always(status)) {
            let body = answer.get("content").map(kind_of_content).unwrap_or_default();
            let meaning = marked(text(answer.get("description")));
            let _ = write!(page, "<tr><td>{status}</td><td>{body}</td><td>{meaning}</td></tr>");
        }
        *page += "</tbody></table></div>";
    }
}

fn kind_of_content(content: &Value) -> String {
    let content = content.as_object().into_iter().flatten();
    let each = content.map(|(media, of)| match of.get("schema").map(kind) {
        Some(kind) if media == "application/json" || media == MEDIA_TYPE => kind,
        Some(kind) => format!("{kind} (<code>{}</code>)", escaped(media)),
        None => escaped(media),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A schema in a few words, linked where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema.get(word).and_then(Value::as_array) {
            return all.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let each = values.iter().map(|value| format!("<code>{}</code>", escaped(text(Some(value)))));
        return each.collect::<Vec<_>>().join(" · ");
    }
    let one = |name: &str| match (name, schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        ("array", Some(items), _) => format!("list of {}", kind(items)),
        ("integer", ..) => "integer".to_owned(),
        (name, _, Some(format)) => escaped(&format!("{name}, {format}")),
        (name, ..) => escaped(name),
    };
    match schema.get("type") {
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn write_schema(page: &mut String, schema: &Value) {
    let _ = write!(page, "<p>{}</p>", marked(text(schema.get("description"))));
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten().chain([schema]) {
        if part.get("$ref").is_some() {
            let _ = write!(page, "<p>All of {}, and:</p>", kind(part));
        }
        let Some(fields) = part.get("properties").and_then(Value::as_object) else { continue };
        let needed: Vec<&str> = part
            .get("required")
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        *page += "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>";
        for (name, field) in fields {
            let optional = if needed.contains(&name.as_str()) { "" } else { " <i>optional</i>" };
            let _ = write!(
                page,
                "<tr><td><code>{}</code>{optional}</td><td>{}</td><td>{}</td></tr>",
                escaped(name),
                kind(field),
                marked(text(field.get("description"))),
            );
        }
        *page += "</tbody></table></div>";
    }
    if schema.get("properties").is_none() && parts.is_none() {
        let _ = write!(page, "<p>{}</p>", kind(schema));
    }
    if let Some(example) = schema.get("example") {
        let example = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = write!(page, "<pre tabindex=\"0\">{}</pre>", escaped(&example));
    }
}

/// What every operation may answer, said once.
fn refusals(page: &mut String) {
    let _ = write!(
        page,
        "<h2 id=\"Refusals\">Refusals</h2><p>Every refusal is a <a href=\"#schema-Problem\">Problem</a> \
         (<code>{MEDIA_TYPE}</code>). Any operation may answer these, and what its own table says:</p><ul>"
    );
    for (status, meaning) in ALWAYS.into_iter().chain(WITH_BODY) {
        let _ = write!(page, "<li><b>{status}</b> {}</li>", marked(meaning));
    }
    *page += "</ul>\n";
}

/// Codes that are not of the rules, with the status each comes with.
pub const CODES: [(&str, u16, &str); 29] = [
    ("API_KEY_UNKNOWN", 401, "No API key, or one that is not in force."),
    ("APPLICATION_OPEN", 409, "Customs has not decided on an earlier application for the order."),
    ("BODY_TOO_LARGE", 413, "The body is larger than 256 KiB."),
    ("IDEMPOTENCY_KEY_REUSED", 422, "The key was used for another request."),
    ("IDEMPOTENCY_KEY_UNDER_WAY", 409, "A request under the key is being answered; try again in a moment."),
    ("INTERNAL", 500, "Something failed here; `instance` finds it in the operator's log."),
    ("MEDIA_TYPE", 415, "The body says that it is not JSON."),
    ("METHOD_NOT_ALLOWED", 405, "The path does not take that method."),
    ("NOT_FOUND", 404, "There is no such thing, or it is not this merchant's."),
    ("NO_TICKET", 409, "Customs has not released the order, or it was cancelled."),
    ("ORDER_HANDED_OVER", 409, "The goods were handed over: apply for a return."),
    ("ORDER_NOT_HANDED_OVER", 409, "The goods were not handed over: cancel the order."),
    ("ORDER_NOT_PAYABLE", 409, "The order is in no state to be paid."),
    ("ORDER_RETURNED", 409, "All goods of the order are back."),
    ("PAYMENT_TRANSACTION_TAKEN", 409, "The payment number was used for another order."),
    ("RATE_LIMITED", 429, "Too many requests with this key."),
    ("REASON_NEEDED", 422, "Customs wants a reason of at most 1,000 characters."),
    ("REQUEST_CONFLICT", 409, "The number was used with another body."),
    ("REQUEST_MALFORMED", 400, "Path, query or body cannot be read."),
    ("REQUEST_REFUSED", 400, "The request is refused before it is read; the status says why."),
    ("RETURN_AMOUNTS", 422, "Amounts are out of range."),
    ("RETURN_EMPTY", 422, "Nothing is to be returned."),
    ("RETURN_LINE_TWICE", 422, "The same article stands twice."),
    ("RETURN_LINE_UNKNOWN", 422, "The order's declaration has no such article."),
    ("RETURN_PIECES", 422, "More pieces than are left to be returned."),
    ("RETURN_TOO_LATE", 422, "The 30 days after release are over."),
    ("SCOPE_MISSING", 403, "The key has not the scope that the operation asks for."),
    ("WEBHOOK_URL", 422, "The address of an endpoint is not public, or not HTTPS."),
    ("WEBHOOKS_MOST", 409, "The merchant has ten endpoints already."),
];

fn codes(page: &mut String) {
    *page += "<h2 id=\"Codes\">Codes of refusals</h2><p>Branch on <code>code</code>; sentences may change.</p>\
        <div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>";
    for (code, status, meaning) in CODES {
        let meaning = marked(meaning);
        let _ = write!(
            page,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{meaning}</td></tr>"
        );
    }
    for code in ReasonCode::ALL {
        let status = if *code == ReasonCode::OrderNoTaken { 409 } else { 422 };
        let reason = Reason::new(*code).field("…").values("…", "…");
        let (zh, en) = (escaped(&reason.text(Lang::Zh)), escaped(&reason.text(Lang::En)));
        let code = code.as_str();
        let _ = write!(
            page,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{en}<br><span lang=\"zh\">{zh}</span></td></tr>"
        );
    }
    *page += "</tbody></table></div>\n";
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escaped, with what stands between backticks as code.
fn marked(text: &str) -> String {
    let each = text.split('`').enumerate().map(|(i, part)| {
        let part = escaped(part);
        if i % 2 == 1 { format!("<code>{part}</code>") } else { part }
    });
    each.collect()
}
