//! Whether the kiosk serves anybody, and whether the backend is there.

use pickup_protocol::service::OutReason;

use crate::session::Session;

impl Session {
    /// Why no pickup can begin, as a code; `None` when one can.
    pub(crate) fn out_of_service(&self) -> Option<&'static str> {
        if self.journal_good == Some(false) {
            Some("JOURNAL_FAILED")
        } else if let Some(reason) = self.taken_out() {
            Some(reason.code())
        } else if self.hello.is_none() {
            Some("NOT_CONNECTED_YET")
        } else if !self.lock_up {
            Some("LOCK_DOWN")
        } else if !self.scanner_up {
            Some("SCANNER_DOWN")
        } else {
            None
        }
    }

    /// Why staff took the kiosk out of service, if they did.
    pub(crate) fn taken_out(&self) -> Option<OutReason> {
        self.standing.as_ref()?.out
    }

    pub(crate) fn contact(&mut self, online: bool) {
        if online {
            self.away_since = None;
        } else if self.online {
            self.away_since = self.now.wall;
        }
        self.online = online;
    }
}
