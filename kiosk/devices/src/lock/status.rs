//! The states of a board's locks, as bits.

/// Bits that a board has told, for channels 1 to 64. What a bit means is a matter of
/// [`Polarity`](super::Polarity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoardStatus {
    known: u64,
    set: u64,
}

impl BoardStatus {
    /// Groups of eight locks, the lowest group first; the lowest bit of a group is its lowest lock.
    #[must_use]
    pub fn of_groups<'a>(groups: impl IntoIterator<Item = &'a u8>) -> Self {
        let mut status = Self::default();
        for (group, bits) in groups.into_iter().enumerate() {
            for bit in 0..8_u8 {
                let channel = group.saturating_mul(8).saturating_add(usize::from(bit)).saturating_add(1);
                if let Ok(channel) = u8::try_from(channel) {
                    status.tell(channel, bits >> bit & 1 == 1);
                }
            }
        }
        status
    }

    /// One lock.
    #[must_use]
    pub fn of_one(channel: u8, bit: bool) -> Self {
        let mut status = Self::default();
        status.tell(channel, bit);
        status
    }

    /// Notes the bit of a channel; channels that cannot be are left out.
    pub fn tell(&mut self, channel: u8, bit: bool) {
        let Some(mask) = mask(channel) else { return };
        self.known |= mask;
        self.set = if bit { self.set | mask } else { self.set & !mask };
    }

    /// Adds what another reply told.
    pub fn add(&mut self, other: Self) {
        self.set = (self.set & !other.known) | other.set;
        self.known |= other.known;
    }

    /// The bit of a channel (from 1); none when the board has told nothing of it.
    #[must_use]
    pub fn bit(self, channel: u8) -> Option<bool> {
        let mask = mask(channel).filter(|mask| self.known & mask != 0)?;
        Some(self.set & mask != 0)
    }

    /// Of how many channels it tells.
    #[must_use]
    pub fn channels(self) -> u8 {
        u8::try_from(self.known.count_ones()).unwrap_or(u8::MAX)
    }
}

fn mask(channel: u8) -> Option<u64> {
    1_u64.checked_shl(u32::from(channel.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_single_locks_add_up_and_the_later_word_counts() {
        let mut status = BoardStatus::of_groups(&[0x01, 0x80]);
        assert_eq!(
            [1, 2, 16, 17, 0].map(|c| status.bit(c)),
            [Some(true), Some(false), Some(true), None, None]
        );
        status.add(BoardStatus::of_one(1, false));
        status.add(BoardStatus::of_one(64, true));
        assert_eq!((status.bit(1), status.bit(64), status.channels()), (Some(false), Some(true), 17));
        status.tell(65, true);
        assert_eq!(status.channels(), 17);
    }
}
