//! Parcels that lie in another place.

use pickup_ui::view::*;

pub fn centre() -> Refused {
    Refused {
        kind: RefusedKind::Elsewhere,
        code: "OTHER_CENTRE".into(),
        title: Text::new("包裹不在这里", "Your parcel is elsewhere"),
        sentence: Text::new("这件包裹不在本提货中心。", "This parcel is at another pickup centre."),
        what_to_do: Text::new("请查看订单上的提货地址。", "Check the pickup address in your order."),
        centre: Some(Box::new(Place {
            name: Text::new("临江保税自提中心", "Linjiang Bonded Pickup Centre"),
            address: Text::new(
                "样例市临江区保税大道 128 号 3 号楼一层",
                "128 Bonded Avenue, building 3, ground floor, Linjiang",
            ),
            phone: "199 0000 0002".into(),
            way: Some(way()),
        })),
        ..Refused::default()
    }
}

/// The same page for a centre of which nobody knows the place.
pub fn centre_without_place() -> Refused {
    let known = centre();
    let centre = known.centre.map(|place| Box::new(Place { way: None, ..*place }));
    Refused { centre, ..known }
}

pub fn other_kiosk() -> Refused {
    Refused {
        kind: RefusedKind::Elsewhere,
        code: "OTHER_KIOSK".into(),
        title: Text::new("包裹不在这里", "Your parcel is elsewhere"),
        sentence: Text::new("包裹在另一台自提柜里。", "Your parcel is in the locker of another kiosk."),
        what_to_do: Text::new("请查看订单上的柜机编号。", "Check the kiosk number in your order."),
        reference: "7K3M-95".into(),
        kiosk: Some("K-02".into()),
        ..Refused::default()
    }
}

/// The code of `geo:20.150000,126.540000`, which a telephone reads from the pictures.
const CODE: [&str; 25] = [
    "#######.####.##...#######",
    "#.....#.##..#.##..#.....#",
    "#.###.#...#.##..#.#.###.#",
    "#.###.#.#.###.#.#.#.###.#",
    "#.###.#...##..#.#.#.###.#",
    "#.....#....#.#.##.#.....#",
    "#######.#.#.#.#.#.#######",
    "........##.##.#..........",
    "#.##.###...#..###.#..#.##",
    ".#..##.#.#..##.####.#.#..",
    "..#..##.#...#.##....###..",
    ".##.##..####.#....###.##.",
    ".#.#..###..#.###..##..###",
    "....##..#..#....##..#.###",
    ".####.###...##.##..#...#.",
    "#.#.##.#....#..#..#..#.#.",
    "...##.######..#.#######..",
    "........###.##.##...#.#.#",
    "#######.#.###...#.#.#####",
    "#.....#.#.#.#.#.#...#...#",
    "#.###.#..#####.#######.#.",
    "#.###.#.##..##.#..##.#..#",
    "#.###.#.#..###.#....#..#.",
    "#.....#........##..##.#..",
    "#######.##..#.##..#######",
];

fn way() -> WayThere {
    let dark = CODE.iter().flat_map(|row| row.chars()).map(|module| module == '#').collect();
    let leg = Some(Leg { metres: 3_449, towards: Compass::Ne });
    WayThere { code: Code { side: CODE.len(), dark }, leg }
}
