//! Where two doors are wired to the pins of a board, for the kiosk's settings and for whoever moves the doors from outside.

use super::machine::Machine;

/// Two doors on the pins of a board.
#[derive(Debug, Clone, Copy)]
pub struct Wired {
    /// The board.
    pub machine: Machine,
    /// Relay and contact of each door.
    pub doors: [(u8, u8); 2],
    /// The settings file on the board's disk.
    pub file: &'static str,
    /// How the kiosk reaches the pins.
    backend: &'static str,
    /// Its panel.
    screen: (u16, u16),
}

/// On board `virt`, by the kernel's character device. The third pin is its power key.
pub const VIRT: Wired = Wired {
    machine: Machine::Virt,
    doors: [(0, 1), (4, 5)],
    file: "pins",
    backend: "backend = \"cdev\"\nchip = \"9030000.pl061\"",
    screen: (1080, 1920),
};

/// On the Raspberry Pi 3 B, by its registers; numbers as its maker counts the pins. The small panel, as every picture goes
/// through the emulated USB.
pub const RASPI3B: Wired = Wired {
    machine: Machine::Raspi3b,
    doors: [(17, 27), (22, 23)],
    file: "registers",
    backend: "backend = \"rppal\"",
    screen: (1024, 600),
};

/// The settings of the locks.
#[must_use]
pub fn settings(wired: &Wired) -> String {
    let [(relay, contact), (other_relay, other_contact)] = wired.doors;
    let (backend, (width, height)) = (wired.backend, wired.screen);
    format!(
        "
[screen]
width = {width}
height = {height}

[[lock.buses]]
family = \"gpio\"
pulse_ms = 400
boards = [{{ address = 1, channels = 2, polarity = \"door_closing\" }}]

[lock.buses.gpio]
{backend}
contact_active_low = true
cooldown_ms = 1000
debounce_ms = 30
pins = [
  {{ channel = 1, relay = {relay}, contact = {contact} }},
  {{ channel = 2, relay = {other_relay}, contact = {other_contact} }},
]

[lock]
doors = [
  {{ door = 1, board = 1, channel = 1, size = \"L\" }},
  {{ door = 2, board = 1, channel = 2, size = \"L\" }},
]
"
    )
}
