//! HTTP: where messages go in and receipts come out, and where a person or a test looks at the port and sets it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use pickup_customs::Certificate;
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::behaviour::{BehaviourChange, HttpBehaviour};
use crate::input::{Input, MessageInput};
use crate::page;
use crate::port::{Port, Seen};
use crate::setup::{self, Purchase, StockEntry};
use crate::shell::{Shell, run_clock};

/// Most bytes of one request.
const BODY_LIMIT: usize = 48 * 1024 * 1024;
/// Pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(20);

/// Cuts the connection a request came on.
#[derive(Clone)]
struct Cut(Arc<Notify>);

impl Cut {
    /// Cuts it; the future does not end before that.
    async fn now(&self) -> Response {
        self.0.notify_one();
        std::future::pending().await
    }
}

type Shared = State<Arc<Shell>>;

/// Serves until the future is dropped.
pub async fn serve(listener: TcpListener, shell: Arc<Shell>) {
    let router = router(Arc::clone(&shell));
    let clock = run_clock(shell);
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => drop(tokio::spawn(connection(stream, peer, router.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = clock => {}
        () = accept => {}
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router) {
    let cut = Arc::new(Notify::new());
    let service = TowerToHyperService::new(router.layer(Extension(Cut(Arc::clone(&cut)))));
    tokio::select! {
        result = http1::Builder::new().serve_connection(TokioIo::new(stream), service) => {
            if let Err(error) = result {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
        }
        () = cut.notified() => tracing::info!(%peer, "a connection was cut on demand"),
    }
}

fn router(shell: Arc<Shell>) -> Router {
    Router::new()
        .route("/cebcmsg", post(message))
        .route("/receipts", get(receipts))
        .route("/", get(overview))
        .route("/messages", get(messages))
        .route("/messages/{number}", get(message_bytes))
        .route("/documents/{key}", get(document))
        .route("/books", get(books))
        .route("/replay/{number}", post(replay))
        .route("/behaviour", put(set_behaviour).get(behaviour))
        .route("/purchases", put(purchases))
        .route("/stock", put(stock))
        .route("/certificates", post(certificate))
        .route("/admin/messages", get(messages))
        .route("/admin/behaviour", put(set_behaviour).get(behaviour))
        .route("/admin/purchases", put(purchases))
        .route("/admin/certificates", post(certificate))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shell)
}

#[derive(Deserialize)]
struct Delivery {
    message: DeliveredMessage,
}

#[derive(Deserialize)]
struct DeliveredMessage {
    #[serde(rename = "messageHead")]
    head: MessageHead,
    #[serde(rename = "messageBody")]
    body: MessageBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageHead {
    message_id: String,
    message_type: String,
}

#[derive(Deserialize)]
struct MessageBody {
    data: String,
}

async fn message(State(shell): Shared, Extension(cut): Extension<Cut>, body: Bytes) -> Response {
    let (http, wait) = shell.line(body.len());
    tokio::time::sleep(wait).await;
    if let Some(answer) = broken(http, &cut).await {
        return answer;
    }
    let Ok(Delivery { message }) = serde_json::from_slice::<Delivery>(&body) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "BAD_MESSAGE",
            "报文格式错误",
            "the request is not a message",
        );
    };
    let MessageHead { message_id, message_type } = message.head;
    if message_id.is_empty() || message_id.len() > 255 {
        return refuse(
            StatusCode::BAD_REQUEST,
            "BAD_MESSAGE_ID",
            "messageId 无效",
            "messageId has 1 to 255 bytes",
        );
    }
    tracing::info!(message_id, message_type, "a message came");
    let input = MessageInput { message_id, message_type, data: message.body.data };
    if shell.read(|port| port.seen(&input)) == Seen::Different {
        let (zh, en) = ("messageId 已用于其他内容", "the messageId was used for other content");
        return refuse(StatusCode::CONFLICT, "MESSAGE_ID_REUSED", zh, en);
    }
    let stored = store(&shell, input).await;
    if stored.is_ok() && http == HttpBehaviour::DropAfterStore {
        return cut.now().await;
    }
    stored.map_or_else(IntoResponse::into_response, |()| "OK".into_response())
}

/// Stores a message unless it is here already.
async fn store(shell: &Arc<Shell>, input: MessageInput) -> Result<(), Response> {
    let probe = input.clone();
    take(shell, Input::Message(input), move |port| port.seen(&probe) != Seen::New).await
}

#[derive(Deserialize)]
struct ReceiptsQuery {
    dxpid: Option<String>,
    #[serde(default)]
    after: u64,
    #[serde(default = "default_limit")]
    limit: usize,
}

const fn default_limit() -> usize {
    100
}

async fn receipts(
    State(shell): Shared,
    Extension(cut): Extension<Cut>,
    Query(query): Query<ReceiptsQuery>,
) -> Response {
    let (http, wait) = shell.line(0);
    tokio::time::sleep(wait).await;
    if let Some(answer) = broken(http, &cut).await {
        return answer;
    }
    let limit = query.limit.clamp(1, 1000);
    let list = shell.read(|port| {
        let found = port.receipts(query.dxpid.as_deref(), query.after, limit);
        found
            .map(|out| {
                let data = BASE64.encode(&out.body);
                json!({"cursor": out.cursor, "messageType": out.message_type, "data": data})
            })
            .collect::<Vec<_>>()
    });
    let text = json!({ "receipts": list }).to_string();
    tokio::time::sleep(shell.line(text.len()).1).await;
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// What a port that is out of order answers; `None` when it is in order.
async fn broken(http: HttpBehaviour, cut: &Cut) -> Option<Response> {
    match http {
        HttpBehaviour::Ok | HttpBehaviour::DropAfterStore => None,
        HttpBehaviour::Refuse => {
            let (zh, en) = ("口岸暂停服务", "the port is out of service");
            Some(refuse(StatusCode::SERVICE_UNAVAILABLE, "OUT_OF_SERVICE", zh, en))
        }
        HttpBehaviour::Cut => Some(cut.now().await),
        HttpBehaviour::Hang => std::future::pending().await,
    }
}

async fn messages(State(shell): Shared) -> Response {
    shell.read(|port| {
        let lists: Vec<_> = port.lists().collect();
        Json(json!({"messages": port.messages(), "lists": lists})).into_response()
    })
}

async fn message_bytes(State(shell): Shared, Path(number): Path<u64>) -> Response {
    let stored = shell.read(|port| port.message_at(number).map(|message| BASE64.decode(&message.data)));
    match stored {
        Some(Ok(bytes)) => ([(header::CONTENT_TYPE, "application/xml")], bytes).into_response(),
        Some(Err(_)) => {
            let (zh, en) = ("报文不是base64", "the message was not base64");
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "NOT_BASE64", zh, en)
        }
        None => unknown(),
    }
}

async fn document(State(shell): Shared, Path(key): Path<String>) -> Response {
    shell.read(|port| {
        let course = port.course(&key);
        let list = port.lists().find(|list| list.cop_no == key);
        if course.is_empty() {
            unknown()
        } else {
            Json(json!({"list": list, "course": course})).into_response()
        }
    })
}

async fn books(State(shell): Shared) -> Response {
    Json(shell.read(Port::books)).into_response()
}

async fn overview(State(shell): Shared) -> Html<String> {
    Html(shell.read(page::overview))
}

async fn replay(State(shell): Shared, Path(number): Path<u64>) -> Response {
    if shell.read(|port| port.message_at(number).is_none()) {
        return unknown();
    }
    done(take(&shell, Input::Replay { message: number }, |_| false).await)
}

async fn behaviour(State(shell): Shared) -> Response {
    Json(shell.read(|port| port.behaviour().clone())).into_response()
}

async fn set_behaviour(State(shell): Shared, Json(change): Json<BehaviourChange>) -> Response {
    if let Err(error) = shell.read(|port| port.behaviour().with(&change)) {
        let en = error.to_string();
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "BAD_BEHAVIOUR", "行为设置无效", &en);
    }
    match take(&shell, Input::Behaviour(change), |_| false).await {
        Ok(()) => behaviour(State(shell)).await,
        Err(response) => response,
    }
}

async fn purchases(State(shell): Shared, Json(body): Json<Purchase>) -> Response {
    set(&shell, body.input()).await
}

async fn stock(State(shell): Shared, Json(body): Json<StockEntry>) -> Response {
    set(&shell, body.input()).await
}

async fn set(shell: &Arc<Shell>, input: Result<Input, setup::WrongValue>) -> Response {
    match input {
        Ok(input) => done(take(shell, input, |_| false).await),
        Err(wrong) => {
            let (code, zh) = wrong.code_and_chinese();
            refuse(StatusCode::UNPROCESSABLE_ENTITY, code, zh, &wrong.to_string())
        }
    }
}

async fn certificate(State(shell): Shared, pem: String) -> Response {
    match Certificate::from_pem(&pem) {
        Ok(certificate) => {
            let input = Input::Trust { pem: certificate.to_pem() };
            done(take(&shell, input, move |port| port.trusts(&certificate)).await)
        }
        Err(error) => {
            refuse(StatusCode::UNPROCESSABLE_ENTITY, "BAD_CERTIFICATE", "证书无法读取", &error.to_string())
        }
    }
}

/// Takes an input off the async threads, since it waits for the disk.
async fn take(
    shell: &Arc<Shell>,
    input: Input,
    skip: impl FnOnce(&Port) -> bool + Send + 'static,
) -> Result<(), Response> {
    let shell = Arc::clone(shell);
    let fault = |text: String| {
        tracing::error!(error = text, "an input was not stored");
        refuse(StatusCode::INTERNAL_SERVER_ERROR, "NOT_STORED", "未能保存，请重试", "not stored: send again")
    };
    match tokio::task::spawn_blocking(move || shell.input(input, skip)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(fault(error.to_string())),
        Err(error) => Err(fault(error.to_string())),
    }
}

fn done(result: Result<(), Response>) -> Response {
    result.map_or_else(IntoResponse::into_response, |()| StatusCode::NO_CONTENT.into_response())
}

fn refuse(status: StatusCode, code: &str, zh: &str, en: &str) -> Response {
    (status, Json(json!({"code": code, "zh": zh, "en": en}))).into_response()
}

fn unknown() -> Response {
    refuse(StatusCode::NOT_FOUND, "UNKNOWN", "没有此编号", "there is nothing of that number")
}
