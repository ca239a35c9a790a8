//! Follows a certificate to a root that is trusted.

use jiff::Timestamp;

use super::Certificate;

/// Most certificates between a signer and its root.
const LENGTH_LIMIT: usize = 6;

/// Why a certificate does not lead to a trusted root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// It, or one above it, is not valid at the time asked for.
    #[error("certificate {serial} is valid from {from} to {until}, not at the time asked for")]
    NotValid {
        /// Serial number, hex.
        serial: String,
        /// First moment.
        from: Timestamp,
        /// Last moment.
        until: Timestamp,
    },
    /// Nothing known has issued it.
    #[error("the issuer of certificate {serial} is not known here: install its certificate")]
    UnknownIssuer {
        /// Serial number, hex.
        serial: String,
    },
    /// Certificates with its issuer's name are known, but none of them signed it.
    #[error("certificate {serial} was not signed by the issuer it names")]
    Signature {
        /// Serial number, hex.
        serial: String,
    },
    /// More certificates than any chain has.
    #[error("the chain of certificates has more than {LENGTH_LIMIT} links")]
    TooLong,
}

/// Checks that `certificate` is one of `roots`, or was issued by one through `between`, and that all of them are valid at
/// `at`. An issuer must be an authority by its basic constraints.
///
/// # Errors
/// The first link that does not hold.
pub fn check_chain(
    certificate: &Certificate,
    between: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
) -> Result<(), ChainError> {
    let mut current = certificate;
    for _ in 0..LENGTH_LIMIT {
        if !current.valid_at(at) {
            let (from, until) = current.validity();
            return Err(ChainError::NotValid { serial: current.serial_hex(), from, until });
        }
        if roots.contains(current) {
            return Ok(());
        }
        current = issuer(current, between, roots)?;
    }
    Err(ChainError::TooLong)
}

fn issuer<'a>(
    of: &Certificate,
    between: &'a [Certificate],
    roots: &'a [Certificate],
) -> Result<&'a Certificate, ChainError> {
    let named = |candidate: &&Certificate| {
        candidate.subject_name == of.issuer && candidate.authority && *candidate != of
    };
    let mut candidates = roots.iter().chain(between).filter(named).peekable();
    let serial = of.serial_hex();
    if candidates.peek().is_none() {
        return Err(ChainError::UnknownIssuer { serial });
    }
    candidates.find(|candidate| candidate.issued(of)).ok_or(ChainError::Signature { serial })
}

impl Certificate {
    /// Whether this certificate's key signed `other`. Names and validity are not looked at.
    #[must_use]
    pub fn issued(&self, other: &Self) -> bool {
        self.key.verifies_certificate(&other.algorithm, &other.signed_part, &other.signature)
    }
}
