//! Every task has an owner: spawned here, counted, told to stop at shutdown, waited for, and reported when it panics.

use std::{future::Future, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The program's background tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs `work` in the background. It must end soon after [`Tasks::stopping`] resolves.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(async move {
            // A task of its own inside, so that a panic is caught and told rather than lost.
            #[expect(clippy::disallowed_methods, reason = "this is the one place that spawns")]
            if let Err(error) = tokio::spawn(work).await {
                tracing::error!(task = name, %error, "a background task panicked");
            }
        });
    }

    /// Resolves when the program is about to end.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Whether the program is about to end.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// A token that is cancelled when the program is about to end.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells all tasks to stop and waits for them, at most `patience`. Says whether all ended in time.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(patience, self.tracker.wait()).await.is_ok()
    }

    /// How many are running.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}
