//! `pickup-backend`: the service and what its operator does at a shell.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod cli;
mod commands;

pub use commands::{
    AccountCommand, BackTo, CustomsCommand, DeclarationCommand, FiledCommand, ImportWhat, KioskCommand,
    LabelsCommand, ParcelCommand, PaymentsCommand, ReturnsCommand, ShopCommand, ShopKeyCommand, StaffCommand,
    TasksCommand, TaxCommand, TrailCommand, WebhooksCommand,
};

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
    /// Write manual pages and shell completions into a directory.
    #[cfg(feature = "generate")]
    #[command(hide = true)]
    Generate {
        /// The directory.
        dir: PathBuf,
    },
    /// Kiosks that may talk to this backend.
    #[command(subcommand)]
    Kiosk(KioskCommand),
    /// People who work at a pickup centre.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Accounts of the staff console.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Shops that may place orders.
    #[command(subcommand)]
    Shop(ShopCommand),
    /// API keys of shops: what each may do, until when.
    #[command(subcommand)]
    ShopKey(ShopKeyCommand),
    /// Where shops want to be told what happens to their orders.
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
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
    /// Signed reconciliations of days.
    #[command(subcommand)]
    Reconciliation(cli::reconciliation::ReconciliationCommand),
    /// Money that goes back to buyers, and payments the company declares to customs.
    #[command(subcommand)]
    Payments(PaymentsCommand),
    /// The line to customs.
    #[command(subcommand)]
    Customs(CustomsCommand),
    /// Parcels.
    #[command(subcommand)]
    Parcel(ParcelCommand),
    /// Print shelf labels: an A4 PDF with fourteen to a sheet, each with the price and the code of the product page. The
    /// address in the code is `public_url` of the settings.
    Labels(LabelsCommand),
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
        Command::Reconciliation(command) => return cli::reconciliation::run(command),
        #[cfg(feature = "generate")]
        Command::Generate { dir } => {
            cli::generate::generate(<Arguments as clap::CommandFactory>::command(), dir)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let app = cli::open(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve => cli::serve(app).await?,
        Command::Migrate | Command::Restore { .. } | Command::Reconciliation(_) => {}
        #[cfg(feature = "generate")]
        Command::Generate { .. } => {}
        Command::Import { what, file, source, dry_run } => {
            return cli::import(app, what, &file, source, dry_run).await;
        }
        Command::Verify => return cli::verify(app).await,
        Command::Backup { dir } => cli::backup(app, &dir).await?,
        Command::Init { demo } => cli::init(app, demo).await?,
        Command::Kiosk(command) => cli::kiosk(app, command).await?,
        Command::Staff(command) => cli::people::staff(app, command).await?,
        Command::Account(command) => cli::account::run(app, command).await?,
        Command::Shop(ShopCommand::Key { merchant }) => cli::shop_key(app, merchant).await?,
        Command::ShopKey(command) => cli::shops::keys(app, command).await?,
        Command::Webhooks(command) => cli::shops::webhooks(app, command).await?,
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
        Command::Labels(command) => cli::labels::labels(app, command).await?,
        Command::Parcel(ParcelCommand::Overdue { json }) => cli::parcel::overdue(app, json).await?,
        Command::Parcel(ParcelCommand::Extend { waybill, days }) => {
            cli::parcel::extend(app, waybill, days).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(cause: &anyhow::Error) -> ExitCode {
    eprintln!("pickup-backend: {cause:#}");
    ExitCode::FAILURE
}
