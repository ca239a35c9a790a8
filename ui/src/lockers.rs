//! The locker wall as the shopper sees it, for the little map that shows where the door is.

/// Size class of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DoorSize {
    /// Small.
    #[default]
    S,
    /// Medium.
    M,
    /// Large.
    L,
}

impl DoorSize {
    /// Height on the map: six small, four medium or two large doors fill a column.
    pub const fn units(self) -> u32 {
        match self {
            Self::S => 2,
            Self::M => 3,
            Self::L => 6,
        }
    }

    /// The letter on the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
        }
    }
}

/// Height of one column of the map, in the units of [`DoorSize::units`].
pub const COLUMN_UNITS: u32 = 12;

/// The locker wall: every door with its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockerMap {
    /// All doors.
    pub doors: Vec<MapDoor>,
}

/// One door on the map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MapDoor {
    /// Label of the door.
    pub label: String,
    /// Size class of the door.
    pub size: DoorSize,
    /// Column, from 0 at the left.
    pub column: u32,
    /// Distance of the upper edge from the top, in the units of [`DoorSize::units`].
    pub top: u32,
}

/// In which part of the wall a door is, seen from before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// To the left.
    Left,
    /// In the middle.
    Middle,
    /// To the right.
    Right,
}

/// How high a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Height {
    /// Above.
    High,
    /// In the middle.
    Middle,
    /// Near the floor.
    Low,
}

impl MapDoor {
    /// How high it is.
    pub const fn height(&self) -> Height {
        // Twice the distance of its middle from the top.
        match self.top.saturating_mul(2).saturating_add(self.size.units()) {
            0..8 => Height::High,
            8..=16 => Height::Middle,
            _ => Height::Low,
        }
    }
}

impl LockerMap {
    /// Where a door is: side and height; `None` for one that is not on the map.
    pub fn place(&self, label: &str) -> Option<(Side, Height)> {
        let door = self.doors.iter().find(|door| door.label == label)?;
        let (thrice, columns) = (door.column.saturating_mul(3), self.columns());
        let side = match (thrice, columns) {
            (_, 0 | 1) => Side::Middle,
            (at, of) if at.saturating_add(1) < of => Side::Left,
            (at, of) if at.saturating_add(2) > of.saturating_mul(2) => Side::Right,
            _ => Side::Middle,
        };
        Some((side, door.height()))
    }

    /// Stacks doors in the order given, top to bottom, and begins a new column when one is full.
    pub fn stacked<L: Into<String>>(doors: impl IntoIterator<Item = (L, DoorSize)>) -> Self {
        let (mut column, mut top) = (0_u32, 0_u32);
        let mut placed = Vec::new();
        for (label, size) in doors {
            if top.saturating_add(size.units()) > COLUMN_UNITS {
                column = column.saturating_add(1);
                top = 0;
            }
            placed.push(MapDoor { label: label.into(), size, column, top });
            top = top.saturating_add(size.units());
        }
        Self { doors: placed }
    }

    /// How many columns the map has.
    pub fn columns(&self) -> u32 {
        self.doors.iter().map(|door| door.column.saturating_add(1)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_told_by_its_side_and_its_height() {
        let map = |columns: usize| {
            let sizes = [DoorSize::S; 6].repeat(columns);
            LockerMap::stacked((1..).zip(sizes).map(|(n, size)| (n.to_string(), size)))
        };
        let sides = |columns: usize| -> Vec<Side> {
            let first = (0..columns).map(|column| (column * 6 + 1).to_string());
            first.map(|label| map(columns).place(&label).unwrap().0).collect()
        };
        use Side::{Left, Middle, Right};
        assert_eq!(sides(1), [Middle]);
        assert_eq!(sides(2), [Left, Right]);
        assert_eq!(sides(3), [Left, Middle, Right]);
        assert_eq!(sides(4), [Left, Middle, Middle, Right]);
        assert_eq!(sides(5), [Left, Left, Middle, Right, Right]);
        let heights = ["1", "2", "3", "4", "5", "6"].map(|label| map(1).place(label).unwrap().1);
        use Height::{High, Low};
        assert_eq!(heights, [High, High, Height::Middle, Height::Middle, Low, Low]);
        assert_eq!(map(1).place("7"), None);
    }

    #[test]
    fn six_small_four_medium_and_two_large_doors_fill_three_columns() {
        use DoorSize::{L, M, S};
        let sizes = [S, S, S, S, S, S, M, M, M, M, L, L];
        let map = LockerMap::stacked((1..).zip(sizes).map(|(n, size)| (n.to_string(), size)));
        assert_eq!(map.columns(), 3);
        let places: Vec<_> = map.doors.iter().map(|door| (door.column, door.top)).collect();
        assert_eq!(places.get(5), Some(&(0, 10)));
        assert_eq!(places.get(6), Some(&(1, 0)));
        assert_eq!(places.get(11), Some(&(2, 6)));
    }
}
