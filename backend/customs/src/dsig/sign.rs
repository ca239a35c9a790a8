//! Signs a written message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{DS_NS, Profile};
use crate::key::{Signer, SignerError};
use crate::message::Unsigned;
use crate::write::{CEB_NS, XSI_NS, escape_attribute};

/// Why a message was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signer gave something that is not 64 bytes.
    #[error("the signer gave {0} bytes; an SM2 signature is r and s of 32 bytes each")]
    SignatureLength(usize),
}

/// Signs a message: digest of its canonical form, SM2 over the canonical `SignedInfo`, signature as last child.
///
/// The result is the exact text to send and to keep: a port compares what was signed with what it stored, so it is
/// never written anew.
///
/// # Errors
/// [`SignError`] when the signer fails.
pub fn sign(message: &Unsigned, signer: &dyn Signer, profile: &Profile) -> Result<String, SignError> {
    let digest = BASE64.encode(profile.digest(&message.canonical()));
    let inside = signed_info_inside(profile, &digest);
    let signature = signer.sign(canonical_signed_info(&inside).as_bytes())?;
    if signature.len() != 64 {
        return Err(SignError::SignatureLength(signature.len()));
    }
    let certificate = signer.certificate();
    let element = format!(
        "<ds:Signature xmlns:ds=\"{DS_NS}\"><ds:SignedInfo>{inside}</ds:SignedInfo>\
         <ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{}</ds:KeyName>\
         <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        BASE64.encode(signature),
        certificate.serial_hex(),
        BASE64.encode(certificate.der()),
    );
    Ok(message.with_last_child(&element))
}

/// What stands inside `SignedInfo`, compact, empty elements expanded: canonical as it is.
fn signed_info_inside(profile: &Profile, digest: &str) -> String {
    let [c14n, signature, digest_method] = [&profile.c14n_uri, &profile.signature_uri, &profile.digest_uri]
        .map(|uri| {
            let mut escaped = String::new();
            escape_attribute(&mut escaped, uri);
            escaped
        });
    format!(
        "<ds:CanonicalizationMethod Algorithm=\"{c14n}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{signature}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{DS_NS}enveloped-signature\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest_method}\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
    )
}

/// `SignedInfo` as a document subset: it carries the namespaces declared above it.
fn canonical_signed_info(inside: &str) -> String {
    format!(
        "<ds:SignedInfo xmlns:ceb=\"{CEB_NS}\" xmlns:ds=\"{DS_NS}\" xmlns:xsi=\"{XSI_NS}\">{inside}</ds:SignedInfo>"
    )
}
