//! The rows a batch writes, column by column.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pickup_customs::CopNo;
use pickup_domain::order::OrderState;
use pickup_domain::review::Verdict;
use pickup_domain::{Money, limits};
use serde_json::json;

use crate::clearing::ClearingError;
use crate::clearing::accounts::{self, Key, Kind};
use crate::clearing::ask::{Ask, Origin};
use crate::clearing::decide::Writes;
use crate::db::{Bulk, Column, Conn, Value};
use crate::shop::Shop;
use crate::store::{CellState, StoreError};
use crate::time::{after, us};
use crate::trail::{self, Change, Kind as TrailKind};

/// What a batch writes.
#[derive(Debug, Default)]
pub struct Rows {
    numbers: (Vec<String>, Vec<String>, Vec<i64>),
    orders: Orders,
    ids: Vec<i64>,
    paid: Cleared,
    amounts: BTreeMap<Key, i64>,
    year_max: BTreeMap<Key, i64>,
    holds: (Vec<i64>, Vec<String>),
    declared: Declared,
    parcels: Parcels,
    phones: BTreeMap<(String, String), ()>,
    trail: Vec<(String, String, serde_json::Value)>,
}

#[derive(Debug, Default)]
struct Orders {
    id: Vec<i64>,
    merchant: Vec<String>,
    order_no: Vec<String>,
    buyer: Vec<String>,
    centre: Vec<i64>,
    total: Vec<i64>,
    digest: Vec<String>,
    body: Vec<Vec<u8>>,
    verdict: Vec<String>,
    cleared: Cleared,
}

#[derive(Debug, Default)]
struct Cleared {
    id: Vec<i64>,
    transaction: Vec<String>,
    digest: Vec<String>,
    payment: Vec<Vec<u8>>,
    facts: Vec<String>,
}

#[derive(Debug, Default)]
struct Declared {
    cop_no: Vec<String>,
    waybill: Vec<String>,
    tax: Vec<i64>,
}

#[derive(Debug, Default)]
struct Parcels {
    centre: Vec<i64>,
    size: Vec<String>,
    salt: Vec<String>,
    digest: Vec<String>,
    masked: Vec<String>,
}

impl Rows {
    /// Adds an order that is cleared; the answer for the shop.
    ///
    /// # Errors
    /// [`ClearingError`] when a number cannot be made.
    pub fn push(
        &mut self,
        ask: &Ask,
        id: i64,
        verdict: &Verdict,
        writes: Writes,
        now: Timestamp,
    ) -> Result<String, ClearingError> {
        let cop_no = CopNo::generate("BP", now, id.unsigned_abs())?;
        let answer = answer(id, &ask.order.order_no, cop_no.as_str(), &writes.waybill, writes.facts.tax_fen);
        self.push_order(ask, id, verdict)?;
        self.push_number(&ask.payment.transaction_id, "payment", id);
        self.push_trail(ask, id, cop_no.as_str(), &writes);
        self.ids.push(id);
        let new = matches!(ask.origin, Origin::New { .. });
        let cleared = if new { &mut self.orders.cleared } else { &mut self.paid };
        cleared.id.push(id);
        cleared.transaction.push(ask.payment.transaction_id.clone());
        cleared.digest.push(ask.payment_digest.clone());
        cleared.payment.push(ask.payment_sealed.clone());
        cleared.facts.push(text("new facts", &writes.facts)?);
        self.declared.cop_no.push(cop_no.as_str().to_owned());
        self.declared.waybill.push(writes.waybill);
        self.declared.tax.push(writes.facts.tax_fen.fen());
        self.parcels.centre.push(i64::from(writes.facts.centre));
        self.parcels.size.push(writes.size.as_str().to_owned());
        self.parcels.salt.push(ask.identity.salt.clone());
        self.parcels.digest.push(ask.identity.digest.clone());
        self.parcels.masked.push(writes.buyer_masked);
        self.phones.insert((ask.phone_key.clone(), ask.buyer_key.clone()), ());
        self.holds.0.push(id);
        self.holds.1.push(accounts::legs(&writes.holds));
        self.year_max.extend(writes.year_max);
        for (key, amount) in writes.holds {
            let sum = self.amounts.entry(key).or_default();
            *sum = sum.saturating_add(amount);
        }
        Ok(answer)
    }

    fn push_order(&mut self, ask: &Ask, id: i64, verdict: &Verdict) -> Result<(), StoreError> {
        let Origin::New { digest, sealed } = &ask.origin else { return Ok(()) };
        self.push_number(&ask.order.order_no, "order", id);
        self.orders.id.push(id);
        self.orders.merchant.push(ask.merchant.clone());
        self.orders.order_no.push(ask.order.order_no.clone());
        self.orders.buyer.push(ask.buyer_key.clone());
        self.orders.centre.push(i64::from(ask.order.centre));
        self.orders.total.push(ask.order.total_fen.fen());
        self.orders.digest.push(digest.clone());
        self.orders.body.push(sealed.clone());
        self.orders.verdict.push(text("a verdict", verdict)?);
        Ok(())
    }

    fn push_number(&mut self, number: &str, kind: &str, id: i64) {
        self.numbers.0.push(number.to_owned());
        self.numbers.1.push(kind.to_owned());
        self.numbers.2.push(id);
    }

    fn push_trail(&mut self, ask: &Ask, id: i64, cop_no: &str, writes: &Writes) {
        let holds: Vec<_> =
            writes.holds.iter().map(|(key, amount)| json!([key.kind.as_str(), key.key, amount])).collect();
        let body = json!({
            "order_no": ask.order.order_no,
            "total_fen": ask.order.total_fen,
            "cop_no": cop_no,
            "tax_fen": writes.facts.tax_fen,
            "holds": holds,
        });
        self.trail.push((format!("shop:{}", ask.merchant), id.to_string(), body));
    }

    /// Writes everything.
    ///
    /// # Errors
    /// [`ClearingError`]; the transaction must then be dropped.
    pub fn write(self, tx: &Conn, shop: &Shop, now: Timestamp) -> Result<(), ClearingError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let expected = self.amounts.keys().filter(|key| is_account(key)).count();
        let mut bulks = Vec::new();
        tx.move_on(|cell| bulks = self.into_bulks(cell, shop, now))?;
        let changed = tx.bulks(&bulks)?;
        if changed.first() != Some(&expected) {
            return Err(
                StoreError::unreadable("an account", "less is left than was decided to be held").into()
            );
        }
        Ok(())
    }

    /// The statements that write everything, accounts first; the trail is chained to `cell`.
    #[must_use]
    pub fn into_bulks(self, cell: &mut CellState, shop: &Shop, now: Timestamp) -> Vec<Bulk<'static>> {
        let changes: Vec<Change<'_>> = self
            .trail
            .iter()
            .map(|(actor, entity, body)| Change {
                actor,
                kind: TrailKind::Clearing,
                entity,
                state: "cleared",
                body: body.clone(),
            })
            .collect();
        let trail = trail::chained(cell, now, &changes);
        let (stock, people): (Vec<_>, Vec<_>) =
            self.amounts.into_iter().partition(|(key, _)| is_account(key));
        let (buyers, goods): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|(key, _)| key.kind == Kind::Buyer);
        let expires = us(after(now, shop.app.config.hold_for_s));
        let ids = self.ids;
        let mut bulks = vec![
            update_accounts(stock),
            upsert_buyers(buyers),
            Bulk::new(
                NUMBERS,
                vec![Column::Text(self.numbers.0), Column::Text(self.numbers.1), Column::Int(self.numbers.2)],
            ),
            Bulk::with(
                HOLDS,
                vec![Column::Int(self.holds.0), Column::Text(self.holds.1)],
                vec![Value::Int(expires)],
            ),
        ];
        bulks.extend(self.orders.bulks(now));
        if !self.paid.id.is_empty() {
            bulks.push(Bulk::new(PAID, vec![Column::Int(self.paid.id.clone())]));
            bulks.push(Bulk::new(PAYMENTS, self.paid.columns()));
        }
        let waybills = self.declared.waybill.clone();
        bulks.extend(self.declared.bulks(&ids, now));
        bulks.push(self.parcels.bulk(ids, waybills));
        let (phones, people): (Vec<_>, Vec<_>) = self.phones.into_keys().unzip();
        let phones = vec![Column::Text(phones), Column::Text(people)];
        bulks.push(Bulk::with(PHONES, phones, vec![Value::Int(us(now))]));
        if !goods.is_empty() {
            bulks.push(upsert_goods(goods, &self.year_max));
        }
        bulks.push(trail);
        bulks
    }
}

fn update_accounts(amounts: Vec<(Key, i64)>) -> Bulk<'static> {
    let (mut kinds, mut keys, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    for (key, amount) in amounts {
        kinds.push(key.kind.as_str().to_owned());
        keys.push(key.key);
        sums.push(amount);
    }
    Bulk::new(ACCOUNTS, vec![Column::Text(kinds), Column::Text(keys), Column::Int(sums)])
}

/// Whether it is a stock line or a guarantee, which belong to the cell.
fn is_account(key: &Key) -> bool {
    matches!(key.kind, Kind::Stock | Kind::Guarantee)
}

fn upsert_goods(amounts: Vec<(Key, i64)>, most: &BTreeMap<Key, i64>) -> Bulk<'static> {
    let limits = amounts.iter().map(|(key, sum)| most.get(key).copied().unwrap_or(*sum)).collect();
    let (keys, sums): (Vec<_>, Vec<_>) = amounts.into_iter().map(|(key, sum)| (key.key, sum)).unzip();
    Bulk::new(GOODS, vec![Column::Text(keys), Column::Int(sums), Column::Int(limits)])
}

fn upsert_buyers(amounts: Vec<(Key, i64)>) -> Bulk<'static> {
    let (keys, sums): (Vec<_>, Vec<_>) = amounts.into_iter().map(|(key, sum)| (key.key, sum)).unzip();
    Bulk::with(BUYERS, vec![Column::Text(keys), Column::Int(sums)], vec![Value::Int(limits::ANNUAL.fen())])
}

impl Orders {
    fn bulks(self, now: Timestamp) -> Vec<Bulk<'static>> {
        if self.id.is_empty() {
            return Vec::new();
        }
        let orders = vec![
            Column::Int(self.id),
            Column::Text(self.merchant),
            Column::Text(self.order_no),
            Column::Text(self.buyer),
            Column::Int(self.centre),
            Column::Int(self.total),
        ];
        let mut dossiers = self.cleared.columns();
        dossiers.extend([Column::Text(self.digest), Column::Blob(self.body), Column::Text(self.verdict)]);
        vec![Bulk::with(ORDERS, orders, vec![Value::Int(us(now))]), Bulk::new(DOSSIERS, dossiers)]
    }
}

impl Cleared {
    fn columns(self) -> Vec<Column> {
        vec![
            Column::Int(self.id),
            Column::Text(self.transaction),
            Column::Text(self.digest),
            Column::Blob(self.payment),
            Column::Text(self.facts),
        ]
    }
}

/// What a shop is answered when its order is cleared.
#[must_use]
pub fn answer(id: i64, order_no: &str, cop_no: &str, waybill: &str, tax: Money) -> String {
    json!({
        "order_id": id.to_string(),
        "order_no": order_no,
        "state": OrderState::Cleared.as_str(),
        "cop_no": cop_no,
        "waybill": waybill,
        "pickup": id,
        "tax_fen": tax,
    })
    .to_string()
}

impl Declared {
    fn bulks(self, ids: &[i64], now: Timestamp) -> Vec<Bulk<'static>> {
        let columns = vec![
            Column::Int(ids.to_vec()),
            Column::Text(self.cop_no),
            Column::Text(self.waybill),
            Column::Int(self.tax),
        ];
        vec![
            Bulk::with(DECLARED, columns, vec![Value::Int(us(now))]),
            Bulk::with(OUTBOX, vec![Column::Int(ids.to_vec())], vec![Value::Int(us(now))]),
        ]
    }
}

impl Parcels {
    fn bulk(self, ids: Vec<i64>, waybills: Vec<String>) -> Bulk<'static> {
        let columns = vec![
            Column::Int(ids),
            Column::Text(waybills),
            Column::Int(self.centre),
            Column::Text(self.size),
            Column::Text(self.salt),
            Column::Text(self.digest),
            Column::Text(self.masked),
        ];
        Bulk::new(PARCELS, columns)
    }
}

fn text<T: serde::Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::unreadable(what, e))
}

const ACCOUNTS: &str = "UPDATE account SET held = held + r.amount FROM {r: kind t, key t, amount i}
    WHERE account.cell = {cell} AND account.kind = r.kind AND account.key = r.key";
const BUYERS: &str =
    "INSERT INTO buyer_year (key, lim, held) SELECT r.key, ?3, r.amount FROM {r: key t, amount i}
    WHERE true ON CONFLICT (key) DO UPDATE SET held = buyer_year.held + excluded.held";
// The maximum is the list's of today: one that was raised since applies.
const GOODS: &str = "INSERT INTO buyer_goods (key, lim, held)
    SELECT r.key, r.most, r.amount FROM {r: key t, amount i, most i}
    WHERE true ON CONFLICT (key) DO UPDATE SET held = buyer_goods.held + excluded.held,
        lim = CASE WHEN excluded.lim > buyer_goods.lim THEN excluded.lim ELSE buyer_goods.lim END";
const NUMBERS: &str = "INSERT INTO used_number (number, kind, cell, order_id)
    SELECT r.number, r.kind, {cell}, r.id FROM {r: number t, kind t, id i}";
const HOLDS: &str = "INSERT INTO hold (cell, order_id, state, legs, expires_us)
    SELECT {cell}, r.id, 'held', r.legs, ?3 FROM {r: id i, legs t}";
const ORDERS: &str =
    "INSERT INTO orders (cell, id, merchant, order_no, buyer_key, centre, total_fen, state, placed_us)
    SELECT {cell}, r.id, r.merchant, r.order_no, r.buyer, r.centre, r.total, 'cleared', ?7
    FROM {r: id i, merchant t, order_no t, buyer t, centre i, total i}";
const DOSSIERS: &str =
    "INSERT INTO dossier (cell, order_id, digest, body, verdict, transaction_id, payment_digest,
        payment, facts)
    SELECT {cell}, r.id, r.digest, r.body, r.verdict, r.transaction_id, r.payment_digest, r.payment, r.facts
    FROM {r: id i, transaction_id t, payment_digest t, payment b, facts t, digest t, body b, verdict t}";
const PAID: &str = "UPDATE orders SET state = 'cleared' FROM {r: id i}
    WHERE orders.cell = {cell} AND orders.id = r.id";
const PAYMENTS: &str =
    "UPDATE dossier SET transaction_id = r.transaction_id, payment_digest = r.payment_digest,
        payment = r.payment, facts = r.facts
    FROM {r: id i, transaction_id t, payment_digest t, payment b, facts t}
    WHERE dossier.cell = {cell} AND dossier.order_id = r.id";
const DECLARED: &str = "INSERT INTO declaration (cell, order_id, cop_no, waybill, state, tax_fen, drafted_us)
    SELECT {cell}, r.id, r.cop_no, r.waybill, 'drafted', r.tax, ?5
    FROM {r: id i, cop_no t, waybill t, tax i}";
const OUTBOX: &str = "INSERT INTO outbox (cell, order_id, due_us) SELECT {cell}, r.id, ?2 FROM {r: id i}";
const PARCELS: &str = "INSERT INTO parcel (cell, pickup, waybill, centre, size, state, identity_salt,
        identity_digest, buyer_masked)
    SELECT {cell}, r.id, r.waybill, r.centre, r.size, 'picking', r.salt, r.digest, r.masked
    FROM {r: id i, waybill t, centre i, size t, salt t, digest t, masked t}";
const PHONES: &str = "INSERT INTO telephone (phone, buyer, first_us) SELECT r.phone, r.buyer, ?3
    FROM {r: phone t, buyer t} WHERE true ON CONFLICT (phone, buyer) DO NOTHING";
