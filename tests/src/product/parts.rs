//! The programs around the backend, as they are started: customs, the payment company, the devices.

use std::fs;

use anyhow::Result;

use super::{Setup, words};
use crate::hands::Hands;
use crate::program::Program;
use crate::recorder::Recorder;
use crate::settings;

/// Starts customs at a port.
pub async fn customs(setup: &Setup, port: u16) -> Result<Program> {
    let mut arguments = words(["--dir"], &setup.dir.join("customs"));
    arguments.extend(["--listen".into(), format!("127.0.0.1:{port}").into()]);
    arguments.extend(["--step-ms".into(), setup.customs_step_ms.to_string().into()]);
    arguments.extend(words(["--trust"], &setup.dir.join("backend/customs-cert.pem")));
    fs::create_dir_all(setup.dir.join("customs"))?;
    Program::start("pickup-customs-sim", &arguments, &setup.dir.join("customs.log")).await
}

/// Starts the payment company and adds it to the backend's settings.
pub async fn payment(setup: &Setup) -> Result<Option<Program>> {
    if !setup.with_payment {
        return Ok(None);
    }
    let key = setup.dir.join("backend/pay.key");
    fs::write(&key, uuid::Uuid::new_v4().to_string())?;
    let arguments = words(["--listen", "127.0.0.1:0", "--key-file"], &key);
    let payment = Program::start("pickup-payment-sim", &arguments, &setup.dir.join("payment.log")).await?;
    let path = setup.dir.join("backend.toml");
    let text = fs::read_to_string(&path)? + &settings::payment(&payment.told("http")?);
    fs::write(&path, text)?;
    Ok(Some(payment))
}

/// Starts the devices and writes the kiosk's settings for them.
pub async fn bench(setup: &Setup) -> Result<(Option<Program>, Hands, Option<Recorder>)> {
    if !setup.with_kiosk {
        // Nobody listens on the discard port: hands that reach for the bench say so.
        return Ok((None, Hands::at("http://127.0.0.1:9")?, None));
    }
    let devices = devices(setup).await?;
    let hands = Hands::at(&devices.told("http")?)?;
    let screen = devices.told("screen")?;
    let recorder = if setup.recorded { Some(Recorder::before(screen.clone()).await?) } else { None };
    let screen = recorder.as_ref().map_or(screen, |recorder| recorder.address.to_string());
    fs::write(setup.dir.join("kiosk.toml"), settings::kiosk(&setup.dir, &screen))?;
    Ok((Some(devices), hands, recorder))
}

async fn devices(setup: &Setup) -> Result<Program> {
    let mut arguments = words(["--dir"], &setup.dir.join("devices"));
    arguments.extend(["--listen".into(), format!("127.0.0.1:{}", setup.bench_port.unwrap_or(0)).into()]);
    if setup.paced {
        arguments.push("--pace".into());
    }
    fs::create_dir_all(setup.dir.join("devices"))?;
    Program::start("pickup-hw-mock", &arguments, &setup.dir.join("devices.log")).await
}
