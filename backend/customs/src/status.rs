//! `returnStatus`: what became of a document, with a sentence for staff in Chinese and English.

use std::fmt;
use std::str::FromStr;

/// Meaning of a `returnStatus` (E-Port specification 202205, receipts 312, 412, 512 and 622).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// `1`: stored at the E-Port, not declared.
    Stored,
    /// `2`: the E-Port is declaring it.
    Declaring,
    /// `3`: sent to customs.
    Sent,
    /// `4`: could not be sent to customs; send again.
    SendFailed,
    /// `100`: rejected by customs (退单).
    Rejected,
    /// `120`: received by customs (入库).
    Received,
    /// `300`: a person at customs looks at it.
    ManualReview,
    /// `399`: concluded by customs (审结).
    Concluded,
    /// `500`: the goods are inspected (查验).
    Inspection,
    /// `501` to `599`: detained.
    Detained(u16),
    /// `700`: returned abroad (退运).
    Returned,
    /// `800`: released (放行). The only status on which goods may be handed over.
    Released,
    /// `899`: closed (结关).
    Closed,
    /// Below zero: a processing exception; nothing reached customs.
    Exception(i32),
    /// A number the specification does not have.
    Unknown(i32),
}

impl Status {
    /// The number as it stands in a receipt.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Stored => 1,
            Self::Declaring => 2,
            Self::Sent => 3,
            Self::SendFailed => 4,
            Self::Rejected => 100,
            Self::Received => 120,
            Self::ManualReview => 300,
            Self::Concluded => 399,
            Self::Inspection => 500,
            Self::Detained(code) => i32::from(code),
            Self::Returned => 700,
            Self::Released => 800,
            Self::Closed => 899,
            Self::Exception(code) | Self::Unknown(code) => code,
        }
    }

    /// The meaning of a number.
    #[must_use]
    pub fn from_code(code: i32) -> Self {
        match code {
            1 => Self::Stored,
            2 => Self::Declaring,
            3 => Self::Sent,
            4 => Self::SendFailed,
            100 => Self::Rejected,
            120 => Self::Received,
            300 => Self::ManualReview,
            399 => Self::Concluded,
            500 => Self::Inspection,
            501..=599 => u16::try_from(code).map_or(Self::Unknown(code), Self::Detained),
            700 => Self::Returned,
            800 => Self::Released,
            899 => Self::Closed,
            i32::MIN..=-1 => Self::Exception(code),
            _ => Self::Unknown(code),
        }
    }

    /// One sentence for Chinese readers.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.sentences().0
    }

    /// One sentence for English readers.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.sentences().1
    }

    const fn sentences(self) -> (&'static str, &'static str) {
        match self {
            Self::Stored => ("电子口岸已暂存。", "Stored at the E-Port, not yet declared."),
            Self::Declaring => ("电子口岸申报中。", "The E-Port is declaring it."),
            Self::Sent => ("已发送海关。", "Sent to customs."),
            Self::SendFailed => {
                ("发送海关失败，请重新发送。", "Could not be sent to customs; send it again.")
            }
            Self::Rejected => ("海关退单。", "Rejected by customs."),
            Self::Received => ("海关已入库。", "Received by customs."),
            Self::ManualReview => ("海关人工审核中。", "A customs officer is reviewing it."),
            Self::Concluded => ("海关审结。", "Concluded by customs."),
            Self::Inspection => {
                ("货物待查验，不得交付。", "The goods are to be inspected; do not hand them over.")
            }
            Self::Detained(_) => ("货物被扣留，不得交付。", "The goods are detained; do not hand them over."),
            Self::Returned => ("货物退运。", "The goods are returned."),
            Self::Released => ("海关放行。", "Released by customs."),
            Self::Closed => ("海关结关。", "Closed by customs."),
            Self::Exception(_) => {
                ("处理异常，单证未到海关。", "Processing failed; the document did not reach customs.")
            }
            Self::Unknown(_) => ("未知状态，请人工核对。", "Unknown status; check it by hand."),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}

impl FromStr for Status {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self::from_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back_as_written() {
        for code in -700_000..2_000 {
            assert_eq!(Status::from_code(code).code(), code);
        }
        assert_eq!("-621018".parse(), Ok(Status::Exception(-621_018)));
        assert_eq!("800".parse(), Ok(Status::Released));
        assert_eq!("503".parse(), Ok(Status::Detained(503)));
        assert_eq!("1399".parse(), Ok(Status::Unknown(1399)));
        assert!("800x".parse::<Status>().is_err());
    }
}
