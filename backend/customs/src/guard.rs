//! Looks through received text before a parser does, and refuses what could exhaust it: document types, nesting without
//! end, tags of thousands of attributes, thousands of namespaces in scope.
//!
//! The parser keeps every namespace in scope for every element that declares one, and compares each attribute of a tag
//! with the others: 30 megabytes made for it would take all memory. Both are cheap while their numbers are bounded, and
//! this bounds them.

use crate::read::ReadError;

/// Deepest nesting that is read; messages have six levels, envelopes of the exchange network seven.
pub const DEPTH_LIMIT: usize = 64;
/// Most attributes in one tag; messages have four.
pub const ATTRIBUTES_LIMIT: usize = 128;
/// Most namespace declarations in scope at once; messages have three.
pub const NAMESPACES_LIMIT: usize = 32;

/// Refuses text that would be dangerous to parse. Whether it is XML at all is for the parser to say.
pub(crate) fn check(text: &str) -> Result<(), ReadError> {
    // For each open element, the namespace declarations in scope in it.
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text.as_bytes();
    while let Some(after) = after_next(rest, b"<") {
        rest = after;
        if let Some(inside) = rest.strip_prefix(b"!--") {
            rest = after_next(inside, b"-->").unwrap_or_default();
        } else if let Some(inside) = rest.strip_prefix(b"![CDATA[") {
            rest = after_next(inside, b"]]>").unwrap_or_default();
        } else if rest.starts_with(b"!") {
            return Err(ReadError::DocumentType);
        } else if rest.starts_with(b"?") {
            rest = after_next(rest, b"?>").unwrap_or_default();
        } else if rest.starts_with(b"/") {
            open.pop();
        } else {
            let tag = Tag::read(rest);
            if tag.attributes > ATTRIBUTES_LIMIT {
                return Err(ReadError::TooManyAttributes);
            }
            let in_scope = open.last().copied().unwrap_or_default().saturating_add(tag.namespaces);
            if in_scope > NAMESPACES_LIMIT {
                return Err(ReadError::TooManyNamespaces);
            }
            if open.len() >= DEPTH_LIMIT {
                return Err(ReadError::TooDeep);
            }
            if !tag.empty {
                open.push(in_scope);
            }
            rest = tag.after;
        }
    }
    Ok(())
}

/// What stands after the next `mark`.
fn after_next<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let (&first, _) = mark.split_first()?;
    let mut rest = bytes;
    loop {
        let at = rest.iter().position(|&byte| byte == first)?;
        rest = rest.get(at..)?;
        if let Some(after) = rest.strip_prefix(mark) {
            return Some(after);
        }
        rest = rest.get(1..)?;
    }
}

/// An opening tag from after its `<`.
struct Tag<'a> {
    attributes: usize,
    /// Those of the attributes that declare a namespace.
    namespaces: usize,
    empty: bool,
    after: &'a [u8],
}

impl<'a> Tag<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut tag = Self { attributes: 0, namespaces: 0, empty: false, after: &[] };
        let (mut quote, mut last, mut name) = (None, b' ', bytes);
        for (at, &byte) in bytes.iter().enumerate() {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => {
                    tag.attributes = tag.attributes.saturating_add(1);
                    let declares = usize::from(name.starts_with(b"xmlns"));
                    tag.namespaces = tag.namespaces.saturating_add(declares);
                }
                (None, b'>') => {
                    tag.empty = last == b'/';
                    tag.after = bytes.get(at.saturating_add(1)..).unwrap_or_default();
                    return tag;
                }
                // A name begins after white space, or right after a value in text that is no XML.
                (None, _)
                    if !byte.is_ascii_whitespace()
                        && (last.is_ascii_whitespace() || matches!(last, b'"' | b'\'')) =>
                {
                    name = bytes.get(at..).unwrap_or_default();
                }
                _ => {}
            }
            last = byte;
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_messages_are_made_of_passes() {
        for xml in [
            "<?xml version='1.0'?><a b='1' c=\"x>y\"><!-- <!DOCTYPE --><b/><![CDATA[<!ENTITY]]></a>",
            "<a>text with = and > and &lt;!DOCTYPE&gt;</a>",
            "",
            "no xml",
        ] {
            assert_eq!(check(xml), Ok(()), "{xml}");
        }
    }

    #[test]
    fn document_types_entities_and_notations_are_refused_wherever_they_stand() {
        for xml in [
            "<!DOCTYPE a SYSTEM 'http://example.invalid/x.dtd'><a/>",
            "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
            "<a><!ENTITY x 'y'></a>",
            "<!-- x --><!doctype a><a/>",
            "<a><!NOTATION n SYSTEM 'x'></a>",
        ] {
            assert_eq!(check(xml), Err(ReadError::DocumentType), "{xml}");
        }
    }

    #[test]
    fn nesting_is_counted_exactly() {
        let nested = |depth: usize| format!("{}{}", "<a x='/>'>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(check(&nested(DEPTH_LIMIT)), Ok(()));
        assert_eq!(check(&nested(DEPTH_LIMIT + 1)), Err(ReadError::TooDeep));
        assert_eq!(check(&"<a/>".repeat(10_000)), Ok(()));
        assert_eq!(check(&"<a></a>".repeat(10_000)), Ok(()));
    }

    #[test]
    fn attributes_of_one_tag_are_counted_and_quoted_equals_signs_are_not() {
        let tag = |count: usize| format!("<a {}/>", "x='= xmlns='\n".repeat(count));
        assert_eq!(check(&tag(ATTRIBUTES_LIMIT)), Ok(()));
        assert_eq!(check(&tag(ATTRIBUTES_LIMIT + 1)), Err(ReadError::TooManyAttributes));
    }

    #[test]
    fn namespaces_are_counted_as_long_as_they_are_in_scope() {
        let declared = |count: usize| format!("<a{}>", " xmlns:b = 'u'".repeat(count));
        let beside = format!("{}</a>", declared(16)).repeat(100);
        assert_eq!(check(&beside), Ok(()));
        assert_eq!(check(&declared(16).repeat(2)), Ok(()));
        assert_eq!(check(&declared(16).repeat(3)), Err(ReadError::TooManyNamespaces));
        assert_eq!(check(&declared(NAMESPACES_LIMIT + 1)), Err(ReadError::TooManyNamespaces));
        assert_eq!(
            check(&"<a x='1'xmlns:b='u'>".repeat(NAMESPACES_LIMIT + 1)),
            Err(ReadError::TooManyNamespaces)
        );
    }
}
