//! The task that owns the scanner's port.

use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{sleep, sleep_until, timeout_at};

use super::framer::{Framer, Item};
use super::gm65::{self, Reply};
use super::{ScannerConfig, ScannerEvent, ScannerKind, ScannerTrace, ZoneSetting, triggers};
use crate::DeviceFault;
use crate::port::{Backoff, Connector, End, Reporter, drain, millis, received, write_frame};
use crate::trace::TraceRing;

pub(super) async fn run<C: Connector>(
    config: ScannerConfig,
    mut connector: C,
    reporter: Reporter<ScannerEvent>,
    trace: TraceRing<ScannerTrace>,
) {
    let mut baud = own_baud(&config);
    let framer = Framer::new(config.kind.replies(), config.terminator, config.max_code);
    let mut scanner = Scanner { config, reporter, trace, framer };
    let mut backoff = Backoff::new();
    loop {
        let began = Instant::now();
        let end = scanner.connection(&mut connector, &mut baud).await;
        let Err(End::Lost(fault)) = end else { return };
        scanner.trace.note(ScannerTrace::Lost(fault));
        if scanner.reporter.down(fault).await.is_err() {
            return;
        }
        tokio::select! {
            () = scanner.reporter.closed() => return,
            () = sleep(backoff.pause_after(began.elapsed())) => {}
        }
    }
}

fn own_baud(config: &ScannerConfig) -> u32 {
    config.baud.unwrap_or(config.kind.default_baud())
}

/// Whether the module takes part in being set up.
#[derive(Debug, PartialEq, Eq)]
enum Setup {
    Done,
    Silent,
}

struct Scanner {
    config: ScannerConfig,
    reporter: Reporter<ScannerEvent>,
    trace: TraceRing<ScannerTrace>,
    framer: Framer,
}

impl Scanner {
    async fn connection<C: Connector>(&mut self, connector: &mut C, baud: &mut u32) -> Result<(), End> {
        let mut line = self.open(connector, *baud).await?;
        // Codes read while nobody listened belong to nobody who is still there.
        drain(&mut line).await?;
        if self.config.kind == ScannerKind::Gm65
            && self.set_up(&mut line).await? == Setup::Silent
            && let Some(other) = self.other_baud(*baud)
        {
            drop(line);
            line = self.open(connector, other).await?;
            if self.set_up(&mut line).await? == Setup::Done {
                *baud = other;
            } else {
                drop(line);
                line = self.open(connector, *baud).await?;
            }
        }
        self.reporter.up().await?;
        self.listen(&mut line).await
    }

    async fn open<C: Connector>(&mut self, connector: &mut C, baud: u32) -> Result<C::Io, End> {
        let line = connector.connect(baud).await.map_err(|_| End::Lost(DeviceFault::PortUnavailable))?;
        self.framer = Framer::new(self.config.kind.replies(), self.config.terminator, self.config.max_code);
        self.trace.note(ScannerTrace::Opened(baud));
        Ok(line)
    }

    fn other_baud(&self, current: u32) -> Option<u32> {
        [Some(own_baud(&self.config)), self.config.alternate_baud]
            .into_iter()
            .flatten()
            .find(|&baud| baud != current)
    }

    /// Reads each setting, writes the ones that differ, and saves only if one did.
    async fn set_up<L>(&mut self, line: &mut L) -> Result<Setup, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let mut changed = false;
        for setting in self.config.settings.clone() {
            let Some(reply) = self.ask(line, &gm65::read_zone(setting.address, 1)).await? else {
                self.trace.note(ScannerTrace::Silent);
                return Ok(Setup::Silent);
            };
            changed |= self.correct(line, setting, &reply).await?;
        }
        if changed {
            self.ask(line, &gm65::SAVE).await?;
        }
        Ok(Setup::Done)
    }

    async fn correct<L>(&mut self, line: &mut L, setting: ZoneSetting, read: &Reply) -> Result<bool, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let (0, Some(&current)) = (read.status, read.data.first()) else {
            self.trace.note(ScannerTrace::SettingRefused(setting.address, read.status));
            return Ok(false);
        };
        let wanted = (current & !setting.mask) | (setting.value & setting.mask);
        if wanted == current {
            return Ok(false);
        }
        match self.ask(line, &gm65::write_zone(setting.address, wanted)).await? {
            Some(reply) if reply.status == 0 => {
                self.trace.note(ScannerTrace::SettingChanged(setting));
                Ok(true)
            }
            Some(reply) => {
                self.trace.note(ScannerTrace::SettingRefused(setting.address, reply.status));
                Ok(false)
            }
            None => Ok(false),
        }
    }

    /// Sends a request and waits for its reply; codes that arrive meanwhile are reported as ever.
    async fn ask<L>(&mut self, line: &mut L, request: &[u8]) -> Result<Option<Reply>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let limit = millis(self.config.answer_ms);
        self.catch_up(line).await?;
        write_frame(line, request, limit).await?;
        let deadline = tokio::time::Instant::now() + limit;
        let mut buffer = [0_u8; 512];
        loop {
            let Ok(result) = timeout_at(deadline, line.read(&mut buffer)).await else { return Ok(None) };
            let mut found = Vec::new();
            self.framer.push(received(result, &buffer)?, &mut found);
            if let Some(reply) = self.report(found)? {
                return Ok(Some(reply));
            }
        }
    }

    /// Takes in what has already arrived, so that the late answer to one request is not taken for that to the next.
    async fn catch_up<L: AsyncRead + Unpin>(&mut self, line: &mut L) -> Result<(), End> {
        let mut buffer = [0_u8; 512];
        for _ in 0..128 {
            let result = tokio::select! {
                biased;
                result = line.read(&mut buffer) => result,
                () = std::future::ready(()) => break,
            };
            let mut found = Vec::new();
            self.framer.push(received(result, &buffer)?, &mut found);
            self.report(found)?;
        }
        Ok(())
    }

    async fn listen<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: &mut L) -> Result<(), End> {
        let silence = millis(self.config.silence_ms);
        let (every, limit) = (millis(self.config.trigger_ms), millis(self.config.answer_ms));
        let orders = triggers::orders(self.config.kind).filter(|_| !every.is_zero());
        let mut due = tokio::time::Instant::now();
        let mut buffer = [0_u8; 512];
        loop {
            let mut found = Vec::new();
            tokio::select! {
                () = self.reporter.closed() => {
                    if let Some((_, stop)) = orders {
                        write_frame(line, stop, limit).await?;
                    }
                    return Err(End::Gone);
                }
                result = line.read(&mut buffer) => self.framer.push(received(result, &buffer)?, &mut found),
                () = sleep(silence), if self.framer.has_begun() => self.framer.silence(&mut found),
                () = sleep_until(due), if orders.is_some() => {
                    if let Some((start, _)) = orders {
                        write_frame(line, start, limit).await?;
                    }
                    due = tokio::time::Instant::now() + every;
                }
            }
            if found.iter().any(|item| matches!(item, Item::Code(_))) {
                // The module stops at a code; it is told to go on.
                due = tokio::time::Instant::now();
            }
            if let Some(reply) = self.report(found)?.filter(|reply| orders.is_some() && reply.status != 0) {
                self.trace.note(ScannerTrace::OrderRefused(reply.status));
            }
        }
    }

    /// Reports the codes among what was found; returns the last reply.
    fn report(&mut self, found: Vec<Item>) -> Result<Option<Reply>, End> {
        let mut last = None;
        for item in found {
            match item {
                Item::Reply(reply) => last = Some(reply),
                Item::TooLong => self.trace.note(ScannerTrace::TooLong),
                Item::Code(code) => {
                    self.trace.note(ScannerTrace::Code(code.len()));
                    if !self.reporter.offer(ScannerEvent::Code(code))? {
                        self.trace.note(ScannerTrace::Overrun);
                    }
                }
            }
        }
        Ok(last)
    }
}
