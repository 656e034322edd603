//! The blobs' background job.

use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Queue, Rules};

/// Takes away what nothing uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyBlobs {}

impl Job for TidyBlobs {
    const KIND: &'static str = "tidy-blobs";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}
