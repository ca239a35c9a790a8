//! The shopper's pages over HTTP, with a payment company of the tests' own and a browser that keeps cookies.

use std::collections::BTreeMap;
use std::sync::Mutex as Lock;

use axum::http::HeaderMap;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pickup_domain::Money;
use serde_json::Value;

use super::*;
use crate::clearing::tests::bench::{Bench, serve};
use crate::config::Config;
use crate::messages::Message;
use crate::payment::CompanyError;
use crate::payment::checkout::{Begin, Paid, Told};
use crate::web::Live;

mod buying;
mod mine;
mod ways;

/// Who the company's customer is.
const OTHER: (&str, &str) = ("测试乙", "990101198512120020");

/// A payment company that remembers what was begun and says what it is told to say.
#[derive(Default)]
struct Company(Lock<BTreeMap<String, (Begin, Stands)>>);

impl Company {
    fn begun(&self) -> Vec<Begin> {
        self.0.lock().unwrap().values().map(|(begin, _)| begin.clone()).collect()
    }

    fn set(&self, out_no: &str, stands: Stands) {
        self.0.lock().unwrap().get_mut(out_no).unwrap().1 = stands;
    }

    /// The buyer pays, or somebody else does.
    fn pay(&self, out_no: &str, by_another: bool) {
        let begin = self.0.lock().unwrap()[out_no].0.clone();
        let own = (begin.payer_name, begin.payer_id_number);
        let (name, number) = if by_another { (OTHER.0.to_owned(), OTHER.1.to_owned()) } else { own };
        let paid = Paid {
            transaction: format!("T{out_no}"),
            amount: begin.amount,
            payer_name: name,
            payer_id_number: number,
            at: "2026-11-21T02:00:00Z".parse().unwrap(),
        };
        self.set(out_no, Stands::Paid(paid));
    }
}

impl Checkout for Company {
    fn begin<'a>(&'a self, ask: &'a Begin) -> BoxFuture<'a, Result<String, CompanyError>> {
        self.0.lock().unwrap().insert(ask.out_no.clone(), (ask.clone(), Stands::Waiting));
        let page = format!("http://pay.test/{}?lang={}", ask.out_no, ask.lang);
        async move { Ok(page) }.boxed()
    }

    fn stands<'a>(&'a self, out_no: &'a str) -> BoxFuture<'a, Result<Option<Stands>, CompanyError>> {
        let stands = self.0.lock().unwrap().get(out_no).map(|(_, stands)| stands.clone());
        async move { Ok(stands) }.boxed()
    }

    fn told(&self, headers: &HeaderMap, body: &[u8]) -> Result<Told, CompanyError> {
        if headers.get("x-signed").is_none() {
            return Err(CompanyError::Signature);
        }
        let out_no = String::from_utf8_lossy(body).into_owned();
        let stands = self.0.lock().unwrap()[&out_no].1.clone();
        Ok(Told { out_no, stands })
    }

    fn origin(&self) -> String {
        "http://pay.test".to_owned()
    }

    fn thanks(&self) -> &'static str {
        "SUCCESS"
    }
}

/// A backend with its shopper's pages.
struct World {
    bench: Bench,
    phone: Arc<Phone>,
    company: Arc<Company>,
    base: String,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let bench = Bench::with(|config, _| {
            config.plain_http = true;
            change(config);
        })
        .await;
        let company = Arc::new(Company::default());
        let web = Web::new(Arc::clone(&bench.shop.app), Live::default());
        tokio::spawn(web.live.clone().run(Arc::clone(&bench.shop.app)));
        let shop = Arc::clone(&bench.shop);
        let phone = Phone::with(shop, web, "http://shop.test", Some(Arc::clone(&company) as _)).unwrap();
        let base = serve(router(Arc::clone(&phone))).await;
        Self { bench, phone, company, base }
    }

    fn browser(&self, lang: &str) -> Browser {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let cookies = BTreeMap::from([("lang".to_owned(), lang.to_owned())]);
        Browser { base: self.base.clone(), client, cookies, page: String::new(), csrf: String::new() }
    }

    /// A basket of one tin whose buyer is entered: at the summary before payment. Gives its path, such as `/b/X`.
    async fn entered(&self, browser: &mut Browser, buyer: usize) -> String {
        self.filled(browser, buyer, &[("MLK-001", 1)]).await
    }

    async fn filled(&self, browser: &mut Browser, buyer: usize, lines: &[(&str, i64)]) -> String {
        let mut basket = String::new();
        for (sku, qty) in lines {
            browser.get(&format!("/p/1/{sku}")).await;
            basket = browser.post(&format!("/p/1/{sku}"), &[("qty", &qty.to_string())]).await.leads();
        }
        browser.get(&format!("{basket}/you")).await;
        let buyer = self.bench.buyer(buyer);
        let form = [
            ("name", buyer.name.as_str()),
            ("id_number", &buyer.id_number),
            ("telephone", &buyer.telephone),
            ("agree", "yes"),
            ("version", notice::VERSION),
        ];
        let answer = browser.post(&format!("{basket}/you"), &form).await;
        assert_eq!((answer.status, answer.to), (303, format!("{basket}/pay")), "{}", browser.page);
        basket
    }

    /// Begins the payment of a basket; our number of it.
    async fn begun(&self, browser: &mut Browser, basket: &str) -> String {
        let page = browser.get(&format!("{basket}/pay")).await;
        let total = between(&page.text, "name=\"total_fen\" value=\"", "\"").to_owned();
        let to = browser.post(&format!("{basket}/pay"), &[("total_fen", &total)]).await.leads();
        between(&to, "http://pay.test/", "?").to_owned()
    }

    /// Buys a tin; the path of the order's page and its copNo.
    async fn bought(&self, browser: &mut Browser, buyer: usize) -> (String, String) {
        let basket = self.entered(browser, buyer).await;
        let out_no = self.begun(browser, &basket).await;
        self.company.pay(&out_no, false);
        browser.get(&format!("{basket}/back/{out_no}")).await;
        let order = browser.get(&basket).await.leads();
        (order, self.cop_no(&out_no).await)
    }

    async fn cop_no(&self, order_no: &str) -> String {
        let view = self.view(order_no).await;
        view["declaration"]["cop_no"].as_str().unwrap().to_owned()
    }

    /// The order as the shop API would show it to the centre's own shop.
    async fn view(&self, order_no: &str) -> Value {
        let order_no = order_no.to_owned();
        let view =
            self.bench.shop.app.store.read(move |conn| crate::shop::view::view(conn, "centre", &order_no));
        serde_json::to_value(view.await.unwrap()).unwrap()
    }

    /// What the company tells of a payment, with or without its signature.
    async fn notify(&self, out_no: &str, signed: bool) -> (u16, String) {
        let mut request =
            reqwest::Client::builder().no_proxy().build().unwrap().post(format!("{}/pay/notify", self.base));
        if signed {
            request = request.header("x-signed", "1");
        }
        let answer = request.body(out_no.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The text messages that were carried, by id.
    fn messages(&self) -> BTreeMap<String, Message> {
        let folder = self.bench.dir.join("messages");
        let Ok(files) = std::fs::read_dir(folder) else { return BTreeMap::new() };
        let read = |file: std::io::Result<std::fs::DirEntry>| {
            let message: Message =
                serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
            (message.id.clone(), message)
        };
        files.map(read).collect()
    }

    /// What the messages about orders tell, in the order of their ids.
    fn news(&self) -> Vec<String> {
        let ids = self.messages().into_keys().filter(|id| !id.starts_with("code/"));
        ids.filter_map(|id| id.split_once('/').map(|(_, news)| news.to_owned())).collect()
    }
}

/// An answer.
struct Answer {
    status: u16,
    to: String,
    text: String,
}

impl Answer {
    /// Where it leads.
    fn leads(self) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        self.to
    }
}

/// A browser: cookies, and the form token of the page it shows.
struct Browser {
    base: String,
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
    page: String,
    csrf: String,
}

impl Browser {
    async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut fields: Vec<(&str, &str)> = form.to_vec();
        fields.push(("csrf", &csrf));
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let to =
            answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        if text.contains("name=\"csrf\"") {
            between(&text, "name=\"csrf\" value=\"", "\"").clone_into(&mut self.csrf);
        }
        self.page.clone_from(&text);
        Answer { status, to, text }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// A page without the addresses and the form's token, which are drawn by lot.
fn shown(page: &str) -> String {
    let mut shown = page.to_owned();
    for (before, after) in [("href=\"", "\""), ("action=\"", "\""), ("name=\"csrf\" value=\"", "\"")] {
        let mut parts = shown.split(before);
        let first = parts.next().unwrap_or_default().to_owned();
        shown = parts.fold(first, |kept, part| kept + part.split_once(after).map_or("", |(_, rest)| rest));
    }
    shown
}
