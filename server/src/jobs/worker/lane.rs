//! Claiming: one lane a queue, each with slots of its own, and one for jobs that were running in a process that died.

use std::{sync::Arc, time::Duration};

use prometheus_client::metrics::gauge::Gauge;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{AFTER_FAILURE, AT_ONCE, PATIENCE, Worker, slot::Slot};
use crate::{
    db::{DbError, within},
    jobs::{
        Queue,
        metrics::SUSPECTS,
        store::{self, Taken},
    },
};

/// However quiet it is, the queue is looked at this often: a message may have been lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often to look for jobs that were committed long after they were published, and how far back; now and then, all the way.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
const SWEEP_BACK: Duration = Duration::from_secs(30);
const SWEEP_ALL_EVERY: u32 = 30;
/// Slots that this takes, for as long as it looks: where an old snapshot is held it passes what is long gone, and what comes new does not wait for that.
const SWEEP_SLOTS: usize = 16;
/// Jobs that saw a process die and run beside each other.
const SUSPECTS_AT_ONCE: usize = 16;

/// A queue's slots, and since when jobs may wait in it.
struct Lane<'a> {
    worker: &'a Worker,
    queue: Queue,
    kinds: Vec<String>,
    slots: Arc<Semaphore>,
    used: Gauge,
    marks: std::sync::Mutex<Marks>,
}

/// For each priority, a moment before which no job waits, as far as this worker has seen.
#[derive(Debug, Clone, Copy)]
struct Marks([OffsetDateTime; 4]);

/// A transaction may publish now and commit a little later.
const LATE: Duration = Duration::from_secs(1);

impl Marks {
    const BEGINNING: Self = Self([OffsetDateTime::UNIX_EPOCH; 4]);

    /// Moves on: what was claimed was the oldest there was.
    fn pass(&mut self, taken: &[Taken]) {
        for job in taken {
            if let Some(mark) = usize::try_from(job.priority).ok().and_then(|priority| self.0.get_mut(priority)) {
                *mark = (*mark).max(job.run_at - LATE);
            }
        }
    }

    fn back_by(self, time: Duration) -> Self {
        Self(self.0.map(|mark| mark.checked_sub(time.try_into().unwrap_or_default()).unwrap_or(mark)))
    }
}

impl Worker {
    /// Claims and begins jobs of a queue until the program stops.
    pub(super) async fn lane(&self, queue: Queue) {
        let kinds = self.kinds.of(queue);
        if kinds.is_empty() {
            return;
        }
        let most = self.jobs.config.slots(queue);
        let (slots, used) = (Arc::new(Semaphore::new(most)), self.jobs.metrics.lane(queue.as_str(), most));
        let lane = Lane { worker: self, queue, kinds, slots, used, marks: std::sync::Mutex::new(Marks::BEGINNING) };
        tokio::join!(lane.claim_all(), lane.sweep());
    }

    /// Claims and begins jobs that were running in a process that died. Any of them may have killed it, so that they run in small rounds: whoever
    /// stood beside the culprit once or twice is found innocent in a round without it.
    pub(super) async fn suspects(&self) {
        let kinds = self.kinds.names();
        let slots = Arc::new(Semaphore::new(SUSPECTS_AT_ONCE));
        let used = self.jobs.metrics.lane(SUSPECTS, SUSPECTS_AT_ONCE);
        while !self.is_stopping() {
            if slots.available_permits() == SUSPECTS_AT_ONCE {
                let most = i64::try_from(SUSPECTS_AT_ONCE).unwrap_or(i64::MAX);
                match within(PATIENCE, store::claim_suspects(self.jobs.db.worker(), self.id, &kinds, most)).await {
                    Ok(taken) => self.begin_all(taken, &slots, &used),
                    Err(error) => tracing::debug!(%error, "suspects cannot be claimed until the database answers"),
                }
            }
            self.pause(LOOK_EVERY).await;
        }
    }

    fn begin_all(&self, taken: Vec<Taken>, slots: &Arc<Semaphore>, used: &Gauge) {
        for job in taken {
            let slot = Arc::clone(slots).try_acquire_owned();
            if let (Some(kind), Ok(slot)) = (self.kinds.get(&job.kind).cloned(), slot) {
                self.attempt(job, kind, Slot::take(slot, used));
            }
        }
    }
}

impl Lane<'_> {
    async fn claim_all(&self) {
        let mut wakes = self.worker.jobs.waker.lane(self.queue);
        let mut freed = self.worker.freed.subscribe();
        while !self.worker.is_stopping() {
            wakes.mark_unchanged();
            freed.mark_unchanged();
            let room = self.slots.available_permits().min(AT_ONCE);
            let claimed = if room == 0 { Ok(0) } else { self.claim(room).await };
            let (is_full, pause) = match claimed {
                Ok(claimed) if room > 0 && claimed == room => continue,
                Ok(0) if room > 0 => (false, self.until_due().await),
                Ok(_) => (room == 0, LOOK_EVERY),
                Err(error) => {
                    tracing::warn!(%error, queue = self.queue.as_str(), "the queue cannot be read until the database answers");
                    self.worker.pause(AFTER_FAILURE).await;
                    continue;
                }
            };
            tokio::select! {
                () = self.worker.jobs.tasks.stopping() => return,
                _ = wakes.changed(), if !is_full => {}
                _ = freed.changed(), if is_full => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// How long until the next job is due, or until it is time to look.
    async fn until_due(&self) -> Duration {
        let due = store::next_due(self.worker.jobs.db.worker(), self.queue.as_str(), LOOK_EVERY.as_secs_f64());
        match within(PATIENCE, due).await {
            Ok(Some(seconds)) => Duration::from_secs_f64(seconds.clamp(0.0, LOOK_EVERY.as_secs_f64())),
            _ => LOOK_EVERY,
        }
    }

    async fn claim(&self, room: usize) -> Result<usize, DbError> {
        let marks = *self.marks();
        let slots = Arc::clone(&self.slots).acquire_many_owned(u32::try_from(room).unwrap_or(u32::MAX));
        let Ok(slots) = slots.await else { return Ok(0) };
        let taken = self.take(marks, room).await?;
        self.marks().pass(&taken);
        Ok(self.begin(taken, slots))
    }

    async fn take(&self, marks: Marks, room: usize) -> Result<Vec<Taken>, DbError> {
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let (jobs, id) = (&self.worker.jobs, self.worker.id);
        within(PATIENCE, store::claim(jobs.db.worker(), id, self.queue.as_str(), &self.kinds, &marks.0, most)).await
    }

    fn begin(&self, taken: Vec<Taken>, mut slots: OwnedSemaphorePermit) -> usize {
        let claimed = taken.len();
        for job in taken {
            if let (Some(kind), Some(slot)) = (self.worker.kinds.get(&job.kind).cloned(), slots.split(1)) {
                self.worker.attempt(job, kind, Slot::take(slot, &self.used));
            }
        }
        claimed
    }

    /// Looks for jobs behind the marks: those of transactions that took their time.
    async fn sweep(&self) {
        for times in 1_u32.. {
            if !self.worker.pause(SWEEP_EVERY).await {
                return;
            }
            let marks =
                if times.is_multiple_of(SWEEP_ALL_EVERY) { Marks::BEGINNING } else { self.marks().back_by(SWEEP_BACK) };
            while self.sweep_once(marks).await == SWEEP_SLOTS {}
        }
    }

    /// Claims what a sweep finds, and says how many that were.
    async fn sweep_once(&self, marks: Marks) -> usize {
        let room = self.slots.available_permits().min(SWEEP_SLOTS);
        let slots = Arc::clone(&self.slots).try_acquire_many_owned(u32::try_from(room).unwrap_or(u32::MAX));
        let (Ok(slots), true) = (slots, room > 0) else { return 0 };
        match self.take(marks, room).await {
            Ok(taken) => self.begin(taken, slots),
            Err(error) => {
                tracing::debug!(%error, "the queue was not swept this time");
                0
            }
        }
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
