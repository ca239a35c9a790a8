//! A kiosk is taken out of service by a member of staff, or put back: `POST /kiosk/v1/service` with [`ServiceChange`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why staff take a kiosk out of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutReason {
    /// It is cleaned or looked after.
    Maintenance,
    /// Something in it does not work as it should.
    DeviceFault,
    /// What lies behind the doors is counted.
    Stocktaking,
    /// Customs looks at the kiosk or at what is in it.
    CustomsVisit,
    /// The centre is closed.
    CentreClosed,
}

impl OutReason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::Maintenance, Self::DeviceFault, Self::Stocktaking, Self::CustomsVisit, Self::CentreClosed];

    /// The code as it stands on the wire and in the trail.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Maintenance => "MAINTENANCE",
            Self::DeviceFault => "DEVICE_FAULT",
            Self::Stocktaking => "STOCKTAKING",
            Self::CustomsVisit => "CUSTOMS_VISIT",
            Self::CentreClosed => "CENTRE_CLOSED",
        }
    }
}

/// A kiosk was taken out of service, or put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChange {
    /// Made by the kiosk; applied once.
    pub change_id: Uuid,
    /// The badge of who did it.
    pub badge: String,
    /// Why it serves nobody from now on; `None` when it does again.
    pub out: Option<OutReason>,
    /// When; `None` when the kiosk did not know the date.
    pub at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    // If this fails, do not change the text: kiosks in the field speak version 1.
    #[test]
    fn version_1_of_the_change_is_frozen() {
        let out = ServiceChange {
            change_id: Uuid::from_u128(7),
            badge: "BPS1".into(),
            out: Some(OutReason::CustomsVisit),
            at: Some(Timestamp::UNIX_EPOCH),
        };
        let text = r#"{"change_id":"00000000-0000-0000-0000-000000000007","badge":"BPS1","out":"CUSTOMS_VISIT","at":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&out).unwrap(), text);
        assert_eq!(serde_json::from_str::<ServiceChange>(text).unwrap(), out);
        let back = ServiceChange { out: None, at: None, ..out };
        let text = serde_json::to_string(&back).unwrap();
        assert!(text.ends_with(r#""out":null,"at":null}"#), "{text}");
    }

    #[test]
    fn each_reason_has_a_code_of_its_own_which_is_its_serialised_form() {
        for reason in OutReason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.code()));
        }
    }
}
