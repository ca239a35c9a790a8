//! A headless screen on a thread of its own, with what it says collected.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use pickup_ui::view::{Action, OutOfService, Screen, View};
use pickup_ui::{Frame, Hooks, Target, Touch, TouchKind, UiCommand, UiError};

/// The panels the screens are made for.
pub const SIZES: [(u32, u32); 2] = [(1080, 1920), (1024, 600)];

/// Long enough for a machine that does other things too.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Pages on which something moves by itself.
const MOVING: [&str; 7] =
    ["idle", "looking_up", "granting", "printing", "opening_door", "staff_attention", "pairing"];

pub struct Rig {
    pub commands: Option<Sender<UiCommand>>,
    pub frames: Receiver<Frame>,
    pub actions: Receiver<Action>,
    pub wants_pixels: Arc<AtomicBool>,
    shown: Cell<&'static str>,
    thread: Option<JoinHandle<Result<(), UiError>>>,
}

impl Rig {
    pub fn start() -> Self {
        Self::of_size((1080, 1920))
    }

    pub fn of_size(size: (u32, u32)) -> Self {
        Self::that_keeps_still(size, Duration::ZERO)
    }

    /// The keys of a page that has just come do not act for so long.
    pub fn that_keeps_still((width, height): (u32, u32), still_for: Duration) -> Self {
        let (commands, receiver) = mpsc::channel();
        let (frame_sender, frames) = mpsc::channel();
        let (action_sender, actions) = mpsc::channel();
        let wants_pixels = Arc::new(AtomicBool::new(false));
        let hooks = Hooks {
            on_action: Box::new(move |action| action_sender.send(action).unwrap_or_default()),
            on_frame: Box::new(move |frame| frame_sender.send(frame).unwrap_or_default()),
            wants_pixels: Arc::clone(&wants_pixels),
            still_for,
        };
        let thread = std::thread::spawn(move || pickup_ui::headless(width, height, &receiver, hooks));
        let rig = Self {
            commands: Some(commands),
            frames,
            actions,
            wants_pixels,
            shown: Cell::new("idle"),
            thread: Some(thread),
        };
        assert_eq!(rig.frame().name, "idle", "a screen starts with the invitation to scan");
        rig
    }

    pub fn want_pixels(&self) {
        self.wants_pixels.store(true, Ordering::Relaxed);
    }

    pub fn send(&self, command: UiCommand) {
        self.commands.as_ref().unwrap().send(command).expect("the drawing loop is alive");
    }

    pub fn frame(&self) -> Frame {
        self.frames.recv_timeout(DEADLINE).expect("a frame comes")
    }

    /// Shows a view and gives the first frame of its page.
    pub fn show(&self, view: &View) -> Frame {
        let name = view.screen.name();
        if self.shown.get() == name && MOVING.contains(&name) {
            // A frame of the page before, drawn as it moved, would be taken for the first of this one.
            self.show(&View { screen: Screen::OutOfService(OutOfService::default()), ..View::default() });
        }
        while self.frames.try_recv().is_ok() {}
        self.shown.set(name);
        self.send(UiCommand::Show(Box::new(view.clone())));
        loop {
            let frame = self.frame();
            if frame.name == name {
                return frame;
            }
        }
    }

    pub fn touch(&self, kind: TouchKind, x: f32, y: f32) {
        self.send(UiCommand::Touch(Touch { kind, x, y }));
    }

    pub fn tap(&self, target: &Target) {
        let (x, y) = target.centre();
        self.touch(TouchKind::Press, x, y);
        self.touch(TouchKind::Release, x, y);
    }

    /// Gives the actions that came of everything sent so far. Leaves the screen on the page that marks the end.
    pub fn settle(&self) -> Vec<Action> {
        let closed = Screen::OutOfService(OutOfService::default());
        let screen = if self.shown.get() == closed.name() { Screen::Idle } else { closed };
        self.show(&View { screen, ..View::default() });
        self.actions.try_iter().collect()
    }

    pub fn join(mut self) -> Result<(), UiError> {
        self.thread.take().unwrap().join().expect("the drawing thread did not panic")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The text of a file of this crate.
pub fn read(path: &str) -> String {
    let full = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{full}: {error}"))
}

/// Every `.slint` file with its text.
pub fn slint_files() -> &'static [(String, String)] {
    static FILES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        for folder in ["slint", "slint/components", "slint/screens"] {
            let full = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
            for entry in std::fs::read_dir(full).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name.ends_with(".slint") {
                    let path = format!("{folder}/{name}");
                    let text = read(&path);
                    files.push((path, text));
                }
            }
        }
        files.sort();
        assert!(files.len() > 8, "the screens were found");
        files
    })
}
