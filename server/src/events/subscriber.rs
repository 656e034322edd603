//! Whoever is told of events.

use std::{future::Future, pin::Pin, time::Duration};

use model::{EventId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::EventName;
use crate::jobs::Failure;

/// An event as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Which.
    pub id: EventId,
    /// Its name. A word, since a later version may have written it.
    pub name: String,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// What it is about.
    pub subject: Uuid,
    /// JSON.
    pub data: String,
    /// When it happened.
    pub created_at: OffsetDateTime,
}

/// The answer of [`Subscriber::take`].
pub type Taking<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// Is told of events.
pub trait Subscriber: Send + Sync {
    /// Its name. Jobs carry it: under another name it is another subscriber.
    fn name(&self) -> &'static str;

    /// Whether it is told of events of this name.
    fn wants(&self, _name: EventName) -> bool {
        true
    }

    /// Over which time events are collected for it; none when it is told of each alone, at once. At most five minutes.
    fn window(&self) -> Option<Duration> {
        None
    }

    /// Whether it is told again when everybody is; otherwise only when it is asked for by name.
    fn takes_replays(&self) -> bool {
        true
    }

    /// Takes one event, or a batch of them in their order, in the transaction that acknowledges them: what it writes there is written once for
    /// each time it is told. What it does elsewhere may be done twice.
    fn take<'a>(&'a self, tx: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a>;

    /// What it took is committed.
    fn taken(&self) {}
}
