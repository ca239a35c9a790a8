//! What was amiss with kiosks, counted by day from their reports: how long printers had no paper, how often doors failed.

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_protocol::health::Health;

use super::Kiosk;
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::{china_day, date_of_china_day, us};

/// Between two reports that are further apart nobody knows how it was.
const KNOWN_FOR_S: i64 = 180;
/// Calls for staff that are about a door.
const DOOR_CALLS: [&str; 4] = ["LOCK", "DOOR_UNKNOWN", "DOOR_AJAR", "DOOR_UNASKED"];

/// What was amiss with the kiosks of some centres on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amiss {
    /// Seconds for which printers were out of paper, of all kiosks together.
    pub no_paper_s: i64,
    /// Doors that did not open, opened unasked, were left open or ended unclear, and lock boards that went silent.
    pub door_faults: i64,
}

impl Amiss {
    /// What a report adds to the one before it. `calls` are those of its calls that are new.
    #[must_use]
    pub fn between(
        before: Option<(Timestamp, &Health)>,
        now: Timestamp,
        health: &Health,
        calls: &[&str],
    ) -> Self {
        let fault = |health: &Health, device: &str| {
            health.devices.iter().find(|one| one.name == device).and_then(|one| one.fault.clone())
        };
        let was_out = before.filter(|(_, old)| fault(old, "printer").as_deref() == Some("paper_out"));
        let no_paper_s = was_out.map_or(0, |(at, _)| now.duration_since(at).as_secs().clamp(0, KNOWN_FOR_S));
        let lock_failed =
            fault(health, "lock").is_some() && before.is_none_or(|(_, old)| fault(old, "lock").is_none());
        let doors = calls.iter().filter(|code| DOOR_CALLS.contains(code)).count();
        let door_faults = i64::try_from(doors).unwrap_or(i64::MAX).saturating_add(i64::from(lock_failed));
        Self { no_paper_s, door_faults }
    }

    /// Adds it to the day of a kiosk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note(self, tx: &Conn, now: Timestamp, kiosk: &Kiosk) -> Result<(), StoreError> {
        if self == Self::default() {
            return Ok(());
        }
        tx.prepare_cached(
            "INSERT INTO kiosk_day (cell, day, kiosk_id, centre, no_paper_s, door_faults)
             VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (cell, day, kiosk_id) DO UPDATE SET centre = excluded.centre,
                no_paper_s = kiosk_day.no_paper_s + excluded.no_paper_s,
                door_faults = kiosk_day.door_faults + excluded.door_faults",
        )?
        .execute((
            china_day(us(now)),
            &kiosk.key,
            kiosk.centre,
            self.no_paper_s,
            self.door_faults,
        ))?;
        Ok(())
    }
}

/// What was amiss on each of the last `days` days, today last, at the centres that `centres` allows: SQL over the column
/// `centre`.
///
/// # Errors
/// [`StoreError`].
pub fn by_day(
    conn: &Conn,
    centres: &str,
    now: Timestamp,
    days: i64,
) -> Result<Vec<(Date, Amiss)>, StoreError> {
    let last = china_day(us(now));
    let first = last.saturating_sub(days).saturating_add(1);
    let sql = format!(
        "SELECT day, CAST(SUM(no_paper_s) AS BIGINT), CAST(SUM(door_faults) AS BIGINT) FROM kiosk_day
         WHERE cell = {{cell}} AND day >= ?1 AND {centres} GROUP BY day"
    );
    let rows: Vec<(i64, Amiss)> = conn
        .prepare(&sql)?
        .query_map([first], |row| {
            Ok((row.get(0)?, Amiss { no_paper_s: row.get(1)?, door_faults: row.get(2)? }))
        })?
        .collect::<Result<_, _>>()?;
    let each = (first..=last).map(|day| {
        let found = rows.iter().find(|(of, _)| *of == day);
        Ok((date_of_china_day(day)?, found.map(|(_, amiss)| *amiss).unwrap_or_default()))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use pickup_protocol::health::{ClockHealth, DeviceHealth, JournalHealth};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn health(faults: &[(&str, &str)]) -> Health {
        let device = |(name, fault): &(&str, &str)| DeviceHealth {
            name: (*name).into(),
            good: Some(false),
            fault: Some((*fault).into()),
            for_s: None,
            last_fault: None,
            trace: Vec::new(),
        };
        Health {
            at: None,
            version: "1".into(),
            uptime_s: 1,
            out_of_service: None,
            clock: ClockHealth { source: "system".into(), system_ahead_ms: None },
            disk: None,
            journal: JournalHealth { good: true, rows: 1 },
            reports_waiting: 0,
            devices: faults.iter().map(device).collect(),
            calls: Vec::new(),
            doors: Vec::new(),
            settings: String::new(),
        }
    }

    #[test]
    fn the_time_between_two_reports_counts_when_the_first_said_that_paper_was_out() {
        let (out, good) = (health(&[("printer", "paper_out")]), health(&[]));
        let between = |old, after_s| Amiss::between(Some((at(0), old)), at(after_s), &good, &[]).no_paper_s;
        assert_eq!([between(&out, 60), between(&good, 60)], [60, 0]);
        assert_eq!(between(&out, 9_000), KNOWN_FOR_S, "nobody knows how it was while it was silent");
        assert_eq!(between(&out, -5), 0, "a clock that was put back");
        let cover = health(&[("printer", "cover_open")]);
        assert_eq!(between(&cover, 60), 0);
    }

    #[test]
    fn a_door_counts_once_for_each_call_and_a_lock_board_when_it_goes_silent() {
        let (silent, good) = (health(&[("lock", "no_answer")]), health(&[]));
        let faults = |old, new, calls: &[&str]| Amiss::between(old, at(1), new, calls).door_faults;
        assert_eq!(faults(Some((at(0), &good)), &silent, &[]), 1);
        assert_eq!(faults(Some((at(0), &silent)), &silent, &[]), 0, "it was silent before");
        assert_eq!(faults(None, &silent, &["LOCK", "HELP_ASKED", "DOOR_AJAR"]), 3);
    }
}
