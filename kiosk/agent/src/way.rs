//! The way to another centre: its place as a code that telephones open on a map, and how far it is from here.

use pickup_protocol::domain::geo::{self, Spot};
use pickup_ui::view as ui;
use qrcode::{Color, EcLevel, QrCode};

/// The way to a place, from `here` when that is known. `None` when no code can hold it, which no place is too long for.
pub fn to(there: Spot, here: Option<Spot>) -> Option<ui::WayThere> {
    let code = QrCode::with_error_correction_level(there.geo_uri(), EcLevel::M).ok()?;
    let dark = code.to_colors().into_iter().map(|module| module == Color::Dark).collect();
    let leg = here.and_then(|here| here.leg_to(there));
    let leg = leg.map(|leg| ui::Leg { metres: leg.metres, towards: compass(leg.towards) });
    Some(ui::WayThere { code: ui::Code { side: code.width(), dark }, leg })
}

const fn compass(towards: geo::Compass) -> ui::Compass {
    match towards {
        geo::Compass::N => ui::Compass::N,
        geo::Compass::Ne => ui::Compass::Ne,
        geo::Compass::E => ui::Compass::E,
        geo::Compass::Se => ui::Compass::Se,
        geo::Compass::S => ui::Compass::S,
        geo::Compass::Sw => ui::Compass::Sw,
        geo::Compass::W => ui::Compass::W,
        geo::Compass::Nw => ui::Compass::Nw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_square_and_without_a_here_there_is_no_sketch() {
        let (here, there) = (Spot::new(20_000_000, 126_000_000), Spot::new(20_100_000, 126_000_000).unwrap());
        let way = to(there, here).unwrap();
        assert_eq!(way.code.dark.len(), way.code.side * way.code.side);
        assert_eq!(way.leg, Some(ui::Leg { metres: 11_119, towards: ui::Compass::N }));
        assert_eq!(to(there, None).unwrap().leg, None);
    }
}
