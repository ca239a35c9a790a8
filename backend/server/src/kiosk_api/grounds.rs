//! On what word a door was opened: a grant of this backend, or a manifest while the network was away; and how long a centre
//! lets its kiosks do that.

use crate::db::{Conn, OptionalExt as _};
use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::{GrantReply, Handover};
use serde::Serialize;

use super::Kiosk;
use crate::centre;
use crate::store::StoreError;

/// How far a kiosk's clock may be ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// The word on which a parcel was handed over, as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "granted_by", rename_all = "snake_case")]
pub enum Grounds {
    /// A grant, which has its own row on the trail.
    Grant {
        /// Whether it was given, for this pickup.
        given: bool,
    },
    /// A manifest, without the network.
    Manifest {
        /// Its number.
        sequence: u64,
        /// When it was made.
        issued_at: Timestamp,
        /// How old it was when the buyer's card was read, in seconds.
        age_s: i64,
        /// Whether this kiosk was given one of that number.
        made: bool,
        /// Whether it was still to be acted on, by the centre's policy of today.
        in_time: bool,
    },
    /// A manifest that the kiosk does not name.
    Unnamed,
}

impl Grounds {
    /// What is wrong with them, as a stable code.
    #[must_use]
    pub const fn conflict(&self) -> Option<&'static str> {
        match self {
            Self::Grant { given: true } | Self::Unnamed => None,
            Self::Grant { given: false } => Some("GRANT_UNKNOWN"),
            Self::Manifest { made: false, .. } => Some("MANIFEST_UNKNOWN"),
            Self::Manifest { in_time: false, .. } => Some("MANIFEST_TOO_OLD"),
            Self::Manifest { .. } => None,
        }
    }
}

/// The grounds of a report.
///
/// # Errors
/// [`StoreError`].
pub fn grounds(tx: &Conn, kiosk: &Kiosk, report: &Handover, usual_s: u32) -> Result<Grounds, StoreError> {
    if let Some(id) = report.grant_id {
        let answer: Option<String> = tx
            .prepare_cached("SELECT answer FROM grants WHERE cell = {cell} AND id = ?1 AND pickup = ?2")?
            .query_row((id.to_string(), i64::try_from(report.pickup.0).unwrap_or(-1)), |row| row.get(0))
            .optional()?;
        let unreadable = |e| StoreError::unreadable(format!("grant {id}"), e);
        let answer = answer.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable)?;
        return Ok(Grounds::Grant { given: matches!(answer, Some(GrantReply::Granted { .. })) });
    }
    let Some(used) = &report.manifest else { return Ok(Grounds::Unnamed) };
    let newest: i64 =
        tx.query_row("SELECT manifest_sequence FROM kiosk WHERE id = ?1", [&kiosk.key], |row| row.get(0))?;
    let age = report.evidence.read_at.duration_since(used.issued_at);
    let allowed = SignedDuration::from_secs(offline_for_s(tx, kiosk.centre, usual_s)?.into());
    Ok(Grounds::Manifest {
        sequence: used.sequence,
        issued_at: used.issued_at,
        age_s: age.as_secs(),
        made: (1..=newest).contains(&i64::try_from(used.sequence).unwrap_or(i64::MAX)),
        in_time: age <= allowed.saturating_add(CLOCKS_DIFFER) && age >= SignedDuration::ZERO - CLOCKS_DIFFER,
    })
}

/// How long the centre's kiosks may act on a manifest without the network, in seconds: its own policy, or `usual_s`.
///
/// # Errors
/// [`StoreError`].
pub fn offline_for_s(conn: &Conn, number: u16, usual_s: u32) -> Result<u32, StoreError> {
    Ok(centre::find(conn, number)?.and_then(|centre| centre.offline_for_s).unwrap_or(usual_s))
}
