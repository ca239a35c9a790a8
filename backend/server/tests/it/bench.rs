//! A backend with a settable clock, its kiosk listener on a real socket, and kiosks with real certificates.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use pickup_domain::IdNumber;
use pickup_domain::centre::{Centre, Names};
use pickup_domain::parcel::Size;
use pickup_protocol::kiosk::{ApiError, EnrolReply, EnrolRequest};
use pickup_protocol::{IdentityDigest, PickupNumber};
use pickup_server::app::Clock;
use pickup_server::config::Config;
use pickup_server::credentials;
use pickup_server::db::Conn;
use pickup_server::parcels;
use pickup_server::scratch::Scratch;
use pickup_server::store::StoreError;
use pickup_server::time::us;
use pickup_server::trail::{self, Change, Kind};
use pickup_server::{App, kiosk_api, tls};
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client, Identity};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

/// Seconds the clock is ahead of the system's.
type Ahead = Arc<AtomicI64>;

pub struct Bench {
    pub app: Arc<App>,
    pub base: String,
    ahead: Ahead,
    dir: PathBuf,
    _stop: watch::Sender<bool>,
    _scratch: Scratch,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Bench {
    pub async fn start() -> Self {
        Self::start_with(|config| config.badges_without_pin = true).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-server-{}", Uuid::new_v4()));
        let ahead = Ahead::default();
        let read = Arc::clone(&ahead);
        let clock: Clock =
            Arc::new(move || Timestamp::now() + SignedDuration::from_secs(read.load(Ordering::SeqCst)));
        let scratch = Scratch::by_environment().unwrap();
        let database = scratch.database.clone();
        let mut config = Config { data_dir: dir.clone(), database, ..Config::default() };
        change(&mut config);
        let app = App::open(config, clock).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}/kiosk/v1", tcp.local_addr().unwrap().port());
        let (stop, told) = watch::channel(false);
        let acceptor = tls::acceptor(&app.ca, &[], app.now()).unwrap();
        tokio::spawn(tls::serve(tcp, acceptor, kiosk_api::router(Arc::clone(&app)), told));
        let bench = Self { app, base, ahead, dir, _stop: stop, _scratch: scratch };
        bench.write(|tx| centre(tx, 1)).await;
        bench.write(|tx| centre(tx, 2)).await;
        bench
    }

    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Conn) -> T + Send + 'static) -> T {
        self.app.store.write(|tx| Ok::<_, StoreError>(work(tx))).await.unwrap()
    }

    pub async fn texts(&self, sql: String) -> Vec<String> {
        self.write(move |tx| {
            let mut statement = tx.prepare(&sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        })
        .await
    }

    pub async fn execute(&self, sql: &'static str) {
        self.write(|tx| tx.execute_batch(sql).unwrap()).await;
    }

    pub async fn text(&self, sql: &'static str) -> String {
        self.write(|tx| tx.query_row(sql, [], |row| row.get(0)).unwrap()).await
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        self.write(|tx| tx.query_row(sql, [], |row| row.get(0)).unwrap()).await
    }

    /// Lets time pass.
    pub fn wait_s(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn client(&self) -> reqwest::ClientBuilder {
        let ca = Certificate::from_pem(self.app.ca.pem().as_bytes()).unwrap();
        Client::builder().no_proxy().tls_certs_only([ca])
    }

    pub async fn code(&self, name: &'static str, centre: Option<u16>) -> String {
        let (app, now) = (Arc::clone(&self.app), self.app.now());
        self.write(move |tx| {
            credentials::issue_code(tx, &app.secrets, &app.ca.digest(), now, name, centre).unwrap()
        })
        .await
    }

    /// A kiosk that has just enrolled.
    pub async fn kiosk(&self, name: &'static str, centre: u16) -> Caller {
        let key = KeyPair::generate().unwrap();
        let request =
            EnrolRequest { secret: secret_of(&self.code(name, Some(centre)).await), csr_pem: csr(&key) };
        let nobody = self.nobody();
        let reply: EnrolReply = nobody.post("enrol", &request).await.unwrap();
        self.with_certificate(&key, &reply.certificate_pem)
    }

    pub fn with_certificate(&self, key: &KeyPair, certificate_pem: &str) -> Caller {
        let pem = format!("{}{certificate_pem}", key.serialize_pem());
        let identity = Identity::from_pem(pem.as_bytes()).unwrap();
        Caller { client: self.client().identity(identity).build().unwrap(), base: self.base.clone() }
    }

    /// Somebody without a certificate.
    pub fn nobody(&self) -> Caller {
        Caller { client: self.client().build().unwrap(), base: self.base.clone() }
    }

    pub async fn badge(&self, name: &'static str, centre: u16) -> String {
        let (app, now) = (Arc::clone(&self.app), self.app.now());
        self.write(move |tx| credentials::issue_badge(tx, &app.secrets, now, name, centre).unwrap()).await
    }

    /// An order that customs has released, its parcel ready to be deposited.
    pub async fn ready(&self, waybill: &'static str, size: Size) -> ReadyParcel {
        let (app, now) = (Arc::clone(&self.app), self.app.now());
        self.write(move |tx| {
            let order = released_order(tx, waybill, size, now);
            parcels::make_ready(tx, &app.secrets, now, "customs", &[order], 3600).unwrap();
            let parcel = parcels::by_order(tx, order).unwrap().unwrap();
            ReadyParcel { pickup: parcel.pickup, ticket: parcel.ticket.unwrap() }
        })
        .await
    }

    /// Whether chain and tables agree.
    pub async fn problems(&self) -> Vec<trail::Problem> {
        self.app.store.read(trail::verify).await.unwrap().problems
    }
}

/// A parcel that customs has released.
#[derive(Clone, Debug)]
pub struct ReadyParcel {
    pub pickup: PickupNumber,
    pub ticket: String,
}

pub struct Caller {
    client: Client,
    base: String,
}

impl Caller {
    pub async fn get<R: DeserializeOwned>(&self, path: &str) -> Result<R, (u16, String)> {
        read(self.client.get(format!("{}/{path}", self.base)).send().await.unwrap()).await
    }

    pub async fn post<R: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<R, (u16, String)> {
        self.post_text(path, serde_json::to_string(body).unwrap()).await
    }

    pub async fn post_text<R: DeserializeOwned>(&self, path: &str, body: String) -> Result<R, (u16, String)> {
        read(self.client.post(format!("{}/{path}", self.base)).body(body).send().await.unwrap()).await
    }

    /// Whether the connection itself is refused.
    pub async fn is_cut_off(&self) -> bool {
        self.client.get(format!("{}/hello", self.base)).send().await.is_err()
    }
}

async fn read<R: DeserializeOwned>(answer: reqwest::Response) -> Result<R, (u16, String)> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.json().await.unwrap());
    }
    let error: ApiError = answer.json().await.unwrap();
    assert!(error.message_zh.ends_with('。') || !error.message_zh.is_empty());
    Err((status.as_u16(), error.code))
}

pub fn csr(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

pub fn secret_of(code: &str) -> String {
    code.replace('-', "").chars().take(16).collect()
}

pub fn person(first_17: &str) -> IdNumber {
    let check = pickup_domain::id_number::check_character(first_17).unwrap();
    format!("{first_17}{check}").parse().unwrap()
}

pub fn buyer() -> IdNumber {
    person("99010119900101001")
}

pub fn card(identity: &IdentityDigest, number: &IdNumber) -> IdentityDigest {
    let mut salt = [0; 16];
    for (at, byte) in salt.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&identity.salt[2 * at..2 * at + 2], 16).unwrap();
    }
    IdentityDigest::new(salt, number)
}

/// What was declared of an order of two tins.
fn facts(order_no: &str) -> String {
    json!({
        "order_no": order_no, "centre": 1, "centre_name": { "zh": "示例中心", "en": "Example Centre" },
        "address": "示例路1号", "customs_code": "9901", "district": "990101", "traf_mode": "Y",
        "ems_no": "T9901W000001", "declarant": "示例申报企业", "limit_year": 2026, "transaction_id": "P1",
        "gross_kg": 200_000, "net_kg": 180_000, "goods_fen": 20_000, "freight_fen": 0, "discount_fen": 0,
        "tax_fen": 1_820, "total_fen": 21_820, "dutiable_fen": 20_000, "regime": "within_limits",
        "lines": [{
            "gnum": 1, "sku": "MLK-001", "record_no": "LH1", "hs": "1901101000",
            "name": { "zh": "云港奶粉", "en": "Cloud Harbour milk powder" }, "spec": "800g", "barcode": "",
            "origin": "609", "qty": 2, "unit": "122", "unit_name": { "zh": "罐", "en": "tin" }, "qty1": 180_000,
            "unit1": "035", "qty2": null, "unit2": null, "price_fen": 10_000, "total_fen": 20_000,
        }],
        "drafted_at": "2026-11-21T02:00:00Z",
    })
    .to_string()
}

fn centre(tx: &Conn, number: u16) {
    let names = || Names { zh: "示例中心".into(), en: "Example Centre".into() };
    let centre = Centre {
        number,
        name: names(),
        address: names(),
        help_phone: "19900000000".into(),
        customs_code: "9901".into(),
        district: "990101".into(),
        traf_mode: "Y".into(),
        inside_special_area: true,
        pilot: None,
        ems_no: "T9901W000001".into(),
        keep_days: 3,
        offline_for_s: None,
        put_off_days: None,
        at: None,
    };
    let body = serde_json::to_string(&centre).unwrap();
    tx.execute("INSERT INTO centre (number, body) VALUES (?1, ?2)", (number, body)).unwrap();
}

/// Order, declaration, account, hold and parcel as clearing leaves them after a release.
fn released_order(tx: &Conn, waybill: &str, size: Size, now: Timestamp) -> i64 {
    let mut id = 0;
    tx.move_on(|cell| {
        cell.serial += 1;
        id = cell.serial;
    })
    .unwrap();
    tx.execute(
        "INSERT INTO orders (cell, id, merchant, order_no, buyer_key, centre, total_fen, state, placed_us)
         VALUES ({cell}, ?1, 'demo', ?2, 'b', 1, 21820, 'cleared', ?3)",
        (id, waybill, us(now)),
    )
    .unwrap();
    tx.execute(
        "INSERT INTO declaration (cell, order_id, cop_no, waybill, invt_no, state, tax_fen, released_us, drafted_us)
         VALUES ({cell}, ?1, ?2, ?2, '990120261210000001', 'released', 1820, ?3, ?3)",
        (id, waybill, us(now)),
    )
    .unwrap();
    tx.execute(
        "INSERT INTO buyer_year (key, lim) VALUES ('b/2026', 2600000) ON CONFLICT (key) DO NOTHING",
        [],
    )
    .unwrap();
    tx.execute("UPDATE buyer_year SET used = used + 21820 WHERE key = 'b/2026'", []).unwrap();
    tx.execute(
        "INSERT INTO hold (cell, order_id, state, legs, expires_us) VALUES ({cell}, ?1, 'posted', ?2, 0)",
        (id, "[[\"buyer\",\"b/2026\",21820]]"),
    )
    .unwrap();
    let identity = IdentityDigest::new([7; 16], &buyer());
    tx.execute(
        "INSERT INTO dossier (cell, order_id, digest, body, verdict, facts) VALUES ({cell}, ?1, '', ?2, '', ?3)",
        (id, Vec::<u8>::new(), facts(waybill)),
    )
    .unwrap();
    tx.execute(
        "INSERT INTO parcel (cell, pickup, waybill, centre, size, state, identity_salt, identity_digest,
            buyer_masked)
         VALUES ({cell}, ?1, ?2, 1, ?3, 'picking', ?4, ?5, '张**')",
        (id, waybill, size.as_str(), identity.salt, identity.digest),
    )
    .unwrap();
    let entity = id.to_string();
    for (kind, entity, state) in
        [(Kind::Order, entity.as_str(), "cleared"), (Kind::Declaration, waybill, "released")]
    {
        let change = Change { actor: "system", kind, entity, state, body: json!({}) };
        trail::append(tx, now, &change).unwrap();
    }
    id
}
