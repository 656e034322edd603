//! What lists and pages say of a project.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Directive, GenerationId, GenerationStatus, ProjectId};

/// Who may see a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Its owner.
    Private,
    /// Whoever has the address.
    Unlisted,
    /// Everyone; listed on `/explore`.
    Public,
}

/// One row of a project list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectSummary {
    /// Which project.
    pub id: ProjectId,
    /// What was asked for.
    pub directive: Directive,
    /// When it was started.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Its latest generation.
    pub generation_id: GenerationId,
    /// How that one is doing.
    pub status: GenerationStatus,
}
