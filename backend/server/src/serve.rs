//! The running service: both listeners and the jobs that talk to customs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::App;
use crate::clearing;
use crate::clearing::gateway::{GatewayError, HttpGateway};
use crate::console;
use crate::gateway::Ports;
use crate::kiosk_api;
use crate::parcels;
use crate::payment::{self, PaymentError};
use crate::phone::{self, Phone, PhoneError};
use crate::plat_data::{self, PlatData, PlatDataError};
use crate::reconcile;
use crate::sandbox::{self, Sandbox, SandboxError};
use crate::shop::{self, Shop, ShopError, gate};
use crate::store::StoreError;
use crate::tls::{self, TlsError, stopped};
use crate::web::{self, Live, Web};
use crate::webhooks::sender;

const FINISH_WITHIN: Duration = Duration::from_secs(8);

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address is taken or not ours.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The kiosk listener.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The shop side.
    #[error(transparent)]
    Shop(#[from] ShopError),
    /// The customs gateway's client.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The shopper's pages.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// The payment company.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// Payment data for customs.
    #[error(transparent)]
    PlatData(#[from] PlatDataError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sandbox for shops.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// A service that listens.
#[derive(Debug)]
pub struct Running {
    /// Where shops reach it.
    pub shop: SocketAddr,
    /// Where kiosks reach it.
    pub kiosk: SocketAddr,
    /// Where staff reach the console.
    pub console: SocketAddr,
    /// Becomes `true` when another process took the cell over: this one must end.
    pub lost: watch::Receiver<bool>,
    tasks: JoinSet<()>,
}

/// Starts the service; it ends soon after `stop` becomes `true`.
///
/// # Errors
/// [`ServeError`].
pub async fn start(app: Arc<App>, stop: watch::Receiver<bool>) -> Result<Running, ServeError> {
    let now = app.now();
    take_cell(&app).await?;
    app.store.write(move |tx| kiosk_api::forget_verdicts(tx, now)).await?;
    let (shop_tcp, shop_at) = listen(app.config.shop_listen).await?;
    let (kiosk_tcp, kiosk_at) = listen(app.config.kiosk_listen).await?;
    let (console_tcp, console_at) = listen(app.config.console_listen).await?;
    let acceptor = tls::acceptor(&app.ca, &app.config.kiosk_names, now)?;
    let shop = Shop::open(Arc::clone(&app)).await?;
    let way = Way::open(&shop)?;
    let plat = match shop.app.config.plat_data.enabled {
        true => Some(PlatData::open(Arc::clone(&shop)).await?),
        false => None,
    };
    let company = payment::open(&shop)?;
    let mut tasks = JoinSet::new();
    let (lost, was_lost) = watch::channel(false);
    tasks.spawn(until_stopped(parcels::overdue::run(Arc::clone(&app)), stop.clone()));
    tasks.spawn(until_stopped(kiosk_api::wishes::run(Arc::clone(&app)), stop.clone()));
    tasks.spawn(hold_cell(Arc::clone(&app), lost, stop.clone()));
    let web = Web::new(Arc::clone(&app), Live::default());
    tasks.spawn(until_stopped(web.live.clone().run(Arc::clone(&app)), stop.clone()));
    tasks.spawn(tls::serve(kiosk_tcp, acceptor, kiosk_api::router(app), stop.clone()));
    tasks.spawn(until_stopped(console::finder::run(Arc::clone(&shop.app)), stop.clone()));
    tasks.spawn(serve_console(console_tcp, Arc::clone(&shop), web.clone(), stop.clone()));
    let mut routes =
        shop_routes(&shop, stop.clone()).await?.merge(web::layer(web::assets::router(), web.clone()));
    if shop.app.config.phone.enabled {
        let phone = open_phone(&shop, web, shop_at)?;
        routes = routes.merge(phone::router(Arc::clone(&phone)));
        tasks.spawn(until_stopped(phone::run(phone), stop.clone()));
    }
    if let Some(company) = company {
        tasks.spawn(until_stopped(payment::run(Arc::clone(&shop), company), stop.clone()));
    }
    if let Some(plat) = plat {
        routes = routes.merge(plat_data::router(Arc::clone(&plat)));
        tasks.spawn(until_stopped(plat_data::run(plat), stop.clone()));
    }
    tasks.spawn(until_stopped(gate::run(Arc::clone(&shop)), stop.clone()));
    tasks.spawn(until_stopped(sender::run(Arc::clone(&shop)), stop.clone()));
    tasks.spawn(until_stopped(reconcile::run(Arc::clone(&shop)), stop.clone()));
    tasks.spawn(serve_shops(shop_tcp, routes, stop.clone()));
    if shop.app.config.customs_enabled {
        way.spawn(&mut tasks, shop, stop);
    } else {
        tracing::warn!("customs_enabled is false: declarations wait in the outbox");
    }
    Ok(Running { shop: shop_at, kiosk: kiosk_at, console: console_at, lost: was_lost, tasks })
}

/// The interface for shops, of this backend and of its sandbox.
async fn shop_routes(shop: &Arc<Shop>, stop: watch::Receiver<bool>) -> Result<axum::Router, SandboxError> {
    let sandbox = Sandbox::beside(Arc::clone(&shop.app), stop);
    sandbox.open().await?;
    let choose = axum::middleware::from_fn_with_state(sandbox, sandbox::choose);
    Ok(shop::router(Arc::clone(shop)).layer(choose))
}

/// The shopper's pages, under the address of the settings or, without one, where the shop listener is.
fn open_phone(shop: &Arc<Shop>, web: Web, listens: SocketAddr) -> Result<Arc<Phone>, PhoneError> {
    let public = &shop.app.config.public_url;
    let url = if public.is_empty() { format!("http://{listens}") } else { public.clone() };
    Phone::open(Arc::clone(shop), web, &url)
}

/// The way to customs: the one of `customs_url`, or the ports.
enum Way {
    One(HttpGateway),
    Ports(Arc<Ports>),
}

impl Way {
    fn open(shop: &Arc<Shop>) -> Result<Self, GatewayError> {
        let config = &shop.app.config;
        if config.ports.is_empty() {
            let ours = &shop.data.operator.gateway;
            let (url, timeout) = (&config.customs_url, config.customs_timeout_ms);
            return Ok(Self::One(HttpGateway::new(url, &ours.dxp_id, &ours.receiver_id, timeout)?));
        }
        Ok(Self::Ports(Arc::new(Ports::open(Arc::clone(shop))?)))
    }

    fn spawn(self, tasks: &mut JoinSet<()>, shop: Arc<Shop>, stop: watch::Receiver<bool>) {
        match self {
            Self::One(gateway) => {
                tasks.spawn(until_stopped(clearing::run(shop, Arc::new(gateway)), stop));
            }
            Self::Ports(ports) => {
                let filling = Arc::clone(&ports);
                let fill = async move { filling.fill_for_ever().await };
                tasks.spawn(until_stopped(fill, stop.clone()));
                tasks.spawn(until_stopped(clearing::run(shop, ports), stop));
            }
        }
    }
}

/// How long a lease lasts; a process that was killed is replaced by another machine's after that.
const LEASE_S: u32 = 15;

/// Takes the cell, waiting as long as a lease of another process can still last.
async fn take_cell(app: &App) -> Result<(), StoreError> {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let place = std::path::absolute(&app.config.data_dir).unwrap_or_else(|_| app.config.data_dir.clone());
    let holder = format!("{}:{}", machine.trim(), place.display());
    for waited in 0..=LEASE_S {
        match app.store.take_lease(&holder, app.now(), LEASE_S).await {
            Err(StoreError::Leased { cell, holder }) if waited < LEASE_S => {
                tracing::warn!(
                    cell,
                    holder,
                    "the cell is held by another process; waiting for its lease to end"
                );
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other,
        }
    }
    Ok(())
}

/// Keeps the lease until the service ends; when it was lost to another process, tells so and ends.
async fn hold_cell(app: Arc<App>, lost: watch::Sender<bool>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(u64::from(LEASE_S / 3))) => {}
            () = stopped(&mut stop) => {
                if let Err(error) = app.store.end_lease().await {
                    tracing::debug!(%error, "the lease was not given up");
                }
                return;
            }
        }
        match app.store.renew_lease(app.now(), LEASE_S).await {
            Ok(()) => {}
            Err(error @ StoreError::LeaseLost(_)) => {
                tracing::error!(%error, "this process ends");
                lost.send_replace(true);
                return;
            }
            Err(error) => tracing::warn!(%error, "the lease was not renewed; trying on"),
        }
    }
}

impl Running {
    /// Waits for the end after `stop`: requests under way are finished, within a few seconds.
    pub async fn finish(self) {
        if tokio::time::timeout(FINISH_WITHIN, self.tasks.join_all()).await.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listen = |source| ServeError::Listen { address, source };
    let tcp = TcpListener::bind(address).await.map_err(listen)?;
    let at = tcp.local_addr().map_err(listen)?;
    Ok((tcp, at))
}

async fn serve_shops(tcp: TcpListener, router: axum::Router, mut stop: watch::Receiver<bool>) {
    let stopping = async move { stopped(&mut stop).await };
    // Pages count what an address does.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(cause) = axum::serve(tcp, router).with_graceful_shutdown(stopping).await {
        tracing::error!(%cause, "the shop listener failed");
    }
}

async fn serve_console(tcp: TcpListener, shop: Arc<Shop>, web: Web, mut stop: watch::Receiver<bool>) {
    let stopping = async move { stopped(&mut stop).await };
    let served = axum::serve(tcp, console::service(shop, web)).with_graceful_shutdown(stopping);
    if let Err(cause) = served.await {
        tracing::error!(%cause, "the console's listener failed");
    }
}

async fn until_stopped(job: impl Future<Output = ()>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = job => {}
        () = stopped(&mut stop) => {}
    }
}
