//! The window with its boundary wired: applies views, collects targets, passes taps on.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use slint::{
    ComponentHandle, LogicalPosition, PhysicalSize, Timer, TimerMode, platform::PointerEventButton,
    platform::WindowEvent,
};

use crate::frame::{Target, Touch, TouchKind, UiError};
use crate::generated::{Kiosk, KioskWindow, Service, Theme};
use crate::guard::Guard;
use crate::view::{Action, Display, Language, View};
use crate::{bind, bind_service};

/// The kiosk's window, alive on the thread that made it.
pub(crate) struct Screen {
    window: KioskWindow,
    survey: Rc<RefCell<Survey>>,
    view: View,
    language: Option<Language>,
    guard: Guard,
    still_for: Duration,
    /// Lets the keys act again.
    still: Timer,
}

/// What the elements on the screen said about themselves when last asked.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub targets: Vec<Target>,
    pub cut: Vec<String>,
}

impl Screen {
    /// Makes the window; a platform must have been set on this thread. The keys of a page that comes do not act for `still_for`.
    pub fn new(width: u32, height: u32, still_for: Duration) -> Result<Self, UiError> {
        let window = KioskWindow::new()?;
        window.window().set_size(PhysicalSize::new(width, height));
        let theme = window.global::<Theme<'_>>();
        theme.set_page_width(pixels(width));
        theme.set_page_height(pixels(height));
        let survey = Rc::new(RefCell::new(Survey::default()));
        listen(&window, &survey);
        let mut screen = Self {
            window,
            survey,
            view: View::default(),
            language: None,
            guard: Guard::default(),
            still_for,
            still: Timer::default(),
        };
        screen.apply(View::default())?;
        Ok(screen)
    }

    /// Calls `on_action` for every tap on a target.
    pub fn on_action(&self, mut on_action: impl FnMut(Action) + 'static) {
        self.window.global::<Kiosk<'_>>().on_act(move |id| {
            if let Some(action) = Action::from_name(&id) {
                on_action(action);
            }
        });
    }

    /// The window itself.
    pub fn window(&self) -> &KioskWindow {
        &self.window
    }

    /// Name of the page shown.
    pub fn name(&self) -> &'static str {
        self.view.screen.name()
    }

    /// The target that has the focus of a keyboard; empty when none has.
    #[cfg(feature = "testing")]
    pub fn focused(&self) -> String {
        self.window.global::<Kiosk<'_>>().get_focused().into()
    }

    /// Shows `view`.
    pub fn apply(&mut self, view: View) -> Result<(), UiError> {
        if self.language != Some(view.language) {
            let code = match view.language {
                Language::Zh => "zh",
                Language::En => "en",
            };
            slint::select_bundled_translation(code).map_err(|_| UiError::NoTranslation(code))?;
            self.language = Some(view.language);
        }
        let theme = self.window.global::<Theme<'_>>();
        theme.set_large(view.display != Display::Normal);
        theme.set_strong(view.display == Display::LargeStrong);
        bind_service::apply(&self.window.global::<Service<'_>>(), &view);
        bind::apply(&self.window.global::<Kiosk<'_>>(), &view);
        if self.guard.is_another_page(&view.screen) && !self.still_for.is_zero() {
            self.keep_still();
        }
        self.view = view;
        Ok(())
    }

    fn keep_still(&self) {
        self.window.global::<Kiosk<'_>>().set_still(true);
        let window = self.window.as_weak();
        self.still.start(TimerMode::SingleShot, self.still_for, move || {
            if let Some(window) = window.upgrade() {
                window.global::<Kiosk<'_>>().set_still(false);
            }
        });
    }

    /// Asks every element where it is. They answer when the change handlers run next.
    pub fn ask(&self) {
        *self.survey.borrow_mut() = Survey::default();
        let kiosk = self.window.global::<Kiosk<'_>>();
        kiosk.set_survey(kiosk.get_survey().wrapping_add(1));
    }

    /// What the elements answered, the targets from top to bottom.
    #[allow(clippy::float_arithmetic, reason = "pixels, not money")]
    pub fn answers(&self) -> Survey {
        let mut survey = self.survey.take();
        survey.targets.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
        survey.targets.dedup();
        survey
    }
}

/// Passes a touch on to a window.
pub(crate) fn touch(window: &KioskWindow, touch: Touch) -> Result<(), UiError> {
    let position = LogicalPosition::new(touch.x, touch.y);
    let button = PointerEventButton::Left;
    let events = match touch.kind {
        TouchKind::Press => vec![WindowEvent::PointerPressed { position, button }],
        TouchKind::Move => vec![WindowEvent::PointerMoved { position }],
        // A lifted finger hovers over nothing.
        TouchKind::Release => {
            vec![WindowEvent::PointerReleased { position, button }, WindowEvent::PointerExited]
        }
    };
    for event in events {
        window.window().dispatch_event_with_result(event)?;
    }
    Ok(())
}

fn listen(window: &KioskWindow, survey: &Rc<RefCell<Survey>>) {
    let kiosk = window.global::<Kiosk<'_>>();
    let found = Rc::clone(survey);
    kiosk.on_place(move |id, label, x, y, w, h| {
        if let Some(action) = Action::from_name(&id) {
            found.borrow_mut().targets.push(Target { action, label: label.into(), x, y, w, h });
        }
    });
    let found = Rc::clone(survey);
    kiosk.on_cut(move |text| found.borrow_mut().cut.push(text.into()));
}

/// Pixels as Slint counts them; no screen comes near the end of the range.
fn pixels(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
