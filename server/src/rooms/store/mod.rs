//! All SQL of the rooms domain.

mod away;
mod direct;
mod log;
mod members;
mod messages;
mod seed;

use model::{Directive, ProjectId, RoomId, RoomPlace, RoomRole, RoomSummary, UserId};
use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::Standing;
use crate::db::DbError;

/// Characters of a project's name in a list.
const NAME_CHARS: usize = 120;

pub(super) use away::{absent, author, notify, set_notify};
pub(super) use direct::{contacts, of_pair, open_direct};
pub(super) use log::{append, end, ends, entries, forget_before, note};
pub use members::{Invitation, Way};
pub(super) use members::{
    accept, close_invitation, forget_invitations, invitations, invite, join, leave, members, people, set_role, speaker,
    way,
};
pub(super) use messages::{
    New, about, delete, edit, history, message, picture_ready, pin, pinned, react, read_to, send, thread,
};
pub(super) use seed::{seed_members, seed_project};

pub(super) type Tx = Transaction<'static, Postgres>;

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

/// The room of a project, made when its owner first looks for it: before that nobody else can be in it.
#[instrument(name = "db.rooms.open", skip_all)]
pub(super) async fn open(
    tx: &mut Tx,
    (project, owner): (ProjectId, UserId),
    id: RoomId,
    epoch: Uuid,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "with made as (
             insert into rooms (id, project_id, epoch, created_at)
             select $2, p.id, $3, $4 from projects p where p.id = $1 and p.owner_id = $5 and p.deleted_at is null
             on conflict (project_id) do nothing
             returning id
         )
         insert into room_members (room_id, user_id, role, joined_at) select made.id, $5, 'owner', $4 from made",
        project.0,
        id.0,
        epoch,
        now,
        owner.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What somebody is in the room of a project.
#[instrument(name = "db.rooms.of_project", skip_all)]
pub(super) async fn of_project(pool: &PgPool, project: ProjectId, user: UserId) -> Result<Option<Standing>, DbError> {
    let row = sqlx::query_as!(
        Row,
        r#"select r.id, r.project_id, r.epoch, r.last_offset, m.role, m.read_to
           from rooms r join room_members m on m.room_id = r.id and m.user_id = $2
           join projects p on p.id = r.project_id and p.deleted_at is null
           where r.project_id = $1"#,
        project.0,
        user.0
    );
    row.fetch_optional(pool).await?.map(Row::standing).transpose()
}

/// What somebody is in a room.
#[instrument(name = "db.rooms.standing", skip_all)]
pub(super) async fn standing(pool: &PgPool, room: RoomId, user: UserId) -> Result<Option<Standing>, DbError> {
    let row = sqlx::query_as!(
        Row,
        r#"select r.id, r.project_id, r.epoch, r.last_offset, m.role, m.read_to
           from rooms r join room_members m on m.room_id = r.id and m.user_id = $2
           left join projects p on p.id = r.project_id and p.deleted_at is null
           where r.id = $1 and (r.project_id is null or p.id is not null)"#,
        room.0,
        user.0
    );
    row.fetch_optional(pool).await?.map(Row::standing).transpose()
}

/// Somebody's rooms, those in which something was said last first; unread messages of others are counted up to `unread`.
#[instrument(name = "db.rooms.list", skip_all)]
pub(super) async fn list(pool: &PgPool, user: UserId, most: i64, unread: i64) -> Result<Vec<RoomSummary>, DbError> {
    let rows = sqlx::query!(
        r#"select r.id, r.project_id, p.title as "title?", left(p.directive, 400) as directive, u.name as "other?", m.role, l.said_at as "said_at?",
                  n.unread as "unread!", n.named as "named!"
           from room_members m
           join rooms r on r.id = m.room_id
           left join projects p on p.id = r.project_id and p.deleted_at is null
           left join users u on u.id = case when r.first_id = $1 then r.second_id else r.first_id end
           left join lateral (
               select created_at as said_at from messages
               where room_id = r.id and deleted_at is null order by "offset" desc limit 1
           ) l on true
           cross join lateral (
               select count(*) as unread, count(u.named) as named from (
                   select (select 1 from mentions where message_id = x.id and user_id = $1) as named
                   from messages x
                   where x.room_id = r.id and x."offset" > m.read_to and x.deleted_at is null and x.author_id is distinct from $1
                   order by x."offset" limit $3
               ) u
           ) n
           where m.user_id = $1 and (r.project_id is null or p.id is not null)
           order by l.said_at desc nulls last, r.id limit $2"#,
        user.0,
        most,
        unread
    );
    let count = |count: i64| u32::try_from(count).map_err(decode);
    rows.fetch_all(pool)
        .await?
        .into_iter()
        .map(|row| {
            Ok(RoomSummary {
                room: RoomId(row.id),
                project: row.project_id.map(ProjectId),
                name: match row.directive {
                    Some(directive) => named(row.title, &directive)?,
                    None => called(row.other),
                },
                role: role(&row.role)?,
                unread: count(row.unread)?,
                named: count(row.named)?,
                said_at: row.said_at,
            })
        })
        .collect()
}

struct Row {
    id: Uuid,
    project_id: Option<Uuid>,
    epoch: Uuid,
    last_offset: i64,
    role: String,
    read_to: i64,
}

impl Row {
    fn standing(self) -> Result<Standing, DbError> {
        Ok(Standing {
            room: RoomId(self.id),
            project: self.project_id.map(ProjectId),
            place: RoomPlace { epoch: self.epoch, offset: self.last_offset },
            role: role(&self.role)?,
            read_to: self.read_to,
        })
    }
}

/// What a project is called, by its title or the beginning of its directive.
fn named(title: Option<String>, directive: &str) -> Result<String, DbError> {
    let directive = Directive::parse(directive).map_err(decode)?;
    Ok(title.unwrap_or_else(|| directive.title(NAME_CHARS)))
}

/// What somebody is called who may not have said.
fn called(name: Option<String>) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Guest".to_owned())
}

fn role(text: &str) -> Result<RoomRole, DbError> {
    text.parse().map_err(|error: String| decode(error))
}

/// Something is there that this program did not write.
fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::from(sqlx::Error::Decode(error.into()))
}
