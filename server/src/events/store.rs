//! All SQL of events.

use std::collections::BTreeMap;

use model::{EventId, UserId};
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};
use tracing::instrument;
use uuid::Uuid;

use super::{Event, Selection, StoredEvent};
use crate::db::DbError;

/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 10_000;

#[instrument(name = "db.domain_events.insert", skip_all)]
pub(super) async fn insert(
    tx: &mut PgConnection,
    id: EventId,
    owner: Option<UserId>,
    event: &Event,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    insert_named(tx, id, event.name().as_str(), owner, event.subject(), &event.data().to_string(), now).await
}

/// An event of any name.
#[instrument(name = "db.domain_events.insert_named", skip_all)]
pub(super) async fn insert_named(
    tx: &mut PgConnection,
    id: EventId,
    name: &str,
    owner: Option<UserId>,
    subject: Uuid,
    data: &str,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into domain_events (id, name, owner, subject, data, created_at) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        name,
        owner.map(|owner| owner.0),
        subject,
        data,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An event, unless it is forgotten.
#[instrument(name = "db.domain_events.get", skip_all)]
pub(super) async fn get(tx: &mut PgConnection, id: EventId) -> Result<Option<StoredEvent>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, owner, subject, data, created_at from domain_events where id = $1",
        id.0
    );
    Ok(row.fetch_optional(tx).await?.map(Row::event))
}

/// Events, the latest first. Their ids hold the time, so that the primary key has them in order.
#[instrument(name = "db.domain_events.newest", skip_all)]
pub(super) async fn newest(pool: &PgPool, selection: &Selection, limit: i64) -> Result<Vec<StoredEvent>, DbError> {
    let [from, to] = bounds(selection);
    let rows = sqlx::query_as!(
        Row,
        "select id, name, owner, subject, data, created_at from domain_events
         where ($1::text is null or name = $1) and id > $2 and id < $3
         order by id desc limit $4",
        selection.name.map(super::EventName::as_str),
        from,
        to,
        limit
    );
    Ok(rows.fetch_all(pool).await?.into_iter().map(Row::event).collect())
}

/// Ids and names of events, the oldest first.
#[instrument(name = "db.domain_events.oldest", skip_all)]
pub(super) async fn oldest(
    tx: &mut PgConnection,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<(EventId, String)>, DbError> {
    let [from, to] = bounds(selection);
    let rows = sqlx::query!(
        "select id, name from domain_events
         where ($1::text is null or name = $1) and id > $2 and id < $3
         order by id limit $4",
        selection.name.map(super::EventName::as_str),
        from,
        to,
        limit
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|row| (EventId(row.id), row.name)).collect())
}

/// Between which ids a selection lies, both left out. A version 7 id begins with the milliseconds since 1970 (RFC 9562).
fn bounds(selection: &Selection) -> [Uuid; 2] {
    let first_of = |moment: OffsetDateTime| {
        let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        Uuid::from_u128(milliseconds << 80)
    };
    let since = selection.since.map_or(Uuid::nil(), first_of);
    let from = selection.after.map_or(since, |after| after.0.max(since));
    [from, selection.until.map_or(Uuid::max(), first_of)]
}

struct Row {
    id: Uuid,
    name: String,
    owner: Option<Uuid>,
    subject: Uuid,
    data: String,
    created_at: OffsetDateTime,
}

impl Row {
    fn event(self) -> StoredEvent {
        let Self { id, name, owner, subject, data, created_at } = self;
        StoredEvent { id: EventId(id), name, owner: owner.map(UserId), subject, data, created_at }
    }
}

/// Puts an event with what waits for a subscriber, unless it is there; returns the database's time.
///
/// Contract: until the caller's transaction ends, [`let_pending_settle`] waits. The time is read after that holds.
#[instrument(name = "db.event_pending.put", skip_all)]
pub(super) async fn put_pending(
    tx: &mut PgConnection,
    subscriber: &str,
    event: EventId,
) -> Result<OffsetDateTime, DbError> {
    let now = sqlx::query_scalar!(
        r#"with held as materialized (
               select 1 as held from pg_advisory_xact_lock_shared(hashtextextended('collect ' || $1, 0))
           ), put as (
               insert into event_pending (subscriber, event_id) select $1, $2 from held on conflict do nothing
           )
           select clock_timestamp() as "now!" from held"#,
        subscriber,
        event.0
    );
    Ok(now.fetch_one(tx).await?)
}

/// Waits for everybody who is putting something there at this moment.
#[instrument(name = "db.event_pending.settle", skip_all)]
pub(super) async fn let_pending_settle(pool: &PgPool, subscriber: &str) -> Result<(), DbError> {
    let held =
        sqlx::query!("select 1 as held from pg_advisory_xact_lock(hashtextextended('collect ' || $1, 0))", subscriber);
    held.fetch_one(pool).await?;
    Ok(())
}

/// Takes the oldest of what waits for a subscriber. Returns how many were taken, and those that are not forgotten.
#[instrument(name = "db.event_pending.take", skip_all)]
pub(super) async fn take_pending(
    tx: &mut PgConnection,
    subscriber: &str,
    most: usize,
) -> Result<(usize, Vec<StoredEvent>), DbError> {
    let rows = sqlx::query!(
        r#"with taken as (
               delete from event_pending
               where subscriber = $1 and event_id = any(array(
                   select event_id from event_pending where subscriber = $1 order by event_id limit $2
               ))
               returning event_id
           )
           select event_id as "id!", e.name as "name?", e.owner, e.subject as "subject?", e.data as "data?",
                  e.created_at as "created_at?"
           from taken left join domain_events e on e.id = event_id
           order by event_id"#,
        subscriber,
        i64::try_from(most).unwrap_or(i64::MAX)
    )
    .fetch_all(tx)
    .await?;
    let taken = rows.len();
    let events = rows.into_iter().filter_map(|row| {
        let (name, subject, data, created_at) = (row.name?, row.subject?, row.data?, row.created_at?);
        Some(StoredEvent { id: EventId(row.id), name, owner: row.owner.map(UserId), subject, data, created_at })
    });
    Ok((taken, events.collect()))
}

/// Adds to the counts of days and names.
#[instrument(name = "db.event_counts.add", skip_all)]
pub(super) async fn count(tx: &mut PgConnection, counts: &BTreeMap<(Date, &str), i64>) -> Result<(), DbError> {
    let days: Vec<Date> = counts.keys().map(|(day, _)| *day).collect();
    let names: Vec<String> = counts.keys().map(|(_, name)| (*name).to_owned()).collect();
    let many: Vec<i64> = counts.values().copied().collect();
    sqlx::query!(
        "insert into event_counts (day, name, count)
         select * from unnest($1::date[], $2::text[], $3::bigint[])
         on conflict (day, name) do update set count = event_counts.count + excluded.count",
        &days,
        &names,
        &many
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets what is somebody's.
#[instrument(name = "db.domain_events.forget", skip_all)]
pub(super) async fn forget(tx: &mut PgConnection, owner: UserId) -> Result<(), DbError> {
    sqlx::query!("delete from domain_events where owner = $1", owner.0).execute(tx).await?;
    Ok(())
}

/// Forgets some of what happened before `before`, and returns how many.
#[instrument(name = "db.domain_events.prune", skip_all)]
pub(super) async fn prune(pool: &PgPool, before: OffsetDateTime) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from domain_events where id = any(array(
             select id from (select id, created_at from domain_events order by id limit $2) oldest where created_at < $1))",
        before,
        AT_ONCE
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Forgets some of what happened to people who are gone without a word, and returns how many.
#[instrument(name = "db.domain_events.prune_strangers", skip_all)]
pub(super) async fn prune_strangers(pool: &PgPool) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from domain_events where id = any(array(
             select id from domain_events e
             where owner is not null and not exists (select from users where id = e.owner) limit $1
         ))",
        AT_ONCE
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Gives what happened to somebody to somebody else.
#[instrument(name = "db.domain_events.give", skip_all)]
pub(super) async fn give(tx: &mut PgConnection, from: UserId, to: UserId) -> Result<(), DbError> {
    sqlx::query!("update domain_events set owner = $2 where owner = $1", from.0, to.0).execute(tx).await?;
    Ok(())
}
