//! `labels`: sheets of shelf labels.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use pickup_server::App;
use pickup_server::phone::labels::{of_centre, sheets};
use pickup_server::shop::Shop;

use crate::LabelsCommand;

/// Writes the labels of a centre as a PDF.
pub async fn labels(app: Arc<App>, command: LabelsCommand) -> Result<()> {
    let url = match app.config.public_url.as_str() {
        "" if app.config.shop_listen.port() == 0 => {
            bail!("set `public_url`: it stands in the codes, and shop_listen has no port of its own")
        }
        "" => format!("http://{}", app.config.shop_listen),
        url => url.to_owned(),
    };
    let shop = Shop::open(app).await?;
    let labels = of_centre(&shop, command.centre, &command.skus, &url).await?;
    std::fs::write(&command.out, sheets(&labels)?).with_context(|| command.out.display().to_string())?;
    say!("{} labels of centre {} in {}", labels.len(), command.centre, command.out.display());
    say!("Their codes lead to {url}/p/{}/…", command.centre);
    Ok(())
}
