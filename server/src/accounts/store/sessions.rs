//! Sessions: one row a browser.

use model::{SessionId, UserId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::word;
use crate::{
    accounts::{Device, session_cache::Record},
    db::DbError,
};

/// A session as stored, with what requests want to know of its user.
pub(in crate::accounts) struct Stored {
    pub(in crate::accounts) record: Record,
    pub(in crate::accounts) secret_hash: Vec<u8>,
    /// No use keeps it open beyond this.
    pub(in crate::accounts) ends_at: OffsetDateTime,
}

/// A session to be stored.
pub(in crate::accounts) struct NewSession<'a> {
    pub(in crate::accounts) id: SessionId,
    pub(in crate::accounts) user: UserId,
    pub(in crate::accounts) secret_hash: &'a [u8],
    pub(in crate::accounts) device: &'a str,
    pub(in crate::accounts) now: OffsetDateTime,
    pub(in crate::accounts) expires_at: OffsetDateTime,
    pub(in crate::accounts) ends_at: OffsetDateTime,
}

/// The session, unless it has expired or its user may not come in.
#[instrument(name = "db.sessions.get", skip_all)]
pub(in crate::accounts) async fn get(
    pool: &PgPool,
    id: SessionId,
    now: OffsetDateTime,
) -> Result<Option<Stored>, DbError> {
    let row = sqlx::query!(
        "select s.user_id, s.secret_hash, s.last_seen_at, s.expires_at, s.ends_at, u.kind, u.role, u.name, u.theme
         from sessions s join users u on u.id = s.user_id
         where s.id = $1 and s.expires_at > $2 and u.disabled_at is null",
        id.0,
        now
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Stored {
            record: Record {
                session: id,
                user: UserId(row.user_id),
                kind: word(&row.kind)?,
                role: word(&row.role)?,
                name: row.name,
                theme: word(&row.theme)?,
                last_seen_at: row.last_seen_at,
                expires_at: row.expires_at,
            },
            secret_hash: row.secret_hash,
            ends_at: row.ends_at,
        })
    })
    .transpose()
}

#[instrument(name = "db.sessions.insert", skip_all)]
pub(in crate::accounts) async fn insert(tx: &mut PgConnection, new: &NewSession<'_>) -> Result<(), DbError> {
    sqlx::query!(
        "insert into sessions (id, user_id, secret_hash, device, created_at, last_seen_at, expires_at, ends_at)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        new.id.0,
        new.user.0,
        new.secret_hash,
        new.device,
        new.now,
        new.expires_at,
        new.ends_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Those of some sessions that still let somebody in.
#[instrument(name = "db.sessions.open", skip_all)]
pub(in crate::accounts) async fn open(
    pool: &PgPool,
    ids: &[Uuid],
    now: OffsetDateTime,
) -> Result<Vec<SessionId>, DbError> {
    let open = sqlx::query_scalar!(
        "select s.id from sessions s join users u on u.id = s.user_id
         where s.id = any($1) and s.expires_at > $2 and u.disabled_at is null",
        ids,
        now
    );
    Ok(open.fetch_all(pool).await?.into_iter().map(SessionId).collect())
}

/// Notes that a session was used, and lets it live on from there.
#[instrument(name = "db.sessions.touch", skip_all)]
pub(in crate::accounts) async fn touch(
    pool: &PgPool,
    id: SessionId,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!("update sessions set last_seen_at = $2, expires_at = $3 where id = $1", id.0, now, expires_at)
        .execute(pool)
        .await?;
    Ok(())
}

/// The devices somebody is signed in on, the one used last first.
#[instrument(name = "db.sessions.list", skip_all)]
pub(in crate::accounts) async fn list(
    pool: &PgPool,
    user: UserId,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Device>, DbError> {
    let rows = sqlx::query!(
        "select id, device, created_at, last_seen_at from sessions where user_id = $1 and expires_at > $2
         order by last_seen_at desc, id desc limit $3",
        user.0,
        now,
        limit
    )
    .fetch_all(pool)
    .await?;
    let devices = rows.into_iter().map(|row| Device {
        session: SessionId(row.id),
        name: row.device,
        since: row.created_at,
        last_seen: row.last_seen_at,
    });
    Ok(devices.collect())
}

/// Ends sessions of a user: the one named, or all but the one kept. Notes them as to be dropped from the cache, and returns them.
#[instrument(name = "db.sessions.delete", skip_all)]
pub(in crate::accounts) async fn delete(
    tx: &mut PgConnection,
    user: UserId,
    one: Option<SessionId>,
    kept: Option<SessionId>,
    now: OffsetDateTime,
) -> Result<Vec<SessionId>, DbError> {
    let ended = sqlx::query_scalar!(
        "with ended as (
             delete from sessions
             where user_id = $1 and ($2::uuid is null or id = $2) and ($3::uuid is null or id <> $3)
             returning id
         ), noted as (
             insert into session_drops (session_id, created_at) select id, $4 from ended on conflict do nothing
         )
         select id from ended",
        user.0,
        one.map(|id| id.0),
        kept.map(|id| id.0),
        now
    )
    .fetch_all(tx)
    .await?;
    Ok(ended.into_iter().map(SessionId).collect())
}

/// Notes all sessions of a user as to be dropped from the cache, because the user changed, and returns them.
#[instrument(name = "db.session_drops.note_user", skip_all)]
pub(in crate::accounts) async fn note_drops(
    tx: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Vec<SessionId>, DbError> {
    let noted = sqlx::query_scalar!(
        "with noted as (
             insert into session_drops (session_id, created_at) select id, $2 from sessions where user_id = $1
             on conflict do nothing
         )
         select id from sessions where user_id = $1",
        user.0,
        now
    )
    .fetch_all(tx)
    .await?;
    Ok(noted.into_iter().map(SessionId).collect())
}

/// Sessions that the cache is not known to have forgotten.
#[instrument(name = "db.session_drops.list", skip_all)]
pub(in crate::accounts) async fn drops(pool: &PgPool, limit: i64) -> Result<Vec<SessionId>, DbError> {
    let rows = sqlx::query_scalar!("select session_id from session_drops order by created_at limit $1", limit)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(SessionId).collect())
}

/// The cache has forgotten these.
#[instrument(name = "db.session_drops.delete", skip_all)]
pub(in crate::accounts) async fn dropped(pool: &PgPool, sessions: &[SessionId]) -> Result<(), DbError> {
    let ids: Vec<_> = sessions.iter().map(|session| session.0).collect();
    sqlx::query!("delete from session_drops where session_id = any($1)", &ids).execute(pool).await?;
    Ok(())
}

/// Removes expired sessions, and guests who have neither a session nor a project any more. Returns how many rows went.
#[instrument(name = "db.sessions.prune", skip_all)]
pub(in crate::accounts) async fn prune(pool: &PgPool, now: OffsetDateTime, limit: i64) -> Result<u64, DbError> {
    let sessions = sqlx::query!(
        "delete from sessions where id = any(array(select id from sessions where expires_at <= $1 order by expires_at limit $2))",
        now,
        limit
    );
    let ended = sessions.execute(pool).await?.rows_affected();
    let guests = sqlx::query!(
        "delete from users where id in (
             select id from users u
             where kind = 'guest' and created_at < $1::timestamptz - interval '1 day'
               and not exists (select from sessions where user_id = u.id)
               and not exists (select from projects where owner_id = u.id)
             limit $2
         )",
        now,
        limit
    );
    Ok(ended + guests.execute(pool).await?.rows_affected())
}
