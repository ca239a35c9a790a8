//! The books of both sides, order by order.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pickup_server::db::Conn;
use pickup_server::shop::Shop;
use pickup_server::store::StoreError;
use serde_json::Value;

/// A comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Declarations by our final state.
    pub ours: BTreeMap<String, usize>,
    /// Lists by customs' final state; `none` when it does not have one.
    pub theirs: BTreeMap<String, usize>,
    /// What does not agree, by order.
    pub differences: Vec<String>,
    /// Tax bills taken.
    pub bills: usize,
    /// Messages sent, by kind.
    pub messages: BTreeMap<String, usize>,
    /// Receipt messages taken.
    pub receipts: usize,
    /// Records of receipts that belong to nothing.
    pub strays: usize,
    /// Tasks made, by kind.
    pub tasks: BTreeMap<String, usize>,
    /// How often declarations were filed anew.
    pub filed_anew: usize,
}

/// Compares our tables with the simulator's `/books`.
///
/// # Errors
/// When either cannot be read.
pub async fn compare(shop: &Shop, customs: &str) -> Result<Comparison> {
    let books: Value = reqwest::get(format!("{customs}/books")).await?.error_for_status()?.json().await?;
    let text =
        |list: &Value, name: &str| list.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let lists =
        books.get("lists").and_then(Value::as_array).context("the simulator's books have no lists")?;
    let mut theirs: BTreeMap<String, (String, String, bool)> = BTreeMap::new();
    let mut all = Comparison::default();
    for list in lists {
        let cop_no = text(list, "cop_no");
        let billed = list.get("tax_no").is_some_and(|number| !number.is_null());
        if theirs.insert(cop_no.clone(), (text(list, "order_no"), text(list, "state"), billed)).is_some() {
            all.differences.push(format!("{cop_no} is filed twice"));
        }
    }
    let (declarations, counts) =
        shop.app.store.read(|conn| Ok::<_, StoreError>((ours(conn)?, counted(conn)?))).await?;
    let mut orders = BTreeMap::new();
    for (order_no, cop_no, state, bills) in declarations {
        *all.ours.entry(state.clone()).or_default() += 1;
        if let Some(other) = orders.insert(order_no.clone(), cop_no.clone()) {
            all.differences.push(format!("order {order_no} has two declarations, {other} and {cop_no}"));
        }
        let (there, billed) = match theirs.remove(&cop_no) {
            Some((order, there, billed)) => {
                if order != order_no {
                    all.differences.push(format!("{cop_no} is of order {order} there, of {order_no} here"));
                }
                (there, billed)
            }
            None => ("none".to_owned(), false),
        };
        *all.theirs.entry(there.clone()).or_default() += 1;
        if !agree(&state, &there) {
            all.differences.push(format!("{cop_no} is {state} here and {there} there"));
        }
        if billed != (bills > 0) {
            all.differences.push(format!("{cop_no} is billed: {billed} there, {bills} times here"));
        }
        all.bills += usize::try_from(bills).unwrap_or_default();
    }
    for (cop_no, (order_no, state, _)) in theirs {
        all.differences.push(format!("{cop_no} of order {order_no} is {state} there and unknown here"));
    }
    (all.messages, all.tasks, all.receipts, all.strays, all.filed_anew) = counts;
    Ok(all)
}

/// Whether our final state is customs'.
fn agree(ours: &str, theirs: &str) -> bool {
    match ours {
        "released" | "closed" => matches!(theirs, "released" | "closed"),
        "rejected" | "exception" => matches!(theirs, "none" | "rejected" | "detained"),
        "cancelled" => theirs == "cancelled",
        "refunded" => theirs == "returned",
        _ => false,
    }
}

type Ours = Vec<(String, String, String, i64)>;
type Counts = (BTreeMap<String, usize>, BTreeMap<String, usize>, usize, usize, usize);

fn ours(conn: &Conn) -> Result<Ours, StoreError> {
    let mut statement = conn.prepare(
        "SELECT o.order_no, d.cop_no, d.state,
            (SELECT COUNT(*) FROM tax_bill b WHERE b.cell = d.cell AND b.order_id = d.order_id)
         FROM declaration d JOIN orders o ON o.cell = d.cell AND o.id = d.order_id WHERE d.cell = {cell}",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn counted(conn: &Conn) -> Result<Counts, StoreError> {
    let by = |sql: &str| -> Result<BTreeMap<String, usize>, StoreError> {
        let mut statement = conn.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let one = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, usize>(0));
    Ok((
        by("SELECT kind, COUNT(*) FROM message WHERE cell = {cell} GROUP BY kind")?,
        by("SELECT kind, COUNT(*) FROM task WHERE cell = {cell} GROUP BY kind")?,
        one("SELECT COUNT(*) FROM receipt WHERE cell = {cell}")?,
        one("SELECT COUNT(*) FROM stray WHERE cell = {cell}")?,
        one("SELECT CAST(COALESCE(SUM(attempt), 0) AS BIGINT) FROM declaration WHERE cell = {cell}")?,
    ))
}
