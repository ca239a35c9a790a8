//! Every page in a native window, one tap after the other:
//! `cargo run -p pickup-ui --features window --example preview`.

#[path = "../tests/it/samples.rs"]
mod samples;

use std::sync::{Arc, atomic::AtomicBool, mpsc};
use std::time::Duration;

use pickup_ui::view::{Action, Language};
use pickup_ui::{Hooks, UiCommand};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (commands, receiver) = mpsc::channel();
    let taps = commands.clone();
    let (mut page, mut language) = (0_usize, Language::Zh);
    let mut on_action = move |action| {
        match action {
            Action::SwitchLanguage => language = language.other(),
            Action::Cancel => page = 0,
            _ => page = page.wrapping_add(1),
        }
        let views = samples::all(language);
        if let Some((_, view)) = views.into_iter().cycle().nth(page) {
            let _ = taps.send(UiCommand::Show(Box::new(view)));
        }
    };
    on_action(Action::Cancel);
    let hooks = Hooks {
        on_action: Box::new(on_action),
        on_frame: Box::new(|frame| {
            let ids: Vec<_> = frame.targets.iter().map(|target| target.id()).collect();
            println!("{} {} {ids:?} {} KB", frame.seq, frame.name, frame.png.len() / 1024);
        }),
        wants_pixels: Arc::new(AtomicBool::new(std::env::args().any(|argument| argument == "--pixels"))),
        still_for: Duration::ZERO,
    };
    pickup_ui::window(1080, 1920, receiver, hooks)?;
    Ok(())
}
