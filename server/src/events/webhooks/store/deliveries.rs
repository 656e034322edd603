//! All SQL of what was tried.

use std::time::Duration;

use model::{Cursor, DeliveryId, EndpointId, EventId, PageLimit, UserId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;

use crate::db::{DbError, below};
use crate::events::webhooks::{Delivery, sender::Answer};

/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 2_000;

/// An attempt to be written down.
pub(in crate::events::webhooks) struct NewDelivery<'a> {
    pub(in crate::events::webhooks) id: DeliveryId,
    pub(in crate::events::webhooks) endpoint: EndpointId,
    pub(in crate::events::webhooks) event: EventId,
    pub(in crate::events::webhooks) name: &'a str,
    pub(in crate::events::webhooks) attempt: u16,
    pub(in crate::events::webhooks) is_ok: bool,
    /// Headers and body.
    pub(in crate::events::webhooks) request: (&'a str, &'a str),
    pub(in crate::events::webhooks) answer: Option<&'a Answer>,
    pub(in crate::events::webhooks) error: Option<String>,
    pub(in crate::events::webhooks) took: Duration,
    pub(in crate::events::webhooks) at: OffsetDateTime,
    pub(in crate::events::webhooks) next_at: Option<OffsetDateTime>,
}

/// Writes an attempt down, unless its endpoint is gone by now.
#[instrument(name = "db.webhook_deliveries.insert", skip_all)]
pub(in crate::events::webhooks) async fn insert(tx: &mut PgConnection, new: &NewDelivery<'_>) -> Result<(), DbError> {
    sqlx::query!(
        "insert into webhook_deliveries (id, endpoint_id, event_id, name, attempt, status, response_status, request_headers, request_body,
                                         response_headers, response_body, error, duration_ms, created_at, next_at)
         select $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from webhook_endpoints where id = $2",
        new.id.0,
        new.endpoint.0,
        new.event.0,
        new.name,
        i32::from(new.attempt),
        if new.is_ok { "ok" } else { "failed" },
        new.answer.map(|answer| i32::from(answer.status)),
        new.request.0,
        new.request.1,
        new.answer.map(|answer| answer.headers.as_str()),
        new.answer.map(|answer| answer.body.as_str()),
        new.error,
        i32::try_from(new.took.as_millis()).unwrap_or(i32::MAX),
        new.at,
        new.next_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Attempts of an endpoint, the latest first.
#[instrument(name = "db.webhook_deliveries.list", skip_all)]
pub(in crate::events::webhooks) async fn page(
    pool: &PgPool,
    endpoint: EndpointId,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<Delivery>, DbError> {
    let (time, id) = below(after);
    let rows = sqlx::query!(
        r#"select id, event_id, name, attempt, status, response_status, request_headers, request_body, response_headers, response_body,
                error, duration_ms, created_at, next_at,
                exists (select from domain_events e where e.id = event_id) as "can_repeat!"
         from webhook_deliveries
         where endpoint_id = $1 and (created_at, id) < ($2, $3)
         order by created_at desc, id desc limit $4"#,
        endpoint.0,
        time,
        id,
        limit.fetch()
    )
    .fetch_all(pool)
    .await?;
    let deliveries = rows.into_iter().map(|row| Delivery {
        id: DeliveryId(row.id),
        event: EventId(row.event_id),
        name: row.name,
        attempt: u16::try_from(row.attempt).unwrap_or(u16::MAX),
        is_ok: row.status == "ok",
        status: row.response_status.and_then(|status| u16::try_from(status).ok()),
        request_headers: row.request_headers,
        request_body: row.request_body,
        response_headers: row.response_headers,
        response_body: row.response_body,
        error: row.error,
        milliseconds: u32::try_from(row.duration_ms).unwrap_or_default(),
        at: row.created_at,
        next_at: row.next_at,
        can_repeat: row.can_repeat,
    });
    Ok(deliveries.collect())
}

/// Whom a delivery of this owner's told of what, unless the event is forgotten.
#[instrument(name = "db.webhook_deliveries.get", skip_all)]
pub(in crate::events::webhooks) async fn told(
    pool: &PgPool,
    owner: UserId,
    id: DeliveryId,
) -> Result<Option<(EndpointId, EventId)>, DbError> {
    let row = sqlx::query!(
        "select d.endpoint_id, d.event_id
         from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id join domain_events e on e.id = d.event_id
         where d.id = $1 and w.owner_id = $2",
        id.0,
        owner.0
    );
    Ok(row.fetch_optional(pool).await?.map(|row| (EndpointId(row.endpoint_id), EventId(row.event_id))))
}

/// Forgets some attempts from before `before`, and returns how many.
#[instrument(name = "db.webhook_deliveries.prune", skip_all)]
pub(in crate::events::webhooks) async fn prune(pool: &PgPool, before: OffsetDateTime) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from webhook_deliveries where id = any(array(
             select id from (select id, created_at from webhook_deliveries order by id limit $2) oldest where created_at < $1))",
        before,
        AT_ONCE
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Endpoints with more than `most` attempts in their log.
#[instrument(name = "db.webhook_deliveries.longer_than", skip_all)]
pub(in crate::events::webhooks) async fn longer_than(pool: &PgPool, most: i64) -> Result<Vec<EndpointId>, DbError> {
    let ids = sqlx::query_scalar!(
        "select id from webhook_endpoints w
         where exists (select from webhook_deliveries where endpoint_id = w.id order by created_at desc, id desc offset $1)",
        most
    );
    Ok(ids.fetch_all(pool).await?.into_iter().map(EndpointId).collect())
}

/// Forgets some attempts of an endpoint but for the last `most`, and returns how many.
#[instrument(name = "db.webhook_deliveries.shorten", skip_all)]
pub(in crate::events::webhooks) async fn shorten(
    pool: &PgPool,
    endpoint: EndpointId,
    most: i64,
) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from webhook_deliveries where id = any(array(
             select id from webhook_deliveries where endpoint_id = $1 order by created_at desc, id desc limit $3 offset $2
         ))",
        endpoint.0,
        most,
        AT_ONCE
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Forgets some attempts of an endpoint, and returns how many.
#[instrument(name = "db.webhook_deliveries.clear", skip_all)]
pub(in crate::events::webhooks) async fn clear(pool: &PgPool, endpoint: EndpointId) -> Result<u64, DbError> {
    shorten(pool, endpoint, 0).await
}
