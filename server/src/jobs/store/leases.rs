//! Leases of workers, and those who let theirs run out.

use sqlx::{PgConnection, PgPool};
use tracing::instrument;
use uuid::Uuid;

use super::count;
use crate::db::DbError;

/// Jobs of workers that fell silent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::jobs) struct Rescued {
    /// To be tried again, by kind.
    pub(in crate::jobs) again: Vec<(String, u64)>,
    /// Given up, by kind.
    pub(in crate::jobs) dead: Vec<(String, u64)>,
}

/// Begins to work: from now on this process may claim jobs.
#[instrument(name = "db.job_workers.insert", skip_all)]
pub(in crate::jobs) async fn begin(pool: &PgPool, worker: Uuid, name: &str, seconds: f64) -> Result<(), DbError> {
    sqlx::query!(
        "insert into job_workers (id, name, lease_until) values ($1, $2, now() + make_interval(secs => $3))
         on conflict (id) do update set lease_until = excluded.lease_until",
        worker,
        name,
        seconds
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Renews the lease. `false` when somebody has taken over what this worker held.
#[instrument(name = "db.job_workers.renew", skip_all)]
pub(in crate::jobs) async fn renew(pool: &PgPool, worker: Uuid, seconds: f64) -> Result<bool, DbError> {
    let renewed = sqlx::query!(
        "update job_workers set lease_until = now() + make_interval(secs => $2) where id = $1",
        worker,
        seconds
    );
    Ok(renewed.execute(pool).await?.rows_affected() == 1)
}

/// Stops working: what this worker still holds is for others, and the attempt does not count.
#[instrument(name = "db.jobs.release", skip_all)]
pub(in crate::jobs) async fn release(pool: &PgPool, worker: Uuid) -> Result<u64, DbError> {
    let released = sqlx::query_scalar!(
        r#"with released as (
               update jobs
               set state = case when crashes > 0 then 'suspect' when flow is not null then 'parked' else 'ready' end,
                   worker = null, attempt = attempt - 1
               where worker = $1 and state = 'running'
               returning id
           ), gone as (
               delete from job_workers where id = $1
           )
           select count(*) as "count!" from released"#,
        worker
    );
    Ok(count(released.fetch_one(pool).await?))
}

/// Gives back what a worker has and does not know of: jobs that it claimed more than `seconds` ago, but for the `known` ones. The attempt was none.
#[instrument(name = "db.jobs.give_back_unknown", skip_all)]
pub(in crate::jobs) async fn give_back_unknown(
    pool: &PgPool,
    worker: Uuid,
    known: &[Uuid],
    seconds: f64,
) -> Result<u64, DbError> {
    let given_back = sqlx::query!(
        "update jobs
         set state = case when crashes > 0 then 'suspect' when flow is not null then 'parked' else 'ready' end,
             worker = null, attempt = attempt - 1
         where worker = $1 and state = 'running' and started_at < now() - make_interval(secs => $3) and id <> all($2)",
        worker,
        known,
        seconds
    );
    Ok(given_back.execute(pool).await?.rows_affected())
}

/// Takes up to `most` jobs from workers that fell silent. Each counts as an attempt that crashed: it is tried again after a pause, or is dead if it
/// was the last. A worker that is awake again finds its row gone, and its attempts without their jobs.
#[instrument(name = "db.jobs.rescue", skip_all)]
pub(in crate::jobs) async fn rescue(tx: &mut PgConnection, most: i64, pause: f64) -> Result<Rescued, DbError> {
    let rows = sqlx::query!(
        r#"with silent as (
               select id from job_workers where lease_until < now() order by id limit 10 for update skip locked
           ), held as (
               select jobs.id from silent join jobs on jobs.worker = silent.id
               where jobs.state = 'running' limit $1 for update of jobs
           ), again as (
               update jobs
               set state = 'suspect', worker = null, crashes = crashes + 1, error = 'The process that ran it fell silent.',
                   run_at = now() + make_interval(secs => $2)
               from held where jobs.id = held.id and attempt < max_attempts
               returning jobs.kind
           ), dead as (
               delete from jobs using held where jobs.id = held.id and attempt >= max_attempts returning jobs.*
           ), buried as (
               insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, flow, on_failure, attempt, crashes, cause, error, created_at)
               select id, kind, queue, payload, priority, max_attempts, flow, on_failure, attempt, crashes + 1, 'crashed',
                      'The process that ran it fell silent, in the last attempt as well.', created_at
               from dead
           ), told as (
               insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
               select gen_random_uuid(), on_failure, 'usual',
                      json_build_object('job', id, 'kind', kind, 'payload', left(payload, 20000), 'cause', 'crashed',
                                        'error', 'The process that ran it fell silent.')::text,
                      priority, clock_timestamp(), 10
               from dead where on_failure is not null
           ), gone as (
               delete from job_workers using silent
               where job_workers.id = silent.id and (select count(*) from held) < $1
           )
           select kind as "kind!", false as "dead!", count(*) as "count!" from again group by kind
           union all
           select kind, true, count(*) from dead group by kind"#,
        most,
        pause
    )
    .fetch_all(tx)
    .await?;
    let mut rescued = Rescued::default();
    for row in rows {
        let list = if row.dead { &mut rescued.dead } else { &mut rescued.again };
        list.push((row.kind, count(row.count)));
    }
    Ok(rescued)
}

/// Whether this transaction is the one that leads until it ends.
#[instrument(name = "db.jobs.lead", skip_all)]
pub(in crate::jobs) async fn lead(tx: &mut PgConnection, key: i64) -> Result<bool, DbError> {
    let leads = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "leads!""#, key);
    Ok(leads.fetch_one(tx).await?)
}
