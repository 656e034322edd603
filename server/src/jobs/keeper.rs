//! What one process does for all: taking jobs from workers that fell silent, keeping schedules, counting what there is. Whoever gets the advisory
//! lock leads for one transaction; there is nobody to elect, and nobody whose death has to be noticed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{
    Jobs, Queue,
    kind::Kinds,
    metrics::{ByStanding, ByState, CLASSES, Minute},
    schedule,
    store::{self, Due, New, Treatment},
};
use crate::db::{DbError, within};

/// How often there is a leader.
const LEAD_EVERY: Duration = Duration::from_secs(1);
/// The number all leaders agree on: "atlas9 j" as bytes.
pub const LEADER: i64 = 0x6174_6c61_7339_206a;
/// The most jobs, schedules or flows of one step.
const AT_ONCE: i64 = 500;
/// How long jobs of a worker that fell silent wait before they are tried again.
const AFTER_CRASH: Duration = Duration::from_secs(1);
/// How often flows are looked at, however quiet it is, and how far ahead they let go by their rate.
const FLOWS_EVERY: Duration = Duration::from_millis(500);
const FLOWS_AHEAD: Duration = Duration::from_secs(2);
/// How often what happened is written down for the console, and what there is is counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps the queue, beside others who do the same.
pub(super) struct Keeper<'a> {
    jobs: &'a Jobs,
    kinds: &'a Kinds,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(jobs: &'a Jobs, kinds: &'a Kinds) -> Self {
        Self { jobs, kinds }
    }

    /// Keeps the queue until it is over.
    pub(super) async fn keep(&self, over: &CancellationToken) {
        tokio::join!(self.lead_all(over), self.flows_all(over), self.count_all(over));
    }

    async fn lead_all(&self, over: &CancellationToken) {
        let mut tick = tokio::time::interval(LEAD_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! { () = over.cancelled() => return, _ = tick.tick() => {} }
            if let Err(error) = within(PATIENCE, self.lead()).await {
                tracing::debug!(%error, "nobody was rescued this time");
            }
        }
    }

    async fn lead(&self) -> Result<(), DbError> {
        let mut tx = self.jobs.db.worker().begin().await?;
        if !store::lead(&mut tx, LEADER).await? {
            return Ok(());
        }
        let rescued = store::rescue(&mut tx, AT_ONCE, AFTER_CRASH.as_secs_f64()).await?;
        let due = store::due_schedules(&mut tx, &self.kinds.names(), AT_ONCE).await?;
        for due in &due {
            self.publish_due(&mut tx, due).await?;
        }
        tx.commit().await?;
        for (kind, many) in rescued.again {
            tracing::warn!(kind, many, "jobs of a process that fell silent are tried again");
            self.jobs.metrics.of(&kind).rescued(many, 0);
        }
        for (kind, many) in rescued.dead {
            tracing::error!(kind, many, "jobs that ran in a process that fell silent are given up");
            self.jobs.metrics.of(&kind).rescued(0, many);
        }
        if !due.is_empty() {
            Queue::ALL.iter().for_each(|queue| self.jobs.waker.wake(*queue));
        }
        Ok(())
    }

    /// Publishes what a schedule says, once for all moments that have passed.
    async fn publish_due(&self, tx: &mut sqlx::PgConnection, due: &Due) -> Result<(), DbError> {
        let now = store::now(tx).await?;
        let next = schedule::next_after(&due.cron, &due.zone, now);
        let next = next.inspect_err(|error| tracing::error!(schedule = due.name, %error, "a schedule is paused")).ok();
        let Some(known) = self.kinds.get(&due.kind) else { return Ok(()) };
        if let Err(reason) = known.validate(&due.payload) {
            tracing::error!(schedule = due.name, reason, "a schedule is paused: what it publishes cannot be read");
            return store::schedule_kept(tx, &due.name, None, None).await;
        }
        let job = New { id: self.jobs.clock.new_id(), payload: due.payload.clone() };
        let treatment = Treatment {
            kind: known.kind,
            queue: known.rules.queue.as_str(),
            priority: i16::from(known.rules.priority),
            max_attempts: i32::from(known.rules.attempts),
            delay: 0.0,
            not_before: None,
            flow: None,
            on_failure: known.rules.on_failure,
        };
        store::insert(tx, std::slice::from_ref(&job), &treatment).await?;
        self.jobs.metrics.of(known.kind).published(1);
        store::schedule_kept(tx, &due.name, Some(job.id), next).await
    }

    async fn flows_all(&self, over: &CancellationToken) {
        loop {
            tokio::select! {
                () = over.cancelled() => return,
                () = self.jobs.waker.flows() => {}
                () = tokio::time::sleep(FLOWS_EVERY) => {}
            }
            if let Err(error) = within(PATIENCE, self.flows()).await {
                tracing::debug!(%error, "flows let nothing go until the database answers");
            }
        }
    }

    async fn flows(&self) -> Result<(), DbError> {
        let pool = self.jobs.db.worker();
        let ahead = FLOWS_AHEAD.as_secs_f64();
        for flow in store::waiting_flows(pool, ahead, AT_ONCE).await? {
            for queue in store::let_go(pool, &flow, ahead).await? {
                if let Some(queue) = Queue::named(&queue) {
                    self.jobs.waker.wake_lane(queue);
                }
            }
        }
        Ok(())
    }

    async fn count_all(&self, over: &CancellationToken) {
        let mut tick = tokio::time::interval(COUNT_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_over = tokio::select! { () = over.cancelled() => true, _ = tick.tick() => false };
            if let Err(error) = within(PATIENCE, self.count()).await {
                tracing::debug!(%error, "jobs were not counted this time");
            }
            if is_over {
                return;
            }
        }
    }

    async fn count(&self) -> Result<(), DbError> {
        let pool = self.jobs.db.worker();
        for (kind, minute) in self.jobs.metrics.take_minutes() {
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let classes = |counts: [u64; CLASSES]| counts.map(number);
            let Minute { published, done, failed, dead, waits, runs } = minute;
            let [published, done, failed, dead] = [published, done, failed, dead].map(number);
            store::add_minute(pool, &kind, published, done, failed, dead, &classes(waits), &classes(runs)).await?;
        }
        let (depth, oldest) = (&self.jobs.metrics.depth, &self.jobs.metrics.oldest);
        // Asked before anything is cleared: whoever looks meanwhile, or while the database is away, sees what was known last.
        let depths = store::depths(pool).await?;
        let workers = store::workers(pool).await?;
        let silent = workers.iter().filter(|worker| worker.is_silent).count();
        for (state, many) in [("alive", workers.len() - silent), ("silent", silent)] {
            let workers = self.jobs.metrics.workers.get_or_create(&ByStanding { state }).clone();
            workers.set(many.try_into().unwrap_or(i64::MAX));
        }
        depth.clear();
        oldest.clear();
        for found in depths {
            let by = ByState { kind: found.kind, queue: found.queue, state: found.state };
            depth.get_or_create(&by).set(found.jobs);
            #[expect(clippy::cast_possible_truncation, reason = "seconds of an age")]
            oldest.get_or_create(&by).set(found.oldest.max(0.0) as i64);
        }
        Ok(())
    }
}
