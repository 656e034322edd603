//! All SQL of the releases' files.

use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;

use crate::{blobs::Digest, db::DbError};

/// Writes down that an instance has a file. A name that was there with another content keeps what it had: pages refer to that.
#[instrument(name = "db.release_files.insert", skip_all)]
pub(super) async fn insert(pool: &PgPool, name: &str, digest: &Digest, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!(
        "insert into release_files (name, digest, seen_at) values ($1, $2, $3)
         on conflict (name) do update set seen_at = excluded.seen_at",
        name,
        digest.as_str(),
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

#[instrument(name = "db.release_files.get", skip_all)]
pub(super) async fn get(pool: &PgPool, name: &str) -> Result<Option<Digest>, DbError> {
    let digest = sqlx::query_scalar!("select digest from release_files where name = $1", name);
    Ok(digest.fetch_optional(pool).await?.as_deref().and_then(Digest::named))
}

#[instrument(name = "db.release_files.forget", skip_all)]
pub(super) async fn forget(pool: &PgPool, before: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("delete from release_files where seen_at < $1", before).execute(pool).await?;
    Ok(())
}
