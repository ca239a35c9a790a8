//! The words of the command line below the first.

use std::path::PathBuf;

use clap::Subcommand;
use pickup_server::console::roles::Role;

mod shops;

pub use shops::{ShopKeyCommand, WebhooksCommand};

/// What can be imported.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ImportWhat {
    /// Rates by ten-digit code, dated.
    Tariff,
    /// Permitted goods (正面清单), dated.
    Permitted,
    /// Prohibited goods, dated.
    Prohibited,
    /// Personal-use quantities, dated.
    PersonalUse,
    /// Goods inspected more often, dated.
    Watch,
    /// Registered enterprises, dated.
    Enterprises,
    /// Registered goods, dated.
    GoodsRegistrations,
    /// Versions of the consumer notice, dated.
    Notices,
    /// Codes of receipts, beside those that come with the product: what they mean, who must act, what the system does.
    Codes,
    /// Articles.
    Catalogue,
    /// Opening balances and later entries of bonded books.
    Book,
    /// Tax guarantees.
    Guarantees,
}

/// Kiosks.
#[derive(Debug, Subcommand)]
pub enum KioskCommand {
    /// Print a one-time code, good for 15 minutes, with which `pickup-kiosk enrol` gets its certificate. A new name adds
    /// a kiosk; a known one may enrol again, and its old certificate ends then.
    Enrol {
        /// Name of the kiosk, such as K1.
        #[arg(long)]
        name: String,
        /// Number of the centre it stands in; the first one by default.
        #[arg(long)]
        centre: Option<u16>,
        /// Draw the code as a QR code too, for the kiosk's scanner.
        #[arg(long)]
        qr: bool,
    },
    /// List all kiosks.
    List,
    /// Show how a kiosk stands, as it said last: program, clock, disk, journal, each device with what its driver did.
    Show {
        /// Name or id of the kiosk.
        kiosk: String,
        /// Print one JSON object, with the whole traces.
        #[arg(long)]
        json: bool,
    },
    /// Shut a kiosk out, from its next request on.
    Revoke {
        /// Name of the kiosk.
        #[arg(long)]
        name: String,
    },
}

/// Staff.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Issue a badge and print its text, which is the content of its QR code. It is shown once.
    Badge {
        /// Name of the person, as the kiosk greets and the trail records them.
        #[arg(long)]
        name: String,
        /// Number of the centre; the first one by default.
        #[arg(long)]
        centre: Option<u16>,
        /// The badge's PIN, four to eight digits. Without it one is made and printed.
        #[arg(long, conflicts_with = "no_pin")]
        pin: Option<String>,
        /// A badge without a PIN; it opens staff mode only where the setting `badges_without_pin` says so.
        #[arg(long)]
        no_pin: bool,
    },
    /// Give the badge of a person another PIN, and unlock it.
    Pin {
        /// Name of the person.
        #[arg(long)]
        name: String,
        /// The PIN, four to eight digits. Without it one is made and printed.
        #[arg(long)]
        pin: Option<String>,
    },
    /// Revoke every badge of a person.
    Revoke {
        /// Name of the person.
        #[arg(long)]
        name: String,
    },
}

/// Accounts of the console.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add an account and print its one-time password, good for three days.
    Add {
        /// clerk, supervisor, customs_agent, auditor or administrator.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Number of a centre it is for; again for more, none for every one.
        #[arg(long)]
        centre: Vec<u16>,
        /// Its name, as it signs in and as the trail has it.
        name: String,
    },
    /// List all accounts.
    List,
    /// Print a new one-time password for an account whose password is lost. Its sessions and second factor end.
    Reset {
        /// Its name.
        name: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("there are {}", known()))
}

/// Shops.
#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// Issue an API key that may do everything, and print it. It is shown once. `shop-key add` issues one that may do less.
    Key {
        /// The merchant whose orders are placed with it.
        #[arg(long)]
        merchant: String,
    },
}

/// The trail.
#[derive(Debug, Subcommand)]
pub enum TrailCommand {
    /// Print it as JSON lines.
    Export,
    /// Recompute its hashes, rebuild all states from it alone and compare them with the tables. Exit status 1 when
    /// anything differs.
    Verify,
}

/// Filed messages.
#[derive(Debug, Subcommand)]
pub enum FiledCommand {
    /// Write messages as signed and receipts as received into a folder, as XML. They hold identity numbers.
    Export {
        /// The folder; made when missing.
        dir: PathBuf,
    },
}

/// Tasks.
#[derive(Debug, Subcommand)]
pub enum TasksCommand {
    /// List what is open, oldest first, with what to do about it.
    List {
        /// What is settled, too.
        #[arg(long)]
        all: bool,
        /// As JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Settle one.
    Settle {
        /// Its number.
        id: i64,
        /// How it was settled.
        #[arg(long)]
        note: String,
    },
}

/// Declarations.
#[derive(Debug, Subcommand)]
pub enum DeclarationCommand {
    /// File a refused declaration anew. What customs has already is sent as a change of it, what never reached customs as new.
    Resubmit {
        /// Order number.
        order_no: String,
        /// What is put right (JSON): `{"gross_kg", "net_kg", "district", "traf_mode", "lines": [{"gnum", "name", "spec",
        /// "barcode", "origin", "qty1", "qty2"}]}`, quantities as text. Without it the same is filed again.
        #[arg(long, value_name = "FILE")]
        corrections: Option<PathBuf>,
    },
    /// Give a refused declaration up: what is held is given back, the order cancelled, its money due.
    GiveUp {
        /// Order number.
        order_no: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Cancel an order that was not handed over; what customs has is cancelled by an application (CEB623).
    Cancel {
        /// Order number.
        order_no: String,
        /// Why, for customs.
        #[arg(long)]
        reason: String,
    },
}

/// Returns.
#[derive(Debug, Subcommand)]
pub enum ReturnsCommand {
    /// Apply to customs to take goods back (CEB625), within 30 days of release.
    Ask {
        /// Order number.
        order_no: String,
        /// Article and pieces, such as `MLK-001:2`; may stand several times.
        #[arg(long = "line", required = true, value_name = "SKU:PIECES")]
        lines: Vec<String>,
        /// Why, for customs.
        #[arg(long)]
        reason: String,
    },
    /// List what customs has not decided, and granted returns whose goods are not back.
    List,
    /// Note that the goods of a granted return are back in the area.
    Back {
        /// Number of the application (`BR…`).
        cop_no: String,
        /// `shelf`: unopened, to be sold again. `aside`: anything else.
        #[arg(long, value_enum)]
        to: BackTo,
    },
}

/// Where returned goods go.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum BackTo {
    /// To be sold again.
    Shelf,
    /// Kept apart.
    Aside,
}

/// Tax.
#[derive(Debug, Subcommand)]
pub enum TaxCommand {
    /// What falls due when: tax is paid from day 31 to day 45 after release.
    Calendar {
        /// First day of release; 60 days ago by default.
        #[arg(long)]
        from: Option<jiff::civil::Date>,
        /// Last day of release; today by default.
        #[arg(long)]
        until: Option<jiff::civil::Date>,
        /// As JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Note that a payment book (缴款书) was paid: the guarantee has the tax of its bills again.
    Paid {
        /// Its number.
        duty_no: String,
    },
}

/// Payments.
#[derive(Debug, Subcommand)]
pub enum PaymentsCommand {
    /// List what has not gone back yet.
    List,
    /// Ask the payment company again for one it refused.
    Retry {
        /// As listed, such as `order/42` or the number of a return.
        id: String,
    },
    /// Note that one was paid back in another way.
    Done {
        /// As listed.
        id: String,
    },
    /// Have payments declared again that customs rejected, once the reason is put right.
    Redeclare,
}

/// Customs.
#[derive(Debug, Subcommand)]
pub enum CustomsCommand {
    /// Send parked messages again, all or one.
    SendAgain {
        /// Id of the message.
        id: Option<String>,
    },
    /// Apply a kept receipt message that could not be applied before.
    Apply {
        /// Its number, as the task names it.
        cursor: i64,
    },
    /// List records of receipts that belong to nothing known here.
    Strays,
}

/// Shelf labels.
#[derive(Debug, clap::Args)]
pub struct LabelsCommand {
    /// Number of the centre.
    #[arg(long, default_value_t = 1)]
    pub centre: u16,
    /// Article; may stand several times. All that may be sold by default.
    #[arg(long = "sku")]
    pub skus: Vec<String>,
    /// Where the PDF is written.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Parcels.
#[derive(Debug, Subcommand)]
pub enum ParcelCommand {
    /// Print the text of a parcel's label, which staff scan at the kiosk.
    Label {
        /// Waybill number.
        waybill: String,
        /// Draw it as a QR code, too.
        #[arg(long)]
        qr: bool,
    },
    /// List parcels that were not collected in time.
    Overdue {
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Give a parcel more time to be collected. Behind its door it can be collected at once, with the new ticket in its order;
    /// one that staff took out they store again.
    Extend {
        /// Waybill number.
        waybill: String,
        /// So many days from now.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=365))]
        days: u16,
    },
}
