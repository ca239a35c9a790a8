//! What the E-Port does with a message on arrival: read it, check its signature and each document, answer 2 or refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use pickup_customs::dsig::{Profile, VerifyError, verify};
use pickup_customs::{AnyMessage, Document, Inventory, Logistics, Order, ReadError, Receipt, Status};

use crate::alone;
use crate::answers::{self, CHECKED, ListNumbers};
use crate::input::MessageInput;
use crate::keeping::{order_key, waybill_key};
use crate::port::{DocumentLog, ListCase, ListState, MessageLog, Port, Seen};
use crate::refusal::Refusal;

const ACCEPTED_PROFILES: [Profile; 2] = [Profile::CEB_202205, Profile::SM2_SHA1];

impl Port {
    /// Takes a message; one that came before changes nothing.
    pub(crate) fn message(&mut self, at: Timestamp, message: &MessageInput) {
        if self.seen(message) != Seen::New {
            return;
        }
        self.seen.insert(message.message_id.clone(), message.data.clone());
        let documents = match read(message) {
            Ok((bytes, content)) => self.documents(at, &bytes, content),
            Err((code, desc)) => {
                let guid = answers::guid(self.next_serial());
                let (id, kind) = (&message.message_id, &message.message_type);
                let receipt = answers::for_message(id, kind, guid, at, code, &desc);
                self.schedule(at, "", receipt);
                vec![DocumentLog { key: String::new(), status: -1, info: desc }]
            }
        };
        self.log.push(MessageLog {
            message_id: message.message_id.clone(),
            message_type: message.message_type.clone(),
            at,
            documents,
        });
    }

    fn documents(&mut self, at: Timestamp, bytes: &[u8], content: AnyMessage) -> Vec<DocumentLog> {
        let signature = self.signature(bytes);
        let dxp_id = content.transfer().dxp_id.clone();
        match content {
            AnyMessage::Order(message) => {
                let refusal = signature.err().map(|fault| Refusal::exception(-301_020, fault.text()));
                message.documents.into_iter().map(|d| self.order(at, &dxp_id, d, refusal.clone())).collect()
            }
            AnyMessage::Logistics(message) => {
                let refusal = signature.err().map(|fault| Refusal::exception(-504_011, fault.text()));
                message.documents.into_iter().map(|d| self.waybill(at, &dxp_id, d, refusal.clone())).collect()
            }
            AnyMessage::Inventory(message) => {
                let refusal = signature.err().map(|f| Refusal::exception(f.list_code(), f.text()));
                message.documents.into_iter().map(|d| self.list(at, &dxp_id, d, refusal.clone())).collect()
            }
            // Refused on reading.
            _ => Vec::new(),
        }
    }

    fn signature(&self, bytes: &[u8]) -> Result<(), SignatureFault> {
        let verified = verify(bytes, &ACCEPTED_PROFILES).map_err(SignatureFault::Invalid)?;
        if self.trusts(&verified.certificate) { Ok(()) } else { Err(SignatureFault::NotRegistered) }
    }

    fn order(&mut self, at: Timestamp, dxp_id: &str, order: Order, bad: Option<Refusal>) -> DocumentLog {
        let guid = answers::guid(self.next_serial());
        let verdict =
            first(bad).and_then(|()| alone::order(&order)).and_then(|()| self.kept.admit_order(&order));
        let answer = |at, status, info: &str| answers::for_order(&order, guid.clone(), at, status, info);
        let taken = format!("新增申报成功[{}]", order.head.guid);
        let (log, receipts) = arrival(&order.head.order_no, &verdict, &taken, at, self.after(at), answer);
        self.schedule_all(dxp_id, receipts);
        if verdict.is_ok() {
            self.kept.orders.insert(order_key(&order), order);
            self.decide_waiting(at);
        }
        log
    }

    fn waybill(
        &mut self,
        at: Timestamp,
        dxp_id: &str,
        waybill: Logistics,
        bad: Option<Refusal>,
    ) -> DocumentLog {
        let guid = answers::guid(self.next_serial());
        let verdict = first(bad)
            .and_then(|()| alone::waybill(&waybill))
            .and_then(|()| self.kept.admit_waybill(&waybill));
        let answer = |at, status, info: &str| answers::for_waybill(&waybill, guid.clone(), at, status, info);
        let taken = format!("新增申报成功[{}]", waybill.head.guid);
        let (log, receipts) =
            arrival(&waybill.head.logistics_no, &verdict, &taken, at, self.after(at), answer);
        self.schedule_all(dxp_id, receipts);
        if verdict.is_ok() {
            self.kept.waybills.insert(waybill_key(&waybill), waybill);
            self.decide_waiting(at);
        }
        log
    }

    fn list(&mut self, at: Timestamp, dxp_id: &str, list: Inventory, bad: Option<Refusal>) -> DocumentLog {
        let serial = self.next_serial();
        let key = list.head.cop_no.to_string();
        let earlier = self.kept.lists.get(&key).map(|case| case.numbers.pre_no.clone());
        let numbers = ListNumbers {
            guid: answers::guid(serial),
            pre_no: earlier.unwrap_or_else(|| answers::pre_no(at, serial)),
            invt_no: None,
        };
        let verdict = first(bad).and_then(|()| alone::list(&list)).and_then(|()| self.kept.admit_list(&list));
        let (status, info) = match &verdict {
            Ok(()) => (Status::Declaring, taken_list(&list)),
            Err(refusal) => (refusal.status, refusal.info.clone()),
        };
        self.schedule(at, dxp_id, answers::for_list(&list, &numbers, at, status, &info));
        if verdict.is_ok() {
            let dxp_id = dxp_id.to_owned();
            let state = ListState::Waiting;
            self.kept.insert_list(ListCase { list, state, numbers, dxp_id, received_at: at });
            self.decide_waiting(at);
        }
        DocumentLog { key, status: status.code(), info }
    }
}

/// What is wrong with a signature.
enum SignatureFault {
    Invalid(VerifyError),
    NotRegistered,
}

impl SignatureFault {
    fn text(&self) -> String {
        match self {
            Self::Invalid(VerifyError::Digest { .. }) => "加签数据比对失败！".to_owned(),
            Self::Invalid(error) => {
                let text = format!("验签失败！{error}");
                text.chars().take(1000).collect()
            }
            Self::NotRegistered => "申报单位与卡信息不匹配，没有权限进行操作".to_owned(),
        }
    }

    const fn list_code(&self) -> i32 {
        match self {
            Self::Invalid(VerifyError::Digest { .. }) => -621_028,
            Self::Invalid(_) => -621_029,
            Self::NotRegistered => -621_015,
        }
    }
}

/// Decodes and reads a message; else the exchange network's code and a text.
fn read(message: &MessageInput) -> Result<(Vec<u8>, AnyMessage), (&'static str, String)> {
    let bytes = BASE64.decode(&message.data).map_err(|_| ("0001", "报文不是base64".to_owned()))?;
    let content = AnyMessage::read(&bytes).map_err(|error| {
        let code = if matches!(error, ReadError::NotXml(_)) { "0001" } else { "0002" };
        (code, error.to_string().chars().take(1000).collect())
    })?;
    let found = content.message_type();
    if found != message.message_type {
        return Err(("0002", format!("报文类型不符：{found}")));
    }
    if !matches!(found, Order::MESSAGE | Logistics::MESSAGE | Inventory::MESSAGE) {
        return Err(("0002", format!("不受理的报文类型：{found}")));
    }
    Ok((bytes, content))
}

fn first(bad: Option<Refusal>) -> Result<(), Refusal> {
    bad.map_or(Ok(()), Err)
}

/// Receipts with the time each is due.
type Due = Vec<(Timestamp, Receipt)>;

/// Receipts on arrival of an order or a waybill: 2 and then 120, or the refusal.
fn arrival(
    key: &str,
    verdict: &Result<(), Refusal>,
    taken: &str,
    at: Timestamp,
    checked_at: Timestamp,
    answer: impl Fn(Timestamp, Status, &str) -> Receipt,
) -> (DocumentLog, Due) {
    let (status, info) = match verdict {
        Ok(()) => (Status::Declaring, taken),
        Err(refusal) => (refusal.status, refusal.info.as_str()),
    };
    let mut receipts = vec![(at, answer(at, status, info))];
    if verdict.is_ok() {
        receipts.push((checked_at, answer(checked_at, Status::Received, CHECKED)));
    }
    (DocumentLog { key: key.to_owned(), status: status.code(), info: info.to_owned() }, receipts)
}

fn taken_list(list: &Inventory) -> String {
    let head = &list.head;
    format!("清单新增申报成功[{}][电商企业编码：{}订单编号：{}]", head.guid, head.ebc_code, head.order_no)
}
