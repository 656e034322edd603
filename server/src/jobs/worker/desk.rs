//! Acknowledging: what attempts came to gathers here while the last batch is being written down.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{AFTER_FAILURE, AT_ONCE, PATIENCE, Worker, attempt::Attempted};
use crate::{
    db::{DbError, within},
    jobs::store::{self, Ended, Outcome},
};

/// When the program stops, what was done is written down within this, or done again by others.
const LAST_TRY: Duration = Duration::from_secs(2);

/// What is not written down yet. It holds one slot for each, so that it is as small as the number of slots.
#[derive(Clone, Default)]
pub(super) struct Desk {
    state: Arc<Mutex<State>>,
    filled: Arc<Notify>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Attempted>,
    /// Jobs of the batch that is being written down.
    in_hand: Vec<Uuid>,
    is_closed: bool,
}

impl Desk {
    pub(super) fn lay_down(&self, attempted: Attempted) {
        self.state().waiting.push(attempted);
        self.filled.notify_one();
    }

    /// Nothing will be laid down any more.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.filled.notify_one();
    }

    /// The next batch; nothing when there will be none any more.
    async fn next(&self) -> Option<Vec<Attempted>> {
        loop {
            {
                let mut state = self.state();
                let many = state.waiting.len().min(AT_ONCE);
                if many > 0 {
                    let batch: Vec<Attempted> = state.waiting.drain(..many).collect();
                    state.in_hand = batch.iter().map(|attempted| attempted.ended.id).collect();
                    return Some(batch);
                }
                if state.is_closed {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// The last batch is written down.
    fn put_away(&self) {
        self.state().in_hand.clear();
    }

    /// Jobs of which it is not written down what became of them.
    pub(super) fn jobs(&self) -> Vec<Uuid> {
        let state = self.state();
        state.in_hand.iter().copied().chain(state.waiting.iter().map(|attempted| attempted.ended.id)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Writes down what became of attempts until nothing will come any more.
    pub(super) async fn write_all(&self) {
        while let Some(attempted) = self.desk.next().await {
            self.write(attempted).await;
            self.desk.put_away();
            self.freed.send_modify(|times| *times = times.wrapping_add(1));
        }
    }

    /// Until the database takes it: what was done is done, and done again if nobody hears of it.
    async fn write(&self, attempted: Vec<Attempted>) {
        let (mut ended, mut rest) = (Vec::new(), Vec::new());
        for Attempted { ended: one, was_completed, metrics, took, slot } in attempted {
            ended.push(one);
            rest.push((was_completed, metrics, took, slot));
        }
        let known = self.acknowledge(&mut ended).await;
        for (one, (was_completed, metrics, took, slot)) in ended.iter().zip(rest) {
            let is_ours = was_completed || known.contains(&one.id);
            match &one.outcome {
                _ if !is_ours => {
                    metrics.lost();
                    tracing::warn!(job = %one.id, attempt = one.attempt, "an attempt ended whose job is somebody else's by now");
                }
                Outcome::Done => metrics.finished(took),
                Outcome::Again { reason, .. } => {
                    tracing::info!(job = %one.id, attempt = one.attempt, reason, "a job is tried again later");
                    metrics.failed(took, true);
                }
                Outcome::Dead { cause, reason } => {
                    tracing::error!(job = %one.id, attempt = one.attempt, cause, reason, "a job was given up");
                    metrics.failed(took, false);
                }
                Outcome::GivenBack { .. } => {}
            }
            drop(slot);
        }
        self.jobs.waker.flows_moved();
    }

    async fn acknowledge(&self, ended: &mut [Ended]) -> HashSet<Uuid> {
        let mut tries_left = LAST_TRY.as_millis() / AFTER_FAILURE.as_millis();
        loop {
            match within(PATIENCE, store::acknowledge(self.jobs.db.worker(), self.id, ended)).await {
                Ok(known) => return known.into_iter().collect(),
                Err(DbError::Refused(error)) => {
                    tracing::error!(%error, "what became of jobs cannot be written down together");
                    return self.one_by_one(ended).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "what became of jobs cannot be written down until the database answers");
                }
            }
            if self.is_stopping() {
                if tries_left == 0 {
                    return HashSet::new();
                }
                tries_left -= 1;
            }
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }

    /// What one of them holds is not refused to the others; the one is tried again.
    async fn one_by_one(&self, ended: &mut [Ended]) -> HashSet<Uuid> {
        let mut known = HashSet::new();
        for one in ended {
            let pool = self.jobs.db.worker();
            let mut said = within(PATIENCE, store::acknowledge(pool, self.id, std::slice::from_ref(one))).await;
            if matches!(said, Err(DbError::Refused(_))) {
                let reason = "What became of it could not be written down.".to_owned();
                one.outcome = Outcome::Again { reason, seconds: 60.0 };
                said = within(PATIENCE, store::acknowledge(pool, self.id, std::slice::from_ref(one))).await;
            }
            match said {
                Ok(ids) => known.extend(ids),
                Err(error) => tracing::error!(job = %one.id, %error, "what became of a job cannot be written down"),
            }
        }
        known
    }
}
