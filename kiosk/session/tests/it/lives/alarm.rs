//! Staff are called to doors that stand open unasked, and to no others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pickup_protocol::DoorNumber;
use pickup_session::{Command, Event, Now};

use super::rules::must;

const ONE_CALL_FOR: Duration = Duration::from_secs(3600);
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// What is known of doors since the power came on, in time since then.
#[derive(Default)]
pub struct Alarm {
    now: Duration,
    /// Doors that were told to stand open, since when.
    open: BTreeMap<DoorNumber, Duration>,
    /// Doors that stood open when they were asked to open, and of which nothing was told since.
    stood: BTreeSet<DoorNumber>,
    pulsed: Option<(DoorNumber, Duration)>,
    called: BTreeMap<DoorNumber, Duration>,
}

impl Alarm {
    pub fn told(&mut self, event: &Event, now: Now) {
        self.now = now.mono;
        match event {
            Event::Door { door, open } => {
                self.stood.remove(door);
                if *open {
                    self.open.entry(*door).or_insert(now.mono);
                } else {
                    self.open.remove(door);
                }
            }
            Event::Lock(false) => (self.open, self.stood) = Default::default(),
            _ => {}
        }
    }

    pub fn asked(&mut self, command: &Command, now: Now) -> Result<(), String> {
        self.now = now.mono;
        match command {
            Command::OpenDoor(door) => {
                if self.open.remove(door).is_some() {
                    self.stood.insert(*door);
                }
                self.pulsed = Some((*door, now.mono));
                self.called.remove(door);
            }
            Command::CallAbout { code: "DOOR_UNASKED", about } => {
                let door = DoorNumber(about.parse().unwrap());
                let open = self.open.contains_key(&door) || self.stood.contains(&door);
                must(open, || format!("staff are called to door {door}, which is shut"))?;
                let before = self.called.insert(door, now.mono);
                must(before.is_none_or(|at| now.mono - at >= ONE_CALL_FOR), || {
                    format!("staff are called to door {door} twice in an hour")
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody is being served, so nothing explains an open door.
    pub fn idle(&self) -> Result<(), String> {
        let missed = self.open.iter().find(|(door, since)| {
            let called = self.called.get(door).is_some_and(|at| at >= since || self.now - *at < ONE_CALL_FOR);
            let pulsed = self.pulsed.is_some_and(|(of, at)| of == **door && self.now - at < OPENS_WITHIN);
            !called && !pulsed
        });
        must(missed.is_none(), || format!("nobody was called to an open door: {missed:?}"))
    }
}
