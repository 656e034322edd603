//! What everybody is shown, told by the outbox: for changes whose maker died between the commit and telling of it.

use std::collections::BTreeSet;

use model::ProjectId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Shown, store};
use crate::{
    events::{EventName, StoredEvent, Subscriber, Taking},
    jobs::Failure,
};

/// Forgets what showed a project as it was.
pub struct ShownSubscriber(pub Shown);

impl Subscriber for ShownSubscriber {
    fn name(&self) -> &'static str {
        "shown"
    }

    fn wants(&self, name: EventName) -> bool {
        matches!(
            name,
            EventName::ProjectShared
                | EventName::ProjectDeleted
                | EventName::ProjectRestored
                | EventName::RevisionCreated
        )
    }

    /// What is told again was forgotten long ago.
    fn takes_replays(&self) -> bool {
        false
    }

    fn take<'a>(&'a self, connection: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            // Who may see a project concerns others either way; all else does only when they may.
            let (sharing, rest): (Vec<_>, Vec<_>) =
                events.iter().partition(|event| event.name == EventName::ProjectShared.as_str());
            let rest: Vec<Uuid> = rest.iter().map(|event| event.subject).collect();
            let mut projects: BTreeSet<ProjectId> = sharing.iter().map(|event| ProjectId(event.subject)).collect();
            projects.extend(store::shown(connection, &rest).await.map_err(Failure::retry)?);
            for project in projects {
                self.0.changing(project).is_committed().await;
            }
            Ok(())
        })
    }
}
