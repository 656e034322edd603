//! Following a generation: first the log from where the reader was, then live, without a gap and without a repetition.

use std::time::Duration;

use futures::{Stream, stream};
use model::{GenerationId, Logged, Seq};
use tokio_util::sync::CancellationToken;

use super::{
    fanout::{Heard, Listener},
    store,
};
use crate::db::{Database, DbError};

/// However quiet the messages are, the log is looked at this often: they may have been lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to leave a database alone that does not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A reader of one generation's log.
pub struct Follower {
    db: Database,
    listener: Listener,
    stop: CancellationToken,
    generation: GenerationId,
    /// The last event handed out.
    at: Seq,
    ended: bool,
    /// The log has to be read: at the start, after a gap, and now and then, as messages may be lost.
    must_read: bool,
}

impl Follower {
    pub(super) fn new(
        db: Database,
        listener: Listener,
        stop: CancellationToken,
        generation: GenerationId,
        at: Seq,
    ) -> Self {
        Self { db, listener, stop, generation, at: at.max(0), ended: false, must_read: true }
    }

    /// The next events in order, as soon as there are any; `None` after the last one, or when the program is about to end and the
    /// reader should come back to another instance.
    pub async fn next(&mut self) -> Option<Vec<Logged>> {
        if self.ended {
            return None;
        }
        loop {
            if self.must_read {
                match self.read().await {
                    Ok(events) if !events.is_empty() => return Some(events),
                    Ok(_) if self.ended => return None,
                    Ok(_) => self.must_read = false,
                    Err(error) => self.rest_after(&error).await?,
                }
            } else if let Some(events) = self.hear().await? {
                return Some(events);
            }
        }
    }

    /// Leaves a database alone that does not answer. `None` when the program is about to end.
    async fn rest_after(&self, error: &DbError) -> Option<()> {
        tracing::warn!(generation = %self.generation, %error, "a generation cannot be followed until the database answers");
        tokio::select! {
            () = self.stop.cancelled() => None,
            () = tokio::time::sleep(AFTER_FAILURE) => Some(()),
        }
    }

    /// Waits for news: the events themselves when they continue exactly where the reader is; otherwise the log has to be read. Whoever
    /// waits may give up at any point (a sign of life is due): what has to be read is noted before that.
    async fn hear(&mut self) -> Option<Option<Vec<Logged>>> {
        let look_again = tokio::time::sleep(LOOK_EVERY);
        tokio::pin!(look_again);
        loop {
            let heard = tokio::select! {
                () = self.stop.cancelled() => return None,
                () = &mut look_again => {
                    self.must_read = true;
                    return Some(None);
                }
                heard = self.listener.next() => heard,
            };
            let Heard::Events(batch) = heard else {
                self.must_read = true;
                return Some(None);
            };
            let fresh: Vec<Logged> = batch.iter().filter(|event| event.seq > self.at).cloned().collect();
            match fresh.first() {
                None => {}
                Some(first) if first.seq == self.at + 1 => return Some(Some(self.hand_out(fresh))),
                Some(_) => {
                    self.must_read = true;
                    return Some(None);
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<Logged>, DbError> {
        let events = store::events(self.db.primary(), self.generation, self.at).await?;
        // A reader that comes back after the end has nothing to wait for.
        if events.is_empty() && self.at > 0 && store::is_over(self.db.primary(), self.generation, self.at).await? {
            self.ended = true;
        }
        Ok(self.hand_out(events))
    }

    fn hand_out(&mut self, events: Vec<Logged>) -> Vec<Logged> {
        if let Some(last) = events.last() {
            self.at = last.seq;
            self.ended = last.is_last();
        }
        events
    }

    /// The same as a stream of batches.
    pub fn into_stream(self) -> impl Stream<Item = Vec<Logged>> + Send + 'static {
        stream::unfold(self, |mut follower| async move { follower.next().await.map(|events| (events, follower)) })
    }
}
