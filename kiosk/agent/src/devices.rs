//! The devices as the session knows them: drivers' events in the session's words.

use pickup_devices::idcard::{IdCardEvent, IdCardHandle, ValidUntil};
use pickup_devices::lock::{LockControl, LockEvent, LockHandle, OpenFailure};
use pickup_devices::printer::{PrintFailure, PrinterControl, PrinterEvent, PrinterHandle};
use pickup_devices::scanner::{ScannerEvent, ScannerHandle};
use pickup_devices::{DeviceFault, idcard, lock, printer, scanner};
use pickup_protocol::DoorNumber;
use pickup_protocol::domain::IdNumber;
use pickup_session::{Card, Event, Trouble};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::config::Config as Settings;

/// What can be done with the devices.
#[derive(Debug)]
pub struct Devices {
    cards: watch::Sender<bool>,
    printer: PrinterControl,
    lock: LockControl,
}

impl Devices {
    /// Opens all ports; what happens on them goes to `events`.
    #[must_use]
    pub fn open(settings: &Settings, events: &Sender<Event>) -> Self {
        let (cards, wanted) = watch::channel(false);
        let printer = printer::spawn(settings.printer.clone());
        let lock = lock::spawn(settings.lock.driver());
        let devices = Self { cards, printer: printer.control.clone(), lock: lock.control.clone() };
        tokio::spawn(scan(scanner::spawn(settings.scanner.clone()), events.clone()));
        tokio::spawn(read_cards(idcard::spawn(settings.idcard.clone()), wanted, events.clone()));
        tokio::spawn(watch_printer(printer, events.clone()));
        tokio::spawn(watch_lock(lock, events.clone()));
        devices
    }

    /// Looks for cards, or stops.
    pub fn poll_cards(&self, on: bool) {
        self.cards.send_replace(on);
    }

    /// Handle for a task that draws first.
    #[must_use]
    pub fn printer(&self) -> PrinterControl {
        self.printer.clone()
    }

    /// Pulses a lock.
    ///
    /// # Errors
    /// Why it was not even begun.
    pub fn open_door(&self, door: DoorNumber) -> Result<(), DeviceFault> {
        self.lock.open(door.0)
    }
}

async fn scan(mut scanner: ScannerHandle, events: Sender<Event>) {
    while let Some(event) = scanner.events.recv().await {
        let event = match event {
            ScannerEvent::Up => Event::Scanner(true),
            ScannerEvent::Down(fault) => {
                tracing::warn!(fault = fault.code(), "scanner down");
                Event::Scanner(false)
            }
            ScannerEvent::Code(bytes) => Event::Scanned(bytes),
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

async fn read_cards(mut reader: IdCardHandle, mut wanted: watch::Receiver<bool>, events: Sender<Event>) {
    loop {
        tokio::select! {
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                let on = *wanted.borrow_and_update();
                reader.set_polling(on);
            }
            event = reader.events.recv() => {
                let Some(event) = event else { return };
                if let Some(event) = card_event(event)
                    && events.send(event).await.is_err()
                {
                    return;
                }
            }
        }
    }
}

fn card_event(event: IdCardEvent) -> Option<Event> {
    match event {
        IdCardEvent::Card(card) => {
            let Ok(number) = card.id_number.reveal().parse::<IdNumber>() else {
                tracing::warn!("a card was read whose number is not well formed");
                return Some(Event::CardFailed);
            };
            let valid_until = match card.valid_until {
                ValidUntil::LongTerm => None,
                ValidUntil::Date(d) => Some(format!("{:04}{:02}{:02}", d.year, d.month, d.day)),
            };
            Some(Event::Card(Box::new(Card { number, valid_until })))
        }
        IdCardEvent::ReadFailed(fault) => {
            tracing::info!(fault = fault.code(), "card not read");
            Some(Event::CardFailed)
        }
        IdCardEvent::Down(fault) => {
            tracing::warn!(fault = fault.code(), "card reader down");
            None
        }
        IdCardEvent::Up | IdCardEvent::Removed => None,
    }
}

async fn watch_printer(mut printer: PrinterHandle, events: Sender<Event>) {
    while let Some(event) = printer.events.recv().await {
        let event = match event {
            PrinterEvent::Up => continue,
            PrinterEvent::Down(fault) => {
                tracing::warn!(fault = fault.code(), "printer down");
                Event::Printer(Some(trouble(fault)))
            }
            PrinterEvent::Status(status) => Event::Printer(status.blocking_fault().map(trouble)),
            PrinterEvent::Printed { job } | PrinterEvent::PrintedLate { job } => Event::Printed(job),
            PrinterEvent::Failed { job, kind, fault, .. } => {
                tracing::warn!(fault = fault.code(), kind = kind.code(), "slip failed");
                Event::PrintFailed {
                    job,
                    sent: kind == PrintFailure::OutcomeUnknown,
                    trouble: trouble(fault),
                }
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// A printer's fault in the session's words.
#[must_use]
pub const fn trouble(fault: DeviceFault) -> Trouble {
    match fault {
        DeviceFault::PaperOut => Trouble::PaperOut,
        DeviceFault::CoverOpen => Trouble::CoverOpen,
        DeviceFault::CutterError => Trouble::Cutter,
        DeviceFault::PortUnavailable
        | DeviceFault::PortLost
        | DeviceFault::NoAnswer
        | DeviceFault::Offline => Trouble::Offline,
        _ => Trouble::Other,
    }
}

async fn watch_lock(mut lock: LockHandle, events: Sender<Event>) {
    while let Some(event) = lock.events.recv().await {
        let event = match event {
            LockEvent::Up => Event::Lock(true),
            LockEvent::Down(fault) => {
                tracing::warn!(fault = fault.code(), "lock down");
                Event::Lock(false)
            }
            LockEvent::BoardUp { board } => {
                tracing::info!(board, "lock board answers");
                continue;
            }
            LockEvent::BoardDown { board } => {
                tracing::warn!(board, "lock board does not answer");
                continue;
            }
            LockEvent::State { door, open } => Event::Door { door: DoorNumber(door), open },
            LockEvent::Opened { door } => Event::Door { door: DoorNumber(door), open: true },
            LockEvent::Closed { door } => Event::Door { door: DoorNumber(door), open: false },
            LockEvent::OpenFailed { door, kind, fault } => {
                tracing::warn!(door, kind = kind.code(), fault = fault.code(), "door not opened");
                Event::OpenFailed { door: DoorNumber(door), kind: open_failure(kind) }
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

const fn open_failure(kind: OpenFailure) -> pickup_session::OpenFailure {
    match kind {
        OpenFailure::NotSent => pickup_session::OpenFailure::NotSent,
        OpenFailure::NotDetected => pickup_session::OpenFailure::NotDetected,
        OpenFailure::OutcomeUnknown | OpenFailure::NoAnswer => pickup_session::OpenFailure::Unknown,
    }
}
