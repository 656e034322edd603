//! Whoever does the work: claims as many jobs as there is room for, runs each within its limits, and says what became of it, for many jobs in
//! one statement.

mod attempt;
mod desk;
mod lane;
mod lease;
mod slot;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{Jobs, Queue, keeper::Keeper, kind::Kinds, store};
use crate::db::within;
use desk::Desk;

/// How long to leave a database alone that does not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The longest a statement of a worker may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most jobs of one claim, and outcomes of one acknowledgement.
const AT_ONCE: usize = 500;

/// Does jobs until the program stops.
pub struct Worker {
    jobs: Jobs,
    kinds: Arc<Kinds>,
    id: Uuid,
    desk: Desk,
    /// Attempts under way.
    attempts: TaskTracker,
    held: Held,
    /// Slots were freed.
    freed: watch::Sender<u64>,
}

/// What this worker is at: which attempt of each job, and how to tell it that it lost it.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<HashMap<Uuid, (i32, CancellationToken)>>>);

impl Worker {
    pub(super) fn new(jobs: Jobs, kinds: Kinds) -> Self {
        let id = jobs.clock.new_id();
        Self {
            jobs,
            kinds: Arc::new(kinds),
            id,
            desk: Desk::default(),
            attempts: TaskTracker::new(),
            held: Held::default(),
            freed: watch::Sender::new(0),
        }
    }

    /// Claims and does jobs until the program stops. What is under way then is given back for others, and does not count as an attempt.
    pub async fn run(self) {
        if !self.begin().await {
            return;
        }
        let over = CancellationToken::new();
        let work = async {
            tokio::join!(join_all(Queue::ALL.map(|queue| self.lane(queue))), self.suspects());
            self.attempts.close();
            self.attempts.wait().await;
            self.desk.close();
        };
        let work = async {
            tokio::join!(work, self.write_all());
            self.release().await;
            over.cancel();
        };
        let keeper = Keeper::new(&self.jobs, &self.kinds);
        tokio::join!(
            work,
            self.stay_alive(&over),
            self.hear_cancellations(&over),
            self.jobs.waker.listen(self.jobs.db.worker(), &over),
            keeper.keep(&over)
        );
    }

    /// What this worker knows to have: under way, or over and not written down yet.
    fn known(&self) -> Vec<Uuid> {
        let held = self.held.all();
        held.keys().copied().chain(self.desk.jobs()).collect()
    }

    /// Gives back what is still held, which is nothing unless the database was away.
    async fn release(&self) {
        match within(PATIENCE, store::release(self.jobs.db.worker(), self.id)).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "given back"),
            // The lease runs out by itself.
            Err(error) => tracing::debug!(%error, "not given back"),
        }
    }

    fn is_stopping(&self) -> bool {
        self.jobs.tasks.is_stopping()
    }

    /// Waits a little; `false` when the program stops meanwhile.
    async fn pause(&self, pause: Duration) -> bool {
        tokio::select! { () = self.jobs.tasks.stopping() => false, () = tokio::time::sleep(pause) => true }
    }
}

impl Held {
    fn insert(&self, job: Uuid, attempt: i32) -> CancellationToken {
        let lost = CancellationToken::new();
        self.all().insert(job, (attempt, lost.clone()));
        lost
    }

    /// An attempt is over. What is left to do with it is done before anybody looks what is held.
    fn remove(&self, job: Uuid, attempt: i32, then: impl FnOnce()) {
        let mut all = self.all();
        if all.get(&job).is_some_and(|(held, _)| *held == attempt) {
            all.remove(&job);
        }
        then();
    }

    fn attempts(&self) -> Vec<(Uuid, i32)> {
        self.all().iter().map(|(job, (attempt, _))| (*job, *attempt)).collect()
    }

    /// Tells the attempt that it lost its job.
    fn lose(&self, job: Uuid) {
        if let Some((_, lost)) = self.all().get(&job) {
            lost.cancel();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, (i32, CancellationToken)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
