//! The way to another place, as plain values: a code for the telephone and a sketch.

use std::fmt::Write as _;

/// How to get to a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WayThere {
    /// What a telephone scans to open the place on a map.
    pub code: Code,
    /// How far and where to, from here; `None` when nobody can say where here is.
    pub leg: Option<Leg>,
}

/// A square code: `side` modules wide and high, row by row, `true` for a dark one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Code {
    /// Modules of one side.
    pub side: usize,
    /// All modules.
    pub dark: Vec<bool>,
}

/// The straight way to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// How far, in metres.
    pub metres: u32,
    /// Where to.
    pub towards: Compass,
}

/// One of eight directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compass {
    /// North.
    N,
    /// North-east.
    Ne,
    /// East.
    E,
    /// South-east.
    Se,
    /// South.
    S,
    /// South-west.
    Sw,
    /// West.
    W,
    /// North-west.
    Nw,
}

impl Code {
    /// The dark modules as the commands of a path, in modules; a row's neighbours are one piece.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for (y, row) in self.dark.chunks(self.side.max(1)).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&true) {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z", length = run.len());
                }
                x += run.len();
            }
        }
        path
    }
}

impl Leg {
    /// Kilometres, with a tenth below ten of them, and never none.
    pub(crate) fn km(self) -> String {
        let tenths = self.metres.saturating_add(50) / 100;
        if tenths < 100 {
            format!("{}.{}", tenths / 10, (tenths % 10).max(u32::from(tenths == 0)))
        } else {
            (self.metres.saturating_add(500) / 1000).to_string()
        }
    }
}

impl Compass {
    /// An arrow in this direction as the commands of a path, in a square of 100; north is up.
    pub(crate) fn arrow(self) -> String {
        // 23 of 32 is the cosine of 45 degrees.
        let (x, y): (i32, i32) = match self {
            Self::N => (0, -32),
            Self::Ne => (23, -23),
            Self::E => (32, 0),
            Self::Se => (23, 23),
            Self::S => (0, 32),
            Self::Sw => (-23, 23),
            Self::W => (-32, 0),
            Self::Nw => (-23, -23),
        };
        let tip = (50 + x, 50 + y);
        // The ends of the barbs are set back from the tip and stand half its way out from the shaft.
        let barb = |side: i32| (50 + x / 4 - side * y / 2, 50 + y / 4 + side * x / 2);
        let (left, right) = (barb(-1), barb(1));
        format!(
            "M{} {}L{} {}M{} {}L{} {}L{} {}",
            50 - x,
            50 - y,
            tip.0,
            tip.1,
            left.0,
            left.1,
            tip.0,
            tip.1,
            right.0,
            right.1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_a_row_are_one_piece_of_the_path() {
        let dark = vec![true, true, false, false, false, true, true, false, true];
        assert_eq!(Code { side: 3, dark }.path(), "M0 0h2v1h-2zM2 1h1v1h-1zM0 2h1v1h-1zM2 2h1v1h-1z");
        assert_eq!(Code::default().path(), "");
    }

    #[test]
    fn a_distance_is_rounded_as_people_say_it_and_never_nothing() {
        let km = |metres| Leg { metres, towards: Compass::N }.km();
        assert_eq!(
            [20, 640, 3_449, 9_949, 9_950, 128_400].map(km),
            ["0.1", "0.6", "3.4", "9.9", "10", "128"]
        );
    }

    #[test]
    fn an_arrow_ends_where_it_points() {
        assert_eq!(Compass::N.arrow(), "M50 82L50 18M34 42L50 18L66 42");
        assert_eq!(Compass::E.arrow(), "M18 50L82 50M58 34L82 50L58 66");
    }
}
