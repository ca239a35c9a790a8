//! Ten-digit commodity codes of the Chinese tariff.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A ten-digit commodity code; the first four digits are its heading, the first eight stand in the permitted list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HsCode(String);

/// The text is not ten digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a commodity code: ten digits are needed")]
pub struct HsCodeError(pub String);

impl HsCode {
    /// All ten digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The four-digit heading.
    #[must_use]
    pub fn heading(&self) -> &str {
        self.0.get(..4).unwrap_or_default()
    }

    /// The first eight digits, which stand in the permitted list.
    #[must_use]
    pub fn hs8(&self) -> &str {
        self.0.get(..8).unwrap_or_default()
    }
}

impl FromStr for HsCode {
    type Err = HsCodeError;

    fn from_str(text: &str) -> Result<Self, HsCodeError> {
        if text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(HsCodeError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for HsCode {
    type Error = HsCodeError;

    fn try_from(text: String) -> Result<Self, HsCodeError> {
        text.parse()
    }
}

impl From<HsCode> for String {
    fn from(code: HsCode) -> Self {
        code.0
    }
}

impl fmt::Display for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ten_digits_and_nothing_else() {
        let code: HsCode = "1901101000".parse().unwrap();
        assert_eq!(code.heading(), "1901");
        for bad in ["", "190110100", "19011010000", "19011010OO", "１９０１１０１０００"] {
            assert!(bad.parse::<HsCode>().is_err(), "{bad}");
        }
    }
}
