//! Rooms of two people, and who knows whom.

use model::{RoomId, Speaker, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Row, Tx, called, members::picture};
use crate::{db::DbError, rooms::Standing};

/// The room of two people, as one of them stands in it.
#[instrument(name = "db.rooms.of_pair", skip_all)]
pub(in crate::rooms) async fn of_pair(pool: &PgPool, user: UserId, other: UserId) -> Result<Option<Standing>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select r.id, r.project_id, r.epoch, r.last_offset, m.role, m.read_to
         from rooms r join room_members m on m.room_id = r.id and m.user_id = $1
         where r.first_id = least($1, $2) and r.second_id = greatest($1, $2)",
        user.0,
        other.0
    );
    row.fetch_optional(pool).await?.map(Row::standing).transpose()
}

/// Makes the room of two people, unless it is there; for those only who are in the room of a project together.
#[instrument(name = "db.rooms.open_direct", skip_all)]
pub(in crate::rooms) async fn open_direct(
    tx: &mut Tx,
    (user, other): (UserId, UserId),
    id: RoomId,
    epoch: Uuid,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "with made as (
             insert into rooms (id, first_id, second_id, epoch, created_at)
             select $1, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid), $4, $5
             where exists (
                 select from room_members a
                 join room_members b on b.room_id = a.room_id and b.user_id = $3
                 join rooms q on q.id = a.room_id join projects p on p.id = q.project_id and p.deleted_at is null
                 where a.user_id = $2
             )
             on conflict (first_id, second_id) where first_id is not null do nothing
             returning id
         )
         insert into room_members (room_id, user_id, role, joined_at)
         select made.id, who, 'commenter', $5 from made, unnest(array[$2::uuid, $3::uuid]) as who",
        id.0,
        user.0,
        other.0,
        epoch,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Everybody with whom somebody is in the room of a project, at most so many, by name.
#[instrument(name = "db.rooms.contacts", skip_all)]
pub(in crate::rooms) async fn contacts(pool: &PgPool, user: UserId, most: i64) -> Result<Vec<Speaker>, DbError> {
    let rows = sqlx::query!(
        "select u.id, u.name, u.avatar
         from (select distinct b.user_id
               from room_members a
               join rooms q on q.id = a.room_id join projects p on p.id = q.project_id and p.deleted_at is null
               join room_members b on b.room_id = a.room_id and b.user_id <> a.user_id
               where a.user_id = $1) known
         join users u on u.id = known.user_id
         order by u.name, u.id limit $2",
        user.0,
        most
    );
    let rows = rows.fetch_all(pool).await?.into_iter();
    Ok(rows
        .map(|row| Speaker { id: UserId(row.id), name: called(row.name), picture: picture(row.avatar.as_deref()) })
        .collect())
}
