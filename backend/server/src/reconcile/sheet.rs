//! What a reconciliation says, as it is signed.

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::Quantity;
use serde::{Deserialize, Serialize};

/// What a reconciliation file says it is.
pub const FORMAT: &str = "bonded-pickup-reconciliation";
/// Its version.
pub const VERSION: u32 = 1;

/// A day of a centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Number of the centre.
    pub centre: u16,
    /// Customs office.
    pub customs_code: String,
    /// Bonded book.
    pub book: String,
    /// Day in China.
    pub day: Date,
    /// When it was worked out.
    pub made_at: Timestamp,
    /// The part of the trail that it covers.
    pub trail: Stretch,
    /// What happened, by the trail and by the tables.
    pub counts: Vec<Count>,
    /// What moved in the book, by the trail.
    pub lines: Vec<Line>,
    /// Everything that does not agree.
    pub differences: Vec<Difference>,
}

/// A part of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Rows before the day.
    pub before: i64,
    /// Last row of the day.
    pub last: i64,
    /// Its hash.
    pub head: String,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Orders placed.
    Orders,
    /// Payments of orders that were cleared, with what was paid.
    Payments,
    /// Declarations drafted, with their tax.
    Declarations,
    /// Releases, with their tax.
    Releases,
    /// Parcels handed over.
    Pickups,
    /// Cancellations and returns applied for.
    Applications,
    /// Returns whose goods are back.
    Returns,
    /// Tax bills paid.
    TaxPaid,
}

impl What {
    /// Whether amounts are added up.
    #[must_use]
    pub const fn has_amount(self) -> bool {
        matches!(self, Self::Payments | Self::Declarations | Self::Releases)
    }

    /// Everything that is counted, in the order of a page.
    pub const ALL: [Self; 8] = [
        Self::Orders,
        Self::Payments,
        Self::Declarations,
        Self::Releases,
        Self::Pickups,
        Self::Applications,
        Self::Returns,
        Self::TaxPaid,
    ];
}

/// So many, and so much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// Amount in fen; 0 where nothing is added up.
    pub fen: i64,
}

/// What was counted, twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What.
    pub what: What,
    /// By the trail.
    pub trail: Sum,
    /// By the tables.
    pub tables: Sum,
}

/// How a book line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What entered.
    pub entered: Quantity,
    /// What is held for orders.
    pub held: Quantity,
    /// What has gone out.
    pub out: Quantity,
}

impl Balance {
    /// What lies in the area, on hand or held.
    #[must_use]
    pub fn inside(&self) -> Quantity {
        Quantity::from_parts(self.entered.parts().saturating_sub(self.out.parts()))
    }
}

/// A book line over the day. Opening + entries + back − out = closing, of what lies in the area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `book/record number`.
    pub key: String,
    /// When the day began.
    pub opening: Balance,
    /// What entered, less what was corrected away.
    pub entries: Quantity,
    /// What went out: released.
    pub out: Quantity,
    /// What came back: returned, or a release that was withdrawn.
    pub back: Quantity,
    /// When it ended.
    pub closing: Balance,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Difference {
    /// The trail tells of something that the tables do not have.
    OnlyTrail {
        /// What it is counted as.
        what: What,
        /// Order, pickup, application or tax bill.
        entity: String,
    },
    /// The tables have something that the trail does not tell of.
    OnlyTables {
        /// What it is counted as.
        what: What,
        /// Order, pickup, application or tax bill.
        entity: String,
    },
    /// Both have it, with different amounts.
    Amount {
        /// What it is counted as.
        what: What,
        /// Order.
        entity: String,
        /// By the trail, fen.
        trail_fen: i64,
        /// By the tables, fen.
        tables_fen: i64,
    },
    /// A book line's account is not what follows from the whole trail.
    Account {
        /// Line.
        key: String,
        /// By the trail.
        trail: Balance,
        /// In the table.
        table: Balance,
    },
    /// The entries kept of a line on this day are not those of the trail.
    Entries {
        /// Line.
        key: String,
        /// By the trail.
        trail: Quantity,
        /// In the table.
        table: Quantity,
    },
    /// Opening + entries + back − out is not the closing balance, or more is held or gone out than entered.
    Unbalanced {
        /// Line.
        key: String,
    },
    /// A line did not open as it closed on the day before.
    Opening {
        /// Line.
        key: String,
        /// As signed for the day before.
        closed: Balance,
        /// By the trail now.
        opens: Balance,
    },
    /// Rows of the trail up to the end of the day were changed after they were written.
    TrailBroken {
        /// First such row.
        row: i64,
    },
    /// The trail is another one than that which was signed for the day before.
    TrailReplaced {
        /// Row at which that day ended.
        row: i64,
    },
}
