//! Commands about who may come in: kiosks, staff, accounts of the console, shops.

use clap::Subcommand;
use pickup_server::console::roles::Role;
use pickup_server::credentials::keys::Scope;

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

/// API keys.
#[derive(Debug, Subcommand)]
pub enum ShopKeyCommand {
    /// Issue a key and print its id and the key. The key is shown once.
    Add {
        /// The merchant whose orders are placed with it.
        #[arg(long)]
        merchant: String,
        /// What it may do: `read`, `order`, `after` (cancel and return), `webhooks`; all of them by default.
        #[arg(long, value_delimiter = ',', value_name = "SCOPE,…")]
        scopes: Vec<Scope>,
        /// What you call it, such as the program that uses it.
        #[arg(long, default_value = "")]
        name: String,
        /// After how many days it ends by itself; never by default.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: Option<u16>,
        /// Of the sandbox, where customs is played and nothing is real.
        #[arg(long)]
        sandbox: bool,
    },
    /// List every key with what it may do and when it was last used.
    List {
        /// Those of the sandbox.
        #[arg(long)]
        sandbox: bool,
        /// As JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key: within a second it is nobody's.
    Revoke {
        /// Its id, as listed.
        id: String,
        /// Of the sandbox.
        #[arg(long)]
        sandbox: bool,
    },
}

/// Webhooks.
#[derive(Debug, Subcommand)]
pub enum WebhooksCommand {
    /// List the endpoints of every shop and how they stand.
    List {
        /// As JSON lines.
        #[arg(long)]
        json: bool,
    },
    /// Have a disabled endpoint told again, from where it was left.
    Enable {
        /// Its id, as listed.
        id: String,
    },
}
