//! What the reports count, by day and centre: kept beside what orders are found by, so that a report reads a few rows
//! however many orders there are.

use std::collections::BTreeMap;

use jiff::civil::Date;
use pickup_domain::china_time;

use crate::clearing::tax_bills::{Due, Owed};
use crate::db::{Conn, DbError, OptionalExt as _, Row};
use crate::store::StoreError;
use crate::time::{china_day, date_of_china_day, us};

const MOMENTS: &str = "SELECT f.centre, COALESCE(d.tax_fen, 0), f.placed_us, f.cleared_us, f.released_us, f.stored_us, f.collected_us,
        f.owed_us, f.owed_fen, f.billed, f.billed_fen, f.paid, f.limit_fen
     FROM order_find f LEFT JOIN declaration d ON d.cell = f.cell AND d.order_id = f.order_id WHERE f.cell = {cell}";

/// Counts of one day of one centre, or what is to be added to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Orders placed.
    pub placed: i64,
    /// Declarations filed.
    pub filed: i64,
    /// Declarations released.
    pub released: i64,
    /// Parcels put into a locker.
    pub stored: i64,
    /// Parcels collected.
    pub collected: i64,
    /// Tax of the released declarations, in fen.
    pub tax_fen: i64,
    /// Of these, declarations that stand, neither cancelled nor wholly returned.
    pub owing: i64,
    /// What these owe together.
    pub owed: Owed,
    /// What these use of their buyers' years, in fen.
    pub limit_fen: i64,
}

impl Figures {
    /// Whether nothing is counted.
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            placed: self.placed.saturating_add(other.placed),
            filed: self.filed.saturating_add(other.filed),
            released: self.released.saturating_add(other.released),
            stored: self.stored.saturating_add(other.stored),
            collected: self.collected.saturating_add(other.collected),
            tax_fen: self.tax_fen.saturating_add(other.tax_fen),
            owing: self.owing.saturating_add(other.owing),
            owed: self.owed.plus(&other.owed),
            limit_fen: self.limit_fen.saturating_add(other.limit_fen),
        }
    }
}

/// When things happened to an order, as [`crate::console::finder`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    centre: i64,
    tax_fen: i64,
    at: [Option<i64>; 5],
    owed: Option<Owed>,
    limit_fen: i64,
}

impl Moments {
    /// Of an order; `None` before it was written down.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(conn: &Conn, order: i64) -> Result<Option<Self>, StoreError> {
        let found = conn
            .prepare_cached(&format!("{MOMENTS} AND f.order_id = ?1"))?
            .query_row([order], Self::read)
            .optional()?;
        Ok(found)
    }

    fn read(row: &Row) -> Result<Self, DbError> {
        let at = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
        let owed = row.get::<_, Option<i64>>(7)?.map(|released_us| {
            Ok::<_, DbError>(Owed {
                released_us,
                computed_fen: row.get(8)?,
                billed: row.get(9)?,
                billed_fen: row.get(10)?,
                paid: row.get(11)?,
            })
        });
        Ok(Self {
            centre: row.get(0)?,
            tax_fen: row.get(1)?,
            at,
            owed: owed.transpose()?,
            limit_fen: row.get(12)?,
        })
    }
}

/// What orders change in the counts, gathered before it is written.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(i64, i64), Figures>);

impl Tally {
    /// An order was counted as `before` and is to be counted as `after`.
    pub fn moved(&mut self, before: Option<&Moments>, after: Option<&Moments>) {
        for (moments, sign) in [(before, -1), (after, 1)] {
            let Some(moments) = moments else { continue };
            for (which, at) in moments.at.into_iter().enumerate() {
                let Some(at) = at else { continue };
                let one = self.0.entry((moments.centre, china_day(at))).or_default();
                *one = one.plus(&once(which, sign, moments.tax_fen));
            }
            if let Some(owed) = moments.owed {
                let one = self.0.entry((moments.centre, china_day(owed.released_us))).or_default();
                *one = one.plus(&Figures {
                    owing: sign,
                    owed: owed.times(sign),
                    limit_fen: sign.saturating_mul(moments.limit_fen),
                    ..Figures::default()
                });
            }
        }
    }

    /// Adds it to the counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn write(&self, tx: &Conn) -> Result<(), StoreError> {
        let mut statement = tx.prepare_cached(
            "INSERT INTO day_figure (cell, centre, day, placed, filed, released, stored, collected, tax_fen,
                owing, owed_fen, billed, billed_fen, paid, limit_fen)
             VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (cell, centre, day) DO UPDATE SET placed = day_figure.placed + excluded.placed,
                filed = day_figure.filed + excluded.filed, released = day_figure.released + excluded.released,
                stored = day_figure.stored + excluded.stored, collected = day_figure.collected + excluded.collected,
                tax_fen = day_figure.tax_fen + excluded.tax_fen, owing = day_figure.owing + excluded.owing,
                owed_fen = day_figure.owed_fen + excluded.owed_fen, billed = day_figure.billed + excluded.billed,
                billed_fen = day_figure.billed_fen + excluded.billed_fen, paid = day_figure.paid + excluded.paid,
                limit_fen = day_figure.limit_fen + excluded.limit_fen",
        )?;
        for ((centre, day), one) in self.0.iter().filter(|(_, one)| !one.is_nothing()) {
            let owed = &one.owed;
            statement.execute((
                *centre,
                *day,
                one.placed,
                one.filed,
                one.released,
                one.stored,
                one.collected,
                one.tax_fen,
                one.owing,
                owed.computed_fen,
                owed.billed,
                owed.billed_fen,
                owed.paid,
                one.limit_fen,
            ))?;
        }
        Ok(())
    }
}

/// Counts everything anew from what orders are found by.
///
/// # Errors
/// [`StoreError`].
pub fn recount(tx: &Conn) -> Result<(), StoreError> {
    tx.execute("DELETE FROM day_figure WHERE cell = {cell}", [])?;
    let mut tally = Tally::default();
    let mut statement = tx.prepare(MOMENTS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        tally.moved(None, Some(&Moments::read(row)?));
    }
    tally.write(tx)
}

/// Counts from one day to another, both included, of the centres that `centres` allows: SQL over the column `centre`.
///
/// # Errors
/// [`StoreError`].
pub fn between(
    conn: &Conn,
    centres: &str,
    from: Date,
    until: Date,
) -> Result<Vec<(Date, i64, Figures)>, StoreError> {
    let sql = format!(
        "SELECT day, centre, placed, filed, released, stored, collected, tax_fen, limit_fen FROM day_figure
         WHERE cell = {{cell}} AND day >= ?1 AND day <= ?2 AND {centres} ORDER BY day, centre"
    );
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map(span(from, until), |row| {
        let [placed, filed, released, stored, collected, tax_fen, limit_fen] =
            [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?];
        let one =
            Figures { placed, filed, released, stored, collected, tax_fen, limit_fen, ..Figures::default() };
        Ok((row.get(0)?, row.get(1)?, one))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (day, centre, one): (i64, i64, Figures) = row?;
        if !one.is_nothing() {
            found.push((date_of_china_day(day)?, centre, one));
        }
    }
    Ok(found)
}

/// What falls due of releases between two days, as [`crate::clearing::tax_bills::calendar`] has it from the declarations themselves.
///
/// # Errors
/// [`StoreError`].
pub fn taxes(conn: &Conn, from: Date, until: Date) -> Result<Vec<Due>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT day, owing, owed_fen, billed, billed_fen, paid FROM day_figure
         WHERE cell = {cell} AND day >= ?1 AND day <= ?2 AND owing > 0 ORDER BY day, centre",
    )?;
    let rows = statement.query_map(span(from, until), |row| {
        let [computed_fen, billed, billed_fen, paid] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        let owed = Owed { released_us: 0, computed_fen, billed, billed_fen, paid };
        Ok((row.get(0)?, row.get(1)?, owed))
    })?;
    let mut days: Vec<Due> = Vec::new();
    for row in rows {
        let (day, owing, owed): (i64, i64, Owed) = row?;
        let released = date_of_china_day(day)?;
        if days.last().is_none_or(|last| last.released != released) {
            days.push(Due::on(released));
        }
        let Some(last) = days.last_mut() else { continue };
        last.add(owing, &owed);
    }
    Ok(days)
}

fn span(from: Date, until: Date) -> (i64, i64) {
    (china_day(us(china_time::midnight(from))), china_day(us(china_time::midnight(until))))
}

fn once(which: usize, sign: i64, tax_fen: i64) -> Figures {
    let none = Figures::default();
    match which {
        0 => Figures { placed: sign, ..none },
        1 => Figures { filed: sign, ..none },
        2 => Figures { released: sign, tax_fen: sign.saturating_mul(tax_fen), ..none },
        3 => Figures { stored: sign, ..none },
        _ => Figures { collected: sign, ..none },
    }
}
