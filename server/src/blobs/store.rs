//! All SQL of the blobs.

use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;

use super::{Digest, Use};
use crate::db::DbError;

/// Blobs that are looked at in one statement.
const LOOKED_AT: i64 = 1_000;

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

/// Where a walk over all blobs is, from the oldest on.
#[derive(Clone)]
pub(super) struct Place {
    created_at: OffsetDateTime,
    digest: String,
}

/// Some blobs behind a place that were stored before `before`: those that nothing uses, and the place behind all that were looked at; none at the end.
#[instrument(name = "db.blobs.unused", skip_all)]
pub(super) async fn unused(
    pool: &PgPool,
    before: OffsetDateTime,
    after: Option<&Place>,
) -> Result<(Vec<Digest>, Option<Place>), DbError> {
    let rows = sqlx::query!(
        r#"select b.digest, b.created_at,
                  not exists (select from blob_uses u where u.digest = b.digest)
                  and not exists (select from image_files f where f.digest = b.digest)
                  and not exists (select from images i where i.original = b.digest)
                  and not exists (select from release_files r where r.digest = b.digest) as "is_unused!"
           from blobs b
           where b.created_at < $1 and (b.created_at, b.digest) > ($2, $3)
           order by b.created_at, b.digest limit $4"#,
        before,
        after.map_or(OffsetDateTime::UNIX_EPOCH, |place| place.created_at),
        after.map_or("", |place| place.digest.as_str()),
        LOOKED_AT
    )
    .fetch_all(pool)
    .await?;
    let place = rows.last().map(|row| Place { created_at: row.created_at, digest: row.digest.clone() });
    Ok((rows.into_iter().filter(|row| row.is_unused).map(|row| Digest(row.digest)).collect(), place))
}

/// Takes the row of a blob away, if nothing has used it since before `before`. Until the transaction ends nobody can store or use that content.
#[instrument(name = "db.blobs.delete_unused", skip_all)]
pub(super) async fn delete_unused(
    pool: &PgPool,
    digest: &Digest,
    before: OffsetDateTime,
) -> Result<Option<Transaction<'static, Postgres>>, DbError> {
    let mut tx = pool.begin().await?;
    let gone = sqlx::query_scalar!(
        "delete from blobs where digest = (
             select digest from blobs b
             where digest = $1 and created_at < $2
               and not exists (select from blob_uses u where u.digest = b.digest)
               and not exists (select from image_files f where f.digest = b.digest)
               and not exists (select from images i where i.original = b.digest)
               and not exists (select from release_files r where r.digest = b.digest)
             for update skip locked
         ) returning digest",
        digest.as_str(),
        before
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(gone.map(|_| tx))
}

pub(super) async fn commit(tx: Transaction<'static, Postgres>) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}
