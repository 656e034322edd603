//! All SQL of mail.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::Mail;
use crate::db::DbError;

/// A mail that this process may send now.
pub(super) struct Claimed {
    pub(super) mail: Mail,
    /// How often it was tried, this time included.
    pub(super) attempts: i32,
}

#[instrument(name = "db.mails.insert", skip_all)]
pub(super) async fn insert(
    tx: &mut PgConnection,
    id: Uuid,
    kind: &str,
    recipient: &str,
    data: &Value,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into mails (id, kind, recipient, data, due_at, created_at) values ($1, $2, $3, $4, $5, $5)",
        id,
        kind,
        recipient,
        data,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the mail that is due longest, and keeps others from it for `seconds`.
#[instrument(name = "db.mails.claim", skip_all)]
pub(super) async fn claim(
    pool: &PgPool,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Option<Claimed>, DbError> {
    let row = sqlx::query!(
        "update mails set attempts = attempts + 1, due_at = $2
         where id = (
             select id from mails where sent_at is null and failed_at is null and due_at <= $1
             order by due_at, id limit 1 for update skip locked
         )
         returning id, kind, recipient, data, attempts",
        now,
        until
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Claimed {
        mail: Mail { id: row.id, kind: row.kind, recipient: row.recipient, data: row.data },
        attempts: row.attempts,
    }))
}

#[instrument(name = "db.mails.sent", skip_all)]
pub(super) async fn sent(pool: &PgPool, id: Uuid, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("update mails set sent_at = $2, failure = null where id = $1 and failed_at is null", id, now)
        .execute(pool)
        .await?;
    Ok(())
}

#[instrument(name = "db.mails.retry", skip_all)]
pub(super) async fn retry(pool: &PgPool, id: Uuid, due: OffsetDateTime, failure: &str) -> Result<(), DbError> {
    sqlx::query!("update mails set due_at = $2, failure = $3 where id = $1", id, due, failure).execute(pool).await?;
    Ok(())
}

#[instrument(name = "db.mails.failed", skip_all)]
pub(super) async fn failed(pool: &PgPool, id: Uuid, now: OffsetDateTime, failure: &str) -> Result<(), DbError> {
    sqlx::query!("update mails set failed_at = $2, failure = $3 where id = $1 and sent_at is null", id, now, failure)
        .execute(pool)
        .await?;
    Ok(())
}

/// Forgets mails that ended before `before`.
#[instrument(name = "db.mails.prune", skip_all)]
pub(super) async fn prune(pool: &PgPool, before: OffsetDateTime) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from mails where created_at < $1 and (sent_at is not null or failed_at is not null)",
        before
    );
    Ok(gone.execute(pool).await?.rows_affected())
}
