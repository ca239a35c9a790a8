//! A person's hands and eyes at the bench: the HTTP interface of the simulated devices.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Method, Response};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::{slip, wait};

/// The keys of a page act within that.
const KEYS_WITHIN: Duration = Duration::from_secs(5);

/// What the bench shows.
#[derive(Debug, Clone, Deserialize)]
pub struct State {
    /// The kiosk's screen.
    pub screen: Screen,
    /// The card on the reader.
    pub card: Option<Value>,
    /// The doors of the locker.
    pub doors: Vec<Door>,
    /// Slips not yet taken away.
    pub slips: Vec<Slip>,
}

/// The kiosk's screen.
#[derive(Debug, Clone, Deserialize)]
pub struct Screen {
    /// Whether a kiosk is connected.
    pub connected: bool,
    /// Number of the frame.
    #[serde(default, deserialize_with = "or_nothing")]
    pub seq: u64,
    /// The page's stable name; empty before the first frame.
    #[serde(default, deserialize_with = "or_nothing")]
    pub name: String,
    /// What can be pressed.
    #[serde(default, deserialize_with = "or_nothing")]
    pub targets: Vec<Target>,
}

/// Before the first frame the bench says `null`.
fn or_nothing<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// Something to press.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// Stable id, e.g. `confirm`.
    pub id: String,
}

/// A door of the locker.
#[derive(Debug, Clone, Deserialize)]
pub struct Door {
    /// Its number.
    pub door: u16,
    /// Whether it stands open.
    pub open: bool,
}

/// A printed slip.
#[derive(Debug, Clone, Deserialize)]
pub struct Slip {
    /// Its number.
    pub id: u64,
    /// Cut off by the printer; otherwise torn at the end of the roll.
    pub cut: bool,
}

/// An entry of the bench's log.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Its number.
    pub n: u64,
    /// Monotonic microseconds of the bench.
    pub at_us: u64,
    /// What happened, e.g. `pulse`.
    pub kind: String,
    /// Name of the page, for a frame.
    #[serde(default)]
    pub screen: String,
    /// The door, for what happens to doors.
    #[serde(default)]
    pub door: Option<u16>,
}

/// A code offered on the bench page.
#[derive(Debug, Clone, Serialize)]
pub struct Code {
    /// What it is.
    pub label: String,
    /// What the scanner reads.
    pub code: String,
}

/// Hands at the bench at one address.
#[derive(Clone)]
pub struct Hands {
    /// Where the bench page is.
    pub base: String,
    /// The PIN of the member of staff these hands belong to.
    pub pin: String,
    http: reqwest::Client,
}

impl Hands {
    /// At the bench with this address, e.g. `http://127.0.0.1:8100`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn at(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build()?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), pin: String::new(), http })
    }

    /// The same, for a member of staff with this PIN.
    #[must_use]
    pub fn with_pin(self, pin: String) -> Self {
        Self { pin, ..self }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer =
            request.send().await.with_context(|| format!("the bench does not answer {method} {path}"))?;
        if !answer.status().is_success() {
            let status = answer.status();
            bail!(
                "the bench refused {method} {path} ({status}): {}",
                answer.text().await.unwrap_or_default()
            );
        }
        Ok(answer)
    }

    /// Everything the bench shows.
    ///
    /// # Errors
    /// When the bench does not answer.
    pub async fn state(&self) -> Result<State> {
        let answer = self.send(Method::GET, "/api/state", None).await?;
        answer.json().await.context("the bench's state is not what was agreed")
    }

    /// What can be pressed, with where it is on the screen.
    ///
    /// # Errors
    /// When the bench does not answer.
    pub async fn targets(&self) -> Result<Vec<Value>> {
        let state: Value = self.send(Method::GET, "/api/state", None).await?.json().await?;
        Ok(state.pointer("/screen/targets").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Waits until the kiosk shows one of these pages; gives its name.
    ///
    /// # Errors
    /// After `limit`, with the page shown instead.
    pub async fn until_screen(&self, names: &[&str], limit: Duration) -> Result<String> {
        let mut last = String::new();
        let what = format!("a page of {names:?}");
        let found = wait::until(&what, limit, async || {
            let screen = self.state().await?.screen;
            last = if screen.connected { screen.name } else { "(no kiosk connected)".to_owned() };
            Ok(names.contains(&last.as_str()).then(|| last.clone()))
        });
        let found = found.await;
        found.with_context(|| format!("the kiosk shows `{last}`"))
    }

    /// Presses what has this id. The keys of a page that has just come do not act for a moment, so this waits a little for it.
    ///
    /// # Errors
    /// When the page has nothing of that id.
    pub async fn press(&self, target: &str) -> Result<()> {
        let what = format!("the key `{target}`");
        let pressed = wait::until(&what, KEYS_WITHIN, async || {
            Ok(self.send(Method::POST, "/api/touch", Some(json!({ "target": target }))).await.ok())
        });
        pressed.await.map(drop)
    }

    /// Types the PIN on the page that asks for it, and goes on.
    ///
    /// # Errors
    /// When the page has no pad, or does not go on within `limit`.
    pub async fn type_pin(&self, limit: Duration) -> Result<()> {
        self.press("clear_digits").await?;
        for digit in self.pin.chars() {
            self.press(&format!("digit_{digit}")).await?;
        }
        wait::until("the PIN to be taken", limit, async || {
            let targets = self.state().await?.screen.targets;
            let ready = targets.iter().any(|target| target.id == "confirm");
            Ok(ready.then_some(()))
        })
        .await?;
        self.press("confirm").await
    }

    /// Leaves whatever page a person is on, by the way out that it offers.
    ///
    /// # Errors
    /// When the kiosk does not come back to its first page within `limit`.
    pub async fn back_to_start(&self, limit: Duration) -> Result<()> {
        self.lift().await?;
        let ways = ["finish", "back", "cancel"];
        // A page may have none, and leave by itself.
        let way = wait::until("a way out", KEYS_WITHIN, async || {
            let targets = self.state().await?.screen.targets;
            Ok(ways.into_iter().find(|id| targets.iter().any(|target| target.id == *id)))
        });
        if let Ok(way) = way.await {
            let _ = self.press(way).await;
        }
        self.until_screen(&["idle"], limit).await.map(drop)
    }

    /// Holds a code before the scanner.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn scan(&self, code: &str) -> Result<()> {
        self.send(Method::POST, "/api/scan", Some(json!({ "code": code }))).await.map(drop)
    }

    /// Makes the scanner send these bytes.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn scan_bytes(&self, hex: &str) -> Result<()> {
        self.send(Method::POST, "/api/scan", Some(json!({ "hex": hex }))).await.map(drop)
    }

    /// Lays a card on the reader.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn lay(&self, card: &Value) -> Result<()> {
        self.send(Method::PUT, "/api/card", Some(card.clone())).await.map(drop)
    }

    /// Lifts the card off.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn lift(&self) -> Result<()> {
        self.send(Method::DELETE, "/api/card", None).await.map(drop)
    }

    /// Closes every door that stands open; gives their numbers.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn close_doors(&self) -> Result<Vec<u16>> {
        let open: Vec<u16> = self.state().await?.doors.iter().filter(|d| d.open).map(|d| d.door).collect();
        for door in &open {
            self.send(Method::POST, &format!("/api/doors/{door}/close"), None).await?;
        }
        Ok(open)
    }

    /// Pulls a door open that no lock let go.
    ///
    /// # Errors
    /// When there is no such door.
    pub async fn force_door(&self, door: u16) -> Result<()> {
        self.send(Method::POST, &format!("/api/doors/{door}/open"), None).await.map(drop)
    }

    /// Breaks a device: `fault("printer", "paper_out")`.
    ///
    /// # Errors
    /// When there is no such device or fault.
    pub async fn fault(&self, device: &str, fault: &str) -> Result<()> {
        let path = format!("/api/faults/{device}");
        self.send(Method::PUT, &path, Some(json!({ "fault": fault }))).await.map(drop)
    }

    /// Mends a device.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn mend(&self, device: &str) -> Result<()> {
        self.send(Method::DELETE, &format!("/api/faults/{device}"), None).await.map(drop)
    }

    /// The picture of a slip.
    ///
    /// # Errors
    /// When there is no such slip.
    pub async fn slip_png(&self, id: u64) -> Result<Vec<u8>> {
        Ok(self.send(Method::GET, &format!("/api/slips/{id}.png"), None).await?.bytes().await?.to_vec())
    }

    /// How many slips lie in the tray that could pass for an original: cut, printed, and without the word COPY.
    ///
    /// # Errors
    /// When the bench does not answer or a picture cannot be read.
    pub async fn original_slips(&self) -> Result<usize> {
        let mut originals = 0;
        for printed in self.state().await?.slips.iter().filter(|printed| printed.cut) {
            let picture = self.slip_png(printed.id).await?;
            originals += usize::from(slip::has_ink(&picture)? && !slip::says_copy(&picture)?);
        }
        Ok(originals)
    }

    /// What the printer received for a slip.
    ///
    /// # Errors
    /// When there is no such slip.
    pub async fn slip_bytes(&self, id: u64) -> Result<Vec<u8>> {
        Ok(self.send(Method::GET, &format!("/api/slips/{id}.bin"), None).await?.bytes().await?.to_vec())
    }

    /// Takes all slips away.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn take_slips(&self) -> Result<()> {
        self.send(Method::DELETE, "/api/slips", None).await.map(drop)
    }

    /// The last frame of the kiosk's screen.
    ///
    /// # Errors
    /// When there is none yet.
    pub async fn screen_png(&self) -> Result<Vec<u8>> {
        Ok(self.send(Method::GET, "/api/screen.png", None).await?.bytes().await?.to_vec())
    }

    /// The log from entry `since` on, and the number to ask from next.
    ///
    /// # Errors
    /// When the bench does not answer.
    pub async fn log(&self, since: u64) -> Result<(Vec<Entry>, u64)> {
        #[derive(Deserialize)]
        struct Log {
            next: u64,
            entries: Vec<Entry>,
        }
        let answer = self.send(Method::GET, &format!("/api/log?since={since}"), None).await?;
        let log: Log = answer.json().await.context("the bench's log is not what was agreed")?;
        Ok((log.entries, log.next))
    }

    /// Offers codes on the page.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn offer_codes(&self, codes: &[Code]) -> Result<()> {
        self.send(Method::PUT, "/api/codes", Some(serde_json::to_value(codes)?)).await.map(drop)
    }

    /// Offers cards on the page's tray.
    ///
    /// # Errors
    /// When the bench refuses.
    pub async fn offer_cards(&self, cards: &[Value]) -> Result<()> {
        self.send(Method::PUT, "/api/cards", Some(Value::from(cards.to_vec()))).await.map(drop)
    }
}
