//! The staff console in a real browser: gone to, filled in, looked at by axe-core, kept as a picture.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::product::Product;
use crate::wait;
use crate::webdriver::Browser;

const LIMIT: Duration = Duration::from_secs(30);
/// Names a folder in which pictures of the pages are kept.
const PICTURES: &str = "PICKUP_PICTURES";

impl Product {
    /// Where staff reach the console.
    ///
    /// # Errors
    /// While the backend does not run.
    pub fn console_url(&self) -> Result<String> {
        self.backend.as_ref().context("the backend does not run")?.told("console")
    }

    /// Makes an account of the console; gives its one-time password.
    ///
    /// # Errors
    /// With what the program said.
    pub async fn account(&self, name: &str, role: &str) -> Result<String> {
        let said = self.backend_command(&["account", "add", "--role", role, name]).await?;
        Ok(said.split_whitespace().next_back().context("no password was printed")?.to_owned())
    }
}

/// Somebody at a desk with the console before them.
pub struct Desk {
    /// The browser.
    pub browser: Browser,
    base: String,
    pictures: Option<PathBuf>,
}

impl Desk {
    /// Opens the console.
    ///
    /// # Errors
    /// When there is no browser, or it shows nothing.
    pub async fn open(dir: &Path, base: &str) -> Result<Self> {
        let browser = Browser::open(dir, base).await?;
        let pictures = std::env::var_os(PICTURES).map(PathBuf::from);
        Ok(Self { browser, base: base.to_owned(), pictures })
    }

    /// Goes to a path of the console and waits for the page.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn go(&self, path: &str) -> Result<()> {
        self.browser.post("/url", json!({ "url": format!("{}{path}", self.base) })).await.map(drop)
    }

    /// Where the browser is: path and query.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn place(&self) -> Result<String> {
        let at = self.browser.script("return location.pathname + location.search", &[]).await?;
        Ok(at.as_str().unwrap_or_default().to_owned())
    }

    /// Makes the window so large.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.browser.post("/window/rect", json!({ "width": width, "height": height })).await.map(drop)
    }

    /// Types into fields, by selector, and presses the button.
    ///
    /// # Errors
    /// When one of them is not there.
    pub async fn fill(&self, fields: &[(&str, &str)], button: &str) -> Result<()> {
        for (selector, text) in fields {
            self.browser.text(selector, LIMIT).await?;
            let type_in = "document.querySelector(arguments[0]).value = arguments[1]";
            self.browser.script(type_in, &[json!(selector), json!(text)]).await?;
        }
        self.browser.click(button, LIMIT).await
    }

    /// Waits until the page holds a text.
    ///
    /// # Errors
    /// When it does not come; with what is there instead.
    pub async fn until_text(&self, text: &str) -> Result<()> {
        let what = format!("“{text}” on the page");
        let found = wait::until(&what, LIMIT, async || {
            let shown = self.browser.script("return document.body ? document.body.innerText : ''", &[]).await;
            Ok(shown.ok().filter(|shown| shown.as_str().is_some_and(|shown| shown.contains(text))))
        });
        found.await.map(drop)
    }

    /// Signs in with a one-time password and sets one of one's own.
    ///
    /// # Errors
    /// When the console does not let one in.
    pub async fn sign_in(&self, name: &str, word: &str, own: &str) -> Result<()> {
        self.go("/sign-in?lang=zh").await?;
        self.fill(&[("#name", name), ("#password", word)], "main button").await?;
        self.until_text("设置密码").await?;
        self.fill(&[("#new", own), ("#again", own)], "main button").await?;
        self.until_text("今日").await
    }

    /// What is asked of every page: accessible, light, and from here alone.
    ///
    /// # Errors
    /// With what is wrong.
    pub async fn is_good(&self, what: &str) -> Result<()> {
        // Before axe-core is put on the page, which is none of it.
        self.browser.is_light_and_strict(what).await?;
        self.browser.is_accessible(what).await
    }

    /// Keeps a picture of the page when pictures are asked for.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn keep(&self, name: &str) -> Result<()> {
        let Some(dir) = &self.pictures else { return Ok(()) };
        let file = dir.join(format!("console-{name}.png"));
        std::fs::write(&file, self.browser.picture().await?).with_context(|| file.display().to_string())
    }
}
