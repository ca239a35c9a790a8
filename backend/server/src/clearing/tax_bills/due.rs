//! What is owed of each declaration, and what falls due when: 海关总署公告2018年第194号, day 31 to day 45 after release.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use pickup_domain::china_time;
use serde::Serialize;

use super::{returned_tax, to_fen};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::{at, us};

/// First day after release on which tax is paid.
const DUE_FROM_DAY: i64 = 31;
/// Last day after release on which tax is paid.
const DUE_UNTIL_DAY: i64 = 45;

/// What falls due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Day of release in China.
    pub released: Date,
    /// First day of payment.
    pub from: Date,
    /// Last day of payment.
    pub until: Date,
    /// Declarations released on that day and neither cancelled nor wholly returned.
    pub declarations: i64,
    /// Their tax as computed here, less what was returned.
    pub computed_fen: i64,
    /// Of these, billed by customs.
    pub billed: i64,
    /// Customs' figure of the bills, to the fen.
    pub billed_fen: i64,
    /// Bills already paid.
    pub paid: i64,
}

/// Tax of one declaration that was released and neither cancelled nor wholly returned, beside the bills of customs for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    /// When it was released, microseconds.
    pub released_us: i64,
    /// Its tax as computed here, less what was returned.
    pub computed_fen: i64,
    /// Bills of customs with their amounts.
    pub billed: i64,
    /// Customs' figure of these, to the fen.
    pub billed_fen: i64,
    /// Bills already paid.
    pub paid: i64,
}

impl Owed {
    /// Both together; of no moment.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            released_us: 0,
            computed_fen: self.computed_fen.saturating_add(other.computed_fen),
            billed: self.billed.saturating_add(other.billed),
            billed_fen: self.billed_fen.saturating_add(other.billed_fen),
            paid: self.paid.saturating_add(other.paid),
        }
    }

    /// So many times; of no moment.
    #[must_use]
    pub const fn times(&self, times: i64) -> Self {
        Self {
            released_us: 0,
            computed_fen: self.computed_fen.saturating_mul(times),
            billed: self.billed.saturating_mul(times),
            billed_fen: self.billed_fen.saturating_mul(times),
            paid: self.paid.saturating_mul(times),
        }
    }
}

const OWED: &str = "SELECT d.order_id, d.released_us, d.tax_fen, b.duty, b.vat, b.consumption, b.paid_us,
        (SELECT COUNT(*) FROM application a WHERE a.cell = d.cell AND a.order_id = d.order_id)
     FROM declaration d LEFT JOIN tax_bill b ON b.cell = d.cell AND b.order_id = d.order_id AND b.state <> 3
     WHERE d.cell = {cell} AND d.state IN ('released', 'closed') AND d.released_us IS NOT NULL";

/// What an order owes, once it is released and while it stands.
///
/// # Errors
/// [`StoreError`].
pub fn owed(conn: &Conn, order_id: i64) -> Result<Option<Owed>, StoreError> {
    let sql = format!("{OWED} AND d.order_id = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut all = None;
    gather(conn, statement.query([order_id])?, |one| all = Some(one))?;
    Ok(all)
}

/// What falls due of releases between two days, by day of release.
///
/// # Errors
/// [`StoreError`].
pub fn calendar(conn: &Conn, first: Date, last: Date) -> Result<Vec<Due>, StoreError> {
    let sql =
        format!("{OWED} AND d.released_us >= ?1 AND d.released_us < ?2 ORDER BY d.released_us, d.order_id");
    let mut statement = conn.prepare(&sql)?;
    let end = last.tomorrow().unwrap_or(Date::MAX);
    let rows = statement.query((us(china_time::midnight(first)), us(china_time::midnight(end))))?;
    let mut days: BTreeMap<Date, Due> = BTreeMap::new();
    let mut unreadable = None;
    gather(conn, rows, |one| match at(one.released_us) {
        Ok(released) => {
            let released = china_time::date(released);
            days.entry(released).or_insert_with(|| Due::on(released)).add(1, &one);
        }
        Err(error) => unreadable = Some(error),
    })?;
    unreadable.map_or_else(|| Ok(days.into_values().collect()), Err)
}

/// Reads rows of [`OWED`], those of an order one after the other, and hands on each order's sum.
fn gather(conn: &Conn, mut rows: crate::db::Rows, mut each: impl FnMut(Owed)) -> Result<(), StoreError> {
    let mut last: Option<(i64, Owed)> = None;
    while let Some(row) = rows.next()? {
        let order_id: i64 = row.get(0)?;
        if last.is_none_or(|(before, _)| before != order_id) {
            if let Some((_, done)) = last.take() {
                each(done);
            }
            let mut computed_fen: i64 = row.get(2)?;
            if row.get::<_, i64>(7)? > 0 {
                computed_fen = computed_fen.saturating_sub(returned_tax(conn, order_id)?);
            }
            last = Some((order_id, Owed { released_us: row.get(1)?, computed_fen, ..Owed::default() }));
        }
        let Some((_, one)) = last.as_mut() else { continue };
        if let (Some(duty), Some(vat), Some(consumption)) = (row.get(3)?, row.get(4)?, row.get(5)?) {
            one.billed = one.billed.saturating_add(1);
            one.billed_fen = one.billed_fen.saturating_add(to_fen(duty, Some(vat), Some(consumption)).fen());
        }
        one.paid = one.paid.saturating_add(i64::from(row.get::<_, Option<i64>>(6)?.is_some()));
    }
    if let Some((_, done)) = last {
        each(done);
    }
    Ok(())
}

impl Due {
    /// Nothing yet of the releases of a day.
    #[must_use]
    pub fn on(released: Date) -> Self {
        let after = |days: i64| released.saturating_add(days.days());
        Self {
            released,
            from: after(DUE_FROM_DAY),
            until: after(DUE_UNTIL_DAY),
            declarations: 0,
            computed_fen: 0,
            billed: 0,
            billed_fen: 0,
            paid: 0,
        }
    }

    /// Adds declarations with what they owe together.
    pub const fn add(&mut self, declarations: i64, owed: &Owed) {
        self.declarations = self.declarations.saturating_add(declarations);
        self.computed_fen = self.computed_fen.saturating_add(owed.computed_fen);
        self.billed = self.billed.saturating_add(owed.billed);
        self.billed_fen = self.billed_fen.saturating_add(owed.billed_fen);
        self.paid = self.paid.saturating_add(owed.paid);
    }
}
