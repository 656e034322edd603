//! The worker: takes waiting generations, as many at once as it is told, and runs them.

use std::{sync::Arc, time::Duration};

use model::{Event, GenerationId, GenerationStatus};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{
    Studio, runner,
    store::{self, Claim, ClaimError},
};
use crate::{db::DbError, metrics::Metrics};

/// However quiet it is, the queue is looked at this often: a message may have been lost, a lease may have run out.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long to leave a database alone that does not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs generations until the program stops.
pub struct Worker {
    studio: Studio,
    slots: runner::Slots,
}

impl Worker {
    pub(super) fn new(studio: Studio) -> Self {
        Self { slots: Arc::new(Semaphore::new(studio.config.workers)), studio }
    }

    /// Takes and runs generations until the program stops. Those under way are then given back for others.
    pub async fn run(self) {
        let mut elsewhere = self.studio.fanout.work_elsewhere();
        while !self.studio.tasks.is_stopping() {
            match self.take_all().await {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read for now");
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            }
            tokio::select! {
                () = self.studio.tasks.stopping() => return,
                // Work that was queued while we looked left a permit, so that it is not missed.
                () = self.studio.fanout.work_here() => {}
                _ = elsewhere.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Starts everything that waits, as far as there are slots.
    async fn take_all(&self) -> Result<(), DbError> {
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let lease = self.studio.config.lease.as_secs_f64();
            match store::claim(self.studio.db.primary(), self.studio.clock.new_id(), lease).await {
                Ok(Some(claim)) => self.begin(claim, slot),
                Ok(None) => return Ok(()),
                Err(ClaimError::Unreadable(id)) => self.give_up(id).await?,
                Err(ClaimError::Db(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn begin(&self, claim: Claim, slot: OwnedSemaphorePermit) {
        let studio = self.studio.clone();
        let running = Running::new(studio.metrics.clone());
        self.studio.tasks.spawn("generation", async move {
            let (id, began) = (claim.generation, Instant::now());
            runner::describe(id, runner::run(&studio, claim).await, began);
            drop((running, slot));
            // A slot is free: there may be more.
            studio.fanout.wake_local_workers();
        });
    }

    async fn give_up(&self, id: GenerationId) -> Result<(), DbError> {
        tracing::error!(generation = %id, "a generation cannot be read by this version");
        let message = "This version cannot read what was asked for. Start it again.".to_owned();
        let event = Event::Failed { code: "unreadable".to_owned(), message, retryable: false };
        store::end(self.studio.db.primary(), id, GenerationStatus::Failed, &event, self.studio.clock.now()).await?;
        Ok(())
    }
}

/// Counts a generation for as long as it runs, however it ends.
struct Running(Metrics);

impl Running {
    fn new(metrics: Metrics) -> Self {
        metrics.generations_running.inc();
        Self(metrics)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.generations_running.dec();
    }
}
