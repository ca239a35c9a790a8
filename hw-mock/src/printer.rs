//! The receipt printer's side of ESC/POS: slips, status, paper that runs out.

mod command;
mod ink;
mod letters;
mod status;

use std::collections::VecDeque;
use std::time::Duration;

use command::{Command, Qr};
use ink::Pen;
use serde::{Deserialize, Serialize};

/// What can be wrong with the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterFault {
    /// No paper: data is kept and printed after refilling.
    PaperOut,
    /// Runs out in the middle of the next slip.
    PaperOutMid,
    /// The roll is nearly used up; printing goes on.
    NearEnd,
    /// Cover open.
    CoverOpen,
    /// The cutter is stuck.
    CutterError,
    /// The head is too hot; recovers by itself when mended.
    HeadHot,
    /// Switched offline by its button.
    Offline,
    /// An error that can be cleared.
    RecoverableError,
    /// An error that only service can clear.
    UnrecoverableError,
    /// Unplugged data line: takes nothing, answers nothing.
    Silent,
}

/// What a model is able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Answers `GS ( H` function 48.
    pub gs_h: bool,
    /// Pushes its status (`GS a`).
    pub asb: bool,
    /// Throws away what it holds when it runs out of paper or is opened, instead of printing it later.
    pub clears: bool,
    /// Dots across the paper: 576 or 384.
    pub dots: u16,
}

impl Default for Model {
    fn default() -> Self {
        Self { gs_h: true, asb: true, clears: false, dots: 576 }
    }
}

/// A piece of paper that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Packed rows, one bit a dot, 1 is black.
    pub rows: Vec<u8>,
    /// Whether the cutter ended it; `false` for one torn at the end of the roll.
    pub cut: bool,
    /// The bytes it was printed from.
    pub bytes: Vec<u8>,
    /// Its lines of text, from GB18030, and `[QR …]` for codes printed by command; empty for a picture.
    pub text: String,
}

/// Bytes in a row of 576 dots.
pub const ROW_BYTES: usize = 72;
type Row = [u8; ROW_BYTES];

const ROWS_BEFORE_RUNNING_OUT: usize = 240;
/// What the printer keeps for later; more is lost, as on a line without flow control.
const MOST_QUEUED: usize = 8 << 20;
const MODULE_DOTS: u8 = 4;

/// A printer 576 dots wide.
#[derive(Debug, Default)]
pub struct Printer {
    model: Model,
    text: String,
    fault: Option<PrinterFault>,
    paper_out: bool,
    /// Time to print a row of dots; zero prints at once.
    row_time: Duration,
    /// When the row being printed is done.
    free_at: Duration,
    /// Whether it waits for data or for a person, rather than for the paper to move.
    waits: bool,
    queue: Vec<u8>,
    /// How much of the queue is done with.
    done: usize,
    recent: VecDeque<u8>,
    /// Rows of text, codes and blank paper on their way out.
    pending: VecDeque<Row>,
    /// Bytes in a row of the picture being printed, and the rows still to come.
    picture: Option<(usize, usize)>,
    pen: Pen,
    qr: Vec<u8>,
    qr_module: Option<u8>,
    rows: Vec<u8>,
    used: Vec<u8>,
    push_status: bool,
    pushed: Option<[u8; 4]>,
    rows_until_out: Option<usize>,
}

/// What a step of the printer brought about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Bytes for the host.
    pub reply: Vec<u8>,
    /// Slips that came out.
    pub slips: Vec<Slip>,
}

impl Printer {
    /// A printer that takes so long for each row of dots (1/8 mm).
    #[must_use]
    pub fn paced(row_time: Duration) -> Self {
        Self { row_time, ..Self::default() }
    }

    /// What it is able to do.
    #[must_use]
    pub const fn model(&self) -> Model {
        self.model
    }

    /// Makes it another model.
    pub fn set_model(&mut self, model: Model) {
        self.model = model;
    }

    /// What is broken.
    #[must_use]
    pub fn fault(&self) -> Option<PrinterFault> {
        self.fault
    }

    /// `ok`, `near_end` or `out`.
    #[must_use]
    pub fn paper(&self) -> &'static str {
        if self.paper_out {
            "out"
        } else if self.fault == Some(PrinterFault::NearEnd) {
            "near_end"
        } else {
            "ok"
        }
    }

    /// Whether something is being printed or waits to be.
    #[must_use]
    pub fn busy(&self) -> bool {
        !self.queue.is_empty() || !self.pending.is_empty() || self.picture.is_some()
    }

    /// When [`Printer::advance`] has something to do, unless data or a person comes first.
    #[must_use]
    pub fn next_at(&self) -> Option<Duration> {
        (!self.waits && !self.blocked()).then_some(self.free_at).filter(|_| self.busy())
    }

    /// Breaks the printer or mends it. Mending a printer without paper refills it: what is torn off is a slip of its own,
    /// and what waits is printed.
    pub fn set_fault(&mut self, fault: Option<PrinterFault>, now: Duration) -> Output {
        self.take_up(now);
        self.fault = fault;
        let mut out = Output::default();
        self.rows_until_out = (fault == Some(PrinterFault::PaperOutMid)).then_some(ROWS_BEFORE_RUNNING_OUT);
        let opened = matches!(fault, Some(PrinterFault::PaperOut | PrinterFault::CoverOpen));
        if opened && self.model.clears {
            self.clear();
        }
        if fault == Some(PrinterFault::PaperOut) {
            self.paper_out = true;
        } else if self.paper_out {
            self.paper_out = false;
            if !self.rows.is_empty() {
                out.slips.push(self.slip(false));
            }
        }
        self.run(now, &mut out);
        out
    }

    /// Takes bytes from the host at `now`, a time since any fixed moment.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> Output {
        let mut out = Output::default();
        if self.fault == Some(PrinterFault::Silent) {
            return out;
        }
        self.take_up(now);
        for &byte in bytes {
            if self.queue.len() < MOST_QUEUED {
                self.queue.push(byte);
            }
            self.look_for_realtime(byte, &mut out);
        }
        self.run(now, &mut out);
        out
    }

    /// Moves the paper as far as it gets until `now`.
    pub fn advance(&mut self, now: Duration) -> Output {
        let mut out = Output::default();
        self.run(now, &mut out);
        out
    }

    /// Time spent waiting is not made up for.
    fn take_up(&mut self, now: Duration) {
        if self.waits || self.blocked() || !self.busy() {
            self.free_at = self.free_at.max(now);
        }
    }

    /// Real-time commands act when they arrive, wherever they stand in the stream.
    fn look_for_realtime(&mut self, byte: u8, out: &mut Output) {
        const CLEAR: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];
        self.recent.push_back(byte);
        while self.recent.len() > CLEAR.len() {
            self.recent.pop_front();
        }
        let blocked = self.blocked();
        let recent = self.recent.make_contiguous();
        if recent == CLEAR {
            self.clear();
            out.reply.extend([0x37, 0x25, 0x00]);
            return;
        }
        match *recent {
            [.., 0x10, 0x04, n @ 1..=4] => out.reply.push(self.realtime_status(n)),
            // Only a printer that has stopped obeys: the same bytes inside a picture are dots.
            [.., 0x10, 0x05, 0x02] if blocked => self.clear(),
            _ => {}
        }
    }

    /// Forgets what it was told to print. What is on the paper already stays there.
    fn clear(&mut self) {
        self.queue.clear();
        self.done = 0;
        self.pending.clear();
        self.picture = None;
        self.pen.forget_line();
        self.recent.clear();
    }

    fn blocked(&self) -> bool {
        use PrinterFault as F;
        self.paper_out
            || matches!(
                self.fault,
                Some(
                    F::CoverOpen
                        | F::CutterError
                        | F::HeadHot
                        | F::Offline
                        | F::RecoverableError
                        | F::UnrecoverableError
                        | F::Silent
                )
            )
    }

    fn run(&mut self, now: Duration, out: &mut Output) {
        self.waits = false;
        while !self.blocked() && self.free_at <= now {
            if self.step(out).is_none() {
                self.waits = true;
                break;
            }
        }
        self.queue.drain(..self.done.min(self.queue.len()));
        self.done = 0;
        self.push(out);
    }

    /// One row or one command; `None` when data is missing for it.
    fn step(&mut self, out: &mut Output) -> Option<()> {
        if let Some(row) = self.pending.pop_front() {
            self.print(row);
            return Some(());
        }
        if let Some((row_bytes, rows @ 1..)) = self.picture {
            let data = self.queue.get(self.done..self.done + row_bytes)?;
            let mut row = [0; ROW_BYTES];
            let across = usize::from(self.model.dots / 8);
            row.iter_mut().take(across).zip(data).for_each(|(dots, byte)| *dots = *byte);
            self.use_up(row_bytes);
            self.picture = Some((row_bytes, rows - 1));
            self.print(row);
            return Some(());
        }
        self.picture = None;
        let (command, len) = command::next(self.queue.get(self.done..)?)?;
        self.use_up(len);
        self.execute(command, out);
        Some(())
    }

    fn use_up(&mut self, bytes: usize) {
        let done = self.queue.get(self.done..self.done + bytes).unwrap_or_default();
        self.used.extend_from_slice(done);
        self.done += bytes;
    }

    fn execute(&mut self, command: Command, out: &mut Output) {
        match command {
            Command::Nothing => {}
            Command::Initialise => self.pen = Pen::default(),
            Command::Look(change) => self.pen.change(change),
            Command::Picture { row_bytes, rows } => self.picture = Some((row_bytes, rows)),
            Command::Cut => out.slips.push(self.slip(true)),
            Command::PushStatus(on) => {
                self.push_status = on;
                self.pushed = None;
            }
            Command::Echo(_) if !self.model.gs_h => {}
            Command::Echo(id) => out.reply.extend([&[0x37, 0x22], id.as_slice(), &[0]].concat()),
            Command::Qr(Qr::Module(dots)) => self.qr_module = Some(dots),
            Command::Qr(Qr::Store(text)) => self.qr = text,
            Command::Qr(Qr::Print) => {
                let module = self.qr_module.unwrap_or(MODULE_DOTS);
                self.pending.extend(self.pen.qr(&self.qr, module, usize::from(self.model.dots)));
                let code = String::from_utf8_lossy(&self.qr);
                self.text.push_str(&format!("[QR {code}]\n"));
            }
            Command::Text(byte) => self.pen.byte(byte),
            Command::Line => self.print_line(),
            Command::Feed(rows) => {
                if !self.pen.is_empty() {
                    self.print_line();
                }
                self.pending.extend(std::iter::repeat_n([0; ROW_BYTES], usize::from(rows)));
            }
        }
    }

    fn print_line(&mut self) {
        let (text, rows) = self.pen.end_line(usize::from(self.model.dots));
        self.text.push_str(&text);
        self.text.push('\n');
        self.pending.extend(rows);
    }

    /// One row of dots; the roll may end with it.
    fn print(&mut self, row: Row) {
        self.rows.extend(row);
        self.free_at += self.row_time;
        if let Some(left) = self.rows_until_out.as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rows_until_out = None;
                self.fault = Some(PrinterFault::PaperOut);
                self.paper_out = true;
                if self.model.clears {
                    self.clear();
                    self.done = 0;
                }
            }
        }
    }

    fn slip(&mut self, cut: bool) -> Slip {
        Slip {
            rows: std::mem::take(&mut self.rows),
            cut,
            bytes: std::mem::take(&mut self.used),
            text: std::mem::take(&mut self.text),
        }
    }
}
