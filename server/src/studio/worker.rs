//! The worker: takes waiting generations, as many at once as it is told, and runs them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::Instant};

use super::{Studio, runner, store};

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
            // Registered before looking, so that work queued while we look is not missed.
            let here = self.studio.fanout.work_here();
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
                () = here => {}
                _ = elsewhere.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Starts everything that waits, as far as there are slots.
    async fn take_all(&self) -> Result<(), crate::db::DbError> {
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let lease = self.studio.config.lease.as_secs_f64();
            let Some(claim) = store::claim(self.studio.db.primary(), self.studio.clock.new_id(), lease).await? else {
                return Ok(());
            };
            let studio = self.studio.clone();
            self.studio.metrics.generations_running.inc();
            self.studio.tasks.spawn("generation", async move {
                let (id, began) = (claim.generation, Instant::now());
                runner::describe(id, runner::run(&studio, claim).await, began);
                studio.metrics.generations_running.dec();
                drop(slot);
                // A slot is free: there may be more.
                studio.fanout.wake_local_workers();
            });
        }
        Ok(())
    }
}
