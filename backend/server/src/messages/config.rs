//! The `[phone.messages]` of the settings.

use std::path::PathBuf;

use serde::Deserialize;

/// How text messages leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// As files in a folder, for whoever sends them on, and for demonstrations.
    #[default]
    Files,
    /// As signed requests to an address.
    Webhook,
}

/// Text messages. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessagesConfig {
    /// How they leave.
    pub way: Way,
    /// Folder of the files; a relative path counts from the data directory.
    pub folder: PathBuf,
    /// Address of the webhook.
    pub url: String,
    /// File with the key that requests are signed with; a relative path counts from the data directory.
    pub key_file: PathBuf,
    /// How long to wait for an answer, in milliseconds.
    pub timeout_ms: u32,
    /// How long after a failure it is tried again, in milliseconds; doubles up to an hour.
    pub retry_ms: u32,
    /// After how many failures a message is given up: what it says is old by then.
    pub give_up_after: u32,
}

impl Default for MessagesConfig {
    fn default() -> Self {
        Self {
            way: Way::Files,
            folder: PathBuf::from("messages"),
            url: String::new(),
            key_file: PathBuf::new(),
            timeout_ms: 10_000,
            retry_ms: 2_000,
            give_up_after: 12,
        }
    }
}
