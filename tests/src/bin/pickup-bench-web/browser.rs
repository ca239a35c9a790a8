//! Somebody who looks at pages.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

/// Somebody without scripts: cookies, and no following of where one is led.
pub struct Browser {
    base: String,
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// An answer.
pub struct Page {
    pub status: u16,
    pub to: String,
    pub text: String,
}

impl Browser {
    pub fn at(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(120))
            .build()?;
        Ok(Self { base: base.to_owned(), http, cookies: BTreeMap::new() })
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Result<Page> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, cookies.join("; ")).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to =
            answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Page { status: answer.status().as_u16(), to, text: answer.text().await? })
    }

    pub async fn get(&mut self, path: &str) -> Result<Page> {
        let request = self.http.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    pub async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let text = self.get(page).await?.text;
        let token = hidden(&text, "csrf").context("the page has no form")?;
        let mut pairs: Vec<(&str, &str)> = fields.to_vec();
        pairs.push(("csrf", &token));
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("content-type", kind).body(body.join("&"))).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Result<()> {
        let page = self.post("/sign-in", "/sign-in", &[("name", name), ("password", password)]).await?;
        ensure!(page.to == "/", "{name} could not sign in: {} {}", page.status, page.text);
        Ok(())
    }
}

/// What a page's form sends along unseen.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    value.split('"').next().map(str::to_owned)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
