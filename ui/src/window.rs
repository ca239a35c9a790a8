//! The same screen in a native window or on the display itself, with the same commands and the same frames as [`crate::headless`].

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use slint::{ComponentHandle, Timer};

use crate::frame::{Frame, Hooks, Target, UiCommand, UiError, encode_png};
use crate::screen::Screen;

/// The pause between two looks at what a running animation drew, while somebody watches the stream.
const STREAM_STEP: Duration = Duration::from_millis(200);

/// Shows a native window of `width` by `height` pixels until [`UiCommand::Quit`] comes, every sender is gone, or the
/// window is closed. Blocks; must run on the main thread.
///
/// # Errors
/// When there is no display, or the fonts or the translations cannot be set up.
#[cfg(feature = "window")]
pub fn window(width: u32, height: u32, commands: Receiver<UiCommand>, hooks: Hooks) -> Result<(), UiError> {
    native("winit", width, height, commands, hooks)
}

/// Draws on the display itself, without a desktop, until [`UiCommand::Quit`] comes or every sender is gone. The display's
/// own size wins over `width` and `height`. Blocks; must run on the main thread.
///
/// # Errors
/// When no display is connected, the program may not use it or its input devices (groups `video` and `input`), or the
/// fonts or the translations cannot be set up.
#[cfg(feature = "linuxkms")]
pub fn display(width: u32, height: u32, commands: Receiver<UiCommand>, hooks: Hooks) -> Result<(), UiError> {
    native("linuxkms", width, height, commands, hooks)
}

fn native(
    backend: &str,
    width: u32,
    height: u32,
    commands: Receiver<UiCommand>,
    hooks: Hooks,
) -> Result<(), UiError> {
    slint::BackendSelector::new().backend_name(backend.into()).renderer_name("software".into()).select()?;
    let screen = Screen::new(width, height, hooks.still_for)?;
    let shared = Rc::new(RefCell::new(Shared { hooks, seq: 0, shown: None, asked: false, failed: None }));
    let listener = Rc::clone(&shared);
    screen.on_action(move |action| (listener.borrow_mut().hooks.on_action)(action));
    screen.window().show()?;
    let screen = Rc::new(RefCell::new(screen));
    LOCAL.with(|local| *local.borrow_mut() = Some((Rc::clone(&screen), Rc::clone(&shared))));
    forward(commands);
    let ticker = Timer::default();
    ticker.start(slint::TimerMode::Repeated, STREAM_STEP, || look(false));
    let ended = slint::run_event_loop();
    LOCAL.with(|local| local.borrow_mut().take());
    ended?;
    shared.borrow_mut().failed.take().map_or(Ok(()), Err)
}

type Pair = (Rc<RefCell<Screen>>, Rc<RefCell<Shared>>);

thread_local! {
    // Commands arrive as `Send` closures, which cannot carry the window itself.
    static LOCAL: RefCell<Option<Pair>> = const { RefCell::new(None) };
}

struct Shared {
    hooks: Hooks,
    seq: u64,
    shown: Option<(&'static str, Vec<Target>, Vec<u8>)>,
    /// A frame is to be handed out whatever it shows.
    asked: bool,
    failed: Option<UiError>,
}

/// Hands every command to the window's thread; the thread ends with the senders.
fn forward(commands: Receiver<UiCommand>) {
    std::thread::spawn(move || {
        while let Ok(command) = commands.recv() {
            let last = command == UiCommand::Quit;
            if slint::invoke_from_event_loop(move || obey(command)).is_err() || last {
                return;
            }
        }
        drop(slint::quit_event_loop());
    });
}

fn obey(command: UiCommand) {
    let Some((screen, shared)) = pair() else { return };
    let done = match command {
        UiCommand::Quit => {
            drop(slint::quit_event_loop());
            return;
        }
        UiCommand::Show(view) => screen.borrow_mut().apply(*view),
        UiCommand::Touch(touch) => {
            let window = screen.borrow().window().clone_strong();
            crate::screen::touch(&window, touch)
        }
        UiCommand::Refresh => {
            // Whoever asks wants an answer, also when nothing has changed.
            shared.borrow_mut().asked = true;
            Ok(())
        }
    };
    if let Err(error) = done {
        shared.borrow_mut().failed = Some(error);
        drop(slint::quit_event_loop());
        return;
    }
    look(true);
}

/// Takes a picture, asks the elements where they are, and hands a frame out once they have answered.
fn look(always: bool) {
    let Some((screen, shared)) = pair() else { return };
    let pixels = shared.borrow().hooks.pixels_wanted();
    if !(always || pixels) {
        return;
    }
    let picture = if pixels { picture(&screen.borrow()) } else { Vec::new() };
    screen.borrow().ask();
    Timer::single_shot(Duration::ZERO, move || hand_out(picture));
}

fn hand_out(png: Vec<u8>) {
    let Some((screen, shared)) = pair() else { return };
    let survey = screen.borrow().answers();
    let name = screen.borrow().name();
    let size = screen.borrow().window().window().size();
    let mut shared = shared.borrow_mut();
    let now = (name, survey.targets.clone(), png.clone());
    let same = survey.targets.is_empty() || shared.shown.as_ref() == Some(&now);
    if same && !std::mem::take(&mut shared.asked) {
        return;
    }
    shared.shown = Some(now);
    shared.seq = shared.seq.saturating_add(1);
    let seq = shared.seq;
    let (targets, cut) = (survey.targets, survey.cut);
    (shared.hooks.on_frame)(Frame { seq, name, width: size.width, height: size.height, targets, cut, png });
}

fn picture(screen: &Screen) -> Vec<u8> {
    let Ok(snapshot) = screen.window().window().take_snapshot() else { return Vec::new() };
    encode_png(snapshot.as_bytes(), png::ColorType::Rgba, snapshot.width(), snapshot.height())
        .unwrap_or_default()
}

fn pair() -> Option<Pair> {
    LOCAL.with(|local| local.borrow().clone())
}
