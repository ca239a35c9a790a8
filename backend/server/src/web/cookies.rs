//! Cookies: read from a request, made for an answer.

use axum::http::{HeaderMap, HeaderValue, header};

/// Cookie of a browser without account: a random number that its forms are bound to.
pub const VISITOR: &str = "bp_visitor";
/// Cookie of a session of the console.
pub const SESSION: &str = "bp_session";

/// The value of a cookie of a request.
#[must_use]
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// A `Set-Cookie` line: not for scripts, not sent along from other sites, gone after `max_age_s` or, without it, with the
/// browser's session. `None` when the value has characters that no cookie may have.
#[must_use]
pub fn set(name: &str, value: &str, max_age_s: Option<u32>, secure: bool) -> Option<HeaderValue> {
    let age = max_age_s.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    let good = value.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"' | b'\\'));
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
    HeaderValue::from_str(&line).ok().filter(|_| good)
}

/// A `Set-Cookie` line that makes the browser forget a cookie.
#[must_use]
pub fn forget(name: &str, secure: bool) -> Option<HeaderValue> {
    set(name, "", Some(0), secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xbp=1; bp=2;  c=3".parse().unwrap());
        assert_eq!(get(&headers, "bp"), Some("2"));
        assert_eq!(get(&headers, "c"), Some("3"));
        assert_eq!(get(&headers, "b"), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites_and_cannot_carry_attributes() {
        let line = set("a", "b", Some(60), true).unwrap();
        assert_eq!(line, "a=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        assert!(set("a", "b; Domain=example", None, false).is_none());
    }
}
