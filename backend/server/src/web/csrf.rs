//! Forms prove that they were drawn by this server for this browser.
//!
//! The token is a keyed digest of the browser's cookies, so that it needs no table; it is masked anew on every page, so
//! that compressing a page does not give it away.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::secrets::{Secrets, SecretsError, random};
use crate::web::error::WebError;
use crate::web::visit::Visit;

const LEN: usize = 16;

/// What the forms of one browser are checked against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; LEN]);

impl Token {
    /// The token of a browser with these cookies.
    #[must_use]
    pub fn of(secrets: &Secrets, visitor: &str, session: &str) -> Self {
        let digest = secrets.short_fingerprint("form", format!("{visitor}\n{session}").as_bytes());
        let mut bytes = [0; LEN];
        // A digest is hexadecimal and of this length; were it not, no form would be taken.
        let _ = hex::decode_to_slice(digest, &mut bytes);
        Self(bytes)
    }

    /// The token as a page shows it: another text every time.
    ///
    /// # Errors
    /// [`SecretsError::Random`].
    pub fn masked(&self) -> Result<String, SecretsError> {
        let pad = random::<LEN>()?;
        Ok(hex::encode(pad) + &hex::encode(xor(&pad, &self.0)))
    }

    /// Whether a form carries this token.
    #[must_use]
    pub fn is(&self, masked: &str) -> bool {
        let mut both = [0; 2 * LEN];
        if hex::decode_to_slice(masked, &mut both).is_err() {
            return false;
        }
        let (pad, rest) = both.split_at(LEN);
        verify_slices_are_equal(&xor(pad, rest), &self.0).is_ok()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

fn xor(a: &[u8], b: &[u8]) -> [u8; LEN] {
    let mut out = [0; LEN];
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a ^ b;
    }
    out
}

/// The body of a form whose `csrf` field is right. Whatever else than that is wrong with it, nothing was done.
#[derive(Clone, Debug)]
pub struct Posted<T>(pub T);

#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        let (parts, body) = request.into_parts();
        let visit = parts.extensions.get::<Visit>().cloned().ok_or_else(WebError::outside)?;
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(|_| WebError::form())?;
        let again = || Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let Form(field) = Form::<Field>::from_request(again(), state).await.map_err(|_| WebError::form())?;
        if !visit.token.is(&field.csrf) {
            return Err(WebError::stale());
        }
        let Form(form) = Form::<T>::from_request(again(), state).await.map_err(|_| WebError::form())?;
        Ok(Self(form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_under_every_mask_and_no_other_is() {
        let token = Token([7; LEN]);
        let (one, two) = (token.masked().unwrap(), token.masked().unwrap());
        assert_ne!(one, two);
        assert!(token.is(&one) && token.is(&two));
        assert!(!Token([8; LEN]).is(&one));
        assert!(!token.is("") && !token.is(&one[2..]));
    }
}
