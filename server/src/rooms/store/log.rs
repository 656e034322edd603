//! What happened in a room, numbered without gaps.

use model::{Happened, ProjectId, RoomEntry, RoomId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Tx, decode};
use crate::db::DbError;

/// Writes down what happened; its number. Whoever appends holds the room until they commit, so that what is read up to a number is all there is.
#[instrument(name = "db.rooms.append", skip_all)]
pub(in crate::rooms) async fn append(
    tx: &mut Tx,
    room: RoomId,
    happened: &Happened,
    now: OffsetDateTime,
) -> Result<i64, DbError> {
    let data = serde_json::to_string(happened).map_err(decode)?;
    let offset = sqlx::query_scalar!(
        r#"with at as (update rooms set last_offset = last_offset + 1 where id = $1 returning last_offset)
           insert into room_log (room_id, "offset", kind, data, created_at)
           select $1, last_offset, $2, $3, $4 from at returning "offset""#,
        room.0,
        happened.kind(),
        data,
        now
    );
    Ok(offset.fetch_one(&mut **tx).await?)
}

/// Likewise of a project's room, if it has one; which.
#[instrument(name = "db.rooms.note", skip_all)]
pub(in crate::rooms) async fn note(
    tx: &mut PgConnection,
    project: ProjectId,
    happened: &Happened,
    now: OffsetDateTime,
) -> Result<Option<RoomId>, DbError> {
    let data = serde_json::to_string(happened).map_err(decode)?;
    let room = sqlx::query_scalar!(
        r#"with at as (update rooms set last_offset = last_offset + 1 where project_id = $1 returning id, last_offset)
           insert into room_log (room_id, "offset", kind, data, created_at)
           select id, last_offset, $2, $3, $4 from at returning room_id"#,
        project.0,
        happened.kind(),
        data,
        now
    );
    Ok(room.fetch_optional(tx).await?.map(RoomId))
}

/// The number of a room's newest entry; `None` of a room that is no more.
#[instrument(name = "db.rooms.end", skip_all)]
pub(in crate::rooms) async fn end(pool: &PgPool, room: RoomId) -> Result<Option<i64>, DbError> {
    let offset = sqlx::query_scalar!("select last_offset from rooms where id = $1", room.0);
    Ok(offset.fetch_optional(pool).await?)
}

/// Likewise of many rooms.
#[instrument(name = "db.rooms.ends", skip_all)]
pub(in crate::rooms) async fn ends(pool: &PgPool, rooms: &[RoomId]) -> Result<Vec<(RoomId, i64)>, DbError> {
    let rooms: Vec<Uuid> = rooms.iter().map(|room| room.0).collect();
    let rows = sqlx::query!("select id, last_offset from rooms where id = any($1)", &rooms).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (RoomId(row.id), row.last_offset)).collect())
}

/// What happened after an entry, at most so many.
#[instrument(name = "db.rooms.entries", skip_all)]
pub(in crate::rooms) async fn entries(
    pool: &PgPool,
    room: RoomId,
    after: i64,
    most: i64,
) -> Result<Vec<RoomEntry>, DbError> {
    let rows = sqlx::query!(
        r#"select "offset", data from room_log where room_id = $1 and "offset" > $2 order by "offset" limit $3"#,
        room.0,
        after,
        most
    );
    // Beside an instance of a later version the log goes on for whoever is here, without what only that one knows.
    let happened = |data: &str| {
        serde_json::from_str(data).unwrap_or_else(|error| {
            tracing::warn!(%room, %error, "an entry of a room's log cannot be read");
            Happened::Unknown
        })
    };
    let rows = rows.fetch_all(pool).await?.into_iter();
    Ok(rows.map(|row| RoomEntry { offset: row.offset, happened: happened(&row.data) }).collect())
}

/// Removes entries of long ago, some at once; how many. Entries never change, so that where they lie says which they are.
#[instrument(name = "db.rooms.forget_before", skip_all)]
pub(in crate::rooms) async fn forget_before(pool: &PgPool, before: OffsetDateTime, most: i64) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from room_log where ctid = any(array(
             select ctid from room_log where created_at < $1 order by created_at limit $2))",
        before,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}
