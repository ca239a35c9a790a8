//! Draws every page, in both languages and every display, into a folder, for one panel:
//! `cargo run -p pickup-ui --example gallery -- DIR [1024x600] [NAME]`. With `--sheet` all of them small on one picture for
//! each display and language.

#[path = "../tests/it/samples.rs"]
mod samples;

use std::path::{Path, PathBuf};
use std::sync::{Arc, atomic::AtomicBool, mpsc};
use std::time::Duration;

use pickup_ui::{Frame, Hooks, UiCommand};

type Fault = Box<dyn std::error::Error>;

/// A small picture of a page: RGB.
struct Thumb {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// So many pixels become one, each way.
const SHRINK: usize = 4;

fn main() -> Result<(), Fault> {
    let usage = "usage: gallery DIR [1024x600] [--sheet] [NAME]";
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().filter(|word| !word.starts_with('-')).ok_or(usage)?);
    let (mut only, mut size, mut sheet) = (None, (1080, 1920), false);
    for argument in arguments {
        match argument.as_str() {
            "1024x600" => size = (1024, 600),
            "--sheet" => sheet = true,
            name => only = Some(name.to_owned()),
        }
    }
    std::fs::create_dir_all(&folder)?;
    let (commands, receiver) = mpsc::channel();
    let (sender, frames) = mpsc::channel();
    let hooks = Hooks {
        on_action: Box::new(|_| ()),
        on_frame: Box::new(move |frame| drop(sender.send(frame))),
        wants_pixels: Arc::new(AtomicBool::new(true)),
        still_for: Duration::ZERO,
    };
    let drawing = std::thread::spawn(move || pickup_ui::headless(size.0, size.1, &receiver, hooks));
    frames.recv_timeout(Duration::from_secs(20))?;
    let mut sheets: Vec<(String, Vec<Thumb>)> = Vec::new();
    for (name, view) in samples::every() {
        let (page, look) = name.split_once(' ').ok_or("a page without a look")?;
        if only.as_deref().is_some_and(|only| only != page) {
            continue;
        }
        while frames.try_recv().is_ok() {}
        commands.send(UiCommand::Show(Box::new(view)))?;
        let frame = frames.recv_timeout(Duration::from_secs(5))?;
        if sheet {
            let look = look.replace(' ', "-");
            match sheets.last_mut().filter(|(of, _)| *of == look) {
                Some((_, thumbs)) => thumbs.push(thumb(&frame)?),
                None => sheets.push((look, vec![thumb(&frame)?])),
            }
        } else {
            let file = format!("{}-{}x{}.png", name.replace(' ', "-"), size.0, size.1);
            std::fs::write(folder.join(&file), &frame.png)?;
            println!("{file}: {} KB, cut {:?}", frame.png.len() / 1024, frame.cut);
        }
    }
    for (look, thumbs) in &sheets {
        let file = folder.join(format!("screens-{}x{}-{look}.png", size.0, size.1).to_lowercase());
        lay_out(&file, thumbs)?;
        println!("{}", file.display());
    }
    commands.send(UiCommand::Quit)?;
    drawing.join().map_err(|_| "the drawing thread died")??;
    Ok(())
}

fn thumb(frame: &Frame) -> Result<Thumb, Fault> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&frame.png)).read_info()?;
    let mut large = vec![0; reader.output_buffer_size().ok_or("too large")?];
    reader.next_frame(&mut large)?;
    let from = usize::try_from(frame.width)?;
    let (width, height) = (from / SHRINK, usize::try_from(frame.height)? / SHRINK);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for (y, x, channel) in
        (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |channel| (y, x, channel))))
    {
        let block = (0..SHRINK * SHRINK).map(|i| {
            let (row, column) = (y * SHRINK + i / SHRINK, x * SHRINK + i % SHRINK);
            large.get((row * from + column) * 3 + channel).copied().map_or(0, usize::from)
        });
        pixels.push(u8::try_from(block.sum::<usize>() / (SHRINK * SHRINK))?);
    }
    Ok(Thumb { width, height, pixels })
}

/// Side by side, in rows.
fn lay_out(file: &Path, thumbs: &[Thumb]) -> Result<(), Fault> {
    let gap = 8;
    let first = thumbs.first().ok_or("no page")?;
    let columns = if first.width < first.height { 10 } else { 6 };
    let rows = thumbs.len().div_ceil(columns);
    let (width, height) = (columns * (first.width + gap) + gap, rows * (first.height + gap) + gap);
    let mut pixels = vec![0x80; width * height * 3];
    for (i, thumb) in thumbs.iter().enumerate() {
        let left = gap + (i % columns) * (thumb.width + gap);
        let top = gap + (i / columns) * (thumb.height + gap);
        for (y, row) in thumb.pixels.chunks_exact(thumb.width * 3).enumerate() {
            let at = ((top + y) * width + left) * 3;
            if let Some(place) = pixels.get_mut(at..at + row.len()) {
                place.copy_from_slice(row);
            }
        }
    }
    let mut encoder =
        png::Encoder::new(std::fs::File::create(file)?, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    Ok(encoder.write_header()?.write_image_data(&pixels)?)
}
