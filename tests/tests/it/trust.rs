//! Nobody is trusted by address: the kiosk's side of the backend wants a certificate of its own authority.

use anyhow::{Result, ensure};
use pickup_tests::product::{self, Setup};
use reqwest::{Client, Identity, StatusCode};

/// A client that believes any server, so that only its own certificate can be what is refused.
fn client(identity: Option<Identity>) -> Result<Client> {
    let builder = Client::builder().no_proxy().danger_accept_invalid_certs(true);
    let builder = match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    };
    Ok(builder.build()?)
}

fn foreign() -> Result<Identity> {
    let made = rcgen::generate_simple_self_signed(vec!["K1".to_owned()])?;
    let pem = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    Ok(Identity::from_pem(pem.as_bytes())?)
}

const PATHS: [&str; 2] = ["/kiosk/v1/hello", "/kiosk/v1/manifest"];

#[tokio::test]
async fn without_a_certificate_the_kiosk_side_tells_nothing() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("no-certificate")?) };
    product::play_on(setup, async |product| {
        for path in PATHS {
            let answer = client(None)?.get(format!("{}{path}", product.kiosk_url())).send().await?;
            ensure!(answer.status() == StatusCode::UNAUTHORIZED, "{path} answered {}", answer.status());
            let text = answer.text().await?;
            ensure!(text.contains("KIOSK_UNKNOWN"), "{path} answered {text}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_foreign_certificate_is_refused_before_anything_is_said() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("foreign-certificate")?) };
    product::play_on(setup, async |product| {
        for path in PATHS {
            let answer = client(Some(foreign()?))?.get(format!("{}{path}", product.kiosk_url())).send().await;
            ensure!(answer.is_err(), "{path} answered a stranger: {answer:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_shop_side_does_not_have_the_kiosks_paths() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("other-side")?) };
    product::play_on(setup, async |product| {
        let answer = client(None)?.get(format!("{}/kiosk/v1/manifest", product.shop_url())).send().await?;
        ensure!(answer.status() == StatusCode::NOT_FOUND, "answered {}", answer.status());
        Ok(())
    })
    .await
}
