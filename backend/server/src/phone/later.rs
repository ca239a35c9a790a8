//! Another time to collect, chosen by the buyer: which days the centre allows, and putting the pickup off to one of them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::basket::{self, Basket};
use super::status::Stage;
use super::tell;
use crate::db::Conn;
use crate::parcels::{self, ExtendError, Parcel};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::web::Lang;

/// Most days shown to choose from.
const MOST_DAYS: i64 = 31;

/// Why the pickup is not put off.
#[derive(Debug, thiserror::Error)]
pub enum LaterError {
    /// The database, or the parcel's state.
    #[error(transparent)]
    Extend(#[from] ExtendError),
    /// It is not waiting to be collected.
    #[error("the parcel is not waiting to be collected")]
    NotWaiting,
    /// Its time is over: only staff give more.
    #[error("the time to collect the parcel is over")]
    Over,
    /// It was put off as often as allowed.
    #[error("the pickup was put off {0} times already")]
    OftenEnough(u32),
    /// The centre keeps it no longer.
    #[error("the centre keeps the parcel no longer")]
    NoLonger,
    /// None of the times that are offered.
    #[error("{0} is none of the times that are offered")]
    NotOffered(Timestamp),
}

impl From<StoreError> for LaterError {
    fn from(cause: StoreError) -> Self {
        Self::Extend(cause.into())
    }
}

impl LaterError {
    /// What the buyer is told; `None` when it is our fault.
    #[must_use]
    pub fn told(&self, lang: Lang) -> Option<String> {
        let text = match self {
            Self::Extend(ExtendError::Parcel(_) | ExtendError::None(_)) => return None,
            Self::Extend(ExtendError::NotReleased(_)) | Self::NotWaiting => lang.t(
                "商品现在不在等待取货，不能更改取货期限。",
                "The goods are not waiting to be collected, so the time cannot be changed.",
            ),
            Self::Over => lang.t(
                "取货期限已过，不能在这里更改。请联系服务台：可以延期，或者退款。",
                "The time to collect it is over and cannot be changed here. Ask the service desk: it can be extended, or your money goes back.",
            ),
            Self::OftenEnough(times) => {
                return Some(match lang {
                    Lang::Zh => format!("取货期限最多更改{times}次，已经用完。需要帮助请联系服务台。"),
                    Lang::En => format!(
                        "The time can be changed {times} times at most, and it was. Ask the service desk if you need help."
                    ),
                });
            }
            Self::NoLonger => lang.t(
                "提货中心不能保管更久了，请在期限内取货。",
                "The centre cannot keep it any longer. Please collect it in time.",
            ),
            Self::Extend(ExtendError::NotLater(_)) | Self::NotOffered(_) => lang.t(
                "这个时间不能选。请从列出的日期中选择。",
                "This time cannot be chosen. Take one of the days that are listed.",
            ),
        };
        Some(text.to_owned())
    }
}

/// What a centre allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Days after release.
    pub days: u32,
    /// How often.
    pub times: u32,
}

impl Allowed {
    /// At this centre.
    #[must_use]
    pub fn at(shop: &Shop, centre: u16) -> Self {
        let config = &shop.app.config.phone;
        let days = shop.centre(centre).and_then(|centre| centre.put_off_days).unwrap_or(config.put_off_days);
        Self { days, times: config.put_offs }
    }
}

/// The times that can be chosen: a day or more after the one it has, at the same hour, as long as the centre keeps it.
///
/// # Errors
/// Why there is none.
pub fn choices(
    parcel: &Parcel,
    put_offs: u32,
    allowed: Allowed,
    now: Timestamp,
) -> Result<Vec<Timestamp>, LaterError> {
    match Stage::of(parcel, now) {
        Stage::Released | Stage::InLocker => {}
        Stage::Overdue => return Err(LaterError::Over),
        _ => return Err(LaterError::NotWaiting),
    }
    if put_offs >= allowed.times {
        return Err(LaterError::OftenEnough(allowed.times));
    }
    let (Some(until), Some(released)) = (parcel.not_after, parcel.released_at) else {
        return Err(LaterError::NotWaiting);
    };
    let day = |from: Timestamp, n: i64| from.checked_add(SignedDuration::from_hours(24 * n)).ok();
    let last = day(released, i64::from(allowed.days)).unwrap_or(released);
    let found: Vec<Timestamp> =
        (1..=MOST_DAYS).filter_map(|n| day(until, n)).take_while(|at| *at <= last).collect();
    if found.is_empty() { Err(LaterError::NoLonger) } else { Ok(found) }
}

/// Puts the pickup of a basket's order off until `until`, one of its [`choices`], and tells the buyer by text message. Chosen
/// twice it is put off once.
///
/// # Errors
/// [`LaterError`]; then nothing was changed.
pub fn put_off(
    tx: &Conn,
    shop: &Arc<Shop>,
    public_url: &str,
    basket: &Basket,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), LaterError> {
    // As it stands in this transaction: somebody may have put it off, or collected it, since the page was drawn.
    let basket = basket::by_id(tx, basket.id)?.ok_or(LaterError::NotWaiting)?;
    let parcel = basket.order_id.map(|id| parcels::by_order(tx, id)).transpose()?.flatten();
    let parcel = parcel.ok_or(LaterError::NotWaiting)?;
    if parcel.not_after == Some(until) && basket.put_offs > 0 {
        return Ok(());
    }
    let offered = choices(&parcel, basket.put_offs, Allowed::at(shop, parcel.centre), now)?;
    if !offered.contains(&until) {
        return Err(LaterError::NotOffered(until));
    }
    let actor = format!("shop:{}", shop.app.config.phone.merchant);
    parcels::extend(tx, &shop.app.secrets, now, &actor, &parcel.waybill, until)?;
    basket::put_off(tx, basket.id)?;
    let basket = Basket { put_offs: basket.put_offs.saturating_add(1), ..basket };
    tell::put_off(tx, shop, public_url, basket, until, now)?;
    Ok(())
}
