//! A real browser without a window, driven over the WebDriver protocol (W3C WebDriver, chromedriver).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::ports;
use crate::wait::{self, PATIENCE};

/// The key under which WebDriver names an element (W3C WebDriver, section 11.3).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Width and height of a phone, in points.
const PHONE: (u32, u32) = (390, 844);
/// Wide enough for the bench's screen and its tray side by side.
const WINDOW: &str = "--window-size=1600,1400";
/// Without these the browser reaches for hosts that a closed network refuses.
const SWITCHES: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate",
    WINDOW,
];

/// A browser with one page. Dropped, it ends.
pub struct Browser {
    http: reqwest::Client,
    session: String,
    driver: Child,
}

impl Drop for Browser {
    /// The driver is ended as a value; the browser it started would stay behind.
    fn drop(&mut self) {
        if let Some(id) = self.driver.id() {
            crate::processes::end_children(id);
        }
    }
}

impl Browser {
    /// Starts a browser that keeps its files in `dir` and opens a page.
    ///
    /// # Errors
    /// When chromedriver (Debian package chromium-driver) cannot be started or the page does not open.
    pub async fn open(dir: &Path, url: &str) -> Result<Self> {
        let port = ports::free()?;
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = command.kill_on_drop(true).spawn();
        let driver = driver.context("chromedriver could not be started (Debian package chromium-driver)")?;
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let base = format!("http://127.0.0.1:{port}");
        wait::until("chromedriver to answer", PATIENCE, async || {
            Ok(http.get(format!("{base}/status")).send().await.is_ok().then_some(()))
        })
        .await?;
        let profile = format!("--user-data-dir={}", dir.join("browser").display());
        let arguments: Vec<&str> = SWITCHES.into_iter().chain([profile.as_str()]).collect();
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
        } } });
        let answer = call(&http, Method::POST, &format!("{base}/session"), Some(wanted)).await?;
        let id = answer.get("sessionId").and_then(Value::as_str).context("the browser gave no session")?;
        let browser = Self { http: http.clone(), session: format!("{base}/session/{id}"), driver };
        browser.post("/url", json!({ "url": url })).await?;
        Ok(browser)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        call(&self.http, Method::POST, &format!("{}{path}", self.session), Some(body)).await
    }

    /// Waits for something on the page, by CSS selector or (beginning with `/`) by XPath; gives its id.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    async fn element(&self, selector: &str, limit: Duration) -> Result<String> {
        let using = if selector.starts_with('/') { "xpath" } else { "css selector" };
        wait::until(&format!("`{selector}` on the page"), limit, async || {
            let found = self.post("/element", json!({ "using": using, "value": selector })).await;
            Ok(found.ok().and_then(|found| found.get(ELEMENT)?.as_str().map(str::to_owned)))
        })
        .await
    }

    /// Waits until something is on the page and can be clicked, and clicks it.
    ///
    /// # Errors
    /// When that does not succeed within `limit`.
    pub async fn click(&self, selector: &str, limit: Duration) -> Result<()> {
        wait::until(&format!("a click on `{selector}`"), limit, async || {
            Ok(self.try_click(selector).await.ok())
        })
        .await
    }

    /// Clicks something if it is on the page just now.
    ///
    /// # Errors
    /// When it is not there or cannot be clicked.
    pub async fn try_click(&self, selector: &str) -> Result<()> {
        let element = self.element(selector, Duration::ZERO).await?;
        self.post(&format!("/element/{element}/click"), json!({})).await.map(drop)
    }

    /// Clicks a point of an element; the point in pixels from its middle.
    ///
    /// # Errors
    /// When the element is not there within `limit` or the point is outside the window.
    pub async fn click_at(&self, selector: &str, x: i64, y: i64, limit: Duration) -> Result<()> {
        let element = self.element(selector, limit).await?;
        let origin = json!({ ELEMENT: element });
        self.post(
            "/actions",
            json!({ "actions": [{
                "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" },
                "actions": [
                    { "type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": origin },
                    { "type": "pointerDown", "button": 0 },
                    { "type": "pointerUp", "button": 0 },
                ],
            }] }),
        )
        .await
        .map(drop)
    }

    /// Runs a script on the page; gives what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub async fn script(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        self.post("/execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// The text of something on the page.
    ///
    /// # Errors
    /// When it is not there within `limit`.
    pub async fn text(&self, selector: &str, limit: Duration) -> Result<String> {
        wait::until(&format!("the text of `{selector}`"), limit, async || {
            // Between the look and the question the page may have put another in its place.
            let Ok(element) = self.element(selector, Duration::ZERO).await else { return Ok(None) };
            let url = format!("{}/element/{element}/text", self.session);
            let text = call(&self.http, Method::GET, &url, None).await.ok();
            Ok(text.map(|text| text.as_str().unwrap_or_default().to_owned()))
        })
        .await
    }

    /// Chooses from a list, by the list's selector and the value of what is chosen.
    ///
    /// # Errors
    /// When that does not succeed within `limit`.
    pub async fn choose(&self, selector: &str, value: &str, limit: Duration) -> Result<()> {
        self.click(&format!("{selector} option[value=\"{value}\"]"), limit).await
    }

    /// What the window shows, as PNG.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        let shown = call(&self.http, Method::GET, &format!("{}/screenshot", self.session), None).await?;
        let text = shown.as_str().context("the browser gave no picture")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text)?)
    }

    /// Has the page shown as on a phone: 390 × 844 points, touched.
    ///
    /// # Errors
    /// When the browser does not do it.
    pub async fn as_phone(&self) -> Result<()> {
        let size = json!({ "width": PHONE.0, "height": PHONE.1, "deviceScaleFactor": 1, "mobile": true });
        self.tool("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    /// Opens another page.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn go(&self, url: &str) -> Result<()> {
        self.post("/url", json!({ "url": url })).await.map(drop)
    }

    /// The address of the page.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn address(&self) -> Result<String> {
        let address = call(&self.http, Method::GET, &format!("{}/url", self.session), None).await?;
        Ok(address.as_str().unwrap_or_default().to_owned())
    }

    /// Types into a field, in place of what is in it.
    ///
    /// # Errors
    /// When the field is not there within `limit`.
    pub async fn type_into(&self, selector: &str, text: &str, limit: Duration) -> Result<()> {
        let element = self.element(selector, limit).await?;
        self.post(&format!("/element/{element}/clear"), json!({})).await?;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await.map(drop)
    }

    /// The whole page as a PNG, as wide as a phone.
    ///
    /// # Errors
    /// When the browser gives none.
    pub async fn phone_picture(&self) -> Result<Vec<u8>> {
        let height = self.script("return document.documentElement.scrollHeight", &[]).await?;
        let clip = json!({ "x": 0, "y": 0, "width": PHONE.0, "height": height, "scale": 1 });
        let asked = json!({ "captureBeyondViewport": true, "clip": clip });
        let answer = self.tool("Page.captureScreenshot", asked).await?;
        let data = answer.get("data").and_then(Value::as_str).context("the browser gave no picture")?;
        base64::engine::general_purpose::STANDARD.decode(data).context("the picture is not base64")
    }

    /// A command of the browser's own protocol.
    async fn tool(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    /// Ends the browser.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn close(self) -> Result<()> {
        call(&self.http, Method::DELETE, &self.session, None).await.map(drop)
    }
}

async fn call(http: &reqwest::Client, method: Method, url: &str, body: Option<Value>) -> Result<Value> {
    let mut request = http.request(method.clone(), url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer =
        request.send().await.with_context(|| format!("the browser does not answer {method} {url}"))?;
    let good = answer.status().is_success();
    let mut answer: Value = answer.json().await.context("the browser did not answer in JSON")?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    if !good {
        bail!("the browser refused {method} {url}: {value}");
    }
    Ok(value)
}
