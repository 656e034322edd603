//! The images' background jobs.

use std::time::Duration;

use model::ImageId;
use serde::{Deserialize, Serialize};

use crate::jobs::{GivenUp, Job, Queue, Rules};

/// Makes the sizes of a picture that somebody sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeImage {
    /// Which.
    pub image: ImageId,
}

impl Job for MakeImage {
    const KIND: &'static str = "make-image";
    const RULES: Rules = Rules {
        queue: Queue::Images,
        time_limit: Duration::from_secs(180),
        on_failure: Some(ImageGivenUp::KIND),
        ..Rules::USUAL
    };
}

/// Tells whoever sent a picture that it will not be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageGivenUp(pub(super) GivenUp);

impl Job for ImageGivenUp {
    const KIND: &'static str = "image-given-up";
    const RULES: Rules = Rules { attempts: 10, ..Rules::USUAL };
}
