//! The accounts' background job.

use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Queue, Rules};

/// Forgets links and sessions that nobody can use any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyAccounts {}

impl Job for TidyAccounts {
    const KIND: &'static str = "tidy-accounts";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}
