//! `staff badge | pin | revoke`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use pickup_protocol::work::Pin;
use pickup_server::credentials::{self, CredentialError};
use pickup_server::pins::{self, PinError};
use pickup_server::{App, centre};

use crate::StaffCommand;

/// Does what was asked of badges.
pub async fn staff(app: Arc<App>, command: StaffCommand) -> Result<()> {
    match command {
        StaffCommand::Badge { name, centre, pin, no_pin } => {
            let pin = if no_pin { None } else { Some(given_or_made(pin)?) };
            say!("{}", issue(&app, name, centre, pin.as_ref()).await?);
            tell(pin);
        }
        StaffCommand::Pin { name, pin } => {
            let pin = given_or_made(pin)?;
            let (now, sealed) = (app.now(), pins::seal(&app.secrets, &pin)?);
            app.store.write(move |tx| pins::set(tx, now, &name, &sealed)).await?;
            tell(Some(pin));
        }
        StaffCommand::Revoke { name } => {
            let (now, told) = (app.now(), name.clone());
            app.store.write(move |tx| pins::revoke(tx, now, &name)).await?;
            say!("The badge of {told} is nobody's from the next request on.");
        }
    }
    Ok(())
}

/// Issues a badge, with its PIN in the same transaction.
pub async fn issue(app: &Arc<App>, name: String, number: Option<u16>, pin: Option<&Pin>) -> Result<String> {
    let sealed = pin.map(|pin| pins::seal(&app.secrets, pin)).transpose()?;
    let (now, shared) = (app.now(), Arc::clone(app));
    let badge = app.store.write(move |tx| {
        let number = match number {
            Some(number) => number,
            None => centre::first(tx)?.ok_or(CredentialError::NoCentre(1))?,
        };
        let badge = credentials::issue_badge(tx, &shared.secrets, now, &name, number)?;
        if let Some(sealed) = sealed {
            pins::set(tx, now, &name, &sealed)?;
        }
        Ok::<_, PinError>(badge)
    });
    Ok(badge.await?)
}

fn given_or_made(pin: Option<String>) -> Result<Pin> {
    match pin {
        Some(text) => Pin::parse(&text).context("a PIN is four to eight digits"),
        None => Ok(pins::make()?),
    }
}

fn tell(pin: Option<Pin>) {
    if let Some(pin) = pin {
        say!("PIN {}", pin.digits());
    }
}
