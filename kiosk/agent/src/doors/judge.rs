//! What walking the doors has shown: pure, from what was asked, what moved and what the contacts said.

use std::collections::{BTreeMap, BTreeSet};

/// What one channel did when it was pulsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The door the settings have on this channel.
    pub configured: u16,
    /// The door a person saw moving; `None` when none did.
    pub moved: Option<u16>,
    /// Doors, by the settings, whose contact changed, with what each said while the door stood open.
    pub changed: BTreeMap<u16, bool>,
    /// Whether those contacts went back when the door was shut.
    pub went_back: bool,
}

/// Why the settings cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No door moved.
    #[error("the lock that should open door {0} moved nothing: check its cable")]
    NothingMoved(u16),
    /// No contact changed.
    #[error("door {0} opened and no contact said so: check the contact's cable")]
    NoContact(u16),
    /// The contact of another channel changed.
    #[error(
        "the lock of door {lock} is answered for by the contact of door {contact}: their cables are crossed"
    )]
    AnswersForAnother {
        /// Whose lock.
        lock: u16,
        /// Whose contact.
        contact: u16,
    },
    /// Several contacts changed.
    #[error("doors {0:?} answer for each other: one opened and the contacts of all changed")]
    Together(Vec<u16>),
    /// The contact stayed as it was when the door was shut.
    #[error("the contact of door {0} did not go back when the door was shut")]
    StaysOpen(u16),
    /// Two locks open one door.
    #[error("the locks of doors {first} and {second} both open door {door}")]
    SameDoor {
        /// The door that moved.
        door: u16,
        /// The first lock, by the settings.
        first: u16,
        /// The second.
        second: u16,
    },
    /// A door that is not in the settings.
    #[error(
        "door {0} moved, which is not in the settings: add it with its size, or look again at its number"
    )]
    UnknownDoor(u16),
    /// Boards have one polarity.
    #[error(
        "on one board doors {good:?} say open when open and doors {reversed:?} say shut: turn the contacts of the fewer"
    )]
    Mixed {
        /// As the settings say.
        good: Vec<u16>,
        /// The other way round.
        reversed: Vec<u16>,
    },
}

/// What the settings should say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Which door each channel opens: the door the settings have on it, and the one it really opens.
    pub opens: BTreeMap<u16, u16>,
    /// Boards whose polarity is the other one.
    pub reversed: BTreeSet<(usize, u8)>,
}

/// Judges what was walked; `board_of` is the board of a door by the settings, `all` are their doors.
pub fn judge(
    walked: &[Walked],
    all: &[u16],
    board_of: impl Fn(u16) -> Option<(usize, u8)>,
) -> Result<Verdict, Vec<Refusal>> {
    let mut refusals: Vec<Refusal> = walked.iter().filter_map(|one| refusal(one, all)).collect();
    let mut verdict = Verdict::default();
    let mut opened_by = BTreeMap::new();
    // A channel that was not walked opens what the settings say.
    let skipped = all.iter().filter(|door| walked.iter().all(|one| one.configured != **door));
    let seen = walked.iter().filter_map(|one| Some((one.configured, one.moved?)));
    for (lock, door) in seen.chain(skipped.map(|door| (*door, *door))) {
        if let Some(first) = opened_by.insert(door, lock) {
            refusals.push(Refusal::SameDoor { door, first, second: lock });
        }
        verdict.opens.insert(lock, door);
    }
    let mut boards: BTreeMap<(usize, u8), (Vec<u16>, Vec<u16>)> = BTreeMap::new();
    for one in walked {
        let Some((board, said_open)) = board_of(one.configured).zip(one.changed.get(&one.configured)) else {
            continue;
        };
        let (good, reversed) = boards.entry(board).or_default();
        if *said_open { good.push(one.configured) } else { reversed.push(one.configured) }
    }
    for (board, (good, reversed)) in boards {
        if !good.is_empty() && !reversed.is_empty() {
            refusals.push(Refusal::Mixed { good, reversed });
        } else if !reversed.is_empty() {
            verdict.reversed.insert(board);
        }
    }
    if refusals.is_empty() { Ok(verdict) } else { Err(refusals) }
}

fn refusal(one: &Walked, all: &[u16]) -> Option<Refusal> {
    let lock = one.configured;
    let Some(moved) = one.moved else { return Some(Refusal::NothingMoved(lock)) };
    if !all.contains(&moved) {
        return Some(Refusal::UnknownDoor(moved));
    }
    let contacts: Vec<u16> = one.changed.keys().copied().collect();
    match contacts.as_slice() {
        [] => Some(Refusal::NoContact(moved)),
        [contact] if *contact != lock => Some(Refusal::AnswersForAnother { lock, contact: *contact }),
        [_] if !one.went_back => Some(Refusal::StaysOpen(moved)),
        [_] => None,
        several => Some(Refusal::Together(several.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(configured: u16, moved: u16, changed: &[(u16, bool)]) -> Walked {
        let changed = changed.iter().copied().collect();
        Walked { configured, moved: Some(moved).filter(|door| *door > 0), changed, went_back: true }
    }

    fn judged(walked: &[Walked]) -> Result<Verdict, Vec<Refusal>> {
        judge(walked, &[1, 2, 3], |door| Some((0, u8::try_from(door / 3 + 1).unwrap())))
    }

    #[test]
    fn doors_that_are_as_the_settings_say_change_nothing() {
        let verdict = judged(&[walked(1, 1, &[(1, true)]), walked(2, 2, &[(2, true)])]).unwrap();
        assert!(verdict.reversed.is_empty() && verdict.opens.iter().all(|(lock, door)| lock == door));
    }

    #[test]
    fn two_doors_whose_locks_were_swapped_whole_are_mapped_the_other_way() {
        let verdict = judged(&[walked(1, 2, &[(1, true)]), walked(2, 1, &[(2, true)])]).unwrap();
        assert_eq!(verdict.opens, BTreeMap::from([(1, 2), (2, 1), (3, 3)]));
    }

    #[test]
    fn a_board_that_says_shut_when_open_is_reversed_and_one_that_says_both_is_refused() {
        let verdict = judged(&[walked(1, 1, &[(1, false)]), walked(3, 3, &[(3, true)])]).unwrap();
        assert_eq!(verdict.reversed, BTreeSet::from([(0, 1)]));
        let refused = judged(&[walked(1, 1, &[(1, false)]), walked(2, 2, &[(2, true)])]).unwrap_err();
        assert_eq!(refused, [Refusal::Mixed { good: vec![2], reversed: vec![1] }]);
    }

    #[test]
    fn doors_that_answer_for_each_other_are_refused() {
        let crossed = judged(&[walked(1, 1, &[(2, true)])]).unwrap_err();
        assert_eq!(crossed, [Refusal::AnswersForAnother { lock: 1, contact: 2 }]);
        let together = judged(&[walked(1, 1, &[(1, true), (2, true)])]).unwrap_err();
        assert_eq!(together, [Refusal::Together(vec![1, 2])]);
        let same = judged(&[walked(1, 2, &[(1, true)]), walked(2, 2, &[(2, true)])]).unwrap_err();
        assert_eq!(same, [Refusal::SameDoor { door: 2, first: 1, second: 2 }]);
        // Not walked, door 2 is opened by its own lock too.
        assert!(judged(&[walked(1, 2, &[(1, true)])]).is_err());
    }

    #[test]
    fn a_lock_or_a_contact_that_does_nothing_is_refused() {
        assert_eq!(judged(&[walked(1, 0, &[])]).unwrap_err(), [Refusal::NothingMoved(1)]);
        assert_eq!(judged(&[walked(1, 1, &[])]).unwrap_err(), [Refusal::NoContact(1)]);
        assert_eq!(judged(&[walked(1, 9, &[(1, true)])]).unwrap_err(), [Refusal::UnknownDoor(9)]);
        let stays = Walked { went_back: false, ..walked(1, 1, &[(1, true)]) };
        assert_eq!(judged(&[stays]).unwrap_err(), [Refusal::StaysOpen(1)]);
    }
}
