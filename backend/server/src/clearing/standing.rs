//! How things stand for a batch of orders: read at once, and moved on by every order of the batch that is cleared.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use pickup_domain::goods::Product;
use pickup_domain::hold::Account;
use pickup_domain::order::OrderState;
use pickup_domain::review::{self, Facts, Guarantee, Verdict};
use pickup_domain::{Money, Quantity, china_time, limits};

use crate::clearing::accounts::{self, Key};
use crate::clearing::ask::{Ask, Origin};
use crate::db::{Bulk, Column, Conn, Row};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::at;

/// A number that was used before: by which order of which cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// `order` or `payment`.
    pub kind: String,
    /// Which cell.
    pub cell: i64,
    /// Which order of it.
    pub order_id: i64,
}

/// How things stand.
#[derive(Debug)]
pub struct Standing<'a> {
    accounts: HashMap<Key, Account>,
    guarantee: Option<Guarantee>,
    guarantee_key: Key,
    used: Vec<Vec<Used>>,
    placed: Vec<Option<OrderState>>,
    others_with_phone: Vec<u32>,
    numbers: HashSet<&'a str>,
    year: i16,
}

const USED: &str = "SELECT r.i, u.kind, u.cell, u.order_id FROM {r: i i, number t, kind t}
    JOIN used_number u ON u.number = r.number AND u.kind = r.kind";
const PLACED: &str =
    "SELECT r.i, o.state FROM {r: i i, id i} JOIN orders o ON o.cell = {cell} AND o.id = r.id";
const STOCK: &str = "SELECT r.key, a.lim, a.held, a.used FROM {r: key t}
    JOIN account a ON a.cell = {cell} AND a.kind = 'stock' AND a.key = r.key";
const BUYERS: &str = "SELECT r.key, b.lim, b.held, b.used FROM {r: key t} JOIN buyer_year b ON b.key = r.key";
const GUARANTEE: &str =
    "SELECT r.key, a.lim, a.held, a.used, a.valid_from_us, a.valid_until_us FROM {r: key t}
    JOIN account a ON a.cell = {cell} AND a.kind = 'guarantee' AND a.key = r.key";
const GOODS: &str = "SELECT r.key, b.lim, b.held, b.used FROM {r: key t} JOIN buyer_goods b ON b.key = r.key";
// So many are enough to know; a telephone with a hundred thousand buyers must not be counted to the end.
const PHONES: &str = "SELECT r.i, (SELECT COUNT(*) FROM (SELECT 1 FROM telephone t
        WHERE t.phone = r.phone AND t.buyer <> r.buyer LIMIT 20) AS others)
    FROM {r: i i, phone t, buyer t}";

impl<'a> Standing<'a> {
    /// Reads what the orders need.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(tx: &Conn, shop: &Shop, asks: &[Box<Ask>], now: Timestamp) -> Result<Self, StoreError> {
        let answers = tx.bulk_rows(&Self::statements(shop, asks, now))?;
        let [used, placed, stock, buyers, guarantee, phones, goods] = <[Vec<Row>; 7]>::try_from(answers)
            .map_err(|_| StoreError::unreadable("a batch", "another number of answers"))?;
        let mut standing = Self::nothing(shop, asks.len(), now);
        standing.take_accounts(accounts::Kind::Stock, &stock)?;
        standing.take_accounts(accounts::Kind::Buyer, &buyers)?;
        standing.take_accounts(accounts::Kind::Guarantee, &guarantee)?;
        standing.take_accounts(accounts::Kind::Goods, &goods)?;
        standing.take_guarantee(&guarantee)?;
        standing.take_rest(&used, &placed, &phones)?;
        Ok(standing)
    }

    /// The statements that read what the orders need.
    #[must_use]
    pub fn statements(shop: &Shop, asks: &[Box<Ask>], now: Timestamp) -> [Bulk<'static>; 7] {
        let guarantee = accounts::guarantee_key(&shop.data.operator.guarantee.number);
        [
            Bulk::new(USED, numbers(asks)),
            Bulk::new(PLACED, placed(asks)),
            Bulk::new(STOCK, vec![Column::Text(stock_keys(shop, asks))]),
            Bulk::new(BUYERS, vec![Column::Text(buyer_keys(asks, china_time::year(now)))]),
            Bulk::new(GUARANTEE, vec![Column::Text(vec![guarantee.key])]),
            Bulk::new(PHONES, phones(asks)),
            Bulk::new(GOODS, vec![Column::Text(goods_keys(shop, asks, now))]),
        ]
    }

    fn nothing(shop: &Shop, asks: usize, now: Timestamp) -> Self {
        Self {
            accounts: HashMap::new(),
            guarantee: None,
            guarantee_key: accounts::guarantee_key(&shop.data.operator.guarantee.number),
            used: vec![Vec::new(); asks],
            placed: vec![None; asks],
            others_with_phone: vec![0; asks],
            numbers: HashSet::with_capacity(asks * 2),
            year: china_time::year(now),
        }
    }

    /// As if there were more than enough of everything; for measuring what the database alone can do.
    ///
    /// # Errors
    /// [`StoreError`] never, in practice: the amounts are ours.
    pub fn ample(shop: &Shop, asks: &[Box<Ask>], now: Timestamp) -> Result<Self, StoreError> {
        let mut standing = Self::nothing(shop, asks.len(), now);
        let ample = Account::new(i64::MAX / 4, 0, 0).map_err(|e| StoreError::unreadable("an account", e))?;
        for key in stock_keys(shop, asks) {
            standing.accounts.insert(Key { kind: accounts::Kind::Stock, key }, ample);
        }
        standing.accounts.insert(standing.guarantee_key.clone(), ample);
        let today = china_time::date(now);
        standing.guarantee = Some(Guarantee { account: ample, from: today, until: today });
        Ok(standing)
    }

    fn take_accounts(&mut self, kind: accounts::Kind, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let key = Key { kind, key: row.get(0)? };
            let account = Account::new(row.get(1)?, row.get(2)?, row.get(3)?)
                .map_err(|e| StoreError::unreadable(format!("account {}", key.key), e))?;
            self.accounts.insert(key, account);
        }
        Ok(())
    }

    fn take_guarantee(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let Some(row) = rows.first() else { return Ok(()) };
        let (from, until): (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
        if let (Some(from), Some(until), Some(account)) =
            (from, until, self.accounts.get(&self.guarantee_key))
        {
            let (from, until) = (china_time::date(at(from)?), china_time::date(at(until)?));
            self.guarantee = Some(Guarantee { account: *account, from, until });
        }
        Ok(())
    }

    fn take_rest(&mut self, used: &[Row], placed: &[Row], phones: &[Row]) -> Result<(), StoreError> {
        for row in used {
            let one = Used { kind: row.get(1)?, cell: row.get(2)?, order_id: row.get(3)? };
            if let Some(all) = self.used.get_mut(row.get::<_, usize>(0)?) {
                all.push(one);
            }
        }
        for row in placed {
            let word: String = row.get(1)?;
            if let Some(state) = self.placed.get_mut(row.get::<_, usize>(0)?) {
                *state = OrderState::from_word(&word);
            }
        }
        for row in phones {
            if let Some(count) = self.others_with_phone.get_mut(row.get::<_, usize>(0)?) {
                *count = row.get(1)?;
            }
        }
        Ok(())
    }

    /// Whether none of its numbers came earlier in the batch.
    pub fn first_of_its_numbers(&mut self, ask: &'a Ask) -> bool {
        let order = self.numbers.insert(&ask.order.order_no);
        self.numbers.insert(&ask.payment.transaction_id) && order
    }

    /// The orders that used its numbers before.
    #[must_use]
    pub fn used(&self, i: usize) -> &[Used] {
        self.used.get(i).map_or(&[], Vec::as_slice)
    }

    /// The state of the order when it was placed before.
    #[must_use]
    pub fn placed(&self, i: usize) -> Option<OrderState> {
        self.placed.get(i).copied().flatten()
    }

    /// The verdict on an order as things stand.
    #[must_use]
    pub fn judge(&self, shop: &Shop, i: usize, ask: &Ask, now: Timestamp) -> Verdict {
        let centre = shop.centre(ask.order.centre);
        let year = self.accounts.get(&accounts::buyer_key(&ask.buyer_key, self.year)).copied();
        let stock = |product: &Product| {
            let account = centre.and_then(|centre| self.accounts.get(&accounts::stock_key(centre, product)));
            Quantity::from_parts(account.map_or(0, |account| account.available()))
        };
        let pieces = |hs8: &str| {
            let account = self.accounts.get(&accounts::goods_key(&ask.buyer_key, self.year, hs8));
            account.map_or(0, |account| account.held().saturating_add(account.used()))
        };
        let facts = Facts {
            today: china_time::date(now),
            centre,
            product: &|sku| shop.product(sku),
            stock: &stock,
            tariff: &shop.data.tariff,
            year_so_far: year.map_or(Money::ZERO, accounts::spoken_for),
            guarantee: self.guarantee(now),
            year_pieces: &pieces,
            rules: &shop.rules,
            operator: &shop.operator,
            others_with_phone: self.others_with_phone.get(i).copied().unwrap_or(0),
            // Every parcel goes to the centre's own address: it says nothing of the buyer.
            others_with_address: 0,
        };
        review::review(&ask.order, &facts)
    }

    /// The guarantee with what is held of it by now; without one, nothing is left of it.
    fn guarantee(&self, now: Timestamp) -> Guarantee {
        let today = china_time::date(now);
        let nothing = Guarantee { account: Account::EMPTY, from: today, until: today };
        let mut guarantee = self.guarantee.unwrap_or(nothing);
        if let Some(account) = self.accounts.get(&self.guarantee_key) {
            guarantee.account = *account;
        }
        guarantee
    }

    /// Takes the holds of an order: all of them or, when one does not fit, none (`false`).
    pub fn hold(&mut self, holds: &[(Key, i64)]) -> bool {
        let mut after = Vec::with_capacity(holds.len());
        for (key, amount) in holds {
            let before = self.accounts.get(key).copied();
            let opened = match key.kind {
                accounts::Kind::Buyer => before.or_else(|| Account::new(limits::ANNUAL.fen(), 0, 0).ok()),
                // The rules have said that the maximum is kept; the account only counts.
                accounts::Kind::Goods => {
                    let (held, used) = before.map_or((0, 0), |account| (account.held(), account.used()));
                    Account::new(i64::MAX / 4, held, used).ok()
                }
                accounts::Kind::Stock | accounts::Kind::Guarantee => before,
            };
            let Some(held) = opened.and_then(|account| account.hold(*amount).ok()).map(|(after, _)| after)
            else {
                return false;
            };
            after.push((key, held));
        }
        for (key, account) in after {
            self.accounts.insert(key.clone(), account);
        }
        true
    }
}

fn numbers(asks: &[Box<Ask>]) -> Vec<Column> {
    let (mut at, mut number, mut kind) = (Vec::new(), Vec::new(), Vec::new());
    for (i, ask) in (0_i64..).zip(asks) {
        if matches!(ask.origin, Origin::New { .. }) {
            at.push(i);
            number.push(ask.order.order_no.clone());
            kind.push("order".to_owned());
        }
        at.push(i);
        number.push(ask.payment.transaction_id.clone());
        kind.push("payment".to_owned());
    }
    vec![Column::Int(at), Column::Text(number), Column::Text(kind)]
}

fn placed(asks: &[Box<Ask>]) -> Vec<Column> {
    let (mut at, mut ids) = (Vec::new(), Vec::new());
    for (i, ask) in (0_i64..).zip(asks) {
        if let Origin::Placed(id) = ask.origin {
            at.push(i);
            ids.push(id);
        }
    }
    vec![Column::Int(at), Column::Int(ids)]
}

fn stock_keys(shop: &Shop, asks: &[Box<Ask>]) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for ask in asks {
        let Some(centre) = shop.centre(ask.order.centre) else { continue };
        for product in ask.order.lines.iter().filter_map(|line| shop.product(&line.sku)) {
            keys.insert(accounts::stock_key(centre, product).key);
        }
    }
    keys.into_iter().collect()
}

/// Goods with a yearly maximum only; most lists have few of them.
fn goods_keys(shop: &Shop, asks: &[Box<Ask>], now: Timestamp) -> Vec<String> {
    if shop.rules.permitted.is_empty() {
        return Vec::new();
    }
    let (today, year) = (china_time::date(now), china_time::year(now));
    let mut keys = BTreeSet::new();
    for ask in asks {
        for product in ask.order.lines.iter().filter_map(|line| shop.product(&line.sku)) {
            let listed = shop.rules.permitted.line(product.hs.hs8(), today);
            if listed.is_some_and(|listed| listed.per_year_max.is_some()) {
                keys.insert(accounts::goods_key(&ask.buyer_key, year, product.hs.hs8()).key);
            }
        }
    }
    keys.into_iter().collect()
}

fn buyer_keys(asks: &[Box<Ask>], year: i16) -> Vec<String> {
    let keys: BTreeSet<String> =
        asks.iter().map(|ask| accounts::buyer_key(&ask.buyer_key, year).key).collect();
    keys.into_iter().collect()
}

fn phones(asks: &[Box<Ask>]) -> Vec<Column> {
    let at = (0_i64..).zip(asks).map(|(i, _)| i).collect();
    let phones = asks.iter().map(|ask| ask.phone_key.clone()).collect();
    let buyers = asks.iter().map(|ask| ask.buyer_key.clone()).collect();
    vec![Column::Int(at), Column::Text(phones), Column::Text(buyers)]
}
