//! A person who knows what they want and reacts to what the kiosk shows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::hands::{Hands, State};
use crate::wait::LOOK_EVERY;

/// Looks at the same page this long before trying again what it asks for, unless told otherwise.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// A member of staff whose label is refused this often stops trying.
const LABELS_AT_MOST: u8 = 3;
/// Pages named in a message.
const PAGES_NAMED: usize = 16;

/// What a person came for.
#[derive(Debug, Clone)]
pub enum Errand {
    /// A member of staff puts a parcel into the locker.
    Deposit {
        /// Badge of the member of staff.
        badge: String,
        /// Label of the parcel.
        label: String,
    },
    /// A member of staff settles every door whose pickup did not end clearly.
    Settle {
        /// Badge of the member of staff.
        badge: String,
        /// Whether the shopper has the goods.
        goods_out: bool,
    },
    /// A shopper collects a parcel.
    Collect {
        /// The ticket.
        ticket: String,
        /// The card the shopper carries.
        card: Value,
    },
}

/// What was done last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A label or ticket was held before the scanner.
    Scanned,
    /// The badge was held before the scanner.
    BadgeShown,
    /// The card was laid on the reader.
    CardLaid,
    /// The release was confirmed.
    Confirmed,
    /// A door was seen open, before anything was done about it.
    DoorSeenOpen,
    /// The door was closed.
    DoorClosed,
    /// Something else was pressed.
    Pressed,
}

/// How far the errand is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The machine's turn.
    Waiting,
    /// The person did this.
    Did(Moment),
    /// The errand is done; the kiosk is free again.
    Finished,
    /// The kiosk refused; its page is still shown.
    Refused,
}

/// One person on one errand.
pub struct Pilot {
    hands: Hands,
    errand: Errand,
    acted: Option<(String, Instant)>,
    try_again: Duration,
    reached: bool,
    door_was_open: bool,
    labels_shown: u8,
    /// Whether a door was open with this person before it.
    pub goods_out: bool,
    /// The pages seen, in order, each change once.
    pub seen: Vec<String>,
}

impl Pilot {
    /// Somebody with this errand at this bench.
    #[must_use]
    pub fn new(hands: &Hands, errand: Errand) -> Self {
        Self {
            hands: hands.clone(),
            errand,
            acted: None,
            try_again: TRY_AGAIN,
            reached: false,
            door_was_open: false,
            labels_shown: 0,
            goods_out: false,
            seen: Vec::new(),
        }
    }

    /// The same person, who looks at a page for so long before trying again what it asks for.
    #[must_use]
    pub const fn patient(mut self, try_again: Duration) -> Self {
        self.try_again = try_again;
        self
    }

    /// Goes on until the errand is done or refused.
    ///
    /// # Errors
    /// After `limit`, with the pages seen.
    pub async fn run(&mut self, limit: Duration) -> Result<Progress> {
        self.run_until(limit, |_| false).await
    }

    /// Goes on until the errand is done or refused, or the person did something that `stop` waits for.
    ///
    /// # Errors
    /// After `limit`, with the pages seen.
    pub async fn run_until(&mut self, limit: Duration, stop: impl Fn(Moment) -> bool) -> Result<Progress> {
        let deadline = Instant::now() + limit;
        loop {
            let progress =
                self.step().await.with_context(|| format!("pages seen: {:?}", self.last_seen()))?;
            match progress {
                Progress::Finished | Progress::Refused => return Ok(progress),
                Progress::Did(moment) if stop(moment) => return Ok(progress),
                Progress::Did(_) | Progress::Waiting => {}
            }
            if Instant::now() >= deadline {
                bail!("{self:?} took longer than {} s; pages seen: {:?}", limit.as_secs(), self.last_seen());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The last pages seen, for a message.
    #[must_use]
    pub fn last_seen(&self) -> &[String] {
        self.seen.get(self.seen.len().saturating_sub(PAGES_NAMED)..).unwrap_or_default()
    }

    /// Looks once and does what the page asks for, once per showing of the page.
    ///
    /// # Errors
    /// When the bench does not answer or the page is unknown.
    pub async fn step(&mut self) -> Result<Progress> {
        let state = self.hands.state().await?;
        if !state.screen.connected || state.screen.name.is_empty() {
            self.acted = None;
            return Ok(Progress::Waiting);
        }
        let page = state.screen.name.clone();
        if self.seen.last() != Some(&page) {
            self.seen.push(page.clone());
        }
        let open = state.doors.iter().any(|door| door.open);
        if open && !self.door_was_open {
            self.door_was_open = true;
            return Ok(Progress::Did(Moment::DoorSeenOpen));
        }
        self.door_was_open = open;
        let page_and_door = format!("{page}/{open}");
        if let Some((acted_on, when)) = &self.acted
            && *acted_on == page_and_door
            && when.elapsed() < self.try_again
        {
            return Ok(Progress::Waiting);
        }
        let now = Instant::now();
        let progress = match self.errand.clone() {
            Errand::Deposit { badge, label } => self.deposit(&page, &state, &badge, &label).await,
            Errand::Settle { badge, goods_out } => self.settle(&page, &state, &badge, goods_out).await,
            Errand::Collect { ticket, card } => self.collect(&page, &state, &ticket, &card).await,
        };
        // The keys of a page that has just come are not there yet: the next look may find them.
        if !matches!(progress, Ok(Progress::Waiting)) {
            self.acted = Some((page_and_door, now));
        }
        progress
    }

    async fn deposit(&mut self, page: &str, state: &State, badge: &str, label: &str) -> Result<Progress> {
        match page {
            "idle" if self.reached => Ok(Progress::Finished),
            "idle" => self.scan(badge, Moment::BadgeShown).await,
            "staff_home" if self.reached => self.press(state, "finish").await,
            "staff_home" if self.labels_shown >= LABELS_AT_MOST => Ok(Progress::Refused),
            "staff_home" => {
                self.labels_shown += 1;
                self.scan(label, Moment::Scanned).await
            }
            "staff_stored" => {
                self.reached = true;
                self.press_any(state, &["confirm", "finish"]).await
            }
            "staff_place" => {
                // What the kiosk makes of it is seen at the backend; scanning the label again would be too eager.
                let closed = self.close().await?;
                self.reached |= closed == Progress::Did(Moment::DoorClosed);
                Ok(closed)
            }
            other => self.common(other, state).await,
        }
    }

    async fn collect(&mut self, page: &str, state: &State, ticket: &str, card: &Value) -> Result<Progress> {
        match page {
            "idle" if self.reached => Ok(Progress::Finished),
            "idle" => self.scan(ticket, Moment::Scanned).await,
            "present_card" => {
                self.hands.lift().await?;
                self.hands.lay(card).await?;
                Ok(Progress::Did(Moment::CardLaid))
            }
            "review" => {
                if state.card.as_ref().is_some_and(|card| !card.is_null()) {
                    self.hands.lift().await?;
                }
                Ok(match self.press(state, "confirm").await? {
                    Progress::Did(_) => Progress::Did(Moment::Confirmed),
                    other => other,
                })
            }
            "take_goods" => {
                self.goods_out = true;
                self.close().await
            }
            "done" => {
                self.reached = true;
                self.press(state, "finish").await
            }
            other => self.common(other, state).await,
        }
    }

    /// A member of staff says what became of a parcel whose door may have moved.
    async fn settle(&mut self, page: &str, state: &State, badge: &str, goods_out: bool) -> Result<Progress> {
        let has = |id: &str| state.screen.targets.iter().any(|target| target.id == id);
        match page {
            "idle" if self.reached => Ok(Progress::Finished),
            "idle" => self.scan(badge, Moment::BadgeShown).await,
            "staff_home" if has("staff_open") => self.press(state, "staff_open").await,
            "staff_home" if has("finish") => {
                self.reached = true;
                self.press(state, "finish").await
            }
            "staff_attention" => {
                let answer = if goods_out { "goods_taken" } else { "goods_inside" };
                if has(answer) || has("staff_open") {
                    return self.press_any(state, &[answer, "staff_open"]).await;
                }
                self.close().await
            }
            other => self.common(other, state).await,
        }
    }

    /// Pages that anybody may meet.
    async fn common(&mut self, page: &str, state: &State) -> Result<Progress> {
        match page {
            "refused" => Ok(Progress::Refused),
            "still_there" => self.press(state, "more_time").await,
            // A second press on a key that was slow may meet the next page.
            "help" | "goods_fault" => self.press_any(state, &["back", "cancel"]).await,
            "looking_up" | "granting" | "printing" | "printer_trouble" | "opening_door"
            | "out_of_service" => Ok(Progress::Waiting),
            "staff_pin" => Ok(match self.hands.type_pin(TRY_AGAIN).await {
                Ok(()) => Progress::Did(Moment::Pressed),
                Err(_) => Progress::Waiting,
            }),
            "staff_home" | "staff_stored" => self.press(state, "finish").await,
            "staff_place" => self.close().await,
            "present_card" | "review" | "take_goods" | "done" => Ok(Progress::Waiting),
            other => bail!("the kiosk shows a page nobody described: `{other}`"),
        }
    }

    async fn scan(&self, code: &str, moment: Moment) -> Result<Progress> {
        self.hands.scan(code).await?;
        Ok(Progress::Did(moment))
    }

    async fn close(&self) -> Result<Progress> {
        let closed = self.hands.close_doors().await?;
        Ok(if closed.is_empty() { Progress::Waiting } else { Progress::Did(Moment::DoorClosed) })
    }

    async fn press(&self, state: &State, target: &str) -> Result<Progress> {
        self.press_any(state, &[target]).await
    }

    /// Presses the first of these that the page has; waits when it has none.
    async fn press_any(&self, state: &State, targets: &[&str]) -> Result<Progress> {
        let found = targets.iter().find(|id| state.screen.targets.iter().any(|target| target.id == **id));
        match found {
            // The page may have gone in the meantime: the next look tells.
            Some(target) => Ok(match self.hands.press(target).await {
                Ok(()) => Progress::Did(Moment::Pressed),
                Err(_) => Progress::Waiting,
            }),
            None => Ok(Progress::Waiting),
        }
    }
}

impl std::fmt::Debug for Pilot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let errand = match &self.errand {
            Errand::Deposit { label, .. } => format!("putting {label} in"),
            Errand::Settle { .. } => "settling a door".to_owned(),
            Errand::Collect { .. } => "collecting a parcel".to_owned(),
        };
        f.write_str(&errand)
    }
}
