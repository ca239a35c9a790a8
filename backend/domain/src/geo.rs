//! Where on the globe a place is, and the way from one to another. Whole numbers only: nobody walks by the tenth of a metre.

use serde::{Deserialize, Serialize};

/// Metres of one degree of a great circle on a globe of the mean radius 6 371 km.
const METRES_A_DEGREE: i64 = 111_195;
/// Millionths of a degree in a degree.
const UDEG: i64 = 1_000_000;

/// A place by its coordinates (WGS 84), in millionths of a degree; north and east count up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Spot {
    lat_udeg: i32,
    lon_udeg: i32,
}

/// As it is written, before it is known to be on the globe.
#[derive(Deserialize)]
struct Written {
    lat_udeg: i32,
    lon_udeg: i32,
}

impl TryFrom<Written> for Spot {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Self::new(written.lat_udeg, written.lon_udeg).ok_or(
            "no place on the globe: latitude is at most 90 and longitude at most 180 degrees, in millionths",
        )
    }
}

/// One of eight directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// The straight way from one place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// How far, in metres, as the crow flies.
    pub metres: u32,
    /// Where to.
    pub towards: Compass,
}

impl Spot {
    /// The place with these coordinates; `None` when there is none.
    #[must_use]
    pub fn new(lat_udeg: i32, lon_udeg: i32) -> Option<Self> {
        let on_globe = lat_udeg.unsigned_abs() <= 90_000_000 && lon_udeg.unsigned_abs() <= 180_000_000;
        on_globe.then_some(Self { lat_udeg, lon_udeg })
    }

    /// The place as telephones open it on a map.
    ///
    /// Source: RFC 5870, 3.3.
    #[must_use]
    pub fn geo_uri(self) -> String {
        format!("geo:{},{}", degrees(self.lat_udeg), degrees(self.lon_udeg))
    }

    /// The way to another place, on a map drawn flat between them: right to a few metres in a kilometre within a country.
    /// `None` to the place itself.
    #[must_use]
    pub fn leg_to(self, other: Self) -> Option<Leg> {
        // With at most 360 million millionths nothing here comes near the end of 64 bits.
        let (lat, lon) = (i64::from(self.lat_udeg), i64::from(self.lon_udeg));
        let (other_lat, other_lon) = (i64::from(other.lat_udeg), i64::from(other.lon_udeg));
        let half_turn = 180 * UDEG;
        let turned = (other_lon - lon + 3 * half_turn).rem_euclid(2 * half_turn) - half_turn;
        let north = (other_lat - lat) * METRES_A_DEGREE / UDEG;
        let east = turned * METRES_A_DEGREE / UDEG * cosine((lat + other_lat) / 2) / UDEG;
        let (n, e) = (north.unsigned_abs(), east.unsigned_abs());
        let metres = u32::try_from((n * n + e * e).isqrt()).ok()?;
        (metres > 0).then(|| Leg { metres, towards: towards(north, east) })
    }
}

/// Degrees with six decimals.
fn degrees(udeg: i32) -> String {
    let (sign, size) = (if udeg < 0 { "-" } else { "" }, udeg.unsigned_abs());
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
}

/// The cosine of a latitude, in millionths: Bhaskara's formula, right to two thousandths.
fn cosine(udeg: i64) -> i64 {
    let square = (udeg / 1000) * (udeg / 1000);
    let whole = 180_000 * 180_000;
    (whole - 4 * square) * UDEG / (whole + square)
}

/// The nearest of eight directions: a diagonal from 22.5 degrees on, whose tangent is 0.414.
fn towards(north: i64, east: i64) -> Compass {
    let (n, e) = (north.unsigned_abs(), east.unsigned_abs());
    match (north >= 0, east >= 0) {
        (true, _) if e * 1000 < n * 414 => Compass::N,
        (false, _) if e * 1000 < n * 414 => Compass::S,
        (_, true) if n * 1000 < e * 414 => Compass::E,
        (_, false) if n * 1000 < e * 414 => Compass::W,
        (true, true) => Compass::Ne,
        (true, false) => Compass::Nw,
        (false, true) => Compass::Se,
        (false, false) => Compass::Sw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(lat_udeg: i32, lon_udeg: i32) -> Spot {
        Spot::new(lat_udeg, lon_udeg).unwrap()
    }

    #[test]
    fn a_place_is_written_as_telephones_read_it() {
        assert_eq!(spot(31_234_567, 121_000_042).geo_uri(), "geo:31.234567,121.000042");
        assert_eq!(spot(-500, -179_999_999).geo_uri(), "geo:-0.000500,-179.999999");
    }

    #[test]
    fn what_is_not_on_the_globe_is_no_place() {
        assert_eq!(Spot::new(90_000_001, 0), None);
        assert_eq!(Spot::new(0, -180_000_001), None);
        let written = serde_json::from_str::<Spot>(r#"{"lat_udeg":90000001,"lon_udeg":0}"#);
        assert!(written.unwrap_err().to_string().contains("no place on the globe"));
        let read: Spot = serde_json::from_str(r#"{"lat_udeg":30000000,"lon_udeg":-120000000}"#).unwrap();
        assert_eq!(read, spot(30_000_000, -120_000_000));
    }

    #[test]
    fn the_way_is_as_long_as_on_a_globe_and_shrinks_towards_the_poles() {
        let from = spot(60_000_000, 120_000_000);
        assert_eq!(
            from.leg_to(spot(60_100_000, 120_000_000)),
            Some(Leg { metres: 11_119, towards: Compass::N })
        );
        let east = from.leg_to(spot(60_000_000, 120_100_000)).unwrap();
        assert_eq!((east.metres, east.towards), (5_559, Compass::E), "the cosine of 60 degrees is a half");
        assert_eq!(from.leg_to(from), None);
    }

    #[test]
    fn each_of_the_eight_directions_is_told() {
        let from = spot(0, 0);
        let all = [
            (1, 0, Compass::N),
            (1, 1, Compass::Ne),
            (0, 1, Compass::E),
            (-1, 1, Compass::Se),
            (-1, 0, Compass::S),
            (-1, -1, Compass::Sw),
            (0, -1, Compass::W),
            (1, -1, Compass::Nw),
        ];
        for (north, east, towards) in all {
            let leg = from.leg_to(spot(north * 50_000, east * 50_000)).unwrap();
            assert_eq!(leg.towards, towards, "{north} {east}");
        }
    }

    #[test]
    fn across_the_date_line_the_short_way_is_told() {
        let leg = spot(0, 179_950_000).leg_to(spot(0, -179_950_000)).unwrap();
        assert_eq!((leg.metres, leg.towards), (11_119, Compass::E));
    }
}
