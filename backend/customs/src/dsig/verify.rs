//! Verifies the signature of a received message over the received bytes, and says precisely what failed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use roxmltree::Node;

use super::{DS_NS, Profile};
use crate::c14n::{self, C14nError, Options};
use crate::cert::{Certificate, CertificateError};
use crate::read::{ReadError, elements, own_text, quoted, tree, utf8};

/// A signature that holds. Whether its certificate is trusted is for the caller to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Certificate of the signer, from the message.
    pub certificate: Certificate,
    /// Name of the profile whose algorithm names the message uses.
    pub profile: String,
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The message cannot be read at all.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The message cannot be canonicalised.
    #[error(transparent)]
    C14n(#[from] C14nError),
    /// There is no signature.
    #[error("the message is not signed")]
    Missing,
    /// The signature is not the only one, or not the root's last child.
    #[error("there must be one signature, as the last child of the root element")]
    Placement,
    /// The signature's own structure is wrong.
    #[error("the signature is not built as it should be: {0}")]
    Structure(&'static str),
    /// Algorithm names that fit none of the accepted profiles.
    #[error("the signature uses algorithms that are not accepted: {signature_uri} with {digest_uri}")]
    Algorithms {
        /// `SignatureMethod`.
        signature_uri: String,
        /// `DigestMethod`.
        digest_uri: String,
    },
    /// The digest does not match: the message was changed after it was signed.
    #[error(
        "the message was changed after it was signed: its digest is {computed}, the signature says {declared}"
    )]
    Digest {
        /// Digest in the signature, base64.
        declared: String,
        /// Digest of the received message, base64.
        computed: String,
    },
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// `KeyName` is not the serial number of the certificate.
    #[error("KeyName is {key_name}, but the certificate's serial number is {serial}")]
    KeyName {
        /// `KeyName` in the message.
        key_name: String,
        /// The certificate's serial number, hex.
        serial: String,
    },
    /// The signature does not match what it signs, or was made by another key.
    #[error("the signature value does not match: the signed text or the key is another")]
    Signature,
}

/// Verifies a received message against any of the accepted profiles.
///
/// # Errors
/// The first thing that failed, in the order structure, algorithms, digest, certificate, signature.
pub fn verify(xml: &[u8], accepted: &[Profile]) -> Result<Verified, VerifyError> {
    verify_by(xml, |parts| parts.profile(accepted).cloned())
}

/// Verifies a received message by whatever algorithms it names, if they are known. For reading what others signed; a
/// port that insists on its own profile uses [`verify`].
///
/// # Errors
/// As [`verify`].
pub fn verify_any(xml: &[u8]) -> Result<Verified, VerifyError> {
    verify_by(xml, |parts| {
        let known = Profile::by_uris(&parts.c14n_uri, &parts.signature_uri, &parts.digest_uri);
        known.ok_or_else(|| parts.not_accepted())
    })
}

fn verify_by(
    xml: &[u8],
    profile: impl Fn(&Parts<'_, '_>) -> Result<Profile, VerifyError>,
) -> Result<Verified, VerifyError> {
    let text = utf8(xml)?;
    let tree = tree(text)?;
    let root = tree.root_element();
    let signature = the_signature(root)?;
    let parts = Parts::read(signature)?;
    let profile = profile(&parts)?;

    let options = Options { without: Some(signature.id()), comments: profile.c14n_comments };
    let computed = profile.digest(&[&c14n::document(root, options)?]);
    if BASE64.decode(&parts.digest).ok().as_deref() != Some(computed.as_slice()) {
        return Err(VerifyError::Digest {
            declared: quoted(&parts.digest),
            computed: BASE64.encode(computed),
        });
    }

    let certificate = Certificate::from_der(&decode(&parts.certificate, "X509Certificate is not base64")?)?;
    if !certificate.has_serial(&parts.key_name) {
        return Err(VerifyError::KeyName {
            key_name: quoted(&parts.key_name),
            serial: certificate.serial_hex(),
        });
    }
    if certificate.key_kind() != profile.signature {
        return Err(VerifyError::Structure(
            "the certificate is for another kind of key than SignatureMethod",
        ));
    }
    let signed = c14n::subtree(parts.signed_info, profile.c14n_comments)?;
    let value = decode(&parts.value, "SignatureValue is not base64")?;
    if !certificate.verifies(signed.as_bytes(), &value) {
        return Err(VerifyError::Signature);
    }
    Ok(Verified { certificate, profile: profile.name.to_string() })
}

/// The one signature, which must be the root's last child.
fn the_signature<'a, 'input>(root: Node<'a, 'input>) -> Result<Node<'a, 'input>, VerifyError> {
    let mut all = root.descendants().filter(|node| node.has_tag_name((DS_NS, "Signature")));
    let first = all.next().ok_or(VerifyError::Missing)?;
    let last_child = elements(root).last();
    if all.next().is_some() || last_child.map(|node| node.id()) != Some(first.id()) {
        return Err(VerifyError::Placement);
    }
    Ok(first)
}

/// The texts of a signature.
struct Parts<'a, 'input> {
    signed_info: Node<'a, 'input>,
    c14n_uri: String,
    signature_uri: String,
    digest_uri: String,
    digest: String,
    value: String,
    key_name: String,
    certificate: String,
}

impl<'a, 'input> Parts<'a, 'input> {
    fn read(signature: Node<'a, 'input>) -> Result<Self, VerifyError> {
        let signed_info = only(signature, "SignedInfo")?;
        let reference = only(signed_info, "Reference")?;
        if reference.attribute("URI") != Some("") {
            return Err(VerifyError::Structure("Reference must cover the whole message (URI=\"\")"));
        }
        let transform = only(only(reference, "Transforms")?, "Transform")?;
        if algorithm(transform) != format!("{DS_NS}enveloped-signature") {
            return Err(VerifyError::Structure("the only Transform must be enveloped-signature"));
        }
        let key_info = only(signature, "KeyInfo")?;
        let data = only(key_info, "X509Data")?;
        Ok(Self {
            signed_info,
            c14n_uri: algorithm(only(signed_info, "CanonicalizationMethod")?),
            signature_uri: algorithm(only(signed_info, "SignatureMethod")?),
            digest_uri: algorithm(only(reference, "DigestMethod")?),
            digest: compact(only(reference, "DigestValue")?),
            value: compact(only(signature, "SignatureValue")?),
            key_name: compact(only(key_info, "KeyName")?),
            certificate: compact(only(data, "X509Certificate")?),
        })
    }

    fn profile<'p>(&self, accepted: &'p [Profile]) -> Result<&'p Profile, VerifyError> {
        let fits = |profile: &&Profile| {
            profile.c14n_uri == self.c14n_uri
                && profile.signature_uri == self.signature_uri
                && profile.digest_uri == self.digest_uri
        };
        accepted.iter().find(fits).ok_or_else(|| self.not_accepted())
    }

    fn not_accepted(&self) -> VerifyError {
        VerifyError::Algorithms {
            signature_uri: quoted(&self.signature_uri),
            digest_uri: quoted(&self.digest_uri),
        }
    }
}

/// The only child of that name: a second one could hide behind the first.
fn only<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> Result<Node<'a, 'input>, VerifyError> {
    let mut found = elements(node).filter(|child| child.has_tag_name((DS_NS, name)));
    match (found.next(), found.next()) {
        (Some(child), None) => Ok(child),
        _ => Err(VerifyError::Structure(name)),
    }
}

fn algorithm(node: Node<'_, '_>) -> String {
    node.attribute("Algorithm").unwrap_or_default().to_owned()
}

/// Text without white space, as base64 is often broken into lines.
fn compact(node: Node<'_, '_>) -> String {
    own_text(node).split_ascii_whitespace().collect()
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, VerifyError> {
    BASE64.decode(text).map_err(|_| VerifyError::Structure(what))
}
