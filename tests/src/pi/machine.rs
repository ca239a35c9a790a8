//! The boards that QEMU knows, as words for its command line.

use std::path::Path;

use super::board::Parts;

/// The devices of a kiosk, each on a USB serial port that has its name as serial number.
const DEVICES: [&str; 4] = ["scanner", "idcard", "printer", "lock"];

const PLUGGED_ON_PI: [&str; 3] = ["scanner", "idcard", "printer"];

/// A kind of board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// A board that exists in QEMU only: quick, with PCI, a display and a pin controller that tells of edges.
    Virt,
    /// The Raspberry Pi 3 B: its own USB, SD card and pins, as far as QEMU has them.
    Raspi3b,
}

impl Machine {
    /// The devices on its USB. The Raspberry Pi is slowed down by each, and its doors hang on pins.
    #[must_use]
    pub fn devices(self) -> &'static [&'static str] {
        match self {
            Self::Virt => &DEVICES,
            Self::Raspi3b => &PLUGGED_ON_PI,
        }
    }
}

/// The command line of a board that writes its console into a file.
#[must_use]
pub fn words(parts: &Parts, console: &Path) -> Vec<String> {
    let (image, disk) = (&parts.image, parts.disk.display());
    let console = format!("file:{}", console.display());
    let pairs = match parts.machine {
        Machine::Virt => vec![
            ("-M", "virt".to_owned()),
            ("-cpu", "cortex-a72".to_owned()),
            ("-smp", "2".to_owned()),
            ("-m", "768".to_owned()),
            ("-append", appended(parts, "console=ttyAMA0")),
            ("-serial", console),
            // Without the network card's own boot program, which is in a package of its own.
            ("-device", "virtio-net-pci,netdev=net,romfile=".to_owned()),
            ("-drive", format!("file={disk},if=none,id=disk,format=raw")),
            ("-device", "virtio-blk-pci,drive=disk".to_owned()),
            ("-device", "qemu-xhci".to_owned()),
        ],
        Machine::Raspi3b => vec![
            ("-M", "raspi3b".to_owned()),
            ("-dtb", image.device_tree.display().to_string()),
            // The pins are reached through the memory of the board, as Debian's kernel has no device for them alone.
            ("-append", appended(parts, "console=ttyS1,115200 iomem=relaxed")),
            // The first serial line is the one of the radio.
            ("-serial", "null".to_owned()),
            ("-serial", console),
            ("-device", "usb-net,netdev=net".to_owned()),
            ("-drive", format!("file={disk},if=sd,format=raw")),
        ],
    };
    let mut all: Vec<String> = vec!["-nodefaults".to_owned(), "-no-reboot".to_owned()];
    let mut add = |name: &str, value: String| all.extend([name.to_owned(), value]);
    add("-display", "none".to_owned());
    add("-kernel", image.kernel.display().to_string());
    add("-initrd", image.initrd.display().to_string());
    add("-netdev", "user,id=net".to_owned());
    pairs.into_iter().for_each(|(name, value)| add(name, value));
    for device in parts.machine.devices() {
        add("-chardev", format!("serial,id={device},path={}", parts.devices.join(device).display()));
        add("-device", format!("usb-serial,chardev={device},serial={device}"));
    }
    all.extend(parts.more.iter().cloned());
    all
}

/// What the kernel is told, with the facts for the board's first program.
fn appended(parts: &Parts, own: &str) -> String {
    let facts: Vec<String> = parts.facts.iter().map(|fact| format!("pickup.{fact}")).collect();
    let devices = parts.machine.devices().len();
    format!("{own} quiet loglevel=3 panic=-1 pickup.devices={devices} {}", facts.join(" "))
}
