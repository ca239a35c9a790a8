//! What systemd is told: that the kiosk is ready, how it goes on, and that no part of it stands still.
//!
//! The sign of life is sent only while the session's loop, the journal's thread and the screen's thread have all answered
//! lately; otherwise systemd ends the program and starts it again, which is a power cut like any other. The board's own
//! watchdog is left to systemd (`RuntimeWatchdogSec`), which needs this program for nothing.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use pickup_ui::UiCommand;
use tokio::time::sleep;

use crate::journal::Journal;
use crate::pulse::{Part, Pulse};

/// How often the state is told when no sign of life is wanted.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// The service manager, if there is one.
#[derive(Debug)]
pub struct Supervisor {
    socket: UnixDatagram,
    to: SocketAddr,
    /// A sign of life is wanted within this time.
    within: Option<Duration>,
}

impl Supervisor {
    /// The one that the environment names, as systemd sets it.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let within = number("WATCHDOG_USEC").map(Duration::from_micros);
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        Self::at(&std::env::var_os("NOTIFY_SOCKET")?, within.filter(|_| ours))
    }

    /// The one at this address: a path, or an abstract name after `@`.
    fn at(address: &OsStr, within: Option<Duration>) -> Option<Self> {
        let to = match address.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(address),
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, to: to.ok()?, within: within.filter(|within| !within.is_zero()) })
    }

    /// Says something, such as `READY=1`. A manager that does not listen is not waited for.
    pub fn say(&self, what: &str) {
        if let Err(error) = self.socket.send_to_addr(what.as_bytes(), &self.to) {
            tracing::debug!(%error, what, "the service manager does not listen");
        }
    }

    /// Tells for ever how the kiosk goes on. Before a kiosk is paired there is no journal.
    pub async fn keep(
        self: Arc<Self>,
        pulse: Arc<Pulse>,
        journal: Option<Journal>,
        screen: Sender<UiCommand>,
    ) {
        let every = self.within.map_or(TOLD_EVERY, |within| within / 4);
        loop {
            let answering = Arc::clone(&pulse);
            if let Some(journal) = &journal {
                journal.answer(move || answering.answered(Part::Journal));
            }
            if self.within.is_some() {
                let _ = screen.send(UiCommand::Refresh);
            }
            sleep(every).await;
            self.tell(&pulse);
        }
    }

    fn tell(&self, pulse: &Pulse) {
        let mut text = format!("STATUS={}", pulse.in_words());
        if let Some(within) = self.within {
            match pulse.stands_still(within) {
                None => text.push_str("\nWATCHDOG=1"),
                Some(part) => tracing::error!(?part, "stands still: no sign of life is sent"),
            }
        }
        self.say(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let count = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    }

    #[test]
    fn a_sign_of_life_is_sent_only_while_every_part_answers() {
        let name = format!("pickup-watchdog-{}", uuid::Uuid::new_v4());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let within = Duration::from_millis(80);
        let supervisor = Supervisor::at(OsStr::new(&format!("@{name}")), Some(within)).unwrap();
        let pulse = Pulse::default();
        supervisor.tell(&pulse);
        assert!(heard(&manager).ends_with("WATCHDOG=1"));
        for silent in Part::ALL {
            let until = std::time::Instant::now() + within * 2;
            while std::time::Instant::now() < until {
                Part::ALL.into_iter().filter(|part| *part != silent).for_each(|part| pulse.answered(part));
                std::thread::yield_now();
            }
            supervisor.tell(&pulse);
            let said = heard(&manager);
            assert!(said.starts_with("STATUS=") && !said.contains("WATCHDOG"), "{silent:?}: {said}");
            pulse.answered(silent);
        }
    }
}
