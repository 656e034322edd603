//! How generations run, beside what `jobs` says.

use std::time::Duration;

use super::{BadConfig, Variables};

/// The composer's pace.
#[derive(Debug, Clone)]
pub struct StudioConfig {
    /// `ATLAS9_COMPOSER_PACE_MS`: a pause between the composer's pieces, for tests of what happens in mid-stream.
    pub pace: Duration,
}

impl StudioConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let pace = variables
            .value("ATLAS9_COMPOSER_PACE_MS", 0_u64, "a pause in milliseconds, 0 to 10000", |n| *n <= 10_000)?;
        Ok(Self { pace: Duration::from_millis(pace) })
    }
}
