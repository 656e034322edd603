//! How jobs are done.

use std::time::Duration;

use super::{BadConfig, Variables};
use crate::jobs::Queue;

/// Slots and leases of workers.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// `ATLAS9_LEASE_SECONDS`: how long a worker may be silent before others take its jobs over. It gives a sign of life three times in that span.
    pub lease: Duration,
    /// `ATLAS9_WORKERS`: generations that one process runs at once. Most of their time they wait, for a model or for the database;
    /// what composes by itself takes turns at the processors.
    pub generations: usize,
    /// `ATLAS9_JOBS`: other jobs that one process does at once, of each queue that has no reason to do fewer.
    pub others: usize,
}

impl JobsConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let generations =
            variables.value("ATLAS9_WORKERS", 256_usize, "generations to run at once, 1 to 1024", |n| {
                (1..=1_024).contains(n)
            })?;
        let others =
            variables.value("ATLAS9_JOBS", 256_usize, "jobs to do at once, 1 to 4096", |n| (1..=4_096).contains(n))?;
        let lease = variables
            .value("ATLAS9_LEASE_SECONDS", 15_u64, "a lease in seconds, 1 to 600", |n| (1..=600).contains(n))?;
        Ok(Self { lease: Duration::from_secs(lease), generations, others })
    }

    /// How many jobs of a queue one process does at once.
    pub fn slots(&self, queue: Queue) -> usize {
        match queue {
            Queue::Usual => self.others,
            Queue::Studio => self.generations,
            Queue::Webhooks => self.others.min(64),
            Queue::Mail => self.others.min(4),
            Queue::Images | Queue::Upkeep => 1,
        }
    }
}
