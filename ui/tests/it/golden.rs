//! Every page is drawn as it was when somebody last looked at it: panel by panel, language by language, display by display.
//!
//! `golden.txt` holds a digest of the pixels of each picture. When a change is meant, look at the pictures
//! (`cargo run -p pickup-ui --example gallery -- DIR`), then run this test with `PICKUP_BLESS=1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pickup_ui::Frame;
use sha2::{Digest as _, Sha256};

use crate::rig::{Rig, SIZES, read};
use crate::samples;

const FILE: &str = "tests/golden.txt";

#[test]
fn every_picture_is_the_one_that_was_looked_at() {
    let drawn = draw();
    if std::env::var_os("PICKUP_BLESS").is_some() {
        let mut text = String::new();
        drawn.iter().for_each(|(name, (digest, _))| writeln!(text, "{digest} {name}").unwrap());
        return std::fs::write(format!("{}/{FILE}", env!("CARGO_MANIFEST_DIR")), text).unwrap();
    }
    let text = read(FILE);
    let known: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once(' ')).map(|(digest, name)| (name, digest)).collect();
    let folder = std::env::temp_dir().join("pickup-screens");
    let mut other = Vec::new();
    for (name, (digest, png)) in &drawn {
        if known.get(name.as_str()) != Some(&digest.as_str()) {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
            other.push(name);
        }
    }
    assert!(other.is_empty(), "drawn otherwise than before, see {}: {other:#?}", folder.display());
    let gone: Vec<_> = known.keys().filter(|name| !drawn.contains_key(**name)).collect();
    assert!(gone.is_empty(), "{FILE} has pictures of pages that are no more: {gone:#?}");
}

/// Digest and picture by name.
fn draw() -> BTreeMap<String, (String, Vec<u8>)> {
    let mut drawn = BTreeMap::new();
    for (width, height) in SIZES {
        let rig = Rig::of_size((width, height));
        rig.want_pixels();
        for (name, view) in samples::every() {
            let frame = rig.show(&view);
            let digest =
                Sha256::digest(pixels(&frame)).iter().take(16).fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").unwrap();
                    hex
                });
            let name = format!("{name} {width}x{height}").replace(' ', "-");
            drawn.insert(name, (digest, frame.png));
        }
    }
    drawn
}

fn pixels(frame: &Frame) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&frame.png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}
