//! The invented buyers of the demo data, with the ID card each would carry.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const BUYERS: &str = include_str!("../../backend/server/demo/buyers.toml");

/// An invented buyer.
#[derive(Clone, Deserialize)]
pub struct Person {
    /// Account at the platform.
    pub reg_no: String,
    /// Name.
    pub name: String,
    /// Identity number of a region that does not exist.
    pub id_number: String,
    /// Telephone.
    pub telephone: String,
    /// Bought elsewhere this year, in fen; only customs knows.
    #[serde(default)]
    pub elsewhere_fen: i64,
    /// What this buyer is for.
    pub note: String,
}

#[derive(Deserialize)]
struct File {
    buyer: Vec<Person>,
}

/// All of them.
///
/// # Errors
/// When the demo data cannot be read.
pub fn all() -> Result<Vec<Person>> {
    let file: File = toml::from_str(BUYERS).context("the demo's buyers cannot be read")?;
    Ok(file.buyer)
}

/// The buyer with this account.
///
/// # Errors
/// When there is none.
pub fn find(reg_no: &str) -> Result<Person> {
    let found = all()?.into_iter().find(|person| person.reg_no == reg_no);
    found.with_context(|| format!("the demo data have no buyer {reg_no}"))
}

impl Person {
    /// The buyer's ID card as the bench lays it on the reader.
    #[must_use]
    pub fn card(&self) -> Value {
        // GB 11643: characters 7 to 14 are the date of birth, the 17th is odd for men.
        let birth = self.id_number.get(6..14).unwrap_or_default();
        let odd = self.id_number.get(16..17).and_then(|d| d.parse::<u8>().ok()).is_some_and(|d| d % 2 == 1);
        json!({
            "name": self.name,
            "sex": if odd { "1" } else { "2" },
            "nation": "01",
            "birth": birth,
            "address": "测试省测试市提货路1号",
            "id_number": self.id_number,
            "issuer": "测试市公安局",
            "valid_from": "20200101",
            "valid_until": "20400101",
        })
    }
}

/// An identity number that differs from a good one in its check digit only.
#[must_use]
pub fn with_wrong_check_digit(id_number: &str) -> String {
    let (rest, last) = id_number.split_at_checked(17).unwrap_or((id_number, ""));
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}
