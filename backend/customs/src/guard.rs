//! Looks through received text before a parser does, and refuses what could exhaust it: document types, nesting without
//! end, tags of thousands of attributes.
//!
//! The parser keeps every namespace in scope of every element that declares one, and compares each attribute of a tag
//! with the others. Both are cheap while nesting and attributes are bounded, and this bounds them.

use crate::read::ReadError;

/// Deepest nesting that is read; messages have six levels, envelopes of the exchange network seven.
pub const DEPTH_LIMIT: usize = 64;
/// Most attributes in one tag; messages have four.
pub const ATTRIBUTES_LIMIT: usize = 128;

/// Refuses text that would be dangerous to parse. Whether it is XML at all is for the parser to say.
pub(crate) fn check(text: &str) -> Result<(), ReadError> {
    let mut depth = 0_usize;
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
            depth = depth.saturating_sub(1);
        } else {
            let tag = Tag::read(rest);
            if tag.attributes > ATTRIBUTES_LIMIT {
                return Err(ReadError::TooManyAttributes);
            }
            // An empty element counts for a moment too.
            depth = depth.saturating_add(1);
            if depth > DEPTH_LIMIT {
                return Err(ReadError::TooDeep);
            }
            if tag.empty {
                depth = depth.saturating_sub(1);
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
    empty: bool,
    after: &'a [u8],
}

impl<'a> Tag<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let (mut quote, mut attributes, mut last) = (None, 0_usize, b' ');
        for (at, &byte) in bytes.iter().enumerate() {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes = attributes.saturating_add(1),
                (None, b'>') => {
                    let after = bytes.get(at.saturating_add(1)..).unwrap_or_default();
                    return Self { attributes, empty: last == b'/', after };
                }
                _ => {}
            }
            last = byte;
        }
        Self { attributes, empty: false, after: &[] }
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
        let tag = |count: usize| format!("<a {}/>", "x='=='\n".repeat(count));
        assert_eq!(check(&tag(ATTRIBUTES_LIMIT)), Ok(()));
        assert_eq!(check(&tag(ATTRIBUTES_LIMIT + 1)), Err(ReadError::TooManyAttributes));
    }
}
