//! One attempt: within its time, whatever the handler does.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Worker, slot::Slot};
use crate::jobs::{
    DELAY_MAX,
    kind::{Context, Failure, Known, Then},
    metrics::KindMetrics,
    store::{Ended, Outcome, Taken},
};

/// The most characters of a reason that are kept.
const REASON_MAX: usize = 2_000;

/// What an attempt came to, until that is written down.
pub(super) struct Attempted {
    pub(super) ended: Ended,
    /// The handler has acknowledged it itself.
    pub(super) was_completed: bool,
    pub(super) metrics: KindMetrics,
    pub(super) took: Duration,
    /// Free once it is written down, so that there is no more to write than there are slots.
    pub(super) slot: Slot,
}

impl Worker {
    /// Begins an attempt in a task of its own.
    pub(super) fn attempt(&self, job: Taken, kind: Arc<Known>, slot: Slot) {
        let metrics = self.jobs.metrics.of(kind.kind);
        metrics.started(job.waited.max(0.0));
        let number = |count: i32| u16::try_from(count).unwrap_or(u16::MAX);
        let context = Context {
            id: job.id,
            attempt: number(job.attempt),
            attempts: number(job.max_attempts),
            worker: self.id,
            published_at: job.created_at,
            completed: Arc::new(AtomicBool::new(false)),
            stopping: self.jobs.tasks.stop_token(),
        };
        let lost = self.held.insert(job.id, job.attempt);
        let (desk, held, chance) = (self.desk.clone(), self.held.clone(), self.jobs.clock.chance());
        let freed = self.freed.clone();
        let token = self.attempts.token();
        self.jobs.tasks.spawn("job", async move {
            let began = Instant::now();
            let outcome = outcome(&job, &kind, &context, &lost, chance).await;
            let (id, attempt) = (job.id, job.attempt);
            held.remove(id, attempt, || {
                if let Some(outcome) = outcome {
                    let ended = Ended { id, attempt, outcome };
                    let was_completed = context.was_completed();
                    desk.lay_down(Attempted { ended, was_completed, metrics, took: began.elapsed(), slot });
                } else {
                    metrics.lost();
                    drop(slot);
                    freed.send_modify(|times| *times = times.wrapping_add(1));
                }
            });
            drop(token);
        });
    }
}

/// What becomes of an attempt; nothing when its job is not its own any more.
async fn outcome(
    job: &Taken,
    kind: &Known,
    context: &Context,
    lost: &CancellationToken,
    chance: f64,
) -> Option<Outcome> {
    let handled = match kind.begin(&job.payload, context.clone()) {
        Ok(handled) => handled,
        Err(reason) => return Some(Outcome::Dead { cause: "unreadable", reason: fit(&reason) }),
    };
    tokio::select! {
        ended = kind.see_through(handled, context) => match ended {
            Ok(()) => Some(Outcome::Done),
            Err(failure) => Some(follow(job, kind, &failure, chance)),
        },
        () = lost.cancelled() => None,
    }
}

/// What follows a failure.
fn follow(job: &Taken, kind: &Known, failure: &Failure, chance: f64) -> Outcome {
    let reason = fit(&failure.reason);
    let backoff = kind.rules.backoff;
    let pause = match failure.then {
        Then::GiveBack => return Outcome::GivenBack { reason: String::new(), seconds: 0.0 },
        Then::PutOff(pause) => return Outcome::GivenBack { reason, seconds: pause.min(DELAY_MAX).as_secs_f64() },
        Then::GiveUp => return Outcome::Dead { cause: "refused", reason },
        _ if job.attempt >= job.max_attempts => return Outcome::Dead { cause: "attempts", reason },
        Then::Retry => backoff.pause(u16::try_from(job.attempt).unwrap_or(u16::MAX), chance),
        Then::RetryAfter(pause) => pause.min(backoff.most),
    };
    Outcome::Again { reason, seconds: pause.as_secs_f64() }
}

/// A reason as PostgreSQL takes it.
fn fit(reason: &str) -> String {
    reason.chars().filter(|letter| *letter != '\0').take(REASON_MAX).collect()
}
