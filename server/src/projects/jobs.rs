//! The projects' background job.

use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Queue, Rules};

/// Removes for good what was thrown away long enough ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyProjects {}

impl Job for TidyProjects {
    const KIND: &'static str = "tidy-projects";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}
