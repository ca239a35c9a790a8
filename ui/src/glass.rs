//! The screen as somebody meets it who does not see it: elements found by their role and label, pressed by their name. For tests
//! of the screens and of the kiosk; feature `testing`.
//!
//! What is asked is the tree that a screen reader is given. The screen itself is the real one, drawn in memory.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot};
use slint::ComponentHandle;
use slint::platform::{Key, WindowEvent};

use crate::frame::{Hooks, Touch, TouchKind, UiError};
use crate::headless::Canvas;
use crate::screen::touch;
use crate::view::{Action, View};

/// What an element is to somebody who does not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Something to press.
    Button,
    /// Something to read.
    Text,
    /// Something else that has a name.
    Other,
}

/// An element with its name and its place in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// What it is.
    pub role: Role,
    /// What it is called, or what it says.
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

/// A screen with somebody before it.
pub struct Glass {
    canvas: Canvas,
    actions: Receiver<Action>,
}

impl Glass {
    /// A screen of `width` by `height` pixels. One for each thread.
    ///
    /// # Errors
    /// As [`crate::headless()`].
    pub fn new(width: u32, height: u32) -> Result<Self, UiError> {
        let (sender, actions) = channel();
        let hooks = Hooks {
            on_action: Box::new(move |action| sender.send(action).unwrap_or_default()),
            on_frame: Box::new(|_| ()),
            wants_pixels: Arc::new(AtomicBool::new(false)),
            still_for: Duration::ZERO,
        };
        Ok(Self { canvas: Canvas::new(width, height, hooks)?, actions })
    }

    /// Shows this.
    ///
    /// # Errors
    /// As [`crate::headless()`].
    pub fn show(&mut self, view: View) -> Result<(), UiError> {
        self.canvas.screen.apply(view)?;
        self.canvas.draw()
    }

    /// Everything on the screen that has a role, in the order in which it is read.
    #[must_use]
    pub fn elements(&self) -> Vec<Element> {
        let mut found = Vec::new();
        self.walk(|_, element| {
            found.push(element);
            ControlFlow::<()>::Continue(())
        });
        found
    }

    /// Presses the button of this name, as a screen reader does, and says what came of it; `None` when there is no such button.
    pub fn press(&mut self, label: &str) -> Option<Vec<Action>> {
        let button = self.button(label)?;
        button.invoke_accessible_default_action();
        Some(self.actions.try_iter().collect())
    }

    /// Touches the button of this name with a finger, and says what came of it; `None` when there is no such button.
    #[allow(clippy::float_arithmetic, reason = "pixels, not money")]
    pub fn touch(&mut self, label: &str) -> Option<Vec<Action>> {
        let button = self.button(label)?;
        let (place, size) = (button.absolute_position(), button.size());
        for kind in [TouchKind::Press, TouchKind::Release] {
            let finger = Touch { kind, x: place.x + size.width / 2.0, y: place.y + size.height / 2.0 };
            touch(self.canvas.screen.window(), finger).ok()?;
        }
        Some(self.actions.try_iter().collect())
    }

    /// Goes on to the next button by the Tab key, and says which target that is.
    ///
    /// # Errors
    /// When the window does not take a key.
    pub fn tab(&mut self) -> Result<String, UiError> {
        self.key(Key::Tab)?;
        Ok(self.canvas.screen.focused())
    }

    /// Presses the button that has the focus by the Enter key, and says what came of it.
    ///
    /// # Errors
    /// When the window does not take a key.
    pub fn enter(&mut self) -> Result<Vec<Action>, UiError> {
        self.key(Key::Return)?;
        Ok(self.actions.try_iter().collect())
    }

    fn key(&mut self, key: Key) -> Result<(), UiError> {
        let window = self.canvas.screen.window().window();
        window.dispatch_event_with_result(WindowEvent::KeyPressed { text: key.into() })?;
        window.dispatch_event_with_result(WindowEvent::KeyReleased { text: key.into() })?;
        self.canvas.draw()
    }

    fn button(&self, label: &str) -> Option<ElementHandle> {
        self.walk(|handle, element| {
            if element.role == Role::Button && element.label == label {
                return ControlFlow::Break(handle);
            }
            ControlFlow::Continue(())
        })
    }

    fn walk<R>(&self, mut visit: impl FnMut(ElementHandle, Element) -> ControlFlow<R>) -> Option<R> {
        self.canvas.screen.window().clone_strong().root_element().visit_descendants(|handle| {
            let Some(role) = role(&handle) else { return ControlFlow::Continue(()) };
            let (place, size) = (handle.absolute_position(), handle.size());
            let label = handle.accessible_label().unwrap_or_default().into();
            visit(handle, Element { role, label, x: place.x, y: place.y, w: size.width, h: size.height })
        })
    }
}

impl std::fmt::Debug for Glass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glass").field("elements", &self.elements()).finish()
    }
}

fn role(handle: &ElementHandle) -> Option<Role> {
    match handle.accessible_role()? {
        AccessibleRole::None => None,
        AccessibleRole::Button => Some(Role::Button),
        AccessibleRole::Text => Some(Role::Text),
        _ => Some(Role::Other),
    }
}
