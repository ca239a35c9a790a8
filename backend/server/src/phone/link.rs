//! Links that cannot be guessed: 128 random bits in an address, found by a keyed digest, so that the database opens nothing.

use pickup_protocol::crockford;

use crate::db::Conn;
use crate::secrets::{Secrets, SecretsError, random};
use crate::store::StoreError;

/// Characters of a link's secret: 16 bytes in Crockford base32.
const LEN: usize = 26;

/// The secret in an address. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretsError::Random`].
    pub fn new() -> Result<Self, SecretsError> {
        Ok(Self(crockford::encode(&random::<16>()?)))
    }

    /// The one of an address; `None` for a text that is of no form a link has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        (upper.len() == LEN && crockford::decode(&upper).is_some()).then_some(Self(upper))
    }

    /// As it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By what it is found.
    #[must_use]
    pub fn digest(&self, secrets: &Secrets) -> String {
        secrets.short_fingerprint("basket-link", self.0.as_bytes())
    }

    /// Sealed for the basket `id`, to be put into messages later.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub fn seal(&self, secrets: &Secrets, id: i64) -> Result<Vec<u8>, SecretsError> {
        secrets.seal(&context(id), self.0.as_bytes())
    }

    /// The link of the basket `id`.
    ///
    /// # Errors
    /// [`StoreError`], also when there is no such basket.
    pub fn of_basket(conn: &Conn, secrets: &Secrets, id: i64) -> Result<Self, StoreError> {
        let sealed: Vec<u8> = conn
            .prepare_cached("SELECT sealed_link FROM basket WHERE cell = {cell} AND id = ?1")?
            .query_row([id], |row| row.get(0))?;
        let bad = |why: &dyn std::fmt::Display| StoreError::unreadable(format!("link of basket {id}"), why);
        let plain = secrets.open(&context(id), &sealed).map_err(|e| bad(&e))?;
        let text = std::str::from_utf8(&plain).map_err(|e| bad(&e))?;
        Self::parse(text).ok_or_else(|| bad(&"not a link"))
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

fn context(id: i64) -> String {
    format!("basket-link/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_link_reads_back_and_is_not_printed() {
        let link = Link::new().unwrap();
        assert_eq!(Link::parse(link.as_str()), Some(link.clone()));
        assert_eq!(Link::parse(&link.as_str().to_lowercase()), Some(link.clone()), "typed by hand");
        assert!(!format!("{link:?}").contains(link.as_str()));
        assert_ne!(Link::new().unwrap(), link);
    }

    #[test]
    fn other_texts_are_no_links() {
        for text in ["", "abc", "0000000000000000000000000U", "../../../../../../../../../.."] {
            assert_eq!(Link::parse(text), None, "{text}");
        }
    }
}
