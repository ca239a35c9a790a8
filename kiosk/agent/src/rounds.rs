//! What goes on with the backend beside the running pickup: greeting, manifest, reports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pickup_protocol::kiosk::Hello;
use pickup_protocol::{Manifest, SignedManifest};
use pickup_session::Event;
use pickup_session::journal::{Record, Report};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use uuid::Uuid;

use crate::backend::{Backend, BackendError};
use crate::clock::Clock;
use crate::files::write_private;
use crate::journal::Journal;

const GREET_AGAIN: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(2);
const MANIFEST_AGAIN: Duration = Duration::from_secs(10);
const HELLO: &str = "hello.json";
const MANIFEST: &str = "manifest.json";

/// What the rounds need of the kiosk.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// The backend.
    pub backend: Backend,
    /// Id of the kiosk.
    pub kiosk: Uuid,
    /// Data directory.
    pub folder: PathBuf,
    /// The kiosk's clock.
    pub clock: Clock,
    /// The session's inbox.
    pub events: Sender<Event>,
}

impl Rounds {
    /// Greets the backend for ever: keys, names and the time.
    pub async fn greet(self, hello: watch::Sender<Option<Hello>>) {
        loop {
            let (news, pause) = match self.backend.hello().await {
                Ok(answer) => {
                    self.clock.set(answer.now);
                    self.keep(HELLO, &answer);
                    hello.send_replace(Some(answer.clone()));
                    (vec![Event::Hello(Box::new(answer)), Event::Online(true)], GREET_AGAIN)
                }
                Err(error) => {
                    tracing::warn!("{error}");
                    (vec![Event::Online(false)], RETRY)
                }
            };
            for event in news {
                if self.events.send(event).await.is_err() {
                    return;
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Fetches the manifest for ever, and at once when the keys are known or `stale` says so.
    pub async fn manifests(self, mut hello: watch::Receiver<Option<Hello>>, mut stale: watch::Receiver<u64>) {
        loop {
            let keys = hello.borrow_and_update().clone();
            if let Some(keys) = keys
                && let Ok(signed) = self.backend.manifest().await
                && let Some(manifest) = verified(&signed, self.kiosk, &keys)
            {
                self.keep(MANIFEST, &signed);
                if self.events.send(Event::Manifest(Box::new(manifest))).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                _ = hello.wait_for(|h| h.is_some()), if hello.borrow().is_none() => {}
                _ = stale.changed() => {}
                () = tokio::time::sleep(MANIFEST_AGAIN) => {}
            }
        }
    }

    /// Sends reports, oldest first, until the backend has each.
    pub async fn report(self, journal: Journal, mut waiting: Receiver<Report>, stale: watch::Sender<u64>) {
        while let Some(report) = waiting.recv().await {
            let mut pause = Duration::from_millis(200);
            loop {
                match self.backend.report(&report).await {
                    Ok(_) => break,
                    Err(BackendError::Refused(error)) => {
                        // It would be refused for ever; the journal keeps it, the log says so.
                        tracing::error!(
                            error.code,
                            "report {} was refused: {}",
                            report.id(),
                            error.message_en
                        );
                        break;
                    }
                    Err(error) => {
                        tracing::warn!("report {} waits: {error}", report.id());
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(Duration::from_secs(10));
                    }
                }
            }
            journal.write(vec![Record::Reported { id: report.id() }], Box::new(|_| {}));
            stale.send_modify(|n| *n += 1);
        }
    }

    /// Keeps an answer for the next start. Losing it costs nothing but a start without network.
    fn keep(&self, name: &str, answer: &impl serde::Serialize) {
        let kept = serde_json::to_string(answer)
            .map_err(anyhow::Error::from)
            .and_then(|text| write_private(&self.folder.join(name), &text));
        if let Err(error) = kept {
            tracing::warn!("{error:#}");
        }
    }
}

/// What the backend said last time, for a start without it.
#[must_use]
pub fn remembered(folder: &Path, kiosk: Uuid) -> (Option<Hello>, Option<Manifest>) {
    let hello: Option<Hello> =
        std::fs::read(folder.join(HELLO)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let signed: Option<SignedManifest> =
        std::fs::read(folder.join(MANIFEST)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let manifest = hello.as_ref().zip(signed).and_then(|(hello, signed)| verified(&signed, kiosk, hello));
    (hello, manifest)
}

fn verified(signed: &SignedManifest, kiosk: Uuid, hello: &Hello) -> Option<Manifest> {
    let key_of = |id| hello.keys.iter().find(|k| k.id == id)?.verifying_key();
    signed.verify(kiosk, key_of).map_err(|error| tracing::error!("{error}")).ok()
}
