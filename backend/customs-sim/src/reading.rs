//! Reads an incoming message by the simulator's own table, without the builder's records: a mistake there cannot hide
//! here.

use roxmltree::{Document, Node, ParsingOptions};

use crate::amount::Amount;
use crate::table::{self, Field, Kind};

/// Most elements of a message; a full one of 100 lists with 99 lines has about 200,000.
const NODE_LIMIT: u32 = 2_000_000;
/// Most documents of a message and most lines of a document.
const MOST_DOCUMENTS: usize = 100;
const MOST_LINES: usize = 99;

/// Names and values in the order of the message.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    /// The value; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether there is something.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The decimal; zero when it is not there. What is no decimal did not pass the table.
    pub(crate) fn amount(&self, name: &str) -> Amount {
        Amount::parse(self.text(name)).unwrap_or(Amount::ZERO)
    }
}

/// One document. It has no `Debug`: it holds identity numbers.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Doc {
    pub(crate) kind: Kind,
    pub(crate) head: Fields,
    pub(crate) lines: Vec<Fields>,
}

impl Doc {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.head.text(name)
    }

    pub(crate) fn amount(&self, name: &str) -> Amount {
        self.head.amount(name)
    }

    /// The company's number of the document.
    pub(crate) fn key(&self) -> &str {
        self.text(match self.kind {
            Kind::Order => "orderNo",
            Kind::Payment => "payTransactionId",
            Kind::Waybill | Kind::WaybillStatus => "logisticsNo",
            Kind::List | Kind::Cancel | Kind::Refund => "copNo",
        })
    }
}

/// A message that follows the table.
pub(crate) struct Incoming {
    pub(crate) kind: Kind,
    pub(crate) documents: Vec<Doc>,
    /// `BaseTransfer/copCode`.
    pub(crate) cop_code: String,
    /// `BaseTransfer/dxpId`.
    pub(crate) dxp_id: String,
}

/// Why a message is none: the exchange network's code and what is wrong where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadFault {
    pub(crate) code: &'static str,
    pub(crate) text: String,
}

/// Reads a message.
pub(crate) fn read(xml: &[u8]) -> Result<Incoming, ReadFault> {
    let text = std::str::from_utf8(xml).map_err(|_| form("the message is not UTF-8"))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODE_LIMIT, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(text, options).map_err(|error| form(&error.to_string()))?;
    let root = tree.root_element();
    let name = root.tag_name().name();
    let kind = Kind::ALL.into_iter().find(|kind| kind.message_type() == name);
    let kind = kind.ok_or_else(|| schema(format!("{name} is no message that companies send")))?;
    if root.attribute("guid").is_none_or(|guid| guid.chars().count() != 36) {
        return Err(schema(format!("{name}/@guid needs 36 characters")));
    }
    let children: Vec<_> = root.children().filter(Node::is_element).collect();
    let count = children.iter().take_while(|node| local(node) == kind.element()).count();
    if !(1..=MOST_DOCUMENTS).contains(&count) {
        let element = kind.element();
        return Err(schema(format!("{count} {element}, 1 to {MOST_DOCUMENTS} are allowed")));
    }
    let (documents, rest) = children.split_at_checked(count).unwrap_or((&children, &[]));
    let transfer = transfer(rest)?;
    let documents = documents.iter().map(|node| document(kind, *node)).collect::<Result<_, _>>()?;
    let (cop_code, dxp_id) = (transfer.text("copCode").to_owned(), transfer.text("dxpId").to_owned());
    Ok(Incoming { kind, documents, cop_code, dxp_id })
}

/// The root element's name and whether the text is XML at all; for messages without an envelope.
pub(crate) fn root_name(xml: &[u8]) -> Option<String> {
    let tree = Document::parse(std::str::from_utf8(xml).ok()?).ok()?;
    Some(tree.root_element().tag_name().name().to_owned())
}

fn form(text: &str) -> ReadFault {
    ReadFault { code: "0001", text: text.to_owned() }
}

fn schema(text: String) -> ReadFault {
    ReadFault { code: "0002", text }
}

fn local<'a>(node: &Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

/// What stands behind the documents: the transfer, and then only what may follow it.
fn transfer(rest: &[Node<'_, '_>]) -> Result<Fields, ReadFault> {
    let Some((first, rest)) = rest.split_first() else {
        return Err(schema("BaseTransfer is missing".to_owned()));
    };
    if local(first) != "BaseTransfer" {
        return Err(schema(format!("{} stands where BaseTransfer is due", local(first))));
    }
    let allowed = ["BaseSubscribe", "ExtendMessage", "Signature"];
    if let Some(other) = rest.iter().find(|node| !allowed.contains(&local(node))) {
        return Err(schema(format!("{} does not belong there", local(other))));
    }
    fields(*first, "BaseTransfer", table::transfer())
}

fn document(kind: Kind, node: Node<'_, '_>) -> Result<Doc, ReadFault> {
    if kind.head_element() == kind.element() {
        let head = fields(node, kind.element(), kind.head())?;
        return Ok(Doc { kind, head, lines: Vec::new() });
    }
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    let Some((head, lines)) = children.split_first().filter(|(head, _)| local(head) == kind.head_element())
    else {
        return Err(schema(format!("{}/{} is missing", kind.element(), kind.head_element())));
    };
    let head = fields(*head, kind.head_element(), kind.head())?;
    let most = if kind.line_element().is_some() { 1..=MOST_LINES } else { 0..=0 };
    if !most.contains(&lines.len()) {
        return Err(schema(format!("{} has {} lines", kind.element(), lines.len())));
    }
    let line = |node: &Node<'_, '_>| match kind.line_element() {
        Some(element) if local(node) == element => fields(*node, element, kind.line()),
        _ => Err(schema(format!("{} does not belong into {}", local(node), kind.element()))),
    };
    Ok(Doc { kind, head, lines: lines.iter().map(line).collect::<Result<_, _>>()? })
}

/// Reads the fields of an element, which must stand in the order of the table.
fn fields(node: Node<'_, '_>, path: &str, table: &'static [Field]) -> Result<Fields, ReadFault> {
    let mut found = Vec::with_capacity(table.len());
    let mut children = node.children().filter(Node::is_element).peekable();
    for field in table {
        match children.next_if(|child| local(child) == field.name) {
            Some(child) => {
                let value = child.text().unwrap_or("").to_owned();
                if child.children().any(|inner| inner.is_element()) {
                    return Err(schema(format!("{path}/{} holds elements", field.name)));
                }
                if let Some(fault) = field.fault(&value) {
                    return Err(schema(format!("{path}/{} {fault}", field.name)));
                }
                found.push((field.name, value));
            }
            None if field.required => return Err(schema(format!("{path}/{} is missing", field.name))),
            None => {}
        }
    }
    match children.next() {
        Some(other) => Err(schema(format!("{path}/{} is unknown or out of order", local(&other)))),
        None => Ok(Fields(found)),
    }
}
