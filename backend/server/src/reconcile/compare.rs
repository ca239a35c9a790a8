//! What the trail says against what the tables say. Pure: every difference is one of the sheet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::Quantity;
use pickup_domain::centre::Centre;

use super::Things;
use super::replay::Told;
use super::sheet::{Balance, Count, Difference, FORMAT, Line, Sheet, Sum, VERSION, What};
use super::tables::Kept;

/// The sheet of a day, with what was signed for the day before.
pub fn sheet(
    centre: &Centre,
    (day, now): (Date, Timestamp),
    told: Told,
    kept: Kept,
    before: Option<&Sheet>,
) -> Sheet {
    let nothing = Things::new();
    let (mut counts, mut differences) = (Vec::new(), Vec::new());
    for what in What::ALL {
        let (trail, tables) =
            (told.things.get(&what).unwrap_or(&nothing), kept.things.get(&what).unwrap_or(&nothing));
        counts.push(Count { what, trail: sum(trail), tables: sum(tables) });
        differences.extend(things(what, trail, tables));
    }
    differences.extend(accounts(&told.now, &kept.now));
    for line in told.lines.values() {
        differences.extend(entries(line, &kept.entries));
        differences.extend(unbalanced(line));
        differences.extend(opening(line, before));
    }
    differences.extend(told.broken.map(|row| Difference::TrailBroken { row }));
    differences.extend(
        before
            .filter(|before| before.trail.head != told.head_before && !before.trail.head.is_empty())
            .map(|before| Difference::TrailReplaced { row: before.trail.last }),
    );
    Sheet {
        format: FORMAT.to_owned(),
        version: VERSION,
        centre: centre.number,
        customs_code: centre.customs_code.clone(),
        book: centre.ems_no.clone(),
        day,
        made_at: now,
        trail: told.stretch,
        counts,
        lines: told.lines.into_values().collect(),
        differences,
    }
}

fn sum(things: &Things) -> Sum {
    let fen = things.values().fold(0_i64, |sum, fen| sum.saturating_add(*fen));
    Sum { count: i64::try_from(things.len()).unwrap_or(i64::MAX), fen }
}

fn things(what: What, trail: &Things, tables: &Things) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (entity, trail_fen) in trail {
        let entity = entity.clone();
        match tables.get(&entity) {
            None => differences.push(Difference::OnlyTrail { what, entity }),
            Some(tables_fen) if tables_fen != trail_fen => {
                let (trail_fen, tables_fen) = (*trail_fen, *tables_fen);
                differences.push(Difference::Amount { what, entity, trail_fen, tables_fen });
            }
            Some(_) => {}
        }
    }
    let only = tables.keys().filter(|entity| !trail.contains_key(*entity));
    differences.extend(only.map(|entity| Difference::OnlyTables { what, entity: entity.clone() }));
    differences
}

fn accounts(trail: &BTreeMap<String, Balance>, tables: &BTreeMap<String, Balance>) -> Vec<Difference> {
    let mut keys: Vec<&String> = trail.keys().chain(tables.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differs = |key: &String| {
        let of = |all: &BTreeMap<String, Balance>| all.get(key).copied().unwrap_or_default();
        let (trail, table) = (of(trail), of(tables));
        (trail != table).then(|| Difference::Account { key: key.clone(), trail, table })
    };
    keys.into_iter().filter_map(differs).collect()
}

fn entries(line: &Line, kept: &BTreeMap<String, Quantity>) -> Option<Difference> {
    let table = kept.get(&line.key).copied().unwrap_or_default();
    let key = line.key.clone();
    (table != line.entries).then_some(Difference::Entries { key, trail: line.entries, table })
}

fn unbalanced(line: &Line) -> Option<Difference> {
    let follows = || {
        let closing = line.opening.inside().checked_add(line.entries)?;
        closing.checked_add(line.back)?.checked_sub(line.out)
    };
    let covered = |balance: Balance| balance.inside() >= balance.held && balance.held >= Quantity::ZERO;
    let good = follows() == Some(line.closing.inside()) && covered(line.opening) && covered(line.closing);
    (!good).then(|| Difference::Unbalanced { key: line.key.clone() })
}

fn opening(line: &Line, before: Option<&Sheet>) -> Option<Difference> {
    let closed = before?.lines.iter().find(|one| one.key == line.key);
    let closed = closed.map(|one| one.closing).unwrap_or_default();
    let (key, opens) = (line.key.clone(), line.opening);
    (closed != opens).then_some(Difference::Opening { key, closed, opens })
}
