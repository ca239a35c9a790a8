//! The console: its pages by HTTP, as a browser without scripts sees them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::console;
use crate::console::accounts::{self, New, Person, password};
use crate::console::roles::Role;
use crate::web::{Live, Web};
use jiff::Timestamp;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::net::TcpListener;

use crate::clearing::tests::bench::Bench;
use crate::db::{Conn, FromValue};
use crate::shop::Shop;
use crate::store::StoreError;

mod access;
mod pages;
mod reconciliations;
mod second;
mod signing_in;
mod stock;

pub const PASSWORD: &str = "a long enough word";

/// A console on a real socket.
pub struct Site {
    pub bench: Bench,
    pub shop: Arc<Shop>,
    pub web: Web,
    base: String,
}

impl Site {
    pub async fn start() -> Self {
        let bench = Bench::new().await;
        let shop = Arc::clone(&bench.shop);
        let web = Web::new(Arc::clone(&shop.app), Live::default());
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", tcp.local_addr().unwrap());
        let service = console::service(Arc::clone(&shop), web.clone());
        tokio::spawn(async move { axum::serve(tcp, service).await });
        Self { bench, shop, web, base }
    }

    pub fn now(&self) -> Timestamp {
        self.shop.app.now()
    }

    /// An account with [`PASSWORD`], of its own or one-time.
    pub async fn account(&self, name: &'static str, role: Role, one_time: bool) -> Person {
        let (hash, now) = (password::hash(PASSWORD).await.unwrap(), self.now());
        self.write(move |tx| {
            let new = New { name, role, centres: &[], hash: &hash };
            let person = accounts::add(tx, now, "operator", &new).unwrap();
            if !one_time {
                accounts::set_password(tx, now, "operator", &person, &hash, false).unwrap();
            }
            person
        })
        .await
    }

    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Conn) -> T + Send + 'static) -> T {
        self.shop.app.store.write(|tx| Ok::<_, StoreError>(work(tx))).await.unwrap()
    }

    /// The first column of every row.
    pub async fn column<T: FromValue + Send + 'static>(&self, sql: &'static str) -> Vec<T> {
        self.write(move |tx| {
            let mut statement = tx.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        })
        .await
    }

    /// Lets what orders are found by catch up.
    pub async fn catch_up(&self) {
        while console::finder::step(&self.shop.app).await.unwrap() {}
    }

    /// Two orders, A-1 released by customs and A-2 sent to it; the declaration of A-1.
    pub async fn two_orders(&self) -> String {
        let cop_no = self.bench.cleared("A-1", 0).await;
        self.bench.cleared("A-2", 1).await;
        self.bench.send().await;
        self.bench.receive(&cop_no, 800, "").await;
        self.catch_up().await;
        cop_no
    }

    pub fn browser(&self) -> Browser {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Browser { http, base: self.base.clone(), jar: Mutex::default() }
    }

    /// A browser in which an account of this role is signed in.
    pub async fn signed_in(&self, name: &'static str, role: Role) -> Browser {
        self.account(name, role, false).await;
        let browser = self.browser();
        let page = browser.sign_in(name, PASSWORD).await;
        assert_eq!(page.leads_to.as_deref(), Some("/"), "{}", page.text);
        browser
    }
}

/// A browser without scripts that keeps cookies and does not follow where it is led.
pub struct Browser {
    http: Client,
    base: String,
    jar: Mutex<BTreeMap<String, String>>,
}

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub leads_to: Option<String>,
    pub text: String,
}

impl Page {
    /// The token of the first form.
    pub fn token(&self) -> String {
        let rest = self.text.split("name=\"csrf\" value=\"").nth(1).expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

impl Browser {
    pub async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Sends a form with the token of a page that this browser may see.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get("/sign-in").await.token();
        self.post_with(&token, path, fields).await
    }

    pub async fn post_with(&self, token: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = [("csrf", token)];
        let body: Vec<String> =
            fields.iter().chain(&token).map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        let request = self.http.post(format!("{}{path}", self.base));
        let kind = "application/x-www-form-urlencoded";
        self.send(request.header("content-type", kind).body(body.join("&"))).await
    }

    /// Sends a form with a file in its field `file`.
    pub async fn post_file(&self, path: &str, content: &str) -> Page {
        let token = self.get("/sign-in").await.token();
        let part = "--edge\r\nContent-Disposition: form-data; name=";
        let body = format!(
            "{part}\"csrf\"\r\n\r\n{token}\r\n{part}\"file\"; filename=\"a.csv\"\r\n\r\n{content}\r\n--edge--\r\n"
        );
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("content-type", "multipart/form-data; boundary=edge").body(body)).await
    }

    pub async fn sign_in(&self, name: &str, word: &str) -> Page {
        self.post("/sign-in", &[("name", name), ("password", word)]).await
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let jar = self.jar.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
        let answer = request.header(COOKIE, jar.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (key, value) = pair.split_once('=').unwrap();
            self.jar.lock().unwrap().insert(key.to_owned(), value.to_owned());
        }
        let leads_to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        Page { status: answer.status(), leads_to, text: answer.text().await.unwrap() }
    }
}

pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| {
        if byte.is_ascii_alphanumeric() {
            all + &char::from(byte).to_string()
        } else {
            all + &format!("%{byte:02X}")
        }
    })
}
