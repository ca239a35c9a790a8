//! Draws every page in both languages into a folder: `cargo run -p pickup-ui --example gallery -- DIR [NAME]`.

#[path = "../tests/it/samples.rs"]
mod samples;

use std::path::PathBuf;
use std::sync::{Arc, atomic::AtomicBool, mpsc};
use std::time::{Duration, Instant};

use pickup_ui::view::Language;
use pickup_ui::{Frame, Hooks, UiCommand};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: gallery DIR [NAME]")?);
    let only = arguments.next();
    std::fs::create_dir_all(&folder)?;
    let (commands, receiver) = mpsc::channel();
    let (sender, frames) = mpsc::channel();
    let hooks = Hooks {
        on_action: Box::new(|_| ()),
        on_frame: Box::new(move |frame| drop(sender.send(frame))),
        wants_pixels: Arc::new(AtomicBool::new(true)),
    };
    let drawing = std::thread::spawn(move || pickup_ui::headless(1080, 1920, &receiver, hooks));
    let first: Frame = frames.recv_timeout(Duration::from_secs(20))?;
    println!("first frame {} of {}x{}", first.seq, first.width, first.height);
    for (language, suffix) in [(Language::Zh, "zh"), (Language::En, "en")] {
        for (name, view) in samples::all(language) {
            if only.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let start = Instant::now();
            commands.send(UiCommand::Show(Box::new(view)))?;
            let frame = frames.recv_timeout(Duration::from_secs(5))?;
            let took = start.elapsed();
            std::fs::write(folder.join(format!("{name}-{suffix}.png")), &frame.png)?;
            println!("{name}-{suffix}: {took:?}, {} KB, cut {:?}", frame.png.len() / 1024, frame.cut);
        }
    }
    commands.send(UiCommand::Quit)?;
    drawing.join().map_err(|_| "the drawing thread died")??;
    Ok(())
}
