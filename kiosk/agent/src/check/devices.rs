//! Each device is tried by its own driver, as the kiosk would use it. Nothing moves and nothing is printed.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::idcard::{self, IdCardEvent};
use pickup_devices::lock::{self, LockEvent};
use pickup_devices::printer::{self, Paper, PrinterEvent, PrinterStatus};
use pickup_devices::scanner::{self, ScannerEvent};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

use super::{Finding, Grade};
use crate::config::Config;

/// A device that has said nothing by then does not answer.
const WITHIN: Duration = Duration::from_secs(5);
/// A module that does not know a setting is found out a little after it came up.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// All of them at once.
pub async fn all(config: &Config) -> Vec<Finding> {
    let (scanner, reader, printer, lock) =
        tokio::join!(scanner(config), reader(config), printer(config), lock(config));
    let mut found = vec![scanner, reader, printer];
    found.extend(lock);
    found
}

/// What an event decides, or `None` when more must be heard.
async fn first<E, T>(events: &mut Receiver<E>, mut decide: impl FnMut(E) -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + WITHIN;
    while let Ok(Some(event)) = timeout_at(deadline, events.recv()).await {
        if let Some(decided) = decide(event) {
            return Some(decided);
        }
    }
    None
}

fn down(subject: &'static str, port: &Path, fault: DeviceFault) -> Finding {
    Finding::new(subject, Grade::Bad, fault.code(), format!("{}: {fault}", shown(port)))
}

fn silent(subject: &'static str, port: &Path) -> Finding {
    down(subject, port, DeviceFault::NoAnswer)
}

fn shown(port: &Path) -> String {
    if port.as_os_str().is_empty() { "no port is set".to_owned() } else { port.display().to_string() }
}

fn last<T: Debug>(trace: &[pickup_devices::TraceEntry<T>]) -> String {
    trace.last().map(|entry| format!(" (last: {:?})", entry.event)).unwrap_or_default()
}

async fn scanner(config: &Config) -> Finding {
    let port = &config.scanner.port;
    let mut driver = scanner::spawn(config.scanner.clone());
    let up = first(&mut driver.events, |event| match event {
        ScannerEvent::Up => Some(Ok(())),
        ScannerEvent::Down(fault) => Some(Err(fault)),
        ScannerEvent::Code(_) => None,
    });
    match up.await {
        Some(Ok(())) => {
            // Down again at once: the port is there, the module is not.
            let deadline = Instant::now() + SETTLED_AFTER;
            while let Ok(Some(event)) = timeout_at(deadline, driver.events.recv()).await {
                if let ScannerEvent::Down(fault) = event {
                    return down("scanner", port, fault);
                }
            }
            let text = format!(
                "{}: the port is open and the scanner is ready{}",
                shown(port),
                last(&driver.trace())
            );
            Finding::good("scanner", text)
        }
        Some(Err(fault)) => down("scanner", port, fault),
        None => silent("scanner", port),
    }
}

async fn reader(config: &Config) -> Finding {
    let port = &config.idcard.port;
    let mut driver = idcard::spawn(config.idcard.clone());
    let up = first(&mut driver.events, |event| match event {
        IdCardEvent::Up => Some(Ok(())),
        IdCardEvent::Down(fault) => Some(Err(fault)),
        _ => None,
    });
    match up.await {
        Some(Ok(())) => {
            Finding::good("idcard", format!("{}: the reader answers{}", shown(port), last(&driver.trace())))
        }
        Some(Err(fault)) => down("idcard", port, fault),
        None => silent("idcard", port),
    }
}

async fn printer(config: &Config) -> Finding {
    let port = &config.printer.port;
    let mut driver = printer::spawn(config.printer.clone());
    let status = first(&mut driver.events, |event| match event {
        PrinterEvent::Status(status) => Some(Ok(status)),
        PrinterEvent::Down(fault) => Some(Err(fault)),
        _ => None,
    });
    match status.await {
        Some(Ok(status)) => of_status(&shown(port), &status),
        Some(Err(fault)) => down("printer", port, fault),
        None => silent("printer", port),
    }
}

fn of_status(port: &str, status: &PrinterStatus) -> Finding {
    if let Some(fault) = status.blocking_fault() {
        return Finding::new("printer", Grade::Bad, fault.code(), format!("{port}: {fault}"));
    }
    if status.paper == Paper::NearEnd {
        let text = format!("{port}: the printer is ready; the paper is nearly used up: put in a new roll");
        return Finding::new("printer", Grade::Look, "paper_near_end", text);
    }
    Finding::good("printer", format!("{port}: the printer is ready and has paper"))
}

/// Whether each door that was heard of is open; a door that is not there was not heard of.
type Doors = BTreeMap<u16, bool>;

async fn lock(config: &Config) -> Vec<Finding> {
    let port = &lock_ports(config);
    let numbers: Vec<u16> = config.lock.doors.iter().map(|door| door.door).collect();
    let mut driver = lock::spawn_all(config.lock.driver());
    let (mut doors, mut silent_boards, mut fault) = (Doors::new(), Vec::new(), None);
    let mut silent_buses = Vec::new();
    first(&mut driver.events, |event| {
        match event {
            LockEvent::State { door, open } => drop(doors.insert(door, open)),
            LockEvent::Opened { door } => drop(doors.insert(door, true)),
            LockEvent::Closed { door } => drop(doors.insert(door, false)),
            LockEvent::BoardDown { bus, board } => silent_boards.push((bus, board)),
            LockEvent::BoardUp { bus, board } => silent_boards.retain(|silent| *silent != (bus, board)),
            LockEvent::Down(why) => fault = Some(why),
            LockEvent::Up => fault = None,
            LockEvent::BusDown { bus, fault } => silent_buses.push((bus, fault)),
            LockEvent::BusUp { bus } => silent_buses.retain(|(silent, _)| *silent != bus),
            LockEvent::OpenFailed { .. } => {}
        }
        let done = fault.is_some() || numbers.iter().all(|door| doors.contains_key(door));
        done.then_some(())
    })
    .await;
    if let Some(fault) = fault {
        return vec![down("lock", port, fault)];
    }
    let mut found: Vec<Finding> = silent_boards
        .into_iter()
        .map(|(bus, board)| {
            let text = format!(
                "bus {bus}, board {board} does not answer: check its power, its address and its line"
            );
            Finding::new("lock", Grade::Bad, "board_silent", text)
        })
        .collect();
    found.extend(silent_buses.into_iter().map(|(bus, fault): (usize, DeviceFault)| {
        Finding::new("lock", Grade::Bad, fault.code(), format!("bus {bus}: {fault}"))
    }));
    found.push(of_doors(&shown(port), &numbers, &doors));
    found
}

fn lock_ports(config: &Config) -> PathBuf {
    let ports: Vec<String> = config
        .lock
        .driver()
        .iter()
        .map(|bus| bus.port.display().to_string())
        .filter(|port| !port.is_empty())
        .collect();
    PathBuf::from(ports.join(", "))
}

fn of_doors(port: &str, numbers: &[u16], doors: &Doors) -> Finding {
    let named = |wanted: &dyn Fn(Option<bool>) -> bool| {
        let some = numbers.iter().filter(|door| wanted(doors.get(door).copied())).map(u16::to_string);
        some.collect::<Vec<_>>().join(", ")
    };
    let (unknown, open) = (named(&|state| state.is_none()), named(&|state| state == Some(true)));
    if !unknown.is_empty() {
        let text = format!("{port}: nobody knows how these doors stand: {unknown}");
        return Finding::new("doors", Grade::Bad, "doors_unknown", text);
    }
    if open.is_empty() {
        return Finding::good("doors", format!("{port}: all {} doors are shut", numbers.len()));
    }
    if doors.values().all(|open| *open) {
        let text =
            format!("{port}: every door reads open; shut them, or `pickup-kiosk doors` finds the polarity");
        return Finding::new("doors", Grade::Look, "doors_all_open", text);
    }
    let text = format!("{port}: these doors are open, all others shut: {open}");
    Finding::new("doors", Grade::Look, "doors_open", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_that_stands_open_and_one_that_is_not_heard_of_are_named() {
        let doors = |states: &[(u16, bool)]| states.iter().copied().collect::<Doors>();
        let found = of_doors("p", &[1, 2, 3], &doors(&[(1, false), (2, true), (3, false)]));
        assert_eq!((found.grade, found.code), (Grade::Look, "doors_open"));
        assert!(found.text.ends_with("shut: 2"), "{}", found.text);
        let found = of_doors("p", &[1, 2, 3], &doors(&[(1, false)]));
        assert_eq!((found.grade, found.code), (Grade::Bad, "doors_unknown"));
        assert!(found.text.ends_with("stand: 2, 3"), "{}", found.text);
        assert_eq!(of_doors("p", &[1], &doors(&[(1, true)])).code, "doors_all_open");
        assert_eq!(of_doors("p", &[1], &doors(&[(1, false)])).grade, Grade::Good);
    }

    #[test]
    fn paper_that_runs_out_is_no_fault_yet() {
        let ready = PrinterStatus { online: true, ..PrinterStatus::default() };
        assert_eq!(of_status("p", &ready).grade, Grade::Good);
        assert_eq!(of_status("p", &PrinterStatus { paper: Paper::NearEnd, ..ready }).grade, Grade::Look);
        assert_eq!(of_status("p", &PrinterStatus { paper: Paper::Out, ..ready }).code, "paper_out");
    }
}
