//! Versions of sections.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{GenerationId, Stage, person::words};

words! {
    /// How a revision came about.
    Origin {
        /// A generation made it.
        Generation = "generation",
        /// Somebody edited a piece.
        Edit = "edit",
        /// An earlier one was taken back.
        Restore = "restore",
        /// It came with an archive.
        Import = "import",
        /// It came from the project that this one was forked from.
        Fork = "fork",
    }
}

/// A revision as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionSummary {
    /// Of which section.
    pub stage: Stage,
    /// Counted from 1 within its stage.
    pub number: u32,
    /// How it came about.
    pub origin: Origin,
    /// The revision that it followed, or that was restored.
    pub parent: Option<u32>,
    /// The generation that made it.
    pub generation: Option<GenerationId>,
    /// The note of that generation.
    pub note: Option<String>,
    /// When it was stored.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// How big it is.
    pub bytes: u32,
    /// Whether it is a proposal that waits to be accepted.
    pub waits: bool,
    /// Whether it was a proposal and was refused.
    pub refused: bool,
    /// Whether it is the section as it is.
    pub current: bool,
}
