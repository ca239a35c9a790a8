//! Why a document was not accepted, as it goes into a receipt.

/// A negative answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Below zero for what the E-Port refuses, 100 for what customs rejects.
    pub status: i32,
    /// Text of the receipt.
    pub info: String,
}

impl Refusal {
    /// An exception of the E-Port; nothing reached customs.
    pub(crate) fn exception(code: i32, info: impl Into<String>) -> Self {
        Self { status: code, info: info.into() }
    }

    /// A rejection by customs (退单). Codes that begin with S are the simulator's own: the real ones are not published.
    pub(crate) fn rejected(code: &str, desc: &str) -> Self {
        Self { status: 100, info: format!("[Code:{code};Desc:{desc}]") }
    }
}

/// `Ok` when `holds`, else the refusal.
pub(crate) fn ensure(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
}
