//! Forms with a file (`multipart/form-data`, RFC 7578), as small as pages need it: text fields and one file, all in memory.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;

use crate::web::error::WebError;
use crate::web::visit::Visit;

/// A form with a file whose `csrf` field is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Text fields by name.
    pub fields: BTreeMap<String, String>,
    /// Content of the file; empty when none was chosen.
    pub file: Vec<u8>,
}

impl<S: Send + Sync> FromRequest<S> for Uploaded {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        let visit = request.extensions().get::<Visit>().cloned().ok_or_else(WebError::outside)?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(boundary).ok_or_else(WebError::form)?.to_owned();
        let bytes = Bytes::from_request(request, state).await.map_err(|_| WebError::form())?;
        let form = read(&bytes, &boundary).ok_or_else(WebError::form)?;
        let token = form.fields.get("csrf").map(String::as_str).unwrap_or_default();
        if visit.token.is(token) { Ok(form) } else { Err(WebError::stale()) }
    }
}

fn boundary(kind: &str) -> Option<&str> {
    let (kind, rest) = kind.split_once(';')?;
    let boundary = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    (kind.trim().eq_ignore_ascii_case("multipart/form-data") && !boundary.is_empty()).then_some(boundary)
}

/// Reads the parts between the boundaries; `None` when it is not such a form.
fn read(body: &[u8], boundary: &str) -> Option<Uploaded> {
    let (first, mark) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut form = Uploaded::default();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, mark.as_bytes())?;
        let (inside, behind) = part.split_at_checked(end)?;
        let split = find(inside, b"\r\n\r\n")?;
        let head = std::str::from_utf8(inside.get(..split)?).ok()?;
        let content = inside.get(split.checked_add(4)?..)?;
        match name(head)? {
            (_, true) => form.file = content.to_vec(),
            (name, false) => {
                form.fields.insert(name.to_owned(), String::from_utf8(content.to_vec()).ok()?);
            }
        }
        rest = behind.get(mark.len()..)?;
    }
    rest.starts_with(b"--").then_some(form)
}

/// Name of a field, and whether it is the file.
fn name(head: &str) -> Option<(&str, bool)> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = line.split(';').find_map(|part| part.trim().strip_prefix("name="))?.trim_matches('"');
    Some((name, line.split(';').any(|part| part.trim().starts_with("filename"))))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--xyz\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"盘点.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        barcode,quantity\r\n1,2\r\n\r\n--xyz--\r\n";

    #[test]
    fn fields_and_file_are_read_as_they_were_sent() {
        let form = read(BODY.as_bytes(), "xyz").unwrap();
        assert_eq!(form.fields["csrf"], "abc");
        assert_eq!(form.file, b"barcode,quantity\r\n1,2\r\n");
        assert_eq!(boundary("multipart/form-data; boundary=\"xyz\""), Some("xyz"));
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
    }

    #[test]
    fn a_form_that_is_cut_anywhere_is_none() {
        let whole = BODY.len() - "--\r\n".len();
        for end in (0..whole).filter(|end| BODY.is_char_boundary(*end)) {
            assert_eq!(read(&BODY.as_bytes()[..end], "xyz"), None, "{end} bytes");
        }
        assert_eq!(read(BODY.as_bytes(), "other"), None);
    }
}
