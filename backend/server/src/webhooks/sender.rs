//! Posts what endpoints are to be told. One that is slow or dead keeps no other waiting.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::redirect::Policy;
use tokio::task::JoinSet;

use crate::App;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::webhooks::guard::{self, Public};
use crate::webhooks::queue::{self, Delivery, Went};
use crate::webhooks::{self, Endpoint};

/// Deliveries taken up for one endpoint at a time, and of these posted at once.
const AT_A_TIME: u32 = 20;
const AT_ONCE: usize = 4;
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Tells endpoints what has happened, until dropped.
pub async fn run(shop: Arc<Shop>) {
    let app = Arc::clone(&shop.app);
    let client = match client(&app) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent: no HTTP client can be made");
            return;
        }
    };
    let poll = Duration::from_millis(u64::from(app.config.webhooks.poll_ms.max(1)));
    let (mut busy, mut forgotten) = (Busy::default(), Instant::now());
    loop {
        if let Err(error) = round(&app, &client, &mut busy).await {
            tracing::warn!(%error, "webhooks could not be prepared; trying on");
        }
        if forgotten.elapsed() > FORGET_EVERY {
            forgotten = Instant::now();
            let (now, days) = (app.now(), app.config.webhooks.keep_days);
            if let Err(error) = app.store.write(move |tx| queue::forget(tx, now, days)).await {
                tracing::warn!(%error, "old webhook deliveries were not removed");
            }
        }
        busy.until(poll).await;
    }
}

/// Endpoints that are being told.
#[derive(Default)]
struct Busy {
    tasks: JoinSet<String>,
    ids: BTreeSet<String>,
}

impl Busy {
    /// Waits for an endpoint that is done, or for so long.
    async fn until(&mut self, at_most: Duration) {
        if self.tasks.is_empty() {
            tokio::time::sleep(at_most).await;
            return;
        }
        match tokio::time::timeout(at_most, self.tasks.join_next()).await {
            Ok(Some(Ok(id))) => drop(self.ids.remove(&id)),
            // A task that ended otherwise does not say whose it was.
            Ok(Some(Err(_))) if self.tasks.is_empty() => self.ids.clear(),
            _ => {}
        }
    }
}

/// A client that goes nowhere but where it is told.
///
/// # Errors
/// When none can be made.
pub fn client(app: &App) -> Result<reqwest::Client, reqwest::Error> {
    let timeout = Duration::from_millis(u64::from(app.config.webhooks.timeout_ms.max(1)));
    let builder = reqwest::Client::builder().timeout(timeout).no_proxy().redirect(Policy::none());
    if app.config.webhooks.allow_private {
        return builder.build();
    }
    builder.https_only(true).dns_resolver(Public).build()
}

async fn round(app: &Arc<App>, client: &reqwest::Client, busy: &mut Busy) -> Result<(), StoreError> {
    while spread(app).await? {}
    for endpoint in app.store.read(webhooks::all).await? {
        if !endpoint.is_active() || busy.ids.contains(&endpoint.id) {
            continue;
        }
        let (id, now) = (endpoint.id.clone(), app.now());
        let due = app.store.read(move |conn| queue::due(conn, &id, now, AT_A_TIME)).await?;
        if due.is_empty() {
            continue;
        }
        busy.ids.insert(endpoint.id.clone());
        let (app, client) = (Arc::clone(app), client.clone());
        busy.tasks.spawn(async move {
            let id = endpoint.id.clone();
            if let Err(error) = tell(&app, &client, endpoint, due).await {
                tracing::warn!(%error, endpoint = id, "how deliveries went could not be noted");
            }
            id
        });
    }
    Ok(())
}

/// Writes down what has happened since; whether there is more.
///
/// # Errors
/// [`StoreError`].
pub async fn spread(app: &Arc<App>) -> Result<bool, StoreError> {
    let Some(spread) = app.store.read(queue::look).await? else { return Ok(false) };
    let (now, more) = (app.now(), spread.more);
    app.store.write(move |tx| queue::write(tx, &spread, now)).await?;
    Ok(more)
}

/// Posts deliveries of an endpoint and notes how each went.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(
    app: &Arc<App>,
    client: &reqwest::Client,
    endpoint: Endpoint,
    due: Vec<Delivery>,
) -> Result<(), StoreError> {
    let endpoint = Arc::new(endpoint);
    let mut going = stream::iter(due)
        .map(|delivery| {
            let endpoint = Arc::clone(&endpoint);
            async move { (post(app, client, &endpoint, &delivery).await, delivery) }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((went, delivery)) = going.next().await {
        let (of, now, config) = (Arc::clone(&endpoint), app.now(), app.config.webhooks.clone());
        app.store.write(move |tx| queue::note(tx, &config, &of, &delivery, &went, now)).await?;
    }
    Ok(())
}

async fn post(app: &App, client: &reqwest::Client, endpoint: &Endpoint, delivery: &Delivery) -> Went {
    let badly = |why: String| Went::Badly { status: None, why };
    let url = match guard::check(&endpoint.url, app.config.webhooks.allow_private) {
        Ok(url) => url,
        Err(error) => return badly(error.to_string()),
    };
    let secret = match endpoint.secret(&app.secrets) {
        Ok(secret) => secret,
        Err(error) => return badly(error.to_string()),
    };
    let timestamp = app.now().as_second();
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("bonded-pickup/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &delivery.id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", secret.sign(&delivery.id, timestamp, &delivery.body))
        .body(delivery.body.clone());
    // What the endpoint says beside its status is not read: it is nobody's here.
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Went::Well(answer.status().as_u16()),
        Ok(answer) => Went::Badly {
            status: Some(answer.status().as_u16()),
            why: format!("it answered {}", answer.status().as_u16()),
        },
        Err(error) if error.is_timeout() => badly("it did not answer in time".to_owned()),
        Err(error) if error.is_connect() => badly("it cannot be reached".to_owned()),
        Err(_) => badly("the connection broke".to_owned()),
    }
}
