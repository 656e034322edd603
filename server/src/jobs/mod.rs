//! Work that is done later and never lost: published in the transaction that causes it, done by whichever process is free, tried again when it
//! fails, and kept with its reason when it cannot be done.
//!
//! A job is done *at least* once: a worker may die between the effect and the acknowledgement. Handlers are therefore idempotent, or acknowledge
//! in the transaction of their effect ([`Jobs::complete`]). An attempt is acknowledged by whoever began it and still holds it, and by nobody else.
//! All times are PostgreSQL's, so that the clocks of workers do not matter.

mod admin;
mod backoff;
mod delay;
mod keeper;
mod kind;
mod metrics;
mod publish;
mod qstash;
mod schedule;
mod store;
mod upkeep;
mod waker;
mod worker;

use std::time::Duration;

pub use admin::{
    Dead, Figures, Found, JobState, Listed, MinuteFigures, PAGE, QueueFigures, Scheduled, Selection, WorkerFigures,
};
pub use backoff::Backoff;
pub use delay::{BadDelay, DELAY_MAX, parse_delay};
pub use keeper::LEADER;
pub use kind::{Context, Failure, GivenUp, Job, Kinds, Queue, Ran, Rules, Then};
pub use metrics::{CLASSES, JobMetrics};
pub use publish::{Dedup, Flow, Options, Published};
pub use qstash::{
    Accepted, BadToken, CannotGoOutside, Delivery, Message, Qstash, QstashClient, QstashError, QstashSchedule,
    ReceiveError, Sameness,
};
pub(crate) use qstash::{REFUSED, UNREADABLE};
pub use schedule::{BadSchedule, Schedule};
pub use upkeep::TidyJobs;
pub use worker::Worker;

use crate::{
    clock::Clock,
    config::JobsConfig,
    db::{Database, DbError},
    tasks::Tasks,
};
use waker::Waker;

/// The most jobs that one call publishes.
pub const BATCH_MAX: usize = 100;
/// The most bytes of one payload.
pub const PAYLOAD_MAX: usize = 256 * 1_024;
/// What is asked for again within this time is the same job.
pub const DEDUP_WINDOW: Duration = Duration::from_secs(600);

/// The jobs domain.
#[derive(Clone)]
pub struct Jobs {
    db: Database,
    clock: Clock,
    config: JobsConfig,
    metrics: JobMetrics,
    tasks: Tasks,
    waker: Waker,
}

/// Something the queue could not do.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// What it carries, or how it is to be treated, makes no sense.
    #[error("a job of kind {kind} is not published: {reason}")]
    Invalid {
        /// Its kind.
        kind: String,
        /// What is wrong.
        reason: String,
    },
    /// More at once than one call takes.
    #[error("{0} jobs at once; {BATCH_MAX} is the most")]
    TooMany(usize),
    /// Somebody else holds the job now, or it was cancelled.
    #[error("this attempt no longer holds its job")]
    LeaseLost,
    /// It was delivered from outside: no worker holds it, and there is nothing to acknowledge.
    #[error("this attempt runs outside a worker and holds no job")]
    NoToken,
    /// There is none of that id, or it is over.
    #[error("there is no such job")]
    NotFound,
    /// A schedule that cannot be kept.
    #[error(transparent)]
    BadSchedule(#[from] BadSchedule),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Jobs {
    /// Makes the domain. A process that publishes wakes others from now on.
    pub fn new(db: Database, clock: Clock, config: JobsConfig, metrics: JobMetrics, tasks: Tasks) -> Self {
        let waker = Waker::start(&db, &tasks);
        Self { db, clock, config, metrics, tasks, waker }
    }

    /// Who does jobs of these kinds.
    pub fn worker(&self, kinds: Kinds) -> Worker {
        Worker::new(self.clone(), kinds)
    }

    /// Says that jobs of a kind were published, after the transaction was committed. They are found without being told as well, half a second
    /// later.
    pub fn wake<J: Job>(&self) {
        self.waker.wake(J::RULES.queue);
    }

    /// Acknowledges an attempt in the caller's transaction: the effect and the acknowledgement are there both or neither.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`] when somebody else has the job now, [`JobsError::NoToken`] outside a worker; the caller rolls back then.
    pub async fn complete(&self, tx: &mut sqlx::PgConnection, context: &Context) -> Result<(), JobsError> {
        if context.is_outside() {
            return Err(JobsError::NoToken);
        }
        if !store::complete(tx, context.token()).await? {
            return Err(JobsError::LeaseLost);
        }
        context.completed.store(true, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}
