//! Rows of rooms that are made up for a load test.

use model::{ProjectId, RoomId, UserId};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::Tx;
use crate::db::DbError;

/// A project of which nothing was made.
#[instrument(name = "db.rooms.seed_project", skip_all)]
pub(in crate::rooms) async fn seed_project(
    tx: &mut Tx,
    (project, owner): (ProjectId, UserId),
    directive: &str,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into projects (id, owner_id, directive, created_at, updated_at) values ($1, $2, $3, $4, $4)",
        project.0,
        owner.0,
        directive,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets many in at once, and tells nobody.
#[instrument(name = "db.rooms.seed_members", skip_all)]
pub(in crate::rooms) async fn seed_members(
    tx: &mut Tx,
    room: RoomId,
    people: &[UserId],
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let people: Vec<Uuid> = people.iter().map(|user| user.0).collect();
    sqlx::query!(
        "insert into room_members (room_id, user_id, role, joined_at)
         select $1, who, 'commenter', $3 from unnest($2::uuid[]) as who",
        room.0,
        &people,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
