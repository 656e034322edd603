//! What happens, told: to subscribers in this program, to other programs by webhooks, and to pages and apps by a service that speaks Pusher's protocol.
//!
//! An event is published in the transaction that causes it, with the job that tells of it: both are there or neither. Each subscriber is told in a
//! job of its own, so that one that fails does not hold the others, and acknowledges in the transaction of its effect.

mod dedup;
mod dispatch;
mod event;
mod figures;
mod inbound;
pub mod pusher;
mod replay;
mod signature;
mod store;
mod subscriber;
pub mod webhooks;

use std::sync::Arc;

use model::{EventId, UserId};
use sqlx::PgConnection;

pub use dedup::{Claim, Dedup, REMEMBERED, Seen};
pub use dispatch::{BATCH, CollectEvents, DeliverEvent, DispatchEvent, TidyEvents};
pub use event::{About, Event, EventName, Outset};
pub use figures::FiguresSubscriber;
pub use inbound::{
    BySource, Consumed, HOOK_BODY_MAX, HookConsumer, HookError, HookHeaders, HookMetrics, Hooks, NoteHooks,
    ReceivedHook, Taken,
};
pub use replay::{REPLAY_MAX, Replayed, Selection};
pub use signature::{BadSignature, SigningSecret, TOLERANCE};
pub use subscriber::{StoredEvent, Subscriber, Taking};

use crate::{
    clock::Clock,
    db::{Database, DbError},
    jobs::{Jobs, JobsError, Options},
};

/// Events are kept this long, to be told again.
pub const KEEP: time::Duration = time::Duration::days(30);

/// The events domain.
#[derive(Clone)]
pub struct Events {
    db: Database,
    clock: Clock,
    jobs: Jobs,
    subscribers: Arc<[Arc<dyn Subscriber>]>,
}

/// Something the events domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// There is no subscriber of that name.
    #[error("nobody called \"{0}\" subscribes: there are {1}")]
    NoSuchSubscriber(String, String),
    /// The queue.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Events {
    /// Makes the domain, with everybody who is told.
    pub fn new(db: Database, clock: Clock, jobs: Jobs, subscribers: Vec<Arc<dyn Subscriber>>) -> Self {
        Self { db, clock, jobs, subscribers: subscribers.into() }
    }

    /// Publishes an event in the transaction that causes it: it is told if that commits, and only then. [`Events::wake`] afterwards.
    ///
    /// # Errors
    /// [`DbError`] when it cannot be stored; the caller rolls back then.
    pub async fn publish(
        &self,
        tx: &mut PgConnection,
        owner: Option<UserId>,
        event: &Event,
    ) -> Result<EventId, DbError> {
        let (id, name) = (EventId(self.clock.new_id()), event.name());
        store::insert(tx, id, owner, event, self.clock.now()).await?;
        let job = DispatchEvent { event: id, name: name.to_string() };
        self.jobs.publish(tx, &job, &Options::default()).await.map_err(queue)?;
        Ok(id)
    }

    /// Says that something was published and committed just now. It is told without that as well, half a second later.
    pub fn wake(&self) {
        self.jobs.wake::<DispatchEvent>();
    }

    /// Gives what happened to somebody to somebody else, in the transaction that makes one person of two.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn give(&self, tx: &mut PgConnection, from: UserId, to: UserId) -> Result<(), DbError> {
        store::give(tx, from, to).await
    }

    /// Forgets what happened to somebody, in the transaction that removes their account.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn forget(&self, tx: &mut PgConnection, owner: UserId) -> Result<(), DbError> {
        store::forget(tx, owner).await
    }
}

/// The queue takes what is published here; what it does not take is the database's doing.
fn queue(error: JobsError) -> DbError {
    match error {
        JobsError::Db(error) => error,
        other => DbError::Refused(sqlx::Error::Protocol(other.to_string())),
    }
}
