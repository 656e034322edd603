//! Who has not seen what.

use model::{MessageId, Notify, ProjectId, RoomId, UserId};
use sqlx::{PgConnection, PgPool};
use tracing::instrument;

use super::{called, decode, named};
use crate::db::DbError;

/// Messages that are counted of what somebody has not seen.
const COUNTED: i64 = 100;
/// Characters of a message that are told.
const EXCERPT_CHARS: i32 = 140;

/// Somebody who has not seen what was said.
pub(in crate::rooms) struct Absent {
    pub(in crate::rooms) user: UserId,
    pub(in crate::rooms) project: Option<ProjectId>,
    /// What the project, or the other of two, is called.
    pub(in crate::rooms) name: String,
    /// How many messages, and how many of those are to them.
    pub(in crate::rooms) said: u32,
    pub(in crate::rooms) named: u32,
    /// The last of them.
    pub(in crate::rooms) upto: i64,
    pub(in crate::rooms) by: Option<String>,
    pub(in crate::rooms) excerpt: String,
}

/// Everybody who has neither seen all that was said nor been told of it, and wants to be. To somebody is what names them, and what answers them.
#[instrument(name = "db.rooms.absent", skip_all)]
pub(in crate::rooms) async fn absent(
    tx: &mut PgConnection,
    room: RoomId,
    key: &str,
    most: i64,
) -> Result<Vec<Absent>, DbError> {
    let rows = sqlx::query!(
        r#"select m.user_id, r.project_id, p.title as "title?", left(p.directive, 400) as directive, o.name as "other?",
                  n.said as "said!", n.named as "named!", n.upto as "upto!", a.name as "by?", left(l.body, $4) as "excerpt!"
           from rooms r
           join room_members m on m.room_id = r.id
           left join projects p on p.id = r.project_id and p.deleted_at is null
           left join users o on o.id = case when r.first_id = m.user_id then r.second_id else r.first_id end
           left join notices t on t.user_id = m.user_id and t.key = $2
           cross join lateral (
               select count(*) as said, count(*) filter (where is_to) as named, max("offset") as upto,
                      count(*) filter (where is_to and "offset" > coalesce(t.upto, 0)) as fresh
               from (
                   select x."offset",
                          exists (select from mentions where message_id = x.id and user_id = m.user_id)
                          or exists (select from messages s where s.id = x.thread and s.author_id = m.user_id) as is_to
                   from messages x
                   where x.room_id = r.id and x."offset" > m.read_to and x.deleted_at is null and x.author_id is distinct from m.user_id
                   order by x."offset" desc limit $3
               ) unread
           ) n
           join messages l on l.room_id = r.id and l."offset" = n.upto
           left join users a on a.id = l.author_id
           where r.id = $1 and (r.project_id is null or p.id is not null) and r.last_offset > greatest(m.read_to, coalesce(t.upto, 0))
             and m.notify <> 'nothing' and n.upto > coalesce(t.upto, 0)
             and (m.notify = 'all' or n.fresh > 0)
           order by m.user_id limit $5"#,
        room.0,
        key,
        COUNTED,
        EXCERPT_CHARS,
        most
    );
    let count = |count: i64| u32::try_from(count).map_err(decode);
    let rows = rows.fetch_all(tx).await?.into_iter().map(|row| {
        Ok(Absent {
            user: UserId(row.user_id),
            project: row.project_id.map(ProjectId),
            name: match row.directive {
                Some(directive) => named(row.title, &directive)?,
                None => called(row.other),
            },
            said: count(row.said)?,
            named: count(row.named)?,
            upto: row.upto,
            by: row.by.filter(|name| !name.is_empty()),
            excerpt: row.excerpt,
        })
    });
    rows.collect()
}

/// Who wrote a message that was not taken back, in which room, of which project.
#[instrument(name = "db.rooms.author", skip_all)]
pub(in crate::rooms) async fn author(
    tx: &mut PgConnection,
    message: MessageId,
) -> Result<Option<(UserId, RoomId, Option<ProjectId>)>, DbError> {
    let row = sqlx::query!(
        r#"select m.author_id as "author!", m.room_id, r.project_id from messages m join rooms r on r.id = m.room_id
           where m.id = $1 and m.author_id is not null and m.deleted_at is null"#,
        message.0
    );
    let row = row.fetch_optional(tx).await?;
    Ok(row.map(|row| (UserId(row.author), RoomId(row.room_id), row.project_id.map(ProjectId))))
}

/// What a member is told of a room while they are not there.
#[instrument(name = "db.rooms.set_notify", skip_all)]
pub(in crate::rooms) async fn set_notify(
    pool: &PgPool,
    room: RoomId,
    user: UserId,
    notify: Notify,
) -> Result<(), DbError> {
    sqlx::query!(
        "update room_members set notify = $3 where room_id = $1 and user_id = $2",
        room.0,
        user.0,
        notify.as_str()
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What a member is told.
#[instrument(name = "db.rooms.notify", skip_all)]
pub(in crate::rooms) async fn notify(pool: &PgPool, room: RoomId, user: UserId) -> Result<Option<Notify>, DbError> {
    let notify =
        sqlx::query_scalar!("select notify from room_members where room_id = $1 and user_id = $2", room.0, user.0);
    let parse = |notify: String| notify.parse().map_err(|error: String| decode(error));
    notify.fetch_optional(pool).await?.map(parse).transpose()
}
