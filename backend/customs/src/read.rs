//! Reads received XML. Documents are read strictly, as the port's schema check would; receipts leniently.

use roxmltree::{Document as Tree, Node, ParsingOptions};

use crate::field::{Fault, Field, FieldError, Rule, Value, check};
use crate::guard;
pub use crate::guard::{ATTRIBUTES_LIMIT, DEPTH_LIMIT, NAMESPACES_LIMIT};
use crate::write::{BATCH_LIMIT, CEB_NS, LINE_LIMIT};

/// Most bytes a received message may have.
pub const MESSAGE_BYTES_LIMIT: usize = 32 * 1024 * 1024;
/// Most XML nodes a received message may have: 100 lists of 99 lines stay well below.
const NODES_LIMIT: u32 = 1_500_000;

/// Why received bytes are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More bytes than [`MESSAGE_BYTES_LIMIT`].
    #[error("the message has {0} bytes; at most {MESSAGE_BYTES_LIMIT} are read")]
    TooLarge(usize),
    /// Not UTF-8.
    #[error("the message is not UTF-8 text")]
    NotUtf8,
    /// Not well-formed XML, or XML with a document type, which is refused.
    #[error("the message is not well-formed XML: {0}")]
    NotXml(String),
    /// A document type, entity or notation: no message of customs has one, and they are how parsers are attacked.
    #[error("the message has a document type declaration, which is refused")]
    DocumentType,
    /// Elements nested deeper than [`DEPTH_LIMIT`].
    #[error("elements are nested more than {DEPTH_LIMIT} deep")]
    TooDeep,
    /// A tag with more than [`ATTRIBUTES_LIMIT`] attributes.
    #[error("a tag has more than {ATTRIBUTES_LIMIT} attributes")]
    TooManyAttributes,
    /// More than [`NAMESPACES_LIMIT`] namespaces in scope.
    #[error("more than {NAMESPACES_LIMIT} namespaces are declared one inside the other")]
    TooManyNamespaces,
    /// The root element is not one that can be read here.
    #[error("the root element is \"{0}\", which is not a message expected here")]
    Root(String),
    /// The root's `guid` or `version` is missing or has a wrong length.
    #[error("attribute \"{0}\" of the root element is missing or has a wrong length")]
    RootAttribute(&'static str),
    /// An element stands where the schema has none.
    #[error("element \"{found}\" is not expected in {parent}")]
    Unexpected {
        /// The element at fault.
        found: String,
        /// The element it stands in.
        parent: String,
    },
    /// An element is missing, or there are too many of it.
    #[error("{parent} has {count} of {element}; {low} to {high} are needed")]
    Count {
        /// The element counted.
        element: &'static str,
        /// The element it stands in.
        parent: &'static str,
        /// How many there are.
        count: usize,
        /// Fewest.
        low: usize,
        /// Most.
        high: usize,
    },
    /// A field is missing or wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// How closely the schema is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Namespace (that of the element around them), order and lengths as in the schema: for documents.
    Schema,
    /// By local name, with or without namespace, unknown elements ignored, text trimmed: for receipts.
    Lenient,
}

/// The text of received bytes, a byte order mark removed.
pub(crate) fn utf8(xml: &[u8]) -> Result<&str, ReadError> {
    if xml.len() > MESSAGE_BYTES_LIMIT {
        return Err(ReadError::TooLarge(xml.len()));
    }
    let text = std::str::from_utf8(xml).map_err(|_| ReadError::NotUtf8)?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// Parses received text; what could hurt the parser is refused before it sees it.
pub(crate) fn tree(text: &str) -> Result<Tree<'_>, ReadError> {
    guard::check(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_LIMIT, ..ParsingOptions::default() };
    Tree::parse_with_options(text, options).map_err(|error| ReadError::NotXml(quoted(&error.to_string())))
}

/// Child elements of a node.
pub(crate) fn elements<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// A name or text of the message as an error quotes it: whoever writes a megabyte of it gets a line of it back.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Name without prefix.
pub(crate) fn local<'a>(node: &Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

/// All text directly in a node, comments left out.
pub(crate) fn own_text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Whether the node is in the CEB namespace.
pub(crate) fn in_ceb(node: &Node<'_, '_>) -> bool {
    node.tag_name().namespace() == Some(CEB_NS)
}

impl ReadError {
    /// The same in the document at `index`, counted from 0 as code counts.
    pub(crate) fn in_document(self, name: &'static str, index: usize) -> Self {
        match self {
            Self::Field(error) => Self::Field(error.in_document(name, index)),
            other => other,
        }
    }
}

pub(crate) fn unexpected(node: &Node<'_, '_>, parent: &str) -> ReadError {
    ReadError::Unexpected { found: quoted(local(node)), parent: parent.to_owned() }
}

/// Checks a count of lines or documents.
pub(crate) fn count_lines(
    element: &'static str,
    parent: &'static str,
    count: usize,
) -> Result<(), ReadError> {
    count_within(element, parent, count, LINE_LIMIT)
}

/// Checks a count of documents in a message.
pub(crate) fn count_batch(
    element: &'static str,
    parent: &'static str,
    count: usize,
) -> Result<(), ReadError> {
    count_within(element, parent, count, BATCH_LIMIT)
}

fn count_within(
    element: &'static str,
    parent: &'static str,
    count: usize,
    high: usize,
) -> Result<(), ReadError> {
    if (1..=high).contains(&count) {
        Ok(())
    } else {
        Err(ReadError::Count { element, parent, count, low: 1, high })
    }
}

/// The fields found in one element.
#[derive(Debug)]
pub struct Fields {
    element: &'static str,
    found: Vec<(String, String)>,
    strictness: Strictness,
}

impl Fields {
    /// Collects the fields of `node`; strictly, they must be `table` in its order, each at most once.
    pub(crate) fn collect(
        node: Node<'_, '_>,
        element: &'static str,
        table: &[Field],
        strictness: Strictness,
    ) -> Result<Self, FieldError> {
        let strict = strictness == Strictness::Schema;
        let mut rest = table.iter();
        let mut found = Vec::with_capacity(table.len());
        for child in elements(node) {
            let name = local(&child);
            let same_namespace = || child.tag_name().namespace() == node.tag_name().namespace();
            let in_place = || same_namespace() && elements(child).next().is_none();
            if strict && !(in_place() && rest.any(|field| field.name == name)) {
                return Err(FieldError::new(element, quoted(name), Fault::Unexpected));
            }
            let text = own_text(child);
            found.push((name.to_owned(), if strict { text } else { text.trim().to_owned() }));
        }
        Ok(Self { element, found, strictness })
    }

    /// The value of one field. An optional field that is empty counts as absent.
    ///
    /// # Errors
    /// Missing, of a wrong length (strict reading only), or not a value of its type.
    pub fn value<T: Value>(&self, name: &'static str, rule: Rule) -> Result<T, FieldError> {
        let element = self.element;
        let text = self.found.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str());
        match text {
            None => T::absent().ok_or_else(|| FieldError::new(element, name, Fault::Missing)),
            Some("") if !T::REQUIRED => {
                T::absent().ok_or_else(|| FieldError::new(element, name, Fault::Missing))
            }
            Some(text) => {
                if self.strictness == Strictness::Schema {
                    check(element, name, rule, text)?;
                }
                T::from_text(text).map_err(|reason| FieldError::new(element, name, Fault::Value(reason)))
            }
        }
    }
}
