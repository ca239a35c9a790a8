//! `pickup-backend`: the service and what its operator does at a shell.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod cli;

/// The backend of Bonded Pickup: takes orders of shops, files declarations with customs, and tells kiosks what may be
/// handed over.
#[derive(Debug, Parser)]
#[command(name = "pickup-backend", version, arg_required_else_help = true)]
struct Arguments {
    /// Settings file (TOML). Without it `backend.toml` in the working directory is used, or the defaults.
    #[arg(long, global = true, value_name = "FILE", env = "PICKUP_BACKEND_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service until SIGTERM or Ctrl-C. Prints one line `READY {"shop":…,"kiosk":…}` when both listeners are open.
    Serve,
    /// Bring the database to the newest form. A database file is brought there at every start; PostgreSQL only by this.
    Migrate,
    /// Import a CSV file (its columns stand in docs/imports.md): all of it, or nothing and every fault by line. A running
    /// service takes it up at its next start.
    Import {
        /// What the file holds.
        #[arg(value_enum)]
        what: ImportWhat,
        /// The file, UTF-8.
        file: PathBuf,
        /// Where the data are from, such as the announcement; kept with them.
        #[arg(long, default_value = "")]
        source: String,
        /// Read and check only.
        #[arg(long)]
        dry_run: bool,
    },
    /// Recompute the trail's hashes, every state and every balance from the trail alone, and print what differs from the
    /// tables. Exit status 1 when anything does.
    Verify,
    /// Write database and keys into a new folder, while the service runs. Whoever has it has the keys: guard it.
    Backup {
        /// The folder; must not exist.
        dir: PathBuf,
    },
    /// Restore a back-up into an empty data directory and an empty database of either engine.
    Restore {
        /// The folder that `backup` wrote.
        dir: PathBuf,
    },
    /// Make the data directory: keys, certificate authority, database.
    Init {
        /// Put an invented centre with goods, accounts and buyers into it, and write `shop-api-key.txt`,
        /// `staff-badge.txt` and `customs-cert.pem` beside the database.
        #[arg(long)]
        demo: bool,
    },
    /// Kiosks that may talk to this backend.
    #[command(subcommand)]
    Kiosk(KioskCommand),
    /// People who work at a pickup centre.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Shops that may place orders.
    #[command(subcommand)]
    Shop(ShopCommand),
    /// The trail of every change of state.
    #[command(subcommand)]
    Trail(TrailCommand),
    /// What was filed with customs.
    #[command(subcommand)]
    Filed(FiledCommand),
    /// What a person must see to: refused declarations, parked messages, tax that differs, …
    #[command(subcommand)]
    Tasks(TasksCommand),
    /// Declarations: file a refused one anew, give it up, cancel one.
    #[command(subcommand)]
    Declaration(DeclarationCommand),
    /// Goods that come back.
    #[command(subcommand)]
    Returns(ReturnsCommand),
    /// Tax bills of customs.
    #[command(subcommand)]
    Tax(TaxCommand),
    /// Money that goes back to buyers, and payments the company declares to customs.
    #[command(subcommand)]
    Payments(PaymentsCommand),
    /// The line to customs.
    #[command(subcommand)]
    Customs(CustomsCommand),
    /// Parcels.
    #[command(subcommand)]
    Parcel(ParcelCommand),
}

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
    },
    /// List all kiosks.
    List,
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
    },
}

/// Shops.
#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// Issue an API key and print it. It is shown once.
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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    cli::start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return failed(&cause.into()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(cause) => failed(&cause),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Migrate => return cli::migrate(arguments.config.as_deref()),
        Command::Restore { dir } => return cli::restore(arguments.config.as_deref(), dir),
        _ => {}
    }
    let app = cli::open(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve => cli::serve(app).await?,
        Command::Migrate | Command::Restore { .. } => {}
        Command::Import { what, file, source, dry_run } => {
            return cli::import(app, what, &file, source, dry_run).await;
        }
        Command::Verify => return cli::verify(app).await,
        Command::Backup { dir } => cli::backup(app, &dir).await?,
        Command::Init { demo } => cli::init(app, demo).await?,
        Command::Kiosk(command) => cli::kiosk(app, command).await?,
        Command::Staff(StaffCommand::Badge { name, centre }) => cli::badge(app, name, centre).await?,
        Command::Shop(ShopCommand::Key { merchant }) => cli::shop_key(app, merchant).await?,
        Command::Trail(TrailCommand::Export) => cli::trail_export(app).await?,
        Command::Trail(TrailCommand::Verify) => return cli::trail_verify(app).await,
        Command::Tasks(command) => cli::customs::tasks(app, command).await?,
        Command::Declaration(command) => cli::customs::declaration(app, command).await?,
        Command::Returns(command) => cli::customs::returns(app, command).await?,
        Command::Tax(command) => cli::customs::tax(app, command).await?,
        Command::Payments(command) => cli::customs::payments(app, command).await?,
        Command::Customs(command) => cli::customs::line(app, command).await?,
        Command::Filed(FiledCommand::Export { dir }) => cli::filed_export(app, dir).await?,
        Command::Parcel(ParcelCommand::Label { waybill, qr }) => cli::label(app, waybill, qr).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(cause: &anyhow::Error) -> ExitCode {
    eprintln!("pickup-backend: {cause:#}");
    ExitCode::FAILURE
}
