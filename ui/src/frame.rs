//! What goes into the drawing loop and what comes out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use slint::platform::PlatformError;

use crate::view::{Action, View};

/// What a caller tells the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum UiCommand {
    /// Show this.
    Show(Box<View>),
    /// A finger on the glass.
    Touch(Touch),
    /// Deliver the current picture once more, e.g. to a consumer that has just connected.
    Refresh,
    /// End the loop.
    Quit,
}

/// A finger on the glass, in pixels from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// What the finger did.
    pub kind: TouchKind,
    /// Pixels from the left.
    pub x: f32,
    /// Pixels from the top.
    pub y: f32,
}

/// What a finger did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    /// Came down.
    Press,
    /// Was lifted.
    Release,
    /// Slid.
    Move,
}

/// One picture of the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Counts up by one with each frame.
    pub seq: u64,
    /// Name of the page shown, as [`crate::view::Screen::name`].
    pub name: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What can be tapped.
    pub targets: Vec<Target>,
    /// Texts that do not fit their place: a fault of the screens or of the data, to be logged. Empty when all is well.
    pub cut: Vec<String>,
    /// The picture as PNG; empty while nobody wants pixels.
    pub png: Vec<u8>,
}

/// Something that can be tapped, with its place in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The action it stands for.
    pub action: Action,
    /// What is written on it.
    pub label: String,
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Target {
    /// The stable id of the target: the name of its action.
    pub fn id(&self) -> &'static str {
        self.action.as_str()
    }

    /// The point to tap.
    #[allow(clippy::float_arithmetic, reason = "pixels, not money")]
    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// What the drawing loop calls. Both run on the loop's thread and must not block.
pub struct Hooks {
    /// Someone tapped a target.
    pub on_action: Box<dyn FnMut(Action) + Send>,
    /// The picture or the targets changed.
    pub on_frame: Box<dyn FnMut(Frame) + Send>,
    /// Whether frames shall carry pixels; may change at any time.
    pub wants_pixels: Arc<AtomicBool>,
    /// For so long the keys of a page that has just come do not act, and are not among the targets: a second press that was meant
    /// for the page before does nothing. The switches of language and display always act.
    pub still_for: Duration,
}

impl Hooks {
    pub(crate) fn pixels_wanted(&self) -> bool {
        self.wants_pixels.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").field("wants_pixels", &self.wants_pixels).finish_non_exhaustive()
    }
}

/// Why the screen cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// The window system or the fonts could not be set up.
    #[error("the screen cannot start: {0}; is a font such as fonts-dejavu-core installed?")]
    Platform(#[from] PlatformError),
    /// This thread already draws another screen.
    #[error("this thread already draws a screen: start each screen on a thread of its own")]
    SecondScreen,
    /// A translation is not in the program.
    #[error("the screen texts of language {0} are not in this program: build it again with ui/lang in place")]
    NoTranslation(&'static str),
    /// The picture could not be encoded.
    #[error("a frame of the screen could not be encoded as PNG: {0}")]
    Encode(#[from] png::EncodingError),
}

/// Encodes a picture of 8 bits a channel as PNG, for speed rather than for size.
pub(crate) fn encode_png(
    bytes: &[u8],
    color: png::ColorType,
    width: u32,
    height: u32,
) -> Result<Vec<u8>, UiError> {
    let mut out = Vec::with_capacity(256 * 1024);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fastest);
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()?;
    Ok(out)
}
