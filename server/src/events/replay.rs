//! Telling again, for operators.

use model::EventId;
use time::OffsetDateTime;

use super::{DeliverEvent, EventName, Events, EventsError, StoredEvent, store};
use crate::{
    db::DbError,
    jobs::{JobsError, Options},
};

/// The most events that are told again at once.
pub const REPLAY_MAX: u32 = 10_000;

/// Which events.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection {
    /// Those of this name.
    pub name: Option<EventName>,
    /// Those from this moment on.
    pub since: Option<OffsetDateTime>,
    /// Those before this moment.
    pub until: Option<OffsetDateTime>,
    /// Those after this one.
    pub after: Option<EventId>,
}

/// What is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// So many events.
    pub events: usize,
    /// To so many subscribers altogether.
    pub deliveries: usize,
    /// The last of them, when there may be more after it.
    pub more_after: Option<EventId>,
}

impl Events {
    /// Events, the latest first.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn list(&self, selection: &Selection, limit: u32) -> Result<Vec<StoredEvent>, DbError> {
        store::newest(self.db.primary(), selection, i64::from(limit)).await
    }

    /// Tells of events again, the oldest first and at most [`REPLAY_MAX`]: one subscriber, or all that take replays. Nobody is kept from it by what they
    /// were told before. A rehearsal only counts.
    ///
    /// # Errors
    /// [`EventsError::NoSuchSubscriber`]; [`EventsError::Db`].
    pub async fn replay(
        &self,
        selection: &Selection,
        subscriber: Option<&str>,
        rehearsal: bool,
    ) -> Result<Replayed, EventsError> {
        self.check_subscriber(subscriber)?;
        let mut tx = self.begin().await?;
        let events = store::oldest(&mut tx, selection, i64::from(REPLAY_MAX)).await?;
        let again = events.iter().flat_map(|(id, name)| self.deliveries_again(*id, name, subscriber));
        let deliveries: Vec<DeliverEvent> = again.collect();
        let is_full = events.len() >= usize::try_from(REPLAY_MAX).unwrap_or(usize::MAX);
        let more_after = events.last().filter(|_| is_full).map(|(id, _)| *id);
        let replayed = Replayed { events: events.len(), deliveries: deliveries.len(), more_after };
        if !rehearsal {
            // What happens now is told first.
            let options = Options { priority: Some(3), ..Options::default() };
            self.jobs.publish_bulk(&mut tx, deliveries, &options).await?;
            tx.commit().await.map_err(|error| JobsError::Db(error.into()))?;
            self.jobs.wake::<DeliverEvent>();
        }
        Ok(replayed)
    }

    fn check_subscriber(&self, name: Option<&str>) -> Result<(), EventsError> {
        let names: Vec<&str> = self.subscribers.iter().map(|subscriber| subscriber.name()).collect();
        match name {
            Some(name) if !names.contains(&name) => {
                Err(EventsError::NoSuchSubscriber(name.to_owned(), names.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn deliveries_again(&self, event: EventId, name: &str, only: Option<&str>) -> Vec<DeliverEvent> {
        let Ok(name) = name.parse::<EventName>() else { return Vec::new() };
        let wanting = self.subscribers.iter().filter(|subscriber| match only {
            Some(only) => subscriber.name() == only && subscriber.wants(name),
            None => subscriber.takes_replays() && subscriber.wants(name),
        });
        wanting.map(|subscriber| DeliverEvent { event, subscriber: subscriber.name().to_owned() }).collect()
    }
}
