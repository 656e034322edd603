//! All SQL of endpoints.

pub(super) mod deliveries;

use model::{EndpointId, EventId, UserId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Disabled, Endpoint, Fit};
use crate::db::DbError;

struct Row {
    id: Uuid,
    url: String,
    events: Vec<String>,
    description: String,
    disabled_at: Option<OffsetDateTime>,
    disabled_reason: Option<String>,
    failing_since: Option<OffsetDateTime>,
    previous_until: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
}

impl Row {
    fn endpoint(self) -> Endpoint {
        Endpoint {
            id: EndpointId(self.id),
            url: self.url,
            events: self.events.iter().filter_map(|name| name.parse().ok()).collect(),
            description: self.description,
            disabled: self.disabled_at.map(|at| (at, Disabled::named(&self.disabled_reason.unwrap_or_default()))),
            failing_since: self.failing_since,
            previous_until: self.previous_until,
            created_at: self.created_at,
        }
    }
}

#[instrument(name = "db.webhook_endpoints.list", skip_all)]
pub(super) async fn list(pool: &PgPool, owner: UserId) -> Result<Vec<Endpoint>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, url, events, description, disabled_at, disabled_reason, failing_since, previous_until, created_at
         from webhook_endpoints where owner_id = $1 order by created_at, id",
        owner.0
    );
    Ok(rows.fetch_all(pool).await?.into_iter().map(Row::endpoint).collect())
}

#[instrument(name = "db.webhook_endpoints.get", skip_all)]
pub(super) async fn get(pool: &PgPool, owner: UserId, id: EndpointId) -> Result<Option<Endpoint>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, url, events, description, disabled_at, disabled_reason, failing_since, previous_until, created_at
         from webhook_endpoints where id = $1 and owner_id = $2",
        id.0,
        owner.0
    );
    Ok(row.fetch_optional(pool).await?.map(Row::endpoint))
}

/// Stores an endpoint unless its owner has `most` already; says whether it did.
#[instrument(name = "db.webhook_endpoints.insert", skip_all)]
pub(super) async fn insert(
    tx: &mut PgConnection,
    id: EndpointId,
    owner: UserId,
    fit: &Fit,
    secret: &[u8; 32],
    most: i64,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    // Two that come at once would both count the same.
    sqlx::query!("select id from users where id = $1 for update", owner.0).fetch_optional(&mut *tx).await?;
    let inserted = sqlx::query!(
        "insert into webhook_endpoints (id, owner_id, url, events, description, secret, created_at)
         select $1, $2, $3, $4, $5, $6, $7
         where (select count(*) from webhook_endpoints where owner_id = $2) < $8",
        id.0,
        owner.0,
        fit.url,
        &names(fit),
        fit.description,
        secret,
        now,
        most
    );
    Ok(inserted.execute(tx).await?.rows_affected() == 1)
}

/// Changes an endpoint of this owner; says whether there was one.
#[instrument(name = "db.webhook_endpoints.change", skip_all)]
pub(super) async fn change(pool: &PgPool, owner: UserId, id: EndpointId, fit: &Fit) -> Result<bool, DbError> {
    let changed = sqlx::query!(
        "update webhook_endpoints
         set url = $3, events = $4, description = $5, failing_since = case when url = $3 then failing_since end
         where id = $1 and owner_id = $2",
        id.0,
        owner.0,
        fit.url,
        &names(fit),
        fit.description
    );
    Ok(changed.execute(pool).await?.rows_affected() == 1)
}

fn names(fit: &Fit) -> Vec<String> {
    fit.events.iter().map(ToString::to_string).collect()
}

/// Switches an endpoint of this owner on or off; says whether there was one. The first time it was switched off counts.
#[instrument(name = "db.webhook_endpoints.switch", skip_all)]
pub(super) async fn switch(
    pool: &PgPool,
    owner: UserId,
    id: EndpointId,
    on: bool,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let switched = sqlx::query!(
        "update webhook_endpoints
         set disabled_at = case when $3 then null else coalesce(disabled_at, $4) end,
             disabled_reason = case when $3 then null else coalesce(disabled_reason, 'owner') end,
             failing_since = case when $3 and disabled_at is not null then null else failing_since end
         where id = $1 and owner_id = $2",
        id.0,
        owner.0,
        on,
        now
    );
    Ok(switched.execute(pool).await?.rows_affected() == 1)
}

#[instrument(name = "db.webhook_endpoints.delete", skip_all)]
pub(super) async fn remove(pool: &PgPool, owner: UserId, id: EndpointId) -> Result<(), DbError> {
    sqlx::query!("delete from webhook_endpoints where id = $1 and owner_id = $2", id.0, owner.0).execute(pool).await?;
    Ok(())
}

#[instrument(name = "db.webhook_endpoints.secret", skip_all)]
pub(super) async fn secret(pool: &PgPool, owner: UserId, id: EndpointId) -> Result<Option<[u8; 32]>, DbError> {
    let secret =
        sqlx::query_scalar!("select secret from webhook_endpoints where id = $1 and owner_id = $2", id.0, owner.0);
    secret.fetch_optional(pool).await?.map(whole).transpose()
}

/// Puts another secret in the place of an endpoint's own, which counts until then, unless that was done since `seen`.
#[instrument(name = "db.webhook_endpoints.rotate", skip_all)]
pub(super) async fn rotate(
    pool: &PgPool,
    owner: UserId,
    id: EndpointId,
    seen: Option<OffsetDateTime>,
    secret: &[u8; 32],
    until: OffsetDateTime,
) -> Result<(), DbError> {
    let rotated = sqlx::query!(
        "update webhook_endpoints set previous_secret = secret, previous_until = $5, secret = $4
         where id = $1 and owner_id = $2 and previous_until is not distinct from $3",
        id.0,
        owner.0,
        seen,
        secret,
        until
    );
    rotated.execute(pool).await?;
    Ok(())
}

/// Endpoints that are to be told of an event.
#[instrument(name = "db.webhook_endpoints.wanting", skip_all)]
pub(super) async fn wanting(tx: &mut PgConnection, owner: UserId, name: &str) -> Result<Vec<EndpointId>, DbError> {
    let ids = sqlx::query_scalar!(
        "select id from webhook_endpoints
         where owner_id = $1 and disabled_at is null and $2 = any(events)
           and exists (select from users where users.id = owner_id and users.disabled_at is null)
         order by id",
        owner.0,
        name
    );
    Ok(ids.fetch_all(tx).await?.into_iter().map(EndpointId).collect())
}

/// What an endpoint is to be told.
pub(super) struct Due {
    pub(super) url: String,
    pub(super) secret: [u8; 32],
    /// The secret before, and until when it counts.
    pub(super) previous: Option<([u8; 32], OffsetDateTime)>,
    pub(super) name: String,
    pub(super) data: String,
    pub(super) created_at: OffsetDateTime,
}

/// What an endpoint is to be told of an event; nothing when either is gone, or the endpoint is switched off.
#[instrument(name = "db.webhook_endpoints.due", skip_all)]
pub(super) async fn due(pool: &PgPool, endpoint: EndpointId, event: EventId) -> Result<Option<Due>, DbError> {
    let row = sqlx::query!(
        "select url, secret, previous_secret, previous_until, e.name, e.data, e.created_at
         from webhook_endpoints w join domain_events e on e.id = $2
         where w.id = $1 and disabled_at is null",
        endpoint.0,
        event.0
    );
    let Some(row) = row.fetch_optional(pool).await? else { return Ok(None) };
    let previous = row.previous_secret.map(whole).transpose()?.zip(row.previous_until);
    let (name, data, created_at) = (row.name, row.data, row.created_at);
    Ok(Some(Due { url: row.url, secret: whole(row.secret)?, previous, name, data, created_at }))
}

fn whole(secret: Vec<u8>) -> Result<[u8; 32], DbError> {
    secret.try_into().map_err(|_| DbError::Refused(sqlx::Error::Decode("a secret has 32 bytes".into())))
}

/// Notes on the endpoint how an attempt went; returns since when it fails. One that has moved meanwhile is not judged by its old address.
#[instrument(name = "db.webhook_endpoints.note", skip_all)]
pub(super) async fn note(
    tx: &mut PgConnection,
    (endpoint, url): (EndpointId, &str),
    is_ok: bool,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DbError> {
    // One that is well and stays well is not written.
    let since = sqlx::query_scalar!(
        "update webhook_endpoints set failing_since = case when $2 then null else coalesce(failing_since, $3) end
         where id = $1 and url = $4 and (failing_since is not null or not $2)
         returning failing_since",
        endpoint.0,
        is_ok,
        now,
        url
    );
    Ok(since.fetch_optional(tx).await?.flatten())
}

/// Switches an endpoint off; returns its owner's address, unless it was off already or its owner has none.
#[instrument(name = "db.webhook_endpoints.disable", skip_all)]
pub(super) async fn disable(
    tx: &mut PgConnection,
    (endpoint, url): (EndpointId, &str),
    why: Disabled,
    now: OffsetDateTime,
) -> Result<Option<String>, DbError> {
    let recipient = sqlx::query_scalar!(
        "update webhook_endpoints w set disabled_at = $3, disabled_reason = $2 from users u
         where w.id = $1 and w.url = $4 and disabled_reason is null and u.id = w.owner_id returning u.email",
        endpoint.0,
        why.as_str(),
        now,
        url
    );
    Ok(recipient.fetch_optional(tx).await?.flatten())
}
