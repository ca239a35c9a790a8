//! Writes compact canonical XML: no white space between elements, nothing left to a canonicaliser to change.

use crate::field::{FieldError, Rule, Value, check};

/// Namespace of all CEB messages.
pub const CEB_NS: &str = "http://www.chinaport.gov.cn/ceb";
/// Namespace of XML Schema instances; declared on the root as the published tools do.
pub const XSI_NS: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Most documents in one message.
pub const BATCH_LIMIT: usize = 100;
/// Most lines in one order or list.
pub const LINE_LIMIT: usize = 99;

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
    #[error("{element} occurs 1 to {LINE_LIMIT} times in a document, not {count}: split the order")]
    Lines {
        /// The line element.
        element: &'static str,
        /// Lines given.
        count: usize,
    },
}

/// Collects the XML text of one message.
#[derive(Debug)]
pub struct XmlWriter {
    out: String,
    prefix: &'static str,
}

impl XmlWriter {
    /// A writer whose elements carry `prefix` (`"ceb:"`, or `""` for receipts).
    pub(crate) fn new(prefix: &'static str) -> Self {
        Self { out: String::with_capacity(4096), prefix }
    }

    /// The text so far.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Appends text that is XML already.
    pub(crate) fn raw(&mut self, xml: &str) {
        self.out.push_str(xml);
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
        let Some(text) = value.to_text() else { return Ok(()) };
        if !T::REQUIRED && text.is_empty() {
            return Err(FieldError::TooShort { element, field: name.to_owned(), length: 0, limit: 1 });
        }
        check(element, name, rule, &text)?;
        self.open(name);
        escape_text(&mut self.out, &text);
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
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(c),
        }
    }
}

/// Appends an attribute value as Canonical XML 1.0 writes it.
pub(crate) fn escape_attribute(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(c),
        }
    }
}
