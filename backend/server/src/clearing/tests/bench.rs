//! A backend of its own for each test: temporary directory, HTTP on a free port, a gateway that remembers.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pickup_customs::{InventoryReturn, Receipt as Paper, Status, write_receipts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::gateway::{HttpGateway, Incoming};
use uuid::Uuid;

use super::*;
use crate::App;
use crate::config::Config;
use crate::credentials;
use crate::demo::DemoBuyer;
use crate::shop;
use crate::time::us;

/// A message as the gateway got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub id: String,
    pub kind: String,
    pub body: Vec<u8>,
}

/// The other side: takes messages, gives receipts, fails when told.
#[derive(Default)]
pub struct FakeGateway {
    sent: Mutex<Vec<Got>>,
    receipts: Mutex<Vec<Incoming>>,
    /// So many of the next messages are taken but not acknowledged.
    pub lose_answers: AtomicU32,
    /// So many of the next messages are refused as something it does not want.
    pub refuse: AtomicU32,
}

impl FakeGateway {
    pub fn sent(&self) -> Vec<Got> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn receipts_sent(&self) -> Vec<Incoming> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn give(&self, kind: &str, body: String) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = i64::try_from(receipts.len()).unwrap() + 1;
        receipts.push(Incoming { cursor, kind: kind.to_owned(), body: body.into_bytes() });
    }
}

async fn take_message(
    State(gateway): State<Arc<FakeGateway>>,
    Json(body): Json<Value>,
) -> (StatusCode, &'static str) {
    let (head, data) = (&body["message"]["messageHead"], &body["message"]["messageBody"]["data"]);
    let text = |name: &str| head[name].as_str().unwrap().to_owned();
    let got = Got {
        id: text("messageId"),
        kind: text("messageType"),
        body: STANDARD.decode(data.as_str().unwrap()).unwrap(),
    };
    gateway.sent.lock().unwrap().push(got);
    let lose =
        gateway.lose_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
    let refuse =
        gateway.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
    if refuse {
        return (StatusCode::UNPROCESSABLE_ENTITY, "not wanted");
    }
    if lose { (StatusCode::SERVICE_UNAVAILABLE, "busy") } else { (StatusCode::OK, "OK") }
}

#[derive(Deserialize)]
struct Asked {
    dxpid: String,
    after: i64,
    limit: usize,
}

async fn give_receipts(State(gateway): State<Arc<FakeGateway>>, Query(asked): Query<Asked>) -> Json<Value> {
    assert!(asked.dxpid.starts_with("DXPENT"));
    let all = gateway.receipts_sent();
    let item =
        |r: &Incoming| json!({ "cursor": r.cursor, "messageType": r.kind, "data": STANDARD.encode(&r.body) });
    let list: Vec<Value> =
        all.iter().filter(|r| r.cursor > asked.after).take(asked.limit).map(item).collect();
    Json(json!({ "receipts": list }))
}

/// A backend with its shop API, and the gateway behind it.
pub struct Bench {
    pub shop: Arc<Shop>,
    pub gateway: Arc<FakeGateway>,
    pub http: HttpGateway,
    client: reqwest::Client,
    pub base: String,
    key: String,
    clock_us: Arc<AtomicI64>,
    pub dir: PathBuf,
    _scratch: crate::scratch::Scratch,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|_, _| ()).await
    }

    /// With other settings; `change` gets the data directory, too.
    pub async fn with(change: impl FnOnce(&mut Config, &std::path::Path)) -> Self {
        let dir = std::env::temp_dir().join(format!("bp-shop-{}", Uuid::new_v4()));
        let start: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        let clock_us = Arc::new(AtomicI64::new(us(start)));
        let ticking = Arc::clone(&clock_us);
        let clock: crate::app::Clock = Arc::new(move || {
            Timestamp::from_microsecond(ticking.fetch_add(1_000, Ordering::SeqCst)).unwrap()
        });
        let scratch = crate::scratch::Scratch::by_environment().unwrap();
        let mut config =
            Config { data_dir: dir.clone(), database: scratch.database.clone(), ..Config::default() };
        change(&mut config, &dir);
        config.check().unwrap();
        let app = App::open(config, clock).unwrap();
        let shop = Shop::open(app).await.unwrap();
        let issuer = Arc::clone(&shop);
        let key = shop
            .app
            .store
            .write(move |tx| {
                credentials::issue_shop_key(tx, &issuer.app.secrets, start, "demo")
                    .map_err(StoreError::from_test)
            })
            .await
            .unwrap();
        let gateway = Arc::new(FakeGateway::default());
        let outside = Router::new()
            .route("/cebcmsg", post(take_message))
            .route("/receipts", get(give_receipts))
            .with_state(Arc::clone(&gateway));
        let mailbox = shop.data.operator.gateway.clone();
        let http =
            HttpGateway::new(&serve(outside).await, &mailbox.dxp_id, &mailbox.receiver_id, 5_000).unwrap();
        let base = serve(shop::router(Arc::clone(&shop))).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { shop, gateway, http, client, base, key, clock_us, dir, _scratch: scratch }
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn post_without_key(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.get_text(path).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get_text(&self, path: &str) -> (u16, String) {
        let answer =
            self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn buyer(&self, n: usize) -> DemoBuyer {
        self.shop.data.buyers[n].clone()
    }

    /// A correct order at the prices and taxes of a quote.
    pub async fn order(&self, order_no: &str, buyer: usize, lines: &[(&str, i64)]) -> Value {
        let lines: Vec<Value> = lines.iter().map(|(sku, qty)| json!({ "sku": sku, "qty": qty })).collect();
        let (status, quote) = self.post("/shop/v1/quotes", &json!({ "centre": 1, "lines": lines })).await;
        assert_eq!(status, 200, "{quote}");
        let buyer = self.buyer(buyer);
        json!({
            "order_no": order_no,
            "centre": 1,
            "buyer": {
                "reg_no": buyer.reg_no, "name": buyer.name, "id_number": buyer.id_number,
                "telephone": buyer.telephone,
            },
            "lines": quote["lines"],
            "goods_fen": quote["goods_fen"],
            "freight_fen": 0,
            "discount_fen": 0,
            "tax_fen": quote["tax_fen"],
            "total_fen": quote["total_fen"],
            "currency": "CNY",
            "notices_agreed": true,
        })
    }

    /// Pays an order, changed by `change`.
    pub async fn pay(&self, order: &Value, change: impl FnOnce(&mut Value)) -> (u16, Value) {
        let order_no = order["order_no"].as_str().unwrap();
        let mut payment = json!({
            "transaction_id": format!("PAY-{order_no}"),
            "pay_code": self.shop.data.operator.payment.code,
            "order_no": order_no,
            "amount_fen": order["total_fen"],
            "currency": "CNY",
            "payer": { "name": order["buyer"]["name"], "id_number": order["buyer"]["id_number"] },
            "paid_at": "2026-11-21T02:00:00Z",
        });
        change(&mut payment);
        self.post(&format!("/shop/v1/orders/{order_no}/payment"), &payment).await
    }

    /// Pays an order that was placed before, by its buyer.
    pub async fn pay_no(&self, order_no: &str, buyer: usize) -> (u16, Value) {
        let (buyer, view) = (self.buyer(buyer), self.view(order_no).await);
        let tax = &view["verdict"]["tax"];
        let total = tax["dutiable"].as_i64().unwrap() + tax["total"].as_i64().unwrap();
        let order = json!({
            "order_no": order_no,
            "total_fen": total,
            "buyer": { "name": buyer.name, "id_number": buyer.id_number },
        });
        self.pay(&order, |_| ()).await
    }

    /// An order of one tin, cleared; gives its copNo.
    pub async fn cleared(&self, order_no: &str, buyer: usize) -> String {
        let order = self.order(order_no, buyer, &[("MLK-001", 1)]).await;
        assert_eq!(self.post("/shop/v1/orders", &order).await.0, 201);
        let (status, paid) = self.pay(&order, |_| ()).await;
        assert_eq!(status, 201, "{paid}");
        paid["cop_no"].as_str().unwrap().to_owned()
    }

    pub async fn send(&self) {
        applications::papers::all_due(&self.shop).await.unwrap();
        outbox::send_due(&self.shop, &self.http).await.unwrap();
    }

    pub fn pass(&self, seconds: i64) {
        self.clock_us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub async fn receive(&self, cop_no: &str, status: i32, info: &str) {
        let second = i64::try_from(self.gateway.receipts_sent().len()).unwrap();
        self.receive_at(cop_no, status, info, second).await;
    }

    /// A 622 receipt whose own time is `second` after a fixed moment.
    pub async fn receive_at(&self, cop_no: &str, status: i32, info: &str, second: i64) {
        let at = Timestamp::from_second(1_795_300_000 + second).unwrap();
        let paper = Paper::Inventory(InventoryReturn {
            guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".to_owned(),
            customs_code: Some("9901".to_owned()),
            ebp_code: None,
            ebc_code: None,
            agent_code: None,
            cop_no: cop_no.to_owned(),
            pre_no: Some("B20261121000000001".to_owned()),
            invt_no: (status >= 100).then(|| "99012026I000000001".to_owned()),
            return_status: Status::from_code(status),
            return_time: at.into(),
            return_info: if info.is_empty() { "测试回执".to_owned() } else { info.to_owned() },
        });
        self.gateway
            .give("CEB622Message", write_receipts("00000000-0000-4000-8000-000000000001", &[paper]).unwrap());
        receipts::take(&self.shop, &self.http).await.unwrap();
    }

    pub async fn view(&self, order_no: &str) -> Value {
        let (status, view) = self.get(&format!("/shop/v1/orders/{order_no}")).await;
        assert_eq!(status, 200, "{view}");
        view
    }

    /// Left, held and gone out, in pieces.
    pub async fn stock(&self, sku: &str) -> (i64, i64, i64) {
        let key = accounts::stock_key(&self.shop.data.operator.centre, self.shop.product(sku).unwrap());
        let account =
            self.shop.app.store.read(move |conn| accounts::find(conn, &key)).await.unwrap().unwrap();
        let scale = pickup_domain::Quantity::SCALE;
        (account.available() / scale, account.held() / scale, account.used() / scale)
    }

    /// Every account with what is held and used of it, the buyers' digests left out.
    pub async fn accounts(&self) -> Vec<(String, i64, i64)> {
        self.select("SELECT kind || lim, held, used FROM account WHERE held + used > 0
             UNION ALL SELECT 'buyer' || lim, held, used FROM buyer_year WHERE held + used > 0 ORDER BY 1, 2, 3")
            .await
    }

    pub async fn held_in_all(&self) -> i64 {
        let all = self.accounts().await;
        all.into_iter().map(|(_, held, used)| held + used).sum()
    }

    /// Rows of every table that an order can touch.
    pub async fn rows(&self) -> Vec<(String, i64, i64)> {
        let tables = ["orders", "dossier", "hold", "declaration", "message", "receipt", "parcel", "trail"];
        let sql: Vec<String> = tables.iter().map(|t| format!("SELECT '{t}', COUNT(*), 0 FROM {t}")).collect();
        self.select(&sql.join(" UNION ALL ")).await
    }

    async fn select(&self, sql: &str) -> Vec<(String, i64, i64)> {
        let sql = sql.to_owned();
        let read = self.shop.app.store.read(move |conn| {
            let mut statement = conn.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        });
        read.await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        let write = self.shop.app.store.write(move |tx| Ok::<_, StoreError>(tx.execute(sql, [])?));
        assert!(write.await.unwrap() > 0, "{sql}");
    }

    pub async fn trail_states(&self, kind: &str) -> Vec<String> {
        let rows =
            self.select(&format!("SELECT state, seq, 0 FROM trail WHERE kind = '{kind}' ORDER BY seq")).await;
        rows.into_iter().map(|row| row.0).collect()
    }

    pub async fn problems(&self) -> Vec<trail::Problem> {
        self.shop.app.store.read(trail::verify).await.unwrap().problems
    }
}

impl StoreError {
    fn from_test(error: credentials::CredentialError) -> Self {
        Self::unreadable("a test's API key", error)
    }
}
