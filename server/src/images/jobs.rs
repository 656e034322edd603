//! The images' background job.

use std::time::Duration;

use model::ImageId;
use serde::{Deserialize, Serialize};

use crate::jobs::{Job, Rules};

/// Makes the sizes of a picture that somebody sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeImage {
    /// Which.
    pub image: ImageId,
}

impl Job for MakeImage {
    const KIND: &'static str = "make-image";
    const RULES: Rules = Rules { time_limit: Duration::from_secs(180), ..Rules::USUAL };
}
