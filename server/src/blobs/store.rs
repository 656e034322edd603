//! All SQL of the blobs.

use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;

use super::{Digest, Use};
use crate::db::DbError;

/// Writes down that a content is about to be stored, or was used again.
#[instrument(name = "db.blobs.insert", skip_all)]
pub(super) async fn insert(
    pool: &PgPool,
    digest: &Digest,
    media_type: &str,
    bytes: usize,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into blobs (digest, media_type, size, created_at) values ($1, $2, $3, $4)
         on conflict (digest) do update set created_at = excluded.created_at",
        digest.as_str(),
        media_type,
        i64::try_from(bytes).unwrap_or(i64::MAX),
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes down what a blob is for. What was used for the same purpose before, and made of something else, is not any more.
#[instrument(name = "db.blob_uses.insert", skip_all)]
pub(super) async fn insert_use(pool: &PgPool, of: &Use, digest: &Digest, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!(
        "with before as (delete from blob_uses where project_id = $1 and purpose = $2 and made_of <> $3)
         insert into blob_uses (project_id, purpose, made_of, digest, created_at) values ($1, $2, $3, $4, $5)
         on conflict (project_id, purpose, made_of) do update set digest = excluded.digest",
        of.project.0,
        of.purpose.as_str(),
        of.made_of,
        digest.as_str(),
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What was made of the same for the same.
#[instrument(name = "db.blob_uses.get", skip_all)]
pub(super) async fn used(pool: &PgPool, of: &Use) -> Result<Option<Digest>, DbError> {
    let digest = sqlx::query_scalar!(
        "select digest from blob_uses where project_id = $1 and purpose = $2 and made_of = $3",
        of.project.0,
        of.purpose.as_str(),
        of.made_of
    );
    Ok(digest.fetch_optional(pool).await?.map(Digest))
}

#[instrument(name = "db.blob_uses.forget", skip_all)]
pub(super) async fn forget_uses(pool: &PgPool, before: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("delete from blob_uses where created_at < $1", before).execute(pool).await?;
    Ok(())
}

/// Takes the row of one blob away that nothing has used since before `before`. Until the transaction ends nobody can store or use that content.
#[instrument(name = "db.blobs.delete_unused", skip_all)]
pub(super) async fn delete_unused(
    pool: &PgPool,
    before: OffsetDateTime,
) -> Result<Option<(Transaction<'static, Postgres>, Digest)>, DbError> {
    let mut tx = pool.begin().await?;
    let digest = sqlx::query_scalar!(
        "delete from blobs where digest = (
             select digest from blobs b
             where created_at < $1 and not exists (select from blob_uses u where u.digest = b.digest)
               and not exists (select from image_files f where f.digest = b.digest)
               and not exists (select from images i where i.original = b.digest)
               and not exists (select from release_files r where r.digest = b.digest)
             order by created_at limit 1 for update skip locked
         ) returning digest",
        before
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(digest.map(|digest| (tx, Digest(digest))))
}

pub(super) async fn commit(tx: Transaction<'static, Postgres>) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}
