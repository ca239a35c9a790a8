//! What several tests share.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pickup_hw_mock::bench::Bench;
use pickup_hw_mock::idcard::{Card, Kind};
use pickup_hw_mock::printer::Printer;
use pickup_hw_mock::rack::Rack;
use pickup_hw_mock::world::{Device, World};
use pickup_hw_mock::{http, lines, lock, screen};
use serde_json::Value;
use tokio::net::TcpListener;

/// Longest wait for anything that should happen at once.
pub const LIMIT: Duration = Duration::from_secs(10);

/// The first moment of a device's life.
pub const START: Duration = Duration::ZERO;

/// Bytes written as hexadecimal digits, as the makers' sheets print them.
pub fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// An invented person.
pub fn card() -> Card {
    Card {
        name: "测试甲".into(),
        sex: "2".into(),
        nation: "01".into(),
        birth: "19900101".into(),
        address: "虚构省样例市测试路 1 号".into(),
        id_number: "99010119900101006X".into(),
        issuer: "样例市公安局".into(),
        valid_from: "20200101".into(),
        valid_until: "长期".into(),
        kind: Kind::Citizen,
        latin_name: String::new(),
        fingerprints: 0,
    }
}

/// A mock within the test's own process.
pub struct Mock {
    pub dir: PathBuf,
    pub base: String,
    pub screen: std::net::SocketAddr,
    pub http: reqwest::Client,
}

impl Mock {
    /// A mock with the default rack; `name` is the test's own.
    pub async fn start(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-hw-mock-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let world = World::new(Rack::default_rack().unwrap(), Printer::default());
        let bench = Bench::open(world, &dir, false).unwrap();
        for device in Device::ALL {
            tokio::spawn(lines::serve(device, bench.clone()));
        }
        tokio::spawn(lock::line::serve(bench.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = http::router(bench.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let screens = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = screens.local_addr().unwrap();
        tokio::spawn(screen::serve(screens, bench.clone()));
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        Self { dir, base, screen: address, http }
    }

    pub fn port(&self, device: &str) -> serial2_tokio::SerialPort {
        serial2_tokio::SerialPort::open(self.dir.join(device), 9600).unwrap()
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn state(&self) -> Value {
        self.get("/api/state").await.json().await.unwrap()
    }

    pub async fn send(&self, method: reqwest::Method, path: &str, body: Value) -> reqwest::Response {
        self.http.request(method, format!("{}{path}", self.base)).json(&body).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        self.send(reqwest::Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> reqwest::Response {
        self.send(reqwest::Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> reqwest::Response {
        self.send(reqwest::Method::DELETE, path, Value::Null).await
    }

    /// The kinds of all log entries so far.
    pub async fn kinds(&self) -> Vec<String> {
        let log: Value = self.get("/api/log").await.json().await.unwrap();
        log["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Looks until `look` gives something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Reads exactly so many bytes.
pub async fn read(port: &serial2_tokio::SerialPort, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut got = 0;
    while got < len {
        let part = tokio::time::timeout(LIMIT, port.read(&mut bytes[got..])).await;
        got += part.unwrap_or_else(|_| panic!("{got} of {len} bytes came")).unwrap();
    }
    bytes
}
