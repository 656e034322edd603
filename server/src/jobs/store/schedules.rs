//! Schedules, messages, and what is forgotten.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use crate::{db::DbError, jobs::schedule::Schedule};

/// A schedule whose moment has come.
#[derive(Debug)]
pub(in crate::jobs) struct Due {
    pub(in crate::jobs) name: String,
    pub(in crate::jobs) kind: String,
    pub(in crate::jobs) payload: String,
    pub(in crate::jobs) cron: String,
    pub(in crate::jobs) zone: String,
}

/// PostgreSQL's time.
#[instrument(name = "db.now", skip_all)]
pub(in crate::jobs) async fn now(tx: &mut PgConnection) -> Result<OffsetDateTime, DbError> {
    Ok(sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(tx).await?)
}

/// Tells all who listen, in one transaction.
#[instrument(name = "db.notify", skip_all)]
pub(in crate::jobs) async fn notify(pool: &PgPool, channel: &str, messages: &[String]) -> Result<(), DbError> {
    sqlx::query!("select pg_notify($1, message) from unnest($2::text[]) as said (message)", channel, messages)
        .execute(pool)
        .await?;
    Ok(())
}

/// Sets a schedule, unless it is just so already.
#[instrument(name = "db.job_schedules.set", skip_all)]
pub(in crate::jobs) async fn set_schedule(
    tx: &mut PgConnection,
    schedule: &Schedule,
    kind: &str,
    payload: &str,
    next: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into job_schedules (name, kind, payload, cron, zone, next_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update
         set kind = excluded.kind, payload = excluded.payload, cron = excluded.cron, zone = excluded.zone, next_at = excluded.next_at
         where (job_schedules.kind, job_schedules.payload, job_schedules.cron, job_schedules.zone)
               is distinct from (excluded.kind, excluded.payload, excluded.cron, excluded.zone)",
        schedule.name,
        kind,
        payload,
        schedule.cron,
        schedule.zone,
        next
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Schedules of these kinds whose moment has come; nobody else sees them until the transaction ends.
#[instrument(name = "db.job_schedules.due", skip_all)]
pub(in crate::jobs) async fn due_schedules(
    tx: &mut PgConnection,
    kinds: &[String],
    most: i64,
) -> Result<Vec<Due>, DbError> {
    let due = sqlx::query_as!(
        Due,
        "select name, kind, payload, cron, zone from job_schedules
         where paused_at is null and next_at <= now() and kind = any($1)
         order by next_at limit $2 for update skip locked",
        kinds,
        most
    );
    Ok(due.fetch_all(tx).await?)
}

/// Notes that a schedule was kept, or that it cannot be: then it is paused.
#[instrument(name = "db.job_schedules.kept", skip_all)]
pub(in crate::jobs) async fn schedule_kept(
    tx: &mut PgConnection,
    name: &str,
    job: Option<Uuid>,
    next: Option<OffsetDateTime>,
) -> Result<(), DbError> {
    sqlx::query!(
        "update job_schedules
         set last_at = now(), last_job = $2, next_at = coalesce($3, next_at),
             paused_at = case when $3::timestamptz is null then now() else paused_at end
         where name = $1",
        name,
        job,
        next
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets up to `most` finished jobs that ended more than `days` ago, or of which there are more than `rows`, the oldest first. Returns how many.
#[instrument(name = "db.jobs_finished.prune", skip_all)]
pub(in crate::jobs) async fn prune_finished(pool: &PgPool, days: i32, rows: f32, most: i64) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "with place as (
             select reltuples > $2 as is_crowded from pg_class where oid = 'jobs_finished'::regclass
         ), old as (
             -- In the order in which they lie there, which is about the order of time.
             select ctid from jobs_finished, place
             where is_crowded or finished_at < now() - make_interval(days => $1)
             limit $3
         )
         delete from jobs_finished using old where jobs_finished.ctid = old.ctid",
        days,
        rows,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Forgets keys whose window is over, flows that nothing used for a day, and minutes of more than `days` ago.
#[instrument(name = "db.jobs.prune", skip_all)]
pub(in crate::jobs) async fn prune(pool: &PgPool, days: i32, most: i64) -> Result<u64, DbError> {
    let keys = sqlx::query!(
        "delete from job_keys where key = any(array(select key from job_keys where until < now() order by until limit $1))",
        most
    );
    let keys = keys.execute(pool).await?.rows_affected();
    sqlx::query!(
        "delete from job_flows
         where used_at < now() - interval '1 day'
           and not exists (select from jobs where flow = key and state = 'parked')
           and not exists (select from jobs where flow = key and state <> 'parked')"
    )
    .execute(pool)
    .await?;
    sqlx::query!("delete from job_minutes where minute < now() - make_interval(days => $1)", days)
        .execute(pool)
        .await?;
    Ok(keys)
}

/// Adds up what happened in this minute.
#[expect(clippy::too_many_arguments, reason = "one column each")]
#[instrument(name = "db.job_minutes.add", skip_all)]
pub(in crate::jobs) async fn add_minute(
    pool: &PgPool,
    kind: &str,
    published: i64,
    done: i64,
    failed: i64,
    dead: i64,
    waits: &[i64],
    runs: &[i64],
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into job_minutes (kind, minute, published, done, failed, dead, waits, runs)
         values ($1, date_trunc('minute', now()), $2, $3, $4, $5, $6, $7)
         on conflict (minute, kind) do update
         set published = job_minutes.published + excluded.published, done = job_minutes.done + excluded.done,
             failed = job_minutes.failed + excluded.failed, dead = job_minutes.dead + excluded.dead,
             waits = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by place)
                      from unnest(job_minutes.waits, excluded.waits) with ordinality as sums (a, b, place)),
             runs = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by place)
                     from unnest(job_minutes.runs, excluded.runs) with ordinality as sums (a, b, place))",
        kind,
        published,
        done,
        failed,
        dead,
        waits,
        runs
    )
    .execute(pool)
    .await?;
    Ok(())
}
