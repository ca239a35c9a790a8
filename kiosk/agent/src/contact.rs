//! Keeps in contact with the backend: who we are, the time, and what lies released in our lockers. What was heard last is
//! kept, so that a kiosk that starts without the network still hands over.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pickup_protocol::kiosk::Hello;
use pickup_protocol::{Manifest, SignedManifest};
use pickup_session::Event;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::backend::Backend;
use crate::clock::Clock;
use crate::files::write_private;
use crate::service::Link;

const HELLO_EVERY: Duration = Duration::from_secs(30);
const HELLO_WHILE_AWAY: Duration = Duration::from_secs(1);
const MANIFEST_EVERY: Duration = Duration::from_secs(10);
/// A manifest that says nothing new is kept this seldom, for the flash's sake.
const KEEP_EVERY: Duration = Duration::from_secs(600);

/// The contact.
pub struct Contact {
    backend: Backend,
    clock: Clock,
    to: UnboundedSender<Event>,
    kiosk: Uuid,
    link: Link,
    hello_path: PathBuf,
    manifest_path: PathBuf,
    hello: Option<Hello>,
    manifest: Option<Manifest>,
    kept_at: Option<Instant>,
}

/// Asks for contact to be looked after at once.
#[derive(Clone, Debug, Default)]
pub struct Nudges {
    /// The backend seems to be away: ask it.
    pub away: Arc<Notify>,
    /// Something about the lockers has changed: fetch the manifest.
    pub changed: Arc<Notify>,
}

impl Contact {
    /// A contact for this kiosk, with what was heard before.
    #[must_use]
    pub fn new(
        backend: Backend,
        clock: Clock,
        to: UnboundedSender<Event>,
        kiosk: Uuid,
        link: Link,
        data_dir: &Path,
    ) -> Self {
        let (hello_path, manifest_path) = (data_dir.join("hello.json"), data_dir.join("manifest.json"));
        let mut contact = Self {
            backend,
            clock,
            to,
            kiosk,
            link,
            hello_path,
            manifest_path,
            hello: None,
            manifest: None,
            kept_at: None,
        };
        if let Some(hello) = kept::<Hello>(&contact.hello_path).filter(|hello| hello.kiosk_id == kiosk) {
            contact.clock.heard_last(hello.now);
            contact.hello = Some(hello.clone());
            contact.tell(Event::Hello(Box::new(hello)));
        }
        if let Some(signed) = kept::<SignedManifest>(&contact.manifest_path) {
            contact.take_manifest(&signed);
        }
        contact
    }

    /// Keeps in contact for ever.
    pub async fn keep(mut self, nudges: Nudges) {
        let mut hello_due = Instant::now();
        let mut online = false;
        loop {
            if hello_due <= Instant::now() {
                online = self.say_hello().await;
                hello_due = Instant::now() + if online { HELLO_EVERY } else { HELLO_WHILE_AWAY };
            }
            if online {
                self.fetch_manifest().await;
            }
            let pause = MANIFEST_EVERY.min(hello_due.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = sleep(pause) => {}
                () = nudges.changed.notified() => {}
                () = nudges.away.notified() => {
                    // Not in the way of whoever waits for the next answer.
                    let _ = timeout(Duration::from_millis(100), nudges.changed.notified()).await;
                    hello_due = Instant::now();
                }
            }
        }
    }

    async fn say_hello(&mut self) -> bool {
        let asked = std::time::Instant::now();
        let heard = self.backend.hello().await;
        let online = heard.is_ok();
        self.link.asked(online.then(|| asked.elapsed()), std::time::Instant::now());
        match heard {
            Ok(hello) if hello.kiosk_id == self.kiosk => {
                let believed = self.clock.set(hello.now);
                let news =
                    self.hello.as_ref().is_none_or(|old| Hello { now: hello.now, ..old.clone() } != hello);
                if news && believed {
                    keep(&self.hello_path, &hello);
                }
                self.hello = Some(hello.clone());
                self.tell(Event::Hello(Box::new(hello)));
            }
            Ok(_) => tracing::error!("the backend takes us for another kiosk: enrol again"),
            Err(error) => tracing::warn!(%error, "no contact"),
        }
        self.tell(Event::Online(online));
        online
    }

    async fn fetch_manifest(&mut self) {
        match self.backend.manifest().await {
            Ok(signed) => {
                let before = self.manifest.clone();
                if !self.take_manifest(&signed) {
                    return;
                }
                let same = |m: &Manifest, n: &Manifest| m.entries == n.entries && m.collected == n.collected;
                let nothing_new = before.zip(self.manifest.as_ref()).is_some_and(|(m, n)| same(&m, n));
                if !nothing_new || self.kept_at.is_none_or(|at| at.elapsed() >= KEEP_EVERY) {
                    keep(&self.manifest_path, &signed);
                    self.kept_at = Some(Instant::now());
                }
            }
            Err(error) => tracing::info!(%error, "no manifest"),
        }
    }

    /// Checks a manifest and hands it on; an older one than the last is not taken.
    fn take_manifest(&mut self, signed: &SignedManifest) -> bool {
        let Some(hello) = &self.hello else { return false };
        let key_of = |id| hello.keys.iter().find(|key| key.id == id)?.verifying_key();
        let manifest = match signed.verify(self.kiosk, key_of) {
            Ok(manifest) => manifest,
            Err(error) => {
                tracing::error!(%error, "a manifest is not used");
                return false;
            }
        };
        if self.manifest.as_ref().is_some_and(|last| manifest.sequence < last.sequence) {
            return false;
        }
        self.link.listed(&manifest);
        self.manifest = Some(manifest.clone());
        self.tell(Event::Manifest(Box::new(manifest)));
        true
    }

    fn tell(&self, event: Event) {
        // Nobody listens any more when the kiosk is ending.
        let _ = self.to.send(event);
    }
}

fn kept<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn keep(path: &Path, what: &impl serde::Serialize) {
    let written = serde_json::to_string(what).map_err(Into::into).and_then(|text| write_private(path, &text));
    if let Err(error) = written {
        tracing::warn!("{error:#}");
    }
}
