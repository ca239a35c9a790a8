//! Whether a parcel may be handed over, as a pure decision over what is known of it.

use jiff::Timestamp;
use pickup_domain::declaration::DeclarationState as D;
use pickup_domain::order::OrderState;
use pickup_domain::parcel::ParcelState as P;
use pickup_protocol::Reason;

use super::Kiosk;
use crate::parcels::Parcel;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason the person reads.
    pub reason: Reason,
    /// When it was collected, for [`Reason::AlreadyCollected`].
    pub collected_at: Option<Timestamp>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, collected_at: None }
    }
}

/// Whether `kiosk` may offer `parcel` at `now`. What has happened to the parcel comes before what happened to its papers,
/// and both before where it lies.
///
/// # Errors
/// [`Refusal`], the most telling one.
pub fn judge(parcel: &Parcel, kiosk: &Kiosk, now: Timestamp) -> Result<(), Refusal> {
    if parcel.centre != kiosk.centre {
        return Err(Reason::OtherCentre.into());
    }
    if parcel.state == P::Collected {
        return Err(Refusal { reason: Reason::AlreadyCollected, collected_at: parcel.collected_at });
    }
    papers(parcel)?;
    place(parcel, kiosk)?;
    match parcel.not_after {
        Some(end) if now <= end => Ok(()),
        _ => Err(Reason::TicketExpired.into()),
    }
}

/// Whether customs has released it and nobody has withdrawn it.
///
/// # Errors
/// The reason why not.
pub fn papers(parcel: &Parcel) -> Result<(), Reason> {
    if matches!(parcel.order_state, Some(OrderState::Cancelled | OrderState::Returned)) {
        return Err(match parcel.declaration {
            Some(D::Rejected | D::Exception) => Reason::DeclarationRejected,
            _ => Reason::Cancelled,
        });
    }
    if parcel.order_state.is_none() {
        // A word of a later version: what is not understood keeps the door shut.
        return Err(Reason::NotReleased);
    }
    match parcel.declaration {
        Some(D::Released | D::Closed) if parcel.being_cancelled => Err(Reason::Cancelled),
        Some(D::Released | D::Closed) => Ok(()),
        Some(D::Review | D::Inspected) => Err(Reason::UnderInspection),
        Some(D::Cancelled | D::Refunded) => Err(Reason::Cancelled),
        // While the order stands, a refused declaration is being put right.
        Some(D::Drafted | D::Sent | D::Accepted | D::Rejected | D::Exception) | None => {
            Err(Reason::NotReleased)
        }
    }
}

fn place(parcel: &Parcel, kiosk: &Kiosk) -> Result<(), Reason> {
    match parcel.state {
        P::Picking | P::Ready => Err(Reason::NotInLocker),
        P::InLocker if parcel.kiosk_id.as_deref() == Some(kiosk.key.as_str()) => Ok(()),
        P::InLocker => Err(Reason::OtherKiosk),
        P::Attention => Err(Reason::NeedsAttendant),
        P::Overdue => Err(Reason::TicketExpired),
        P::Collected => Err(Reason::AlreadyCollected),
        P::BackToStock => Err(Reason::Cancelled),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use pickup_domain::parcel::Size;
    use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber};
    use uuid::Uuid;

    use super::*;
    use crate::parcels::Contents;

    pub(in crate::kiosk_api) fn kiosk() -> Kiosk {
        let id = Uuid::from_u128(1);
        Kiosk { id, key: id.to_string(), name: "K1".into(), centre: 1 }
    }

    pub(in crate::kiosk_api) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(in crate::kiosk_api) fn parcel() -> Parcel {
        Parcel {
            pickup: PickupNumber(7),
            order_id: 7,
            waybill: "WB7".into(),
            centre: 1,
            size: Size::S,
            state: P::InLocker,
            identity: IdentityDigest { salt: "00".into(), digest: "11".into() },
            buyer_masked: "张*".into(),
            contents: Contents {
                order_no: "A-1".into(),
                declarant: "某申报".into(),
                lines: Vec::new(),
                goods_fen: 100,
                tax_fen: 9,
            },
            slip_no: Some("S20261121000001".into()),
            ticket: Some("BP1".into()),
            not_after: Some(at(1000)),
            kiosk_id: Some(kiosk().key),
            door: Some(DoorNumber(3)),
            collected_at: None,
            order_state: Some(OrderState::Cleared),
            declaration: Some(D::Released),
            being_cancelled: false,
            invt_no: Some("990120261210000001".into()),
            released_at: Some(at(10)),
        }
    }

    fn reason(change: impl FnOnce(&mut Parcel)) -> Option<Reason> {
        let mut parcel = parcel();
        change(&mut parcel);
        judge(&parcel, &kiosk(), at(500)).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn a_released_parcel_in_this_kiosk_may_be_handed_over() {
        assert_eq!(reason(|_| ()), None);
        assert_eq!(reason(|p| p.declaration = Some(D::Closed)), None);
    }

    #[test]
    fn no_other_state_of_the_declaration_lets_a_door_open() {
        for state in D::ALL {
            let open = reason(|p| p.declaration = Some(state)).is_none();
            assert_eq!(open, matches!(state, D::Released | D::Closed), "{state:?}");
        }
        assert_eq!(reason(|p| p.declaration = None), Some(Reason::NotReleased));
        assert_eq!(reason(|p| p.declaration = Some(D::Inspected)), Some(Reason::UnderInspection));
        assert_eq!(reason(|p| p.declaration = Some(D::Rejected)), Some(Reason::NotReleased));
        let cancelled = reason(|p| {
            p.declaration = Some(D::Rejected);
            p.order_state = Some(OrderState::Cancelled);
        });
        assert_eq!(cancelled, Some(Reason::DeclarationRejected));
        assert_eq!(reason(|p| p.being_cancelled = true), Some(Reason::Cancelled));
        assert_eq!(reason(|p| p.order_state = Some(OrderState::Cancelled)), Some(Reason::Cancelled));
    }

    #[test]
    fn no_other_state_of_the_parcel_lets_a_door_open() {
        let expected = [
            (P::Picking, Reason::NotInLocker),
            (P::Ready, Reason::NotInLocker),
            (P::Attention, Reason::NeedsAttendant),
            (P::Collected, Reason::AlreadyCollected),
            (P::Overdue, Reason::TicketExpired),
            (P::BackToStock, Reason::Cancelled),
        ];
        for (state, why) in expected {
            assert_eq!(reason(|p| p.state = state), Some(why), "{state:?}");
        }
    }

    #[test]
    fn a_parcel_elsewhere_or_too_late_is_refused() {
        assert_eq!(reason(|p| p.centre = 2), Some(Reason::OtherCentre));
        assert_eq!(reason(|p| p.kiosk_id = Some("another".into())), Some(Reason::OtherKiosk));
        assert_eq!(reason(|p| p.not_after = Some(at(499))), Some(Reason::TicketExpired));
    }

    #[test]
    fn a_second_scan_says_when_it_was_collected_even_after_the_ticket_ran_out() {
        let collected = Parcel {
            state: P::Collected,
            collected_at: Some(at(20)),
            order_state: Some(OrderState::Fulfilled),
            not_after: Some(at(30)),
            ..parcel()
        };
        let refusal = Refusal { reason: Reason::AlreadyCollected, collected_at: Some(at(20)) };
        assert_eq!(judge(&collected, &kiosk(), at(500)), Err(refusal));
    }
}
