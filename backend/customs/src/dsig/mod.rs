//! Enveloped XML signatures of CEB messages (specification 202205, section on signatures; W3C XML-DSig core).

mod profile;
mod sign;
mod verify;

pub use profile::{DigestKind, Profile, ProfileError};
pub use sign::{Prepared, SignError, prepare, sign};
pub use verify::{Verified, VerifyError, verify, verify_any};

/// Namespace of XML signatures.
pub const DS_NS: &str = "http://www.w3.org/2000/09/xmldsig#";
