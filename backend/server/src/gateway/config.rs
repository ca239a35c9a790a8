//! The `[[ports]]` of the settings: which customs office is reached by which way, and who signs for it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pickup_customs::dsig::Profile;
use serde::Deserialize;

use crate::demo::GatewayData;

/// How a port is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// JSON envelopes over HTTP, receipts by a cursor.
    Http,
    /// JSON envelopes over HTTP, receipts by kind and time.
    HttpPoll,
    /// Folders of a client programme.
    Spool,
}

/// What is handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// The signed business message itself.
    #[default]
    Bare,
    /// The message inside a `DxpMsg`.
    Dxp,
}

/// A port. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortConfig {
    /// Customs office, four digits (关区代码): a centre whose office this is declares here.
    pub code: String,
    /// How it is reached.
    pub gateway: Way,
    /// Base URL, for the ways over HTTP.
    #[serde(default)]
    pub url: String,
    /// Folder with `send`, `receive`, `taken` and `error`, for the spool.
    #[serde(default)]
    pub dir: PathBuf,
    /// Our mailbox; the operator's by default. At most 16 characters.
    #[serde(default)]
    pub dxp_id: Option<String>,
    /// The port's mailbox; the operator's by default. At most 16 characters.
    #[serde(default)]
    pub receiver_id: Option<String>,
    /// Signature profile: `sm2-2022`, `sm2-sha1` or `rsa-sha1`.
    #[serde(default = "sm2_2022")]
    pub profile: String,
    /// Name of one of the `[[signers]]`; empty for the key in the data directory.
    #[serde(default)]
    pub signer: String,
    /// Whether centres of an office without a port of its own declare here. One port alone always is.
    #[serde(default)]
    pub default: bool,
    /// What is handed over.
    #[serde(default)]
    pub payload: Payload,
    /// Paths that are polled for receipts, one per kind (`http-poll`).
    #[serde(default = "receipt_paths")]
    pub receipt_paths: Vec<String>,
    /// By how many seconds each poll reaches back before the last one (`http-poll`); what comes twice is known.
    #[serde(default = "overlap_s")]
    pub overlap_s: u32,
    /// After how many seconds without a change a file that cannot be read counts as complete (`spool`).
    #[serde(default = "settle_s")]
    pub settle_s: u32,
}

fn sm2_2022() -> String {
    "sm2-2022".to_owned()
}

fn receipt_paths() -> Vec<String> {
    ["ceb312msg", "ceb512msg", "ceb622msg"].map(str::to_owned).to_vec()
}

const fn overlap_s() -> u32 {
    120
}

const fn settle_s() -> u32 {
    10
}

/// A rule that the ports of the settings break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The code is not one of a customs office.
    #[error("[[ports]] code = \"{0}\": a customs office has four digits")]
    Code(String),
    /// Two ports have the same code.
    #[error("[[ports]] has \"{0}\" twice: one port per customs office")]
    Twice(String),
    /// Something the way needs is missing.
    #[error("port {code}: gateway = \"{way}\" needs {needs}")]
    Needs {
        /// Which port.
        code: String,
        /// By which way.
        way: &'static str,
        /// What.
        needs: &'static str,
    },
    /// A mailbox is too long.
    #[error("port {code}: the mailbox \"{mailbox}\" has more than 16 characters")]
    Mailbox {
        /// Which port.
        code: String,
        /// Which mailbox.
        mailbox: String,
    },
    /// The profile is not known.
    #[error("port {code}: {why}")]
    Profile {
        /// Which port.
        code: String,
        /// What is wrong.
        why: String,
    },
    /// There is no such signer.
    #[error("port {code}: there is no signer \"{signer}\" among the [[signers]]")]
    Signer {
        /// Which port.
        code: String,
        /// Which name.
        signer: String,
    },
    /// Not exactly one port is the default.
    #[error("[[ports]]: {0} are marked default = true; with several ports exactly one is")]
    Default(usize),
}

impl PortConfig {
    /// Our mailbox and the port's.
    #[must_use]
    pub fn mailboxes<'a>(&'a self, operator: &'a GatewayData) -> (&'a str, &'a str) {
        let ours = self.dxp_id.as_deref().unwrap_or(&operator.dxp_id);
        (ours, self.receiver_id.as_deref().unwrap_or(&operator.receiver_id))
    }

    fn check(&self, signers: &[&str]) -> Result<(), PortError> {
        let code = || self.code.clone();
        if self.code.len() != 4 || !self.code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PortError::Code(code()));
        }
        let needs = |way, needs| PortError::Needs { code: code(), way, needs };
        let over_http = self.url.starts_with("http://") || self.url.starts_with("https://");
        match self.gateway {
            Way::Http if !over_http => return Err(needs("http", "url = \"http://…\"")),
            Way::HttpPoll if !over_http => return Err(needs("http-poll", "url = \"http://…\"")),
            Way::HttpPoll if self.receipt_paths.is_empty() => {
                return Err(needs("http-poll", "receipt_paths = [\"ceb622msg\", …]"));
            }
            Way::Spool if self.dir.file_name().is_none() => return Err(needs("spool", "dir = \"…\"")),
            Way::Http | Way::HttpPoll | Way::Spool => {}
        }
        for mailbox in [&self.dxp_id, &self.receiver_id].into_iter().flatten() {
            if mailbox.chars().count() > 16 {
                return Err(PortError::Mailbox { code: code(), mailbox: mailbox.clone() });
            }
        }
        if let Err(why) = self.profile.parse::<Profile>() {
            return Err(PortError::Profile { code: code(), why: why.to_string() });
        }
        if !self.signer.is_empty() && !signers.contains(&self.signer.as_str()) {
            return Err(PortError::Signer { code: code(), signer: self.signer.clone() });
        }
        Ok(())
    }
}

/// Checks the ports against each other and against the names of the signers.
///
/// # Errors
/// The first [`PortError`].
pub fn check(ports: &[PortConfig], signers: &[&str]) -> Result<(), PortError> {
    let mut codes = BTreeSet::new();
    for port in ports {
        port.check(signers)?;
        if !codes.insert(&port.code) {
            return Err(PortError::Twice(port.code.clone()));
        }
    }
    let defaults = ports.iter().filter(|port| port.default).count();
    let right = if ports.len() > 1 { defaults == 1 } else { true };
    if right { Ok(()) } else { Err(PortError::Default(defaults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        ports: Vec<PortConfig>,
    }

    fn checked(text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        check(&file.ports, &["card"]).map_err(|e| e.to_string())
    }

    const HTTP: &str = "[[ports]]\ncode = '9901'\ngateway = 'http'\nurl = 'http://127.0.0.1:1'\n";
    const SPOOL: &str = "[[ports]]\ncode = '9902'\ngateway = 'spool'\ndir = '/tmp/x'\n";

    #[test]
    fn one_port_is_the_default_by_itself_and_of_two_one_is_named() {
        assert_eq!(checked(HTTP), Ok(()));
        assert!(checked(&format!("{HTTP}{SPOOL}")).unwrap_err().contains("0 are marked default"));
        assert_eq!(checked(&format!("{HTTP}default = true\n{SPOOL}signer = 'card'\n")), Ok(()));
    }

    #[test]
    fn what_is_wrong_with_a_port_is_told_by_its_name() {
        for (text, told) in [
            (HTTP.replace("9901", "99"), "four digits"),
            (HTTP.replace("http://", ""), "port 9901: gateway = \"http\" needs url"),
            (SPOOL.replace("dir = '/tmp/x'\n", ""), "port 9902: gateway = \"spool\" needs dir"),
            (format!("{SPOOL}profile = 'sm9'\n"), "sm9"),
            (format!("{SPOOL}signer = 'kard'\n"), "no signer \"kard\""),
            (format!("{SPOOL}dxp_id = 'DXPENT00009901010'\n"), "more than 16"),
            (format!("{SPOOL}dri = 'x'\n"), "dri"),
            (format!("{HTTP}default = true\n{HTTP}"), "twice"),
        ] {
            let error = checked(&text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
