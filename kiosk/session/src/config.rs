//! What a session is set up with: doors, and how long everything may take.

use std::time::Duration;

use pickup_protocol::kiosk::DoorOffer;

/// What a session is set up with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The doors, with their sizes.
    pub doors: Vec<DoorOffer>,
    /// Without a touch for so long, ask whether somebody is still there.
    pub idle_after: Duration,
    /// Then end after so long.
    pub warn_for: Duration,
    /// Before staff mode closes by itself, the seconds are counted for so long.
    pub staff_warn_for: Duration,
    /// A door open for so long is reminded of.
    pub ajar_after: Duration,
    /// The last page of a pickup, and a refusal, stay for so long.
    pub farewell_for: Duration,
    /// How long the printer may be in trouble before the pickup is left to staff.
    pub printer_for: Duration,
    /// The operator's policy: after so long without a working printer the door opens all the same, the handover says that
    /// no slip came out, and staff print it later. `None`: no door without its slip.
    pub slip_may_follow_after: Option<Duration>,
    /// How long a slip that may still come out is waited for once the printer works again.
    pub late_slip_for: Duration,
    /// After a pulse of which nobody knows what became, the door's contact is waited for so long.
    pub contact_for: Duration,
    /// How long any answer is waited for.
    pub answer_for: Duration,
    /// Cards that may be tried.
    pub tries: u8,
}

impl Config {
    /// The usual times, for a kiosk with these doors.
    #[must_use]
    pub fn new(doors: Vec<DoorOffer>) -> Self {
        let s = Duration::from_secs;
        Self {
            doors,
            idle_after: s(45),
            warn_for: s(15),
            staff_warn_for: s(10),
            ajar_after: s(30),
            farewell_for: s(12),
            printer_for: s(300),
            slip_may_follow_after: None,
            late_slip_for: s(2),
            contact_for: s(3),
            answer_for: s(20),
            tries: 3,
        }
    }
}
