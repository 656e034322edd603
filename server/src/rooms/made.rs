//! What is made of a room's project, told in its room.

use std::sync::{MutexGuard, PoisonError};

use model::{GenerationId, Happened, Making, MessageId, Picture, ProjectId, RoomId, Stage, UserId};
use serde::Deserialize;
use sqlx::PgConnection;

use super::{Rooms, store};
use crate::{
    db::DbError,
    events::{EventName, StoredEvent, Subscriber, Taking},
    jobs::Failure,
};

/// Tells rooms that something is made for their project, and how that ended.
pub struct MadeSubscriber(pub Rooms);

/// What an event of a generation says.
#[derive(Debug, Deserialize)]
struct About {
    generation_id: GenerationId,
    project_id: ProjectId,
    #[serde(default)]
    stages: Vec<Stage>,
    #[serde(default)]
    by: Option<UserId>,
}

fn making(name: &str) -> Option<Making> {
    match name.parse().ok()? {
        EventName::GenerationStarted => Some(Making::Running),
        EventName::GenerationFinished => Some(Making::Done),
        EventName::GenerationFailed => Some(Making::Failed),
        EventName::GenerationCancelled => Some(Making::Cancelled),
        _ => None,
    }
}

impl Subscriber for MadeSubscriber {
    fn name(&self) -> &'static str {
        "rooms"
    }

    fn wants(&self, name: EventName) -> bool {
        making(name.as_str()).is_some()
    }

    /// What happened then is not news now.
    fn takes_replays(&self) -> bool {
        false
    }

    fn take<'a>(&'a self, tx: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            for event in events {
                let Some(state) = making(&event.name) else { continue };
                let about: About = serde_json::from_str(&event.data).map_err(Failure::give_up)?;
                let About { generation_id, project_id, stages, by } = about;
                let happened = Happened::Made { generation: generation_id, state, stages, by };
                self.0.note(tx, project_id, happened).await.map_err(Failure::retry)?;
            }
            Ok(())
        })
    }

    fn taken(&self) {
        self.0.look_at_noted();
    }
}

impl Rooms {
    /// Writes something into the log of a project's room, if it has one. Whoever is there hears of it after [`Rooms::look_at_noted`].
    async fn note(&self, tx: &mut PgConnection, project: ProjectId, happened: Happened) -> Result<(), DbError> {
        let Some(room) = store::note(tx, project, &happened, self.clock.now()).await? else { return Ok(()) };
        self.noted().push(room);
        Ok(())
    }

    /// Shows the picture of a message; `false` when that was taken back. Whoever is there hears of it after [`Rooms::look_at_noted`].
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn picture_ready(
        &self,
        tx: &mut PgConnection,
        message: MessageId,
        picture: &Picture,
    ) -> Result<bool, DbError> {
        let room = store::picture_ready(tx, message, picture, self.clock.now()).await?;
        self.noted().extend(room);
        Ok(room.is_some())
    }

    /// Has everybody look at the logs of rooms into which something was written. A look too many does no harm.
    pub fn look_at_noted(&self) {
        for room in std::mem::take(&mut *self.noted()) {
            self.news.look(room);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Vec<RoomId>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
