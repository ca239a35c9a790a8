//! Signs a written message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{DS_NS, Profile};
use crate::cert::{Certificate, KeyKind};
use crate::key::{Signer, SignerError};
use crate::message::Unsigned;
use crate::write::{CEB_NS, XSI_NS, escape_attribute};

/// Why a message was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The certificate is for another kind of key than the profile signs with.
    #[error(
        "the profile {profile} signs with an {profile_key:?} key, but the certificate is for an {key:?} key"
    )]
    Kind {
        /// Name of the profile.
        profile: String,
        /// What the profile signs with.
        profile_key: KeyKind,
        /// What the certificate is for.
        key: KeyKind,
    },
    /// The signer gave something that is no signature of its certificate's kind.
    #[error("the signer gave {found} bytes; a signature of its key has {needed}")]
    SignatureLength {
        /// Bytes given.
        found: usize,
        /// Bytes a signature has.
        needed: usize,
    },
    /// The signature is not by the certificate's key.
    #[error("the signature is not by the key of certificate {serial}: another card or key was used")]
    OtherKey {
        /// Serial number of the certificate, hex.
        serial: String,
    },
}

/// Signs a message: digest of its canonical form, signature over the canonical `SignedInfo`, signature as last child.
///
/// The result is the exact text to send and to keep: a port compares what was signed with what it stored, so it is
/// never written anew.
///
/// # Errors
/// [`SignError`] when the signer fails or does not fit the profile.
pub fn sign(message: &Unsigned, signer: &dyn Signer, profile: &Profile) -> Result<String, SignError> {
    let prepared = prepare(message, profile, signer.certificate());
    prepared.fits()?;
    let signature = signer.sign(prepared.to_sign())?;
    prepared.finish(&signature)
}

/// A message that waits for its signature: the bytes to sign, and all that is needed to finish it. The waiting, for a
/// card or another machine, happens in between and outside.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    message: &'a Unsigned,
    certificate: &'a Certificate,
    profile: String,
    profile_key: KeyKind,
    inside: String,
    to_sign: Vec<u8>,
}

/// Computes what is to be signed of a message by the holder of `certificate`.
#[must_use]
pub fn prepare<'a>(message: &'a Unsigned, profile: &Profile, certificate: &'a Certificate) -> Prepared<'a> {
    let digest = BASE64.encode(profile.digest(&message.canonical_pieces()));
    let inside = signed_info_inside(profile, &digest);
    Prepared {
        message,
        certificate,
        profile: profile.to_string(),
        profile_key: profile.signature,
        to_sign: canonical_signed_info(&inside).into_bytes(),
        inside,
    }
}

impl Prepared<'_> {
    /// The bytes to sign, whole: SM2 hashes them with SM3 and the user id [`crate::DIST_ID`], RSA with SHA-1.
    #[must_use]
    pub fn to_sign(&self) -> &[u8] {
        &self.to_sign
    }

    /// The signed message, from the signature over [`Self::to_sign`]: raw `r||s` for SM2.
    ///
    /// # Errors
    /// [`SignError::Kind`] or [`SignError::SignatureLength`].
    pub fn finish(self, signature: &[u8]) -> Result<String, SignError> {
        self.fits()?;
        let needed = self.certificate.signature_length();
        if signature.len() != needed {
            return Err(SignError::SignatureLength { found: signature.len(), needed });
        }
        let element = format!(
            "<ds:Signature xmlns:ds=\"{DS_NS}\"><ds:SignedInfo>{}</ds:SignedInfo>\
             <ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:KeyName>{}</ds:KeyName>\
             <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
            self.inside,
            BASE64.encode(signature),
            self.certificate.serial_hex(),
            BASE64.encode(self.certificate.der()),
        );
        Ok(self.message.with_last_child(&element))
    }

    /// As [`Self::finish`], after verifying the signature: for signers that may have another card in them than the
    /// certificate says, which otherwise only the port would find out.
    ///
    /// # Errors
    /// [`SignError`], with [`SignError::OtherKey`] when the signature does not verify.
    pub fn finish_checked(self, signature: &[u8]) -> Result<String, SignError> {
        self.fits()?;
        if !self.certificate.verifies(&self.to_sign, signature) {
            return Err(SignError::OtherKey { serial: self.certificate.serial_hex() });
        }
        self.finish(signature)
    }

    fn fits(&self) -> Result<(), SignError> {
        let key = self.certificate.key_kind();
        if key == self.profile_key {
            return Ok(());
        }
        Err(SignError::Kind { profile: self.profile.clone(), profile_key: self.profile_key, key })
    }
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
