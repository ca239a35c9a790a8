//! The shell: HTTP in front, the journal behind, a clock that lets receipts go out.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use pickup_customs::Certificate;
use pickup_domain::IdNumber;
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::input::{BehaviourChange, Event, HttpBehaviour, Input, MessageInput};
use crate::journal::{Journal, JournalError};
use crate::port::{Port, Seen};

/// Most bytes of one request.
const BODY_LIMIT: usize = 48 * 1024 * 1024;
/// How often the clock looks for receipts that are due.
const TICK: Duration = Duration::from_millis(20);

/// Port and journal, changed together.
pub struct Shell {
    inner: Mutex<(Port, Journal)>,
}

impl Shell {
    /// Replays the journal.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(dir: &std::path::Path) -> Result<Self, JournalError> {
        let (journal, events) = Journal::open(dir)?;
        let mut port = Port::default();
        for event in &events {
            port.apply(event);
        }
        Ok(Self { inner: Mutex::new((port, journal)) })
    }

    /// Looks at the port.
    pub fn read<T>(&self, look: impl FnOnce(&Port) -> T) -> T {
        // A panic elsewhere leaves the port as the journal has it up to the last whole input.
        look(&self.inner.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Writes an input to the journal and then applies it, unless `skip` says that it changes nothing.
    ///
    /// # Errors
    /// [`JournalError`]; the input was not taken.
    pub fn input(&self, input: Input, skip: impl FnOnce(&Port) -> bool) -> Result<(), JournalError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (port, journal) = &mut *inner;
        if skip(port) {
            return Ok(());
        }
        let event = Event { at: Timestamp::now(), input };
        journal.append(&event)?;
        port.apply(&event);
        Ok(())
    }
}

/// Cuts the connection a request came on.
#[derive(Clone)]
struct Cut(Arc<Notify>);

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
                    tokio::time::sleep(TICK).await;
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

async fn run_clock(shell: Arc<Shell>) {
    loop {
        tokio::time::sleep(TICK).await;
        let now = Timestamp::now();
        let nothing_due = move |port: &Port| port.next_due().is_none_or(|due| due > now);
        if shell.read(nothing_due) {
            continue;
        }
        let shell = Arc::clone(&shell);
        let result = tokio::task::spawn_blocking(move || shell.input(Input::Tick, nothing_due)).await;
        if let Ok(Err(error)) = result {
            tracing::error!(%error, "receipts were not sent");
        }
    }
}

fn router(shell: Arc<Shell>) -> Router {
    Router::new()
        .route("/cebcmsg", post(message))
        .route("/receipts", get(receipts))
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
    let http = shell.read(|port| port.behaviour().http);
    if let Some(answer) = broken(http).await {
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
        cut.0.notify_one();
        std::future::pending::<()>().await;
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

async fn receipts(State(shell): Shared, Query(query): Query<ReceiptsQuery>) -> Response {
    let http = shell.read(|port| port.behaviour().http);
    if let Some(answer) = broken(http).await {
        return answer;
    }
    let limit = query.limit.clamp(1, 1000);
    let list = shell.read(|port| {
        let found = port.receipts(query.dxpid.as_deref(), query.after, limit);
        found
            .map(|out| {
                let data = BASE64.encode(&out.xml);
                json!({"cursor": out.cursor, "messageType": out.message_type, "data": data})
            })
            .collect::<Vec<_>>()
    });
    Json(json!({ "receipts": list })).into_response()
}

/// What a port that is out of order answers; `None` when it is in order.
async fn broken(http: HttpBehaviour) -> Option<Response> {
    match http {
        HttpBehaviour::Ok | HttpBehaviour::DropAfterStore => None,
        HttpBehaviour::Refuse => {
            let (zh, en) = ("口岸暂停服务", "the port is out of service");
            Some(refuse(StatusCode::SERVICE_UNAVAILABLE, "OUT_OF_SERVICE", zh, en))
        }
        HttpBehaviour::Hang => std::future::pending().await,
    }
}

async fn messages(State(shell): Shared) -> Response {
    shell.read(|port| {
        let lists: Vec<_> = port.lists().collect();
        Json(json!({"messages": port.messages(), "lists": lists})).into_response()
    })
}

async fn behaviour(State(shell): Shared) -> Response {
    Json(shell.read(Port::behaviour)).into_response()
}

async fn set_behaviour(State(shell): Shared, Json(change): Json<BehaviourChange>) -> Response {
    match take(&shell, Input::Behaviour(change), |_| false).await {
        Ok(()) => behaviour(State(shell)).await,
        Err(response) => response,
    }
}

#[derive(Deserialize)]
struct Purchases {
    id_number: String,
    year: i16,
    amount_fen: i64,
}

async fn purchases(State(shell): Shared, Json(body): Json<Purchases>) -> Response {
    let Ok(id_number) = body.id_number.parse::<IdNumber>() else {
        let (zh, en) = ("身份证号无效", "the identity number is not valid");
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "BAD_ID_NUMBER", zh, en);
    };
    if body.amount_fen < 0 {
        let (zh, en) = ("金额不能为负", "the amount may not be negative");
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "BAD_AMOUNT", zh, en);
    }
    let id_number = id_number.expose().to_owned();
    let input = Input::Purchases { id_number, year: body.year, amount_fen: body.amount_fen };
    done(take(&shell, input, |_| false).await)
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
