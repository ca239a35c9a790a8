//! A picture to print: one bit per dot, rows packed to whole bytes.

/// A black and white picture; a set bit is a black dot, the highest bit of a byte is the leftmost dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    width_dots: u16,
    rows: Vec<u8>,
}

/// Why bytes are not a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RasterError {
    /// The picture has no dots.
    #[error("the picture is empty")]
    Empty,
    /// The bytes do not make whole rows.
    #[error("{bytes} bytes do not make whole rows of {row_bytes} bytes")]
    BrokenRow {
        /// Length of the data in bytes.
        bytes: usize,
        /// Length of a row in bytes.
        row_bytes: usize,
    },
}

impl Raster {
    /// Takes rows of `width_dots` dots, each padded to whole bytes.
    ///
    /// # Errors
    /// There are no dots, or the last row is not whole.
    pub fn new(width_dots: u16, rows: Vec<u8>) -> Result<Self, RasterError> {
        let row_bytes = usize::from(width_dots.div_ceil(8));
        if row_bytes == 0 || rows.is_empty() {
            return Err(RasterError::Empty);
        }
        if !rows.len().is_multiple_of(row_bytes) {
            return Err(RasterError::BrokenRow { bytes: rows.len(), row_bytes });
        }
        Ok(Self { width_dots, rows })
    }

    /// Dots in a row.
    pub fn width_dots(&self) -> u16 {
        self.width_dots
    }

    /// Bytes in a row.
    pub fn row_bytes(&self) -> u16 {
        self.width_dots.div_ceil(8)
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.rows.len().checked_div(usize::from(self.row_bytes())).unwrap_or_default()
    }

    /// All rows, packed.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_must_be_whole() {
        assert_eq!(Raster::new(9, vec![0; 4]).map(|raster| raster.height()), Ok(2));
        assert_eq!(Raster::new(9, vec![0; 3]), Err(RasterError::BrokenRow { bytes: 3, row_bytes: 2 }));
        assert_eq!(Raster::new(0, vec![0; 3]), Err(RasterError::Empty));
        assert_eq!(Raster::new(8, Vec::new()), Err(RasterError::Empty));
    }
}
