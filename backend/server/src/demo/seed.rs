//! Puts the demo data set into an empty database.

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::{Money, Quantity, china_time};

use super::Demo;
use crate::clearing::accounts;
use crate::db::Conn;
use crate::stock::{self, EntryKind};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

impl Demo {
    /// Writes centre, catalogue, stock and guarantee into an empty database; changes nothing in one that has a centre.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn seed(&self, tx: &Conn, now: Timestamp) -> Result<bool, StoreError> {
        let centres: i64 = tx.query_row("SELECT COUNT(*) FROM centre", [], |row| row.get(0))?;
        if centres > 0 {
            return Ok(false);
        }
        let centre = &self.operator.centre;
        tx.execute("INSERT INTO centre (number, body) VALUES (?1, ?2)", (centre.number, json(centre)?))?;
        for article in &self.articles {
            let product = &article.product;
            tx.execute(
                "INSERT INTO product (sku, body, picture) VALUES (?1, ?2, ?3)",
                (&product.sku, json(product)?, article.picture),
            )?;
        }
        self.seed_book(tx, now)?;
        self.seed_guarantee(tx)?;
        Ok(true)
    }

    /// The opening balances, told on the trail as an import of them would be.
    fn seed_book(&self, tx: &Conn, now: Timestamp) -> Result<(), StoreError> {
        let bad = |why: &dyn std::fmt::Display| StoreError::unreadable("demo stock", why);
        let mut lines = Vec::new();
        for article in &self.articles {
            let key = accounts::stock_key(&self.operator.centre, &article.product);
            accounts::open(tx, &key, 0)?;
            if article.stock == 0 {
                continue;
            }
            lines.push((
                key.key,
                Quantity::whole(article.stock).ok_or_else(|| bad(&article.product.sku))?,
                "期初",
            ));
        }
        let body = serde_json::json!({ "source": "demo", "entries": lines.len(), "lines": lines });
        let change = Change { actor: "operator", kind: Kind::Data, entity: "book", state: "imported", body };
        trail::append(tx, now, &change)?;
        for (key, quantity, document) in lines {
            stock::enter(tx, now, &key, (EntryKind::Entry, quantity), document).map_err(|e| bad(&e))?;
        }
        Ok(())
    }

    fn seed_guarantee(&self, tx: &Conn) -> Result<(), StoreError> {
        let data = &self.operator.guarantee;
        let amount: Money = data.amount.parse().map_err(|e| StoreError::unreadable("demo guarantee", e))?;
        accounts::open(tx, &accounts::guarantee_key(&data.number), amount.fen())?;
        let (from, until) = (start_of(data.from), start_of(data.until));
        tx.execute(
            "UPDATE account SET valid_from_us = ?1, valid_until_us = ?2 WHERE cell = {cell} AND kind = 'guarantee' AND key = ?3",
            (from, until, &data.number),
        )?;
        Ok(())
    }
}

/// The first moment of a day in China, in microseconds.
fn start_of(day: Date) -> i64 {
    us(china_time::midnight(day))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::unreadable("demo data", e))
}
