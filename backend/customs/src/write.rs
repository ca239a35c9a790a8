//! Writes compact canonical XML: no white space between elements, nothing left to a canonicaliser to change.

use crate::field::{Fault, FieldError, Rule, Value, check};

/// Namespace of all CEB messages.
pub const CEB_NS: &str = "http://www.chinaport.gov.cn/ceb";
/// Namespace of XML Schema instances; declared on the root as the published tools do.
pub const XSI_NS: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Most documents in one message.
pub const BATCH_LIMIT: usize = 100;
/// Most lines in one order or list.
pub const LINE_LIMIT: usize = 99;
/// What stands before the root element of every message. Canonicalisation leaves it out.
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Why a message was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A field breaks its rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// No documents, or more than a message may carry.
    #[error("a message carries 1 to {BATCH_LIMIT} documents, not {0}: split the batch")]
    Batch(usize),
    /// No lines, or more than a document may carry.
    #[error(
        "{element} occurs 1 to {LINE_LIMIT} times in a document, not {count} as in document {document}: split the order"
    )]
    Lines {
        /// The line element.
        element: &'static str,
        /// The document's place in the message, counted from 1.
        document: usize,
        /// Lines given.
        count: usize,
    },
    /// An element of an envelope, or a subscriber of a message, is missing or repeated too often.
    #[error("{element} occurs up to {limit} times, not {count}")]
    Count {
        /// The repeated element.
        element: &'static str,
        /// How many were given.
        count: usize,
        /// Most.
        limit: usize,
    },
}

impl WriteError {
    /// The same in the document at `index`, counted from 0 as code counts.
    pub(crate) fn in_document(self, name: &'static str, index: usize) -> Self {
        match self {
            Self::Field(error) => Self::Field(error.in_document(name, index)),
            Self::Lines { element, count, .. } => {
                Self::Lines { element, document: index.saturating_add(1), count }
            }
            Self::Batch(_) | Self::Count { .. } => self,
        }
    }
}

/// Collects the XML text of one message.
#[derive(Debug)]
pub struct XmlWriter {
    out: String,
    /// Holds the text of one field at a time.
    scratch: String,
    prefix: &'static str,
}

impl XmlWriter {
    /// A writer whose elements carry `prefix` (`"ceb:"`, or `""` for receipts).
    pub(crate) fn new(prefix: &'static str) -> Self {
        Self { out: String::with_capacity(4096), scratch: String::new(), prefix }
    }

    /// The text so far.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Appends text that is XML already.
    pub(crate) fn raw(&mut self, xml: &str) {
        self.out.push_str(xml);
    }

    /// Appends text content.
    pub(crate) fn escaped(&mut self, text: &str) {
        escape_text(&mut self.out, text);
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.tag("<", name);
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.tag("</", name);
    }

    /// Writes one field after checking it; an absent optional field writes nothing.
    pub(crate) fn field<T: Value>(
        &mut self,
        element: &'static str,
        name: &'static str,
        rule: Rule,
        value: &T,
    ) -> Result<(), FieldError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let done = match value.text(&mut scratch) {
            Some(text) => self.text(element, name, rule, T::REQUIRED, text),
            None => Ok(()),
        };
        self.scratch = scratch;
        done
    }

    /// Writes the text of one field after checking it.
    pub(crate) fn text(
        &mut self,
        element: &'static str,
        name: &'static str,
        rule: Rule,
        required: bool,
        text: &str,
    ) -> Result<(), FieldError> {
        if !required && text.is_empty() {
            return Err(FieldError::new(element, name, Fault::TooShort { length: 0, limit: 1 }));
        }
        check(element, name, rule, text)?;
        self.open(name);
        escape_text(&mut self.out, text);
        self.close(name);
        Ok(())
    }

    fn tag(&mut self, start: &str, name: &str) {
        for part in [start, self.prefix, name, ">"] {
            self.out.push_str(part);
        }
    }
}

/// Appends text content as Canonical XML 1.0 writes it.
pub(crate) fn escape_text(out: &mut String, text: &str) {
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends an attribute value as Canonical XML 1.0 writes it.
pub(crate) fn escape_attribute(out: &mut String, text: &str) {
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends text run by run: what is between two escaped characters goes over in one piece.
fn escape(out: &mut String, text: &str, entity: impl Fn(u8) -> Option<&'static str>) {
    let mut rest = text;
    while let Some((at, written)) = rest.bytes().enumerate().find_map(|(at, byte)| Some((at, entity(byte)?)))
    {
        // An escaped character is one ASCII byte, so both cuts are between characters.
        let Some((plain, after)) = rest.split_at_checked(at) else { break };
        out.push_str(plain);
        out.push_str(written);
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
