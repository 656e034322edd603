//! Who is in a room, and the ways in.

use model::{InvitationId, Member, Picture, RoomId, RoomRole, Speaker, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Tx, decode, named, role};
use crate::{db::DbError, rooms::text::Named};

/// Nobody has more in one room.
const MEMBERS_MAX: i64 = 2_000;

/// A way into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// What whoever comes by it may do.
    pub role: RoomRole,
    /// Whom it is for; anybody who has the link when it is nobody's.
    pub address: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when it works.
    pub expires_at: OffsetDateTime,
    /// How many came by it.
    pub used: u32,
    /// And how many may.
    pub uses_max: u32,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What the project is called.
    pub project: String,
    /// Who made the link; nobody who is still there.
    pub by: Option<String>,
    /// What whoever comes by it may do.
    pub role: RoomRole,
    /// Whether it is for one address alone.
    pub is_for_one: bool,
    /// Until when it works.
    pub expires_at: OffsetDateTime,
}

struct MemberRow {
    id: Uuid,
    name: String,
    avatar: Option<String>,
    role: String,
    read_to: i64,
}

impl MemberRow {
    fn member(self) -> Result<Member, DbError> {
        let speaker = Speaker { id: UserId(self.id), name: self.name, picture: picture(self.avatar.as_deref()) };
        Ok(Member { speaker, role: role(&self.role)?, read_to: self.read_to })
    }
}

/// A picture that cannot be read is none.
pub(super) fn picture(text: Option<&str>) -> Option<Picture> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// Everybody in a room, those who may do most first.
#[instrument(name = "db.rooms.members", skip_all)]
pub(in crate::rooms) async fn members(pool: &PgPool, room: RoomId) -> Result<Vec<Member>, DbError> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"select u.id, coalesce(nullif(u.name, ''), 'Guest') as "name!", u.avatar, m.role, m.read_to
           from room_members m join users u on u.id = m.user_id
           where m.room_id = $1
           order by array_position(array['owner', 'editor', 'commenter', 'viewer'], m.role), u.name, u.id limit $2"#,
        room.0,
        MEMBERS_MAX
    );
    rows.fetch_all(pool).await?.into_iter().map(MemberRow::member).collect()
}

/// Who somebody is in a room, as the others see them, and what they may do.
#[instrument(name = "db.rooms.speaker", skip_all)]
pub(in crate::rooms) async fn speaker(
    pool: &PgPool,
    room: RoomId,
    user: UserId,
) -> Result<Option<(Speaker, RoomRole)>, DbError> {
    let row = sqlx::query_as!(
        MemberRow,
        r#"select u.id, coalesce(nullif(u.name, ''), 'Guest') as "name!", u.avatar, m.role, m.read_to
           from room_members m join users u on u.id = m.user_id
           join rooms r on r.id = m.room_id left join projects p on p.id = r.project_id and p.deleted_at is null
           where m.room_id = $1 and m.user_id = $2 and (r.project_id is null or p.id is not null)"#,
        room.0,
        user.0
    );
    let member = row.fetch_optional(pool).await?.map(MemberRow::member).transpose()?;
    Ok(member.map(|member| (member.speaker, member.role)))
}

/// Everybody in a room by their name, to be named.
#[instrument(name = "db.rooms.people", skip_all)]
pub(in crate::rooms) async fn people(pool: &PgPool, room: RoomId) -> Result<Vec<Named>, DbError> {
    let rows = sqlx::query!(
        r#"select u.id, u.name as "name!" from room_members m join users u on u.id = m.user_id
           where m.room_id = $1 and u.name <> '' limit $2"#,
        room.0,
        MEMBERS_MAX
    );
    Ok(rows.fetch_all(pool).await?.into_iter().map(|row| Named { id: UserId(row.id), name: row.name }).collect())
}

/// Lets somebody in; `None` for somebody who is there. What was said before they came, they have not missed.
#[instrument(name = "db.rooms.join", skip_all)]
pub(in crate::rooms) async fn join(
    tx: &mut Tx,
    room: RoomId,
    user: UserId,
    as_role: RoomRole,
    now: OffsetDateTime,
) -> Result<Option<Member>, DbError> {
    let row = sqlx::query_as!(
        MemberRow,
        r#"with came as (
               insert into room_members (room_id, user_id, role, read_to, joined_at)
               select id, $2, $3, last_offset, $4 from rooms where id = $1
               on conflict do nothing returning user_id, role, read_to
           )
           select u.id, coalesce(nullif(u.name, ''), 'Guest') as "name!", u.avatar, came.role, came.read_to
           from came join users u on u.id = came.user_id"#,
        room.0,
        user.0,
        as_role.as_str(),
        now
    );
    row.fetch_optional(&mut **tx).await?.map(MemberRow::member).transpose()
}

/// Gives somebody another role, unless they own the room; `None` when they do, are not there, or have it already.
#[instrument(name = "db.rooms.set_role", skip_all)]
pub(in crate::rooms) async fn set_role(
    tx: &mut Tx,
    room: RoomId,
    user: UserId,
    to: RoomRole,
) -> Result<Option<Member>, DbError> {
    let row = sqlx::query_as!(
        MemberRow,
        r#"with changed as (
               update room_members set role = $3
               where room_id = $1 and user_id = $2 and role not in ('owner', $3)
               returning user_id, role, read_to
           )
           select u.id, coalesce(nullif(u.name, ''), 'Guest') as "name!", u.avatar, changed.role, changed.read_to
           from changed join users u on u.id = changed.user_id"#,
        room.0,
        user.0,
        to.as_str()
    );
    row.fetch_optional(&mut **tx).await?.map(MemberRow::member).transpose()
}

/// Takes somebody out, with what they were told of under that key, unless they own the room. `false` when they do or are not there.
#[instrument(name = "db.rooms.leave", skip_all)]
pub(in crate::rooms) async fn leave(tx: &mut Tx, room: RoomId, user: UserId, key: &str) -> Result<bool, DbError> {
    let left = sqlx::query_scalar!(
        "with gone as (
             delete from room_members where room_id = $1 and user_id = $2 and role <> 'owner' returning user_id
         ), untold as (
             delete from notices n using gone where n.user_id = gone.user_id and n.key = $3
         )
         select user_id from gone",
        room.0,
        user.0,
        key
    );
    Ok(left.fetch_optional(&mut **tx).await?.is_some())
}

/// Makes a way in.
#[instrument(name = "db.rooms.invite", skip_all)]
pub(in crate::rooms) async fn invite(
    pool: &PgPool,
    room: RoomId,
    by: UserId,
    invitation: &Invitation,
    token_hash: &[u8; 32],
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into room_invitations (id, room_id, token_hash, role, address, invited_by, created_at, expires_at, uses_max)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        invitation.id.0,
        room.0,
        token_hash.as_slice(),
        invitation.role.as_str(),
        invitation.address,
        by.0,
        invitation.created_at,
        invitation.expires_at,
        i32::try_from(invitation.uses_max).unwrap_or(i32::MAX)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Ways in that work, the newest first.
#[instrument(name = "db.rooms.invitations", skip_all)]
pub(in crate::rooms) async fn invitations(
    pool: &PgPool,
    room: RoomId,
    now: OffsetDateTime,
    most: i64,
) -> Result<Vec<Invitation>, DbError> {
    let rows = sqlx::query!(
        "select id, role, address, created_at, expires_at, used, uses_max from room_invitations
         where room_id = $1 and revoked_at is null and expires_at > $2 and used < uses_max
         order by created_at desc, id desc limit $3",
        room.0,
        now,
        most
    );
    let rows = rows.fetch_all(pool).await?.into_iter().map(|row| {
        Ok(Invitation {
            id: InvitationId(row.id),
            role: role(&row.role)?,
            address: row.address,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used: u32::try_from(row.used).map_err(decode)?,
            uses_max: u32::try_from(row.uses_max).map_err(decode)?,
        })
    });
    rows.collect()
}

/// Closes a way in. May be done twice.
#[instrument(name = "db.rooms.close_invitation", skip_all)]
pub(in crate::rooms) async fn close_invitation(
    pool: &PgPool,
    room: RoomId,
    id: InvitationId,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let closed = sqlx::query!(
        "update room_invitations set revoked_at = coalesce(revoked_at, $3) where room_id = $1 and id = $2",
        room.0,
        id.0,
        now
    );
    Ok(closed.execute(pool).await?.rows_affected() == 1)
}

/// Where a link that works leads.
#[instrument(name = "db.rooms.way", skip_all)]
pub(in crate::rooms) async fn way(
    pool: &PgPool,
    token_hash: &[u8; 32],
    now: OffsetDateTime,
) -> Result<Option<Way>, DbError> {
    let row = sqlx::query!(
        r#"select p.title, left(p.directive, 400) as "directive!", u.name as "by?", i.role, i.address, i.expires_at
           from room_invitations i
           join rooms r on r.id = i.room_id
           join projects p on p.id = r.project_id and p.deleted_at is null
           left join users u on u.id = i.invited_by
           where i.token_hash = $1 and i.revoked_at is null and i.expires_at > $2 and i.used < i.uses_max"#,
        token_hash.as_slice(),
        now
    );
    let row = row.fetch_optional(pool).await?;
    row.map(|row| {
        Ok(Way {
            project: named(row.title, &row.directive)?,
            by: row.by.filter(|name| !name.is_empty()),
            role: role(&row.role)?,
            is_for_one: row.address.is_some(),
            expires_at: row.expires_at,
        })
    })
    .transpose()
}

/// Removes ways in that ended before a time, some at once; how many.
#[instrument(name = "db.rooms.forget_invitations", skip_all)]
pub(in crate::rooms) async fn forget_invitations(
    pool: &PgPool,
    before: OffsetDateTime,
    most: i64,
) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from room_invitations where id = any(array(
             select id from room_invitations where expires_at < $1 order by expires_at limit $2))",
        before,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Takes a way in, which counts; where it leads and what one may do there. `None` when it does not work, or not for them. Somebody who is there already
/// uses nothing up.
#[instrument(name = "db.rooms.accept", skip_all)]
pub(in crate::rooms) async fn accept(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    user: UserId,
    now: OffsetDateTime,
) -> Result<Option<(RoomId, RoomRole)>, DbError> {
    let row = sqlx::query!(
        r#"with way as (
               select i.id, i.room_id, i.role, exists (select from room_members m where m.room_id = i.room_id and m.user_id = $2) as is_in
               from room_invitations i
               where i.token_hash = $1 and i.revoked_at is null and i.expires_at > $3
                 and (i.address is null or i.address = (select email_key from users where id = $2))
               for update
           ), taken as (
               update room_invitations i set used = used + 1 from way
               where i.id = way.id and not way.is_in and i.used < i.uses_max returning i.id
           )
           select room_id, role from way where is_in or exists (select from taken)"#,
        token_hash.as_slice(),
        user.0,
        now
    );
    row.fetch_optional(&mut **tx).await?.map(|row| Ok((RoomId(row.room_id), role(&row.role)?))).transpose()
}
