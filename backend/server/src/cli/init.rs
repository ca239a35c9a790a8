//! `init`: the data directory, and for a demo what a person needs to play shop, staff and customs.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use pickup_customs::Signer as _;
use pickup_server::App;
use pickup_server::console::roles::Role;
use pickup_server::pins;
use pickup_server::secrets::write_private;
use pickup_server::shop::Shop;

use super::issue_key;
use super::people::issue;

const MERCHANT: &str = "demo";
const ADMINISTRATOR: &str = "admin";
const STAFF: &str = "示例店员";

/// Makes the data directory. What exists stays as it is.
pub async fn init(app: Arc<App>, demo: bool) -> Result<()> {
    let dir = app.config.data_dir.clone();
    say!("Data directory {}: keys, certificate authority and database are there.", dir.display());
    if !demo {
        return Ok(());
    }
    let shop = Shop::open(Arc::clone(&app)).await?;
    let centre = &shop.data.operator.centre;
    say!(
        "Centre {} ({}) with {} articles and {} invented buyers.",
        centre.number,
        centre.name.en,
        shop.data.articles.len(),
        shop.data.buyers.len()
    );
    let key = dir.join("shop-api-key.txt");
    if !key.exists() {
        keep(&key, &issue_key(&app, MERCHANT.to_owned()).await?)?;
    }
    say!("API key of merchant {MERCHANT}: {}", key.display());
    let (badge, pin) = (dir.join("staff-badge.txt"), dir.join("staff-pin.txt"));
    if !badge.exists() {
        let made = pins::make()?;
        keep(&badge, &issue(&app, STAFF.to_owned(), Some(centre.number), Some(&made)).await?)?;
        keep(&pin, made.digits())?;
    }
    say!("Badge of {STAFF}: {}, its PIN: {}", badge.display(), pin.display());
    let console = dir.join("console-password.txt");
    if !console.exists() {
        let word = super::account::make(&app, ADMINISTRATOR, Role::Administrator, Vec::new()).await?;
        keep(&console, &word)?;
    }
    say!(
        "Account {ADMINISTRATOR} of the console (http://{}), one-time password: {}",
        app.config.console_listen,
        console.display()
    );
    let certificate = dir.join("customs-cert.pem");
    std::fs::write(&certificate, shop.signer.certificate().to_pem())
        .with_context(|| certificate.display().to_string())?;
    say!("Certificate that declarations are signed with: {}", certificate.display());
    Ok(())
}

fn keep(path: &Path, text: &str) -> Result<()> {
    Ok(write_private(path, &format!("{text}\n"))?)
}
