//! What everybody is shown, told by the outbox: for changes whose maker died between the commit and telling of it.

use model::ProjectId;
use sqlx::PgConnection;

use super::Shown;
use crate::events::{EventName, StoredEvent, Subscriber, Taking};

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

    fn take<'a>(&'a self, _: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            for event in events {
                self.0.changing(ProjectId(event.subject)).is_committed().await;
            }
            Ok(())
        })
    }
}
