//! A port in memory with a clock that tests turn.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use pickup_customs::{Document, Filing, Receipt, Signer, SoftwareKey, read_receipts};
use pickup_customs_sim::{Event, Input, MessageInput, Port};
use serde_json::Value;

use crate::sample;

pub struct World {
    pub port: Port,
    pub now: Timestamp,
    pub key: SoftwareKey,
    pub events: Vec<Event>,
    sent: u32,
}

impl World {
    /// A port with a step of one second that trusts the sender's certificate.
    pub fn new() -> Self {
        let key = sample::key(1);
        let pem = key.certificate().to_pem();
        let port = Port::default();
        let mut world = Self { port, now: sample::start(), key, events: Vec::new(), sent: 0 };
        world.input(Input::Step { ms: 1000 });
        world.input(Input::Trust { pem });
        world
    }

    pub fn input(&mut self, input: Input) {
        let event = Event { at: self.now, input };
        self.port.apply(&event);
        self.events.push(event);
    }

    pub fn behave(&mut self, change: Value) {
        let change = serde_json::from_value(change).unwrap();
        self.port.behaviour().with(&change).unwrap();
        self.input(Input::Behaviour(change));
    }

    pub fn deliver<T: Document>(&mut self, document: T) {
        let xml = sample::signed(vec![document], &self.key);
        self.deliver_xml(T::MESSAGE, &xml);
    }

    pub fn deliver_xml(&mut self, message_type: &str, xml: &str) {
        self.sent += 1;
        let message_id = format!("m{}", self.sent);
        let data = BASE64.encode(xml);
        let message_type = message_type.to_owned();
        self.input(Input::Message(MessageInput { message_id, message_type, data }));
    }

    pub fn deliver_all(&mut self, filing: &Filing) {
        self.deliver(filing.order().unwrap());
        self.deliver(filing.logistics());
        self.deliver(filing.inventory().unwrap());
    }

    /// Lets time pass in steps of 100 ms, as the clock of the process would.
    pub fn wait_s(&mut self, seconds: i64) {
        for _ in 0..seconds * 10 {
            self.now = self.now.checked_add(SignedDuration::from_millis(100)).unwrap();
            if self.port.next_due().is_some_and(|due| due <= self.now) {
                self.input(Input::Tick);
            }
        }
    }

    /// All receipts so far, in the order they went out.
    pub fn receipts(&self) -> Vec<Receipt> {
        let read = |xml: &[u8]| read_receipts(xml).unwrap();
        self.port
            .receipts(Some(sample::DXP), 0, usize::MAX)
            .flat_map(|out| {
                let batch = read(&out.body);
                assert!(batch.unreadable.is_empty() && batch.message_type == out.message_type);
                batch.receipts
            })
            .collect()
    }

    /// Statuses of the receipts about `key`, in the order they went out.
    pub fn statuses(&self, key: &str) -> Vec<i32> {
        self.receipts().iter().filter(|r| r.key() == key).map(|r| r.code()).collect()
    }

    /// Text of the last receipt about `key`.
    pub fn last_info(&self, key: &str) -> String {
        let receipts = self.receipts();
        receipts.iter().rfind(|r| r.key() == key).unwrap().info().to_owned()
    }
}
