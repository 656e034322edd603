//! What can happen, by name, and what is told of it. Never a secret: everything here may leave the house.

use std::{fmt, str::FromStr};

use model::{Directive, GenerationId, Origin, ProjectId, Stage, UserId, Visibility};
use serde_json::{Value, json};
use uuid::Uuid;

/// Characters of a title, and of what a failure says.
const TITLE_CHARS: usize = 120;
const MESSAGE_CHARS: usize = 500;

/// The name of something that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventName {
    /// Somebody has a new project.
    ProjectCreated,
    /// Who may see a project changed.
    ProjectShared,
    /// A project was thrown away; it can be taken back for a while.
    ProjectDeleted,
    /// A project was taken back.
    ProjectRestored,
    /// Something is made anew of a project that is there.
    GenerationStarted,
    /// A generation has made all it was to make.
    GenerationFinished,
    /// A generation could not be made.
    GenerationFailed,
    /// A generation was stopped.
    GenerationCancelled,
    /// A section was changed by hand.
    RevisionCreated,
    /// Somebody has an account.
    AccountCreated,
}

impl EventName {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ProjectCreated,
        Self::ProjectShared,
        Self::ProjectDeleted,
        Self::ProjectRestored,
        Self::GenerationStarted,
        Self::GenerationFinished,
        Self::GenerationFailed,
        Self::GenerationCancelled,
        Self::RevisionCreated,
        Self::AccountCreated,
    ];
    /// Those that an endpoint can be told of. An account has none yet when it is made.
    pub const FOR_WEBHOOKS: [Self; 9] = [
        Self::ProjectCreated,
        Self::ProjectShared,
        Self::ProjectDeleted,
        Self::ProjectRestored,
        Self::GenerationStarted,
        Self::GenerationFinished,
        Self::GenerationFailed,
        Self::GenerationCancelled,
        Self::RevisionCreated,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProjectCreated => "project.created",
            Self::ProjectShared => "project.shared",
            Self::ProjectDeleted => "project.deleted",
            Self::ProjectRestored => "project.restored",
            Self::GenerationStarted => "generation.started",
            Self::GenerationFinished => "generation.finished",
            Self::GenerationFailed => "generation.failed",
            Self::GenerationCancelled => "generation.cancelled",
            Self::RevisionCreated => "revision.created",
            Self::AccountCreated => "account.created",
        }
    }

    /// In words, for whoever chooses.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ProjectCreated => "a project is started, forked or brought back",
            Self::ProjectShared => "a project becomes public, unlisted or private",
            Self::ProjectDeleted => "a project is thrown away",
            Self::ProjectRestored => "it is taken back",
            Self::GenerationStarted => "something is made anew",
            Self::GenerationFinished => "everything asked for is made",
            Self::GenerationFailed => "something could not be made",
            Self::GenerationCancelled => "somebody stopped it",
            Self::RevisionCreated => "a section is changed by hand",
            Self::AccountCreated => "somebody signs up",
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for EventName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|name| name.as_str() == text);
        known.ok_or_else(|| {
            format!("there is no event \"{text}\"; there are {}", Self::ALL.map(Self::as_str).join(", "))
        })
    }
}

/// Where a project comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outset {
    /// From a directive.
    Started,
    /// From another project.
    Forked,
    /// From an archive.
    Imported,
}

impl Outset {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Forked => "forked",
            Self::Imported => "imported",
        }
    }
}

/// The project that something happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Which.
    pub project: ProjectId,
    /// What it is called.
    pub title: String,
}

impl About {
    /// A project by what its owner calls it, else by the beginning of its directive.
    pub fn new(project: ProjectId, title: Option<&str>, directive: &Directive) -> Self {
        Self { project, title: title.map_or_else(|| directive.title(TITLE_CHARS), str::to_owned) }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// [`EventName::ProjectCreated`].
    ProjectCreated(About, Outset),
    /// [`EventName::ProjectShared`], with who may see it now.
    ProjectShared(About, Visibility),
    /// [`EventName::ProjectDeleted`].
    ProjectDeleted(About),
    /// [`EventName::ProjectRestored`].
    ProjectRestored(About),
    /// [`EventName::GenerationStarted`], with what is to be made and who asked for it.
    GenerationStarted(GenerationId, About, Vec<Stage>, UserId),
    /// [`EventName::GenerationFinished`], with what was made.
    GenerationFinished(GenerationId, About, Vec<Stage>),
    /// [`EventName::GenerationFailed`], with a stable name for the reason and words for people.
    GenerationFailed(GenerationId, About, String, String),
    /// [`EventName::GenerationCancelled`].
    GenerationCancelled(GenerationId, About),
    /// [`EventName::RevisionCreated`], with the number of the section's new revision and how it came to be.
    RevisionCreated(ProjectId, Stage, u32, Origin),
    /// [`EventName::AccountCreated`].
    AccountCreated(UserId),
}

impl Event {
    /// How a generation ended, by its last event; nothing for an event that is not the last.
    pub fn of_end(generation: GenerationId, about: About, last: &model::Event) -> Option<Self> {
        match last {
            model::Event::Done { stages } => Some(Self::GenerationFinished(generation, about, stages.clone())),
            model::Event::Failed { code, message, .. } => {
                Some(Self::GenerationFailed(generation, about, code.clone(), message.clone()))
            }
            model::Event::Cancelled => Some(Self::GenerationCancelled(generation, about)),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(&self) -> EventName {
        match self {
            Self::ProjectCreated(..) => EventName::ProjectCreated,
            Self::ProjectShared(..) => EventName::ProjectShared,
            Self::ProjectDeleted(..) => EventName::ProjectDeleted,
            Self::ProjectRestored(..) => EventName::ProjectRestored,
            Self::GenerationStarted(..) => EventName::GenerationStarted,
            Self::GenerationFinished(..) => EventName::GenerationFinished,
            Self::GenerationFailed(..) => EventName::GenerationFailed,
            Self::GenerationCancelled(..) => EventName::GenerationCancelled,
            Self::RevisionCreated(..) => EventName::RevisionCreated,
            Self::AccountCreated(..) => EventName::AccountCreated,
        }
    }

    /// What it is about.
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::ProjectCreated(about, _)
            | Self::ProjectShared(about, _)
            | Self::ProjectDeleted(about)
            | Self::ProjectRestored(about) => about.project.0,
            Self::GenerationStarted(generation, ..)
            | Self::GenerationFinished(generation, ..)
            | Self::GenerationFailed(generation, ..)
            | Self::GenerationCancelled(generation, _) => generation.0,
            Self::RevisionCreated(project, ..) => project.0,
            Self::AccountCreated(user) => user.0,
        }
    }

    /// What is told of it.
    pub fn data(&self) -> Value {
        match self {
            Self::ProjectCreated(About { project, title }, outset) => {
                json!({ "project_id": project, "title": title, "outset": outset.as_str() })
            }
            Self::ProjectShared(About { project, title }, visibility) => {
                json!({ "project_id": project, "title": title, "visibility": visibility.as_str() })
            }
            Self::ProjectDeleted(About { project, title }) | Self::ProjectRestored(About { project, title }) => {
                json!({ "project_id": project, "title": title })
            }
            Self::GenerationStarted(generation, About { project, title }, stages, by) => {
                json!({ "generation_id": generation, "project_id": project, "title": title, "stages": stages, "by": by })
            }
            Self::GenerationFinished(generation, About { project, title }, stages) => {
                json!({ "generation_id": generation, "project_id": project, "title": title, "stages": stages })
            }
            Self::GenerationFailed(generation, About { project, title }, code, message) => {
                let message: String = message.chars().take(MESSAGE_CHARS).collect();
                json!({
                    "generation_id": generation, "project_id": project, "title": title, "code": code, "message": message,
                })
            }
            Self::GenerationCancelled(generation, About { project, title }) => {
                json!({ "generation_id": generation, "project_id": project, "title": title })
            }
            Self::RevisionCreated(project, stage, number, origin) => {
                json!({ "project_id": project, "stage": stage, "number": number, "origin": origin.as_str() })
            }
            Self::AccountCreated(user) => json!({ "user_id": user }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_no_other() {
        for name in EventName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert!("project.renamed".parse::<EventName>().unwrap_err().contains("project.created"));
    }

    #[test]
    fn what_is_told_of_a_failure_has_a_limit() {
        let about = About { project: ProjectId(Uuid::from_u128(1)), title: "A shop".to_owned() };
        let last =
            model::Event::Failed { code: "engine-failed".to_owned(), message: "x".repeat(9_000), retryable: true };
        let event = Event::of_end(GenerationId(Uuid::from_u128(2)), about, &last).unwrap();
        assert_eq!(event.name(), EventName::GenerationFailed);
        assert_eq!(event.data()["message"].as_str().unwrap().len(), MESSAGE_CHARS);
        assert_eq!(event.subject(), Uuid::from_u128(2));
    }
}
