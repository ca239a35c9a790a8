//! Statements over many rows at once.

use crate::db::Value;

/// One column of the rows handed over.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers.
    Int(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
    /// Bytes.
    Blob(Vec<Vec<u8>>),
}

/// A statement with a `{r: …}` and the rows for it.
#[derive(Clone, Debug)]
pub struct Bulk<'a> {
    /// The text; its `{r: …}` names the columns in this order.
    pub sql: &'a str,
    /// The columns, all of one length.
    pub columns: Vec<Column>,
    /// Further parameters, numbered after the columns.
    pub scalars: Vec<Value>,
}

impl<'a> Bulk<'a> {
    /// Without further parameters.
    #[must_use]
    pub const fn new(sql: &'a str, columns: Vec<Column>) -> Self {
        Self { sql, columns, scalars: Vec::new() }
    }

    /// With further parameters.
    #[must_use]
    pub const fn with(sql: &'a str, columns: Vec<Column>, scalars: Vec<Value>) -> Self {
        Self { sql, columns, scalars }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Int(all) => all.len(),
            Self::Text(all) => all.len(),
            Self::Blob(all) => all.len(),
        }
    }
}
