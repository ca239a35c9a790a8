//! What devices and backend said last, so that a session that begins anew knows it too.

use pickup_protocol::Manifest;
use pickup_protocol::kiosk::Hello;
use pickup_session::{Event, Trouble};

/// What was said last.
#[derive(Debug, Default)]
pub struct Known {
    hello: Option<Box<Hello>>,
    manifest: Option<Box<Manifest>>,
    online: bool,
    scanner: Option<bool>,
    reader: Option<bool>,
    printer: Option<Option<Trouble>>,
    lock: bool,
}

impl Known {
    /// Remembers what an event says of the surroundings.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Hello(hello) => self.hello = Some(hello.clone()),
            Event::Manifest(manifest) => self.manifest = Some(manifest.clone()),
            Event::Online(online) => self.online = *online,
            Event::Scanner(up) => self.scanner = Some(*up),
            Event::Reader(up) => self.reader = Some(*up),
            Event::Printer(trouble) => self.printer = Some(*trouble),
            Event::Lock(up) => self.lock = *up,
            _ => {}
        }
    }

    /// The same as events. How the doors stand is not among them: they are read anew.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let hello = self.hello.clone().map(Event::Hello);
        let manifest = self.manifest.clone().map(Event::Manifest);
        let surroundings = hello.into_iter().chain(manifest).chain([Event::Online(self.online)]);
        let scanner = self.scanner.map(Event::Scanner);
        let reader = self.reader.map(Event::Reader);
        let printer = self.printer.map(Event::Printer);
        surroundings.chain(scanner).chain(reader).chain(printer).chain([Event::Lock(self.lock)])
    }
}
