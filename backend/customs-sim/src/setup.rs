//! The behaviour file: what the port is set up with when it starts, as TOML.
//!
//! Top-level keys are those of [`crate::Behaviour`]; besides there are `step_ms`, `[[stock]]` and `[[purchases]]`.

use std::path::{Path, PathBuf};

use pickup_domain::IdNumber;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::amount::Amount;
use crate::behaviour::{BehaviourChange, BehaviourError};
use crate::input::Input;
use crate::journal::JournalError;
use crate::port::Port;
use crate::shell::Shell;

/// Why the port cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file cannot be read.
    #[error("the behaviour file {} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The file is not TOML or its tables are not as they should be.
    #[error("the behaviour file {} is wrong: {text}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        text: String,
    },
    /// A value that the port cannot have.
    #[error(transparent)]
    Behaviour(#[from] BehaviourError),
    /// A purchase or an item that cannot be.
    #[error(transparent)]
    Value(#[from] WrongValue),
    /// It could not be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A purchase or an item of a book that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongValue {
    /// An identity number whose check digit is wrong.
    #[error("the identity number is not valid")]
    IdNumber,
    /// An amount below zero.
    #[error("the amount may not be negative")]
    Amount,
    /// A quantity that is no decimal, or below zero.
    #[error("the quantity is a decimal with at most five places, and not negative")]
    Quantity,
}

impl WrongValue {
    pub(crate) const fn code_and_chinese(self) -> (&'static str, &'static str) {
        match self {
            Self::IdNumber => ("BAD_ID_NUMBER", "身份证号无效"),
            Self::Amount => ("BAD_AMOUNT", "金额不能为负"),
            Self::Quantity => ("BAD_QUANTITY", "数量无效"),
        }
    }
}

/// Purchases elsewhere. It has no `Debug`: it holds an identity number.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Purchase {
    id_number: String,
    year: i16,
    amount_fen: i64,
}

impl Purchase {
    pub(crate) fn input(self) -> Result<Input, WrongValue> {
        let id_number: IdNumber = self.id_number.parse().map_err(|_| WrongValue::IdNumber)?;
        if self.amount_fen < 0 {
            return Err(WrongValue::Amount);
        }
        let id_number = id_number.expose().to_owned();
        Ok(Input::Purchases { id_number, year: self.year, amount_fen: self.amount_fen })
    }
}

/// What a bonded book holds of an item.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StockEntry {
    ems_no: String,
    record_no: String,
    entered: String,
}

impl StockEntry {
    pub(crate) fn input(self) -> Result<Input, WrongValue> {
        let entered = Amount::parse(&self.entered).filter(|entered| *entered >= Amount::ZERO);
        let entered = entered.ok_or(WrongValue::Quantity)?.to_string();
        Ok(Input::Stock { ems_no: self.ems_no, record_no: self.record_no, entered })
    }
}

/// Brings a behaviour file into the journal, where it differs from what that holds.
///
/// # Errors
/// [`SetupError`]; nothing is taken of a file that is wrong.
pub fn apply(shell: &Shell, path: &Path) -> Result<(), SetupError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| SetupError::Read { path: path.to_owned(), error })?;
    let inputs = shell.read(|port| inputs(&text, path, port))?;
    for input in inputs {
        let probe = input.clone();
        shell.input(input, |port| port.has(&probe))?;
    }
    Ok(())
}

fn inputs(text: &str, path: &Path, port: &Port) -> Result<Vec<Input>, SetupError> {
    let form = |text: String| SetupError::Form { path: path.to_owned(), text };
    let mut keys: Map<String, Value> = toml::from_str(text).map_err(|error| form(error.to_string()))?;
    let mut table = |name: &str| keys.remove(name).unwrap_or_else(|| Value::Array(Vec::new()));
    let stock: Vec<StockEntry> =
        serde_json::from_value(table("stock")).map_err(|error| form(format!("stock: {error}")))?;
    let purchases: Vec<Purchase> =
        serde_json::from_value(table("purchases")).map_err(|error| form(format!("purchases: {error}")))?;
    let mut inputs = Vec::new();
    if let Some(step) = keys.remove("step_ms") {
        let ms = serde_json::from_value(step).map_err(|error| form(format!("step_ms: {error}")))?;
        inputs.push(Input::Step { ms });
    }
    let change = BehaviourChange(keys);
    port.behaviour().with(&change)?;
    inputs.push(Input::Behaviour(change));
    for entry in stock {
        inputs.push(entry.input()?);
    }
    for purchase in purchases {
        inputs.push(purchase.input()?);
    }
    Ok(inputs)
}
