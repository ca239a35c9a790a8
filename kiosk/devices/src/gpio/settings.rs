//! Which pins the doors are on, as the settings file says it.

use serde::{Deserialize, Serialize};

/// What the pins belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpioBackend {
    /// The kernel's character device; any board.
    #[default]
    Cdev,
    /// The registers of a Raspberry Pi.
    Rppal,
    /// A port expander on I2C.
    Mcp23017,
    /// Files in a folder; for trying it on a computer without pins.
    Files,
}

impl GpioBackend {
    /// The cargo feature that builds it in.
    #[must_use]
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Cdev => "gpio-cdev",
            Self::Rppal => "gpio-rppal",
            Self::Mcp23017 => "mcp23017",
            Self::Files => "gpio-files",
        }
    }

    /// Whether this program has it.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::Cdev => cfg!(feature = "gpio-cdev"),
            Self::Rppal => cfg!(feature = "gpio-rppal"),
            Self::Mcp23017 => cfg!(feature = "mcp23017"),
            Self::Files => cfg!(feature = "gpio-files"),
        }
    }

    /// Its name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cdev => "cdev",
            Self::Rppal => "rppal",
            Self::Mcp23017 => "mcp23017",
            Self::Files => "files",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Cdev, Self::Rppal, Self::Mcp23017, Self::Files]
            .into_iter()
            .find(|backend| backend.name() == name)
    }
}

/// The two pins of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinPair {
    /// The channel that doors name, from 1.
    pub channel: u8,
    /// The relay's line: offset on the chip, BCM number, or 0 to 15 on an expander.
    pub relay: u8,
    /// The contact's line.
    pub contact: u8,
}

/// A bank of relays and contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GpioSettings {
    /// What the pins belong to.
    pub backend: GpioBackend,
    /// `cdev`: the chip's label, such as `pinctrl-rp1`, never its number, which changes between kernels. `mcp23017`:
    /// the I2C device, such as `/dev/i2c-1`. `files`: the folder.
    pub chip: String,
    /// `mcp23017`: its address, 0x20 to 0x27.
    pub i2c_address: u8,
    /// A low output switches the relay on.
    pub relay_active_low: bool,
    /// A shorted contact reads low, as with a pull-up.
    pub contact_active_low: bool,
    /// A relay is not pulsed again before this time, in milliseconds.
    pub cooldown_ms: u64,
    /// How long a contact must stay the same to count, in milliseconds.
    pub debounce_ms: u64,
    /// The doors' pins.
    pub pins: Vec<PinPair>,
}

impl Default for GpioSettings {
    fn default() -> Self {
        Self {
            backend: GpioBackend::default(),
            chip: String::new(),
            i2c_address: 0x20,
            relay_active_low: false,
            contact_active_low: true,
            cooldown_ms: 5_000,
            debounce_ms: 30,
            pins: Vec::new(),
        }
    }
}

impl GpioSettings {
    /// The pins of a channel; a bank is one board, whatever its address.
    #[must_use]
    pub fn pins_of(&self, channel: u8) -> Option<PinPair> {
        self.pins.iter().copied().find(|pins| pins.channel == channel)
    }

    /// Whether a line serves two purposes.
    #[must_use]
    pub fn doubles(&self) -> Option<u8> {
        let mut seen = std::collections::BTreeSet::new();
        self.pins.iter().flat_map(|pins| [pins.relay, pins.contact]).find(|line| !seen.insert(*line))
    }
}
