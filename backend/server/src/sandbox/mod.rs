//! The sandbox for shops: a second backend beside the first, in a folder of its own, where customs, staff and shoppers are played.
//!
//! A key that begins with `BPT1` leads to it, at the same addresses as any other key. It shares nothing with the real one:
//! not the database, not the keys, not the books, limits, kiosks or the way to customs. So no order in it can reach any of
//! them, whatever the code between does. It is made when its first key is, see [`open_app`].

mod desk;
mod player;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OnceCell, watch};

use crate::app::{App, AppError, Clock};
use crate::clearing;
use crate::config::Config;
use crate::credentials::keys::SANDBOX_KEY;
use crate::db::Conn;
use crate::demo::Demo;
use crate::error::Fault;
use crate::shop::{self, Shop, ShopError, gate};
use crate::tls::stopped;
use crate::webhooks::sender;

pub use player::Player;

/// The cell of every sandbox; no real one has it.
pub const CELL: u16 = 9_999;
/// Number of its centre.
pub const CENTRE: u16 = 9_001;
/// What every answer of it carries.
const MARK: HeaderName = HeaderName::from_static("sandbox");
/// Deal units of each article: nobody is to run out of them.
const STOCK: i64 = 1_000_000;
/// What its guarantee amounts to, in CNY.
const GUARANTEE: &str = "9000000000.00";
/// How often it looks what is due, in milliseconds.
const LOOK_MS: u32 = 500;

/// Why the sandbox cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its database or keys.
    #[error("the sandbox: {0}")]
    App(#[from] AppError),
    /// Its catalogue.
    #[error("the sandbox: {0}")]
    Shop(#[from] ShopError),
}

/// Where the sandbox of a data directory is.
#[must_use]
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("sandbox")
}

/// Opens the database and the keys of the sandbox, making what is missing.
///
/// # Errors
/// [`AppError`].
pub fn open_app(config: &Config, clock: Clock) -> Result<Arc<App>, AppError> {
    let config = Config {
        data_dir: folder(&config.data_dir),
        cell: CELL,
        sandbox: true,
        customs_poll_ms: LOOK_MS,
        public_url: config.public_url.clone(),
        shop_api: config.shop_api.clone(),
        webhooks: config.webhooks.clone(),
        ..Config::default()
    };
    App::open(config, clock)
}

/// Whether this is the database of a sandbox.
#[must_use]
pub fn is(conn: &Conn) -> bool {
    conn.cell() == i64::from(CELL)
}

/// The demo's data as a sandbox has them: marked, and with more of everything than anybody orders.
pub fn mark(data: &mut Demo) {
    let centre = &mut data.operator.centre;
    centre.number = CENTRE;
    centre.name.zh = format!("【沙箱测试】{}", centre.name.zh);
    centre.name.en = format!("[SANDBOX TEST] {}", centre.name.en);
    for article in &mut data.articles {
        article.stock = STOCK;
    }
    GUARANTEE.clone_into(&mut data.operator.guarantee.amount);
}

/// The way to the sandbox, which is opened when somebody comes with a key of it.
#[derive(Debug)]
pub struct Sandbox {
    beside: Arc<App>,
    stop: watch::Receiver<bool>,
    router: OnceCell<Router>,
}

impl Sandbox {
    /// Beside this backend; what it does by itself ends after `stop`.
    #[must_use]
    pub fn beside(app: Arc<App>, stop: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self { beside: app, stop, router: OnceCell::new() })
    }

    /// Opens it when a key was ever issued for it: what it owes, such as webhooks, is done also when nobody asks.
    ///
    /// # Errors
    /// [`SandboxError`].
    pub async fn open(&self) -> Result<Option<Router>, SandboxError> {
        if !folder(&self.beside.config.data_dir).is_dir() {
            return Ok(None);
        }
        self.router.get_or_try_init(|| self.start()).await.cloned().map(Some)
    }

    async fn start(&self) -> Result<Router, SandboxError> {
        let app = open_app(&self.beside.config, Arc::clone(&self.beside.clock))?;
        let shop = Shop::open(app).await?;
        let player = Arc::new(Player::of(Arc::clone(&shop.app)));
        self.spawn(clearing::run(Arc::clone(&shop), player));
        self.spawn(desk::run(Arc::clone(&shop)));
        self.spawn(gate::run(Arc::clone(&shop)));
        self.spawn(sender::run(Arc::clone(&shop)));
        tracing::info!("the sandbox for shops is open");
        Ok(shop::router(shop))
    }

    fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = job => {}
                () = stopped(&mut stop) => {}
            }
        });
    }
}

/// Leads requests with a key of the sandbox to it, and marks its answers.
pub async fn choose(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    if !is_for_sandbox(request.headers()) {
        return next.run(request).await;
    }
    let router = match sandbox.open().await {
        Ok(Some(router)) => router,
        // No key was ever issued: it is nobody's, and is answered as such.
        Ok(None) => return next.run(request).await,
        Err(error) => return Fault::internal(&error).into_response(),
    };
    let mut answer = ask(router, request).await;
    answer.headers_mut().insert(MARK, HeaderValue::from_static("true"));
    answer
}

async fn ask(router: Router, mut request: Request<Body>) -> Response {
    // What this router has read from the path is not the other one's to read too.
    let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    request.extensions_mut().clear();
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    let answer: Result<Response, Infallible> = TowerToHyperService::new(router).call(request).await;
    match answer {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

fn is_for_sandbox(headers: &HeaderMap) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|key| key.starts_with(SANDBOX_KEY))
}

/// Whether an order's number ends so and begins with something else; large and small letters are one.
fn ends_with(order_no: &str, word: &str) -> bool {
    let split = order_no.len().checked_sub(word.len()).filter(|at| *at > 0);
    split.and_then(|at| order_no.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
