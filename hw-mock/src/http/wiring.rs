//! What is between the devices and the kiosk, and which devices are in: `/api/wires`, `/api/lines`, `/api/hold`,
//! `/api/step`, `/api/release`, `/api/scanner` and `/api/printer`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, Shared, missing};
use crate::bench::Bench;
use crate::printer::Model;
use crate::scanner::ScannerKind;
use crate::wire::WireFault;
use crate::world::{Device, WorldError};

pub(super) fn routes() -> Router<Arc<Bench>> {
    Router::new()
        .route("/api/wires", get(wires))
        .route("/api/wires/{device}", put(set_wire).delete(clear_wire))
        .route("/api/lines/{device}/{action}", post(move_line))
        .route("/api/hold", post(hold))
        .route("/api/step", post(step))
        .route("/api/release", post(release))
        .route("/api/scanner", put(set_scanner))
        .route("/api/printer", put(set_printer))
}

fn named(device: &str) -> Result<Device, Refusal> {
    Device::named(device).ok_or_else(|| WorldError::Device(device.to_owned()).into())
}

/// Wires, lines, what waits, and which devices are in.
async fn wires(State(bench): Shared) -> Json<Value> {
    Json(bench.between())
}

#[derive(Deserialize)]
struct Wire {
    fault: Option<WireFault>,
}

async fn set_wire(
    State(bench): Shared,
    Path(device): Path<String>,
    Json(wire): Json<Wire>,
) -> Result<StatusCode, Refusal> {
    bench.wires.set(named(&device)?, wire.fault);
    bench.tell();
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_wire(State(bench): Shared, Path(device): Path<String>) -> Result<StatusCode, Refusal> {
    bench.wires.set(named(&device)?, None);
    bench.tell();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pull {
    /// Only after so many more bytes from the kiosk.
    after_bytes: Option<usize>,
}

async fn move_line(
    State(bench): Shared,
    Path((device, action)): Path<(String, String)>,
    pull: Option<Json<Pull>>,
) -> Result<StatusCode, Refusal> {
    let line = bench.line(named(&device)?);
    match (action.as_str(), pull.and_then(|Json(pull)| pull.after_bytes)) {
        ("unplug", None) => line.unplug(),
        ("unplug", Some(bytes)) => line.unplug_after(bytes),
        ("plug", _) => {
            line.plug().map_err(|e| Refusal(StatusCode::INTERNAL_SERVER_ERROR, format!("{e:#}")))?;
        }
        (other, _) => return Err(missing(format!("a line can be unplugged or plugged, not \"{other}\""))),
    }
    bench.tell();
    Ok(StatusCode::NO_CONTENT)
}

async fn hold(State(bench): Shared) -> StatusCode {
    bench.wires.hold();
    bench.tell();
    StatusCode::NO_CONTENT
}

/// Whose answer went out, or nothing.
async fn step(State(bench): Shared) -> Json<Value> {
    let device = bench.step().await;
    Json(json!({ "device": device.map(Device::name), "waiting": bench.wires.waiting() }))
}

async fn release(State(bench): Shared) -> StatusCode {
    bench.release().await;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct NewScanner {
    kind: ScannerKind,
}

async fn set_scanner(State(bench): Shared, Json(NewScanner { kind }): Json<NewScanner>) -> StatusCode {
    bench.change(|world| world.set_scanner(kind));
    StatusCode::NO_CONTENT
}

async fn set_printer(State(bench): Shared, Json(model): Json<Model>) -> StatusCode {
    bench.change(|world| world.set_printer(model));
    StatusCode::NO_CONTENT
}
