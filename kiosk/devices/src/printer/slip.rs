//! Sending one slip, waiting for its end, and clearing away what is left of it.
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
//!   of zeros, which ends any open band and is ignored otherwise, cuts off half a slip if it knows of one, and `ESC @`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::actor::{Link, Printer, receive};
use super::escpos::{process_id, process_id_request};
use super::job::JobBytes;
use super::{
    Confirm, PrintContent, PrintFailure, PrintJob, PrintProgress, PrinterEvent, PrinterTrace, Raster,
};
use crate::DeviceFault;
use crate::port::{End, millis, write_frame};

/// A slip may be complete although the paper ends with it: the answer gets so long to arrive.
const GRACE: Duration = Duration::from_millis(250);
/// Pause between status requests while a slip prints, on printers that do not push their status.
const PRINTING_POLL: Duration = Duration::from_millis(300);
/// No slip has this id: slips' ids have bit 4 clear in each character, and bit 6 set.
const PROBE: [u8; 4] = *b"    ";

impl Printer {
    /// Sends what is owed if the printer can take it; true when nothing is owed any more.
    pub(super) async fn send_leftovers<L>(&mut self, link: &mut Link<L>) -> Result<bool, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        if self.leftovers.is_empty() {
            return Ok(true);
        }
        if self.status.blocking_fault().is_some() {
            return Ok(false);
        }
        let limit = millis(self.config.stall_ms);
        let deadline = Instant::now() + limit;
        let mut leftovers = std::mem::take(&mut self.leftovers);
        let mut sent = 0_usize;
        let fault = self.send(link, &leftovers, &mut sent, deadline, false).await?;
        self.leftovers = leftovers.split_off(sent.min(leftovers.len()));
        if fault.is_none() {
            self.half_printed = false;
            self.trace.note(PrinterTrace::Cleared);
        }
        Ok(fault.is_none())
    }

    pub(super) async fn print<L>(&mut self, link: &mut Link<L>, job: PrintJob) -> Result<(), End>
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
        let slip = JobBytes::new(&job, process_id(job.job), &self.config, self.asks_completion());
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
                // What was handed to the port need not have arrived: the cut may be missing even if it was sent.
                self.half_printed |= slip.progress(self.sent).rows_sent > 0;
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
        let too_wide = |raster: &Raster| raster.width_dots() > self.config.dots;
        if matches!(&job.content, PrintContent::Raster(raster) if too_wide(raster)) {
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
        if !self.send_leftovers(link).await? {
            return Ok(Some(DeviceFault::Busy));
        }
        self.find_out_completion(link).await?;
        Ok(self.status.blocking_fault())
    }

    /// Whether the printer will say when a slip is complete.
    fn asks_completion(&self) -> bool {
        match self.config.confirm {
            Confirm::GsH => true,
            Confirm::Status => false,
            Confirm::Auto => self.answers_completion == Some(true),
        }
    }

    /// Asks a printer of unknown abilities, once a connection and only while it could answer.
    pub(super) async fn find_out_completion<L>(&mut self, link: &mut Link<L>) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let asks = self.config.confirm == Confirm::Auto && self.answers_completion.is_none();
        if !asks || self.status.blocking_fault().is_some() {
            return Ok(());
        }
        (self.current, self.completed) = (Some(PROBE), false);
        write_frame(&mut link.to, &process_id_request(PROBE), self.answer_limit()).await?;
        let deadline = Instant::now() + self.answer_limit();
        while !self.completed {
            let Ok(replies) = timeout_at(deadline, link.receive()).await else { break };
            self.absorb(replies?).await?;
        }
        self.current = None;
        // A fault in between may have kept it from answering; then it is asked again later.
        if self.completed || self.status.blocking_fault().is_none() {
            self.answers_completion = Some(self.completed);
            self.trace.note(PrinterTrace::AnswersCompletion(self.completed));
        }
        Ok(())
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
        let stall = millis(self.config.stall_ms);
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
        let mut deadline = sent_at + millis(self.config.print_ms);
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
            if broken.is_none() && (!self.pushes || !self.asks_completion()) {
                self.poll_while_printing(link, sent_at).await?;
                listen_until = deadline.min(Instant::now() + PRINTING_POLL);
            }
            if self.completed || (broken.is_none() && self.slip_fault().is_some()) {
                continue;
            }
            if let Ok(replies) = timeout_at(listen_until, link.receive()).await {
                self.absorb(replies?).await?;
            }
        }
        Ok(None)
    }

    /// For printers that do not push: asks, with much patience, because a late answer would be taken for the next.
    async fn poll_while_printing<L>(&mut self, link: &mut Link<L>, sent_at: Instant) -> Result<(), End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let answered = self.ask_status(link, millis(self.config.stall_ms)).await?;
        if !self.asks_completion() {
            let settled = sent_at.elapsed() >= millis(self.config.settle_ms);
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

    pub(super) async fn refuse(&mut self, job: &PrintJob, fault: DeviceFault) -> Result<(), End> {
        self.trace.note(PrinterTrace::Failed(job.job, fault, 0));
        let progress = PrintProgress { rows_total: job.rows(), ..PrintProgress::default() };
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
}
