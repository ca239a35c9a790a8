//! Customs as a gateway in this process: it decides by dice, loses answers, and tells things twice, late and backwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use jiff::Timestamp;
use pickup_customs::{InventoryReturn, Receipt, Status, write_receipts};
use pickup_server::clearing::gateway::{Gateway, GatewayError, Incoming, Outgoing};

/// Customs, remembering what it was sent.
#[derive(Default)]
pub struct Customs {
    lists: Mutex<BTreeMap<String, Vec<i32>>>,
    given: Mutex<Vec<Incoming>>,
    pub dice: Mutex<Option<Rng>>,
    clock: AtomicI64,
}

pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Customs {
    fn chance(&self, of: u32) -> bool {
        lock(&self.dice).as_mut().is_some_and(|dice| dice.u32(0..of) == 0)
    }

    /// Decides on the lists of a message that it has not seen before.
    fn decide(&self, body: &str) {
        for part in body.split("<ceb:copNo>").skip(1) {
            let cop_no = part.split('<').next().unwrap().to_owned();
            let way = if self.chance(6) { vec![2, 100] } else { vec![2, 120, 800] };
            lock(&self.lists).entry(cop_no).or_insert(way);
        }
    }

    /// Says something about lists; with `all`, everything that is left to say.
    pub fn answer(&self, all: bool) {
        let waiting: Vec<(String, Vec<i32>)> =
            lock(&self.lists).iter().map(|(cop_no, way)| (cop_no.clone(), way.clone())).collect();
        for (cop_no, mut way) in waiting {
            if way.is_empty() || !(all || self.chance(2)) {
                continue;
            }
            // All at once and backwards, now and then: their own times say in which order they count.
            let mut papers: Vec<Receipt> = if all || self.chance(3) {
                way.drain(..).map(|status| self.paper(&cop_no, status)).collect()
            } else {
                vec![self.paper(&cop_no, way.remove(0))]
            };
            if self.chance(3) {
                papers.reverse();
            }
            if self.chance(4) {
                papers.extend(papers.clone());
            }
            lock(&self.lists).insert(cop_no, way);
            self.give(&papers);
        }
    }

    fn give(&self, papers: &[Receipt]) {
        let body = write_receipts("00000000-0000-4000-8000-000000000001", papers).unwrap();
        let mut given = lock(&self.given);
        let cursor = i64::try_from(given.len()).unwrap() + 1;
        given.push(Incoming { cursor, kind: "CEB622Message".into(), body: body.into_bytes() });
    }

    fn paper(&self, cop_no: &str, status: i32) -> Receipt {
        let tick = self.clock.fetch_add(1, Ordering::SeqCst);
        Receipt::Inventory(InventoryReturn {
            guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".to_owned(),
            customs_code: Some("9901".to_owned()),
            ebp_code: None,
            ebc_code: None,
            agent_code: None,
            cop_no: cop_no.to_owned(),
            pre_no: Some("B20261121000000001".to_owned()),
            invt_no: (status >= 100).then(|| "99012026I000000001".to_owned()),
            return_status: Status::from_code(status),
            return_time: Timestamp::from_millisecond(1_795_300_000_000 + tick).unwrap().into(),
            return_info: "测试回执".to_owned(),
        })
    }
}

impl Gateway for Customs {
    async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        let busy = || GatewayError::Answer { status: 503, text: "busy".into() };
        if self.chance(8) {
            return Err(busy());
        }
        if message.kind == "CEB621Message" {
            self.decide(std::str::from_utf8(message.body).unwrap());
        }
        tokio::task::yield_now().await;
        if self.chance(8) { Err(busy()) } else { Ok(()) }
    }

    async fn receipts(&self, after: i64, limit: u32) -> Result<Vec<Incoming>, GatewayError> {
        tokio::task::yield_now().await;
        let given = lock(&self.given);
        Ok(given.iter().filter(|one| one.cursor > after).take(limit as usize).cloned().collect())
    }
}
