//! What the E-Port does with a message on arrival: read it, check its signature and each document, answer 2 or refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use pickup_customs::dsig::{Profile, VerifyError, verify};

use crate::alone;
use crate::answers::{self, CHECKED, CONCLUDED, Numbers, Said};
use crate::input::MessageInput;
use crate::port::{CourseEntry, DocumentLog, MessageLog, Port, Seen};
use crate::reading::{self, Doc, Incoming, ReadFault};
use crate::refusal::{Refusal, ensure};
use crate::table::Kind;

const ACCEPTED_PROFILES: [Profile; 3] = Profile::ALL;

/// Where a document came from.
pub(crate) struct Origin<'a> {
    pub at: Timestamp,
    pub dxp_id: &'a str,
    /// Number of the message.
    pub number: u64,
}

impl Port {
    /// Takes a message; one that came before changes nothing.
    pub(crate) fn message(&mut self, at: Timestamp, message: &MessageInput) {
        if self.seen(message) != Seen::New {
            return;
        }
        let number = self.store(message);
        let documents = match read(message) {
            Ok((bytes, incoming)) => self.documents(at, number, &bytes, incoming),
            Err(fault) => {
                let guid = answers::guid(self.next_serial());
                let name = (message.message_id.as_str(), message.message_type.as_str());
                let answer = answers::for_message(name, guid, at, fault.code, &fault.text);
                self.schedule(at, "", answer);
                vec![DocumentLog { key: String::new(), status: -1, info: fault.text }]
            }
        };
        self.log.push(MessageLog {
            number,
            message_id: message.message_id.clone(),
            message_type: message.message_type.clone(),
            at,
            documents,
        });
    }

    fn documents(
        &mut self,
        at: Timestamp,
        number: u64,
        bytes: &[u8],
        incoming: Incoming,
    ) -> Vec<DocumentLog> {
        let signature = self.signature(bytes, incoming.kind, &incoming.cop_code);
        let origin = Origin { at, dxp_id: &incoming.dxp_id, number };
        let mut logs = Vec::with_capacity(incoming.documents.len());
        for doc in incoming.documents {
            let first = signature
                .as_ref()
                .map_err(|fault| fault.refusal(incoming.kind))
                .and_then(|signer| declarant(&doc, &incoming.cop_code, signer.as_deref()))
                .and_then(|()| self.registered(&doc))
                .and_then(|()| alone::check(&doc));
            self.note_arrival(&origin, &doc);
            logs.push(match doc.kind {
                Kind::List => self.list(&origin, doc, first),
                Kind::Cancel | Kind::Refund => self.application(&origin, doc, first),
                _ => self.paper(&origin, doc, first),
            });
        }
        logs
    }

    /// Checks the signature; gives the company that owns the certificate, when the port knows one.
    fn signature(
        &mut self,
        bytes: &[u8],
        kind: Kind,
        cop_code: &str,
    ) -> Result<Option<String>, SignatureFault> {
        let verified = verify(bytes, &ACCEPTED_PROFILES).map_err(SignatureFault::Invalid)?;
        let serial = verified.certificate.serial_hex();
        if !self.trusts(&verified.certificate) {
            if !self.behaviour.trust_first_use {
                return Err(SignatureFault::NotRegistered);
            }
            self.trusted.push(verified.certificate);
            self.owners.insert(serial.clone(), None);
        }
        if let Some(owner) = self.owners.get_mut(&serial)
            && matches!(kind, Kind::List | Kind::Cancel | Kind::Refund)
        {
            owner.get_or_insert_with(|| cop_code.to_owned());
        }
        let named = self.behaviour.declarants.iter().find(|(known, _)| known.eq_ignore_ascii_case(&serial));
        Ok(named.map(|(_, owner)| owner.clone()).or_else(|| self.owners.get(&serial).cloned().flatten()))
    }

    /// Whether the companies of a document are registered with customs.
    fn registered(&self, doc: &Doc) -> Result<(), Refusal> {
        let known = &self.behaviour.registered;
        if known.is_empty() {
            return Ok(());
        }
        let names = ["ebpCode", "ebcCode", "logisticsCode", "agentCode", "areaCode", "payCode"];
        names.into_iter().filter(|name| doc.head.has(name)).try_for_each(|name| {
            ensure(known.iter().any(|code| code == doc.text(name)), || match name {
                "payCode" => Refusal::rejected("22001", "支付企业未备案"),
                _ => Refusal::rejected("S201", &format!("企业未备案：{name}")),
            })
        })
    }

    /// An order, payment, waybill or state of a waybill.
    fn paper(&mut self, origin: &Origin<'_>, doc: Doc, first: Result<(), Refusal>) -> DocumentLog {
        let numbers = Numbers { guid: answers::guid(self.next_serial()), ..Numbers::default() };
        let verdict = first.and_then(|()| self.kept.admit_paper(&doc));
        let (status, info) = match &verdict {
            Ok(()) => (2, format!("{}申报成功[{}]", act(&doc), doc.text("guid"))),
            Err(refusal) => (refusal.status, refusal.info.clone()),
        };
        let said = Said { at: origin.at, status, info: &info };
        self.schedule(origin.at, origin.dxp_id, answers::answer(&doc, &numbers, &said));
        let log = DocumentLog { key: doc.key().to_owned(), status, info: info.clone() };
        if verdict.is_err() {
            return log;
        }
        let at = self.later(origin.at, self.behaviour.check_ms, doc.key(), "check");
        let (status, info) = if doc.kind == Kind::WaybillStatus { (399, CONCLUDED) } else { (120, CHECKED) };
        self.schedule(at, origin.dxp_id, answers::answer(&doc, &numbers, &Said { at, status, info }));
        let waiting = self.kept.waiting_for(&doc);
        self.kept.keep_paper(doc);
        for cop_no in waiting {
            self.decide(origin.at, &cop_no);
        }
        log
    }

    fn note_arrival(&mut self, origin: &Origin<'_>, doc: &Doc) {
        let entry = CourseEntry {
            at: origin.at,
            message_type: doc.kind.message_type(),
            message: Some(origin.number),
            status: None,
            info: act(doc).to_owned(),
            answer: None,
        };
        self.course.entry(doc.key().to_owned()).or_default().push(entry);
    }
}

/// What a document asks for, in the words of receipts.
pub(crate) fn act(doc: &Doc) -> &'static str {
    match doc.text("appType") {
        "1" => "新增",
        "2" => "变更",
        _ => "删除",
    }
}

/// Lists, cancellations and returns are sent by their declarant, and signed with its certificate where the port knows
/// whose that is.
fn declarant(doc: &Doc, cop_code: &str, signer: Option<&str>) -> Result<(), Refusal> {
    let code = match doc.kind {
        Kind::List => -621_015,
        Kind::Cancel => -623_021,
        Kind::Refund => -625_013,
        _ => return Ok(()),
    };
    let agent = doc.text("agentCode");
    let same = agent == cop_code && signer.is_none_or(|signer| signer == agent);
    ensure(same, || Refusal::exception(code, format!("申报单位[{agent}]与卡信息不匹配，没有权限进行操作")))
}

/// What is wrong with a signature.
enum SignatureFault {
    Invalid(VerifyError),
    NotRegistered,
}

impl SignatureFault {
    fn refusal(&self, kind: Kind) -> Refusal {
        Refusal::exception(self.code(kind), self.text())
    }

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

    const fn code(&self, kind: Kind) -> i32 {
        match (kind, self) {
            (Kind::Order, _) => -301_020,
            (Kind::Payment, _) => -401_009,
            (Kind::Waybill, _) => -504_011,
            (Kind::WaybillStatus, _) => -505_011,
            (Kind::List, Self::Invalid(VerifyError::Digest { .. })) => -621_028,
            (Kind::List, Self::Invalid(_)) => -621_029,
            (Kind::List, Self::NotRegistered) => -621_015,
            (Kind::Cancel, Self::NotRegistered) => -623_021,
            (Kind::Cancel, _) => -623_029,
            (Kind::Refund, Self::NotRegistered) => -625_020,
            (Kind::Refund, _) => -625_005,
        }
    }
}

/// Decodes and reads a message.
fn read(message: &MessageInput) -> Result<(Vec<u8>, Incoming), ReadFault> {
    let fault = |code, text: String| ReadFault { code, text };
    let bytes = BASE64.decode(&message.data).map_err(|_| fault("0001", "报文不是base64".to_owned()))?;
    let incoming = reading::read(&bytes).map_err(|found| {
        let text = found.text.chars().take(1000).collect();
        fault(found.code, text)
    })?;
    let found = incoming.kind.message_type();
    if found != message.message_type {
        return Err(fault("0002", format!("报文类型不符：{found}")));
    }
    Ok((bytes, incoming))
}
