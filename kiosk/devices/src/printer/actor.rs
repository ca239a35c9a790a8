//! The task that owns the printer's port.
//!
//! What happens to the leftovers when a slip fails half-way:
//!
//! - Nothing more of it is sent. The rest of the band that was begun is filled up with white, because until its end
//!   the printer takes every byte, orders too, for picture data.
//! - `DLE ENQ 2` first asks the printer to throw away what it holds. Printers obey it in some errors only; one that
//!   is out of paper mostly keeps its buffer. Then the part it holds comes out after the roll is changed, and the cut
//!   that follows the filling separates it from the next slip: no half slip is attached to a copy.
//! - When all rows were sent, the printer holds the whole slip. Then it is not thrown away but finished: it comes out
//!   whole, or not at all, and the answer to the question at its end is told as `PrintedLate`.
//! - A printer that takes no bytes gets the leftovers when its state is clean again, and no new slip before.
//! - After the line was lost, and at start, neither side knows where the other stands: the driver sends a band's worth
//!   of zeros, which ends any open band and is ignored otherwise, and `ESC @`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::escpos::{PUSH_STATUS, process_id, status_request};
use super::job::{JobBytes, start_up};
use super::status::{PrinterStatus, Reply, ReplyParser};
use super::{Completion, PrintFailure, PrintJob, PrintProgress, PrinterConfig, PrinterEvent, PrinterTrace};
use crate::DeviceFault;
use crate::port::{Backoff, Connector, End, Reporter, received, write_frame};
use crate::trace::TraceRing;

/// So many status requests without an answer mean that the printer is down.
const MISSES: u8 = 3;
/// A slip may be complete although the paper ends with it: the answer gets so long to arrive.
const GRACE: Duration = Duration::from_millis(250);
/// Pause between status requests while a slip prints, on printers that do not push their status.
const PRINTING_POLL: Duration = Duration::from_millis(300);

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
        sent: 0,
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
struct Link<L> {
    from: ReadHalf<L>,
    to: WriteHalf<L>,
    parser: ReplyParser,
}

impl<L: AsyncRead + AsyncWrite + Unpin> Link<L> {
    fn new(line: L) -> Self {
        let (from, to) = tokio::io::split(line);
        Self { from, to, parser: ReplyParser::default() }
    }

    /// Nothing is lost when this is dropped before it is done.
    async fn receive(&mut self) -> Result<Vec<Reply>, End> {
        receive(&mut self.from, &mut self.parser).await
    }
}

async fn receive<R: AsyncRead + Unpin>(from: &mut R, parser: &mut ReplyParser) -> Result<Vec<Reply>, End> {
    let mut buffer = [0_u8; 256];
    let result = from.read(&mut buffer).await;
    Ok(received(result, &buffer)?.iter().filter_map(|&byte| parser.push(byte)).collect())
}

/// What ended a pause.
enum Wake {
    Turn,
    Order(PrintJob),
}

struct Printer {
    config: PrinterConfig,
    reporter: Reporter<PrinterEvent>,
    orders: mpsc::Receiver<PrintJob>,
    in_flight: Arc<AtomicBool>,
    trace: TraceRing<PrinterTrace>,
    status: PrinterStatus,
    /// The state last told, since the printer is up.
    told: Option<PrinterStatus>,
    /// The printer has pushed its status on this line.
    pushes: bool,
    /// The printer asked to stop sending.
    stopped: bool,
    misses: u8,
    /// The id of the slip that is being printed.
    current: Option<[u8; 4]>,
    /// The last slip whose outcome is unknown.
    unknown: Option<([u8; 4], u64)>,
    /// The printer said that the current slip is complete.
    completed: bool,
    /// Bytes of the current slip that were handed over.
    sent: usize,
    /// What must be sent before the next slip.
    leftovers: Vec<u8>,
}

impl Printer {
    async fn serve<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: L) -> Result<(), End> {
        let mut link = Link::new(line);
        self.trace.note(PrinterTrace::Opened);
        (self.told, self.pushes, self.stopped, self.misses) = (None, false, false, 0);
        self.leftovers = start_up(self.config.dots, self.config.band_rows);
        write_frame(&mut link.to, &PUSH_STATUS, self.answer_limit()).await?;
        loop {
            let answered = self.ask_status(&mut link, self.answer_limit()).await?;
            self.note_health(answered).await?;
            if answered {
                self.send_leftovers(&mut link).await?;
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
        let turn = sleep(Duration::from_millis(poll_ms));
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

    async fn note_health(&mut self, answered: bool) -> Result<(), End> {
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
    async fn absorb(&mut self, replies: Vec<Reply>) -> Result<Option<u8>, End> {
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
    async fn ask_status<L>(&mut self, link: &mut Link<L>, limit: Duration) -> Result<bool, End>
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

    /// Sends what is owed if the printer can take it; true when nothing is owed any more.
    async fn send_leftovers<L>(&mut self, link: &mut Link<L>) -> Result<bool, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        if self.leftovers.is_empty() {
            return Ok(true);
        }
        if self.status.blocking_fault().is_some() {
            return Ok(false);
        }
        let limit = Duration::from_millis(self.config.stall_ms);
        let deadline = Instant::now() + limit;
        let mut leftovers = std::mem::take(&mut self.leftovers);
        let mut sent = 0_usize;
        let fault = self.send(link, &leftovers, &mut sent, deadline, false).await?;
        self.leftovers = leftovers.split_off(sent.min(leftovers.len()));
        if fault.is_none() {
            self.trace.note(PrinterTrace::Cleared);
        }
        Ok(fault.is_none())
    }

    async fn print<L>(&mut self, link: &mut Link<L>, job: PrintJob) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        match self.obstacle(link, &job).await {
            Ok(None) => {}
            Ok(Some(fault)) => return self.refuse(&job, fault).await,
            Err(End::Lost(fault)) => {
                self.refuse(&job, fault).await?;
                return Err(End::Lost(fault));
            }
            Err(End::Gone) => return Err(End::Gone),
        }
        let ask_completion = self.config.completion == Completion::ProcessId;
        let slip = JobBytes::new(&job, process_id(job.job), self.config.band_rows, ask_completion);
        self.trace.note(PrinterTrace::Sending(slip.job, slip.bytes.len()));
        (self.current, self.completed, self.sent) = (Some(slip.id), false, 0);
        let result = self.attempt(link, &slip).await;
        self.current = None;
        match result {
            Ok(None) => self.printed(slip.job).await,
            Ok(Some(fault)) => {
                self.leftovers = slip.leftovers(self.sent);
                self.give_up(&slip, fault).await?;
                self.clear_now(link).await
            }
            Err(End::Lost(fault)) => {
                self.give_up(&slip, fault).await?;
                Err(End::Lost(fault))
            }
            Err(End::Gone) => Err(End::Gone),
        }
    }

    /// Why the slip cannot be sent now.
    async fn obstacle<L>(&mut self, link: &mut Link<L>, job: &PrintJob) -> Result<Option<DeviceFault>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        if job.raster.width_dots() > self.config.dots {
            return Ok(Some(DeviceFault::Unfit));
        }
        let answered = self.ask_status(link, self.answer_limit()).await?;
        self.note_health(answered).await?;
        if !answered {
            return Ok(Some(DeviceFault::NoAnswer));
        }
        if let Some(fault) = self.status.blocking_fault() {
            return Ok(Some(fault));
        }
        let cleared = self.send_leftovers(link).await?;
        Ok((!cleared).then_some(DeviceFault::Busy))
    }

    /// Sends the slip and waits until it is complete; what came between, if something did.
    async fn attempt<L>(&mut self, link: &mut Link<L>, slip: &JobBytes) -> Result<Option<DeviceFault>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = Instant::now() + Duration::from_secs(3600);
        let mut sent = 0_usize;
        let result = self.send(link, &slip.bytes, &mut sent, deadline, true).await;
        self.sent = sent;
        if let Some(fault) = result? {
            return Ok(Some(fault));
        }
        self.trace.note(PrinterTrace::Sent(slip.job));
        self.await_completion(link).await
    }

    /// Sends bytes while listening; stops when the line is stuck or, if `watch`, at a fault that ends a slip.
    async fn send<L>(
        &mut self,
        link: &mut Link<L>,
        bytes: &[u8],
        sent: &mut usize,
        deadline: Instant,
        watch: bool,
    ) -> Result<Option<DeviceFault>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let stall = Duration::from_millis(self.config.stall_ms);
        let mut stuck_at = Instant::now() + stall;
        while let Some(rest) = bytes.get(*sent..).filter(|rest| !rest.is_empty()) {
            if let Some(fault) = self.slip_fault().filter(|_| watch) {
                return Ok(Some(fault));
            }
            let chunk = rest.get(..self.config.chunk_bytes.max(1)).unwrap_or(rest);
            tokio::select! {
                biased;
                replies = receive(&mut link.from, &mut link.parser) => {
                    self.absorb(replies?).await?;
                }
                written = link.to.write(chunk), if !self.stopped => match written {
                    Ok(count) if count > 0 => {
                        *sent = sent.saturating_add(count);
                        stuck_at = Instant::now() + stall;
                    }
                    _ => return Err(End::Lost(DeviceFault::PortLost)),
                },
                () = sleep_until(stuck_at.min(deadline)) => {
                    return Ok(Some(self.status.blocking_fault().unwrap_or(DeviceFault::Stalled)));
                }
            }
        }
        link.to.flush().await.map_err(|_| End::Lost(DeviceFault::PortLost))?;
        Ok(None)
    }

    async fn await_completion<L>(&mut self, link: &mut Link<L>) -> Result<Option<DeviceFault>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let sent_at = Instant::now();
        let mut deadline = sent_at + Duration::from_millis(self.config.print_ms);
        let mut broken = None;
        while !self.completed {
            if let Some(fault) = self.slip_fault().filter(|_| broken.is_none()) {
                broken = Some(fault);
                deadline = deadline.min(Instant::now() + GRACE);
            }
            if Instant::now() >= deadline {
                return Ok(Some(broken.or(self.status.blocking_fault()).unwrap_or(DeviceFault::NoAnswer)));
            }
            let mut listen_until = deadline;
            if broken.is_none() && (!self.pushes || self.config.completion != Completion::ProcessId) {
                self.poll_while_printing(link, sent_at).await?;
                listen_until = deadline.min(Instant::now() + PRINTING_POLL);
            }
            if !self.completed && (broken.is_some() || self.slip_fault().is_none()) {
                if let Ok(replies) = timeout_at(listen_until, link.receive()).await {
                    self.absorb(replies?).await?;
                }
            }
        }
        Ok(None)
    }

    /// For printers that do not push: asks, with much patience, because a late answer would be taken for the next.
    async fn poll_while_printing<L>(&mut self, link: &mut Link<L>, sent_at: Instant) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let answered = self.ask_status(link, Duration::from_millis(self.config.stall_ms)).await?;
        if let Completion::CleanStatus { settle_ms } = self.config.completion {
            let settled = sent_at.elapsed() >= Duration::from_millis(settle_ms);
            self.completed |= answered && settled && self.status.blocking_fault().is_none();
        }
        Ok(())
    }

    /// A fault that ends a slip. A hot head and an unexplained pause pass by themselves, within the slip's time.
    fn slip_fault(&self) -> Option<DeviceFault> {
        let passes = |fault: &DeviceFault| matches!(fault, DeviceFault::HeadHot | DeviceFault::Offline);
        self.status.blocking_fault().filter(|fault| !passes(fault))
    }

    /// Tries to clear at once, off line or not, as long as the line takes bytes.
    async fn clear_now<L>(&mut self, link: &mut Link<L>) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = Instant::now() + self.answer_limit();
        let mut leftovers = std::mem::take(&mut self.leftovers);
        let mut sent = 0_usize;
        self.stopped = false;
        self.send(link, &leftovers, &mut sent, deadline, false).await?;
        self.leftovers = leftovers.split_off(sent.min(leftovers.len()));
        if self.leftovers.is_empty() {
            self.trace.note(PrinterTrace::Cleared);
        }
        Ok(())
    }

    async fn printed(&mut self, job: u64) -> Result<(), End> {
        self.trace.note(PrinterTrace::Printed(job));
        self.in_flight.store(false, Ordering::Release);
        self.reporter.send(PrinterEvent::Printed { job }).await
    }

    async fn give_up(&mut self, slip: &JobBytes, fault: DeviceFault) -> Result<(), End> {
        self.trace.note(PrinterTrace::Failed(slip.job, fault, self.sent));
        let progress = slip.progress(self.sent);
        let kind = if self.sent == 0 { PrintFailure::NotSent } else { PrintFailure::OutcomeUnknown };
        if kind == PrintFailure::OutcomeUnknown {
            self.unknown = Some((slip.id, slip.job));
        }
        self.failed(slip.job, kind, fault, progress).await
    }

    async fn refuse(&mut self, job: &PrintJob, fault: DeviceFault) -> Result<(), End> {
        self.trace.note(PrinterTrace::Failed(job.job, fault, 0));
        let rows_total = u32::try_from(job.raster.height()).unwrap_or(u32::MAX);
        let progress = PrintProgress { rows_total, ..PrintProgress::default() };
        self.failed(job.job, PrintFailure::NotSent, fault, progress).await
    }

    async fn failed(
        &mut self,
        job: u64,
        kind: PrintFailure,
        fault: DeviceFault,
        progress: PrintProgress,
    ) -> Result<(), End> {
        self.in_flight.store(false, Ordering::Release);
        self.reporter.send(PrinterEvent::Failed { job, kind, fault, progress }).await
    }

    fn answer_limit(&self) -> Duration {
        Duration::from_millis(self.config.answer_ms)
    }
}
