//! Who gets in: certificates, one-time codes, revocation.

use pickup_protocol::crockford;
use pickup_protocol::kiosk::{EnrolReply, EnrolRequest, Hello};
use pickup_server::ca::Ca;
use pickup_server::credentials;
use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::bench::{Bench, csr, secret_of};

const PATHS: [(&str, &str); 15] = [
    ("GET", "hello"),
    ("GET", "manifest"),
    ("POST", "verdict"),
    ("POST", "grants"),
    ("POST", "handovers"),
    ("POST", "staff"),
    ("POST", "deposits/plan"),
    ("POST", "deposits"),
    ("POST", "resolutions"),
    ("POST", "service"),
    ("POST", "openings"),
    ("POST", "openings/ended"),
    ("POST", "slips"),
    ("POST", "slips/printed"),
    ("POST", "health"),
];

fn denied(code: &str) -> Result<EnrolReply, (u16, String)> {
    Err((403, code.to_owned()))
}

#[tokio::test]
async fn without_a_certificate_every_path_but_enrolment_is_closed() {
    let bench = Bench::start().await;
    let nobody = bench.nobody();
    for (method, path) in PATHS {
        let answer: Result<Value, _> = match method {
            "GET" => nobody.get(path).await,
            _ => nobody.post(path, &json!({})).await,
        };
        assert_eq!(answer, Err((401, "KIOSK_UNKNOWN".into())), "{path}");
    }
    let enrol: Result<Value, _> = nobody.post("enrol", &json!({})).await;
    assert_eq!(enrol, Err((400, "REQUEST_MALFORMED".into())));
}

#[tokio::test]
async fn a_path_that_does_not_exist_says_so_in_the_same_form() {
    let bench = Bench::start().await;
    let answer: Result<Value, _> = bench.nobody().get("nothing").await;
    assert_eq!(answer, Err((404, "NOT_FOUND".into())));
}

#[tokio::test]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let bench = Bench::start().await;
    let elsewhere = bench.app.config.data_dir.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let foreign = Ca::open_or_make(&elsewhere, bench.app.now()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = foreign.certify_kiosk(&csr(&key), "K1", bench.app.now()).unwrap();
    assert!(bench.with_certificate(&key, &certificate.pem).is_cut_off().await);
}

#[tokio::test]
async fn an_enrolled_kiosk_learns_who_and_where_it_is() {
    let bench = Bench::start().await;
    let hello: Hello = bench.kiosk("K1", 2).await.get("hello").await.unwrap();
    assert_eq!((hello.kiosk.as_str(), hello.centre.number), ("K1", 2));
    assert_eq!(hello.keys.len(), 1);
    assert_eq!(hello.keys[0].ed25519.len(), 64);
}

#[tokio::test]
async fn the_code_names_the_authority_it_is_for() {
    let bench = Bench::start().await;
    let code = bench.code("K1", None).await;
    assert_eq!(code.len(), 39, "eight groups of four");
    let bytes = crockford::decode(&code.replace('-', "")).unwrap();
    assert_eq!(bytes[10..], bench.app.ca.digest()[..10]);
}

#[tokio::test]
async fn a_code_works_once_within_its_time() {
    let bench = Bench::start().await;
    let nobody = bench.nobody();
    let request = |secret: &str| EnrolRequest {
        secret: secret.to_owned(),
        csr_pem: csr(&KeyPair::generate().unwrap()),
    };
    for wrong in ["0000000000000000", "", "??", "00000000"] {
        assert_eq!(nobody.post("enrol", &request(wrong)).await, denied("CODE_UNKNOWN"), "{wrong:?}");
    }
    let late = secret_of(&bench.code("K1", None).await);
    bench.wait_s(15 * 60 + 1);
    assert_eq!(nobody.post("enrol", &request(&late)).await, denied("CODE_EXPIRED"));

    let good = secret_of(&bench.code("K1", None).await);
    let reply: Result<EnrolReply, _> = nobody.post("enrol", &request(&good.to_lowercase())).await;
    assert_eq!(reply.unwrap().name, "K1");
    assert_eq!(nobody.post("enrol", &request(&good)).await, denied("CODE_USED"));
}

#[tokio::test]
async fn a_request_that_is_not_one_does_not_use_up_the_code() {
    let bench = Bench::start().await;
    let secret = secret_of(&bench.code("K1", None).await);
    let key = KeyPair::generate().unwrap();
    let pem = csr(&key);
    let at = pem.len() / 2;
    let other = if &pem[at..=at] == "A" { "B" } else { "A" };
    let tampered = format!("{}{other}{}", &pem[..at], &pem[at + 1..]);
    for csr_pem in ["no request".to_owned(), tampered] {
        let request = EnrolRequest { secret: secret.clone(), csr_pem };
        let answer: Result<EnrolReply, _> = bench.nobody().post("enrol", &request).await;
        assert_eq!(answer, Err((400, "CSR_UNUSABLE".into())));
    }
    let request = EnrolRequest { secret, csr_pem: pem };
    assert!(bench.nobody().post::<EnrolReply>("enrol", &request).await.is_ok());
}

#[tokio::test]
async fn a_revoked_kiosk_is_nobody_until_it_enrols_again() {
    let bench = Bench::start().await;
    let (first, now) = (bench.kiosk("K1", 1).await, bench.app.now());
    assert!(first.get::<Hello>("hello").await.is_ok());
    bench.write(move |tx| credentials::revoke_kiosk(tx, now, "K1").unwrap()).await;
    assert_eq!(first.get::<Hello>("hello").await.unwrap_err().0, 401);

    let second = bench.kiosk("K1", 1).await;
    assert!(second.get::<Hello>("hello").await.is_ok());
    assert_eq!(first.get::<Hello>("hello").await.unwrap_err().0, 401, "the old certificate stays out");
}

#[tokio::test]
async fn revoking_ends_codes_that_were_not_used() {
    let bench = Bench::start().await;
    let (secret, now) = (secret_of(&bench.code("K1", None).await), bench.app.now());
    bench.write(move |tx| credentials::revoke_kiosk(tx, now, "K1").unwrap()).await;
    let request = EnrolRequest { secret, csr_pem: csr(&KeyPair::generate().unwrap()) };
    assert_eq!(bench.nobody().post("enrol", &request).await, denied("CODE_USED"));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_without_repeating_it() {
    let bench = Bench::start().await;
    let kiosk = bench.kiosk("K1", 1).await;
    for body in ["", "{", "{\"ticket\":1}", "[]"] {
        let answer: Result<Value, _> = kiosk.post_text("verdict", body.to_owned()).await;
        assert_eq!(answer, Err((400, "REQUEST_MALFORMED".into())), "{body}");
    }
}
