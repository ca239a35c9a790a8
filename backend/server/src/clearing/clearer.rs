//! The batcher: orders that wait at the same moment are cleared in one transaction. With one client that is a batch of one;
//! under load batches form by themselves while the one before is being written.

use std::sync::{Arc, Weak};

use tokio::sync::{mpsc, oneshot};

use crate::clearing::ClearingError;
use crate::clearing::ask::Ask;
use crate::clearing::batch::{self, Outcome};
use crate::shop::Shop;
use crate::store::StoreError;

/// Most orders of a batch.
const MOST: usize = 512;
/// How many times an order is asked again that shared a number with others of its batch: each time at least one of them is answered.
const AGAIN: usize = MOST;

type Answer = Result<Outcome, Arc<ClearingError>>;

/// A way to have orders cleared.
#[derive(Clone, Debug)]
pub struct Clearer {
    queue: mpsc::Sender<(Box<Ask>, oneshot::Sender<Answer>)>,
}

/// The other end of a [`Clearer`].
#[derive(Debug)]
pub struct Queue(mpsc::Receiver<(Box<Ask>, oneshot::Sender<Answer>)>);

/// A clearer and its queue, to be [`run`].
#[must_use]
pub fn channel() -> (Clearer, Queue) {
    let (queue, asked) = mpsc::channel(MOST * 2);
    (Clearer { queue }, Queue(asked))
}

impl Clearer {
    /// Has an order cleared; it is on the disk when this is answered.
    ///
    /// # Errors
    /// [`ClearingError`] when the batch could not be written; nothing of it was kept.
    pub async fn clear(&self, ask: Ask) -> Answer {
        let ask = Box::new(ask);
        for _ in 0..AGAIN {
            let (to, answer) = oneshot::channel();
            let closed = |_| Arc::new(ClearingError::from(StoreError::Closed));
            self.queue.send((ask.clone(), to)).await.map_err(|e| closed(e.to_string()))?;
            match answer.await.map_err(|e| closed(e.to_string()))?? {
                Outcome::Later => {}
                outcome => return Ok(outcome),
            }
        }
        let crowded = "its number comes too often at the same moment";
        Err(Arc::new(StoreError::unreadable("an order", crowded).into()))
    }
}

/// Clears what waits, until nobody can ask any more.
pub async fn run(shop: Weak<Shop>, mut queue: Queue) {
    let mut waiting = Vec::with_capacity(MOST);
    while queue.0.recv_many(&mut waiting, MOST).await > 0 {
        let Some(shop) = shop.upgrade() else { return };
        let (asks, to): (Vec<Box<Ask>>, Vec<_>) = waiting.drain(..).unzip();
        let kept: Arc<[Box<Ask>]> = asks.into();
        let done = clear(&shop, Arc::clone(&kept)).await;
        shop.outbox.notify_one();
        match done {
            Ok(outcomes) => {
                for (to, outcome) in to.into_iter().zip(outcomes) {
                    // The asker may be gone; the order stands all the same.
                    let _ = to.send(Ok(outcome));
                }
            }
            // One order that cannot be written must not spoil the others: each is tried alone.
            Err(error) if to.len() > 1 => {
                tracing::error!(%error, orders = to.len(), "a batch was not cleared; its orders are tried one by one");
                for (to, ask) in to.into_iter().zip(kept.iter()) {
                    let _ = to.send(alone(&shop, ask.clone()).await);
                }
            }
            Err(error) => {
                tracing::error!(%error, "an order was not cleared");
                for to in to {
                    let _ = to.send(Err(Arc::new(StoreError::NotCommitted(error.to_string()).into())));
                }
            }
        }
    }
}

async fn clear(shop: &Arc<Shop>, asks: Arc<[Box<Ask>]>) -> Result<Vec<Outcome>, ClearingError> {
    let writer = Arc::clone(shop);
    shop.app.store.write(move |tx| batch::clear(tx, &writer, &asks, writer.app.now())).await
}

async fn alone(shop: &Arc<Shop>, ask: Box<Ask>) -> Answer {
    let outcomes = clear(shop, Arc::from([ask])).await.map_err(Arc::new)?;
    outcomes.into_iter().next().ok_or_else(|| Arc::new(StoreError::Closed.into()))
}
