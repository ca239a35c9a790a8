//! Which algorithm names a port writes and expects. Ports differ, so a profile is data.

use std::borrow::Cow;

use sha1::Sha1;
use sm3::{Digest, Sm3};

/// Digest over the canonical document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// SM3 (GB/T 32905), 32 bytes.
    Sm3,
    /// SHA-1, 20 bytes; some ports still ask for it beside an SM2 signature.
    Sha1,
}

/// The algorithm names of one port. The signature itself is always SM2 with SM3, raw `r||s`.
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
    /// `DigestMethod`.
    pub digest_uri: Cow<'static, str>,
    /// What the digest method computes.
    pub digest: DigestKind,
}

const C14N: Cow<'static, str> = Cow::Borrowed("http://www.w3.org/TR/2001/REC-xml-c14n-20010315");

impl Profile {
    /// The E-Port specification of May 2022.
    pub const CEB_202205: Self = Self {
        name: Cow::Borrowed("202205"),
        c14n_uri: C14N,
        c14n_comments: false,
        signature_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
        digest_uri: Cow::Borrowed("http://www.chinaport.gov.cn/2022/04/xmldsig#sm3"),
        digest: DigestKind::Sm3,
    };

    /// SM2 signature beside a SHA-1 digest, under W3C-like names: seen at a port in 2023 that refused the names of
    /// 2022.
    pub const SM2_SHA1: Self = Self {
        name: Cow::Borrowed("sm2-sha1"),
        c14n_uri: C14N,
        c14n_comments: false,
        signature_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sm2-sm3"),
        digest_uri: Cow::Borrowed("http://www.w3.org/2000/09/xmldsig#sha1"),
        digest: DigestKind::Sha1,
    };

    /// Digest of canonical text.
    pub(crate) fn digest(&self, canonical: &str) -> Vec<u8> {
        match self.digest {
            DigestKind::Sm3 => Sm3::digest(canonical.as_bytes()).to_vec(),
            DigestKind::Sha1 => <Sha1 as sha1::Digest>::digest(canonical.as_bytes()).to_vec(),
        }
    }
}
