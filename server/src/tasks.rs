//! Every task has an owner: spawned here, counted, told to stop at shutdown, waited for, and reported when it panics.

use std::{future::Future, time::Duration};

use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The program's background tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    metrics: TaskMetrics,
}

/// What is measured of background tasks.
#[derive(Debug, Clone, Default)]
pub struct TaskMetrics {
    /// Tasks that panicked.
    pub panics: Counter,
    /// Tasks that were begun anew because they had ended before their time.
    pub restarts: Counter,
}

/// How long a task that ended before its time is left alone, and how long at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Tasks {
    /// Runs `work` in the background. It must end soon after [`Tasks::stopping`] resolves.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let metrics = self.metrics.clone();
        // A task of its own inside, so that a panic is caught and told rather than lost. Begun out here: whatever waits for it would hold room for a second one.
        #[expect(clippy::disallowed_methods, reason = "this is the one place that spawns")]
        let work = tokio::spawn(work);
        self.tracker.spawn(async move {
            if let Err(error) = work.await {
                metrics.panics.inc();
                tracing::error!(task = name, %error, "a background task panicked");
            }
        });
    }

    /// Runs work that lasts as long as the program: begun anew, after a pause that grows, when it panics or ends before the program does.
    pub fn keep<Work>(&self, name: &'static str, begin: impl Fn() -> Work + Send + 'static)
    where
        Work: Future<Output = ()> + Send + 'static,
    {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            let mut pause = FIRST_PAUSE;
            while !tasks.is_stopping() {
                let began = Instant::now();
                #[expect(clippy::disallowed_methods, reason = "as in `spawn`")]
                let ended = tokio::spawn(begin()).await;
                if tasks.is_stopping() {
                    return;
                }
                match ended {
                    Ok(()) => tracing::error!(task = name, "a background task ended before its time"),
                    Err(error) => {
                        tasks.metrics.panics.inc();
                        tracing::error!(task = name, %error, "a background task panicked");
                    }
                }
                tasks.metrics.restarts.inc();
                pause = if began.elapsed() > LONGEST_PAUSE { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
                tokio::select! { () = tasks.stopping() => return, () = tokio::time::sleep(pause) => {} }
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

    /// What is measured of them.
    pub fn metrics(&self) -> &TaskMetrics {
        &self.metrics
    }

    /// How many are running.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_begun_anew_when_it_panics_and_told() {
        let (tasks, times) = (Tasks::default(), Arc::new(AtomicU32::new(0)));
        let (count, stop) = (Arc::clone(&times), tasks.stop_token());
        tasks.keep("sometimes", move || {
            let (count, stop) = (Arc::clone(&count), stop.clone());
            async move {
                match count.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("once"),
                    1 => {}
                    _ => stop.cancelled().await,
                }
            }
        });
        let thrice = async {
            while times.load(Ordering::SeqCst) < 3 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), thrice).await.unwrap();
        assert_eq!((tasks.metrics().panics.get(), tasks.metrics().restarts.get()), (1, 2));
        assert!(tasks.stop(Duration::from_secs(1)).await);
    }
}
