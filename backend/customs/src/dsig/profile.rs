//! Which algorithms, under which names, a port writes and expects. Ports differ, so a profile is data.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use sha1::Sha1;
use sm3::{Digest, Sm3};

use crate::cert::KeyKind;

/// Digest over the canonical document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// SM3 (GB/T 32905), 32 bytes.
    Sm3,
    /// SHA-1, 20 bytes; some ports still ask for it.
    Sha1,
}

/// The algorithms of one port and the names it has for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name in configuration and logs.
    pub name: Cow<'static, str>,
    /// `CanonicalizationMethod`.
    pub c14n_uri: Cow<'static, str>,
    /// Whether that canonical form keeps comments.
    pub c14n_comments: bool,
    /// `SignatureMethod`.
    pub signature_uri: Cow<'static, str>,
    /// What the signature method computes: SM2 with SM3, or RSA with SHA-1.
    pub signature: KeyKind,
    /// `DigestMethod`.
    pub digest_uri: Cow<'static, str>,
    /// What the digest method computes.
    pub digest: DigestKind,
}

/// Canonical XML 1.0 as the specification names it, and with comments, as seen at one port.
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const C14N_WITH_COMMENTS: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
/// Signature methods and what each computes.
const SIGNATURES: [(&str, KeyKind); 3] = [
    ("http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3", KeyKind::Sm2),
    ("http://www.w3.org/2000/09/xmldsig#sm2-sm3", KeyKind::Sm2),
    ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", KeyKind::Rsa),
];
/// Digest methods and what each computes.
const DIGESTS: [(&str, DigestKind); 2] = [
    ("http://www.chinaport.gov.cn/2022/04/xmldsig#sm3", DigestKind::Sm3),
    ("http://www.w3.org/2000/09/xmldsig#sha1", DigestKind::Sha1),
];

/// There is no profile of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no signature profile \"{0}\": sm2-2022, sm2-sha1 or rsa-sha1 is meant")]
pub struct ProfileError(pub String);

impl Profile {
    /// `sm2-2022`: the E-Port specification of May 2022.
    pub const SM2_2022: Self = Self {
        name: Cow::Borrowed("sm2-2022"),
        c14n_uri: Cow::Borrowed(C14N),
        c14n_comments: false,
        signature_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
        signature: KeyKind::Sm2,
        digest_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm3"),
        digest: DigestKind::Sm3,
    };

    /// [`Self::SM2_2022`] under the number of its specification.
    pub const CEB_202205: Self = Self::SM2_2022;

    /// `sm2-sha1`: SM2 signature beside a SHA-1 digest, under W3C-like names, seen at a port in 2023 that refused the
    /// names of 2022.
    pub const SM2_SHA1: Self = Self {
        name: Cow::Borrowed("sm2-sha1"),
        c14n_uri: Cow::Borrowed(C14N),
        c14n_comments: false,
        signature_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sm2-sm3"),
        signature: KeyKind::Sm2,
        digest_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sha1"),
        digest: DigestKind::Sha1,
    };

    /// `rsa-sha1`: RSA with SHA-1 throughout, the older of the two methods the specification names.
    pub const RSA_SHA1: Self = Self {
        name: Cow::Borrowed("rsa-sha1"),
        c14n_uri: Cow::Borrowed(C14N),
        c14n_comments: false,
        signature_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        signature: KeyKind::Rsa,
        digest_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sha1"),
        digest: DigestKind::Sha1,
    };

    /// Every profile that has a name of its own.
    pub const ALL: [Self; 3] = [Self::SM2_2022, Self::SM2_SHA1, Self::RSA_SHA1];

    /// The algorithms that these names mean, whichever port mixes them so; `None` for a name that is not known.
    pub(crate) fn by_uris(c14n_uri: &str, signature_uri: &str, digest_uri: &str) -> Option<Self> {
        let same = |all: &Self| {
            (&*all.c14n_uri, &*all.signature_uri, &*all.digest_uri) == (c14n_uri, signature_uri, digest_uri)
        };
        if let Some(known) = Self::ALL.into_iter().find(same) {
            return Some(known);
        }
        let (signature_uri, signature) = SIGNATURES.into_iter().find(|(uri, _)| *uri == signature_uri)?;
        let (digest_uri, digest) = DIGESTS.into_iter().find(|(uri, _)| *uri == digest_uri)?;
        let c14n_uri = [C14N, C14N_WITH_COMMENTS].into_iter().find(|uri| *uri == c14n_uri)?;
        Some(Self {
            name: Cow::Borrowed("mixed"),
            c14n_uri: Cow::Borrowed(c14n_uri),
            c14n_comments: c14n_uri == C14N_WITH_COMMENTS,
            signature_uri: Cow::Borrowed(signature_uri),
            signature,
            digest_uri: Cow::Borrowed(digest_uri),
            digest,
        })
    }

    /// Digest of canonical text that comes in pieces.
    pub(crate) fn digest(&self, canonical: &[&str]) -> Vec<u8> {
        match self.digest {
            DigestKind::Sm3 => {
                let mut digest = Sm3::new();
                canonical.iter().for_each(|piece| digest.update(piece.as_bytes()));
                digest.finalize().to_vec()
            }
            DigestKind::Sha1 => {
                let mut digest = <Sha1 as sha1::Digest>::new();
                canonical.iter().for_each(|piece| sha1::Digest::update(&mut digest, piece.as_bytes()));
                sha1::Digest::finalize(digest).to_vec()
            }
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(name: &str) -> Result<Self, ProfileError> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| ProfileError(name.to_owned()))
    }
}
