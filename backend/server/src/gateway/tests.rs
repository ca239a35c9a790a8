//! Ports by every way, with files and sockets that are really there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pickup_customs::{DxpMsg, InventoryReturn, Receipt as Paper, Status, write_receipts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::Payload;
use super::*;
use crate::clearing::receipts;
use crate::clearing::tests::bench::{Bench, serve};

fn port(code: &str, gateway: Way) -> PortConfig {
    let word = match gateway {
        Way::Http => "http",
        Way::HttpPoll => "http-poll",
        Way::Spool => "spool",
    };
    toml::from_str(&format!("code = '{code}'\ngateway = '{word}'\nsettle_s = 10\n")).unwrap()
}

/// A bench whose centre (office 9901) declares through folders.
async fn spooled(payload: Payload) -> (Bench, Ports, PathBuf) {
    let bench = Bench::with(|config, dir| {
        let spool = PortConfig { dir: dir.join("spool"), payload, ..port("9901", Way::Spool) };
        config.ports = vec![spool];
    })
    .await;
    let ports = Ports::open(Arc::clone(&bench.shop)).unwrap();
    let dir = bench.dir.join("spool");
    (bench, ports, dir)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A 622 message that says `status` of `cop_no`.
fn receipt(cop_no: &str, status: i32) -> String {
    let at = Timestamp::from_second(1_795_300_000 + i64::from(status)).unwrap();
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
        return_info: "测试回执".to_owned(),
    });
    write_receipts("00000000-0000-4000-8000-000000000001", &[paper]).unwrap()
}

async fn send(bench: &Bench, ports: &Ports) {
    crate::clearing::outbox::send_due(&bench.shop, ports).await.unwrap();
}

async fn state(bench: &Bench, order_no: &str) -> String {
    bench.view(order_no).await["declaration"]["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_order_is_declared_and_released_through_folders() {
    let (bench, ports, dir) = spooled(Payload::Bare).await;
    let cop_no = bench.cleared("A-1", 0).await;
    send(&bench, &ports).await;
    let sent = names(&dir.join("send"));
    assert_eq!(sent.len(), 3, "{sent:?}");
    let list = sent.iter().find(|name| name.starts_with("CEB621Message_")).unwrap();
    let text = fs::read(dir.join("send").join(list)).unwrap();
    assert!(pickup_customs::dsig::verify_any(&text).is_ok());
    assert_eq!(state(&bench, "A-1").await, "sent");

    fs::write(dir.join("receive/r1.xml"), receipt(&cop_no, 120)).unwrap();
    fs::write(dir.join("receive/r2.xml"), receipt(&cop_no, 800)).unwrap();
    assert_eq!(ports.fill().await, 2);
    assert_eq!(receipts::take(&bench.shop, &ports).await.unwrap(), 2);
    assert_eq!(state(&bench, "A-1").await, "released");
    assert_eq!((names(&dir.join("receive")).len(), names(&dir.join("taken")).len()), (0, 2));
    assert_eq!(ports.fill().await, 0, "each once");
}

#[tokio::test]
async fn a_half_written_receipt_is_left_until_it_is_whole() {
    let (bench, ports, dir) = spooled(Payload::Bare).await;
    let cop_no = bench.cleared("A-1", 0).await;
    send(&bench, &ports).await;
    let whole = receipt(&cop_no, 800);
    let path = dir.join("receive/r.xml");
    let middle = whole.char_indices().nth(whole.chars().count() / 2).unwrap().0;
    fs::write(&path, &whole[..middle]).unwrap();
    fs::write(dir.join("receive/.r2.xml"), &whole).unwrap();
    fs::write(dir.join("receive/r3.xml.tmp"), &whole).unwrap();
    assert_eq!(ports.fill().await, 0);
    bench.pass(5);
    assert_eq!(ports.fill().await, 0, "not yet settled");
    fs::write(&path, &whole).unwrap();
    assert_eq!(ports.fill().await, 1);
    receipts::take(&bench.shop, &ports).await.unwrap();
    assert_eq!(state(&bench, "A-1").await, "released");
    assert_eq!(names(&dir.join("receive")), [".r2.xml", "r3.xml.tmp"]);
}

#[tokio::test]
async fn a_file_that_never_becomes_a_receipt_is_kept_for_a_person_and_holds_up_nothing() {
    let (bench, ports, dir) = spooled(Payload::Bare).await;
    fs::write(dir.join("receive/a.xml"), "not xml").unwrap();
    assert_eq!(ports.fill().await, 0);
    bench.pass(11);
    assert_eq!(ports.fill().await, 1);
    assert_eq!(receipts::take(&bench.shop, &ports).await.unwrap(), 1);
    assert_eq!(names(&dir.join("taken")).len(), 1);
}

#[tokio::test]
async fn numbers_of_receipts_go_on_after_a_restart_and_a_crash_gives_nothing_twice() {
    let (bench, ports, dir) = spooled(Payload::Bare).await;
    let cop_no = bench.cleared("A-1", 0).await;
    send(&bench, &ports).await;
    fs::write(dir.join("receive/r1.xml"), receipt(&cop_no, 2)).unwrap();
    ports.fill().await;
    // A crash after it was kept, before it was moved away.
    let taken = dir.join("taken").join(names(&dir.join("taken")).remove(0));
    fs::rename(taken, dir.join("receive/r1.xml")).unwrap();
    let ports = Ports::open(Arc::clone(&bench.shop)).unwrap();
    assert_eq!(ports.fill().await, 0, "it is known");
    assert_eq!(names(&dir.join("receive")), Vec::<String>::new(), "and moved away now");
    // Another text under a name that was used before.
    fs::write(dir.join("receive/r1.xml"), receipt(&cop_no, 120)).unwrap();
    ports.fill().await;
    let all = ports.receipts(0, 10).await.unwrap();
    assert_eq!(all.iter().map(|one| one.cursor).collect::<Vec<_>>(), [1, 2]);
    receipts::take(&bench.shop, &ports).await.unwrap();
    assert_eq!(state(&bench, "A-1").await, "accepted");
}

#[tokio::test]
async fn what_the_client_could_not_send_is_a_persons_task_once() {
    let (bench, ports, dir) = spooled(Payload::Bare).await;
    fs::write(dir.join("error/CEB621Message_X.xml"), "x").unwrap();
    ports.fill().await;
    ports.fill().await;
    let open = bench.shop.app.store.read(|conn| crate::tasks::list(conn, false)).await.unwrap();
    let told: Vec<(&str, &str)> = open.iter().map(|t| (t.kind.as_str(), t.entity.as_str())).collect();
    assert_eq!(told, [("not_sent", "9901/CEB621Message_X.xml")]);
}

#[tokio::test]
async fn with_envelopes_the_message_travels_inside_and_receipts_come_out_of_theirs() {
    let (bench, ports, dir) = spooled(Payload::Dxp).await;
    let cop_no = bench.cleared("A-1", 0).await;
    send(&bench, &ports).await;
    let name = names(&dir.join("send")).into_iter().find(|name| name.starts_with("CEB621")).unwrap();
    let envelope = DxpMsg::read(&fs::read(dir.join("send").join(name)).unwrap()).unwrap();
    assert_eq!(envelope.info.msg_type, "CEB621Message");
    assert_eq!(envelope.info.sender_id, bench.shop.data.operator.gateway.dxp_id);
    assert!(pickup_customs::dsig::verify_any(&envelope.data).is_ok(), "as it was signed");
    let at = bench.shop.app.now();
    let back = DxpMsg::new("1", "PORT", "US", at, "CEB622Message", receipt(&cop_no, 800).into_bytes());
    fs::write(dir.join("receive/r.xml"), back.to_xml().unwrap()).unwrap();
    // An envelope is no receipt by itself, but what is in it is.
    assert_eq!(ports.fill().await, 1);
    receipts::take(&bench.shop, &ports).await.unwrap();
    assert_eq!(state(&bench, "A-1").await, "released");
}

/// A port that is polled: takes messages, gives everything again and again, and is away when told.
#[derive(Default)]
struct Polled {
    sent: Mutex<Vec<String>>,
    texts: Mutex<Vec<String>>,
    asked: Mutex<Vec<String>>,
    away: AtomicBool,
}

#[derive(Deserialize)]
struct Asked {
    dxpid: String,
    qryid: String,
}

async fn polled() -> (Arc<Polled>, String) {
    async fn take(State(port): State<Arc<Polled>>, axum::Json(body): axum::Json<Value>) -> &'static str {
        let kind = body["message"]["messageHead"]["messageType"].as_str().unwrap();
        port.sent.lock().unwrap().push(kind.to_owned());
        "OK"
    }
    async fn give(State(port): State<Arc<Polled>>, Query(asked): Query<Asked>) -> (StatusCode, String) {
        assert!(!asked.dxpid.is_empty());
        port.asked.lock().unwrap().push(asked.qryid);
        if port.away.load(Ordering::SeqCst) {
            return (StatusCode::BAD_GATEWAY, "<html>".to_owned());
        }
        let all: Vec<Value> = port
            .texts
            .lock()
            .unwrap()
            .iter()
            .map(|text| json!({ "message": { "messageBody": { "data": STANDARD.encode(text) } } }))
            .collect();
        (StatusCode::OK, Value::Array(all).to_string())
    }
    async fn nothing() -> StatusCode {
        StatusCode::NO_CONTENT
    }
    let port = Arc::new(Polled::default());
    let router = Router::new()
        .route("/cebcmsg", post(take))
        .route("/ceb622msg", get(give))
        .route("/ceb312msg", get(nothing))
        .route("/ceb512msg", get(nothing))
        .with_state(Arc::clone(&port));
    let base = serve(router).await;
    (port, base)
}

#[tokio::test]
async fn a_polled_port_is_asked_from_a_little_before_the_last_time_and_gives_each_receipt_once() {
    let (other, url) = polled().await;
    let bench = Bench::with(|config, _| {
        config.ports = vec![PortConfig { url, ..port("9901", Way::HttpPoll) }];
    })
    .await;
    let ports = Ports::open(Arc::clone(&bench.shop)).unwrap();
    let cop_no = bench.cleared("A-1", 0).await;
    send(&bench, &ports).await;
    assert_eq!(*other.sent.lock().unwrap(), ["CEB311Message", "CEB511Message", "CEB621Message"]);
    other.texts.lock().unwrap().push(receipt(&cop_no, 120));
    assert_eq!(ports.fill().await, 1);
    other.texts.lock().unwrap().push(receipt(&cop_no, 800));
    other.away.store(true, Ordering::SeqCst);
    bench.pass(3600);
    assert_eq!(ports.fill().await, 0);
    other.away.store(false, Ordering::SeqCst);
    assert_eq!(ports.fill().await, 1);
    receipts::take(&bench.shop, &ports).await.unwrap();
    assert_eq!(state(&bench, "A-1").await, "released");
    let asked = other.asked.lock().unwrap().clone();
    assert_eq!(asked[1], asked[2], "what was not answered is asked again from the same time");
    assert_eq!(asked[0], "20261120100000", "a day back at first");
    assert_eq!(asked[1], "20261121095800", "two minutes before the last answer");
}

#[tokio::test]
async fn each_centre_declares_at_the_port_of_its_office_and_a_message_never_mixes_ports() {
    let (other, url) = polled().await;
    let bench = Bench::with(|config, dir| {
        config.ports = vec![
            PortConfig { url, default: true, ..port("9902", Way::HttpPoll) },
            PortConfig { dir: dir.join("spool"), ..port("9901", Way::Spool) },
        ];
    })
    .await;
    let ports = Ports::open(Arc::clone(&bench.shop)).unwrap();
    bench.cleared("A-1", 0).await;
    bench.cleared("A-2", 4).await;
    bench.cleared("A-3", 5).await;
    // A centre of an office without a port of its own.
    bench.execute("UPDATE orders SET centre = 2 WHERE order_no = 'A-2'").await;
    send(&bench, &ports).await;
    let spooled = names(&bench.dir.join("spool/send"));
    let list = spooled.iter().find(|name| name.starts_with("CEB621")).unwrap();
    let text = fs::read_to_string(bench.dir.join("spool/send").join(list)).unwrap();
    assert_eq!((spooled.len(), text.matches("<ceb:copNo>").count()), (3, 2), "A-1 and A-3 in one message");
    assert_eq!(other.sent.lock().unwrap().len(), 3, "A-2 at the default port");
    for order_no in ["A-1", "A-2", "A-3"] {
        assert_eq!(state(&bench, order_no).await, "sent");
    }
}
