//! What goes over the line: the business message itself, or a `DxpMsg` around it.

use pickup_customs::DxpMsg;

use super::config::{Payload, PortConfig};
use crate::clearing::gateway::{GatewayError, Outgoing};
use crate::demo::GatewayData;

/// The bytes to hand over.
///
/// # Errors
/// [`GatewayError::Envelope`] when the message does not fit.
pub fn wrap(
    payload: Payload,
    message: &Outgoing<'_>,
    port: &PortConfig,
    operator: &GatewayData,
) -> Result<Vec<u8>, GatewayError> {
    if payload == Payload::Bare {
        return Ok(message.body.to_vec());
    }
    let (sender, receiver) = port.mailboxes(operator);
    DxpMsg::new(message.id, sender, receiver, message.at, message.kind, message.body.to_vec())
        .to_xml()
        .map(String::into_bytes)
        .map_err(|why| GatewayError::Envelope { id: message.id.to_owned(), why: why.to_string() })
}

/// Kind and business message of what was received, whether or not it comes in an envelope. `kind` is what the way says of
/// it, used when the text does not say it itself.
#[must_use]
pub fn unwrap(kind: &str, body: Vec<u8>) -> (String, Vec<u8>) {
    match root(&body) {
        Some("DxpMsg" | "DxpMsgSv") => match DxpMsg::read(&body) {
            Ok(envelope) => {
                (root(&envelope.data).unwrap_or(&envelope.info.msg_type).to_owned(), envelope.data)
            }
            Err(_) => (kind.to_owned(), body),
        },
        Some(name) => (name.to_owned(), body),
        None => (kind.to_owned(), body),
    }
}

/// Local name of the first element of a text that looks like XML.
#[must_use]
pub fn root(body: &[u8]) -> Option<&str> {
    let mut rest = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim_start();
    loop {
        let inside = rest.strip_prefix('<')?;
        if inside.starts_with('?') {
            rest = inside.split_once("?>")?.1.trim_start();
        } else if inside.starts_with("!--") {
            rest = inside.split_once("-->")?.1.trim_start();
        } else {
            let name = inside.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
            let local = name.rsplit(':').next()?;
            return local.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(local);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_behind_declaration_comment_and_prefix() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><ceb:CEB622Message guid=\"1\"/>";
        assert_eq!(root(text.as_bytes()), Some("CEB622Message"));
        assert_eq!(root(b"not xml"), None);
        assert_eq!(root(b"<"), None);
        assert_eq!(root(&[0xff, 0xfe]), None);
    }

    #[test]
    fn a_message_comes_out_of_its_envelope_byte_for_byte() {
        let inner = b"<CEB622Message>\r\n</CEB622Message>".to_vec();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let text = DxpMsg::new("1", "A", "B", at, "CEB622Message", inner.clone()).to_xml().unwrap();
        assert_eq!(unwrap("?", text.into_bytes()), ("CEB622Message".to_owned(), inner));
        assert_eq!(unwrap("CEB622Message", b"\x00".to_vec()), ("CEB622Message".to_owned(), b"\x00".to_vec()));
    }
}
