//! What was said.

use std::collections::BTreeMap;

use model::{
    Anchor, Happened, Message, MessageId, PageLimit, Picture, PiecePath, Reaction, RoomId, RoomPlace, Speaker, Stage,
    UserId,
};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Tx, called, decode, members::picture};
use crate::db::DbError;

/// Marks on one message that are told.
const MARKS_MAX: i64 = 2_000;

/// A message to be sent.
pub struct New<'a> {
    /// Its id, should it be new.
    pub id: MessageId,
    /// What its sender calls it.
    pub client_id: &'a str,
    /// Tidied.
    pub body: &'a str,
    /// As it is shown.
    pub html: &'a str,
    /// What it is about.
    pub anchor: Option<&'a Anchor>,
    /// The message whose thread it is part of.
    pub thread: Option<MessageId>,
    /// Whom it names.
    pub mentions: Vec<Uuid>,
    /// As its entry in the log tells it.
    pub data: &'a str,
    /// What its sender is told of the room under: they have seen that.
    pub key: &'a str,
}

/// What became of it.
pub struct Sent {
    /// Its id: that of the first time, if it was sent before.
    pub id: MessageId,
    /// Where it stands.
    pub place: RoomPlace,
    /// Whether it was not sent before.
    pub is_new: bool,
}

/// Says something, in one statement: the number, the message, its entry in the log, whom it names, and that whoever says it has read so far. `None` for
/// somebody who may not, or in a thread that is not there.
#[instrument(name = "db.rooms.send", skip_all)]
pub(in crate::rooms) async fn send(
    connection: &mut PgConnection,
    room: RoomId,
    by: UserId,
    new: New<'_>,
    now: OffsetDateTime,
) -> Result<Option<Sent>, DbError> {
    let row = sqlx::query!(
        r#"with before as (
               select m.id, m."offset" from messages m where m.room_id = $1 and m.author_id = $2 and m.client_id = $4
           ), at as (
               update rooms r set last_offset = r.last_offset + 1
               from room_members m
               where r.id = $1 and m.room_id = r.id and m.user_id = $2 and m.role <> 'viewer' and not exists (select from before)
                 and (r.project_id is not null
                      or $8::text is null and exists (
                          select from room_members a
                          join room_members b on b.room_id = a.room_id and b.user_id = r.second_id
                          join rooms q on q.id = a.room_id join projects p on p.id = q.project_id and p.deleted_at is null
                          where a.user_id = r.first_id
                      ))
                 and ($7::uuid is null
                      or exists (select from messages t where t.id = $7 and t.room_id = $1 and t.thread is null and t.deleted_at is null))
               returning r.last_offset, r.epoch
           ), sent as (
               insert into messages (id, room_id, "offset", author_id, client_id, body, html, thread, stage, revision, piece, created_at)
               select $3, $1, last_offset, $2, $4, $5, $6, $7, $8, $9, $10, $11 from at returning id, "offset"
           ), logged as (
               insert into room_log (room_id, "offset", kind, data, created_at)
               select $1, last_offset, 'message', $12, $11 from at
           ), answered as (
               update messages t set replies = t.replies + 1 from at where t.id = $7
           ), named as (
               insert into mentions (message_id, user_id) select sent.id, who from sent, unnest($13::uuid[]) as who
           ), read as (
               update room_members m set read_to = last_offset from at where m.room_id = $1 and m.user_id = $2
           ), seen as (
               update notices n set seen_at = $11 from at where n.user_id = $2 and n.key = $14 and n.seen_at is null
           )
           select s.id as "id!", s."offset" as "offset!", true as "is_new!", (select epoch from at) as "epoch!" from sent s
           union all
           select b.id, b."offset", false, r.epoch from before b join rooms r on r.id = $1"#,
        room.0,
        by.0,
        new.id.0,
        new.client_id,
        new.body,
        new.html,
        new.thread.map(|id| id.0),
        new.anchor.map(|anchor| anchor.stage.as_str()),
        new.anchor.and_then(|anchor| i32::try_from(anchor.revision).ok()),
        new.anchor.and_then(|anchor| anchor.piece.as_ref()).map(ToString::to_string),
        now,
        new.data,
        &new.mentions,
        new.key
    );
    let row = row.fetch_optional(connection).await?;
    Ok(row.map(|row| Sent {
        id: MessageId(row.id),
        place: RoomPlace { epoch: row.epoch, offset: row.offset },
        is_new: row.is_new,
    }))
}

struct Row {
    id: Uuid,
    offset: i64,
    client_id: String,
    author_id: Option<Uuid>,
    name: Option<String>,
    avatar: Option<String>,
    body: String,
    html: String,
    picture: Option<String>,
    stage: Option<String>,
    revision: Option<i32>,
    piece: Option<String>,
    thread: Option<Uuid>,
    replies: i32,
    created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
    deleted_at: Option<OffsetDateTime>,
    pinned_at: Option<OffsetDateTime>,
}

impl Row {
    fn message(self) -> Result<Message, DbError> {
        let author = self.author_id.map(|id| Speaker {
            id: UserId(id),
            name: called(self.name),
            picture: picture(self.avatar.as_deref()),
        });
        let anchor = match (self.stage, self.revision) {
            (Some(stage), Some(revision)) => Some(Anchor {
                stage: stage.parse::<Stage>().map_err(decode)?,
                revision: u32::try_from(revision).map_err(decode)?,
                piece: self.piece.map(PiecePath::try_from).transpose().map_err(decode)?,
            }),
            _ => None,
        };
        Ok(Message {
            id: MessageId(self.id),
            offset: self.offset,
            client_id: self.client_id,
            author,
            body: self.body,
            html: self.html,
            picture: picture(self.picture.as_deref()),
            anchor,
            thread: self.thread.map(MessageId),
            replies: u32::try_from(self.replies).map_err(decode)?,
            reactions: Vec::new(),
            created_at: self.created_at,
            edited_at: self.edited_at,
            deleted_at: self.deleted_at,
            pinned_at: self.pinned_at,
        })
    }
}

/// Messages of some kind with their authors and marks, in two queries. `$from` is SQL.
macro_rules! read {
    ($pool:expr, $from:literal, $($argument:expr),+) => {{
        let rows = sqlx::query_as!(
            Row,
            r#"select m.id, m."offset", m.client_id, m.author_id, u.name as "name?", u.avatar as "avatar?", m.body, m.html, m.picture, m.stage, m.revision,
                      m.piece, m.thread, m.replies, m.created_at, m.edited_at, m.deleted_at, m.pinned_at
               from messages m left join users u on u.id = m.author_id where "# + $from,
            $($argument),+
        );
        let messages = rows.fetch_all($pool).await?.into_iter().map(Row::message).collect::<Result<Vec<_>, _>>()?;
        with_marks($pool, messages).await
    }};
}

/// One message of a room, unless it was taken back and has no answers.
#[instrument(name = "db.rooms.message", skip_all)]
pub(in crate::rooms) async fn message(pool: &PgPool, room: RoomId, id: MessageId) -> Result<Option<Message>, DbError> {
    let found: Result<Vec<Message>, DbError> =
        read!(pool, "m.room_id = $1 and m.id = $2 and (m.deleted_at is null or m.replies > 0)", room.0, id.0);
    Ok(found?.pop())
}

/// What was said outside of threads before a place, the latest first.
#[instrument(name = "db.rooms.history", skip_all)]
pub(in crate::rooms) async fn history(
    pool: &PgPool,
    room: RoomId,
    before: i64,
    limit: PageLimit,
) -> Result<Vec<Message>, DbError> {
    read!(
        pool,
        r#"m.room_id = $1 and m."offset" < $2 and m.thread is null and (m.deleted_at is null or m.replies > 0)
           order by m."offset" desc limit $3"#,
        room.0,
        before,
        limit.fetch()
    )
}

/// What was answered to a message after a place, the earliest first.
#[instrument(name = "db.rooms.thread", skip_all)]
pub(in crate::rooms) async fn thread(
    pool: &PgPool,
    room: RoomId,
    of: MessageId,
    after: i64,
    limit: PageLimit,
) -> Result<Vec<Message>, DbError> {
    read!(
        pool,
        r#"m.room_id = $1 and m.thread = $2 and m."offset" > $3 and m.deleted_at is null order by m."offset" limit $4"#,
        room.0,
        of.0,
        after,
        limit.fetch()
    )
}

/// What was said about a section as it was in one revision, the latest first.
#[instrument(name = "db.rooms.about", skip_all)]
pub(in crate::rooms) async fn about(
    pool: &PgPool,
    room: RoomId,
    (stage, revision): (Stage, u32),
    before: i64,
    limit: PageLimit,
) -> Result<Vec<Message>, DbError> {
    read!(
        pool,
        r#"m.room_id = $1 and m.stage = $2 and m.revision = $3 and m."offset" < $4 and m.deleted_at is null order by m."offset" desc limit $5"#,
        room.0,
        stage.as_str(),
        i32::try_from(revision).unwrap_or(i32::MAX),
        before,
        limit.fetch()
    )
}

/// What is pinned, the latest first.
#[instrument(name = "db.rooms.pinned", skip_all)]
pub(in crate::rooms) async fn pinned(pool: &PgPool, room: RoomId, most: i64) -> Result<Vec<Message>, DbError> {
    read!(
        pool,
        "m.room_id = $1 and m.pinned_at is not null and m.deleted_at is null order by m.pinned_at desc limit $2",
        room.0,
        most
    )
}

async fn with_marks(pool: &PgPool, mut messages: Vec<Message>) -> Result<Vec<Message>, DbError> {
    if messages.is_empty() {
        return Ok(messages);
    }
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
    let rows = sqlx::query!(
        "select message_id, user_id, emoji from reactions where message_id = any($1) order by created_at, user_id limit $2",
        &ids,
        MARKS_MAX * i64::try_from(ids.len()).unwrap_or(1)
    );
    let mut marks: BTreeMap<Uuid, Vec<Reaction>> = BTreeMap::new();
    for row in rows.fetch_all(pool).await? {
        let of_message = marks.entry(row.message_id).or_default();
        match of_message.iter_mut().find(|reaction| reaction.emoji == row.emoji) {
            Some(reaction) => reaction.by.push(UserId(row.user_id)),
            None => of_message.push(Reaction { emoji: row.emoji, by: vec![UserId(row.user_id)] }),
        }
    }
    for message in &mut messages {
        message.reactions = marks.remove(&message.id.0).unwrap_or_default();
    }
    Ok(messages)
}

/// Lets an author's message say something else. `false` when it is not theirs, was taken back, or says so already.
#[instrument(name = "db.rooms.edit", skip_all)]
pub(in crate::rooms) async fn edit(
    tx: &mut Tx,
    room: RoomId,
    by: UserId,
    id: MessageId,
    (body, html): (&str, &str),
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let edited = sqlx::query!(
        "update messages set body = $4, html = $5, edited_at = $6
         where room_id = $1 and author_id = $2 and id = $3 and deleted_at is null and body <> $4",
        room.0,
        by.0,
        id.0,
        body,
        html,
        now
    );
    Ok(edited.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Takes a message back: nothing of what it said stays, nor in what others are told of under that key. Of another only with `of_others`.
#[instrument(name = "db.rooms.delete", skip_all)]
pub(in crate::rooms) async fn delete(
    tx: &mut Tx,
    room: RoomId,
    by: UserId,
    id: MessageId,
    of_others: bool,
    (key, now): (&str, OffsetDateTime),
) -> Result<bool, DbError> {
    let deleted = sqlx::query!(
        r#"with gone as (
             update messages set body = '', html = '', picture = null, deleted_at = $5, pinned_at = null
             where room_id = $1 and id = $3 and (author_id = $2 or $4) and deleted_at is null returning id, thread, "offset"
         ), answered as (
             update messages t set replies = t.replies - 1 from gone where t.id = gone.thread
         ), unmarked as (
             delete from reactions using gone where message_id = gone.id
         ), unnamed as (
             delete from mentions using gone where message_id = gone.id
         ), unpictured as (
             delete from images i using gone where i.message_id = gone.id
         ), untold as (
             delete from notices n using gone, room_members m
             where m.room_id = $1 and n.user_id = m.user_id and n.key = $6 and n.upto = gone."offset"
         )
         select id from gone"#,
        room.0,
        by.0,
        id.0,
        of_others,
        now,
        key
    );
    Ok(deleted.fetch_optional(&mut **tx).await?.is_some())
}

/// Leaves a mark on a message, or takes it back. `false` when there is nothing to do.
#[instrument(name = "db.rooms.react", skip_all)]
pub(in crate::rooms) async fn react(
    tx: &mut Tx,
    room: RoomId,
    by: UserId,
    id: MessageId,
    (emoji, on): (&str, bool),
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = if on {
        sqlx::query!(
            "insert into reactions (message_id, user_id, emoji, created_at)
             select id, $2, $4, $5 from messages where room_id = $1 and id = $3 and deleted_at is null
             on conflict do nothing",
            room.0,
            by.0,
            id.0,
            emoji,
            now
        )
        .execute(&mut **tx)
        .await?
    } else {
        sqlx::query!(
            "delete from reactions r using messages m
             where m.room_id = $1 and m.id = $3 and r.message_id = m.id and r.user_id = $2 and r.emoji = $4",
            room.0,
            by.0,
            id.0,
            emoji
        )
        .execute(&mut **tx)
        .await?
    };
    Ok(done.rows_affected() == 1)
}

/// The picture of a message is ready; in which room, unless the message was taken back.
#[instrument(name = "db.rooms.picture_ready", skip_all)]
pub(in crate::rooms) async fn picture_ready(
    tx: &mut PgConnection,
    id: MessageId,
    picture: &Picture,
    now: OffsetDateTime,
) -> Result<Option<RoomId>, DbError> {
    let happened = Happened::Pictured { id, picture: picture.clone() };
    let room = sqlx::query_scalar!(
        r#"with shown as (
               update messages set picture = $2 where id = $1 and deleted_at is null returning room_id
           ), at as (
               update rooms r set last_offset = r.last_offset + 1 from shown where r.id = shown.room_id returning r.id, r.last_offset
           )
           insert into room_log (room_id, "offset", kind, data, created_at)
           select id, last_offset, $3, $4, $5 from at returning room_id"#,
        id.0,
        serde_json::to_string(picture).map_err(decode)?,
        happened.kind(),
        serde_json::to_string(&happened).map_err(decode)?,
        now
    );
    Ok(room.fetch_optional(tx).await?.map(RoomId))
}

/// Pins a message for everybody, or lets it go. `false` when there is nothing to do.
#[instrument(name = "db.rooms.pin", skip_all)]
pub(in crate::rooms) async fn pin(
    tx: &mut Tx,
    room: RoomId,
    id: MessageId,
    on: bool,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "update messages set pinned_at = case when $3 then $4::timestamptz end
         where room_id = $1 and id = $2 and deleted_at is null and (pinned_at is null) = $3",
        room.0,
        id.0,
        on,
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Notes how far somebody has read: never back, and never past what is there. What they were told of it they have seen then.
#[instrument(name = "db.rooms.read_to", skip_all)]
pub(in crate::rooms) async fn read_to(
    pool: &PgPool,
    room: RoomId,
    by: UserId,
    offset: i64,
    (key, now): (&str, OffsetDateTime),
) -> Result<bool, DbError> {
    let done = sqlx::query_scalar!(
        "with read as (
             update room_members m set read_to = least($3, r.last_offset) from rooms r
             where r.id = $1 and m.room_id = r.id and m.user_id = $2 and m.read_to < least($3, r.last_offset)
             returning m.read_to
         ), seen as (
             update notices n set seen_at = $5 from read
             where n.user_id = $2 and n.key = $4 and n.seen_at is null and n.upto <= read.read_to
         )
         select read_to from read",
        room.0,
        by.0,
        offset,
        key,
        now
    );
    Ok(done.fetch_optional(pool).await?.is_some())
}
