//! What receipts do to declarations, holds, orders and parcels: decided in memory one after the other, written at once.

use std::collections::BTreeMap;

use pickup_customs::Remedy;
use pickup_domain::declaration::{Answers, DeclarationState, Effect, Receipt, Standing};
use pickup_domain::hold::HoldState;
use pickup_domain::order::OrderState;
use serde_json::{Value as Json, json};

use crate::db::{Bulk, Column, Conn};
use crate::store::StoreError;
use crate::trail::Kind;

mod place;
mod write;

pub use place::{place, standing};
pub use write::{give_up, stop};

/// `returnStatus` of a list that the E-Port could not send to customs.
const SEND_FAILED: i32 = 4;
/// `returnStatus` of a list that customs has and does not accept.
pub const REJECTED: i32 = 100;
/// What we say ourselves of a declaration that is given up.
const GIVEN_UP: i32 = -1;
/// How often a declaration is written anew by the system itself before a person is asked.
const AGAIN_AT_MOST: i64 = 5;

/// What customs did of which we had done the opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contradiction {
    /// Customs works on what was given up here: its list is to be withdrawn before it is released.
    TakenUp,
    /// Released after it was given up.
    Released,
    /// Taken back after it was handed over.
    TakenBack,
}

impl Contradiction {
    const fn words(self) -> &'static str {
        match self {
            Self::TakenUp => "taken up by customs after it was given up",
            Self::Released => "released after it was given up",
            Self::TakenBack => "taken back by customs after it was handed over",
        }
    }

    /// What the task is about: that a list is worked on is another matter than what comes of it.
    fn entity(self, cop_no: &str) -> String {
        match self {
            Self::TakenUp => format!("{cop_no}/open"),
            Self::Released | Self::TakenBack => cop_no.to_owned(),
        }
    }
}

/// Whether customs reads the papers or looks at the goods.
const fn is_examined(state: DeclarationState) -> bool {
    matches!(state, DeclarationState::Review | DeclarationState::Inspected)
}

/// What a receipt says beside its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub actor: &'static str,
    /// For the trail.
    pub body: Json,
    /// E-Port's number of the list.
    pub pre_no: Option<String>,
    /// Customs' number of the list.
    pub invt_no: Option<String>,
    /// What the system does about a refusal.
    pub remedy: Remedy,
    /// Whether nobody has explained the code yet.
    pub unknown: bool,
}

impl Said {
    /// Said of a declaration that an application of ours ended.
    #[must_use]
    pub const fn withdrawn(body: Json) -> Self {
        Self { actor: "customs", body, pre_no: None, invt_no: None, remedy: Remedy::Refuse, unknown: false }
    }
}

/// An order's declaration as it was read and as it is by now.
#[derive(Debug)]
struct One {
    cop_no: String,
    before: Standing,
    standing: Standing,
    order: OrderState,
    pre_no: Option<String>,
    invt_no: Option<String>,
    numbered: bool,
    attempt: i64,
    /// Whether anything is held for it.
    held: bool,
}

impl One {
    /// Keeps numbers that were not known; the new number of the list.
    fn number(&mut self, said: &mut Said) -> Option<String> {
        let new = said.invt_no.clone().filter(|_| self.invt_no.is_none());
        for (kept, new) in [(&mut self.pre_no, said.pre_no.take()), (&mut self.invt_no, said.invt_no.take())]
        {
            if kept.is_none() && new.is_some() {
                *kept = new;
                self.numbered = true;
            }
        }
        new
    }

    fn noted(&self, actor: &'static str, state: DeclarationState, body: Json) -> Noted {
        Noted { actor, kind: Kind::Declaration, entity: self.cop_no.clone(), state: state.as_str(), body }
    }
}

/// Changes of the trail, kept until they are written.
#[derive(Debug)]
struct Noted {
    actor: &'static str,
    kind: Kind,
    entity: String,
    state: &'static str,
    body: Json,
}

/// The declarations that receipts belong to.
#[derive(Debug, Default)]
pub struct States {
    all: BTreeMap<i64, One>,
    trail: Vec<Noted>,
    post: Vec<i64>,
    void: Vec<i64>,
    withdraw: Vec<i64>,
    cancel: Vec<(i64, &'static str)>,
    /// To be written anew.
    again: BTreeMap<i64, bool>,
    /// To be decided by a person.
    ask: BTreeMap<i64, Json>,
    /// What a person was asked, and happened by itself.
    moot: Vec<i64>,
    contradictions: Vec<(i64, Contradiction)>,
    detained: Vec<(i64, Receipt)>,
    /// What customs said when it began to read papers or look at goods.
    examined: BTreeMap<i64, Json>,
    unknown: Vec<(i64, Json)>,
    numbers: Vec<String>,
}

impl States {
    /// Reads where the declarations of these orders stand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(tx: &Conn, orders: &[i64]) -> Result<Self, StoreError> {
        let mut ids = orders.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let read = Bulk::new(
            "SELECT r.id, d.cop_no, d.state, d.state_time, d.pre_no, d.invt_no, o.state, d.attempt, h.state
             FROM {r: id i}
             JOIN declaration d ON d.cell = {cell} AND d.order_id = r.id
             JOIN orders o ON o.cell = {cell} AND o.id = r.id
             JOIN hold h ON h.cell = {cell} AND h.order_id = r.id",
            vec![Column::Int(ids)],
        );
        let mut all = BTreeMap::new();
        for row in tx.bulk_rows(&[read])?.into_iter().flatten() {
            let (cop_no, state, time): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let order: String = row.get(6)?;
            let order = OrderState::from_word(&order)
                .ok_or_else(|| StoreError::unreadable("orders.state", &order))?;
            let standing = standing(&cop_no, &state, &time)?;
            let (pre_no, invt_no) = (row.get(4)?, row.get(5)?);
            let (attempt, hold): (i64, String) = (row.get(7)?, row.get(8)?);
            let one = One {
                cop_no,
                before: standing,
                standing,
                order,
                pre_no,
                invt_no,
                numbered: false,
                attempt,
                held: hold == HoldState::Held.as_str(),
            };
            all.insert(row.get(0)?, one);
        }
        Ok(Self { all, ..Self::default() })
    }

    /// Takes a receipt of an order; one that comes twice, late or out of order changes nothing.
    pub fn take(&mut self, order_id: i64, receipt: Receipt, mut said: Said) {
        let Some(one) = self.all.get_mut(&order_id) else { return };
        if let Some(number) = one.number(&mut said) {
            self.numbers.push(number);
        }
        let (after, effect) = one.standing.take(receipt);
        if said.unknown && !after.state.was_refused() {
            self.unknown.push((order_id, said.body.clone()));
        }
        if (501..=599).contains(&receipt.status) && receipt.answers == Answers::List {
            self.detained.push((order_id, receipt));
        }
        if after == one.standing {
            return;
        }
        let before = std::mem::replace(&mut one.standing, after);
        if after.state != before.state {
            self.trail.push(one.noted(said.actor, after.state, said.body.clone()));
        }
        // Of goods that are detained there is a task of their own.
        if is_examined(after.state) && !(501..=599).contains(&receipt.status) {
            self.examined.insert(order_id, said.body.clone());
        }
        if before.state.was_refused() && !after.state.was_refused() {
            self.moot.push(order_id);
            self.ask.remove(&order_id);
        }
        let by_customs = receipt.answers == Answers::List;
        let send_failed = by_customs && receipt.status == SEND_FAILED;
        if one.held && (after.state.was_refused() || send_failed && said.remedy == Remedy::Again) {
            self.refused(order_id, by_customs, receipt.status, said);
            return;
        }
        let (was_refused, is_open) = (before.state.was_refused(), after.state.is_with_customs());
        if was_refused && is_open && !one.held {
            self.contradictions.push((order_id, Contradiction::TakenUp));
        }
        match effect {
            // The order was given up before customs answered: nothing is held for it any more.
            Effect::Post if one.order == OrderState::Cancelled || !one.held => {
                self.contradictions.push((order_id, Contradiction::Released));
            }
            Effect::Post => self.post.push(order_id),
            // The goods are gone: nothing of theirs is free again.
            Effect::Withdraw
                if matches!(one.order, OrderState::Fulfilled | OrderState::Returned)
                    && receipt.answers != Answers::Refund =>
            {
                self.contradictions.push((order_id, Contradiction::TakenBack));
            }
            Effect::Withdraw if receipt.answers != Answers::Refund => {
                self.withdraw.push(order_id);
                self.cancel.push((order_id, said.actor));
            }
            // A return gives back what comes back, see `applications`.
            Effect::None | Effect::Void | Effect::Withdraw => {}
        }
    }

    /// A declaration that is held for does not go through: it is written anew, decided by a person, or given up.
    fn refused(&mut self, order_id: i64, by_customs: bool, status: i32, said: Said) {
        let Some(one) = self.all.get_mut(&order_id) else { return };
        self.ask.remove(&order_id);
        // Released and taken back in one message: nothing was posted yet.
        self.post.retain(|posted| *posted != order_id);
        match said.remedy {
            Remedy::Again if by_customs && one.attempt < AGAIN_AT_MOST => {
                one.standing = one.standing.anew();
                let body = json!({ "again": one.attempt.saturating_add(1) });
                self.trail.push(one.noted(said.actor, DeclarationState::Drafted, body));
                self.again.insert(order_id, status == REJECTED);
            }
            Remedy::Again | Remedy::Person if by_customs => {
                if status == SEND_FAILED {
                    // It never reached customs, however often it was sent.
                    one.standing.state = DeclarationState::Exception;
                    self.trail.push(one.noted(said.actor, DeclarationState::Exception, said.body.clone()));
                }
                self.ask.insert(order_id, said.body);
            }
            _ => {
                one.held = false;
                self.void.push(order_id);
                self.moot.push(order_id);
                self.cancel.push((order_id, said.actor));
            }
        }
    }

    /// Numbers of lists that were not known before.
    #[must_use]
    pub fn new_numbers(&self) -> &[String] {
        &self.numbers
    }
}
