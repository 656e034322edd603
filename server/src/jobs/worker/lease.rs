//! The sign of life for everything a worker holds, and what it hears of what it holds no longer.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{AFTER_FAILURE, PATIENCE, Worker};
use crate::{
    db::{DbError, within},
    jobs::store,
};

/// No claim is waited for so long, by more than the moments between an answer and its being read.
const UNKNOWN_AFTER: Duration = Duration::from_secs(PATIENCE.as_secs() + 5);

impl Worker {
    /// Takes up a lease, however long the database is away. `false` when the program stops before.
    pub(super) async fn begin(&self) -> bool {
        let (name, lease) = (format!("process {}", std::process::id()), self.jobs.config.lease.as_secs_f64());
        while !self.is_stopping() {
            match within(PATIENCE, store::begin(self.jobs.db.worker(), self.id, &name, lease)).await {
                Ok(()) => return true,
                Err(error) => tracing::warn!(%error, "jobs wait: the database is away"),
            }
            self.pause(AFTER_FAILURE).await;
        }
        false
    }

    /// Renews the lease three times in its span, and looks what was lost meanwhile.
    pub(super) async fn stay_alive(&self, over: &CancellationToken) {
        let mut beat = tokio::time::interval(self.jobs.config.lease / 3);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! { () = over.cancelled() => return, _ = beat.tick() => {} }
            match within(self.jobs.config.lease * 2 / 3, self.beat()).await {
                Ok(()) => {
                    self.lose_what_is_not_held().await;
                    self.give_back_what_is_not_known().await;
                }
                Err(error) => tracing::warn!(%error, "this worker gave no sign of life"),
            }
        }
    }

    async fn beat(&self) -> Result<(), DbError> {
        let (pool, lease) = (self.jobs.db.worker(), self.jobs.config.lease.as_secs_f64());
        if !store::renew(pool, self.id, lease).await? {
            tracing::warn!("this worker was silent for longer than its lease; others have its jobs now");
            self.held.attempts().into_iter().for_each(|(job, _)| self.held.lose(job));
            let name = format!("process {}", std::process::id());
            store::begin(pool, self.id, &name, lease).await?;
        }
        Ok(())
    }

    /// Ends attempts whose job was cancelled or taken over without that being heard.
    async fn lose_what_is_not_held(&self) {
        let attempts = self.held.attempts();
        if attempts.is_empty() {
            return;
        }
        match within(self.jobs.config.lease, store::not_held(self.jobs.db.worker(), self.id, &attempts)).await {
            // What ended in this moment is no longer held either, and no longer here to be told.
            Ok(lost) => lost.into_iter().for_each(|job| self.held.lose(job)),
            Err(error) => tracing::debug!(%error, "what this worker holds was not looked up this time"),
        }
    }

    /// Gives back jobs of claims whose answer was lost on its way: nobody else takes them while this worker is alive. Those of claims that
    /// may still be answered are younger.
    async fn give_back_what_is_not_known(&self) {
        let (pool, known) = (self.jobs.db.worker(), self.known());
        let given_back = store::give_back_unknown(pool, self.id, &known, UNKNOWN_AFTER.as_secs_f64());
        match within(self.jobs.config.lease, given_back).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "given back: the answer to their claim never came"),
            Err(error) => tracing::debug!(%error, "what this worker has unknowingly was not looked up this time"),
        }
    }

    /// Ends attempts whose job was cancelled.
    pub(super) async fn hear_cancellations(&self, over: &CancellationToken) {
        let mut cancellations = self.jobs.waker.cancellations();
        loop {
            tokio::select! {
                () = over.cancelled() => return,
                heard = cancellations.recv() => match heard {
                    Ok(job) => self.held.lose(job),
                    // The heartbeat finds what was missed.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }
}
