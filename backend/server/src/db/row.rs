//! Rows as either engine answers them.

use crate::db::{DbError, Value};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    values: Vec<Value>,
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What it is instead, in a few words that never repeat the value.
    fn from_value(value: &Value) -> Result<Self, String>;
}

/// Where a column stands in its row.
pub trait Index {
    /// From 0.
    fn at(self) -> usize;
}

impl Index for usize {
    fn at(self) -> usize {
        self
    }
}

impl Row {
    pub(super) const fn new(values: Vec<Value>) -> Self {
        Self { values }
    }

    /// All columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// A column, from 0.
    ///
    /// # Errors
    /// [`DbError::Column`] when there is none or it is something else.
    pub fn get<I: Index, T: FromValue>(&self, index: I) -> Result<T, DbError> {
        let index = index.at();
        let value = self.values.get(index);
        let value = value.ok_or_else(|| DbError::Column { index, why: "does not exist".to_owned() })?;
        T::from_value(value).map_err(|why| DbError::Column { index, why })
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "is empty",
        Value::Int(_) => "is a number",
        Value::Text(_) => "is text",
        Value::Blob(_) => "is bytes",
    }
}

macro_rules! ints {
    ($($t:ty),*) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Result<Self, String> {
                let Value::Int(n) = value else { return Err(format!("{}, not a number", kind(value))) };
                Self::try_from(*n).map_err(|_| format!("is {n}, out of range"))
            }
        }
    )*};
}
ints!(i64, i32, i16, i8, u64, u32, u16, u8, usize);

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, String> {
        i64::from_value(value).map(|n| n != 0)
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(format!("{}, not text", kind(other))),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Blob(bytes) => Ok(bytes.clone()),
            other => Err(format!("{}, not bytes", kind(other))),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self, String> {
        if *value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

/// Turns "there is no such row" into `None`.
pub trait OptionalExt<T> {
    /// `None` for no row.
    ///
    /// # Errors
    /// Every other error.
    fn optional(self) -> Result<Option<T>, DbError>;
}

impl<T> OptionalExt<T> for Result<T, DbError> {
    fn optional(self) -> Result<Option<T>, DbError> {
        match self {
            Ok(found) => Ok(Some(found)),
            Err(DbError::NoRow) => Ok(None),
            Err(other) => Err(other),
        }
    }
}
