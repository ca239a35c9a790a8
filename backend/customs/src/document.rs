//! What outgoing documents have in common: application type and status, sender, head and lines.

use roxmltree::Node;

use crate::field::{Fault, FieldError, Value, exactly, text};
use crate::read::{Fields, ReadError, Strictness, count_lines, elements, in_ceb, local, unexpected};
use crate::record::{Record, record};
use crate::write::{LINE_LIMIT, WriteError, XmlWriter};

/// Currency code of the yuan in CEB messages (old three-digit table).
pub const CNY: &str = "142";
/// Country code of China in CEB messages (old three-digit table).
pub const CHINA: &str = "142";

/// `appType`: what is asked of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppType {
    /// `1`: a new document.
    New,
    /// `2`: replaces an earlier one.
    Change,
    /// `3`: withdraws an earlier one.
    Delete,
}

/// `appStatus`: whether the document is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppStatus {
    /// `1`: stored only.
    Draft,
    /// `2`: declared.
    Declare,
}

impl Value for AppType {
    fn text<'a>(&'a self, _: &'a mut String) -> Option<&'a str> {
        Some(match self {
            Self::New => "1",
            Self::Change => "2",
            Self::Delete => "3",
        })
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        match text {
            "1" => Ok(Self::New),
            "2" => Ok(Self::Change),
            "3" => Ok(Self::Delete),
            _ => Err("1 (new), 2 (change) or 3 (delete) is needed"),
        }
    }
}

impl Value for AppStatus {
    fn text<'a>(&'a self, _: &'a mut String) -> Option<&'a str> {
        Some(if *self == Self::Draft { "1" } else { "2" })
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        match text {
            "1" => Ok(Self::Draft),
            "2" => Ok(Self::Declare),
            _ => Err("1 (draft) or 2 (declare) is needed"),
        }
    }
}

record! {
    /// Who sends a message, and by which exchange id the receipts go back.
    BaseTransfer = "BaseTransfer" {
        /// Customs registration of the sender.
        cop_code: String = "copCode", text(1, 18);
        /// Name of the sender.
        cop_name: String = "copName", text(0, 100);
        /// Always `DXP`.
        dxp_mode: String = "dxpMode", exactly(3);
        /// The sender's id in the exchange network.
        dxp_id: String = "dxpId", text(0, 30);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

record! {
    /// Another party to which the port passes on documents or receipts; up to five in a message.
    BaseSubscribe = "BaseSubscribe" {
        /// `ALL` documents and receipts, `DATA` documents, `RET` receipts.
        status: String = "status", text(0, 100);
        /// Always `DXP`.
        dxp_mode: String = "dxpMode", exactly(3);
        /// The party's id in the exchange network.
        dxp_address: String = "dxpAddress", text(0, 100);
        /// Remark.
        note: Option<String> = "note", text(0, 1000);
    }
}

/// A business document: one of up to a hundred in a message.
pub trait Document: Sized {
    /// Root element of its message, such as `CEB311Message`; also its message type in the exchange network.
    const MESSAGE: &'static str;
    /// Element of one document, such as `Order`.
    const ELEMENT: &'static str;

    /// Writes what stands inside the document's element.
    ///
    /// # Errors
    /// The first field or count that breaks a rule.
    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError>;

    /// Reads one document by the schema.
    ///
    /// # Errors
    /// The first field or element that breaks the schema.
    fn read(node: Node<'_, '_>) -> Result<Self, ReadError>;
}

/// Reads one record strictly.
pub(crate) fn read_record<R: Record>(node: Node<'_, '_>) -> Result<R, FieldError> {
    R::read(&Fields::collect(node, R::ELEMENT, R::FIELDS, Strictness::Schema)?)
}

/// Writes a head and its lines.
pub(crate) fn write_head_and_lines<H: Record, L: Record>(
    out: &mut XmlWriter,
    head: &H,
    lines: &[L],
) -> Result<(), WriteError> {
    if lines.is_empty() || lines.len() > LINE_LIMIT {
        return Err(WriteError::Lines { element: L::ELEMENT, document: 0, count: lines.len() });
    }
    head.write(out)?;
    for (index, line) in lines.iter().enumerate() {
        line.write(out).map_err(|error| error.in_line(index))?;
    }
    Ok(())
}

/// Reads a document that is a head and nothing else.
pub(crate) fn read_head<H: Record>(node: Node<'_, '_>, element: &'static str) -> Result<H, ReadError> {
    let mut children = elements(node).filter(in_ceb);
    let head = children.next().filter(|child| local(child) == H::ELEMENT);
    let head = head.ok_or_else(|| FieldError::new(element, H::ELEMENT, Fault::Missing))?;
    if let Some(extra) = children.next() {
        return Err(unexpected(&extra, element));
    }
    Ok(read_record(head)?)
}

/// Reads a head and then its lines.
pub(crate) fn read_head_and_lines<H: Record, L: Record>(
    node: Node<'_, '_>,
    element: &'static str,
) -> Result<(H, Vec<L>), ReadError> {
    let mut children = elements(node).filter(in_ceb);
    let head = children.next().filter(|child| local(child) == H::ELEMENT);
    let head = read_record(head.ok_or_else(|| FieldError::new(element, H::ELEMENT, Fault::Missing))?)?;
    let mut lines = Vec::new();
    for child in children {
        if local(&child) != L::ELEMENT {
            return Err(unexpected(&child, element));
        }
        lines.push(read_record(child).map_err(|error| error.in_line(lines.len()))?);
    }
    count_lines(L::ELEMENT, element, lines.len())?;
    Ok((head, lines))
}
