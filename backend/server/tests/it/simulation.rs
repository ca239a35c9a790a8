//! A backend's life at random, from a seed: orders of one moment, the same again, another under a used number, sending
//! through a gateway that loses answers, receipts twice, late and out of order, holds that run out, and a process that ends
//! at any await. Whatever happened, the books are right at the end and nothing that was acknowledged is gone.
//!
//! `SIMULATION_SEED` and `SIMULATION_RUNS` repeat a run or play more of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use fastrand::Rng;
use jiff::Timestamp;
use pickup_domain::order::{Order, Payment};
use pickup_server::clearing::applications::papers;
use pickup_server::clearing::ask::Ask;
use pickup_server::clearing::batch::Outcome;
use pickup_server::clearing::{outbox, receipts};
use pickup_server::config::Config;
use pickup_server::scratch::Scratch;
use pickup_server::shop::Shop;
use pickup_server::store::StoreError;
use pickup_server::{App, books, trail};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::customs::{Customs, lock};

mod afterwards;

/// A run of the tests is the same every time; other lives are asked for.
const FIRST_SEED: u64 = 20_261_121;
const STEPS: usize = 120;
const PEOPLE: u64 = 14;

struct Life {
    dice: Rng,
    shop: Option<Arc<Shop>>,
    customs: Arc<Customs>,
    config: Config,
    clock_us: Arc<AtomicI64>,
    /// Orders that were acknowledged, with their answers.
    told: BTreeMap<u64, String>,
    made: u64,
    prices: BTreeMap<String, i64>,
    crashes: bool,
}

impl Life {
    async fn begin(seed: u64, dir: &Path, scratch: &Scratch, crashes: bool) -> Self {
        let start: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        let config =
            Config { data_dir: dir.to_owned(), database: scratch.database.clone(), ..Config::default() };
        let customs = Arc::new(Customs::default());
        *lock(&customs.dice) = Some(Rng::with_seed(seed ^ 0xC057));
        let mut life = Self {
            dice: Rng::with_seed(seed),
            shop: None,
            customs,
            config,
            clock_us: Arc::new(AtomicI64::new(start.as_microsecond())),
            told: BTreeMap::new(),
            made: 0,
            prices: BTreeMap::new(),
            crashes,
        };
        life.open().await;
        let shop = life.shop();
        life.prices =
            shop.data.articles.iter().map(|a| (a.product.sku.clone(), a.product.price_fen.fen())).collect();
        life
    }

    async fn open(&mut self) {
        let ticking = Arc::clone(&self.clock_us);
        let clock: pickup_server::app::Clock = Arc::new(move || {
            Timestamp::from_microsecond(ticking.fetch_add(1_000, Ordering::SeqCst)).unwrap()
        });
        let app = App::open(self.config.clone(), clock).unwrap();
        self.shop = Some(Shop::open(app).await.unwrap());
    }

    fn shop(&self) -> Arc<Shop> {
        Arc::clone(self.shop.as_ref().unwrap())
    }

    /// Does something, or ends the process in the middle of it and starts it again.
    async fn maybe_to_the_end<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        if !self.crashes || self.dice.u32(0..12) > 0 {
            return Some(work.await);
        }
        let mut polls = self.dice.u32(0..6);
        let done = {
            let mut work = pin!(work);
            std::future::poll_fn(|context| {
                if polls == 0 {
                    return Poll::Ready(None);
                }
                polls -= 1;
                work.as_mut().poll(context).map(Some)
            })
            .await
        };
        if done.is_none() {
            self.shop = None;
            self.open().await;
        }
        done
    }

    fn order(&self, n: u64) -> (Order, Payment) {
        let skus = ["MLK-001", "FOD-002", "CAR-001", "FOD-005"];
        let mut dice = Rng::with_seed(n ^ 0x5EED);
        let sku = skus[dice.usize(0..skus.len())];
        let qty = dice.i64(1..4);
        let goods = self.prices[sku] * qty;
        let shop = self.shop();
        let product = shop.product(sku).unwrap();
        let rate = shop.data.tariff.on(&product.hs, "2026-11-21".parse().unwrap()).unwrap();
        // 70 % of VAT; these articles carry no consumption tax.
        let vat = i128::from(goods) * i128::from(rate.vat.ppm()) * 7;
        let tax = i64::try_from((vat * 2 + 10_000_000) / 20_000_000).unwrap();
        let first = format!("990101199001{:02}{:03}", 1 + n % PEOPLE, 1);
        let check = pickup_domain::id_number::check_character(&first).unwrap();
        let (id, name) = (format!("{first}{check}"), "测试甲");
        let number = format!("S{n:06}");
        let order: Value = json!({
            "order_no": number, "centre": 1,
            "buyer": { "reg_no": "u", "name": name, "id_number": id, "telephone": "19900000001" },
            "lines": [{ "sku": sku, "qty": qty, "price_fen": self.prices[sku] }],
            "goods_fen": goods, "freight_fen": 0, "discount_fen": 0, "tax_fen": tax, "total_fen": goods + tax,
            "currency": "CNY", "notices_agreed": true,
        });
        let payment = json!({
            "transaction_id": format!("P{number}"), "pay_code": shop.data.operator.payment.code,
            "order_no": number, "amount_fen": goods + tax, "currency": "CNY",
            "payer": { "name": name, "id_number": id }, "paid_at": "2026-11-21T02:00:00Z",
        });
        (serde_json::from_value(order).unwrap(), serde_json::from_value(payment).unwrap())
    }

    /// Several orders at the same moment; now and then one that was there before, or another under a used number.
    async fn shoppers(&mut self) {
        let mut asks = Vec::new();
        for _ in 0..self.dice.usize(1..9) {
            let again = self.made > 0 && self.dice.u32(0..5) == 0;
            let n = if again { self.dice.u64(0..self.made) } else { self.made };
            self.made += u64::from(!again);
            let (order, mut payment) = self.order(n);
            if again && self.dice.bool() {
                payment.amount_fen = order.goods_fen;
            }
            let other = payment.amount_fen != order.total_fen;
            asks.push((n, other, Ask::new(&self.shop().app, "demo", order, payment).unwrap().unwrap()));
        }
        let clearer = self.shop().clearer.clone();
        let work = async move {
            let mut answers = Vec::new();
            // Asked all at once, as by as many connections.
            let mut waiting: Vec<_> = asks
                .into_iter()
                .map(|(n, other, ask)| {
                    let clearer = clearer.clone();
                    (n, other, Box::pin(async move { clearer.clear(ask).await }))
                })
                .collect();
            std::future::poll_fn(|context| {
                waiting.retain_mut(|(n, other, answer)| match answer.as_mut().poll(context) {
                    Poll::Ready(outcome) => {
                        answers.push((*n, *other, outcome.unwrap()));
                        false
                    }
                    Poll::Pending => true,
                });
                if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            answers
        };
        for (n, other, outcome) in self.maybe_to_the_end(work).await.unwrap_or_default() {
            match outcome {
                Outcome::Cleared(answer) => {
                    assert!(!other && self.told.insert(n, answer).is_none(), "order {n} was cleared twice");
                }
                Outcome::Again(answer) => {
                    // It may have been cleared while the process ended, untold.
                    assert!(!other, "order {n} took another payment");
                    assert_eq!(*self.told.entry(n).or_insert_with(|| answer.clone()), answer);
                }
                Outcome::Refused(_) => {
                    assert!(!self.told.contains_key(&n), "order {n} was told to be cleared")
                }
                Outcome::PaidOtherwise | Outcome::OrderNoTaken | Outcome::TransactionTaken => assert!(other),
                strange => panic!("order {n}: {strange:?}"),
            }
        }
    }

    async fn send(&mut self) {
        let (shop, customs) = (self.shop(), Arc::clone(&self.customs));
        let work = async move {
            papers::all_due(&shop).await.unwrap();
            outbox::send_due(&shop, &*customs).await.unwrap()
        };
        self.maybe_to_the_end(work).await;
    }

    async fn receive(&mut self) {
        let (shop, customs) = (self.shop(), Arc::clone(&self.customs));
        let work = async move { receipts::take(&shop, &*customs).await.unwrap() };
        self.maybe_to_the_end(work).await;
    }

    async fn expire(&mut self) {
        self.clock_us.fetch_add(30 * 3600 * 1_000_000, Ordering::SeqCst);
        let shop = self.shop();
        let work = async move { outbox::expire(&shop).await.unwrap() };
        self.maybe_to_the_end(work).await;
    }

    async fn step(&mut self) {
        match self.dice.u32(0..54) {
            0..16 => self.shoppers().await,
            16..24 => self.send().await,
            24..31 => self.customs.answer(false),
            31..39 => self.receive().await,
            39..49 => self.afterwards().await,
            49..53 => self.person().await,
            _ => self.expire().await,
        }
    }

    /// Lets everything come to its end.
    async fn settle(&mut self) {
        self.crashes = false;
        for _ in 0..60 {
            self.clock_us.fetch_add(120 * 1_000_000, Ordering::SeqCst);
            self.send().await;
            self.customs.answer(true);
            self.receive().await;
            self.person().await;
        }
        // What nobody decides on is given up when its hold runs out.
        for _ in 0..4 {
            self.expire().await;
        }
    }

    async fn rows(&self, sql: &'static str) -> Vec<String> {
        let read = self.shop().app.store.clone();
        read.read(move |conn| {
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap()
    }

    async fn check(&self, seed: u64) {
        let store = self.shop().app.store.clone();
        let report = store.read(trail::verify).await.unwrap();
        assert_eq!(report.problems, [], "seed {seed}");
        assert_eq!(store.read(books::check).await.unwrap(), [], "seed {seed}");
        // Held is exactly what has no end yet. What customs takes up after it was given up here is a person's.
        let strange = "SELECT CAST(h.order_id AS TEXT) || h.state || d.state FROM hold h JOIN declaration d
            ON d.cell = h.cell AND d.order_id = h.order_id WHERE h.cell = {cell} AND (h.state = 'held') <>
            ((d.state IN ('drafted', 'sent', 'accepted', 'review', 'inspected') AND
              NOT EXISTS (SELECT 1 FROM task t WHERE t.cell = h.cell AND t.entity = d.cop_no || '/open'
                AND t.kind = 'contradiction' AND t.settled_us IS NULL)) OR
             EXISTS (SELECT 1 FROM task t WHERE t.cell = h.cell AND t.order_id = h.order_id AND t.kind = 'refused'
                AND t.settled_us IS NULL))";
        assert_eq!(self.rows(strange).await, Vec::<String>::new(), "seed {seed}");
        let there = self.rows("SELECT order_no FROM orders WHERE cell = {cell}").await;
        for n in self.told.keys() {
            assert!(there.contains(&format!("S{n:06}")), "seed {seed}: order {n} was told and is gone");
        }
    }

    async fn is_settled(&self, seed: u64) {
        let open =
            "SELECT CAST(h.order_id AS TEXT) || ' ' || d.state || d.state_time || CAST(d.attempt AS TEXT) FROM hold h
             JOIN declaration d ON d.cell = h.cell AND d.order_id = h.order_id
             WHERE h.cell = {cell} AND h.state = 'held'";
        assert_eq!(self.rows(open).await, Vec::<String>::new(), "seed {seed}");
        let waiting = "SELECT id FROM message WHERE cell = {cell} AND sent_us IS NULL";
        assert_eq!(self.rows(waiting).await, Vec::<String>::new(), "seed {seed}");
        let asked = "SELECT cop_no || state FROM application WHERE cell = {cell}
            AND state NOT IN ('concluded', 'refused')";
        assert_eq!(self.rows(asked).await, Vec::<String>::new(), "seed {seed}");
    }

    /// What two engines must agree in.
    async fn picture(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "SELECT order_no || ' ' || CAST(id AS TEXT) || ' ' || state || COALESCE(refund, '') FROM orders
             WHERE cell = {cell} ORDER BY id",
            "SELECT cop_no || waybill || state || state_time || CAST(tax_fen AS TEXT) FROM declaration
             WHERE cell = {cell} ORDER BY order_id",
            "SELECT cop_no || kind || state || state_time || lines || credit || COALESCE(back_to, '') FROM application
             WHERE cell = {cell} ORDER BY id",
            "SELECT id || CAST(amount_fen AS TEXT) || state FROM payback WHERE cell = {cell} ORDER BY id",
            "SELECT kind || CASE WHEN settled_us IS NULL THEN '' ELSE settled_by END FROM task
             WHERE cell = {cell} ORDER BY id",
            "SELECT CAST(order_id AS TEXT) || state || legs FROM hold WHERE cell = {cell} ORDER BY order_id",
            "SELECT kind || key || CAST(lim AS TEXT) || '/' || CAST(held AS TEXT) || '/' || CAST(used AS TEXT)
             FROM account WHERE cell = {cell} ORDER BY kind, key",
            "SELECT key || CAST(held AS TEXT) || '/' || CAST(used AS TEXT) FROM buyer_year ORDER BY key",
            "SELECT number || kind || CAST(order_id AS TEXT) FROM used_number ORDER BY number, kind",
            "SELECT CAST(pickup AS TEXT) || state || COALESCE(slip_no, '') FROM parcel
             WHERE cell = {cell} ORDER BY pickup",
            "SELECT CAST(order_id AS TEXT) || kind || CAST(status AS TEXT) FROM receipt_record
             WHERE cell = {cell} ORDER BY order_id, cursor, position",
            "SELECT CAST(seq AS TEXT) || kind || entity || state FROM trail WHERE cell = {cell} ORDER BY seq",
        ] {
            all.extend(self.rows(sql).await);
        }
        all
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("pickup-life-{}", Uuid::new_v4())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn whatever_happens_the_books_are_right_and_nothing_acknowledged_is_gone() {
    let runs = setting("SIMULATION_RUNS").unwrap_or(6);
    let first = setting("SIMULATION_SEED").unwrap_or(FIRST_SEED);
    let (mut asked, mut cleared) = (0, 0);
    for seed in first..first + runs {
        println!("SIMULATION_SEED={seed} SIMULATION_RUNS=1");
        let (folder, scratch) = (Folder::new(), Scratch::by_environment().unwrap());
        let mut life = Life::begin(seed, &folder.0, &scratch, true).await;
        for _ in 0..STEPS {
            life.step().await;
        }
        life.check(seed).await;
        life.settle().await;
        life.check(seed).await;
        life.is_settled(seed).await;
        assert!(life.told.len() > 10, "seed {seed}: only {} orders were cleared", life.told.len());
        asked += life.made;
        cleared += life.told.len();
    }
    println!("{runs} lives: {asked} orders asked, {cleared} cleared and acknowledged");
}

#[tokio::test]
async fn both_engines_come_to_the_same() {
    let seed = setting("SIMULATION_SEED").unwrap_or(FIRST_SEED);
    println!("SIMULATION_SEED={seed}");
    let (one, other) = (Folder::new(), Folder::new());
    let (file, by_environment) = (Scratch::file(), Scratch::by_environment().unwrap());
    let mut first = Life::begin(seed, &one.0, &file, false).await;
    // The same keys, so that the same people have the same digests.
    std::fs::create_dir_all(&other.0).unwrap();
    std::fs::copy(one.0.join("keys.json"), other.0.join("keys.json")).unwrap();
    let mut second = Life::begin(seed, &other.0, &by_environment, false).await;
    for _ in 0..STEPS {
        first.step().await;
        second.step().await;
    }
    first.settle().await;
    second.settle().await;
    assert_eq!(first.picture().await, second.picture().await);
    first.check(seed).await;
    second.check(seed).await;
}
