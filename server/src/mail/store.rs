//! All SQL of mail.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::Mail;
use crate::db::DbError;

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
        "insert into mails (id, kind, recipient, data, created_at) values ($1, $2, $3, $4, $5)",
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

/// A mail that was neither sent nor given up.
#[instrument(name = "db.mails.get", skip_all)]
pub(super) async fn waiting(pool: &PgPool, id: Uuid) -> Result<Option<Mail>, DbError> {
    let mail = sqlx::query_as!(
        Mail,
        "select id, kind, recipient, data from mails where id = $1 and sent_at is null and failed_at is null",
        id
    );
    Ok(mail.fetch_optional(pool).await?)
}

#[instrument(name = "db.mails.sent", skip_all)]
pub(super) async fn sent(pool: &PgPool, id: Uuid, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("update mails set sent_at = $2, failure = null where id = $1 and failed_at is null", id, now)
        .execute(pool)
        .await?;
    Ok(())
}

#[instrument(name = "db.mails.retry", skip_all)]
pub(super) async fn retry(pool: &PgPool, id: Uuid, failure: &str) -> Result<(), DbError> {
    sqlx::query!("update mails set failure = $2 where id = $1 and sent_at is null", id, failure).execute(pool).await?;
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
