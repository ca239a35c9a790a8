//! `POST /kiosk/v1/staff`: whose badge it is, and which doors need a look.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::{Extension, Json};
use pickup_domain::parcel::ParcelState;
use pickup_protocol::Reason;
use pickup_protocol::kiosk::{Attention, StaffReply, StaffRequest};

use super::Kiosk;
use crate::App;
use crate::credentials::{Staff, staff_by_badge};
use crate::error::{Body, Fault};
use crate::parcels;
use crate::secrets::Secrets;
use crate::store::StoreError;

/// Welcomes a member of staff of this centre.
pub async fn staff(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<StaffRequest>,
) -> Result<Json<StaffReply>, Fault> {
    let shared = Arc::clone(&app);
    let reply = app.store.read(move |conn| welcome(conn, &shared.secrets, &kiosk, &request.badge)).await?;
    Ok(Json(reply))
}

fn welcome(conn: &Conn, secrets: &Secrets, kiosk: &Kiosk, badge: &str) -> Result<StaffReply, StoreError> {
    let Some(staff) = of_this_centre(conn, secrets, kiosk, badge)? else {
        return Ok(StaffReply::Refused { reason: Reason::BadgeUnknown });
    };
    let parcels = parcels::at_kiosk(conn, &kiosk.key, ParcelState::Attention)?;
    let attention = parcels
        .into_iter()
        .filter_map(|p| Some(Attention { pickup: p.pickup, waybill: p.waybill, door: p.door? }))
        .collect();
    Ok(StaffReply::Welcome { name: staff.name, attention })
}

/// The member of staff with this badge, when they work at the kiosk's centre.
///
/// # Errors
/// [`StoreError`].
pub fn of_this_centre(
    conn: &Conn,
    secrets: &Secrets,
    kiosk: &Kiosk,
    badge: &str,
) -> Result<Option<Staff>, StoreError> {
    Ok(staff_by_badge(conn, secrets, badge)?.filter(|staff| staff.centre == kiosk.centre))
}
