//! What the printer says of itself: on being asked in real time, and by itself when something changes.

use super::{Output, Printer, PrinterFault as F};

impl Printer {
    /// The answer to `DLE EOT n`.
    pub(super) fn realtime_status(&self, n: u8) -> u8 {
        let cutter = self.fault == Some(F::CutterError);
        let hot = self.fault == Some(F::HeadHot);
        let recoverable = self.fault == Some(F::RecoverableError);
        let broken = self.fault == Some(F::UnrecoverableError);
        let bits = match n {
            1 => u8::from(self.blocked()) << 3,
            2 => {
                (u8::from(self.fault == Some(F::CoverOpen)) << 2)
                    | (u8::from(self.paper_out) << 5)
                    | (u8::from(cutter || hot || recoverable || broken) << 6)
            }
            3 => {
                (u8::from(recoverable) << 2)
                    | (u8::from(cutter) << 3)
                    | (u8::from(broken) << 5)
                    | (u8::from(hot) << 6)
            }
            _ if self.paper_out => 0x6C,
            _ if self.fault == Some(F::NearEnd) => 0x0C,
            _ => 0,
        };
        0x12 | bits
    }

    /// Sends the pushed status if the host asked for it and it is news.
    pub(super) fn push(&mut self, out: &mut Output) {
        let now = Some(self.pushed_status());
        // An unplugged line carries nothing; the host hears of it after it is plugged in again.
        if self.push_status && self.model.asb && self.fault != Some(F::Silent) && self.pushed != now {
            out.reply.extend(now.iter().flatten());
            self.pushed = now;
        }
    }

    fn pushed_status(&self) -> [u8; 4] {
        let cover = self.fault == Some(F::CoverOpen);
        let first = 0x10 | (u8::from(self.blocked()) << 3) | (u8::from(cover) << 5);
        let second = match self.fault {
            Some(F::RecoverableError) => 0x04,
            Some(F::CutterError) => 0x08,
            Some(F::UnrecoverableError) => 0x20,
            Some(F::HeadHot) => 0x40,
            _ => 0,
        };
        let third = match self.paper() {
            "out" => 0x0F,
            "near_end" => 0x03,
            _ => 0,
        };
        [first, second, third, 0]
    }
}
