//! Builds and writes the messages of the port, from its own table of their fields.

use std::fmt::Write as _;

use jiff::Timestamp;
use pickup_domain::china_time;

use crate::reading::Doc;
use crate::table::Kind;

/// Text when a document passed the checks of customs.
pub(crate) const CHECKED: &str = "[Code:1800;Desc:逻辑校验通过]";
/// Text when a list is released.
pub(crate) const RELEASED: &str = "[Code:2600;Desc:放行]";
/// Text when a person decides.
pub(crate) const REVIEW: &str = "[Code:1200;Desc:待人工审核]";
/// Text when the goods are inspected.
pub(crate) const INSPECTION: &str = "查验";
/// Text when customs has concluded.
pub(crate) const CONCLUDED: &str = "审结";

const CEB_NS: &str = "http://www.chinaport.gov.cn/ceb";

/// What the port sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AnswerKind {
    /// About a document that a company sent.
    To(Kind),
    /// CEB816.
    TaxBill,
    /// CEB818.
    TaxStatus,
    /// CEB900.
    Message,
}

impl AnswerKind {
    pub(crate) const fn message_type(self) -> &'static str {
        match self {
            Self::To(Kind::Order) => "CEB312Message",
            Self::To(Kind::Payment) => "CEB412Message",
            Self::To(Kind::Waybill) => "CEB512Message",
            Self::To(Kind::WaybillStatus) => "CEB514Message",
            Self::To(Kind::List) => "CEB622Message",
            Self::To(Kind::Cancel) => "CEB624Message",
            Self::To(Kind::Refund) => "CEB626Message",
            Self::TaxBill => "CEB816Message",
            Self::TaxStatus => "CEB818Message",
            Self::Message => "CEB900Message",
        }
    }

    /// Elements from the record down to the fields.
    const fn path(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::To(Kind::Order) => ("OrderReturn", None),
            Self::To(Kind::Payment) => ("PaymentReturn", None),
            Self::To(Kind::Waybill) => ("LogisticsReturn", None),
            Self::To(Kind::WaybillStatus) => ("LogisticsStatusReturn", None),
            Self::To(Kind::List) => ("InventoryReturn", None),
            Self::To(Kind::Cancel) => ("InvtCancelReturn", None),
            Self::To(Kind::Refund) => ("InvtRefundReturn", None),
            Self::TaxBill => ("Tax", Some("TaxHeadRd")),
            Self::TaxStatus => ("Tax", Some("TaxHeadStatus")),
            Self::Message => ("MessageReturn", None),
        }
    }
}

/// Names and values of one element.
pub(crate) type Values = Vec<(&'static str, String)>;

/// One record of an answering message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) kind: AnswerKind,
    /// Number of the document it is about, as the port files it.
    pub(crate) key: String,
    pub(crate) at: Timestamp,
    pub(crate) status: i32,
    pub(crate) info: String,
    pub(crate) head: Values,
    /// Lines of a tax bill.
    pub(crate) lines: Vec<Values>,
}

/// Numbers that a document carries at the port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub guid: String,
    pub pre_no: String,
    pub invt_no: Option<String>,
}

/// What is said of a document.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    pub at: Timestamp,
    pub status: i32,
    pub info: &'a str,
}

/// A guid for the `serial`th thing the port names.
pub(crate) fn guid(serial: u64) -> String {
    let (high, low) = (serial >> 48, serial & 0xFFFF_FFFF_FFFF);
    format!("5E5E5E5E-5E5E-5E5E-{high:04X}-{low:012X}")
}

/// `preNo`: a letter, the date, nine digits.
pub(crate) fn pre_no(letter: char, at: Timestamp, serial: u64) -> String {
    format!("{letter}{}{:09}", china_time::yyyymmdd(at), serial % 1_000_000_000)
}

/// `invtNo`: customs office, year, `I`, nine digits.
pub(crate) fn invt_no(customs_code: &str, at: Timestamp, serial: u64) -> String {
    format!("{customs_code}{:04}I{:09}", china_time::year(at), serial % 1_000_000_000)
}

/// An answer to a document.
pub(crate) fn answer(doc: &Doc, numbers: &Numbers, said: &Said<'_>) -> Answer {
    let copied: &[&'static str] = match doc.kind {
        Kind::Order => &["ebpCode", "ebcCode", "orderNo"],
        Kind::Payment => &["payCode", "payTransactionId"],
        Kind::Waybill => &["logisticsCode", "logisticsNo"],
        Kind::WaybillStatus => &["logisticsCode", "logisticsNo", "logisticsStatus"],
        Kind::List => &["customsCode", "ebpCode", "ebcCode", "agentCode", "copNo"],
        Kind::Cancel | Kind::Refund => &["customsCode", "agentCode", "ebpCode", "ebcCode", "copNo"],
    };
    let mut head: Values = vec![("guid", numbers.guid.clone())];
    head.extend(copied.iter().map(|name| (*name, doc.text(name).to_owned())));
    if matches!(doc.kind, Kind::List | Kind::Cancel | Kind::Refund) {
        head.push(("preNo", numbers.pre_no.clone()));
        head.extend(numbers.invt_no.clone().map(|number| ("invtNo", number)));
    }
    head.push(("returnStatus", said.status.to_string()));
    head.push(("returnTime", china_time::millis17(said.at)));
    head.push(("returnInfo", said.info.chars().take(1000).collect()));
    let (at, status, info) = (said.at, said.status, said.info.to_owned());
    Answer {
        kind: AnswerKind::To(doc.kind),
        key: doc.key().to_owned(),
        at,
        status,
        info,
        head,
        lines: Vec::new(),
    }
}

/// CEB900: the message itself could not be taken. `code` is one of the exchange network, `0001` or `0002`.
pub(crate) fn for_message(
    message: (&str, &str),
    guid: String,
    at: Timestamp,
    code: &str,
    desc: &str,
) -> Answer {
    let (id, kind) = message;
    let info = format!("[Code:{code};Desc:{desc}]");
    let head = vec![
        ("guid", guid),
        ("returnStatus", "-1".to_owned()),
        ("returnInfo", info.chars().take(5000).collect()),
        ("returnTime", china_time::millis17(at)),
        ("oriCopMsgId", id.chars().take(255).collect()),
        ("oriMessageType", kind.chars().take(15).collect()),
        // The original is with the sender; quoting it here would copy identity numbers about.
        ("oriBizMessage", String::new()),
    ];
    Answer { kind: AnswerKind::Message, key: id.to_owned(), at, status: -1, info, head, lines: Vec::new() }
}

/// How a message is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    pub lowercase_guid: bool,
    pub no_namespace: bool,
    pub unknown_elements: bool,
}

/// Writes a message of answers of one kind.
pub(crate) fn write(guid: &str, answers: &[Answer], style: Style) -> String {
    let root = answers.first().map_or("CEB900Message", |answer| answer.kind.message_type());
    let case = |text: &str| if style.lowercase_guid { text.to_ascii_lowercase() } else { text.to_owned() };
    let namespace = if style.no_namespace { String::new() } else { format!(" xmlns=\"{CEB_NS}\"") };
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}{namespace}");
    // Writing to a string does not fail.
    let _ = write!(out, " guid=\"{}\" version=\"1.0\">", case(guid));
    for answer in answers {
        let (record, head) = answer.kind.path();
        open(&mut out, Some(record));
        open(&mut out, head);
        for (name, value) in &answer.head {
            element(&mut out, name, &if *name == "guid" { case(value) } else { value.clone() });
        }
        if style.unknown_elements {
            element(&mut out, "portRemark", "本口岸扩展字段");
        }
        close(&mut out, head);
        for line in &answer.lines {
            open(&mut out, Some("TaxListRd"));
            line.iter().for_each(|(name, value)| element(&mut out, name, value));
            close(&mut out, Some("TaxListRd"));
        }
        close(&mut out, Some(record));
    }
    close(&mut out, Some(root));
    out
}

fn open(out: &mut String, name: Option<&str>) {
    if let Some(name) = name {
        let _ = write!(out, "<{name}>");
    }
}

fn close(out: &mut String, name: Option<&str>) {
    if let Some(name) = name {
        let _ = write!(out, "</{name}>");
    }
}

fn element(out: &mut String, name: &str, value: &str) {
    open(out, Some(name));
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    close(out, Some(name));
}
