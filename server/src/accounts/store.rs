//! All SQL of the accounts domain.

use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use crate::db::DbError;

/// A session as stored.
pub(super) struct SessionRow {
    pub(super) user_id: Uuid,
    pub(super) secret_hash: Vec<u8>,
    pub(super) last_seen_at: OffsetDateTime,
}

/// A session to be stored, with its new user.
pub(super) struct NewSession<'a> {
    pub(super) session: Uuid,
    pub(super) user: Uuid,
    pub(super) secret_hash: &'a [u8],
    pub(super) now: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
}

/// The session, unless it has expired.
#[instrument(name = "db.sessions.get", skip_all)]
pub(super) async fn session(pool: &PgPool, id: Uuid, now: OffsetDateTime) -> Result<Option<SessionRow>, DbError> {
    let row = sqlx::query_as!(
        SessionRow,
        "select user_id, secret_hash, last_seen_at from sessions where id = $1 and expires_at > $2",
        id,
        now
    );
    Ok(row.fetch_optional(pool).await?)
}

/// Notes that a session was used, and lets it live on from there.
#[instrument(name = "db.sessions.touch", skip_all)]
pub(super) async fn touch_session(
    pool: &PgPool,
    id: Uuid,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!("update sessions set last_seen_at = $2, expires_at = $3 where id = $1", id, now, expires_at)
        .execute(pool)
        .await?;
    Ok(())
}

/// Stores a guest and their session, both or neither.
#[instrument(name = "db.users.create_guest", skip_all)]
pub(super) async fn create_guest(pool: &PgPool, new: NewSession<'_>) -> Result<(), DbError> {
    sqlx::query!(
        "with guest as (insert into users (id, kind, created_at) values ($2, 'guest', $4) returning id)
         insert into sessions (id, user_id, secret_hash, created_at, last_seen_at, expires_at)
         select $1, id, $3, $4, $4, $5 from guest",
        new.session,
        new.user,
        new.secret_hash,
        new.now,
        new.expires_at
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes a user; sessions and projects go with them.
#[instrument(name = "db.users.delete", skip_all)]
pub(super) async fn delete_user(pool: &PgPool, user: Uuid) -> Result<(), DbError> {
    sqlx::query!("delete from users where id = $1", user).execute(pool).await?;
    Ok(())
}
