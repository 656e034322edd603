//! How generations run.

use std::time::Duration;

use super::{BadConfig, Variables};

/// Workers, leases and the composer's pace.
#[derive(Debug, Clone)]
pub struct StudioConfig {
    /// `ATLAS9_WORKERS`: generations that one process runs at once. Most of their time they wait, for a model or for the database;
    /// what composes by itself takes turns at the processors.
    pub workers: usize,
    /// `ATLAS9_LEASE_SECONDS`: how long a worker may be silent before another takes its generation over. The worker renews the
    /// lease three times in that span.
    pub lease: Duration,
    /// `ATLAS9_COMPOSER_PACE_MS`: a pause between the composer's pieces, for tests of what happens in mid-stream.
    pub pace: Duration,
}

impl StudioConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let workers = variables
            .value("ATLAS9_WORKERS", 256_usize, "generations to run at once, 1 to 1024", |n| (1..=1_024).contains(n))?;
        let lease = variables
            .value("ATLAS9_LEASE_SECONDS", 15_u64, "a lease in seconds, 1 to 600", |n| (1..=600).contains(n))?;
        let pace = variables
            .value("ATLAS9_COMPOSER_PACE_MS", 0_u64, "a pause in milliseconds, 0 to 10000", |n| *n <= 10_000)?;
        Ok(Self { workers, lease: Duration::from_secs(lease), pace: Duration::from_millis(pace) })
    }
}
