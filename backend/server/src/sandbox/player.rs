//! Customs as the sandbox plays it: answers that come within seconds and can be chosen by the order's number.
//!
//! It keeps nothing of its own. What is answered next follows from where a declaration stands and since when, so a restart
//! goes on where it was.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pickup_customs::{
    InventoryReturn, InvtCancelReturn, InvtRefundReturn, Receipt as Paper, Status, write_receipts,
};
use pickup_domain::china_time;
use uuid::Uuid;

use super::ends_with;
use crate::app::App;
use crate::clearing::LIST;
use crate::clearing::gateway::{Gateway, GatewayError, Incoming, Outgoing};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::at;

/// Only the newest orders are played: nobody waits for older ones.
pub(super) const NEWEST: i64 = 5_000;
/// Customs has it after so long.
const RECEIVES_AFTER_S: i64 = 1;
/// And decides after so long.
const DECIDES_AFTER_S: i64 = 2;
/// Papers and goods are looked at for so long.
const LOOKS_FOR_S: i64 = 4;

/// What becomes of a declaration, by how its order's number ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Released.
    Release,
    /// `-REJECT`: refused for good, as when the buyer's yearly limit does not suffice.
    Reject,
    /// `-REVIEW`: read by an officer, then released.
    Review,
    /// `-INSPECT`: the goods are inspected, then released.
    Inspect,
    /// `-WAIT`: received and never decided.
    Wait,
}

impl Course {
    /// Of the order with this number; large and small letters are one.
    #[must_use]
    pub fn of(order_no: &str) -> Self {
        let ends = |word| ends_with(order_no, word);
        match () {
            () if ends("-REJECT") => Self::Reject,
            () if ends("-REVIEW") => Self::Review,
            () if ends("-INSPECT") => Self::Inspect,
            () if ends("-WAIT") => Self::Wait,
            () => Self::Release,
        }
    }

    /// The answer that follows a state, and how many seconds after it came.
    #[must_use]
    pub fn next(self, state: &str) -> Option<(i32, i64)> {
        Some(match (state, self) {
            ("sent", _) => (120, RECEIVES_AFTER_S),
            ("accepted", Self::Release) => (800, DECIDES_AFTER_S),
            ("accepted", Self::Reject) => (100, DECIDES_AFTER_S),
            ("accepted", Self::Review) => (300, DECIDES_AFTER_S),
            ("accepted", Self::Inspect) => (500, DECIDES_AFTER_S),
            ("review" | "inspected", _) => (800, LOOKS_FOR_S),
            _ => return None,
        })
    }
}

/// The customs side of a sandbox.
#[derive(Debug)]
pub struct Player {
    app: Arc<App>,
}

impl Player {
    /// Of this sandbox.
    #[must_use]
    pub const fn of(app: Arc<App>) -> Self {
        Self { app }
    }
}

impl Gateway for Player {
    /// Everything is taken; what was sent stands in the sandbox's own database.
    async fn send(&self, _message: Outgoing<'_>) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn receipts(&self, after: i64, limit: u32) -> Result<Vec<Incoming>, GatewayError> {
        let now = self.app.now();
        let due = self.app.store.read(move |conn| due(conn, now));
        let due = due.await.map_err(|e| GatewayError::Kept(e.to_string()))?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let cursors = (1_i64..).map(|n| after.saturating_add(n));
        due.into_iter().take(most).zip(cursors).map(|(paper, cursor)| incoming(&paper, cursor)).collect()
    }
}

fn incoming(paper: &Paper, cursor: i64) -> Result<Incoming, GatewayError> {
    let body = write_receipts(&Uuid::new_v4().to_string().to_uppercase(), std::slice::from_ref(paper));
    let body = body.map_err(|e| GatewayError::Kept(e.to_string()))?;
    Ok(Incoming { cursor, kind: paper.message_type().to_owned(), body: body.into_bytes() })
}

/// The receipts whose time has come.
fn due(conn: &Conn, now: Timestamp) -> Result<Vec<Paper>, StoreError> {
    let mut papers = declarations(conn, now)?;
    papers.extend(applications(conn, now)?);
    Ok(papers)
}

fn declarations(conn: &Conn, now: Timestamp) -> Result<Vec<Paper>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.cop_no, d.state, d.state_time, o.order_no, COALESCE(m.sent_us, 0)
         FROM declaration d JOIN orders o ON o.cell = d.cell AND o.id = d.order_id
         LEFT JOIN message m ON m.cell = d.cell AND m.batch = d.batch AND m.kind = ?1
         WHERE d.cell = {cell} AND d.state IN ('sent', 'accepted', 'review', 'inspected') AND d.order_id >
            (SELECT COALESCE(MAX(n.order_id), 0) - ?2 FROM declaration n WHERE n.cell = {cell})
         ORDER BY d.order_id",
    )?;
    let rows: Vec<(String, String, String, String, i64)> = statement
        .query_map((LIST, NEWEST), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut papers = Vec::new();
    for (cop_no, state, state_time, order_no, sent_us) in rows {
        let since = since(&state_time, at(sent_us)?);
        if let Some((status, after_s)) = Course::of(&order_no).next(&state)
            && is_due(since, after_s, now)
        {
            papers.push(list_answer(cop_no, status, now));
        }
    }
    Ok(papers)
}

fn applications(conn: &Conn, now: Timestamp) -> Result<Vec<Paper>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT a.cop_no, a.kind, a.reason, a.state, a.state_time, a.asked_us FROM application a
         WHERE a.cell = {cell} AND a.state IN ('sent', 'accepted') ORDER BY a.id LIMIT ?1",
    )?;
    let rows: Vec<(String, String, String, String, String, i64)> = statement
        .query_map([NEWEST], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut papers = Vec::new();
    for (cop_no, kind, reason, state, state_time, asked_us) in rows {
        let (status, after_s) = match state.as_str() {
            "sent" => (120, RECEIVES_AFTER_S),
            _ if reason.to_ascii_uppercase().contains("REFUSE") => (100, DECIDES_AFTER_S),
            _ => (399, DECIDES_AFTER_S),
        };
        if is_due(since(&state_time, at(asked_us)?), after_s, now) {
            papers.push(application_answer(kind == "cancel", cop_no, status, now));
        }
    }
    Ok(papers)
}

/// Since when something stands as it does: the time of the receipt that said so, else when it was sent.
fn since(state_time: &str, sent: Timestamp) -> Timestamp {
    let digits = state_time.split('/').next().unwrap_or_default();
    china_time::parse_digits(digits).unwrap_or(sent)
}

fn is_due(since: Timestamp, after_s: i64, now: Timestamp) -> bool {
    now.duration_since(since) >= SignedDuration::from_secs(after_s)
}

fn info(status: i32) -> String {
    match status {
        100 => "[Code:1313;Desc:沙箱：按订单号后缀退单]".to_owned(),
        other => format!("沙箱回执 {other}"),
    }
}

fn guid() -> String {
    Uuid::new_v4().to_string().to_uppercase()
}

fn list_answer(cop_no: String, status: i32, now: Timestamp) -> Paper {
    Paper::Inventory(InventoryReturn {
        guid: guid(),
        customs_code: None,
        ebp_code: None,
        ebc_code: None,
        agent_code: None,
        pre_no: Some(number('B', &cop_no)),
        invt_no: (status >= 100).then(|| number('I', &cop_no)),
        cop_no,
        return_status: Status::from_code(status),
        return_time: now.into(),
        return_info: info(status),
    })
}

fn application_answer(cancels: bool, cop_no: String, status: i32, now: Timestamp) -> Paper {
    let (guid, pre_no, return_time) = (guid(), Some(number('A', &cop_no)), now.into());
    let (return_status, return_info) = (Status::from_code(status), info(status));
    if cancels {
        return Paper::Cancel(InvtCancelReturn {
            guid,
            customs_code: None,
            agent_code: None,
            ebp_code: None,
            ebc_code: None,
            cop_no,
            pre_no,
            invt_no: None,
            return_status,
            return_time,
            return_info,
        });
    }
    Paper::Refund(InvtRefundReturn {
        guid,
        customs_code: None,
        agent_code: None,
        ebp_code: None,
        ebc_code: None,
        cop_no,
        pre_no,
        invt_no: None,
        return_status,
        return_time,
        return_info,
    })
}

/// Eighteen characters that name a document of the port: of a sandbox made from our own number, so that the same list always
/// has the same.
fn number(letter: char, cop_no: &str) -> String {
    let tail: String = cop_no.chars().rev().take(15).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{letter}SB{tail:0>15}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_orders_number_chooses_the_course() {
        for (number, course) in [
            ("A-1", Course::Release),
            ("A-1-REJECT", Course::Reject),
            ("a-1-inspect", Course::Inspect),
            ("A-REVIEW", Course::Review),
            ("A-WAIT", Course::Wait),
            ("-REJECT", Course::Release),
            ("REJECTED", Course::Release),
            ("订单-REJECT", Course::Reject),
        ] {
            assert_eq!(Course::of(number), course, "{number}");
        }
    }

    #[test]
    fn every_course_but_waiting_comes_to_an_end() {
        let end = |course: Course| {
            let mut state = "sent";
            for _ in 0..5 {
                state = match course.next(state) {
                    Some((120, _)) => "accepted",
                    Some((300, _)) => "review",
                    Some((500, _)) => "inspected",
                    Some((800, _)) => return "released",
                    Some((100, _)) => return "rejected",
                    _ => return state,
                };
            }
            "never"
        };
        assert_eq!(end(Course::Release), "released");
        assert_eq!(end(Course::Reject), "rejected");
        assert_eq!((end(Course::Review), end(Course::Inspect)), ("released", "released"));
        assert_eq!(end(Course::Wait), "accepted");
    }

    #[test]
    fn a_documents_number_has_eighteen_characters_whatever_ours_is() {
        for ours in ["BP2611210000000001", "X", "BP261121000000000001"] {
            assert_eq!(number('I', ours).len(), 18, "{ours}");
        }
    }
}
