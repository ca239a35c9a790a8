//! The drawing loop: when a picture comes, what it carries, and when the loop ends.

use pickup_ui::view::{Language, Screen};
use pickup_ui::{Frame, UiCommand};

use crate::rig::Rig;
use crate::samples;

#[test]
fn a_picture_is_a_png_of_the_whole_screen_and_only_made_when_wanted() {
    let rig = Rig::start();
    assert!(rig.show(&samples::view(Language::Zh, Screen::LookingUp)).png.is_empty());
    rig.want_pixels();
    let frame = rig.show(&samples::view(Language::Zh, Screen::Idle));
    let (width, height, pixels) = decode(&frame);
    assert_eq!((width, height), (1080, 1920));
    assert_eq!((frame.width, frame.height), (1080, 1920));
    let colours: std::collections::HashSet<&[u8]> = pixels.chunks_exact(3).collect();
    assert!(colours.len() > 50, "something was drawn: {} colours", colours.len());
}

#[test]
fn a_consumer_that_comes_late_gets_the_current_picture() {
    let rig = Rig::start();
    let before = rig.show(&samples::view(Language::Zh, Screen::Idle));
    rig.want_pixels();
    rig.send(UiCommand::Refresh);
    let frame = rig.frame();
    assert_eq!(frame.seq, before.seq + 1);
    assert!(!frame.png.is_empty());
    assert_eq!(frame.targets, before.targets);
}

#[test]
fn showing_the_same_again_makes_no_frame() {
    let rig = Rig::start();
    let view = samples::view(Language::Zh, Screen::Idle);
    let first = rig.show(&view);
    rig.send(UiCommand::Show(Box::new(view)));
    rig.send(UiCommand::Refresh);
    assert_eq!(rig.frame().seq, first.seq + 1, "only the refresh was answered");
}

#[test]
fn the_dots_of_a_wait_move_without_a_command() {
    let rig = Rig::start();
    rig.want_pixels();
    let first = rig.show(&samples::view(Language::Zh, Screen::Granting));
    let second = rig.frame();
    assert_eq!(second.name, "granting");
    assert_ne!(first.png, second.png);
}

#[test]
fn every_page_shown_gets_its_frame_in_order_even_when_they_come_at_once() {
    let rig = Rig::start();
    for screen in [Screen::LookingUp, Screen::Granting, Screen::Printing, Screen::Idle] {
        rig.send(UiCommand::Show(Box::new(samples::view(Language::Zh, screen))));
    }
    let names: Vec<&str> = (0..4).map(|_| rig.frame().name).collect();
    assert_eq!(names, ["looking_up", "granting", "printing", "idle"]);
}

#[test]
fn after_a_session_the_first_page_shows_nothing_of_the_person() {
    let rig = Rig::start();
    rig.want_pixels();
    let idle = samples::view(Language::Zh, Screen::Idle);
    let before = rig.show(&idle);
    for (_, view) in samples::all(Language::En) {
        rig.show(&view);
    }
    let after = rig.show(&idle);
    assert!(before.png == after.png, "the first page looks as if nobody had been there");
    assert_eq!(before.targets, after.targets);
}

#[test]
fn the_loop_ends_when_told_and_when_nobody_is_left_to_tell_it() {
    let rig = Rig::start();
    rig.send(UiCommand::Quit);
    rig.join().unwrap();
    let mut rig = Rig::start();
    rig.commands = None;
    rig.join().unwrap();
}

fn decode(frame: &Frame) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&frame.png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}
