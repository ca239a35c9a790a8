//! Whole messages: 1 to 100 documents of one kind, the sender, and later a signature.

use std::fmt::Write as _;

use roxmltree::Node;

use crate::cancel::InvtCancel;
use crate::document::{BaseSubscribe, BaseTransfer, Document, read_record};
use crate::field::{Fault, FieldError};
use crate::ids::Guid;
use crate::inventory::Inventory;
use crate::logistics::Logistics;
use crate::order::Order;
use crate::payment::Payment;
use crate::read::{ReadError, count_batch, elements, in_ceb, local, quoted, tree, unexpected, utf8};
use crate::record::Record as _;
use crate::refund::InvtRefund;
use crate::waybill_status::LogisticsStatus;
use crate::write::{BATCH_LIMIT, CEB_NS, DECLARATION, WriteError, XSI_NS, XmlWriter};

/// A message of documents of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<T> {
    /// The message's own guid.
    pub guid: Guid,
    /// 1 to 100 documents.
    pub documents: Vec<T>,
    /// The sender.
    pub transfer: BaseTransfer,
}

/// A written message without signature: canonical XML from root tag to root tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    root: &'static str,
    /// Everything before the root's closing tag.
    body: String,
}

/// Elements that may follow and are not read here: a port's own extension, and the signature.
const TRAILERS: [&str; 2] = ["ExtendMessage", "Signature"];
/// Most parties to which a message is passed on.
const SUBSCRIBERS_LIMIT: usize = 5;

impl Unsigned {
    /// The root element's name, which is also the message type, such as `CEB621Message`.
    #[must_use]
    pub const fn message_type(&self) -> &'static str {
        self.root
    }

    /// The canonical form: the bytes a digest is taken of.
    #[must_use]
    pub fn canonical(&self) -> String {
        format!("{}</ceb:{}>", self.body, self.root)
    }

    /// The canonical form piece by piece, for whoever only digests it.
    pub(crate) fn canonical_pieces(&self) -> [&str; 4] {
        [&self.body, "</ceb:", self.root, ">"]
    }

    /// The message without signature, with its XML declaration.
    #[must_use]
    pub fn to_xml(&self) -> String {
        format!("{DECLARATION}{}", self.canonical())
    }

    /// The message with `signature` as the root's last child.
    pub(crate) fn with_last_child(&self, signature: &str) -> String {
        format!("{DECLARATION}{}{signature}</ceb:{}>", self.body, self.root)
    }
}

impl<T: Document> Message<T> {
    /// Writes the message, checking every field on the way.
    ///
    /// # Errors
    /// The first field, line count or batch size that breaks the schema.
    pub fn write(&self) -> Result<Unsigned, WriteError> {
        self.write_for(&[])
    }

    /// As [`Self::write`], with other parties to which the port passes on documents or receipts.
    ///
    /// # Errors
    /// As [`Self::write`]; [`WriteError::Count`] for more than five parties.
    pub fn write_for(&self, subscribers: &[BaseSubscribe]) -> Result<Unsigned, WriteError> {
        if self.documents.is_empty() || self.documents.len() > BATCH_LIMIT {
            return Err(WriteError::Batch(self.documents.len()));
        }
        let mut out = XmlWriter::new("ceb:");
        out.raw(&root_tag(T::MESSAGE, &self.guid));
        for (index, document) in self.documents.iter().enumerate() {
            out.open(T::ELEMENT);
            document.write_inside(&mut out).map_err(|error| error.in_document(T::ELEMENT, index))?;
            out.close(T::ELEMENT);
        }
        self.transfer.write(&mut out)?;
        if subscribers.len() > SUBSCRIBERS_LIMIT {
            let (element, count) = (BaseSubscribe::ELEMENT, subscribers.len());
            return Err(WriteError::Count { element, count, limit: SUBSCRIBERS_LIMIT });
        }
        for subscriber in subscribers {
            subscriber.write(&mut out)?;
        }
        Ok(Unsigned { root: T::MESSAGE, body: out.finish() })
    }

    /// Reads a received message by the schema, signed or not. The signature is checked by
    /// [`crate::dsig::verify`], not here.
    ///
    /// # Errors
    /// The first thing that is not as the schema has it.
    pub fn read(xml: &[u8]) -> Result<Self, ReadError> {
        Ok(Self::read_with_subscribers(xml)?.0)
    }

    /// As [`Self::read`], with the other parties to which the message is to be passed on.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_with_subscribers(xml: &[u8]) -> Result<(Self, Vec<BaseSubscribe>), ReadError> {
        let text = utf8(xml)?;
        let tree = tree(text)?;
        let root = tree.root_element();
        if local(&root) != T::MESSAGE || !in_ceb(&root) {
            return Err(ReadError::Root(quoted(local(&root))));
        }
        Self::read_root(root)
    }

    fn read_root(root: Node<'_, '_>) -> Result<(Self, Vec<BaseSubscribe>), ReadError> {
        let guid = root.attribute("guid").and_then(|text| text.parse().ok());
        let guid = guid.ok_or(ReadError::RootAttribute("guid"))?;
        if !root.attribute("version").is_some_and(|text| (1..=10).contains(&text.chars().count())) {
            return Err(ReadError::RootAttribute("version"));
        }
        let mut documents = Vec::new();
        let mut transfer = None;
        let mut subscribers = Vec::new();
        for child in elements(root) {
            match (local(&child), &transfer) {
                (name, None) if name == T::ELEMENT && in_ceb(&child) => {
                    let index = documents.len();
                    documents.push(T::read(child).map_err(|error| error.in_document(T::ELEMENT, index))?);
                }
                ("BaseTransfer", None) if in_ceb(&child) => transfer = Some(read_record(child)?),
                (BaseSubscribe::ELEMENT, Some(_))
                    if in_ceb(&child) && subscribers.len() < SUBSCRIBERS_LIMIT =>
                {
                    subscribers.push(read_record(child)?);
                }
                (name, Some(_)) if TRAILERS.contains(&name) => {}
                _ => return Err(unexpected(&child, T::MESSAGE)),
            }
        }
        count_batch(T::ELEMENT, T::MESSAGE, documents.len())?;
        let missing = || FieldError::new(T::MESSAGE, "BaseTransfer", Fault::Missing);
        Ok((Self { guid, documents, transfer: transfer.ok_or_else(missing)? }, subscribers))
    }
}

/// The root's opening tag in canonical order: namespaces by prefix, then attributes by name.
fn root_tag(name: &str, guid: &Guid) -> String {
    let mut tag = String::new();
    // Writing to a String cannot fail.
    let _ = write!(tag, "<ceb:{name} xmlns:ceb=\"{CEB_NS}\" xmlns:xsi=\"{XSI_NS}\" guid=\"");
    crate::write::escape_attribute(&mut tag, guid.as_str());
    tag.push_str("\" version=\"1.0\">");
    tag
}

/// Declares [`AnyMessage`]: one list of kinds from which reading, type and sender follow.
macro_rules! any_message {
    ($( $(#[$doc:meta])* $kind:ident($document:ty), )*) => {
        /// A message of any kind that is filed.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum AnyMessage {
            $( $(#[$doc])* $kind(Message<$document>), )*
        }

        impl AnyMessage {
            /// Reads a message of whichever kind its root element says.
            ///
            /// # Errors
            /// As [`Message::read`]; [`ReadError::Root`] for a kind that is not read here.
            pub fn read(xml: &[u8]) -> Result<Self, ReadError> {
                let text = utf8(xml)?;
                let tree = tree(text)?;
                let root = tree.root_element();
                match local(&root) {
                    _ if !in_ceb(&root) => Err(ReadError::Root(quoted(local(&root)))),
                    $( <$document as Document>::MESSAGE => Message::read_root(root).map(|(message, _)| Self::$kind(message)), )*
                    other => Err(ReadError::Root(quoted(other))),
                }
            }

            /// Writes the message, checking every field on the way.
            ///
            /// # Errors
            /// As [`Message::write`].
            pub fn write(&self) -> Result<Unsigned, WriteError> {
                match self { $( Self::$kind(message) => message.write(), )* }
            }

            /// The root element's name, such as `CEB621Message`.
            #[must_use]
            pub const fn message_type(&self) -> &'static str {
                match self { $( Self::$kind(_) => <$document as Document>::MESSAGE, )* }
            }

            /// The sender.
            #[must_use]
            pub const fn transfer(&self) -> &BaseTransfer {
                match self { $( Self::$kind(message) => &message.transfer, )* }
            }
        }
    };
}

any_message! {
    /// CEB311.
    Order(Order),
    /// CEB411.
    Payment(Payment),
    /// CEB511.
    Logistics(Logistics),
    /// CEB513.
    WaybillStatus(LogisticsStatus),
    /// CEB621.
    Inventory(Inventory),
    /// CEB623.
    Cancel(InvtCancel),
    /// CEB625.
    Refund(InvtRefund),
}
