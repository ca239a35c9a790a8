//! How long customs usually takes with the orders of a centre, for those who stand before a kiosk and wait.

use crate::db::Conn;
use crate::store::StoreError;

/// Releases that are looked through, of all centres together.
const LOOKED_AT: i64 = 2_000;
/// The latest of the centre's own that count.
const COUNTED: i64 = 200;
/// With fewer nothing is said: a median of a handful says little.
const ENOUGH: usize = 20;
const US_PER_MIN: i64 = 60_000_000;

/// The median of the centre's latest releases, from filing to release, in whole minutes and at least one; `None` while there are
/// too few.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub fn release_min(conn: &Conn, centre: u16) -> Result<Option<u32>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT released_us - cleared_us FROM
         (SELECT centre, cleared_us, released_us FROM order_find
          WHERE cell = {cell} AND released_us IS NOT NULL ORDER BY released_us DESC LIMIT ?2) AS lately
         WHERE centre = ?1 AND cleared_us IS NOT NULL ORDER BY released_us DESC LIMIT ?3",
    )?;
    let rows = statement.query_map((i64::from(centre), LOOKED_AT, COUNTED), |row| row.get(0))?;
    let took: Vec<i64> = rows.collect::<Result<_, _>>()?;
    Ok(median_min(took))
}

fn median_min(mut took_us: Vec<i64>) -> Option<u32> {
    if took_us.len() < ENOUGH {
        return None;
    }
    took_us.sort_unstable();
    let median = took_us.get(took_us.len() / 2).copied().unwrap_or_default().max(0);
    // Rounded up: whoever is told four minutes should not wait five.
    let minutes = median.saturating_add(US_PER_MIN - 1) / US_PER_MIN;
    Some(u32::try_from(minutes).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearing::tests::bench::Bench;

    #[tokio::test]
    async fn the_latest_releases_of_this_centre_count_and_no_others() {
        let bench = Bench::new().await;
        let said = |centre| {
            bench.shop.app.store.read(move |conn| Ok::<_, StoreError>(release_min(conn, centre).unwrap()))
        };
        assert_eq!(said(1).await.unwrap(), None);
        let written = bench.shop.app.store.write(|tx| {
            let mut insert = tx.prepare_cached(
                "INSERT INTO order_find (cell, order_id, centre, tail, name, placed_us, cleared_us, released_us)
                 VALUES ({cell}, ?1, ?2, '', '', ?3, ?3, ?4)",
            )?;
            // At centre 1: 100 that took an hour, and later 200 that took three minutes. At centre 2 too few.
            for n in 0..310_i64 {
                let (centre, took_min): (i64, i64) =
                    if n >= 300 { (2, 9) } else { (1, if n < 100 { 60 } else { 3 }) };
                let began_us = n * US_PER_MIN * 100;
                insert.execute((1_000 + n, centre, began_us, began_us + took_min * US_PER_MIN))?;
            }
            Ok::<_, StoreError>(())
        });
        written.await.unwrap();
        assert_eq!(said(1).await.unwrap(), Some(3));
        assert_eq!(said(2).await.unwrap(), None);
    }

    #[test]
    fn a_handful_of_releases_says_nothing() {
        assert_eq!(median_min(vec![US_PER_MIN; ENOUGH - 1]), None);
        assert_eq!(median_min(vec![US_PER_MIN; ENOUGH]), Some(1));
    }

    #[test]
    fn the_one_in_the_middle_counts_and_one_that_took_a_week_does_not() {
        let mut took: Vec<i64> = (1..=21).map(|n| n * US_PER_MIN).collect();
        took[20] = 7 * 24 * 60 * US_PER_MIN;
        assert_eq!(median_min(took), Some(11));
    }

    #[test]
    fn minutes_are_rounded_up_and_never_none() {
        assert_eq!(median_min(vec![US_PER_MIN + 1; 30]), Some(2));
        assert_eq!(median_min(vec![0; 30]), Some(1));
        assert_eq!(median_min(vec![-5; 30]), Some(1));
    }
}
