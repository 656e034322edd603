//! Projects that come from elsewhere.

use model::{Event, ProjectTitle, Stage, UserId};
use time::OffsetDateTime;
use tracing::instrument;

use super::Tx;
use crate::{
    db::DbError,
    studio::{Incoming, Started},
};

/// A project with a generation that is over, and its log.
#[instrument(name = "db.projects.insert_imported", skip_all)]
pub(in crate::studio) async fn insert_imported(
    tx: &mut Tx,
    started: Started,
    owner: UserId,
    incoming: &Incoming,
    events: &[Event],
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into projects (id, owner_id, directive, title, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)",
        started.project.0,
        owner.0,
        incoming.directive.as_str(),
        incoming.title.as_ref().map(ProjectTitle::as_str),
        now
    )
    .execute(&mut **tx)
    .await?;
    let stages: Vec<String> = incoming.stages.iter().map(Stage::to_string).collect();
    sqlx::query!(
        "insert into generations (id, project_id, stages, status, last_seq, created_at, finished_at)
         values ($1, $2, $3, 'done', $4, $5, $5)",
        started.generation.0,
        started.project.0,
        &stages,
        i64::try_from(events.len()).unwrap_or(i64::MAX),
        now
    )
    .execute(&mut **tx)
    .await?;
    let kinds: Vec<String> = events.iter().map(|event| event.kind().to_owned()).collect();
    let data: Vec<String> = events.iter().map(Event::data).collect();
    sqlx::query!(
        "insert into generation_events (generation_id, seq, kind, data)
         select $1, new.place, new.kind, new.data
         from unnest($2::text[], $3::text[]) with ordinality as new (kind, data, place)",
        started.generation.0,
        &kinds,
        &data
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
