//! The queue's own background job.

use serde::{Deserialize, Serialize};

use super::{Failure, Job, Jobs, Kinds, Queue, Rules, store};
use crate::db::DbError;

/// Finished jobs are kept so many days, or so many of them.
const KEEP_DAYS: i32 = 7;
const KEEP_ROWS: f32 = 2_000_000.0;
/// Minutes are kept so many days.
const KEEP_MINUTES: i32 = 30;
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 10_000;

/// Forgets what was done long ago, and keys whose window is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyJobs {}

impl Job for TidyJobs {
    const KIND: &'static str = "tidy-jobs";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

impl Jobs {
    /// Adds what the queue does for itself.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let jobs = self.clone();
        kinds.on::<TidyJobs, _, _>(move |_, _| {
            let jobs = jobs.clone();
            async move { jobs.tidy().await.map_err(Failure::retry) }
        })
    }

    async fn tidy(&self) -> Result<(), DbError> {
        let pool = self.db.primary();
        while store::prune(pool, KEEP_MINUTES, AT_ONCE).await? > 0 {}
        while store::prune_finished(pool, KEEP_DAYS, KEEP_ROWS, AT_ONCE).await? > 0 && !self.tasks.is_stopping() {}
        Ok(())
    }
}
