//! The computer and the way to the backend: certificate, backend, clock, disk, journal.

use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::Hello;

use super::{Finding, Grade};
use crate::backend::Backend;
use crate::clock::Clock;
use crate::config::Config;
use crate::enrol::{self, Enrolment};
use crate::files::write_private;
use crate::{health, journal, tls};

const ENROL_AGAIN_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
const DISK_LOW: u64 = 256 << 20;
const DISK_TOO_LOW: u64 = 16 << 20;
/// More than this between system and backend is worth a word.
const APART: SignedDuration = SignedDuration::from_secs(60);

/// All of them.
pub async fn all(config: &Config) -> Vec<Finding> {
    let clock = Clock::start(config.clock.trust_system);
    let mut found = Vec::new();
    let mut heard = None;
    match enrol::read(&config.data_dir) {
        Err(error) => found.push(Finding::new("enrolment", Grade::Bad, "not_enrolled", format!("{error:#}"))),
        Ok((enrolment, key)) => {
            let (finding, hello) = backend(&enrolment, &key, &clock).await;
            heard = hello.map(|hello| hello.now);
            found.push(certificate(&enrolment, heard.unwrap_or_else(|| clock.at_least())));
            found.push(finding);
        }
    }
    found.push(time(&clock, heard));
    found.push(disk(&config.data_dir));
    found.push(of_journal(&config.data_dir));
    found
}

fn certificate(enrolment: &Enrolment, now: Timestamp) -> Finding {
    let (from, until) = match tls::validity(&enrolment.identity.certificate_pem) {
        Ok(validity) => validity,
        Err(error) => return Finding::new("certificate", Grade::Bad, "damaged", format!("{error:#}")),
    };
    let who = &enrolment.identity.name;
    let again = "get a new one with `pickup-kiosk enrol`";
    if until <= now {
        let text = format!("the certificate of {who} ended at {until}: {again}");
        Finding::new("certificate", Grade::Bad, "ended", text)
    } else if now < from {
        let text = format!("the certificate of {who} begins at {from} only: the clock is wrong");
        Finding::new("certificate", Grade::Bad, "not_yet", text)
    } else if until.duration_since(now) < ENROL_AGAIN_BEFORE {
        let text = format!("the certificate of {who} ends soon, at {until}: {again}");
        Finding::new("certificate", Grade::Look, "ends_soon", text)
    } else {
        Finding::good("certificate", format!("the certificate of {who} is good until {until}"))
    }
}

async fn backend(enrolment: &Enrolment, key: &str, clock: &Clock) -> (Finding, Option<Hello>) {
    let identity = &enrolment.identity;
    let client = tls::validity(&identity.certificate_pem).and_then(|(from, _)| {
        clock.not_before(from);
        let tls = tls::mutual(&identity.ca_pem, &identity.certificate_pem, key, clock.clone())?;
        tls::client(&enrolment.backend, tls)
    });
    let bad = |code, text: String| (Finding::new("backend", Grade::Bad, code, text), None);
    let client = match client {
        Ok(client) => client,
        Err(error) => return bad("unusable", format!("{error:#}")),
    };
    let (at, start) = (&enrolment.backend, Instant::now());
    match Backend::new(client).hello().await {
        Ok(hello) if hello.kiosk_id != identity.kiosk_id => {
            bad("another_kiosk", format!("{at} takes us for another kiosk ({}): enrol again", hello.kiosk))
        }
        Ok(hello) => {
            let ms = start.elapsed().as_millis();
            let (kiosk, centre) = (&hello.kiosk, &hello.centre);
            let text = format!(
                "{at} answers in {ms} ms: this is kiosk {kiosk} of centre {} {}",
                centre.number, centre.name.en
            );
            (Finding::good("backend", text), Some(hello))
        }
        Err(error) if error.turns_us_away() => {
            bad("turned_away", format!("{at} turns this kiosk away, revoked perhaps: {error}"))
        }
        Err(error) => {
            bad("unreachable", format!("{at}: {error}; pickups go on for what was released before"))
        }
    }
}

fn time(clock: &Clock, heard: Option<Timestamp>) -> Finding {
    let system = Timestamp::now();
    let source = health::clock(clock).source;
    if let Some(heard) = heard {
        let apart = system.duration_since(heard).abs();
        if apart > APART {
            let text = format!(
                "the system's clock is {} s from the backend's; the kiosk goes by the backend's",
                apart.as_secs()
            );
            return Finding::new("clock", Grade::Look, "apart", text);
        }
        return Finding::good("clock", format!("{system:.0}, as the backend says"));
    }
    if source == "unknown" {
        let text = format!(
            "the system's clock says {system:.0} and nobody vouches for it: no pickup begins before the backend or a time \
             server has said what day it is"
        );
        return Finding::new("clock", Grade::Look, "unknown", text);
    }
    Finding::good("clock", format!("{system:.0}, synchronised"))
}

fn disk(data_dir: &Path) -> Finding {
    let trial = data_dir.join("check");
    if let Err(error) = write_private(&trial, "") {
        return Finding::new("disk", Grade::Bad, "not_writable", format!("{error:#}"));
    }
    let _ = std::fs::remove_file(&trial);
    let Some(room) = health::disk(data_dir) else {
        let text = format!("the disk of {} cannot be asked", data_dir.display());
        return Finding::new("disk", Grade::Look, "unknown", text);
    };
    let text = format!(
        "{} MiB free of {} MiB at {}",
        room.free_bytes >> 20,
        room.total_bytes >> 20,
        data_dir.display()
    );
    match room.free_bytes {
        0..DISK_TOO_LOW => Finding::new("disk", Grade::Bad, "full", format!("{text}: make room")),
        DISK_TOO_LOW..DISK_LOW => Finding::new("disk", Grade::Look, "low", format!("{text}: make room soon")),
        _ => Finding::good("disk", text),
    }
}

fn of_journal(data_dir: &Path) -> Finding {
    match journal::summary(data_dir) {
        Ok(None) => Finding::good("journal", "there is none yet: this kiosk has not run"),
        Ok(Some((lines, waiting, true))) => {
            Finding::good("journal", format!("it is whole: {lines} lines, {waiting} reports wait"))
        }
        Ok(Some((lines, _, false))) => {
            let text = format!("it is damaged ({lines} lines can be read): see `pickup-kiosk journal check`");
            Finding::new("journal", Grade::Bad, "damaged", text)
        }
        Err(error) => Finding::new("journal", Grade::Bad, "unreadable", format!("{error:#}")),
    }
}
