//! Records: one struct per group of fields, with one table that serves writing, checking and reading.

use crate::field::{Field, FieldError};
use crate::read::Fields;
use crate::write::XmlWriter;

/// A group of fields in a message, such as `OrderHead`.
pub trait Record: Sized {
    /// Element name without prefix.
    const ELEMENT: &'static str;
    /// Fields in the order of the schema.
    const FIELDS: &'static [Field];

    /// Writes all fields, without the element around them.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    fn write_fields(&self, out: &mut XmlWriter) -> Result<(), FieldError>;

    /// Writes the element with all its fields.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    fn write(&self, out: &mut XmlWriter) -> Result<(), FieldError> {
        out.open(Self::ELEMENT);
        self.write_fields(out)?;
        out.close(Self::ELEMENT);
        Ok(())
    }

    /// Reads the fields of one element.
    ///
    /// # Errors
    /// The first field that is missing or cannot be read.
    fn read(fields: &Fields) -> Result<Self, FieldError>;
}

/// Declares a record: struct, field table, writer and reader from one list.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident = $element:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $ty:ty = $xml:literal, $rule:expr; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl $crate::record::Record for $name {
            const ELEMENT: &'static str = $element;
            const FIELDS: &'static [$crate::field::Field] = &[
                $( $crate::field::Field {
                    name: $xml,
                    rule: $rule,
                    required: <$ty as $crate::field::Value>::REQUIRED,
                    doc: concat!($($doc),+).trim_ascii_start(),
                }, )*
            ];

            fn write_fields(
                &self,
                out: &mut $crate::write::XmlWriter,
            ) -> Result<(), $crate::field::FieldError> {
                $( out.field($element, $xml, $rule, &self.$field)?; )*
                Ok(())
            }

            fn read(fields: &$crate::read::Fields) -> Result<Self, $crate::field::FieldError> {
                Ok(Self { $( $field: fields.value($xml, $rule)?, )* })
            }
        }
    };
}
pub(crate) use record;
