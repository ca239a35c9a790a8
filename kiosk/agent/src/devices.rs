//! The drivers, started on their ports, and what they tell in the words of the session.

use pickup_devices::DeviceFault as Fault;
use pickup_devices::gpio::signals::{self, Signals};
use pickup_devices::idcard::{self, IdCard, IdCardEvent, IdCardHandle, ValidUntil};
use pickup_devices::lock::{self, LockControl, LockEvent, LockHandle};
use pickup_devices::printer::{self, PrintFailure, PrinterControl, PrinterEvent, PrinterHandle};
use pickup_devices::scanner::{self, ScannerEvent, ScannerHandle};
use pickup_protocol::DoorNumber;
use pickup_protocol::health::TraceLine;
use pickup_session::service::Laid;
use pickup_session::{Card, Event, OpenFailure, Trouble};
use tokio::sync::mpsc::UnboundedSender;

use crate::config::Config;
use crate::drivers::{Driver, Never, Standing, Watch, lines, serve};
use crate::service::Live;

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

/// Starts the drivers. Each device says once on `tried` that it was found or not, and `watch` knows how each stands.
#[must_use]
pub fn start(
    config: &Config,
    to: &UnboundedSender<Event>,
    tried: &UnboundedSender<()>,
    watch: &Watch,
) -> Devices {
    let (to, tried) = (|| to.clone(), || tried.clone());
    watch.tell(|live| live.know(&config.lock));
    serve("scanner", scanner::spawn(config.scanner.clone()), to(), tried(), watch);
    let polling = serve("idcard", idcard::spawn(config.idcard.clone()), to(), tried(), watch);
    let printer = printer::spawn(config.printer.clone());
    let control = printer.control.clone();
    serve("printer", printer, to(), tried(), watch);
    let lock = lock::spawn_all(config.lock.driver());
    let doors = lock.control.clone();
    let signals = signals::spawn(&config.signals);
    serve("lock", Doors { lock, signals }, to(), tried(), watch);
    Devices { printer: control, lock: doors, polling }
}

impl Driver for ScannerHandle {
    type Event = ScannerEvent;
    type Order = Never;

    async fn next(&mut self) -> Option<ScannerEvent> {
        self.events.recv().await
    }

    fn order(&self, order: Never) {
        match order {}
    }

    fn trace(&self) -> Vec<TraceLine> {
        lines(self.trace())
    }

    fn standing(event: &ScannerEvent) -> Option<Standing> {
        match event {
            ScannerEvent::Up => Some(Standing::Good),
            ScannerEvent::Down(fault) => Some(Standing::bad(*fault)),
            ScannerEvent::Code(_) => None,
        }
    }

    fn translate(event: ScannerEvent) -> Option<Event> {
        Some(match event {
            ScannerEvent::Up => Event::Scanner(true),
            ScannerEvent::Down(_) => Event::Scanner(false),
            ScannerEvent::Code(bytes) => Event::Scanned(bytes),
        })
    }
}

impl Driver for IdCardHandle {
    type Event = IdCardEvent;
    /// Whether to look for cards.
    type Order = bool;

    async fn next(&mut self) -> Option<IdCardEvent> {
        self.events.recv().await
    }

    fn order(&self, on: bool) {
        self.set_polling(on);
    }

    fn trace(&self) -> Vec<TraceLine> {
        lines(self.trace())
    }

    fn standing(event: &IdCardEvent) -> Option<Standing> {
        match event {
            IdCardEvent::Up => Some(Standing::Good),
            IdCardEvent::Down(fault) => Some(Standing::bad(*fault)),
            IdCardEvent::ReadFailed(fault) => Some(Standing::Failed(fault.code())),
            IdCardEvent::Card(_) | IdCardEvent::Removed => None,
        }
    }

    fn beside(event: &IdCardEvent) -> Option<Event> {
        match event {
            IdCardEvent::Card(card) => Some(Event::Laid(Laid::Read(card.kind.code()))),
            IdCardEvent::ReadFailed(fault) => Some(Event::Laid(Laid::Failed(fault.code()))),
            _ => None,
        }
    }

    fn translate(event: IdCardEvent) -> Option<Event> {
        match event {
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
}

impl Driver for PrinterHandle {
    type Event = PrinterEvent;
    type Order = Never;

    async fn next(&mut self) -> Option<PrinterEvent> {
        self.events.recv().await
    }

    fn order(&self, order: Never) {
        match order {}
    }

    fn trace(&self) -> Vec<TraceLine> {
        lines(self.trace())
    }

    fn standing(event: &PrinterEvent) -> Option<Standing> {
        match event {
            PrinterEvent::Down(fault) => Some(Standing::bad(*fault)),
            PrinterEvent::Status(status) => {
                Some(status.blocking_fault().map_or(Standing::Good, Standing::bad))
            }
            PrinterEvent::Failed { fault, .. } => Some(Standing::Failed(fault.code())),
            _ => None,
        }
    }

    fn tell(event: &PrinterEvent, live: &mut Live) {
        live.printer_told(event);
    }

    fn translate(event: PrinterEvent) -> Option<Event> {
        from_printer(event)
    }
}

/// The doors, with the light and the buzzer that follow them.
struct Doors {
    lock: LockHandle,
    signals: Signals,
}

impl Driver for Doors {
    type Event = LockEvent;
    type Order = Never;

    async fn next(&mut self) -> Option<LockEvent> {
        let told = self.lock.events.recv().await;
        if let Some(LockEvent::State { door, open }) = told {
            self.signals.door(door, open);
        }
        told
    }

    fn order(&self, order: Never) {
        match order {}
    }

    fn trace(&self) -> Vec<TraceLine> {
        lines(self.lock.trace())
    }

    fn standing(event: &LockEvent) -> Option<Standing> {
        match event {
            LockEvent::Up => Some(Standing::Good),
            LockEvent::Down(fault) => Some(Standing::bad(*fault)),
            LockEvent::BoardDown { .. } => Some(Standing::Failed("board_silent")),
            LockEvent::BusDown { fault, .. } => Some(Standing::Failed(fault.code())),
            LockEvent::OpenFailed { fault, .. } => Some(Standing::Failed(fault.code())),
            _ => None,
        }
    }

    fn tell(event: &LockEvent, live: &mut Live) {
        live.lock_told(event);
    }

    fn translate(event: LockEvent) -> Option<Event> {
        from_lock(event)
    }
}

/// A card whose number is no number was read badly, or is a document that backend and declaration do not know.
fn from_card(card: &IdCard) -> Event {
    let valid_until = match card.valid_until {
        ValidUntil::LongTerm => None,
        ValidUntil::Date(day) => Some(format!("{:04}{:02}{:02}", day.year, day.month, day.day)),
    };
    match card.id_number.reveal().parse() {
        Ok(number) => Event::Card(Box::new(Card { number, valid_until })),
        Err(_) => {
            tracing::info!(kind = card.kind.code(), "a document's number cannot be used here");
            Event::OtherDocument
        }
    }
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
        LockEvent::BoardUp { bus, board } => {
            tracing::info!(bus, board, "a lock board answers");
            None
        }
        LockEvent::BoardDown { bus, board } => {
            tracing::warn!(bus, board, "a lock board does not answer");
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
