//! The bench over HTTP: for the page, and for programs that play the person.

mod wiring;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::idcard::Card;
use crate::picture;
use crate::world::{Code, Device, WorldError};

type Shared = State<Arc<Bench>>;

const PAGE: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/bench.css");
const WORDS: &str = include_str!("../page/words.js");
const SCRIPT: &str = include_str!("../page/bench.js");

/// All routes of the bench.
pub fn router(bench: Arc<Bench>) -> Router {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/bench.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }))
        .route("/words.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], WORDS) }))
        .route("/bench.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT) }))
        .route("/api/state", get(|State(bench): Shared| async move { Json(bench.state()) }))
        .route("/api/events", get(events))
        .route("/api/log", get(log))
        .route("/api/scan", post(scan))
        .route("/api/card", put(lay_card).delete(lift_card))
        .route("/api/cards", put(set_cards))
        .route("/api/codes", put(set_codes))
        .route("/api/qr", get(qr))
        .route("/api/doors/{door}/{action}", post(move_door))
        .route("/api/slips", axum::routing::delete(take_slips).get(slips))
        .route("/api/slips/{name}", get(slip))
        .route("/api/faults/{device}", put(set_fault).delete(clear_fault))
        .merge(wiring::routes())
        .route("/api/screen.png", get(screen))
        .route("/api/touch", post(touch))
        .with_state(bench)
}

/// A refusal with its sentence.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<WorldError> for Refusal {
    fn from(error: WorldError) -> Self {
        let status = match error {
            WorldError::Fault(..) => StatusCode::BAD_REQUEST,
            WorldError::Device(_) | WorldError::Door(_) => StatusCode::NOT_FOUND,
        };
        Self(status, error.to_string())
    }
}

fn bad(sentence: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, sentence.into())
}

fn missing(sentence: impl Into<String>) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, sentence.into())
}

async fn events(State(bench): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = bench.changes();
    changes.mark_changed();
    let states = stream::unfold((bench, changes), |(bench, mut changes)| async move {
        changes.changed().await.ok()?;
        changes.borrow_and_update();
        let state = bench.state().to_string();
        Some((Ok(Event::default().data(state)), (bench, changes)))
    });
    Sse::new(states).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn log(State(bench): Shared, Query(Since { since }): Query<Since>) -> Json<Value> {
    let (next, entries) = bench.world().log_since(since);
    Json(json!({ "next": next, "entries": entries }))
}

#[derive(Deserialize)]
struct Scan {
    code: Option<String>,
    hex: Option<String>,
}

async fn scan(State(bench): Shared, Json(scan): Json<Scan>) -> Result<StatusCode, Refusal> {
    let bytes = match (scan.code, scan.hex) {
        (Some(code), _) => code.into_bytes(),
        (None, Some(hex)) => unhex(&hex).ok_or_else(|| bad("\"hex\" needs pairs of hexadecimal digits"))?,
        (None, None) => return Err(bad("a scan needs \"code\" (text) or \"hex\" (bytes)")),
    };
    let sent = bench.change(|w| w.scan(&bytes));
    bench.send(Device::Scanner, &sent).await;
    Ok(StatusCode::NO_CONTENT)
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|d| d.len() % 2 == 0)?;
    digits.chunks_exact(2).map(|pair| Some((pair.first()? << 4) | pair.last()?)).collect()
}

async fn lay_card(State(bench): Shared, Json(card): Json<Card>) -> Result<StatusCode, Refusal> {
    card.check().map_err(|e| bad(e.to_string()))?;
    bench.change(|w| w.lay_card(Some(card)));
    Ok(StatusCode::NO_CONTENT)
}

async fn lift_card(State(bench): Shared) -> StatusCode {
    bench.change(|w| w.lay_card(None));
    StatusCode::NO_CONTENT
}

async fn set_cards(State(bench): Shared, Json(cards): Json<Vec<Card>>) -> StatusCode {
    bench.change(|w| w.cards = cards);
    StatusCode::NO_CONTENT
}

async fn set_codes(State(bench): Shared, Json(codes): Json<Vec<Code>>) -> StatusCode {
    bench.change(|w| w.codes = codes);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

async fn qr(Query(Text { text }): Query<Text>) -> Result<Response, Refusal> {
    let svg = picture::qr_svg(&text).map_err(|e| bad(format!("this text does not fit a QR code: {e}")))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

async fn move_door(
    State(bench): Shared,
    Path((door, action)): Path<(u16, String)>,
) -> Result<StatusCode, Refusal> {
    let open = match action.as_str() {
        "open" => true,
        "close" => false,
        other => return Err(missing(format!("a door can be opened or closed, not \"{other}\""))),
    };
    bench.change(|w| w.move_door(door, open))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn slips(State(bench): Shared) -> Json<Value> {
    Json(bench.world().state().get("slips").cloned().unwrap_or_default())
}

async fn take_slips(State(bench): Shared) -> StatusCode {
    bench.change(|w| w.slips.clear());
    StatusCode::NO_CONTENT
}

async fn slip(State(bench): Shared, Path(name): Path<String>) -> Result<Response, Refusal> {
    let (id, kind) = name.split_once('.').unwrap_or((name.as_str(), "png"));
    let (rows, bytes, text) = {
        let world = bench.world();
        let found = world.slips.iter().find(|s| s.id.to_string() == id);
        let slip = &found.ok_or_else(|| missing(format!("there is no slip {id} in the tray")))?.slip;
        (slip.rows.clone(), slip.bytes.clone(), slip.text.clone())
    };
    match kind {
        "txt" => Ok(text.into_response()),
        "bin" => Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()),
        "png" => {
            let png =
                picture::slip_png(&rows).map_err(|e| bad(format!("slip {id} makes no picture: {e}")))?;
            Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
        }
        other => Err(missing(format!("a slip can be had as .png, .txt or .bin, not as .{other}"))),
    }
}

#[derive(Deserialize)]
struct Fault {
    fault: Option<String>,
}

async fn set_fault(
    State(bench): Shared,
    Path(device): Path<String>,
    Json(fault): Json<Fault>,
) -> Result<StatusCode, Refusal> {
    apply_fault(&bench, &device, fault.fault).await
}

async fn clear_fault(State(bench): Shared, Path(device): Path<String>) -> Result<StatusCode, Refusal> {
    apply_fault(&bench, &device, None).await
}

async fn apply_fault(bench: &Bench, device: &str, fault: Option<String>) -> Result<StatusCode, Refusal> {
    if device.starts_with("lock") {
        bench.change(|w| w.set_lock_fault(device, fault.as_deref()))?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let (device, bytes) = bench.change(|w| w.set_fault(device, fault))?;
    bench.send(device, &bytes).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn screen(State(bench): Shared) -> Result<Response, Refusal> {
    let png = Bytes::from(bench.world().screen.png.clone());
    if png.is_empty() {
        return Err(missing("no kiosk has shown anything yet"));
    }
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], png).into_response())
}

#[derive(Deserialize)]
struct Touch {
    x: Option<f64>,
    y: Option<f64>,
    target: Option<String>,
}

async fn touch(State(bench): Shared, Json(touch): Json<Touch>) -> Result<StatusCode, Refusal> {
    let (x, y) = match (&touch.target, touch.x, touch.y) {
        (Some(id), ..) => bench
            .world()
            .target(id)
            .ok_or_else(|| missing(format!("the screen has nothing called \"{id}\" to touch just now")))?,
        (None, Some(x), Some(y)) => (x, y),
        _ => return Err(bad("a touch needs \"x\" and \"y\" in pixels, or \"target\"")),
    };
    bench.change(|w| w.note("touch", json!({ "x": x, "y": y, "target": touch.target })));
    for kind in ["press", "release"] {
        // Nobody listening means no kiosk is connected; the touch is lost as on a dark screen.
        let _ = bench.touches.send(format!("{}\n", json!({ "kind": kind, "x": x, "y": y })));
    }
    Ok(StatusCode::NO_CONTENT)
}
