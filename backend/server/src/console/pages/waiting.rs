//! What waits for a second person: doors, changes of the book, stocktakes. Told to those only who may decide it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::centre;
use crate::console::accounts::Person;
use crate::console::roles::Op;
use crate::console::{text, words};
use crate::db::Conn;
use crate::stock::{requests, take};
use crate::store::StoreError;
use crate::time::us;
use crate::web::Lang;

/// Something that somebody asked for and another one decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it is, as read.
    pub name: String,
    /// Which thing.
    pub about: String,
    /// Why, in the asker's words.
    pub reason: String,
    /// Name of the account that asked.
    pub asked_by: String,
    /// Since when, in words.
    pub age: String,
    /// Where it is decided.
    pub path: String,
    /// What is done there.
    pub next: &'static str,
}

/// What waits for this person: doors first, since a wish for one is good for two minutes only.
///
/// # Errors
/// [`StoreError`].
pub fn of(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let mut all = Vec::new();
    if Op::OpenDoors.is_for(person.role) {
        all.extend(doors(conn, person, lang, now)?);
    }
    if Op::DecideStock.is_for(person.role) {
        all.extend(book(conn, person, lang, now)?);
    }
    if Op::SignStocktakes.is_for(person.role) {
        all.extend(counts(conn, person, lang, now)?);
    }
    Ok(all)
}

/// The name of what somebody asked for, and why.
struct Asked {
    name: String,
    about: String,
    reason: String,
    asked_by: String,
    asked_us: i64,
}

impl Asked {
    fn at(self, now: Timestamp, path: String, next: &'static str) -> Waiting {
        let Self { name, about, reason, asked_by, asked_us } = self;
        let age = text::span(us(now).saturating_sub(asked_us) / 1_000_000);
        Waiting { name, about, reason, asked_by, age, path, next }
    }
}

fn doors(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    // The states are named as the index has them, else SQLite would not use it.
    let sql = format!(
        "SELECT k.name, w.door, w.purpose, w.reason, w.asked_by, w.asked_us FROM door_wish w
         JOIN kiosk k ON k.id = w.kiosk_id
         WHERE w.cell = {{cell}} AND w.state IN ('asked', 'confirmed', 'fetched') AND w.state = 'asked'
         AND w.until_us > ?1 AND w.asked_by <> ?2 AND {} ORDER BY w.until_us, w.id",
        person.centres_are("k.centre")
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query((us(now), &person.name))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (kiosk, door, purpose): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let asked = Asked {
            name: lang.t("开柜门", "Open a door").to_owned(),
            about: format!("{kiosk} · {} {door}", lang.t("柜门", "door")),
            reason: format!("{}: {}", words::purpose(lang, &purpose), row.get::<_, String>(3)?),
            asked_by: row.get(4)?,
            asked_us: row.get(5)?,
        };
        let next = lang.t("复核并开门（两分钟内有效）", "Confirm it; it is good for two minutes");
        all.push(asked.at(now, format!("/kiosks/{kiosk}"), next));
    }
    Ok(all)
}

fn book(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let open = requests::open(conn)?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let books: BTreeMap<String, u16> =
        centre::all(conn)?.into_values().map(|centre| (centre.ems_no, centre.number)).collect();
    let mine = |request: &requests::Request| {
        let centre = request.key.split_once('/').and_then(|(book, _)| books.get(book));
        request.asked_by != person.name && centre.is_some_and(|centre| person.sees(*centre))
    };
    let told = |request: requests::Request| {
        let what = words::entry(lang, request.what.as_str());
        let asked = Asked {
            name: format!("{} {what}", lang.t("账册", "Book:")),
            about: format!("{} · {}", request.key, request.quantity),
            reason: request.reason,
            asked_by: request.asked_by,
            asked_us: request.asked_us,
        };
        asked.at(
            now,
            "/stock".to_owned(),
            lang.t("核对单证后批准或不批准", "Check it, then approve or refuse it"),
        )
    };
    Ok(open.into_iter().filter(mine).map(told).collect())
}

fn counts(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let mut all = Vec::new();
    for take in take::to_sign(conn, &person.name)? {
        if !person.sees(take.centre) {
            continue;
        }
        let asked = Asked {
            name: lang.t("盘点待签核", "Stocktake to be signed").to_owned(),
            about: format!("{} · {} {}", take.id, lang.t("中心", "centre"), take.centre),
            reason: take.note,
            asked_by: take.opened_by,
            asked_us: take.opened_us,
        };
        let next = lang.t("查看差异后签核", "Look at the variances, then sign it off");
        all.push(asked.at(now, format!("/stock/takes/{}", take.id), next));
    }
    Ok(all)
}
