//! A signer that is asked no faster than it can, by no more at a time than may wait, and left alone after a failure.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pickup_customs::Certificate;
use tokio::sync::Semaphore;

use super::config::{Kind, SignerConfig};
use super::{Signing, SigningError};

/// What a card does in a minute.
const CARD_PER_MINUTE: u32 = 250;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How a signer is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Most signatures a minute; 0 for no limit.
    pub per_minute: u32,
    /// How many are asked for at the same time.
    pub parallel: usize,
    /// Most that wait, those being asked for included.
    pub queue: usize,
    /// How long one may take.
    pub timeout: Duration,
}

impl Pace {
    /// As the settings say; a card is asked one at a time.
    #[must_use]
    pub fn of(config: &SignerConfig) -> Self {
        let (usual, parallel) = match config.kind {
            Kind::Card => (CARD_PER_MINUTE, 1),
            Kind::File | Kind::Http => (0, 4),
        };
        Self {
            per_minute: config.per_minute.unwrap_or(usual),
            parallel,
            queue: config.queue.max(1),
            timeout: Duration::from_millis(u64::from(config.timeout_ms.max(1))),
        }
    }
}

/// A bucket of tokens: filled at a steady rate, one taken for each signature.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Time between two tokens; zero for no limit.
    every: Duration,
    /// Most tokens saved up.
    burst: u32,
    /// When the bucket would be full, had nobody taken any.
    full_at: Option<Instant>,
}

impl Bucket {
    /// Signatures of at most two seconds may follow at once.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        let every = Duration::from_secs(60).checked_div(per_minute).unwrap_or_default();
        Self { every, burst: (per_minute / 30).max(1), full_at: None }
    }

    /// Takes a token; how long to wait until it is there.
    pub fn take(&mut self, now: Instant) -> Duration {
        if self.every.is_zero() {
            return Duration::ZERO;
        }
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        let next = full_at.checked_add(self.every).unwrap_or(full_at);
        self.full_at = Some(next);
        let saved = self.every.saturating_mul(self.burst);
        next.saturating_duration_since(now).saturating_sub(saved)
    }
}

/// Since when it is left alone, and why.
#[derive(Clone, Debug)]
struct Pause {
    until: Instant,
    length: Duration,
    why: SigningError,
}

/// A signer with its pace.
pub struct Paced<S> {
    inner: S,
    name: String,
    pace: Pace,
    waiting: Semaphore,
    turns: Semaphore,
    bucket: Mutex<Bucket>,
    pause: Mutex<Option<Pause>>,
}

impl<S: Signing> Paced<S> {
    /// `inner` under its name at this pace.
    #[must_use]
    pub fn new(inner: S, name: &str, pace: Pace) -> Self {
        Self {
            inner,
            name: name.to_owned(),
            waiting: Semaphore::new(pace.queue),
            turns: Semaphore::new(pace.parallel.max(1)),
            bucket: Mutex::new(Bucket::new(pace.per_minute)),
            pause: Mutex::new(None),
            pace,
        }
    }

    async fn asked(&self, to_sign: &[u8]) -> Result<Vec<u8>, SigningError> {
        let full = || SigningError::QueueFull { signer: self.name.clone(), waiting: self.pace.queue };
        let _place = self.waiting.try_acquire().map_err(|_| full())?;
        self.left_alone()?;
        let _turn = self.turns.acquire().await.map_err(|_| full())?;
        // While this one waited, the one before may have failed.
        self.left_alone()?;
        let wait = self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let answer = tokio::time::timeout(self.pace.timeout, self.inner.sign(to_sign)).await;
        let signed = answer.unwrap_or_else(|_| Err(SigningError::TimedOut(self.name.clone())));
        let signed = signed.and_then(|signature| self.verified(to_sign, signature));
        self.remember(signed.as_ref().err());
        signed
    }

    fn verified(&self, to_sign: &[u8], signature: Vec<u8>) -> Result<Vec<u8>, SigningError> {
        let certificate = self.inner.certificate();
        if certificate.verifies(to_sign, &signature) {
            return Ok(signature);
        }
        Err(SigningError::OtherKey { signer: self.name.clone(), serial: certificate.serial_hex() })
    }

    fn left_alone(&self) -> Result<(), SigningError> {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pause) = &*pause else { return Ok(()) };
        if matches!(pause.why, SigningError::Password(_)) {
            return Err(pause.why.clone());
        }
        let left = pause.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        Err(SigningError::BackingOff {
            signer: self.name.clone(),
            for_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            why: pause.why.to_string(),
        })
    }

    fn remember(&self, failure: Option<&SigningError>) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(why) = failure else {
            *pause = None;
            return;
        };
        let doubled = pause.as_ref().map_or(FIRST_PAUSE, |before| before.length.saturating_mul(2));
        let length = doubled.min(LONGEST_PAUSE);
        tracing::warn!(signer = self.name, %why, pause_ms = length.as_millis(), "no signature; the signer is left alone");
        let now = Instant::now();
        *pause = Some(Pause { until: now.checked_add(length).unwrap_or(now), length, why: why.clone() });
    }
}

impl<S: Signing> Signing for Paced<S> {
    fn sign<'a>(&'a self, to_sign: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, SigningError>> {
        self.asked(to_sign).boxed()
    }

    fn certificate(&self) -> &Certificate {
        self.inner.certificate()
    }

    fn registration(&self) -> &str {
        self.inner.registration()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_asked_no_more_often_than_it_can() {
        let (start, mut bucket) = (Instant::now(), Bucket::new(240));
        let mut now = start;
        let mut asked = 0;
        while now.duration_since(start) < Duration::from_secs(60) {
            now += bucket.take(now);
            asked += 1;
        }
        assert!((240..=249).contains(&asked), "{asked} in a minute");
    }

    #[test]
    fn after_a_rest_a_few_follow_at_once_and_then_each_waits() {
        let (now, mut bucket) = (Instant::now(), Bucket::new(240));
        let waits: Vec<u128> = (0..10).map(|_| bucket.take(now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 250, 500]);
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let mut bucket = Bucket::new(0);
        assert!((0..100).all(|_| bucket.take(Instant::now()).is_zero()));
    }
}
