//! The order as a shop sends it, its payment, and the states it goes through.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Money;
use crate::goods::Product;
use crate::tax::apportion;

/// Most lines of one declaration.
pub const MAX_LINES: usize = 99;
/// Most pieces on one line; what is above is a mistake and would only endanger the arithmetic.
pub const MAX_PIECES: i64 = 9_999;

/// An identity number as typed, not yet checked. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct RawId(pub String);

/// The person who orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// Account at the platform.
    pub reg_no: String,
    /// Real name.
    pub name: String,
    /// Identity number.
    pub id_number: RawId,
    /// Telephone.
    pub telephone: String,
    /// Whether a body authorised by the state authenticated the identity; if not, the buyer must be the payer.
    #[serde(default)]
    pub authenticated: bool,
}

/// One article of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// Article.
    pub sku: String,
    /// Pieces (deal units).
    pub qty: i64,
    /// Price of one.
    pub price_fen: Money,
}

/// An order as a shop places it. Amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The platform's order number.
    pub order_no: String,
    /// Number of the pickup centre.
    pub centre: u16,
    /// Who orders, pays and collects.
    pub buyer: Buyer,
    /// What.
    pub lines: Vec<OrderLine>,
    /// Sum of the lines.
    pub goods_fen: Money,
    /// Freight; usually nothing for a pickup.
    #[serde(default)]
    pub freight_fen: Money,
    /// Points and vouchers.
    #[serde(default)]
    pub discount_fen: Money,
    /// Tax collected from the buyer.
    pub tax_fen: Money,
    /// Goods + freight + tax − discount.
    pub total_fen: Money,
    /// `CNY`.
    pub currency: String,
    /// Whether the buyer read and agreed to the consumer notice (商财发〔2018〕486号).
    pub notices_agreed: bool,
    /// The version of the notice the buyer agreed to.
    #[serde(default)]
    pub notice_version: Option<String>,
}

/// What an order comes to, bonded and duty-paid goods apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Bonded goods.
    pub bonded: Money,
    /// Goods whose taxes were paid before.
    pub duty_paid: Money,
    /// The bonded goods' share of the freight.
    pub bonded_freight: Money,
    /// The duty-paid goods' share of the freight.
    pub duty_paid_freight: Money,
    /// Pieces of bonded goods.
    pub bonded_pieces: i64,
}

/// The person who paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// Real name.
    pub name: String,
    /// Identity number.
    pub id_number: RawId,
}

/// The payment of an order. Amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// The payment company's unique number.
    pub transaction_id: String,
    /// Registration code of the payment company.
    pub pay_code: String,
    /// The order it pays.
    pub order_no: String,
    /// What was paid.
    pub amount_fen: Money,
    /// `CNY`.
    pub currency: String,
    /// Who paid.
    pub payer: Payer,
    /// When.
    pub paid_at: Timestamp,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Checked and kept.
    Placed,
    /// Payment known.
    Paid,
    /// Order, payment and waybill agree.
    Matched,
    /// Stock, limit and guarantee are held; the declaration is written.
    Cleared,
    /// Handed over.
    Fulfilled,
    /// Came to nothing; what was paid goes back.
    Cancelled,
    /// Brought back by the buyer.
    Returned,
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The payment arrived.
    Paid,
    /// The three documents agree.
    Matched,
    /// All holds are taken.
    Cleared,
    /// The goods were handed over.
    HandedOver,
    /// Customs, the shop or time ended it.
    Cancelled,
    /// The buyer brought the goods back.
    Returned,
}

/// The event does not happen to an order in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {state:?} cannot take the event {event:?}")]
pub struct IllegalOrderEvent {
    /// The state it is in.
    pub state: OrderState,
    /// The event refused.
    pub event: OrderEvent,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Placed,
        Self::Paid,
        Self::Matched,
        Self::Cleared,
        Self::Fulfilled,
        Self::Cancelled,
        Self::Returned,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalOrderEvent`] when the event does not happen in this state.
    pub const fn apply(self, event: OrderEvent) -> Result<Self, IllegalOrderEvent> {
        use OrderEvent as E;
        Ok(match (self, event) {
            (Self::Placed, E::Paid) => Self::Paid,
            (Self::Paid, E::Matched) => Self::Matched,
            (Self::Matched, E::Cleared) => Self::Cleared,
            (Self::Cleared, E::HandedOver) => Self::Fulfilled,
            (Self::Fulfilled, E::Returned) => Self::Returned,
            (Self::Placed | Self::Paid | Self::Matched | Self::Cleared, E::Cancelled) => Self::Cancelled,
            _ => return Err(IllegalOrderEvent { state: self, event }),
        })
    }

    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Matched => "matched",
            Self::Cleared => "cleared",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }

    /// The state stored as `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl Order {
    /// Pieces over all lines, saturating.
    #[must_use]
    pub fn pieces(&self) -> i64 {
        self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.qty))
    }

    /// The lines that are taxed and declared, in the order's sequence; an article nobody knows counts as bonded.
    pub fn bonded_lines<'o, 'p: 'o>(
        &'o self,
        product: impl Fn(&str) -> Option<&'p Product> + 'o,
    ) -> impl Iterator<Item = &'o OrderLine> {
        self.lines.iter().filter(move |line| product(&line.sku).is_none_or(|product| !product.duty_paid))
    }

    /// What the order comes to. Freight is split between bonded and duty-paid goods by value, to the fen, so that
    /// only what carries the bonded goods enters their dutiable value. `None` for amounts out of range.
    pub fn sums<'p>(&self, product: impl Fn(&str) -> Option<&'p Product>) -> Option<Sums> {
        let (mut bonded, mut duty_paid, mut bonded_pieces) = (Money::ZERO, Money::ZERO, 0_i64);
        let (mut any_bonded, mut any_paid) = (false, false);
        for line in &self.lines {
            if product(&line.sku).is_some_and(|product| product.duty_paid) {
                any_paid = true;
                duty_paid = duty_paid.checked_add(line.total()?)?;
            } else {
                any_bonded = true;
                bonded = bonded.checked_add(line.total()?)?;
                bonded_pieces = bonded_pieces.saturating_add(line.qty);
            }
        }
        let (bonded_freight, duty_paid_freight) = match (any_bonded, any_paid) {
            (_, false) => (self.freight_fen, Money::ZERO),
            (false, true) => (Money::ZERO, self.freight_fen),
            (true, true) => {
                let shares = apportion(self.freight_fen, &[bonded.fen(), duty_paid.fen()])?;
                (*shares.first()?, *shares.get(1)?)
            }
        };
        Some(Sums { bonded, duty_paid, bonded_freight, duty_paid_freight, bonded_pieces })
    }
}

impl OrderLine {
    /// Price times pieces; `None` on overflow.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        self.price_fen.fen().checked_mul(self.qty).map(Money::from_fen)
    }
}

impl fmt::Debug for RawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawId({} characters)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinary_way_ends_fulfilled() {
        use OrderEvent::*;
        let end =
            [Paid, Matched, Cleared, HandedOver].into_iter().try_fold(OrderState::Placed, OrderState::apply);
        assert_eq!(end, Ok(OrderState::Fulfilled));
    }

    #[test]
    fn no_step_is_skipped_and_ends_are_ends() {
        assert!(OrderState::Placed.apply(OrderEvent::Cleared).is_err());
        assert!(OrderState::Fulfilled.apply(OrderEvent::Cancelled).is_err());
        for event in [OrderEvent::Paid, OrderEvent::Cleared, OrderEvent::Cancelled, OrderEvent::Returned] {
            assert!(OrderState::Cancelled.apply(event).is_err());
            assert!(OrderState::Returned.apply(event).is_err());
        }
    }

    #[test]
    fn a_raw_identity_number_is_not_printed() {
        assert_eq!(format!("{:?}", RawId("990101199001010014".into())), "RawId(18 characters)");
    }
}
