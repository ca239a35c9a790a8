//! Both protocols against doubles on real sockets that fail in every way the real ones can.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use pickup_customs::{Signer as _, SoftwareKey};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::config::{self, SignerConfig};
use super::*;

const DECLARANT: &str = "9901960D05";
const SECRET: &str = "pass-1234";

/// How a double behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Mood {
    Good,
    Refuses,
    Waits,
    Garbage,
    NoSignature,
    Drops,
    OtherCard,
}

const MOODS: [Mood; 7] =
    [Mood::Good, Mood::Refuses, Mood::Waits, Mood::Garbage, Mood::NoSignature, Mood::Drops, Mood::OtherCard];

/// What stands behind either protocol.
struct Double {
    key: SoftwareKey,
    other: SoftwareKey,
    mood: AtomicU8,
    asked: AtomicU32,
}

impl Double {
    fn new() -> Arc<Self> {
        let key = |seed| {
            let until = Timestamp::from_second(2_082_758_399).unwrap();
            SoftwareKey::from_seed(&[seed; 32], "示例报关企业", Timestamp::UNIX_EPOCH, until).unwrap()
        };
        Arc::new(Self { key: key(1), other: key(2), mood: AtomicU8::new(0), asked: AtomicU32::new(0) })
    }

    fn be(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }

    fn mood(&self) -> Mood {
        MOODS[usize::from(self.mood.load(Ordering::SeqCst))]
    }

    fn sign(&self, data: &[u8]) -> String {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.mood() {
            Mood::NoSignature => STANDARD.encode(b"short"),
            Mood::OtherCard => STANDARD.encode(self.other.sign(data).unwrap()),
            _ => STANDARD.encode(self.key.sign(data).unwrap()),
        }
    }
}

struct Bench {
    double: Arc<Double>,
    config: SignerConfig,
    file: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Bench {
    fn new(double: Arc<Double>, kind: &str, url: &str) -> Self {
        let file = std::env::temp_dir().join(format!("bp-signer-{}", Uuid::new_v4()));
        crate::secrets::write_private(&file, &format!("{SECRET}\n")).unwrap();
        let text = format!(
            "name = 's'\nkind = '{kind}'\nurl = '{url}'\nregistration = '{DECLARANT}'\ntimeout_ms = 300\n\
             password_file = '{}'\n",
            file.display()
        );
        Self { double, config: toml::from_str(&text).unwrap(), file }
    }

    async fn http() -> Self {
        let double = Double::new();
        let router = Router::new()
            .route("/certificate", get(http_certificate))
            .route("/sign", post(http_sign))
            .with_state(Arc::clone(&double));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self::new(double, "http", &url)
    }

    async fn card() -> Self {
        let double = Double::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&double);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(card_connection(stream, Arc::clone(&shared)));
            }
        });
        Self::new(double, "card", &url)
    }

    async fn open(&self) -> Arc<dyn Signing> {
        open(&self.config, DECLARANT).await.unwrap()
    }
}

async fn http_certificate(State(double): State<Arc<Double>>) -> axum::Json<Value> {
    axum::Json(json!({ "certificate": double.key.certificate().to_pem(), "registration": DECLARANT }))
}

async fn http_sign(
    State(double): State<Arc<Double>>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> (StatusCode, String) {
    if headers.get("authorization").and_then(|v| v.to_str().ok()) != Some(&format!("Bearer {SECRET}")) {
        double.asked.fetch_add(1, Ordering::SeqCst);
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    assert_eq!(body["algorithm"], "sm2-sm3");
    let data = STANDARD.decode(body["data"].as_str().unwrap()).unwrap();
    match double.mood() {
        Mood::Refuses => (StatusCode::CONFLICT, r#"{"code":"NO_CARD","message":"卡未插入"}"#.to_owned()),
        Mood::Waits => std::future::pending().await,
        Mood::Garbage => (StatusCode::OK, "<html>".to_owned()),
        // Ends the connection without the time that a report of a panic takes.
        Mood::Drops => std::panic::resume_unwind(Box::new("the connection ends here")),
        _ => (StatusCode::OK, json!({ "signature": double.sign(&data) }).to_string()),
    }
}

async fn card_connection(stream: TcpStream, double: Arc<Double>) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    socket.send(Message::text(r#"{"_method":"open","_status":"00","_args":{}}"#)).await.unwrap();
    let Some(Ok(Message::Text(text))) = socket.next().await else { return };
    let request: Value = serde_json::from_str(&text).unwrap();
    let (method, args) = (request["_method"].as_str().unwrap(), &request["args"]);
    let answer = |result: bool, data: &str, error: &str| {
        let args = json!({ "Result": result, "Data": [data], "Error": [error] });
        json!({ "_method": method, "_id": request["_id"], "_status": "00", "_args": args }).to_string()
    };
    let text = match (method, double.mood()) {
        ("cus-sec_SpcGetSignCertAsPEM", _) => answer(true, &double.key.certificate().to_pem(), ""),
        _ if args["passwd"] != SECRET => {
            double.asked.fetch_add(1, Ordering::SeqCst);
            answer(false, "", "密码错误，还可以重试5次")
        }
        (_, Mood::Refuses) => answer(false, "", "[读卡器]未找到卡"),
        (_, Mood::Waits) => std::future::pending().await,
        (_, Mood::Garbage) => "not json".to_owned(),
        (_, Mood::Drops) => return,
        _ => answer(true, &double.sign(args["inData"].as_str().unwrap().as_bytes()), ""),
    };
    socket.send(Message::text(text)).await.unwrap();
    let _ = socket.next().await;
}

#[tokio::test]
async fn a_service_and_a_card_sign_by_the_key_of_their_certificate() {
    for bench in [Bench::http().await, Bench::card().await] {
        let signer = bench.open().await;
        let signature = signer.sign("<ds:SignedInfo>单证</ds:SignedInfo>".as_bytes()).await.unwrap();
        let text = "<ds:SignedInfo>单证</ds:SignedInfo>".as_bytes();
        assert!(bench.double.key.certificate().verifies(text, &signature));
        assert_eq!((signature.len(), signer.registration()), (64, DECLARANT));
    }
}

#[tokio::test]
async fn every_failure_has_its_name_and_the_signer_is_left_alone_after_it() {
    for bench in [Bench::http().await, Bench::card().await] {
        for mood in MOODS.into_iter().filter(|mood| *mood != Mood::Good) {
            let signer = bench.open().await;
            bench.double.be(mood);
            let error = signer.sign(b"x").await.unwrap_err();
            let right = match mood {
                Mood::Refuses => matches!(&error, SigningError::Refused { why, .. } if why.contains('卡')),
                Mood::Waits => matches!(error, SigningError::TimedOut(_)),
                Mood::Garbage | Mood::NoSignature => matches!(error, SigningError::Garbage { .. }),
                Mood::Drops => matches!(error, SigningError::Unreachable { .. }),
                Mood::OtherCard => matches!(error, SigningError::OtherKey { .. }),
                Mood::Good => false,
            };
            assert!(right, "{mood:?}: {error}");
            let asked = bench.double.asked.load(Ordering::SeqCst);
            bench.double.be(Mood::Good);
            let again = signer.sign(b"x").await.unwrap_err();
            assert!(matches!(again, SigningError::BackingOff { .. }), "{mood:?}: {again}");
            assert_eq!(bench.double.asked.load(Ordering::SeqCst), asked);
        }
    }
}

#[tokio::test]
async fn after_its_pause_a_signer_that_is_well_again_signs() {
    let bench = Bench::card().await;
    let signer = bench.open().await;
    bench.double.be(Mood::Drops);
    assert!(signer.sign(b"x").await.is_err());
    bench.double.be(Mood::Good);
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while let Err(error) = signer.sign(b"x").await {
        assert!(std::time::Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_since_cards_lock_themselves() {
    for bench in [Bench::http().await, Bench::card().await] {
        std::fs::write(&bench.file, "wrong").unwrap();
        let signer = bench.open().await;
        for _ in 0..3 {
            assert_eq!(signer.sign(b"x").await, Err(SigningError::Password("s".to_owned())));
        }
        assert_eq!(bench.double.asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_signer_of_another_enterprise_is_refused_at_the_start() {
    let mut bench = Bench::card().await;
    bench.config.registration = "9901960D99".to_owned();
    let error = open(&bench.config, DECLARANT).await.unwrap_err().to_string();
    assert!(error.contains("9901960D99") && error.contains(DECLARANT), "{error}");
}

#[tokio::test]
async fn a_password_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::card().await;
    std::fs::set_permissions(&bench.file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = open(&bench.config, DECLARANT).await.unwrap_err().to_string();
    assert!(error.contains("chmod 600") && !error.contains(SECRET), "{error}");
}

#[tokio::test]
async fn no_more_wait_for_a_signer_than_may() {
    let mut bench = Bench::card().await;
    bench.config.queue = 2;
    let signer = bench.open().await;
    bench.double.be(Mood::Waits);
    let (a, b, c) = tokio::join!(signer.sign(b"1"), signer.sign(b"2"), signer.sign(b"3"));
    assert!(matches!(a, Err(SigningError::TimedOut(_))), "{a:?}");
    assert!(matches!(b, Err(SigningError::BackingOff { .. })), "it waited, then the card had failed: {b:?}");
    assert!(matches!(c, Err(SigningError::QueueFull { waiting: 2, .. })), "{c:?}");
}

#[tokio::test]
async fn orders_wait_while_their_signer_is_away_and_go_out_when_it_is_back() {
    use crate::clearing::outbox;
    use crate::clearing::tests::bench::Bench as Shop;
    let signer = Bench::card().await;
    let config = SignerConfig { timeout_ms: 2_000, ..signer.config.clone() };
    let shop = Shop::with(|settings, dir| {
        let text = "code = '9901'\ngateway = 'spool'\nsigner = 's'\n";
        let mut port: crate::gateway::config::PortConfig = toml::from_str(text).unwrap();
        port.dir = dir.join("spool");
        settings.ports = vec![port];
        settings.signers = vec![config];
    })
    .await;
    let ports = crate::gateway::Ports::open(Arc::clone(&shop.shop)).unwrap();
    shop.cleared("A-1", 0).await;
    signer.double.be(Mood::Drops);
    assert_eq!(outbox::send_due(&shop.shop, &ports).await.unwrap(), 0);
    assert_eq!(shop.view("A-1").await["state"], "cleared", "not given up");
    signer.double.be(Mood::Good);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while outbox::send_due(&shop.shop, &ports).await.unwrap() == 0 {
        assert!(std::time::Instant::now() < deadline, "the signer is back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sent = std::fs::read_dir(shop.dir.join("spool/send")).unwrap().count();
    assert_eq!((sent, signer.double.asked.load(Ordering::SeqCst)), (3, 3));
}

#[test]
fn the_password_is_in_no_text_of_the_settings() {
    let text =
        "name = 's'\nkind = 'card'\nurl = 'ws://127.0.0.1:61232'\nregistration = 'x'\npassword_file = '/x'\n";
    let config: SignerConfig = toml::from_str(text).unwrap();
    assert!(config::check(&[config]).is_ok(), "a file is named, never the password itself");
    assert!(toml::from_str::<SignerConfig>(&format!("{text}password = 'y'\n")).is_err());
}
