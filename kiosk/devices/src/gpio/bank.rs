//! A bank of relays and contacts as one more bus of locks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::backend::{BackendContacts, HelperRelays};
use super::pins::{Contacts, PulseError, Relays};
use super::{Debounce, GpioSettings};
use crate::DeviceFault;
use crate::lock::{
    self, Ack, BoardConfig, BoardStatus, Boards, LockConfig, LockHandle, Looked, Opener, PulseFailed,
    PulseLength,
};
use crate::port::{End, millis};

/// A contact that keeps bouncing is looked at for no longer.
const LOOKS: u32 = 8;
/// A bank whose pins cannot be read so many times is opened anew.
const BAD_READS: u8 = 3;

/// Relays and contacts that belong together.
#[derive(Debug)]
pub struct Bank<R, C> {
    relays: R,
    contacts: C,
    settings: GpioSettings,
    pulse: PulseLength,
    settling: BTreeMap<u8, Debounce>,
    rests_until: BTreeMap<u8, Instant>,
    bad_reads: u8,
}

impl<R: Relays, C: Contacts> Bank<R, C> {
    /// Switches all relays off and takes the bank into use.
    ///
    /// # Errors
    /// `PortUnavailable` when a relay cannot be switched off: such a bank is not used.
    pub fn start(mut relays: R, contacts: C, config: &LockConfig) -> Result<Self, DeviceFault> {
        if let Err(error) = relays.all_off() {
            tracing::debug!("the relays cannot be switched off: {error}");
            return Err(DeviceFault::PortUnavailable);
        }
        let (settings, pulse) = (config.gpio.clone(), config.pulse_ms);
        let (settling, rests_until) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { relays, contacts, settings, pulse, settling, rests_until, bad_reads: 0 })
    }

    /// Reads contacts until all have settled; none when one cannot be read.
    async fn read(&mut self, channels: &[u8], limit: Duration) -> Option<BoardStatus> {
        let settle = millis(self.settings.debounce_ms);
        let step = (settle / 4).max(Duration::from_millis(1));
        let began = Instant::now();
        loop {
            let mut moving = false;
            for channel in channels {
                let level = self.contacts.is_shorted(*channel).ok()?;
                let contact = self.settling.entry(*channel).or_insert(Debounce::new(settle));
                contact.sample(level, Instant::now());
                moving |= contact.is_moving();
            }
            if !moving || began.elapsed() > (settle * LOOKS).min(limit) {
                break;
            }
            tokio::time::sleep(step).await;
        }
        let mut status = BoardStatus::default();
        for (channel, contact) in &self.settling {
            contact.steady().into_iter().for_each(|bit| status.tell(*channel, bit));
        }
        Some(status)
    }
}

impl<R: Relays, C: Contacts> Boards for Bank<R, C> {
    async fn look(&mut self, _board: &BoardConfig, channels: &[u8], limit: Duration) -> Result<Looked, End> {
        let status = self.read(channels, limit).await;
        self.bad_reads = if status.is_some() { 0 } else { self.bad_reads.saturating_add(1) };
        if self.bad_reads >= BAD_READS {
            return Err(End::Lost(DeviceFault::PortLost));
        }
        Ok(Looked { status, echo_found: false })
    }

    fn forget(&mut self, _board: u8) {
        self.settling.clear();
    }

    async fn pulse(&mut self, _board: &BoardConfig, channel: u8) -> Result<(), PulseFailed> {
        let now = Instant::now();
        if self.rests_until.get(&channel).is_some_and(|until| now < *until) {
            return Err(PulseFailed::NotDone(DeviceFault::Busy));
        }
        let rests_until = now + self.pulse.duration() + millis(self.settings.cooldown_ms);
        self.rests_until.insert(channel, rests_until);
        self.relays.pulse(channel, self.pulse).await.map_err(|error| {
            tracing::debug!(channel, "a pulse failed: {error}");
            match error {
                PulseError::NotDone(_) => PulseFailed::NotDone(DeviceFault::PortUnavailable),
                PulseError::Unknown(_) => PulseFailed::Unknown(DeviceFault::PortLost),
            }
        })
    }

    async fn acknowledgement(
        &mut self,
        _board: &BoardConfig,
        _channel: u8,
        _limit: Duration,
    ) -> Result<Option<Ack>, End> {
        Ok(None)
    }

    async fn watch(&mut self) -> End {
        std::future::pending().await
    }
}

/// Opens a bank by a function that makes its pins.
struct Maker<F>(F);

impl<R: Relays, C: Contacts, F> Opener for Maker<F>
where
    F: FnMut() -> Result<Bank<R, C>, DeviceFault> + Send + 'static,
{
    type Boards = Bank<R, C>;

    async fn open(&mut self) -> Result<Bank<R, C>, DeviceFault> {
        (self.0)()
    }
}

/// Starts the driver on a bank of any pins; `make` is asked at the start and whenever the pins were lost.
pub fn spawn_on<R: Relays, C: Contacts>(
    config: LockConfig,
    make: impl FnMut() -> Result<Bank<R, C>, DeviceFault> + Send + 'static,
) -> LockHandle {
    lock::start(config, Maker(make))
}

/// Opens the pins that a configuration names.
pub(crate) struct Pins(LockConfig);

impl Pins {
    pub(crate) fn new(config: &LockConfig) -> Self {
        Self(config.clone())
    }
}

impl Opener for Pins {
    type Boards = Bank<HelperRelays, BackendContacts>;

    async fn open(&mut self) -> Result<Self::Boards, DeviceFault> {
        let contacts = BackendContacts::open(&self.0.gpio).map_err(|error| {
            tracing::debug!("the contacts cannot be had: {error}");
            DeviceFault::PortUnavailable
        })?;
        Bank::start(HelperRelays::new(&self.0.gpio), contacts, &self.0)
    }
}
