//! The link to the kiosk's screen, with the test as the kiosk.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::{LIMIT, Mock, until};

async fn show(kiosk: &mut TcpStream, seq: u64, name: &str, png: &[u8]) {
    let targets = json!([{ "id": "confirm", "label": "确认", "x": 100, "y": 200, "w": 50, "h": 20 }]);
    let meta = json!({ "seq": seq, "name": name, "width": 1080, "height": 1920, "targets": targets });
    let meta = meta.to_string().into_bytes();
    kiosk.write_u32(u32::try_from(meta.len()).unwrap()).await.unwrap();
    kiosk.write_all(&meta).await.unwrap();
    kiosk.write_u32(u32::try_from(png.len()).unwrap()).await.unwrap();
    kiosk.write_all(png).await.unwrap();
}

async fn shown(mock: &Mock, seq: u64) -> Value {
    until("the frame", async || {
        let state = mock.state().await;
        (state["screen"]["seq"] == seq && state["screen"]["connected"] == true).then_some(state)
    })
    .await
}

#[tokio::test]
async fn a_frame_shows_its_name_targets_and_picture() {
    let mock = Mock::start("frame").await;
    assert_eq!(mock.get("/api/screen.png").await.status(), StatusCode::NOT_FOUND);
    let mut kiosk = TcpStream::connect(mock.screen).await.unwrap();
    show(&mut kiosk, 7, "idle", b"picture").await;
    let state = shown(&mock, 7).await;
    assert_eq!((&state["screen"]["name"], &state["screen"]["width"]), (&json!("idle"), &json!(1080)));
    assert_eq!(state["screen"]["targets"][0]["id"], "confirm");
    assert_eq!(mock.get("/api/screen.png").await.bytes().await.unwrap(), "picture");
}

#[tokio::test]
async fn a_frame_without_a_picture_keeps_the_one_before() {
    let mock = Mock::start("keep").await;
    let mut kiosk = TcpStream::connect(mock.screen).await.unwrap();
    show(&mut kiosk, 1, "idle", b"picture").await;
    show(&mut kiosk, 2, "review", b"").await;
    shown(&mock, 2).await;
    assert_eq!(mock.get("/api/screen.png").await.bytes().await.unwrap(), "picture");
}

#[tokio::test]
async fn only_a_change_of_page_is_logged() {
    let mock = Mock::start("pages").await;
    let mut kiosk = TcpStream::connect(mock.screen).await.unwrap();
    for (seq, name) in [(1, "idle"), (2, "idle"), (3, "review"), (4, "review"), (5, "idle")] {
        show(&mut kiosk, seq, name, b"p").await;
    }
    shown(&mock, 5).await;
    let log: Value = mock.get("/api/log").await.json().await.unwrap();
    let frames: Vec<(&Value, &Value)> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["kind"] == "frame")
        .map(|e| (&e["screen"], &e["seq"]))
        .collect();
    assert_eq!(
        frames,
        [(&json!("idle"), &json!(1)), (&json!("review"), &json!(3)), (&json!("idle"), &json!(5))]
    );
}

#[tokio::test]
async fn a_touch_on_a_target_presses_and_releases_its_middle() {
    let mock = Mock::start("touch").await;
    let mut kiosk = TcpStream::connect(mock.screen).await.unwrap();
    show(&mut kiosk, 1, "review", b"p").await;
    shown(&mock, 1).await;
    mock.post("/api/touch", json!({ "target": "confirm" })).await.error_for_status().unwrap();
    mock.post("/api/touch", json!({ "x": 3, "y": 4.5 })).await.error_for_status().unwrap();
    let mut lines = BufReader::new(kiosk).lines();
    let mut touches = Vec::new();
    while touches.len() < 4 {
        let line = tokio::time::timeout(LIMIT, lines.next_line()).await.expect("no touch").unwrap().unwrap();
        touches.push(serde_json::from_str::<Value>(&line).unwrap());
    }
    assert_eq!(touches[0], json!({ "kind": "press", "x": 125.0, "y": 210.0 }));
    assert_eq!(touches[1], json!({ "kind": "release", "x": 125.0, "y": 210.0 }));
    assert_eq!(touches[2], json!({ "kind": "press", "x": 3.0, "y": 4.5 }));
}

#[tokio::test]
async fn a_target_that_is_not_there_is_named_in_the_refusal() {
    let mock = Mock::start("target").await;
    let answer = mock.post("/api/touch", json!({ "target": "finish" })).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(answer.text().await.unwrap().contains("finish"));
    assert_eq!(mock.post("/api/touch", json!({ "x": 1 })).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_kiosk_that_goes_and_another_that_comes_are_noticed() {
    let mock = Mock::start("reconnect").await;
    let mut first = TcpStream::connect(mock.screen).await.unwrap();
    show(&mut first, 1, "idle", b"p").await;
    shown(&mock, 1).await;
    drop(first);
    until("the loss", async || (mock.state().await["screen"]["connected"] == false).then_some(())).await;
    let mut second = TcpStream::connect(mock.screen).await.unwrap();
    until("the other one", async || (mock.state().await["screen"]["connected"] == true).then_some(())).await;
    assert_eq!(mock.state().await["screen"]["name"], "", "it has not said yet what it shows");
    show(&mut second, 2, "idle", b"p").await;
    shown(&mock, 2).await;
    let kinds = ["screen_connected", "frame", "screen_lost", "screen_connected", "frame"];
    assert_eq!(mock.kinds().await, kinds);
}

#[tokio::test]
async fn a_frame_that_is_none_ends_the_link_and_not_the_bench() {
    let mock = Mock::start("rubbish").await;
    let mut kiosk = TcpStream::connect(mock.screen).await.unwrap();
    kiosk.write_all(&[0xFF; 64]).await.unwrap();
    until("the loss", async || mock.kinds().await.contains(&"screen_lost".to_owned()).then_some(())).await;
    let mut next = TcpStream::connect(mock.screen).await.unwrap();
    show(&mut next, 3, "idle", b"p").await;
    shown(&mock, 3).await;
}
