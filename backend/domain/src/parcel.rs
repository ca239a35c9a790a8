//! The states of a parcel: picking → ready → in locker → collected, or overdue and back to stock.

use serde::{Deserialize, Serialize};

/// Sizes of parcels and doors, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Size {
    /// Small.
    S,
    /// Medium.
    M,
    /// Large.
    L,
}

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcelState {
    /// Goods are held and being packed; customs has not released.
    Picking,
    /// Released: may be put into a locker.
    Ready,
    /// Behind a door.
    InLocker,
    /// A door was opened and what happened is not known: a person must look.
    Attention,
    /// Handed over.
    Collected,
    /// Behind a door, or waiting for one, for longer than the centre keeps it.
    Overdue,
    /// Taken back. An end, unless it is set out again.
    BackToStock,
}

/// What happens to a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcelEvent {
    /// Customs released its declaration.
    Released,
    /// Staff put it behind a door.
    Deposited,
    /// Handed to its buyer.
    HandedOver,
    /// A pulse was sent, and what the door did is not known.
    DoorUnclear,
    /// A person looked: the goods are inside.
    FoundInside,
    /// A person looked: the goods are gone.
    FoundTaken,
    /// It waited too long.
    TimeRanOut,
    /// Staff took it back, or it was never packed because customs refused.
    TakenBack,
    /// It was given more time where it lies behind its door.
    MoreTime,
    /// It was given more time while it is in nobody's locker: staff put it behind a door (again).
    SetOutAgain,
}

/// The event does not happen to a parcel in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parcel that is {state:?} cannot take the event {event:?}")]
pub struct IllegalParcelEvent {
    /// The state it is in.
    pub state: ParcelState,
    /// The event refused.
    pub event: ParcelEvent,
}

impl ParcelState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Picking,
        Self::Ready,
        Self::InLocker,
        Self::Attention,
        Self::Collected,
        Self::Overdue,
        Self::BackToStock,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalParcelEvent`] when the event does not happen in this state.
    pub const fn apply(self, event: ParcelEvent) -> Result<Self, IllegalParcelEvent> {
        use ParcelEvent as E;
        Ok(match (self, event) {
            (Self::Picking, E::Released) => Self::Ready,
            (Self::Ready, E::Deposited)
            | (Self::Attention, E::FoundInside)
            | (Self::InLocker | Self::Overdue, E::MoreTime) => Self::InLocker,
            (Self::InLocker | Self::Overdue, E::HandedOver) | (Self::Attention, E::FoundTaken) => {
                Self::Collected
            }
            (Self::InLocker | Self::Overdue, E::DoorUnclear) => Self::Attention,
            (Self::Ready | Self::InLocker, E::TimeRanOut) => Self::Overdue,
            (
                Self::Picking | Self::Ready | Self::InLocker | Self::Overdue | Self::Attention,
                E::TakenBack,
            ) => Self::BackToStock,
            (Self::Ready | Self::Overdue | Self::BackToStock, E::SetOutAgain) => Self::Ready,
            _ => return Err(IllegalParcelEvent { state: self, event }),
        })
    }

    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Picking => "picking",
            Self::Ready => "ready",
            Self::InLocker => "in_locker",
            Self::Attention => "attention",
            Self::Collected => "collected",
            Self::Overdue => "overdue",
            Self::BackToStock => "back_to_stock",
        }
    }

    /// The state stored as `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl Size {
    /// `S`, `M` or `L`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
        }
    }

    const fn rank(self) -> i64 {
        match self {
            Self::S => 1,
            Self::M => 4,
            Self::L => 16,
        }
    }

    /// The smallest door that `pieces` of these sizes fit behind, at four small to a medium and four medium to a large.
    #[must_use]
    pub fn for_pieces(pieces: impl IntoIterator<Item = (Self, i64)>) -> Self {
        let volume = pieces
            .into_iter()
            .fold(0_i64, |sum, (size, n)| sum.saturating_add(size.rank().saturating_mul(n)));
        match volume {
            ..=2 => Self::S,
            3..=8 => Self::M,
            _ => Self::L,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinary_way() {
        let mut state = ParcelState::Picking;
        for event in [ParcelEvent::Released, ParcelEvent::Deposited, ParcelEvent::HandedOver] {
            state = state.apply(event).unwrap();
        }
        assert_eq!(state, ParcelState::Collected);
    }

    #[test]
    fn a_parcel_is_handed_over_once_and_never_before_the_locker() {
        for state in
            [ParcelState::Picking, ParcelState::Ready, ParcelState::Collected, ParcelState::BackToStock]
        {
            assert!(state.apply(ParcelEvent::HandedOver).is_err(), "{state:?}");
        }
    }

    #[test]
    fn nothing_is_deposited_before_its_release() {
        assert!(ParcelState::Picking.apply(ParcelEvent::Deposited).is_err());
    }

    #[test]
    fn ends_are_ends_to_all_that_happens_by_itself() {
        use ParcelEvent::*;
        for state in [ParcelState::Collected, ParcelState::BackToStock] {
            for event in
                [Released, Deposited, HandedOver, DoorUnclear, FoundInside, FoundTaken, TimeRanOut, TakenBack]
            {
                assert_eq!(state.apply(event), Err(IllegalParcelEvent { state, event }));
            }
        }
    }

    #[test]
    fn what_waited_too_long_comes_back_where_it_lies_or_is_set_out_again() {
        use ParcelEvent::*;
        assert_eq!(ParcelState::Overdue.apply(MoreTime), Ok(ParcelState::InLocker));
        assert_eq!(ParcelState::Overdue.apply(SetOutAgain), Ok(ParcelState::Ready));
        assert_eq!(ParcelState::BackToStock.apply(SetOutAgain), Ok(ParcelState::Ready));
        for state in [ParcelState::Collected, ParcelState::BackToStock, ParcelState::Picking] {
            assert!(state.apply(MoreTime).is_err(), "{state:?}");
        }
        assert!(ParcelState::Collected.apply(SetOutAgain).is_err());
    }

    #[test]
    fn words_read_back() {
        for state in ParcelState::ALL {
            assert_eq!(ParcelState::from_word(state.as_str()), Some(state));
        }
        assert_eq!(ParcelState::from_word("lost"), None);
    }

    #[test]
    fn several_pieces_need_a_larger_door() {
        assert_eq!(Size::for_pieces([(Size::S, 2)]), Size::S);
        assert_eq!(Size::for_pieces([(Size::S, 3)]), Size::M);
        assert_eq!(Size::for_pieces([(Size::M, 2)]), Size::M);
        assert_eq!(Size::for_pieces([(Size::M, 2), (Size::S, 1)]), Size::L);
        assert_eq!(Size::for_pieces([(Size::L, i64::MAX)]), Size::L);
    }
}
