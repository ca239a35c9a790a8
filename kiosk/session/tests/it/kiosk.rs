//! A session in a kiosk of the test's making: the test answers for every device, the journal and the backend.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::{
    DepositPlanReply, DoorEventKind, GrantReply, Handover, HandoverOutcome, StaffReply, Verdict,
};
use pickup_protocol::work::{OpeningReply, OpeningRequest, Pin, SlipReply};
use pickup_protocol::{DoorNumber, Language, Reason};
use pickup_session::{
    Action, Card, Command, Config, Display, Event, Now, OpenFailure, Record, Recovery, Screen, Session,
    SlipJob, Trouble, Unreachable, View, recover,
};
use uuid::Uuid;

use crate::sample;

/// What a session was last asked about.
#[derive(Debug, Default)]
pub struct Asked {
    pub verdict: Option<Uuid>,
    pub grant: Option<Uuid>,
    pub staff: Option<Uuid>,
    pub plan: Option<Uuid>,
    pub opening: Option<OpeningRequest>,
    pub slip: Option<Uuid>,
    pub pin: Option<Pin>,
    pub job: Option<SlipJob>,
    pub sample: Option<u64>,
}

pub struct Kiosk {
    pub session: Session,
    pub now: Now,
    /// What is on the disk.
    pub journal: Vec<Record>,
    /// What was asked to be written and is not answered yet.
    pub unwritten: Vec<(u64, Vec<Record>)>,
    /// Whether writes are answered at once.
    pub disk: bool,
    pub asked: Asked,
    pub view: View,
    done: Vec<String>,
}

/// Ids that differ between sessions and are the same in every run.
pub fn ids(from: u64) -> Box<dyn FnMut() -> Uuid + Send> {
    let mut next = 0;
    Box::new(move || {
        next += 1;
        Uuid::from_u64_pair(from, next)
    })
}

impl Kiosk {
    /// Switched on with an empty journal; nothing has answered yet.
    pub fn off() -> Self {
        let now = Now { mono: Duration::from_secs(100), wall: Some(sample::start()) };
        let view = View {
            language: Language::Zh,
            display: Display::Normal,
            screen: Screen::Starting,
            countdown_s: None,
            online: false,
            away: None,
            nth: None,
        };
        let session = Session::new(Config::new(sample::doors()), ids(now.mono.as_secs()), now);
        let (journal, unwritten, done, asked) = Default::default();
        let mut kiosk = Self { session, now, journal, unwritten, disk: true, asked, view, done };
        kiosk.obey();
        kiosk
    }

    /// Ready for a shopper.
    pub fn ready() -> Self {
        let mut kiosk = Self::off();
        kiosk.send(Event::Recovered(Some(Box::default())));
        kiosk.devices(&[]);
        assert_eq!(kiosk.screen(), &Screen::Idle);
        kiosk.forget();
        kiosk
    }

    /// Ready for a shopper, with the backend away and this manifest.
    pub fn offline(manifest: pickup_protocol::Manifest) -> Self {
        let mut kiosk = Self::ready();
        kiosk.send(Event::Manifest(Box::new(manifest)));
        kiosk.send(Event::Online(false));
        kiosk
    }

    /// Switched on again with what the disk holds, after a power cut; nothing has answered yet.
    pub fn restarted(journal: &[Record]) -> Self {
        let mut kiosk = Self::off();
        kiosk.now.mono += Duration::from_secs(7);
        kiosk.now.wall = Some(sample::later(1));
        kiosk.session = Session::new(Config::new(sample::doors()), ids(7_000), kiosk.now);
        kiosk.journal = journal.to_vec();
        kiosk.send(Event::Recovered(Some(Box::new(kiosk.recovery()))));
        kiosk
    }

    /// Everything that answers at start answers; these doors stand open.
    pub fn devices(&mut self, open: &[u16]) {
        self.send(Event::Hello(Box::new(sample::hello())));
        self.send(Event::Online(true));
        self.send(Event::Scanner(true));
        self.send(Event::Lock(true));
        for door in sample::doors() {
            self.send(Event::Door { door: door.door, open: open.contains(&door.door.0) });
        }
    }

    /// What the disk holds, read back from its text.
    pub fn recovery(&self) -> Recovery {
        recover(
            self.journal
                .iter()
                .map(|record| serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()),
        )
    }

    pub fn send(&mut self, event: Event) {
        self.session.handle(event, self.now);
        self.obey();
    }

    /// Lets time pass, doing what falls due on the way.
    pub fn wait(&mut self, seconds: u64) {
        let until = self.now.mono + Duration::from_secs(seconds);
        for _ in 0..10_000 {
            let Some(due) = self.session.poll_timeout().filter(|due| *due <= until) else {
                self.advance(until);
                return;
            };
            self.advance(due.max(self.now.mono));
            self.session.handle_timeout(self.now);
            self.obey();
        }
        panic!("timeouts without end: {:?}", self.session);
    }

    fn advance(&mut self, to: Duration) {
        let passed = SignedDuration::try_from(to - self.now.mono).unwrap();
        self.now = Now { mono: to, wall: self.now.wall.map(|wall| wall + passed) };
    }

    fn obey(&mut self) {
        while let Some(command) = self.session.next_command() {
            self.note(&command);
            match command {
                Command::Show(view) => self.view = *view,
                Command::Journal { write, records } => self.unwritten.push((write, records)),
                Command::AskVerdict(request) => self.asked.verdict = Some(request.request_id),
                Command::AskGrant(request) => self.asked.grant = Some(request.grant_id),
                Command::AskStaff { ask, pin, .. } => {
                    self.asked.staff = Some(ask);
                    self.asked.pin = pin;
                }
                Command::AskOpening(request) => self.asked.opening = Some(request),
                Command::AskSlip { ask, .. } => self.asked.slip = Some(ask),
                Command::AskPlan(request) => self.asked.plan = Some(request.request_id),
                Command::Print(job) => self.asked.job = Some(*job),
                Command::AskNumber(request) => self.asked.verdict = Some(request.request_id),
                Command::PrintSample(job) => self.asked.sample = Some(job),
                Command::PollCards(_)
                | Command::OpenDoor(_)
                | Command::CallStaff(_)
                | Command::CallAbout { .. } => {}
            }
        }
        if self.disk && !self.unwritten.is_empty() {
            self.write();
        }
    }

    /// The oldest write reaches the disk.
    pub fn write(&mut self) {
        let (write, records) = self.unwritten.remove(0);
        self.journal.extend(records);
        self.done.push("written".into());
        self.send(Event::Journalled(write));
    }

    fn note(&mut self, command: &Command) {
        self.done.push(match command {
            Command::Show(_) => return,
            Command::Journal { records, .. } => {
                let names: Vec<String> = records.iter().map(record_name).collect();
                format!("journal {}", names.join(" + "))
            }
            Command::AskVerdict(_) => "ask for a verdict".into(),
            Command::AskNumber(request) => format!("ask about {}", request.number),
            Command::CallAbout { code, about } => format!("call staff: {code} {about}"),
            Command::AskGrant(_) => "ask for a grant".into(),
            Command::AskStaff { .. } => "ask whose badge".into(),
            Command::AskPlan(_) => "ask for a door".into(),
            Command::AskOpening(request) => format!("ask to open {}", request.door.0),
            Command::AskSlip { .. } => "ask for a slip".into(),
            Command::PollCards(on) => if *on { "look for cards" } else { "stop looking" }.into(),
            Command::Print(job) => if job.copy { "print a copy" } else { "print" }.into(),
            Command::OpenDoor(door) => format!("open {}", door.0),
            Command::PrintSample(_) => "print a sample".into(),
            Command::CallStaff(why) => format!("call staff: {why}"),
        });
    }

    /// What was asked for since this was last called, leaving out what only shows.
    pub fn done(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    pub fn forget(&mut self) {
        self.done.clear();
    }

    /// How often a door was asked to open since [`Self::done`].
    pub fn pulses(&self) -> usize {
        self.done.iter().filter(|done| done.starts_with("open ")).count()
    }

    pub fn screen(&self) -> &Screen {
        &self.view.screen
    }

    pub fn refused(&self) -> Reason {
        match self.screen() {
            Screen::Refused { reason, .. } => *reason,
            other => panic!("refused nothing: {other:?}"),
        }
    }

    /// Handovers in the journal.
    pub fn handovers(&self) -> Vec<Handover> {
        let of = |record: &Record| match record {
            Record::HandedOver(handover) => Some((**handover).clone()),
            _ => None,
        };
        self.journal.iter().filter_map(of).collect()
    }
}

/// Steps of the shopper and answers of what is around.
impl Kiosk {
    pub fn scan(&mut self, bytes: Vec<u8>) {
        self.send(Event::Scanned(bytes));
    }

    pub fn touch(&mut self, action: Action) {
        self.send(Event::Touched(action));
    }

    pub fn present(&mut self, card: Card) {
        self.send(Event::Card(Box::new(card)));
    }

    pub fn verdict(&mut self, verdict: Verdict) {
        let ask = self.asked.verdict.take().expect("no verdict was asked for");
        self.send(Event::Verdict(ask, Ok(Box::new(verdict))));
    }

    pub fn no_verdict(&mut self) {
        let ask = self.asked.verdict.take().expect("no verdict was asked for");
        self.send(Event::Verdict(ask, Err(Unreachable)));
    }

    pub fn grant(&mut self, answer: Result<GrantReply, Unreachable>) {
        let ask = self.asked.grant.take().expect("no grant was asked for");
        self.send(Event::Grant(ask, answer));
    }

    pub fn staff(&mut self, answer: Result<StaffReply, Unreachable>) {
        let ask = self.asked.staff.take().expect("nobody asked whose badge it is");
        self.send(Event::Staff(ask, answer));
    }

    pub fn plan(&mut self, answer: Result<DepositPlanReply, Unreachable>) {
        let ask = self.asked.plan.take().expect("no plan was asked for");
        self.send(Event::Plan(ask, answer));
    }

    pub fn opening(&mut self, answer: Result<OpeningReply, Unreachable>) {
        let request = self.asked.opening.take().expect("nobody asked to open a door");
        self.send(Event::Opening(request.opening_id, answer));
    }

    pub fn slip(&mut self, answer: Result<SlipReply, Unreachable>) {
        let ask = self.asked.slip.take().expect("nobody asked for a slip");
        self.send(Event::Slip(ask, answer.map(Box::new)));
    }

    pub fn job(&self) -> &SlipJob {
        self.asked.job.as_ref().expect("nothing was to be printed")
    }

    pub fn printed(&mut self) {
        self.send(Event::Printed(self.job().job));
    }

    pub fn print_failed(&mut self, sent: bool, trouble: Trouble) {
        self.send(Event::PrintFailed { job: self.job().job, sent, trouble });
    }

    pub fn opens(&mut self, door: u16) {
        self.send(Event::Door { door: DoorNumber(door), open: true });
    }

    pub fn shuts(&mut self, door: u16) {
        self.send(Event::Door { door: DoorNumber(door), open: false });
    }

    pub fn open_fails(&mut self, door: u16, kind: OpenFailure) {
        self.send(Event::OpenFailed { door: DoorNumber(door), kind });
    }

    /// From the ticket to the page that shows the parcel.
    pub fn go_to_review(&mut self, pickup: u64, door: u16) {
        self.scan(sample::ticket(pickup));
        self.verdict(sample::ready(pickup, &[door]));
        self.present(sample::card());
        assert!(matches!(self.screen(), Screen::Review { .. }));
    }

    /// From the ticket to the slip at the printer.
    pub fn go_to_printing(&mut self, pickup: u64, door: u16) {
        self.go_to_review(pickup, door);
        self.touch(Action::Confirm);
        self.grant(Ok(sample::granted(&[door])));
        assert_eq!(self.screen(), &Screen::Printing);
    }

    /// From the ticket to the pulse.
    pub fn go_to_opening(&mut self, pickup: u64, door: u16) {
        self.go_to_printing(pickup, door);
        self.printed();
        assert_eq!(self.screen(), &Screen::Opening(DoorNumber(door)));
    }

    /// From the ticket to the open door.
    pub fn go_to_open_door(&mut self, pickup: u64, door: u16) {
        self.go_to_opening(pickup, door);
        self.opens(door);
        assert_eq!(self.screen(), &Screen::TakeGoods { door: DoorNumber(door), ajar: false });
    }

    /// From the ticket to the goods taken and the screen free again.
    pub fn pick_up(&mut self, pickup: u64, door: u16) {
        self.go_to_open_door(pickup, door);
        self.shuts(door);
        self.touch(Action::Finish);
        assert_eq!(self.screen(), &Screen::Idle);
    }
}

pub fn record_name(record: &Record) -> String {
    let door = |kind: DoorEventKind| match kind {
        DoorEventKind::Intent => "intent",
        DoorEventKind::Opened => "opened",
        DoorEventKind::NotDetected => "not detected",
        DoorEventKind::Unknown => "unknown",
        DoorEventKind::Closed => "closed",
    };
    match record {
        Record::Granted(_) => "granted".into(),
        Record::SlipIntent { .. } => "slip intent".into(),
        Record::SlipNotSent { .. } => "slip not sent".into(),
        Record::SlipPrinted { .. } => "slip printed".into(),
        Record::Door { event, .. } => door(event.kind).into(),
        Record::Abandoned { .. } => "abandoned".into(),
        Record::HandedOver(handover) => match handover.outcome {
            HandoverOutcome::Taken => "taken".into(),
            HandoverOutcome::Unknown => "handover unknown".into(),
        },
        Record::DepositBegun(_) => "deposit begun".into(),
        Record::DepositDoor { event, .. } => format!("deposit {}", door(event.kind)),
        Record::DepositCancelled { .. } => "deposit cancelled".into(),
        Record::Deposited(deposit) => format!("deposited {:?}", deposit.outcome),
        Record::LookIntent { .. } => "look intent".into(),
        Record::Resolved(resolution) => format!("resolved {:?}", resolution.found),
        Record::Service(change) => change.out.map_or("put back", |_| "taken out").into(),
        Record::OpeningBegun(open) => format!("opening begun {}", open.purpose.as_str()),
        Record::OpeningDoor { event, .. } => format!("opening {}", door(event.kind)),
        Record::OpeningAnswered { outcome, .. } => format!("answered {}", outcome.as_str()),
        Record::OpeningEnded(opening) => format!("opening ended {}", opening.outcome.as_str()),
        Record::OwedSlipPrinted(_) => "owed slip printed".into(),
        Record::Reported { .. } => "reported".into(),
        Record::Sent { .. } => "sent".into(),
        Record::Kept(_) => "kept".into(),
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
