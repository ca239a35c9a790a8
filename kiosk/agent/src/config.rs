//! The kiosk's settings, `kiosk.toml`. Whatever is left out has the value of a kiosk with one 8A board and twelve doors.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use pickup_devices::gpio::GpioSettings;
use pickup_devices::gpio::signals::SignalSettings;
use pickup_devices::idcard::IdCardConfig;
use pickup_devices::lock::{self, BoardConfig, Family, LockConfig, PulseLength};
use pickup_devices::printer::PrinterConfig;
use pickup_devices::scanner::ScannerConfig;
use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{DoorOffer, DoorSize};
use serde::Deserialize;

use crate::doors;

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where journal, key and certificate are kept; relative to the settings file.
    pub data_dir: PathBuf,
    /// The QR scanner.
    #[serde(default)]
    pub scanner: ScannerConfig,
    /// The ID-card reader.
    #[serde(default)]
    pub idcard: IdCardConfig,
    /// The slip printer.
    #[serde(default)]
    pub printer: PrinterConfig,
    /// The lock boards and the doors.
    #[serde(default)]
    pub lock: LockSettings,
    /// The journal.
    #[serde(default)]
    pub journal: JournalSettings,
    /// The clock.
    #[serde(default)]
    pub clock: ClockSettings,
    /// Buzzer, lamps and door light.
    #[serde(default)]
    pub signals: SignalSettings,
    /// A bench that shows the screen in a browser.
    pub bench: Option<BenchSettings>,
    /// The screen.
    #[serde(default)]
    pub screen: ScreenSettings,
    /// Address of the backend, such as `https://10.0.0.5:8443`: a kiosk that was never enrolled asks for its one-time
    /// code on the screen. Afterwards the address it was enrolled with counts.
    pub backend: Option<String>,
    /// The release slip.
    #[serde(default)]
    pub slip: SlipSettings,
}

/// The release slip.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlipSettings {
    /// The operator's policy: after so many seconds without a working printer the door opens all the same, and staff print
    /// the slip later. Left out: no door without its slip.
    pub may_follow_after_s: Option<u64>,
}

/// The lock boards and the doors: one bus of 8A boards by `port` and `boards`, or any buses by `buses`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockSettings {
    /// Path of the only port.
    pub port: PathBuf,
    /// Bits per second on it.
    pub baud: Option<u32>,
    /// The boards on it.
    pub boards: Vec<BoardConfig>,
    /// Buses of any family; when there are any, `port`, `baud` and `boards` say nothing.
    pub buses: Vec<BusSettings>,
    /// The doors.
    pub doors: Vec<DoorSettings>,
}

/// One bus of lock boards, relay boards or pins; see `docs/devices/locks.md`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusSettings {
    /// Path of its port.
    pub port: PathBuf,
    /// Bits per second; the family's own when left out.
    pub baud: Option<u32>,
    /// Which protocol the boards speak.
    pub family: Family,
    /// Winnsen: the status stands before the lock's number.
    pub swapped: bool,
    /// Modbus and GPIO: how long a relay is held, in milliseconds, 100 to 1000.
    pub pulse_ms: PulseLength,
    /// GPIO: the pins.
    pub gpio: GpioSettings,
    /// The boards on it.
    pub boards: Vec<BoardConfig>,
}

/// One door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorSettings {
    /// Its number, as painted on it.
    pub door: u16,
    /// Its bus, from 0 in the order of the settings.
    #[serde(default)]
    pub bus: usize,
    /// Address of its board.
    pub board: u8,
    /// Channel of the board, from 1.
    pub channel: u8,
    /// How large it is.
    pub size: DoorSize,
}

/// The journal.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Days that what was reported stays in it; how each pickup stands stays for ever.
    pub keep_days: u16,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

/// The clock.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSettings {
    /// The system's clock is right without being synchronised: the board has a clock chip and a battery.
    pub trust_system: bool,
}

/// A bench that shows the screen in a browser.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchSettings {
    /// Address to send frames to, such as `127.0.0.1:8101`.
    pub screen: String,
}

/// The screen.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenSettings {
    /// Where it is drawn.
    pub mode: ScreenMode,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Where the screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScreenMode {
    /// In memory; a bench may show it.
    #[default]
    Headless,
    /// In a native window.
    Window,
    /// On the display itself, without a desktop.
    Display,
}

impl Default for ScreenSettings {
    fn default() -> Self {
        Self { mode: ScreenMode::Headless, width: 1080, height: 1920 }
    }
}

impl Default for LockSettings {
    fn default() -> Self {
        let size = |door| match door {
            1..=6 => DoorSize::S,
            7..=10 => DoorSize::M,
            _ => DoorSize::L,
        };
        let door = |n: u8| DoorSettings { door: u16::from(n), bus: 0, board: 1, channel: n, size: size(n) };
        Self {
            port: PathBuf::new(),
            baud: None,
            boards: vec![BoardConfig { address: 1, channels: 12, polarity: lock::Polarity::DoorClosing }],
            buses: Vec::new(),
            doors: (1..=12).map(door).collect(),
        }
    }
}

impl BusSettings {
    fn driver(&self, doors: Vec<lock::DoorConfig>) -> LockConfig {
        LockConfig {
            port: self.port.clone(),
            baud: self.baud,
            family: self.family,
            swapped: self.swapped,
            pulse_ms: self.pulse_ms,
            gpio: self.gpio.clone(),
            boards: self.boards.clone(),
            doors,
            ..LockConfig::default()
        }
    }
}

impl LockSettings {
    /// For the driver, one configuration a bus.
    #[must_use]
    pub fn driver(&self) -> Vec<LockConfig> {
        let only = BusSettings {
            port: self.port.clone(),
            baud: self.baud,
            boards: self.boards.clone(),
            ..BusSettings::default()
        };
        let buses = if self.buses.is_empty() { std::slice::from_ref(&only) } else { &self.buses };
        buses.iter().enumerate().map(|(index, bus)| bus.driver(self.doors_on(index))).collect()
    }

    fn doors_on(&self, bus: usize) -> Vec<lock::DoorConfig> {
        let doors = self.doors.iter().filter(|door| door.bus == bus);
        doors.map(|d| lock::DoorConfig { door: d.door, board: d.board, channel: d.channel }).collect()
    }

    /// Checks what the driver would do.
    ///
    /// # Errors
    /// When a bus or a door cannot be.
    pub fn check(&self) -> Result<()> {
        let buses = self.driver();
        lock::check_all(&buses)?;
        match self.doors.iter().find(|door| door.bus >= buses.len()) {
            Some(door) => anyhow::bail!("door {}: there is no bus {}", door.door, door.bus),
            None => Ok(()),
        }
    }

    /// For the session.
    #[must_use]
    pub fn offers(&self) -> Vec<DoorOffer> {
        self.doors.iter().map(|d| DoorOffer { door: DoorNumber(d.door), size: d.size }).collect()
    }
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown setting, or its doors do not fit its boards.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the settings {} cannot be read", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("the settings {} are wrong", path.display()))?;
        if let Some(folder) = path.parent() {
            config.data_dir = folder.join(&config.data_dir);
        }
        doors::apply(&mut config.lock, &config.data_dir)?;
        config.lock.check().with_context(|| format!("the doors in {} are wrong", path.display()))?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let dir = std::env::temp_dir().join(format!("pickup-config-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("kiosk.toml");
        std::fs::write(&path, text).unwrap();
        let read = Config::read(&path);
        std::fs::remove_dir_all(&dir).unwrap();
        read
    }

    #[test]
    fn ports_alone_are_enough_for_a_kiosk_of_twelve_doors() {
        let config = read("data_dir = \"data\"\n[scanner]\nport = \"/dev/a\"\n[lock]\nport = \"/dev/b\"\n");
        let config = config.unwrap();
        assert!(config.data_dir.ends_with("data") && config.data_dir.is_absolute());
        assert_eq!(config.lock.offers().len(), 12);
        assert_eq!(config.lock.offers()[6].size, DoorSize::M);
        assert_eq!(config.printer.dots, 576);
    }

    #[test]
    fn whether_goods_may_go_before_their_slip_is_the_operators_policy() {
        let text = "data_dir = \"d\"\nbackend = \"https://10.0.0.5:8443\"\n";
        let config = read(text).unwrap();
        assert_eq!(config.slip.may_follow_after_s, None);
        assert_eq!(config.backend.as_deref(), Some("https://10.0.0.5:8443"));
        let config = read(&format!("{text}[slip]\nmay_follow_after_s = 120\n")).unwrap();
        assert_eq!(config.slip.may_follow_after_s, Some(120));
    }

    #[test]
    fn a_misspelt_setting_and_a_door_without_a_channel_are_refused() {
        assert!(read("data_dir = \"d\"\n[scaner]\nport = \"x\"\n").is_err());
        let door = "data_dir = \"d\"\n[lock]\ndoors = [{ door = 1, board = 2, channel = 1, size = \"S\" }]\n";
        assert!(format!("{:#}", read(door).unwrap_err()).contains("door 1"));
    }

    #[test]
    fn several_buses_of_several_families_share_the_doors() {
        let text = r#"
            data_dir = "d"
            [[lock.buses]]
            port = "/dev/a"
            family = "cu16"
            boards = [{ address = 0, channels = 16, polarity = "door_closing" }]
            [[lock.buses]]
            port = "/dev/b"
            family = "modbus"
            pulse_ms = 700
            boards = [{ address = 1, channels = 8, polarity = "door_opening" }]
            [[lock.doors]]
            door = 1
            board = 0
            channel = 16
            size = "S"
            [[lock.doors]]
            door = 2
            bus = 1
            board = 1
            channel = 8
            size = "L"
        "#;
        let buses = read(text).unwrap().lock.driver();
        assert_eq!(buses.iter().map(LockConfig::baud).collect::<Vec<_>>(), [19_200, 9_600]);
        assert_eq!(buses.iter().map(|bus| bus.doors.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(buses[1].pulse_ms.ms(), 700);
        assert!(format!("{:#}", read(&text.replace("bus = 1", "bus = 2")).unwrap_err()).contains("bus 2"));
        assert!(read(&text.replace("700", "5000")).is_err(), "a coil would burn");
        assert!(
            format!("{:#}", read(&text.replace("channels = 16", "channels = 17")).unwrap_err())
                .contains("1 to 16")
        );
        assert!(read(&text.replace("door = 2", "door = 1")).is_err(), "one number, one door");
    }
}
