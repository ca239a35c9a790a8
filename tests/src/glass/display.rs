//! An X display: its pixels read, its pointer pressed.

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Bytes of a pixel at the depth of 24 bits that X servers have.
const PIXEL: usize = 4;

/// A rectangle of the display, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Its left edge.
    pub x: u16,
    /// Its upper edge.
    pub y: u16,
    /// Its width.
    pub w: u16,
    /// Its height.
    pub h: u16,
}

/// A connection to the display that `DISPLAY` names.
pub struct Display {
    connection: RustConnection,
    root: u32,
    /// All of it.
    pub whole: Area,
}

impl Display {
    /// Connects.
    ///
    /// # Errors
    /// When there is no display, or none with 24 bits a pixel and the extension XTEST.
    pub fn open() -> Result<Self> {
        let connected = x11rb::connect(None);
        let (connection, number) =
            connected.context("no X display: `cargo xtask bench ui` starts one (Debian package xvfb)")?;
        let screen = connection.setup().roots.get(number).context("the display has no screen")?;
        ensure!(screen.root_depth == 24, "the display has {} bits a pixel, not 24", screen.root_depth);
        let whole = Area { x: 0, y: 0, w: screen.width_in_pixels, h: screen.height_in_pixels };
        let root = screen.root;
        connection.xtest_get_version(2, 2)?.reply().context("the display has no extension XTEST")?;
        Ok(Self { connection, root, whole })
    }

    /// The pixels of an area, four bytes each.
    ///
    /// # Errors
    /// When the display has gone or the area is not within it.
    pub fn pixels(&self, area: Area) -> Result<Vec<u8>> {
        let (x, y) = (i16::try_from(area.x)?, i16::try_from(area.y)?);
        let ask =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, area.w, area.h, u32::MAX)?;
        let data = ask.reply().context("the display gave no picture")?.data;
        let wanted = usize::from(area.w) * usize::from(area.h) * PIXEL;
        ensure!(data.len() == wanted, "the display gave {} bytes instead of {wanted}", data.len());
        Ok(data)
    }

    /// Puts the pointer on a point, presses and lets go. Returns once the server has it.
    ///
    /// # Errors
    /// When the display has gone.
    pub fn tap(&self, x: u16, y: u16) -> Result<()> {
        let (x, y) = (i16::try_from(x)?, i16::try_from(y)?);
        for (kind, button) in [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, 1), (BUTTON_RELEASE_EVENT, 1)] {
            self.connection.xtest_fake_input(kind, button, 0, self.root, x, y, 0)?;
        }
        self.connection.sync()
    }
}

/// Waits for the server to have read everything that was sent.
trait Sync {
    fn sync(&self) -> Result<()>;
}

impl Sync for RustConnection {
    fn sync(&self) -> Result<()> {
        self.get_input_focus()?.reply().context("the display does not answer").map(drop)
    }
}

/// A picture of the whole display, in which areas can be compared.
pub struct Picture {
    whole: Area,
    bytes: Vec<u8>,
}

impl Picture {
    /// Takes it.
    ///
    /// # Errors
    /// When the display has gone.
    pub fn take(display: &Display) -> Result<Self> {
        Ok(Self { whole: display.whole, bytes: display.pixels(display.whole)? })
    }

    /// The pixels of an area of it; those outside are left out.
    #[must_use]
    pub fn pixels(&self, area: Area) -> Vec<u8> {
        let width = usize::from(self.whole.w) * PIXEL;
        let (left, length) = (usize::from(area.x) * PIXEL, usize::from(area.w) * PIXEL);
        let rows = self.bytes.chunks_exact(width.max(1)).skip(usize::from(area.y)).take(usize::from(area.h));
        rows.filter_map(|row| row.get(left..left.saturating_add(length))).flatten().copied().collect()
    }

    /// The square of `side` pixels in which most differs from another picture, of those that lie wholly within an area.
    #[must_use]
    pub fn most_different(&self, other: &Self, side: u16, within: Area) -> Option<Area> {
        let side = side.max(1);
        let columns = (0..within.w / side).map(|n| within.x + n * side);
        let squares = columns.flat_map(|x| {
            (0..within.h / side).map(move |n| Area { x, y: within.y + n * side, w: side, h: side })
        });
        let counted = squares.map(|square| {
            let (one, two) = (self.pixels(square), other.pixels(square));
            (one.iter().zip(&two).filter(|(a, b)| a != b).count(), square)
        });
        counted.max_by_key(|(count, _)| *count).filter(|(count, _)| *count > 0).map(|(_, square)| square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(dots: &[(usize, u8)]) -> Picture {
        let mut bytes = vec![0; 8 * 4 * PIXEL];
        for (dot, value) in dots {
            bytes[dot * PIXEL] = *value;
        }
        Picture { whole: Area { x: 0, y: 0, w: 8, h: 4 }, bytes }
    }

    #[test]
    fn the_square_with_most_differences_is_found() {
        // Two dots differ in the lower right square, one in the upper left.
        let (one, other) = (picture(&[]), picture(&[(0, 9), (22, 1), (31, 1)]));
        let all = Area { x: 0, y: 0, w: 8, h: 4 };
        assert_eq!(one.most_different(&other, 2, all), Some(Area { x: 6, y: 2, w: 2, h: 2 }));
        assert_eq!(one.most_different(&picture(&[]), 2, all), None);
    }

    #[test]
    fn what_differs_outside_of_the_area_does_not_count() {
        let (one, other) = (picture(&[]), picture(&[(0, 9), (22, 1), (31, 1)]));
        let upper = Area { x: 0, y: 0, w: 8, h: 2 };
        assert_eq!(one.most_different(&other, 2, upper), Some(Area { x: 0, y: 0, w: 2, h: 2 }));
        let right = Area { x: 2, y: 0, w: 6, h: 2 };
        assert_eq!(one.most_different(&other, 2, right), None);
    }

    #[test]
    fn an_area_of_a_picture_has_its_own_dots_only() {
        let shown = picture(&[(9, 7), (10, 8)]);
        assert_eq!(shown.pixels(Area { x: 1, y: 1, w: 1, h: 1 }), [7, 0, 0, 0]);
    }
}
