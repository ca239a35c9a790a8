//! Tells a shop how a payment ended: signed, until it says `SUCCESS`, and twice or badly signed when told to.

use std::time::Duration;

use jiff::Timestamp;

use crate::books::Payment;
use crate::signature::{SIGNATURE, TIME, sign};

const TRIES: u32 = 10;

/// Notifies until the shop has taken it, a few times at most.
pub async fn notify(client: reqwest::Client, secret: String, payment: Payment, twice: bool, bad: bool) {
    let Ok(body) = serde_json::to_vec(&payment) else { return };
    let mut wanted = if twice { 2 } else { 1 };
    for attempt in 0..TRIES {
        let time = Timestamp::now().as_millisecond().to_string();
        let signature = sign(if bad { "another-key" } else { &secret }, &time, &body);
        let request = client
            .post(&payment.notify_url)
            .header("content-type", "application/json")
            .header(SIGNATURE, signature)
            .header(TIME, time)
            .body(body.clone());
        let taken = match request.send().await {
            Ok(answer) => answer.text().await.is_ok_and(|text| text.trim() == "SUCCESS"),
            Err(_) => false,
        };
        if taken {
            wanted -= 1;
            if wanted == 0 {
                return;
            }
            continue;
        }
        tracing::warn!(out_no = payment.out_no, "the shop did not take a notification; it is told again");
        tokio::time::sleep(Duration::from_millis(100_u64 << attempt.min(8))).await;
    }
}
