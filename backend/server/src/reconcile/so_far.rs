//! The day so far, counted beside the pages: a count goes through the whole trail, which takes long where many orders were
//! cleared. A page waits for it a moment only and else shows the last one, with its time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use tokio::sync::watch;

use super::{Sheet, compute};
use crate::shop::Shop;
use crate::store::StoreError;

/// A page waits so long.
const MOMENT: Duration = Duration::from_millis(50);
/// What was counted stands for so many times the time that counting took, so that looking never fills a processor.
const STANDS: u32 = 20;

/// Counts of the day so far, by centre.
#[derive(Debug, Default)]
pub struct SoFar {
    centres: Mutex<BTreeMap<u16, Centre>>,
}

#[derive(Debug, Default)]
struct Centre {
    /// While one is counting: ends with it.
    counting: Option<watch::Receiver<()>>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    counted: Result<Option<Arc<Sheet>>, Arc<StoreError>>,
    ended: Instant,
    took: Duration,
}

/// What a page can show.
#[derive(Debug)]
pub enum Seen {
    /// What was counted last, and whether it is being counted anew.
    Sheet(Arc<Sheet>, bool),
    /// It is being counted for the first time.
    Counting,
    /// There is no such centre.
    NoCentre,
    /// It could not be counted; it is tried again when one looks again.
    Failed(Arc<StoreError>),
}

impl SoFar {
    /// The day so far as counted a moment ago; counts when that is too old.
    pub async fn look(self: &Arc<Self>, shop: &Arc<Shop>, centre: u16, day: Date) -> Seen {
        if let Some(mut counting) = self.begin(shop, centre, day) {
            // It ends by being dropped; one that lasts is not waited for.
            let _ = tokio::time::timeout(MOMENT, counting.changed()).await;
        }
        let mut centres = self.lock();
        let Some(of) = centres.get_mut(&centre) else { return Seen::Counting };
        match of.last.as_ref().map(|last| last.counted.clone()) {
            Some(Ok(Some(sheet))) if sheet.day == day => Seen::Sheet(sheet, of.counting().is_some()),
            Some(Ok(None)) => Seen::NoCentre,
            Some(Err(error)) => {
                of.last = None;
                Seen::Failed(error)
            }
            _ => Seen::Counting,
        }
    }

    /// Begins to count unless what is there is good; what ends with the count that is under way.
    fn begin(self: &Arc<Self>, shop: &Arc<Shop>, centre: u16, day: Date) -> Option<watch::Receiver<()>> {
        let mut centres = self.lock();
        let of = centres.entry(centre).or_default();
        if let Some(counting) = of.counting() {
            return Some(counting.clone());
        }
        if of.last.as_ref().is_some_and(|last| last.is_good(day)) {
            return None;
        }
        let (ends, counting) = watch::channel(());
        of.counting = Some(counting.clone());
        drop(centres);
        let (all, shop) = (Arc::clone(self), Arc::clone(shop));
        tokio::spawn(async move {
            let (begun, now) = (Instant::now(), shop.app.now());
            let counted = shop.app.store.read(move |conn| compute(conn, centre, day, now)).await;
            let counted = counted.map(|sheet| sheet.map(Arc::new)).map_err(Arc::new);
            let last = Last { counted, ended: Instant::now(), took: begun.elapsed() };
            let done = Centre { counting: None, last: Some(last) };
            all.lock().insert(centre, done);
            drop(ends);
        });
        Some(counting)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, Centre>> {
        self.centres.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Centre {
    /// The count that is under way; one that came to no end, since its task died, is none.
    fn counting(&self) -> Option<&watch::Receiver<()>> {
        self.counting.as_ref().filter(|counting| counting.has_changed().is_ok())
    }
}

impl Last {
    fn is_good(&self, day: Date) -> bool {
        let of_day = matches!(&self.counted, Ok(Some(sheet)) if sheet.day == day);
        of_day && self.ended.elapsed() < self.took.saturating_mul(STANDS)
    }
}
