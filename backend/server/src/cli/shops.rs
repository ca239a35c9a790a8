//! `shop-key …` and `webhooks …`.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use pickup_server::App;
use pickup_server::credentials::keys::{self, NewKey, Scope, ShopKey};
use pickup_server::sandbox;
use pickup_server::store::StoreError;
use pickup_server::webhooks;

use crate::{ShopKeyCommand, WebhooksCommand};

/// `shop-key add | list | revoke`.
pub async fn keys(app: Arc<App>, command: ShopKeyCommand) -> Result<()> {
    match command {
        ShopKeyCommand::Add { merchant, scopes, name, days, sandbox } => {
            let app = of(app, sandbox)?;
            let scopes = if scopes.is_empty() { Scope::ALL.to_vec() } else { scopes };
            let lasts = days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
            let expires_at = lasts.map(|lasts| app.now().checked_add(lasts)).transpose()?;
            add(app, NewKey { merchant, name, scopes, expires_at }).await
        }
        ShopKeyCommand::List { json, sandbox } => list(of(app, sandbox)?, json).await,
        ShopKeyCommand::Revoke { id, sandbox } => {
            let app = of(app, sandbox)?;
            let (now, told) = (app.now(), id.clone());
            app.store.write(move |tx| keys::revoke(tx, now, &id)).await?;
            say!("Key {told} is revoked; within a second it is nobody's.");
            Ok(())
        }
    }
}

/// This backend, or its sandbox.
fn of(app: Arc<App>, sandbox: bool) -> Result<Arc<App>> {
    if sandbox { Ok(sandbox::open_app(&app.config, Arc::clone(&app.clock))?) } else { Ok(app) }
}

async fn add(app: Arc<App>, new: NewKey) -> Result<()> {
    let (now, shared) = (app.now(), Arc::clone(&app));
    let (id, key) = app.store.write(move |tx| keys::issue(tx, &shared.secrets, now, &new)).await?;
    say!("Key {id}, shown once:");
    say!("{key}");
    Ok(())
}

async fn list(app: Arc<App>, json: bool) -> Result<()> {
    let all = app.store.read(keys::all).await?;
    if !json {
        say!("{:<12}  {:<16} {:<28} {:<9} {:<20}  name", "id", "merchant", "scopes", "state", "last used");
    }
    for key in all {
        if json {
            say!("{}", serde_json::to_string(&key).context("a key cannot be written as JSON")?);
            continue;
        }
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let used = key.used_at.map_or_else(|| "never".to_owned(), |at| at.strftime("%F %T").to_string());
        let state = state(&key, app.now());
        say!(
            "{:<12}  {:<16} {:<28} {state:<9} {used:<20}  {}",
            key.id,
            key.merchant,
            scopes.join(","),
            key.name
        );
    }
    Ok(())
}

fn state(key: &ShopKey, now: Timestamp) -> &'static str {
    match key.expires_at {
        _ if key.revoked => "revoked",
        Some(end) if end <= now => "expired",
        _ => "in force",
    }
}

/// `webhooks list | enable`.
pub async fn webhooks(app: Arc<App>, command: WebhooksCommand) -> Result<()> {
    match command {
        WebhooksCommand::List { json } => {
            for endpoint in app.store.read(webhooks::all).await? {
                if json {
                    let mut line = serde_json::to_value(&endpoint)?;
                    if let Some(line) = line.as_object_mut() {
                        line.insert("merchant".to_owned(), endpoint.merchant.into());
                    }
                    say!("{line}");
                    continue;
                }
                let failing = endpoint.failing_since.map(|at| format!(", failing since {at}"));
                let state = format!("{}{}", endpoint.state, failing.unwrap_or_default());
                say!("{}  {:<16} {}  {state}", endpoint.id, endpoint.merchant, endpoint.url);
            }
            Ok(())
        }
        WebhooksCommand::Enable { id } => {
            let (now, told) = (app.now(), id.clone());
            let found = app.store.write(move |tx| {
                let endpoint = webhooks::all(tx)?.into_iter().find(|endpoint| endpoint.id == id);
                let Some(endpoint) = endpoint else { return Ok::<_, StoreError>(false) };
                webhooks::enable(tx, now, &endpoint, "operator").map(|()| true)
            });
            if !found.await? {
                bail!("there is no webhook endpoint {told}: see `webhooks list`");
            }
            say!("Endpoint {told} is told again.");
            Ok(())
        }
    }
}
