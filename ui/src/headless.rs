//! Draws the screen in memory: no display, no GPU. The loop sleeps until a command or a timer of the screens wakes it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, PlatformError, WindowAdapter};
use slint::{ComponentHandle, PhysicalSize, Rgb8Pixel, SharedPixelBuffer};

use crate::frame::{Frame, Hooks, Target, UiCommand, UiError, encode_png};
use crate::screen::{Screen, Survey};

/// The pause between two pictures of a running animation.
const ANIMATION_STEP: Duration = Duration::from_millis(33);

/// Draws a screen of `width` by `height` pixels until [`UiCommand::Quit`] comes or every sender is gone. Blocks; call it
/// on a thread of its own, one per screen.
///
/// # Errors
/// When the fonts or the translations cannot be set up, when this thread has drawn a screen before, or when a picture
/// cannot be encoded.
pub fn headless(
    width: u32,
    height: u32,
    commands: &Receiver<UiCommand>,
    hooks: Hooks,
) -> Result<(), UiError> {
    let mut canvas = Canvas::new(width, height, hooks)?;
    let mut held: Option<UiCommand> = None;
    loop {
        let next = match held.take() {
            Some(command) => Some(command),
            None => match wait(commands, canvas.pause()) {
                Ok(command) => command,
                Err(Gone) => return Ok(()),
            },
        };
        match next {
            Some(UiCommand::Quit) => return Ok(()),
            Some(UiCommand::Show(view)) => {
                // Several pictures of one page in a row: only the last is worth drawing.
                let mut view = view;
                loop {
                    match commands.try_recv() {
                        Ok(UiCommand::Show(later)) if later.screen.name() == view.screen.name() => {
                            view = later
                        }
                        Ok(other) => {
                            held = Some(other);
                            break;
                        }
                        Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                    }
                }
                canvas.screen.apply(*view)?;
            }
            Some(UiCommand::Touch(touch)) => crate::screen::touch(canvas.screen.window(), touch)?,
            Some(UiCommand::Refresh) => canvas.stale = true,
            None => {}
        }
        canvas.draw()?;
    }
}

/// Every sender of commands is gone.
struct Gone;

fn wait(commands: &Receiver<UiCommand>, pause: Option<Duration>) -> Result<Option<UiCommand>, Gone> {
    match pause {
        None => commands.recv().map(Some).map_err(|_| Gone),
        Some(pause) => match commands.recv_timeout(pause) {
            Ok(command) => Ok(Some(command)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        },
    }
}

/// The screen with the memory it is drawn into.
pub(crate) struct Canvas {
    pub screen: Screen,
    adapter: Rc<MinimalSoftwareWindow>,
    hooks: Rc<RefCell<Hooks>>,
    pixels: SharedPixelBuffer<Rgb8Pixel>,
    width: u32,
    height: u32,
    seq: u64,
    shown: Option<(&'static str, Vec<Target>)>,
    stale: bool,
    painted: bool,
}

impl Canvas {
    pub fn new(width: u32, height: u32, hooks: Hooks) -> Result<Self, UiError> {
        let adapter = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        slint::platform::set_platform(Box::new(MemoryPlatform {
            adapter: Rc::clone(&adapter),
            start: Instant::now(),
        }))
        .map_err(|_| UiError::SecondScreen)?;
        let screen = Screen::new(width, height, hooks.still_for)?;
        adapter.set_size(PhysicalSize::new(width, height));
        let hooks = Rc::new(RefCell::new(hooks));
        let listener = Rc::clone(&hooks);
        screen.on_action(move |action| (listener.borrow_mut().on_action)(action));
        screen.window().show()?;
        let pixels = SharedPixelBuffer::new(width, height);
        let mut canvas = Self {
            screen,
            adapter,
            hooks,
            pixels,
            width,
            height,
            seq: 0,
            shown: None,
            stale: true,
            painted: false,
        };
        canvas.draw()?;
        Ok(canvas)
    }

    /// How long the loop may sleep; `None` for as long as no command comes.
    pub fn pause(&self) -> Option<Duration> {
        if self.adapter.has_active_animations() {
            return Some(ANIMATION_STEP);
        }
        slint::platform::duration_until_next_timer_update()
    }

    /// Draws what changed and hands a frame out when there is something new to see.
    pub fn draw(&mut self) -> Result<(), UiError> {
        slint::platform::update_timers_and_animations();
        self.paint();
        let survey = self.survey();
        let name = self.screen.name();
        let moved =
            self.shown.as_ref().is_none_or(|(shown, targets)| *shown != name || *targets != survey.targets);
        if !(moved || self.painted || self.stale) {
            return Ok(());
        }
        self.painted = false;
        self.stale = false;
        self.shown = Some((name, survey.targets.clone()));
        self.seq = self.seq.saturating_add(1);
        let png = if self.hooks.borrow().pixels_wanted() { self.png()? } else { Vec::new() };
        let frame = Frame {
            seq: self.seq,
            name,
            width: self.width,
            height: self.height,
            targets: survey.targets,
            cut: survey.cut,
            png,
        };
        (self.hooks.borrow_mut().on_frame)(frame);
        Ok(())
    }

    /// Where everything is now that the page has been laid out.
    pub fn survey(&mut self) -> Survey {
        self.screen.ask();
        slint::platform::update_timers_and_animations();
        self.screen.answers()
    }

    /// The picture as it is in memory.
    pub fn png(&self) -> Result<Vec<u8>, UiError> {
        encode_png(self.pixels.as_bytes(), png::ColorType::Rgb, self.width, self.height)
    }

    fn paint(&mut self) {
        let (pixels, stride) = (&mut self.pixels, usize::try_from(self.width).unwrap_or(0));
        self.painted |= self.adapter.draw_if_needed(|renderer| {
            renderer.render(pixels.make_mut_slice(), stride);
        });
    }
}

/// Gives Slint its one window and the time.
struct MemoryPlatform {
    adapter: Rc<MinimalSoftwareWindow>,
    start: Instant,
}

impl Platform for MemoryPlatform {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.adapter.clone())
    }

    fn duration_since_start(&self) -> Duration {
        self.start.elapsed()
    }
}
