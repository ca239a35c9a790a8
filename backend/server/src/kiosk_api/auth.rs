//! Which kiosk a request comes from: the one whose certificate was shown, unless it was revoked.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::App;
use crate::error::Fault;
use crate::store::StoreError;
use crate::tls::Peer;

/// The kiosk a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kiosk {
    /// Its id.
    pub id: Uuid,
    /// Its id as the database has it.
    pub key: String,
    /// Its name, such as `K1`.
    pub name: String,
    /// Number of the centre it stands in.
    pub centre: u16,
}

impl Kiosk {
    /// As the trail names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("kiosk:{}", self.name)
    }
}

/// Lets a request through when it came with the certificate of a kiosk, and says which.
///
/// # Errors
/// 401 `KIOSK_UNKNOWN` without a certificate, with one that was replaced, or after revocation.
pub async fn require_kiosk(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let shown = request.extensions().get::<Peer>().and_then(|peer| peer.0.clone());
    let fingerprint = shown.ok_or_else(unknown)?;
    let kiosk = app.store.read(move |conn| find(conn, &fingerprint)).await?.ok_or_else(unknown)?;
    request.extensions_mut().insert(kiosk);
    Ok(next.run(request).await)
}

fn find(conn: &Conn, fingerprint: &str) -> Result<Option<Kiosk>, StoreError> {
    let found: Option<(String, String, u16)> = conn
        .prepare_cached("SELECT id, name, centre FROM kiosk WHERE certificate = ?1 AND revoked = 0")?
        .query_row([fingerprint], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    found.map(kiosk).transpose()
}

fn kiosk((key, name, centre): (String, String, u16)) -> Result<Kiosk, StoreError> {
    let id = key.parse().map_err(|e| StoreError::unreadable("id of a kiosk", e))?;
    Ok(Kiosk { id, key, name, centre })
}

/// The kiosk with this name, for who speaks of it elsewhere.
///
/// # Errors
/// [`StoreError`].
pub fn named(conn: &Conn, name: &str) -> Result<Option<Kiosk>, StoreError> {
    let found: Option<(String, String, u16)> = conn
        .prepare_cached("SELECT id, name, centre FROM kiosk WHERE name = ?1 AND revoked = 0")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    found.map(kiosk).transpose()
}

fn unknown() -> Fault {
    Fault::new(
        StatusCode::UNAUTHORIZED,
        "KIOSK_UNKNOWN",
        "未识别的自提柜：请用一次性代码重新注册。",
        "This kiosk is not known here: enrol it with a one-time code.",
    )
}
