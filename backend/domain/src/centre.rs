//! Pickup centres, and whether goods bought online may be picked up there at all.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::geo::Spot;
use crate::rules::Basis;

/// A name in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Names {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Approval of pickup outside a special area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pilot {
    /// The approving document.
    pub document: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    pub until: Date,
}

/// A pickup centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// Number as tickets carry it.
    pub number: u16,
    /// Name.
    pub name: Names,
    /// Address; the consignee's address of every declaration.
    pub address: Names,
    /// Telephone for help.
    pub help_phone: String,
    /// Customs office, four digits (关区代码).
    pub customs_code: String,
    /// Six-digit division code (行政区划代码).
    pub district: String,
    /// Transport mode of the exit to the home market: `Y` for a comprehensive bonded zone, `W` for a logistics centre, …
    pub traf_mode: String,
    /// Whether it lies inside a special customs supervision area (海关特殊监管区域).
    pub inside_special_area: bool,
    /// Approval when it does not.
    #[serde(default)]
    pub pilot: Option<Pilot>,
    /// The bonded book of its warehouse (账册号).
    pub ems_no: String,
    /// Days a parcel waits in the locker.
    pub keep_days: i32,
    /// How long its kiosks may hand over without the network, in seconds; `None` for the backend's own setting, 0 for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_for_s: Option<u32>,
    /// How many days after customs' release a buyer may put the pickup off to; `None` for the backend's own setting, 0 for
    /// never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off_days: Option<u32>,
    /// Where it is; whoever comes to another centre by mistake is shown the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
}

impl Centre {
    /// What pickup here rests on: `inside` for a centre in a special area, else its own approval. Whether that is in
    /// force on a day, [`Basis::in_force`] says.
    ///
    /// Source: 财关税〔2018〕49号 and 商财发〔2021〕39号: in principle not outside special supervision areas.
    #[must_use]
    pub fn basis(&self, inside: &Basis) -> Option<Basis> {
        if self.inside_special_area {
            return Some(inside.clone());
        }
        let pilot = self.pilot.as_ref()?;
        Some(Basis { document: pilot.document.clone(), from: Some(pilot.from), until: Some(pilot.until) })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn centre() -> Centre {
        Centre {
            number: 1,
            name: Names { zh: "示例提货中心".into(), en: "Example Centre".into() },
            address: Names { zh: "示例路1号".into(), en: "1 Example Road".into() },
            help_phone: "19900000000".into(),
            customs_code: "9901".into(),
            district: "990101".into(),
            traf_mode: "Y".into(),
            inside_special_area: true,
            pilot: None,
            ems_no: "T9901W000001".into(),
            keep_days: 3,
            offline_for_s: None,
            put_off_days: None,
            at: None,
        }
    }

    #[test]
    fn outside_a_special_area_only_a_pilot_in_force_allows_pickup() {
        let day = Date::constant(2026, 11, 21);
        let outside = Centre { inside_special_area: false, ..centre() };
        let inside = Basis { document: "区内".into(), from: None, until: None };
        let is_allowed =
            |centre: &Centre, day| centre.basis(&inside).is_some_and(|basis| basis.in_force(day));
        assert!(is_allowed(&centre(), day));
        assert!(!is_allowed(&outside, day));
        let pilot = Pilot { document: "试点〔2026〕1号".into(), from: day, until: day };
        let piloted = Centre { pilot: Some(pilot), ..outside };
        assert!(is_allowed(&piloted, day));
        assert!(!is_allowed(&piloted, Date::constant(2026, 11, 22)));
    }
}
