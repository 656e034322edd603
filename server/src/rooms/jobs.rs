//! The rooms' background job.

use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Queue, Rules};

/// Forgets entries of logs and ways in that nobody can use any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyRooms {}

impl Job for TidyRooms {
    const KIND: &'static str = "tidy-rooms";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}
