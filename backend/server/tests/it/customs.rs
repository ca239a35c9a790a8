//! Customs as a gateway in this process: it decides by dice, loses answers, and tells things twice, late and backwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use jiff::Timestamp;
use pickup_customs::{InventoryReturn, InvtCancelReturn, InvtRefundReturn, Receipt, Status, write_receipts};
use pickup_server::clearing::gateway::{Gateway, GatewayError, Incoming, Outgoing};

/// Which message is answered.
#[derive(Clone, Copy)]
enum Answered {
    List,
    Cancel,
    Refund,
}

/// The guid a document was filed under last, which message answers it, and what is still to be said.
type Decided = (String, Answered, Vec<i32>);

/// Customs, remembering what it was sent.
#[derive(Default)]
pub struct Customs {
    /// By copNo.
    lists: Mutex<BTreeMap<String, Decided>>,
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

    /// Decides on the documents of a message that it has not seen before; one filed anew is another.
    fn decide(&self, body: &str, head: &str, answered: Answered) {
        let text = |part: &str, name: &str| {
            let (_, after) = part.split_once(&format!("<ceb:{name}>")).unwrap();
            after.split('<').next().unwrap().to_owned()
        };
        for part in body.split(&format!("<ceb:{head}>")).skip(1) {
            let (guid, cop_no) = (text(part, "guid"), text(part, "copNo"));
            let way = match answered {
                _ if self.chance(6) => vec![2, 100],
                Answered::List if self.chance(12) => vec![-621_014],
                Answered::List => vec![2, 120, 800],
                Answered::Cancel => vec![2, 120, 399],
                Answered::Refund => vec![2, 120, 800],
            };
            let mut lists = lock(&self.lists);
            let kept = lists.entry(cop_no).or_insert_with(|| (guid.clone(), answered, way.clone()));
            if kept.0 != guid {
                *kept = (guid, answered, way);
            }
        }
    }

    /// Says something about lists; with `all`, everything that is left to say.
    pub fn answer(&self, all: bool) {
        let waiting: Vec<(String, Decided)> =
            lock(&self.lists).iter().map(|(cop_no, kept)| (cop_no.clone(), kept.clone())).collect();
        for (cop_no, (guid, answered, mut way)) in waiting {
            if way.is_empty() || !(all || self.chance(2)) {
                continue;
            }
            // All at once and backwards, now and then: their own times say in which order they count.
            let mut papers: Vec<Receipt> = if all || self.chance(3) {
                way.drain(..).map(|status| self.paper(answered, &cop_no, status)).collect()
            } else {
                vec![self.paper(answered, &cop_no, way.remove(0))]
            };
            if self.chance(3) {
                papers.reverse();
            }
            if self.chance(4) {
                papers.extend(papers.clone());
            }
            lock(&self.lists).insert(cop_no, (guid, answered, way));
            self.give(&papers);
        }
    }

    fn give(&self, papers: &[Receipt]) {
        let body = write_receipts("00000000-0000-4000-8000-000000000001", papers).unwrap();
        let mut given = lock(&self.given);
        let cursor = i64::try_from(given.len()).unwrap() + 1;
        given.push(Incoming { cursor, kind: "CEB622Message".into(), body: body.into_bytes() });
    }

    fn paper(&self, answered: Answered, cop_no: &str, status: i32) -> Receipt {
        let tick = self.clock.fetch_add(1, Ordering::SeqCst);
        let return_time: pickup_customs::Millis =
            Timestamp::from_millisecond(1_795_300_000_000 + tick).unwrap().into();
        let guid = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".to_owned();
        match answered {
            Answered::List => {}
            Answered::Cancel => {
                return Receipt::Cancel(InvtCancelReturn {
                    guid,
                    customs_code: None,
                    agent_code: None,
                    ebp_code: None,
                    ebc_code: None,
                    cop_no: cop_no.to_owned(),
                    pre_no: Some("B20261121000000002".to_owned()),
                    invt_no: None,
                    return_status: Status::from_code(status),
                    return_time,
                    return_info: "测试回执".to_owned(),
                });
            }
            Answered::Refund => {
                return Receipt::Refund(InvtRefundReturn {
                    guid,
                    customs_code: None,
                    agent_code: None,
                    ebp_code: None,
                    ebc_code: None,
                    cop_no: cop_no.to_owned(),
                    pre_no: Some("T20261121000000003".to_owned()),
                    invt_no: None,
                    return_status: Status::from_code(status),
                    return_time,
                    return_info: "测试回执".to_owned(),
                });
            }
        }
        // Every list has a number of its own.
        let serial = cop_no.get(cop_no.len().saturating_sub(9)..).unwrap_or_default();
        Receipt::Inventory(InventoryReturn {
            guid,
            customs_code: Some("9901".to_owned()),
            ebp_code: None,
            ebc_code: None,
            agent_code: None,
            cop_no: cop_no.to_owned(),
            pre_no: Some("B20261121000000001".to_owned()),
            invt_no: (status >= 100).then(|| format!("99012026I{serial}")),
            return_status: Status::from_code(status),
            return_time,
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
        let body = std::str::from_utf8(message.body).unwrap();
        match message.kind {
            "CEB621Message" => self.decide(body, "InventoryHead", Answered::List),
            "CEB623Message" => self.decide(body, "InvtCancel", Answered::Cancel),
            "CEB625Message" => self.decide(body, "InvtRefundHead", Answered::Refund),
            _ => {}
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
