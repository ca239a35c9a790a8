//! Inclusive Canonical XML 1.0 (W3C, 15 March 2001) over received text, for documents without a document type.
//!
//! Element and attribute names are taken from the received text itself, so that prefixes stay as they were sent.

use roxmltree::{Node, NodeId, NodeType};

use crate::write::{escape_attribute, escape_text};

/// Deepest nesting that is canonicalised; CEB messages have six levels.
const DEPTH_LIMIT: usize = 64;
const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";

/// Why a document was not canonicalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum C14nError {
    /// Elements nested deeper than any CEB message.
    #[error("elements are nested more than {DEPTH_LIMIT} deep")]
    TooDeep,
    /// `xml:` attributes above the part that is canonicalised; no CEB message has them.
    #[error("xml: attributes above the signed part are not supported")]
    XmlAttribute,
    /// The parser's positions do not point at a name; cannot happen for text it parsed.
    #[error("the parsed positions do not fit the text")]
    Positions,
}

/// What is left out and kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// A subtree left out: the signature itself (enveloped-signature transform).
    pub without: Option<NodeId>,
    /// Whether comments are kept (`#WithComments`).
    pub comments: bool,
}

/// Canonical form of a whole document.
pub(crate) fn document(root: Node<'_, '_>, options: Options) -> Result<String, C14nError> {
    let mut writer = Writer::new(root, options);
    let mut past_element = false;
    for child in root.document().root().children() {
        match child.node_type() {
            NodeType::Element => {
                writer.element(child, &[], 0)?;
                past_element = true;
            }
            NodeType::PI | NodeType::Comment => writer.outside(child, past_element)?,
            _ => {}
        }
    }
    Ok(writer.out)
}

/// Canonical form of one element with everything in it, as a document subset.
pub(crate) fn subtree(node: Node<'_, '_>, comments: bool) -> Result<String, C14nError> {
    let above = node.ancestors().skip(1).flat_map(|ancestor| ancestor.attributes());
    if above.into_iter().any(|attribute| attribute.namespace() == Some(XML_NS)) {
        return Err(C14nError::XmlAttribute);
    }
    let mut writer = Writer::new(node, Options { without: None, comments });
    writer.element(node, &[], 0)?;
    Ok(writer.out)
}

/// A namespace declaration: prefix (empty for the default) and URI.
type Declaration<'a> = (&'a str, &'a str);

struct Writer<'a> {
    source: &'a str,
    out: String,
    options: Options,
}

impl<'a> Writer<'a> {
    fn new(node: Node<'a, '_>, options: Options) -> Self {
        let source = node.document().input_text();
        Self { source, out: String::with_capacity(source.len()), options }
    }

    fn element(
        &mut self,
        node: Node<'a, '_>,
        declared: &[Declaration<'a>],
        depth: usize,
    ) -> Result<(), C14nError> {
        if depth > DEPTH_LIMIT {
            return Err(C14nError::TooDeep);
        }
        let name = self.element_name(node)?;
        let in_scope = namespaces(node);
        self.out.push('<');
        self.out.push_str(name);
        self.declarations(&in_scope, declared);
        self.attributes(node)?;
        self.out.push('>');
        for child in node.children() {
            self.child(child, &in_scope, depth)?;
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    fn child(
        &mut self,
        child: Node<'a, '_>,
        in_scope: &[Declaration<'a>],
        depth: usize,
    ) -> Result<(), C14nError> {
        match child.node_type() {
            NodeType::Element if self.options.without == Some(child.id()) => Ok(()),
            NodeType::Element => self.element(child, in_scope, depth + 1),
            NodeType::Text => {
                escape_text(&mut self.out, child.text().unwrap_or_default());
                Ok(())
            }
            NodeType::Comment if self.options.comments => {
                self.out.push_str("<!--");
                self.out.push_str(child.text().unwrap_or_default());
                self.out.push_str("-->");
                Ok(())
            }
            NodeType::PI => {
                self.instruction(child);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A comment or processing instruction beside the root element: on a line of its own.
    fn outside(&mut self, node: Node<'a, '_>, past_element: bool) -> Result<(), C14nError> {
        if node.is_comment() && !self.options.comments {
            return Ok(());
        }
        if past_element {
            self.out.push('\n');
        }
        self.child(node, &[], 0)?;
        if !past_element {
            self.out.push('\n');
        }
        Ok(())
    }

    fn instruction(&mut self, node: Node<'a, '_>) {
        let Some(instruction) = node.pi() else { return };
        self.out.push_str("<?");
        self.out.push_str(instruction.target);
        if let Some(value) = instruction.value {
            self.out.push(' ');
            self.out.push_str(value);
        }
        self.out.push_str("?>");
    }

    /// Declarations that the nearest written ancestor does not have already, by prefix.
    fn declarations(&mut self, in_scope: &[Declaration<'a>], declared: &[Declaration<'a>]) {
        let default_was_set = declared.iter().any(|(prefix, _)| prefix.is_empty());
        if default_was_set && !in_scope.iter().any(|(prefix, _)| prefix.is_empty()) {
            self.out.push_str(" xmlns=\"\"");
        }
        for declaration in in_scope.iter().filter(|declaration| !declared.contains(declaration)) {
            let (prefix, uri) = *declaration;
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            self.out.push_str("=\"");
            escape_attribute(&mut self.out, uri);
            self.out.push('"');
        }
    }

    /// Attributes by namespace, then by local name.
    fn attributes(&mut self, node: Node<'a, '_>) -> Result<(), C14nError> {
        let mut attributes: Vec<_> = node.attributes().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in attributes {
            let name = self.source.get(attribute.range_qname()).ok_or(C14nError::Positions)?;
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_attribute(&mut self.out, attribute.value());
            self.out.push('"');
        }
        Ok(())
    }

    /// The element's name with its prefix, as it stands in the text.
    fn element_name(&self, node: Node<'_, '_>) -> Result<&'a str, C14nError> {
        let from = self.source.get(node.range().start..).and_then(|text| text.strip_prefix('<'));
        let from = from.ok_or(C14nError::Positions)?;
        let end = from.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        end.and_then(|end| from.get(..end)).ok_or(C14nError::Positions)
    }
}

/// Namespaces in scope, sorted by prefix with the default first; `xml` and an undeclared default left out.
fn namespaces<'a>(node: Node<'a, '_>) -> Vec<Declaration<'a>> {
    let mut found: Vec<Declaration<'a>> = node
        .namespaces()
        .map(|namespace| (namespace.name().unwrap_or_default(), namespace.uri()))
        .filter(|&(prefix, uri)| prefix != "xml" && !(prefix.is_empty() && uri.is_empty()))
        .collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree;

    fn check(xml: &str, expect: &str) {
        let tree = tree(xml).unwrap();
        let options = Options { without: None, comments: false };
        assert_eq!(document(tree.root_element(), options).unwrap(), expect);
    }

    #[test]
    fn empty_elements_are_expanded_and_attributes_sorted() {
        check(
            "<?xml version='1.0'?>\n<a  c='1' b=\"x&lt;&#10;\"  ><b/></a>\n",
            "<a b=\"x&lt;&#xA;\" c=\"1\"><b></b></a>",
        );
    }

    #[test]
    fn namespaces_come_first_by_prefix_and_are_not_repeated() {
        check(
            "<b:x z='1' xmlns:b='u:b' xmlns='u:d' xmlns:a='u:a' b:y='2'><y xmlns='u:d'><b:z xmlns:a='u:n'/></y></b:x>",
            "<b:x xmlns=\"u:d\" xmlns:a=\"u:a\" xmlns:b=\"u:b\" z=\"1\" b:y=\"2\"><y><b:z xmlns:a=\"u:n\"></b:z></y></b:x>",
        );
    }

    #[test]
    fn an_undeclared_default_namespace_is_written_once() {
        check("<a xmlns='u:a'><b xmlns=''><c/></b></a>", "<a xmlns=\"u:a\"><b xmlns=\"\"><c></c></b></a>");
    }

    #[test]
    fn comments_go_and_character_data_sections_become_text() {
        check("<!-- x --><a>1<!-- y --><![CDATA[<&>]]>\r\n&#13;</a>", "<a>1&lt;&amp;&gt;\n&#xD;</a>");
    }

    #[test]
    fn instructions_beside_the_root_stand_on_lines_of_their_own() {
        check("<?p  q r?><a><?s?></a><?t?>", "<?p q r?>\n<a><?s?></a>\n<?t?>");
    }

    #[test]
    fn a_part_declares_what_it_inherits() {
        let xml = "<r xmlns:x='u:x'><s xmlns='u:s'><t/></s></r>";
        let tree = tree(xml).unwrap();
        let node = tree.descendants().find(|node| node.has_tag_name(("u:s", "t"))).unwrap();
        assert_eq!(subtree(node, false).unwrap(), "<t xmlns=\"u:s\" xmlns:x=\"u:x\"></t>");
    }

    #[test]
    fn very_deep_nesting_is_refused() {
        let xml = format!("{}{}", "<a>".repeat(80), "</a>".repeat(80));
        let tree = roxmltree::Document::parse(&xml).unwrap();
        let options = Options { without: None, comments: false };
        assert_eq!(document(tree.root_element(), options), Err(C14nError::TooDeep));
    }

    #[test]
    fn the_official_samples_come_out_as_from_another_canonicaliser() {
        let samples =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/customs/samples");
        let Ok(files) = std::fs::read_dir(&samples) else {
            eprintln!("not checked against the official samples: {} is not there", samples.display());
            return;
        };
        for file in files.map(|file| file.unwrap().path()) {
            let Ok(other) = std::process::Command::new("xmllint").arg("--c14n").arg(&file).output() else {
                eprintln!("not checked with xmllint: it is not installed");
                return;
            };
            check(&std::fs::read_to_string(&file).unwrap(), &String::from_utf8(other.stdout).unwrap());
        }
    }
}
