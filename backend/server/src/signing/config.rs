//! The `[[signers]]` of the settings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a signer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A key in a file (PKCS#8 PEM with its certificate, encrypted or not).
    File,
    /// A signing service over HTTP.
    Http,
    /// An E-Port card behind its local websocket.
    Card,
}

/// How the text to be signed is put into a card's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// As it is.
    #[default]
    Text,
    /// As base64.
    Base64,
}

/// Names in the card service's JSON. No protocol sheet of it is public: the defaults are those its browser control is known
/// to use, and another version is a matter of settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardNames {
    /// Field of the method's name.
    pub method: String,
    /// Field of the request's number.
    pub id: String,
    /// Field of the arguments.
    pub args: String,
    /// Method that signs, with the arguments `inData` and `passwd`.
    pub sign_method: String,
    /// Method that gives the certificate.
    pub certificate_method: String,
    /// JSON pointer to whether it worked; `true`, `"true"`, `0`, `"0"` or `"00"` are yes.
    pub ok: String,
    /// JSON pointer to the signature or certificate.
    pub data: String,
    /// JSON pointer to the error's words.
    pub error: String,
    /// Words in an error that mean a wrong password, in lower case.
    pub wrong_password: Vec<String>,
    /// How the text is put into the request.
    pub input: Input,
}

impl Default for CardNames {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            method: text("_method"),
            id: text("_id"),
            args: text("args"),
            sign_method: text("cus-sec_SpcSignDataAsPEM"),
            certificate_method: text("cus-sec_SpcGetSignCertAsPEM"),
            ok: text("/_args/Result"),
            data: text("/_args/Data/0"),
            error: text("/_args/Error/0"),
            wrong_password: ["密码", "口令", "password", "pin"].map(text).to_vec(),
            input: Input::Text,
        }
    }
}

/// A signer. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerConfig {
    /// Name by which ports and payment data refer to it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Registration code of the enterprise it was given to. A signing service may say it itself; needed for a card.
    #[serde(default)]
    pub registration: String,
    /// Key and certificate (`file`).
    #[serde(default)]
    pub key_file: PathBuf,
    /// Base URL (`http`) or websocket address (`card`).
    #[serde(default)]
    pub url: String,
    /// File with the password of the key or card, or the token of the service. The owner's alone.
    #[serde(default)]
    pub password_file: PathBuf,
    /// Most signatures a minute; 0 for no limit. A card does about 250.
    #[serde(default)]
    pub per_minute: Option<u32>,
    /// Most signatures that wait at a time.
    #[serde(default = "queue")]
    pub queue: usize,
    /// How long one signature may take, in milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u32,
    /// Names in the card service's JSON.
    #[serde(default)]
    pub card: CardNames,
}

const fn queue() -> usize {
    200
}

const fn timeout_ms() -> u32 {
    10_000
}

/// A rule that the signers of the settings break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerConfigError {
    /// Without a name nothing can refer to it.
    #[error("[[signers]]: a signer has no name")]
    Unnamed,
    /// Two have the same name.
    #[error("[[signers]] has \"{0}\" twice")]
    Twice(String),
    /// Something it needs is missing.
    #[error("signer {name}: kind = \"{kind}\" needs {needs}")]
    Needs {
        /// Which signer.
        name: String,
        /// What it is.
        kind: &'static str,
        /// What is missing.
        needs: &'static str,
    },
}

impl SignerConfig {
    /// Lets relative paths count from `dir`.
    pub fn relative_to(&mut self, dir: &Path) {
        for path in [&mut self.key_file, &mut self.password_file] {
            if !path.as_os_str().is_empty() {
                *path = dir.join(&*path);
            }
        }
    }

    fn check(&self) -> Result<(), SignerConfigError> {
        let needs = |kind, needs| Err(SignerConfigError::Needs { name: self.name.clone(), kind, needs });
        if self.name.is_empty() {
            return Err(SignerConfigError::Unnamed);
        }
        match self.kind {
            Kind::File if self.key_file.as_os_str().is_empty() => needs("file", "key_file = \"….pem\""),
            Kind::Http if !self.url.starts_with("http") => needs("http", "url = \"http://…\""),
            Kind::Card if !self.url.starts_with("ws://") => needs("card", "url = \"ws://127.0.0.1:61232\""),
            Kind::Card if self.password_file.as_os_str().is_empty() => needs("card", "password_file"),
            Kind::Card if self.registration.is_empty() => {
                needs("card", "registration = \"<ten characters>\"")
            }
            Kind::File | Kind::Http | Kind::Card => Ok(()),
        }
    }
}

/// Checks the signers by themselves and against each other.
///
/// # Errors
/// The first [`SignerConfigError`].
pub fn check(signers: &[SignerConfig]) -> Result<(), SignerConfigError> {
    let mut names = BTreeSet::new();
    for signer in signers {
        signer.check()?;
        if !names.insert(&signer.name) {
            return Err(SignerConfigError::Twice(signer.name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        signers: Vec<SignerConfig>,
    }

    #[test]
    fn what_is_wrong_with_a_signer_is_told_by_its_name() {
        let card = "[[signers]]\nname = 'card'\nkind = 'card'\nurl = 'ws://127.0.0.1:61232'\n\
            password_file = '/x'\nregistration = '9901960D05'\n";
        for (text, told) in [
            (card.to_owned(), ""),
            (card.replace("password_file = '/x'\n", ""), "signer card: kind = \"card\" needs password_file"),
            (card.replace("ws://", "http://"), "needs url"),
            (card.replace("registration = '9901960D05'\n", ""), "needs registration"),
            (format!("{card}{card}"), "twice"),
            ("[[signers]]\nname = ''\nkind = 'http'\n".to_owned(), "no name"),
        ] {
            let file: File = toml::from_str(&text).unwrap();
            let found = check(&file.signers).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(found.contains(told) && found.is_empty() == told.is_empty(), "{found}");
        }
    }
}
