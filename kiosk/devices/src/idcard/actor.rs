//! The task that owns the reader's port.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{sleep, timeout_at};
use zeroize::Zeroize;

use super::sam::{Answer, Found, Receiver, Request, Status};
use super::{CardFault, IdCardConfig, IdCardEvent, IdCardTrace, ReadCommand, TextError, parse_text};
use crate::DeviceFault;
use crate::port::{Backoff, Connector, End, Reporter, drain, millis, received, write_frame};
use crate::trace::TraceRing;

/// The modules cannot be asked more often.
const POLL_MIN_MS: u64 = 300;
/// So many requests without an answer mean that the reader is down.
const MISSES: u8 = 3;
/// A card that failed and still lies there is tried again this much later. One that was read is looked at again, too: two cards
/// may change places between two looks.
const RETRY: Duration = Duration::from_millis(1500);

pub(super) async fn run<C: Connector>(
    config: IdCardConfig,
    mut connector: C,
    reporter: Reporter<IdCardEvent>,
    wanted: watch::Receiver<bool>,
    trace: TraceRing<IdCardTrace>,
) {
    let whose = RandomState::new();
    let mut reader = Reader { config, reporter, wanted, trace, misses: 0, card: Seen::None, whose };
    let mut backoff = Backoff::new();
    loop {
        let began = Instant::now();
        let end = match connector.connect(reader.config.baud).await {
            Ok(line) => reader.serve(line).await,
            Err(_) => Err(End::Lost(DeviceFault::PortUnavailable)),
        };
        let Err(End::Lost(fault)) = end else { return };
        reader.trace.note(IdCardTrace::Lost(fault));
        if reader.reporter.down(fault).await.is_err() {
            return;
        }
        tokio::select! {
            () = reader.reporter.closed() => return,
            () = sleep(backoff.pause_after(began.elapsed())) => {}
        }
    }
}

/// What lies on the reader, as far as was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    None,
    /// A card whose number has this digest, made with a key that ends with the program.
    Read(u64, Instant),
    Failed(CardFault, Instant),
}

/// Why a request has no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoUse {
    Silent,
    Damaged,
}

impl From<NoUse> for CardFault {
    fn from(reason: NoUse) -> Self {
        match reason {
            NoUse::Silent => Self::NoAnswer,
            NoUse::Damaged => Self::Damaged,
        }
    }
}

struct Reader {
    config: IdCardConfig,
    reporter: Reporter<IdCardEvent>,
    wanted: watch::Receiver<bool>,
    trace: TraceRing<IdCardTrace>,
    misses: u8,
    card: Seen,
    whose: RandomState,
}

impl Reader {
    async fn serve<L: AsyncRead + AsyncWrite + Unpin>(&mut self, mut line: L) -> Result<(), End> {
        self.trace.note(IdCardTrace::Opened);
        self.misses = 0;
        self.card = Seen::None;
        let mut polling = *self.wanted.borrow_and_update();
        loop {
            if polling && self.reporter.is_up() {
                self.look(&mut line).await?;
            } else {
                let alive = self.is_alive(&mut line).await?;
                self.note_health(alive).await?;
                if polling && alive {
                    continue;
                }
            }
            let now_wanted = self.pause(&mut line, polling).await?;
            if now_wanted != polling {
                self.trace.note(IdCardTrace::Polling(now_wanted));
                self.card = Seen::None;
                polling = now_wanted;
            }
        }
    }

    /// Some modules know no status request and answer only when looking for a card.
    async fn is_alive<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: &mut L) -> Result<bool, End> {
        Ok(self.ask(line, Request::Status).await?.is_ok() || self.ask(line, Request::Find).await?.is_ok())
    }

    /// Waits for the next turn or a change of mind; a port that vanishes meanwhile is noticed.
    async fn pause<L: AsyncRead + Unpin>(&mut self, line: &mut L, polling: bool) -> Result<bool, End> {
        let turn_ms = match (self.reporter.is_up(), polling) {
            (true, false) => self.config.health_ms,
            (true, true) => self.config.poll_ms.max(POLL_MIN_MS),
            (false, _) => self.config.answer_ms,
        };
        let turn = sleep(millis(turn_ms));
        tokio::pin!(turn);
        let mut buffer = [0_u8; 512];
        loop {
            tokio::select! {
                () = self.reporter.closed() => return Err(End::Gone),
                changed = self.wanted.changed() => {
                    changed.map_err(|_| End::Gone)?;
                    return Ok(*self.wanted.borrow_and_update());
                }
                // Nobody asked: late or noise.
                result = line.read(&mut buffer) => { received(result, &buffer)?; buffer.zeroize(); }
                () = &mut turn => return Ok(polling),
            }
        }
    }

    async fn note_health(&mut self, answered: bool) -> Result<(), End> {
        if answered {
            self.misses = 0;
            return self.reporter.up().await;
        }
        self.misses = self.misses.saturating_add(1);
        if self.misses >= MISSES { self.reporter.down(DeviceFault::NoAnswer).await } else { Ok(()) }
    }

    /// One look for a card, and reading it when there is a new one.
    async fn look<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: &mut L) -> Result<(), End> {
        let answer = self.ask(line, Request::Find).await?;
        // A damaged answer is an answer: the reader lives.
        self.note_health(answer != Err(NoUse::Silent)).await?;
        let Ok(answer) = answer else { return Ok(()) };
        match answer.status {
            Status::Found => self.found(line).await,
            Status::NotFound => self.gone().await,
            status => self.failed(fault_of(status)).await,
        }
    }

    async fn gone(&mut self) -> Result<(), End> {
        if std::mem::replace(&mut self.card, Seen::None) != Seen::None {
            self.reporter.send(IdCardEvent::Removed).await?;
        }
        Ok(())
    }

    async fn found<L: AsyncRead + AsyncWrite + Unpin>(&mut self, line: &mut L) -> Result<(), End> {
        match self.card {
            Seen::Read(_, at) | Seen::Failed(_, at) if at.elapsed() < RETRY => return Ok(()),
            Seen::None | Seen::Read(..) | Seen::Failed(..) => {}
        }
        match self.read(line).await? {
            Ok(card) => {
                let whose = self.whose.hash_one(card.id_number.reveal());
                let told = matches!(self.card, Seen::Read(before, _) if before == whose);
                self.card = Seen::Read(whose, Instant::now());
                if told {
                    return Ok(());
                }
                self.trace.note(IdCardTrace::CardRead);
                self.reporter.send(IdCardEvent::Card(Box::new(card))).await
            }
            // It was read once, and that is enough.
            Err(_) if matches!(self.card, Seen::Read(..)) => Ok(()),
            Err(fault) => self.failed(fault).await,
        }
    }

    async fn failed(&mut self, fault: CardFault) -> Result<(), End> {
        let told = matches!(self.card, Seen::Failed(before, _) if before == fault);
        self.card = Seen::Failed(fault, Instant::now());
        if !told {
            self.trace.note(IdCardTrace::Failed(fault));
            self.reporter.send(IdCardEvent::ReadFailed(fault)).await?;
        }
        Ok(())
    }

    async fn read<L>(&mut self, line: &mut L) -> Result<Result<super::IdCard, CardFault>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        match self.ask(line, Request::Select).await? {
            Ok(answer) if answer.status == Status::Done => {}
            Ok(answer) => return Ok(Err(fault_of(answer.status))),
            Err(reason) => return Ok(Err(reason.into())),
        }
        let request = match self.config.read {
            ReadCommand::Base => Request::ReadBase,
            ReadCommand::WithFingerprints => Request::ReadBaseAndFingerprints,
        };
        let answer = match self.ask(line, request).await? {
            Ok(answer) if answer.status == Status::Done => answer,
            Ok(answer) => return Ok(Err(fault_of(answer.status))),
            Err(reason) => return Ok(Err(reason.into())),
        };
        let card = answer.text().ok_or(CardFault::BadText).and_then(|text| {
            parse_text(text).map_err(|error| match error {
                TextError::OtherKind => CardFault::KindNotServed,
                TextError::Field(_) => CardFault::BadText,
            })
        });
        Ok(card)
    }

    async fn ask<L>(&mut self, line: &mut L, request: Request) -> Result<Result<Answer, NoUse>, End>
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let limit = millis(if reads(request) { self.config.read_ms } else { self.config.answer_ms });
        drain(line).await?;
        write_frame(line, &request.encode(), limit).await?;
        let answer = await_answer(line, request, tokio::time::Instant::now() + limit).await?;
        match &answer {
            // What is answered all the time would push everything else out of the ring.
            Ok(answer) if matches!(answer.status, Status::NotFound | Status::Found) => {}
            Ok(_) if request == Request::Status => {}
            Ok(answer) => self.trace.note(IdCardTrace::Answered(request, answer.status)),
            Err(NoUse::Silent) => self.trace.note(IdCardTrace::Silent(request)),
            Err(NoUse::Damaged) => self.trace.note(IdCardTrace::Damaged(request)),
        }
        Ok(answer)
    }
}

async fn await_answer<L: AsyncRead + Unpin>(
    line: &mut L,
    request: Request,
    deadline: tokio::time::Instant,
) -> Result<Result<Answer, NoUse>, End> {
    let mut receiver = Receiver::default();
    let mut buffer = [0_u8; 512];
    loop {
        let Ok(result) = timeout_at(deadline, line.read(&mut buffer)).await else {
            return Ok(Err(NoUse::Silent));
        };
        let found = received(result, &buffer)?.iter().find_map(|&byte| match receiver.push(byte)? {
            Found::Answer(answer) => answers(request, &answer).then_some(Ok(answer)),
            Found::Damaged => Some(Err(NoUse::Damaged)),
        });
        buffer.zeroize();
        if let Some(answer) = found {
            return Ok(answer);
        }
    }
}

/// Whether an answer can belong to a request; one that was late for an earlier request is passed over.
fn answers(request: Request, answer: &Answer) -> bool {
    match (request, answer.status) {
        (Request::Find, Status::Done | Status::SelectFailed) => false,
        (Request::Find, _) => true,
        (_, Status::Found | Status::NotFound) => false,
        (Request::Status, Status::Done) => answer.length == 0,
        (Request::Select, Status::Done) => answer.length == 8,
        (_, Status::Done) if reads(request) => answer.length > 8,
        _ => true,
    }
}

/// Whether the answer carries the card's text.
fn reads(request: Request) -> bool {
    matches!(request, Request::ReadBase | Request::ReadBaseAndFingerprints)
}

fn fault_of(status: Status) -> CardFault {
    match status {
        Status::SelectFailed | Status::NotFound => CardFault::NotSelected,
        Status::CardRefusedReader | Status::ReaderRefusedCard | Status::NotVerified => {
            CardFault::NotAuthentic
        }
        Status::WrongCard => CardFault::KindNotServed,
        Status::SelfTestFailed | Status::NotAuthorised | Status::RandomFailed => CardFault::ReaderBroken,
        Status::BadChecksum | Status::BadLength | Status::BadCommand => CardFault::Damaged,
        Status::ReadFailed
        | Status::NoSuchItem
        | Status::Unknown
        | Status::Done
        | Status::Found
        | Status::Other(_) => CardFault::NotRead,
    }
}
