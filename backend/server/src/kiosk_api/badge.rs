//! Who stands at the kiosk: a badge, and its PIN where it has one.

use std::sync::Arc;

use pickup_protocol::Reason;
use pickup_protocol::work::{Credential, PinProblem};

use super::Kiosk;
use super::staff::of_this_centre;
use crate::App;
use crate::credentials::Staff;
use crate::error::Fault;
use crate::pins::{self, Try};

/// What a badge and perhaps a PIN are good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// This member of staff.
    By(Staff),
    /// Nothing without the PIN.
    Pin(Option<PinProblem>),
    /// Nothing.
    Refused(Reason),
}

/// Looks at what was shown. The slow comparison runs where nobody else waits for it.
///
/// # Errors
/// The database.
pub async fn check(app: &Arc<App>, kiosk: &Kiosk, shown: Credential) -> Result<Shown, Fault> {
    let (now, shared, at, pin) = (app.now(), Arc::clone(app), kiosk.clone(), shown.pin);
    let counts = pin.is_some();
    let begun = app.store.write(move |tx| {
        let Some(staff) = of_this_centre(tx, &shared.secrets, &at, &shown.badge)? else { return Ok(None) };
        let begun = pins::begin(tx, now, &staff, counts)?;
        Ok::<_, Fault>(Some((staff, begun)))
    });
    let Some((staff, begun)) = begun.await? else { return Ok(Shown::Refused(Reason::BadgeUnknown)) };
    let (kept, left, pin) = match (begun, pin) {
        (Try::NoPin, _) if app.config.badges_without_pin => return Ok(Shown::By(staff)),
        (Try::NoPin, _) => return Ok(Shown::Refused(Reason::BadgeWithoutPin)),
        (Try::Locked, _) => return Ok(Shown::Refused(Reason::BadgeLocked)),
        (Try::Compare { .. }, None) => return Ok(Shown::Pin(None)),
        (Try::Compare { kept, left }, Some(pin)) => (kept, left, pin),
    };
    let shared = Arc::clone(app);
    let good = tokio::task::spawn_blocking(move || pins::matches(&shared.secrets, &kept, &pin)).await;
    let good = good.map_err(|e| Fault::internal(&e))?;
    let (actor, known) = (kiosk.actor(), staff.clone());
    let problem = app.store.write(move |tx| pins::end(tx, now, &actor, &known, good, left)).await?;
    Ok(match problem {
        None => Shown::By(staff),
        Some(PinProblem { tries_left: 0 }) => Shown::Refused(Reason::BadgeLocked),
        problem => Shown::Pin(problem),
    })
}
