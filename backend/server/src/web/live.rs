//! Pages that live: a watcher is told when something changed, over server-sent events.
//!
//! One task looks at the head of the trail and at the kiosks' reports; watchers wait for it, so that a thousand of them
//! cost the database nothing while nothing happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

use crate::App;
use crate::store::StoreError;

const LOOK: Duration = Duration::from_millis(500);

/// Where things stand: the last row of the trail, how far what orders are counted by followed it, and when a kiosk
/// reported last.
type Mark = (i64, i64, i64);

/// Tells watchers that something changed.
#[derive(Clone, Debug)]
pub struct Live(Arc<watch::Sender<Mark>>);

impl Default for Live {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new((0, 0, 0))))
    }
}

impl Live {
    /// Looks for changes for ever, while anybody watches.
    pub async fn run(self, app: Arc<App>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.0.receiver_count() == 0 {
                continue;
            }
            match mark(&app).await {
                Ok(mark) => {
                    self.0.send_if_modified(|last| std::mem::replace(last, mark) != mark);
                }
                Err(error) => tracing::warn!(%error, "cannot see whether pages changed"),
            }
        }
    }

    /// An answer that sends what `draw` gives, now and whenever it has become another text after something changed. It
    /// ends when `draw` gives nothing any more.
    pub fn events<F, Fut>(&self, draw: F) -> Response
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Option<String>> + Send,
    {
        let start = Watcher { changes: self.0.subscribe(), shown: None, draw };
        let events = stream::unfold(start, |mut watcher| async move {
            let text = watcher.next().await?;
            Some((Ok::<_, Infallible>(Event::default().data(text)), watcher))
        });
        let beat = KeepAlive::new().interval(Duration::from_secs(20));
        let mut answer = Sse::new(events).keep_alive(beat).into_response();
        // Proxies that gather answers would hold events back.
        answer.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
        answer
    }
}

struct Watcher<F> {
    changes: watch::Receiver<Mark>,
    shown: Option<String>,
    draw: F,
}

impl<F, Fut> Watcher<F>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Option<String>>,
{
    async fn next(&mut self) -> Option<String> {
        loop {
            if self.shown.is_some() {
                self.changes.changed().await.ok()?;
            }
            let text = (self.draw)().await?;
            if self.shown.as_ref() != Some(&text) {
                self.shown = Some(text.clone());
                return Some(text);
            }
        }
    }
}

async fn mark(app: &App) -> Result<Mark, StoreError> {
    app.store
        .read(|conn| {
            let seq = conn
                .prepare_cached("SELECT COALESCE(MAX(trail_seq), 0) FROM cell WHERE number = {cell}")?
                .query_row([], |row| row.get(0))?;
            let followed = conn
                .prepare_cached("SELECT COALESCE(MAX(seq), 0) FROM finder WHERE cell = {cell}")?
                .query_row([], |row| row.get(0))?;
            let got = conn
                .prepare_cached("SELECT COALESCE(MAX(got_us), 0) FROM kiosk_health WHERE cell = {cell}")?
                .query_row([], |row| row.get(0))?;
            Ok((seq, followed, got))
        })
        .await
}
