//! Asks the backend whether two people at the console want a door open, and hands what they want to the session.

use std::sync::Arc;
use std::time::Duration;

use pickup_protocol::work::WishRequest;
use pickup_session::Event;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

use crate::backend::Backend;
use crate::pulse::Pulse;

/// Somebody at the console waits, and a wish is good for two minutes.
const EVERY: Duration = Duration::from_secs(2);
/// A backend that is away, or older than wishes, is asked this seldom.
const WHILE_AWAY: Duration = Duration::from_secs(10);

/// Asks for ever. A wish is given once: one whose answer is lost opens nothing.
pub async fn ask(backend: Backend, pulse: Arc<Pulse>, to: UnboundedSender<Event>) {
    loop {
        let pause = match backend.wishes(&WishRequest { ready: pulse.is_free() }).await {
            Ok(reply) => {
                if let Some(wish) = reply.wish {
                    tracing::warn!(door = wish.door.0, by = wish.by, "a door is opened from the console");
                    // Nobody listens any more when the kiosk is ending.
                    let _ = to.send(Event::Wish(Box::new(wish)));
                }
                EVERY
            }
            Err(error) => {
                tracing::debug!(%error, "wishes cannot be asked for");
                WHILE_AWAY
            }
        };
        sleep(pause).await;
    }
}
