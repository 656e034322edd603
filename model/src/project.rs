//! What lists and pages say of a project.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Directive, GenerationId, GenerationStatus, Picture, ProjectId, person::words};

/// The longest title, in characters.
pub const PROJECT_TITLE_MAX_CHARS: usize = 120;

words! {
    /// Who may see a project.
    Visibility {
        /// Its owner.
        Private = "private",
        /// Whoever has the address.
        Unlisted = "unlisted",
        /// Everyone; listed on `/explore`.
        Public = "public",
    }
}

words! {
    /// Where a project is kept.
    Shelf {
        /// Among those one works on.
        Active = "active",
        /// Put away.
        Archived = "archived",
        /// Thrown away, and gone for good some days later.
        Deleted = "deleted",
    }
}

words! {
    /// The order of a list of projects.
    Sorting {
        /// The one started last first.
        Newest = "newest",
        /// The one started first first.
        Oldest = "oldest",
        /// The one changed last first.
        Updated = "updated",
        /// By title, as a dictionary would.
        Title = "title",
    }
}

/// What an owner calls a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectTitle(String);

impl ProjectTitle {
    /// Takes what was typed, on one line. Nothing typed is no title, and the beginning of the directive serves again.
    ///
    /// # Errors
    /// A sentence when it is too long or holds what no keyboard types.
    pub fn parse(typed: &str) -> Result<Option<Self>, String> {
        let title = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = title.chars().count();
        if length > PROJECT_TITLE_MAX_CHARS {
            return Err(format!("A title has at most {PROJECT_TITLE_MAX_CHARS} characters; this one has {length}."));
        }
        if title.chars().any(char::is_control) {
            return Err("The title holds a control character. Type it anew.".to_owned());
        }
        Ok((!title.is_empty()).then_some(Self(title)))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One row of a project list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectSummary {
    /// Which project.
    pub id: ProjectId,
    /// What it is called: as its owner says, else the beginning of the directive.
    pub title: String,
    /// What was asked for.
    pub directive: Directive,
    /// Who may see it.
    pub visibility: Visibility,
    /// Where it is kept.
    pub shelf: Shelf,
    /// When it was started.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When somebody last worked on it.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Its latest generation.
    pub generation_id: GenerationId,
    /// How that one is doing.
    pub status: GenerationStatus,
    /// The picture that stands for it, if somebody gave it one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Picture>,
}

/// One row of what everybody may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSummary {
    /// Its page is `/p/{slug}`.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// What was asked for.
    pub directive: Directive,
    /// When it became public.
    #[serde(with = "time::serde::rfc3339")]
    pub shared_at: OffsetDateTime,
    /// The id that breaks ties in the list.
    #[serde(skip, default = "nobody")]
    pub id: ProjectId,
    /// The picture that stands for it, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Picture>,
}

fn nobody() -> ProjectId {
    ProjectId(uuid::Uuid::nil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_bounded_length() {
        let parsed = |typed: &str| ProjectTitle::parse(typed).map(|title| title.map(|title| title.0));
        assert_eq!(parsed("  Old \n synths "), Ok(Some("Old synths".to_owned())));
        assert_eq!(parsed(" \t "), Ok(None));
        assert!(parsed(&"x".repeat(PROJECT_TITLE_MAX_CHARS + 1)).unwrap_err().contains("121"));
        assert!(parsed("a\u{7}b").is_err());
    }
}
