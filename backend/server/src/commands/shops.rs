//! What the operator does for shops: their keys and their webhooks.

use clap::Subcommand;
use pickup_server::credentials::keys::Scope;

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
