//! The task that owns the printer's port.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::escpos::{PUSH_STATUS, status_request};
use super::job::start_up;
use super::status::{PrinterStatus, Reply, ReplyParser};
use super::{PrintJob, PrinterConfig, PrinterEvent, PrinterTrace};
use crate::DeviceFault;
use crate::port::{Backoff, Connector, End, Reporter, drain, millis, received, write_frame};
use crate::trace::TraceRing;

/// So many status requests without an answer mean that the printer is down.
const MISSES: u8 = 3;

pub(super) async fn run<C: Connector>(
    config: PrinterConfig,
    mut connector: C,
    reporter: Reporter<PrinterEvent>,
    orders: mpsc::Receiver<PrintJob>,
    in_flight: Arc<AtomicBool>,
    trace: TraceRing<PrinterTrace>,
) {
    let mut printer = Printer {
        config,
        reporter,
        orders,
        in_flight,
        trace,
        status: PrinterStatus::default(),
        told: None,
        pushes: false,
        stopped: false,
        misses: 0,
        current: None,
        unknown: None,
        completed: false,
        answers_completion: None,
        sent: 0,
        half_printed: false,
        leftovers: Vec::new(),
    };
    let mut backoff = Backoff::new();
    loop {
        let began = std::time::Instant::now();
        let end = match connector.connect(printer.config.baud).await {
            Ok(line) => printer.serve(line).await,
            Err(_) => Err(End::Lost(DeviceFault::PortUnavailable)),
        };
        let Err(End::Lost(fault)) = end else { return };
        if printer.lost(fault, backoff.pause_after(began.elapsed())).await.is_err() {
            return;
        }
    }
}

/// Both directions of an open line.
pub(super) struct Link<L> {
    pub(super) from: ReadHalf<L>,
    pub(super) to: WriteHalf<L>,
    pub(super) parser: ReplyParser,
}

impl<L: AsyncRead + AsyncWrite + Unpin> Link<L> {
    fn new(line: L) -> Self {
        let (from, to) = tokio::io::split(line);
        Self { from, to, parser: ReplyParser::default() }
    }

    /// Nothing is lost when this is dropped before it is done.
    pub(super) async fn receive(&mut self) -> Result<Vec<Reply>, End> {
        receive(&mut self.from, &mut self.parser).await
    }
}

pub(super) async fn receive<R: AsyncRead + Unpin>(
    from: &mut R,
    parser: &mut ReplyParser,
) -> Result<Vec<Reply>, End> {
    let mut buffer = [0_u8; 256];
    let result = from.read(&mut buffer).await;
    Ok(received(result, &buffer)?.iter().filter_map(|&byte| parser.push(byte)).collect())
}

/// What ended a pause.
enum Wake {
    Turn,
    Order(PrintJob),
}

pub(super) struct Printer {
    pub(super) config: PrinterConfig,
    pub(super) reporter: Reporter<PrinterEvent>,
    pub(super) orders: mpsc::Receiver<PrintJob>,
    pub(super) in_flight: Arc<AtomicBool>,
    pub(super) trace: TraceRing<PrinterTrace>,
    pub(super) status: PrinterStatus,
    /// The state last told, since the printer is up.
    pub(super) told: Option<PrinterStatus>,
    /// The printer has pushed its status on this line.
    pub(super) pushes: bool,
    /// The printer asked to stop sending.
    pub(super) stopped: bool,
    pub(super) misses: u8,
    /// The id of the slip that is being printed.
    pub(super) current: Option<[u8; 4]>,
    /// The last slip whose outcome is unknown.
    pub(super) unknown: Option<([u8; 4], u64)>,
    /// The printer said that the current slip is complete.
    pub(super) completed: bool,
    /// Whether the printer answers the question for completion, once that was found out on this line.
    pub(super) answers_completion: Option<bool>,
    /// Bytes of the current slip that were handed over.
    pub(super) sent: usize,
    /// The line was lost while a slip was on its way to the paper, and it was not cut off yet.
    pub(super) half_printed: bool,
    /// What must be sent before the next slip.
    pub(super) leftovers: Vec<u8>,
}

impl Printer {
    async fn serve<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: L) -> Result<(), End> {
        let mut link = Link::new(line);
        // Answers to what an earlier process asked.
        drain(&mut link.from).await?;
        self.trace.note(PrinterTrace::Opened);
        (self.told, self.pushes, self.stopped, self.misses) = (None, false, false, 0);
        self.answers_completion = None;
        let cut = self.half_printed.then_some(self.config.cut);
        self.leftovers = start_up(self.config.dots, self.config.band_rows, cut);
        write_frame(&mut link.to, &PUSH_STATUS, self.answer_limit()).await?;
        loop {
            let answered = self.ask_status(&mut link, self.answer_limit()).await?;
            self.note_health(answered).await?;
            if answered && self.send_leftovers(&mut link).await? {
                self.find_out_completion(&mut link).await?;
            }
            if let Wake::Order(job) = self.pause(&mut link).await? {
                self.print(&mut link, job).await?;
            }
        }
    }

    /// Tells of the loss, then waits, answering orders, until the next attempt.
    async fn lost(&mut self, fault: DeviceFault, pause: Duration) -> Result<(), End> {
        self.trace.note(PrinterTrace::Lost(fault));
        self.reporter.down(fault).await?;
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                () = self.reporter.closed() => return Err(End::Gone),
                () = sleep_until(until) => return Ok(()),
                order = self.orders.recv() => {
                    let job = order.ok_or(End::Gone)?;
                    self.refuse(&job, fault).await?;
                }
            }
        }
    }

    async fn pause<L: AsyncRead + AsyncWrite + Unpin>(&mut self, link: &mut Link<L>) -> Result<Wake, End> {
        let poll_ms = if self.reporter.is_up() { self.config.poll_ms } else { self.config.answer_ms };
        let turn = sleep(millis(poll_ms));
        tokio::pin!(turn);
        loop {
            let blocked = self.status.blocking_fault().is_some();
            tokio::select! {
                () = self.reporter.closed() => return Err(End::Gone),
                order = self.orders.recv() => return order.map(Wake::Order).ok_or(End::Gone),
                replies = link.receive() => {
                    self.absorb(replies?).await?;
                    // Clean again: what is owed can be sent now.
                    if blocked && self.status.blocking_fault().is_none() {
                        return Ok(Wake::Turn);
                    }
                }
                () = &mut turn => return Ok(Wake::Turn),
            }
        }
    }

    pub(super) async fn note_health(&mut self, answered: bool) -> Result<(), End> {
        if answered {
            self.misses = 0;
            self.reporter.up().await?;
            return self.tell_status().await;
        }
        self.trace.note(PrinterTrace::Silent);
        self.misses = self.misses.saturating_add(1);
        if self.misses >= MISSES {
            self.told = None;
            self.reporter.down(DeviceFault::NoAnswer).await?;
        }
        Ok(())
    }

    async fn tell_status(&mut self) -> Result<(), End> {
        if self.reporter.is_up() && self.told != Some(self.status) {
            self.told = Some(self.status);
            self.trace.note(PrinterTrace::Status(self.status));
            self.reporter.send(PrinterEvent::Status(self.status)).await?;
        }
        Ok(())
    }

    /// Takes in what the printer said; returns the last answer to a status request.
    pub(super) async fn absorb(&mut self, replies: Vec<Reply>) -> Result<Option<u8>, End> {
        let (mut answer, mut noise) = (None, 0_usize);
        for reply in replies {
            match reply {
                Reply::Realtime(byte) => answer = Some(byte),
                Reply::Stop(stop) => self.stopped = stop,
                Reply::Noise(_) => noise = noise.saturating_add(1),
                Reply::Completed(id) => self.note_completed(id).await?,
                Reply::Pushed(bytes) => {
                    self.pushes = true;
                    self.status.apply_pushed(bytes);
                    self.tell_status().await?;
                }
            }
        }
        if noise > 0 {
            self.trace.note(PrinterTrace::Noise(noise));
        }
        Ok(answer)
    }

    async fn note_completed(&mut self, id: [u8; 4]) -> Result<(), End> {
        if self.current == Some(id) {
            self.completed = true;
        } else if let Some((_, job)) = self.unknown.take_if(|(unknown, _)| *unknown == id) {
            self.trace.note(PrinterTrace::Printed(job));
            self.reporter.send(PrinterEvent::PrintedLate { job }).await?;
        }
        Ok(())
    }

    /// Asks for all four status bytes, one after another; false when one is not answered.
    pub(super) async fn ask_status<L>(&mut self, link: &mut Link<L>, limit: Duration) -> Result<bool, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let mut answers = Vec::with_capacity(4);
        for n in 1..=4 {
            write_frame(&mut link.to, &status_request(n), limit).await?;
            let deadline = Instant::now() + limit;
            loop {
                let Ok(replies) = timeout_at(deadline, link.receive()).await else { return Ok(false) };
                if let Some(byte) = self.absorb(replies?).await? {
                    answers.push((n, byte));
                    break;
                }
            }
        }
        answers.into_iter().for_each(|(n, byte)| self.status.apply_realtime(n, byte));
        self.tell_status().await?;
        Ok(true)
    }

    pub(super) fn answer_limit(&self) -> Duration {
        millis(self.config.answer_ms)
    }
}
