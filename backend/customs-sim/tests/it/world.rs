//! A port in memory with a clock that tests turn.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use pickup_customs::{Document, Filing, Receipt, Signer, SoftwareKey, read_receipts};
use pickup_customs_sim::{Event, Input, ListState, ListView, MessageInput, Port, buyer_digest};
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

    /// A list that is released, with its customs number.
    pub fn released(&mut self, filing: &Filing) -> String {
        self.deliver_all(filing);
        self.wait_s(4);
        assert_eq!(self.state(filing), ListState::Released);
        self.view(filing).invt_no.unwrap()
    }

    pub fn view(&self, filing: &Filing) -> ListView {
        self.port.lists().find(|list| list.cop_no == filing.cop_no.as_str()).unwrap()
    }

    pub fn state(&self, filing: &Filing) -> ListState {
        self.view(filing).state
    }

    /// What the buyer of a filing has used of the year here, in CNY with five places.
    pub fn used(&self, filing: &Filing) -> String {
        let buyer = buyer_digest(filing.buyer.id.expose());
        let quota = self.port.books().quotas.into_iter().find(|quota| quota.buyer == buyer).unwrap();
        quota.here.to_string()
    }

    /// Enters stock of the samples' book and shows `(held, out)` of an item of it.
    pub fn stock(&self, record_no: &str) -> (String, String) {
        let item =
            self.port.books().stock.into_iter().find(|stock| stock.record_no == record_no).unwrap().item;
        (item.held.to_string(), item.out.to_string())
    }

    pub fn enter(&mut self, record_no: &str, entered: &str) {
        let (ems_no, record_no) = ("T9901W000001".to_owned(), record_no.to_owned());
        self.input(Input::Stock { ems_no, record_no, entered: entered.to_owned() });
    }

    /// Messages that cannot be read as receipts, and all others.
    pub fn sorted_out(&self) -> (usize, Vec<Receipt>) {
        let (mut garbled, mut good) = (0, Vec::new());
        for out in self.port.receipts(Some(sample::DXP), 0, usize::MAX) {
            match read_receipts(&out.body) {
                Ok(batch) => good.extend(batch.receipts),
                Err(_) => garbled += 1,
            }
        }
        (garbled, good)
    }
}
