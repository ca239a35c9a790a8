//! The fields of envelopes, and how one of them is written and read.

use jiff::Timestamp;
use pickup_domain::china_time;
use roxmltree::Node;

use super::{DXP_NS, REPEAT_LIMIT};
use crate::field::{Fault, Field, FieldError, check, exactly, text};
use crate::read::{ReadError, elements, local, own_text};
use crate::time::Seconds;
use crate::write::{DECLARATION, WriteError, XmlWriter, escape_attribute};

const fn required(name: &'static str, min: usize, max: usize, doc: &'static str) -> Field {
    Field { name, rule: text(min, max), required: true, doc }
}

const fn optional(name: &'static str, min: usize, max: usize, doc: &'static str) -> Field {
    Field { name, rule: text(min, max), required: false, doc }
}

pub(super) const COP_MSG_ID: Field = required("CopMsgId", 1, 255, "The sender's own id of the message.");
pub(super) const SENDER_ID: Field = required("SenderId", 1, 16, "Exchange id of the sender.");
pub(super) const RECEIVER_ID: Field = required("ReceiverId", 1, 16, "Exchange id of a receiver.");
pub(super) const CREATED: Field = required("CreatTime", 1, 40, "When the message was made.");
pub(super) const MSG_TYPE: Field = required("MsgType", 0, 30, "Type of the business message.");
pub(super) const FILE_NAME: Field = optional("FileName", 1, 255, "Name of the original file.");
pub(super) const IC_CARD: Field = optional("IcCard", 1, 13, "Number of the card.");
pub(super) const KEY: Field = required("Key", 1, 64, "A business key.");
pub(super) const KEY_NAME: Field = optional("name", 1, 32, "Name of a business key.");
pub(super) const ENCODE: Field = optional("Encode", 0, 50, "Character set of the data.");
pub(super) const REC_MAP_ID: Field =
    optional("RecMapId", 0, usize::MAX, "Id of the conversion at the receiver.");
pub(super) const MSG_ID: Field = required("MsgId", 1, 32, "Id in the network.");
pub(super) const SUB_MSG_ID: Field = Field {
    name: "SubMsgId",
    rule: exactly(1),
    required: false,
    doc: "Tells the copies for several receivers apart.",
};
pub(super) const SENT: Field = required("SendTime", 1, 40, "When the first server took it.");
pub(super) const END_NODE: Field = required("EndNode", 1, 8, "Server of the receiver.");
pub(super) const STA_NODE: Field = required("StaNode", 1, 8, "Server of the sender.");

pub(super) fn started(root: &str) -> XmlWriter {
    let mut out = XmlWriter::new("dxp:");
    out.raw(DECLARATION);
    out.raw(&format!("<dxp:{root} xmlns:dxp=\"{DXP_NS}\" ver=\"1.0\">"));
    out
}

pub(super) fn put(
    out: &mut XmlWriter,
    element: &'static str,
    field: Field,
    value: &str,
) -> Result<(), FieldError> {
    out.text(element, field.name, field.rule, field.required, value)
}

pub(super) fn put_some(
    out: &mut XmlWriter,
    element: &'static str,
    field: Field,
    value: Option<&str>,
) -> Result<(), FieldError> {
    value.map_or(Ok(()), |value| put(out, element, field, value))
}

pub(super) fn attribute(
    out: &mut XmlWriter,
    element: &'static str,
    field: Field,
    value: Option<&str>,
) -> Result<(), FieldError> {
    let Some(value) = value else { return Ok(()) };
    check(element, field.name, field.rule, value)?;
    let mut written = format!(" {}=\"", field.name);
    escape_attribute(&mut written, value);
    written.push('"');
    out.raw(&written);
    Ok(())
}

pub(super) fn counted(element: &'static str, count: usize) -> Result<(), WriteError> {
    if (1..=REPEAT_LIMIT).contains(&count) {
        return Ok(());
    }
    Err(WriteError::Count { element, count, limit: REPEAT_LIMIT })
}

pub(super) fn count(element: &'static str, parent: &'static str, count: usize) -> Result<(), ReadError> {
    if (1..=REPEAT_LIMIT).contains(&count) {
        return Ok(());
    }
    Err(ReadError::Count { element, parent, count, low: 1, high: REPEAT_LIMIT })
}

pub(super) fn child<'a, 'input>(
    node: Node<'a, 'input>,
    parent: &'static str,
    name: &'static str,
) -> Result<Node<'a, 'input>, FieldError> {
    let found = elements(node).find(|node| local(node) == name);
    found.ok_or_else(|| FieldError::new(parent, name, Fault::Missing))
}

pub(super) fn checked(element: &'static str, field: Field, value: String) -> Result<String, FieldError> {
    let value = value.trim();
    check(element, field.name, field.rule, value)?;
    Ok(value.to_owned())
}

pub(super) fn get(node: Node<'_, '_>, element: &'static str, field: Field) -> Result<String, FieldError> {
    checked(element, field, own_text(child(node, element, field.name)?))
}

/// An optional field; an empty one counts as absent.
pub(super) fn get_some(
    node: Node<'_, '_>,
    element: &'static str,
    field: Field,
) -> Result<Option<String>, FieldError> {
    let found = elements(node).find(|node| local(node) == field.name).map(own_text);
    let found = found.filter(|value| !value.trim().is_empty());
    found.map(|value| checked(element, field, value)).transpose()
}

/// `2026-11-21T13:06:07+08:00`, in China.
pub(super) fn date_time(at: Seconds) -> String {
    format!("{}+08:00", china_time::civil(at.timestamp()).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// An XML Schema date and time; without an offset it is meant in China.
pub(super) fn moment(node: Node<'_, '_>, element: &'static str, field: Field) -> Result<Seconds, FieldError> {
    let text = get(node, element, field)?;
    let at = text.parse::<Timestamp>().ok().or_else(|| china_time::moment(text.parse().ok()?));
    let fault = Fault::Value("a time as YYYY-MM-DDThh:mm:ss is needed");
    at.map(Seconds::from).ok_or_else(|| FieldError::new(element, field.name, fault))
}
