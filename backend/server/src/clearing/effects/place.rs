//! Where a declaration stands, as its two columns say it.

use pickup_domain::china_time;
use pickup_domain::declaration::{Answers, DeclarationState, Receipt, Standing};

use crate::store::StoreError;

/// Where a declaration stands, from its two columns. `state_time` is the receipt's time (17 digits), then what it answers
/// and its status, so that receipts of the same millisecond keep their sequence; after a `|` since when it is filed anew.
///
/// # Errors
/// [`StoreError`] when they are not what this program writes.
pub fn standing(cop_no: &str, state: &str, state_time: &str) -> Result<Standing, StoreError> {
    let bad = || StoreError::unreadable(format!("declaration.state_time of {cop_no}"), state_time);
    let state = DeclarationState::from_word(state)
        .ok_or_else(|| StoreError::unreadable(format!("declaration.state of {cop_no}"), state))?;
    let (by, since) = state_time.split_once('|').unwrap_or((state_time, ""));
    let since = match since {
        "" => None,
        since => Some(china_time::parse_digits(since).ok_or_else(bad)?),
    };
    if by.is_empty() {
        return Ok(Standing { state, by: None, since });
    }
    let mut parts = by.split('/');
    let at = parts.next().and_then(china_time::parse_digits).ok_or_else(bad)?;
    let answers = match parts.next() {
        Some("list") => Answers::List,
        Some("cancel") => Answers::Cancel,
        Some("refund") => Answers::Refund,
        _ => return Err(bad()),
    };
    let status = parts.next().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
    Ok(Standing { state, by: Some(Receipt { answers, status, at }), since })
}

/// A declaration's `state_time`.
#[must_use]
pub fn place(standing: Standing) -> String {
    let by = standing.by.map(|receipt| {
        let answers = match receipt.answers {
            Answers::List => "list",
            Answers::Cancel => "cancel",
            Answers::Refund => "refund",
        };
        format!("{}/{answers}/{}", china_time::millis17(receipt.at), receipt.status)
    });
    let since = standing.since.map(|since| format!("|{}", china_time::millis17(since)));
    by.unwrap_or_default() + &since.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_declaration_stands_reads_back() {
        let receipt = Receipt {
            answers: Answers::List,
            status: -621_018,
            at: "2026-11-21T05:06:07.089Z".parse().unwrap(),
        };
        let standing_now = Standing { state: DeclarationState::Exception, by: Some(receipt), since: None };
        let text = place(standing_now);
        assert_eq!(text, "20261121130607089/list/-621018");
        assert_eq!(standing("BP1", "exception", &text).unwrap(), standing_now);
        let anew = standing_now.anew();
        assert_eq!(place(anew), "|20261121130607089");
        assert_eq!(standing("BP1", "drafted", &place(anew)).unwrap(), anew);
        let again = anew.take(Receipt { at: "2026-11-21T06:00:00Z".parse().unwrap(), ..receipt }).0;
        assert_eq!(place(again), "20261121140000000/list/-621018|20261121130607089");
        assert_eq!(standing("BP1", "exception", &place(again)).unwrap(), again);
        assert!(standing("BP1", "exception", "20261121130607089").is_err());
        assert_eq!(standing("BP1", "sent", "").unwrap(), Standing::new(true));
    }
}
