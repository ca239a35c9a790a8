//! Somebody before the kiosk: they read, press, scan and lay their card; backend and devices are played in this process.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::SignedDuration;
use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{GrantReply, Verdict};
use pickup_session::{
    Card, Command, Config, Event, Now, OpenFailure, Recovery, Session, Trouble, Unreachable,
};
use pickup_ui::glass::{Glass, Role};
use uuid::Uuid;

use super::desk::Desk;
use super::sample;
use crate::screen::{Surroundings, action};
use crate::service::Figures;

/// A person, the kiosk before them, and what it stands on.
pub struct Person {
    session: Session,
    glass: Glass,
    around: Surroundings,
    now: Now,
    /// Reads and presses what is English.
    pub english: bool,
    /// What the backend says to staff.
    pub desk: Desk,
    /// What the backend says of the next tickets and numbers; `None` when it does not answer. Then: it is ready.
    pub verdicts: VecDeque<Option<Verdict>>,
    /// What the backend says of the next grant.
    pub grant: Option<GrantReply>,
    /// What is wrong with the printer.
    pub printer: Option<Trouble>,
    /// What becomes of the next pulses; then doors open.
    pub pulses: VecDeque<OpenFailure>,
    /// Calls for staff.
    pub calls: Vec<String>,
    /// Numbers that were asked about.
    pub numbers: Vec<String>,
    job: u64,
}

/// Lets a person go their way, in Chinese at the wide panel and in English at the tall one.
pub fn in_both_languages(way: fn(&mut Person)) {
    let people = [((1024, 600), false), ((1080, 1920), true)].map(|(size, english)| {
        std::thread::spawn(move || {
            let mut person = Person::before_a_kiosk(size);
            if english {
                person.press("English", "English");
                person.english = true;
            }
            way(&mut person);
        })
    });
    for person in people {
        if let Err(why) = person.join() {
            std::panic::resume_unwind(why);
        }
    }
}

impl Person {
    fn before_a_kiosk((width, height): (u32, u32)) -> Self {
        let now = Now { mono: Duration::from_secs(100), wall: Some(sample::start()) };
        let mut next = 0_u128;
        let ids = move || {
            next += 1;
            Uuid::from_u128(next)
        };
        let mut around = Surroundings::new(&sample::doors());
        around.hello = Some(sample::hello());
        let mut person = Self {
            session: Session::new(Config::new(sample::doors()), Box::new(ids), now),
            glass: Glass::new(width, height).unwrap(),
            around,
            now,
            english: false,
            desk: Desk::default(),
            verdicts: VecDeque::new(),
            grant: None,
            printer: None,
            pulses: VecDeque::new(),
            calls: Vec::new(),
            numbers: Vec::new(),
            job: 0,
        };
        person.happens(Event::Recovered(Some(Box::<Recovery>::default())));
        person.happens(Event::Hello(Box::new(sample::hello())));
        person.happens(Event::Online(true));
        person.happens(Event::Scanner(true));
        person.happens(Event::Lock(true));
        for door in sample::doors() {
            person.happens(Event::Door { door: door.door, open: false });
        }
        person
    }

    /// Something happens around them.
    pub fn happens(&mut self, event: Event) {
        self.session.handle(event, self.now);
        self.obey();
    }

    pub fn scans(&mut self, code: Vec<u8>) {
        self.happens(Event::Scanned(code));
    }

    pub fn lays(&mut self, card: Card) {
        self.happens(Event::Card(Box::new(card)));
    }

    pub fn shuts(&mut self, door: u16) {
        self.happens(Event::Door { door: DoorNumber(door), open: false });
    }

    pub fn printer_is(&mut self, trouble: Option<Trouble>) {
        self.printer = trouble;
        self.happens(Event::Printer(trouble));
    }

    /// Stands there for so long.
    pub fn waits(&mut self, seconds: u64) {
        let until = self.now.mono + Duration::from_secs(seconds);
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= until) {
            self.passes(due.max(self.now.mono));
            self.session.handle_timeout(self.now);
            self.obey();
        }
        self.passes(until);
    }

    fn passes(&mut self, to: Duration) {
        let passed = SignedDuration::try_from(to - self.now.mono).unwrap();
        self.now = Now { mono: to, wall: self.now.wall.map(|wall| wall + passed) };
    }

    /// Presses the button of this name.
    pub fn press(&mut self, zh: &str, en: &str) {
        let label = self.word(zh, en).to_owned();
        let actions =
            self.glass.press(&label).unwrap_or_else(|| panic!("no button {label}: {:#?}", self.reads()));
        let [touched] = actions[..] else { panic!("{label} gave {actions:?}") };
        self.happens(Event::Touched(action(touched)));
    }

    /// Presses the button whose name has this in it.
    pub fn press_on(&mut self, part: &str) {
        let mut buttons = self.glass.elements().into_iter().filter(|element| element.role == Role::Button);
        let found = buttons.find(|button| button.label.contains(part));
        let label = found.unwrap_or_else(|| panic!("no button with {part}: {:#?}", self.reads())).label;
        self.press(&label, &label);
    }

    /// Whether there is a button of this name.
    pub fn has(&self, zh: &str, en: &str) -> bool {
        let label = self.word(zh, en);
        self.glass.elements().iter().any(|element| element.role == Role::Button && element.label == label)
    }

    /// What the machine knows of itself from now on.
    pub fn the_machine_is(&mut self, figures: Figures) {
        self.around.figures = figures;
    }

    /// Types digits on the pad.
    pub fn types(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.press(&format!("数字 {digit}"), &format!("Digit {digit}"));
        }
    }

    /// Reads this somewhere on the screen.
    pub fn sees(&self, zh: &str, en: &str) {
        let wanted = self.word(zh, en);
        let read = self.reads();
        assert!(read.iter().any(|text| text.contains(wanted)), "{wanted} is not on the screen: {read:#?}");
    }

    pub fn sees_no(&self, zh: &str, en: &str) {
        let unwanted = self.word(zh, en);
        let read = self.reads();
        assert!(!read.iter().any(|text| text.contains(unwanted)), "{unwanted} is on the screen: {read:#?}");
    }

    /// Sees the page that everybody begins at, which is in Chinese.
    pub fn is_at_the_start(&mut self) {
        self.english = false;
        self.sees("请扫描取货码", "");
    }

    const fn word<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.english { en } else { zh }
    }

    /// Everything that can be read.
    pub fn reads(&self) -> Vec<String> {
        let elements = self.glass.elements().into_iter().filter(|element| element.role != Role::Other);
        elements.map(|element| element.label).collect()
    }

    fn obey(&mut self) {
        while let Some(command) = self.session.next_command() {
            for event in self.answer(command) {
                self.session.handle(event, self.now);
            }
        }
    }

    fn answer(&mut self, command: Command) -> Vec<Event> {
        match command {
            Command::Show(view) => {
                self.glass.show(self.around.view(&view, self.now.wall)).unwrap();
                vec![]
            }
            Command::Journal { write, .. } => vec![Event::Journalled(write)],
            Command::AskVerdict(request) => vec![self.verdict(request.request_id)],
            Command::AskNumber(request) => {
                self.numbers.push(request.number.to_string());
                vec![self.verdict(request.request_id)]
            }
            Command::AskGrant(request) => {
                let answer = self.grant.take().unwrap_or_else(|| sample::granted(&[3]));
                vec![Event::Grant(request.grant_id, Ok(answer))]
            }
            Command::Print(job) => {
                self.job = job.job;
                vec![self.printed(job.job)]
            }
            Command::PrintSample(job) => vec![self.printed(job)],
            Command::OpenDoor(door) => vec![match self.pulses.pop_front() {
                None => Event::Door { door, open: true },
                Some(kind) => Event::OpenFailed { door, kind },
            }],
            Command::CallStaff(why) => {
                self.calls.push(why.to_owned());
                vec![]
            }
            Command::CallAbout { code, about } => {
                self.calls.push(format!("{code} {about}"));
                vec![]
            }
            asked => self.desk.answer(asked),
        }
    }

    const fn printed(&self, job: u64) -> Event {
        match self.printer {
            None => Event::Printed(job),
            Some(trouble) => Event::PrintFailed { job, sent: false, trouble },
        }
    }

    fn verdict(&mut self, ask: Uuid) -> Event {
        let answer = self.verdicts.pop_front().unwrap_or_else(|| Some(sample::ready(&[3])));
        Event::Verdict(ask, answer.map(Box::new).ok_or(Unreachable))
    }
}
