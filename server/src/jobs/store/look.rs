//! Looking at jobs, and the few things an administrator may do to them.

use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::count;
use crate::{
    db::{DbError, END},
    jobs::admin::{Dead, JobState, Listed, MinuteFigures, Scheduled, Selection, WorkerFigures},
};

/// How many jobs of a queue are in a state.
pub(in crate::jobs) struct Depth {
    pub(in crate::jobs) queue: String,
    pub(in crate::jobs) kind: String,
    pub(in crate::jobs) state: String,
    pub(in crate::jobs) jobs: i64,
    /// Seconds since the one that waits longest could have begun.
    pub(in crate::jobs) oldest: f64,
}

/// What there is, by queue, kind and state: `scheduled` is what is ready and not due.
#[instrument(name = "db.jobs.depths", skip_all)]
pub(in crate::jobs) async fn depths(pool: &PgPool) -> Result<Vec<Depth>, DbError> {
    let depths = sqlx::query_as!(
        Depth,
        r#"select queue as "queue!", kind as "kind!", case when state = 'ready' and run_at > now() then 'scheduled' else state end as "state!",
                  count(*) as "jobs!", extract(epoch from now() - min(run_at))::float8 as "oldest!"
           from jobs group by 1, 2, 3
           union all
           select queue, kind, 'dead', count(*), extract(epoch from now() - min(died_at))::float8 from jobs_dead group by 1, 2"#
    );
    Ok(depths.fetch_all(pool).await?)
}

/// Live jobs, those published last first.
#[instrument(name = "db.jobs.list", skip_all)]
pub(in crate::jobs) async fn list(pool: &PgPool, selection: &Selection, most: i64) -> Result<Vec<Listed>, DbError> {
    let state = selection.state.map(JobState::as_str);
    let jobs = sqlx::query_as!(
        Listed,
        r#"select jobs.id, kind, queue, payload, priority,
                  case when state = 'ready' and run_at > now() then case when attempt > 0 then 'retrying' else 'scheduled' end
                       when state = 'ready' and attempt > 0 then 'retrying' else state end as "state!",
                  run_at, attempt, max_attempts, crashes, flow, error, created_at, jobs.started_at, job_workers.name as "worker?"
           from jobs left join job_workers on job_workers.id = jobs.worker
           where ($1::text is null
                  or $1 = case when state = 'ready' and run_at > now() then case when attempt > 0 then 'retrying' else 'scheduled' end
                               when state = 'ready' and attempt > 0 then 'retrying' else state end)
             and ($2::text is null or kind = $2) and ($3::uuid is null or jobs.id < $3)
           order by jobs.id desc limit $4"#,
        state,
        selection.kind,
        selection.before,
        most
    );
    Ok(jobs.fetch_all(pool).await?)
}

/// A live job.
#[instrument(name = "db.jobs.get", skip_all)]
pub(in crate::jobs) async fn get(pool: &PgPool, id: Uuid) -> Result<Option<Listed>, DbError> {
    let job = sqlx::query_as!(
        Listed,
        r#"select jobs.id, kind, queue, payload, priority, state, run_at, attempt, max_attempts, crashes, flow, error, created_at,
                  jobs.started_at, job_workers.name as "worker?"
           from jobs left join job_workers on job_workers.id = jobs.worker where jobs.id = $1"#,
        id
    );
    Ok(job.fetch_optional(pool).await?)
}

/// How a job that is over ended: its kind, `done` or `cancelled`, after how many attempts, and when.
#[instrument(name = "db.jobs_finished.get", skip_all)]
pub(in crate::jobs) async fn finished(
    pool: &PgPool,
    id: Uuid,
) -> Result<Option<(String, String, i32, OffsetDateTime)>, DbError> {
    let row = sqlx::query!("select kind, outcome, attempt, finished_at from jobs_finished where id = $1 limit 1", id);
    Ok(row.fetch_optional(pool).await?.map(|row| (row.kind, row.outcome, row.attempt, row.finished_at)))
}

/// Dead letters, the latest first.
#[instrument(name = "db.jobs_dead.list", skip_all)]
pub(in crate::jobs) async fn dead(
    pool: &PgPool,
    kind: Option<&str>,
    before: Option<(OffsetDateTime, Uuid)>,
    most: i64,
) -> Result<Vec<Dead>, DbError> {
    let (at, id) = before.unwrap_or((END, Uuid::max()));
    let dead = sqlx::query_as!(
        Dead,
        "select id, kind, queue, payload, attempt, crashes, cause, error, created_at, died_at from jobs_dead
         where ($1::text is null or kind = $1) and (died_at, id) < ($2, $3)
         order by died_at desc, id desc limit $4",
        kind,
        at,
        id,
        most
    );
    Ok(dead.fetch_all(pool).await?)
}

/// A dead letter.
#[instrument(name = "db.jobs_dead.get", skip_all)]
pub(in crate::jobs) async fn dead_one(pool: &PgPool, id: Uuid) -> Result<Option<Dead>, DbError> {
    let dead = sqlx::query_as!(
        Dead,
        "select id, kind, queue, payload, attempt, crashes, cause, error, created_at, died_at from jobs_dead where id = $1",
        id
    );
    Ok(dead.fetch_optional(pool).await?)
}

/// Ends a job that is not over: nobody can acknowledge it any more. `tells` whom its kind says.
#[instrument(name = "db.jobs.cancel", skip_all)]
pub(in crate::jobs) async fn cancel(
    connection: &mut sqlx::PgConnection,
    id: Uuid,
    tells: bool,
) -> Result<bool, DbError> {
    let gone = sqlx::query_scalar!(
        r#"with gone as (
               delete from jobs where id = $1 returning *
           ), kept as (
               insert into jobs_finished (id, kind, outcome, attempt, created_at, started_at)
               select id, kind, 'cancelled', attempt, created_at, started_at from gone
           ), told as (
               insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
               select gen_random_uuid(), on_failure, 'usual',
                      json_build_object('job', id, 'kind', kind, 'payload', left(payload, 20000), 'cause', 'cancelled',
                                        'error', 'Somebody cancelled it.')::text,
                      priority, clock_timestamp(), 10
               from gone where on_failure is not null and $2
           )
           select count(*) as "count!" from gone"#,
        id,
        tells
    );
    Ok(gone.fetch_one(connection).await? > 0)
}

/// Lets a job that waits begin now.
#[instrument(name = "db.jobs.hurry", skip_all)]
pub(in crate::jobs) async fn hurry(pool: &PgPool, id: Uuid) -> Result<Option<String>, DbError> {
    let queue = sqlx::query_scalar!(
        "update jobs set run_at = clock_timestamp() where id = $1 and state <> 'running' and run_at > clock_timestamp() returning queue",
        id
    );
    Ok(queue.fetch_optional(pool).await?)
}

/// Publishes dead letters again, with all their attempts: one, or up to `most` of a kind, the oldest first. Returns how many.
#[instrument(name = "db.jobs_dead.redrive", skip_all)]
pub(in crate::jobs) async fn redrive(
    pool: &PgPool,
    id: Option<Uuid>,
    kind: Option<&str>,
    most: i64,
) -> Result<u64, DbError> {
    let redriven = sqlx::query_scalar!(
        r#"with chosen as (
               select id from jobs_dead where ($1::uuid is null or id = $1) and ($2::text is null or kind = $2)
               order by died_at, id limit $3 for update skip locked
           ), gone as (
               delete from jobs_dead using chosen where jobs_dead.id = chosen.id returning jobs_dead.*
           ), back as (
               insert into jobs (id, kind, queue, payload, priority, state, run_at, max_attempts, crashes, flow, on_failure, error, created_at)
               select id, kind, queue, payload, priority,
                      case when crashes > 0 then 'suspect' when flow is not null then 'parked' else 'ready' end,
                      clock_timestamp(), max_attempts, crashes, flow, on_failure, error, created_at
               from gone
               on conflict (id) do nothing
           )
           select count(*) as "count!" from gone"#,
        id,
        kind,
        most
    );
    Ok(count(redriven.fetch_one(pool).await?))
}

/// Forgets dead letters: one, or up to `most` of a kind, the oldest first. Returns how many.
#[instrument(name = "db.jobs_dead.delete", skip_all)]
pub(in crate::jobs) async fn bury(
    pool: &PgPool,
    id: Option<Uuid>,
    kind: Option<&str>,
    most: i64,
) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from jobs_dead where id in (
             select id from jobs_dead where ($1::uuid is null or id = $1) and ($2::text is null or kind = $2)
             order by died_at, id limit $3
         )",
        id,
        kind,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// What happened since, minute by minute and kind by kind.
#[instrument(name = "db.job_minutes.list", skip_all)]
pub(in crate::jobs) async fn minutes(pool: &PgPool, minutes: i32) -> Result<Vec<MinuteFigures>, DbError> {
    let rows = sqlx::query_as!(
        MinuteFigures,
        "select kind, minute, published, done, failed, dead, waits, runs from job_minutes
         where minute > now() - make_interval(mins => $1) order by minute, kind limit 20000",
        minutes
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Processes that work.
#[instrument(name = "db.job_workers.list", skip_all)]
pub(in crate::jobs) async fn workers(pool: &PgPool) -> Result<Vec<WorkerFigures>, DbError> {
    let rows = sqlx::query_as!(
        WorkerFigures,
        r#"select name, started_at, lease_until, lease_until < now() as "is_silent!",
                  (select count(*) from jobs where worker = job_workers.id and state = 'running') as "running!"
           from job_workers order by started_at limit 100"#
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Schedules, by name.
#[instrument(name = "db.job_schedules.list", skip_all)]
pub(in crate::jobs) async fn schedules(pool: &PgPool) -> Result<Vec<Scheduled>, DbError> {
    let rows = sqlx::query_as!(
        Scheduled,
        "select name, kind, cron, zone, next_at, last_at, last_job, paused_at from job_schedules order by name limit 200"
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Pauses a schedule, or lets it go on from `next`. `false` when there is none of that name.
#[instrument(name = "db.job_schedules.pause", skip_all)]
pub(in crate::jobs) async fn pause_schedule(
    pool: &PgPool,
    name: &str,
    next: Option<OffsetDateTime>,
) -> Result<bool, DbError> {
    let paused = sqlx::query!(
        "update job_schedules
         set next_at = coalesce($2, next_at), paused_at = case when $2::timestamptz is null then coalesce(paused_at, now()) end
         where name = $1",
        name,
        next
    );
    Ok(paused.execute(pool).await?.rows_affected() == 1)
}
