//! The drivers, started on their ports, and what they tell in the words of the session.

use pickup_devices::DeviceFault as Fault;
use pickup_devices::gpio::signals;
use pickup_devices::idcard::{self, IdCard, IdCardEvent, ValidUntil};
use pickup_devices::lock::{self, LockControl, LockEvent};
use pickup_devices::printer::{self, PrintFailure, PrinterControl, PrinterEvent};
use pickup_devices::scanner::{self, ScannerEvent};
use pickup_protocol::DoorNumber;
use pickup_session::{Card, Event, OpenFailure, Trouble};
use tokio::sync::mpsc::{self, Receiver, UnboundedSender};

use crate::config::Config;

/// How many devices there are.
pub const COUNT: usize = 4;

/// The running drivers.
#[derive(Debug)]
pub struct Devices {
    /// Takes slips.
    pub printer: PrinterControl,
    /// Opens doors.
    pub lock: LockControl,
    /// Starts and stops looking for cards.
    pub polling: UnboundedSender<bool>,
}

/// Starts the drivers. Each device says once on `tried` that it was found or not.
#[must_use]
pub fn start(config: &Config, to: &UnboundedSender<Event>, tried: &UnboundedSender<()>) -> Devices {
    let scanner = scanner::spawn(config.scanner.clone());
    forward(scanner.events, to.clone(), tried.clone(), from_scanner);
    let idcard = idcard::spawn(config.idcard.clone());
    let (polling, wanted) = mpsc::unbounded_channel();
    tokio::spawn(read_cards(idcard, wanted, to.clone(), tried.clone()));
    let printer = printer::spawn(config.printer.clone());
    let control = printer.control.clone();
    forward(printer.events, to.clone(), tried.clone(), from_printer);
    let lock = lock::spawn_all(config.lock.driver());
    let doors = lock.control.clone();
    let signals = signals::spawn(&config.signals);
    forward(lock.events, to.clone(), tried.clone(), move |told| {
        if let LockEvent::State { door, open } = told {
            signals.door(door, open);
        }
        from_lock(told)
    });
    Devices { printer: control, lock: doors, polling }
}

fn forward<E: Send + 'static>(
    mut from: Receiver<E>,
    to: UnboundedSender<Event>,
    tried: UnboundedSender<()>,
    translate: impl Fn(E) -> Option<Event> + Send + 'static,
) {
    tokio::spawn(async move {
        let mut first = true;
        while let Some(told) = from.recv().await {
            if translate(told).is_some_and(|event| to.send(event).is_err()) {
                return;
            }
            if std::mem::take(&mut first) {
                let _ = tried.send(());
            }
        }
    });
}

async fn read_cards(
    mut reader: idcard::IdCardHandle,
    mut wanted: mpsc::UnboundedReceiver<bool>,
    to: UnboundedSender<Event>,
    tried: UnboundedSender<()>,
) {
    let mut first = true;
    loop {
        tokio::select! {
            told = reader.events.recv() => {
                let Some(told) = told else { return };
                if from_reader(told).is_some_and(|event| to.send(event).is_err()) {
                    return;
                }
                if std::mem::take(&mut first) {
                    let _ = tried.send(());
                }
            }
            on = wanted.recv() => match on {
                Some(on) => reader.set_polling(on),
                None => return,
            },
        }
    }
}

fn from_scanner(told: ScannerEvent) -> Option<Event> {
    Some(match told {
        ScannerEvent::Up => Event::Scanner(true),
        ScannerEvent::Down(_) => Event::Scanner(false),
        ScannerEvent::Code(bytes) => Event::Scanned(bytes),
    })
}

fn from_reader(told: IdCardEvent) -> Option<Event> {
    match told {
        IdCardEvent::Up => Some(Event::Reader(true)),
        IdCardEvent::Down(_) => Some(Event::Reader(false)),
        IdCardEvent::Card(card) => Some(from_card(&card)),
        IdCardEvent::ReadFailed(fault) => {
            tracing::info!(fault = fault.code(), "a card could not be read");
            Some(Event::CardFailed)
        }
        IdCardEvent::Removed => None,
    }
}

/// A card whose number is no number was read badly.
fn from_card(card: &IdCard) -> Event {
    let valid_until = match card.valid_until {
        ValidUntil::LongTerm => None,
        ValidUntil::Date(day) => Some(format!("{:04}{:02}{:02}", day.year, day.month, day.day)),
    };
    card.id_number
        .reveal()
        .parse()
        .map_or(Event::CardFailed, |number| Event::Card(Box::new(Card { number, valid_until })))
}

fn from_printer(told: PrinterEvent) -> Option<Event> {
    match told {
        PrinterEvent::Up => None,
        PrinterEvent::Down(_) => Some(Event::Printer(Some(Trouble::Offline))),
        PrinterEvent::Status(status) => Some(Event::Printer(status.blocking_fault().map(trouble))),
        PrinterEvent::Printed { job } | PrinterEvent::PrintedLate { job } => Some(Event::Printed(job)),
        PrinterEvent::Failed { job, kind, fault, .. } => {
            tracing::warn!(job, kind = kind.code(), fault = fault.code(), "a slip failed");
            let sent = kind == PrintFailure::OutcomeUnknown;
            Some(Event::PrintFailed { job, sent, trouble: trouble(fault) })
        }
    }
}

fn from_lock(told: LockEvent) -> Option<Event> {
    let door_is = |door, open| Some(Event::Door { door: DoorNumber(door), open });
    match told {
        LockEvent::Up => Some(Event::Lock(true)),
        LockEvent::Down(_) => Some(Event::Lock(false)),
        LockEvent::BusUp { bus } => {
            tracing::info!(bus, "a bus of locks answers");
            None
        }
        LockEvent::BusDown { bus, fault } => {
            tracing::warn!(bus, fault = fault.code(), "a bus of locks does not answer");
            None
        }
        LockEvent::BoardUp { board } => {
            tracing::info!(board, "a lock board answers");
            None
        }
        LockEvent::BoardDown { board } => {
            tracing::warn!(board, "a lock board does not answer");
            None
        }
        LockEvent::State { door, open } => door_is(door, open),
        LockEvent::Opened { door } => door_is(door, true),
        LockEvent::Closed { door } => door_is(door, false),
        LockEvent::OpenFailed { door, kind, fault } => {
            tracing::warn!(door, kind = kind.code(), fault = fault.code(), "a door did not open");
            let kind = match kind {
                lock::OpenFailure::NotSent => OpenFailure::NotSent,
                lock::OpenFailure::NotDetected => OpenFailure::NotDetected,
                lock::OpenFailure::OutcomeUnknown | lock::OpenFailure::NoAnswer => OpenFailure::Unknown,
            };
            Some(Event::OpenFailed { door: DoorNumber(door), kind })
        }
    }
}

/// What a fault of the printer means to a person.
#[must_use]
pub const fn trouble(fault: Fault) -> Trouble {
    match fault {
        Fault::PaperOut => Trouble::PaperOut,
        Fault::CoverOpen => Trouble::CoverOpen,
        Fault::CutterError => Trouble::Cutter,
        Fault::PortUnavailable
        | Fault::PortLost
        | Fault::NoAnswer
        | Fault::Stalled
        | Fault::Stopped
        | Fault::Offline => Trouble::Offline,
        _ => Trouble::Other,
    }
}
