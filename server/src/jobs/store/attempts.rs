//! Attempts: begun under the worker's lease, acknowledged under their token.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use crate::db::DbError;

/// A job that this process may try.
#[derive(Debug)]
pub(in crate::jobs) struct Taken {
    pub(in crate::jobs) id: Uuid,
    pub(in crate::jobs) kind: String,
    pub(in crate::jobs) payload: String,
    pub(in crate::jobs) priority: i16,
    pub(in crate::jobs) attempt: i32,
    pub(in crate::jobs) max_attempts: i32,
    /// When it could have begun.
    pub(in crate::jobs) run_at: OffsetDateTime,
    /// How many seconds that is ago.
    pub(in crate::jobs) waited: f64,
    /// When it was published.
    pub(in crate::jobs) created_at: OffsetDateTime,
}

/// What became of an attempt.
#[derive(Debug)]
pub(in crate::jobs) enum Outcome {
    Done,
    /// Again, after so many seconds.
    Again {
        reason: String,
        seconds: f64,
    },
    /// By another, after so many seconds; it does not count.
    GivenBack {
        /// Nothing when there is nothing to say.
        reason: String,
        seconds: f64,
    },
    /// Never again.
    Dead {
        cause: &'static str,
        reason: String,
    },
}

/// An attempt that ended.
#[derive(Debug)]
pub(in crate::jobs) struct Ended {
    pub(in crate::jobs) id: Uuid,
    pub(in crate::jobs) attempt: i32,
    pub(in crate::jobs) outcome: Outcome,
}

/// Claims the next jobs of a queue, the most urgent first. Several may ask at once: none gets what another has.
///
/// `since` says for each priority that nothing older waits there. The index still lists what is long gone as long as somebody's old snapshot
/// might see it, and a scan that began at its start would look at all of that.
///
/// Contract: nobody claims whose lease has run out. The lock on the worker's row keeps a rescuer away until the claim is committed.
#[instrument(name = "db.jobs.claim", skip_all)]
pub(in crate::jobs) async fn claim(
    pool: &PgPool,
    worker: Uuid,
    queue: &str,
    kinds: &[String],
    since: &[OffsetDateTime],
    most: i64,
) -> Result<Vec<Taken>, DbError> {
    let taken = sqlx::query_as!(
        Taken,
        r#"with me as (
               select id from job_workers where id = $1 and lease_until > now() for key share
           ), next as (
               select job.id
               from me
               cross join unnest(array[0, 1, 2, 3]::smallint[], $4::timestamptz[]) as level (priority, since)
               cross join lateral (
                   select id from jobs
                   where state = 'ready' and queue = $2 and priority = level.priority
                     and run_at >= level.since and run_at <= now() and kind = any($3)
                   order by run_at, id limit $5
                   for update skip locked
               ) as job
               limit $5
           )
           update jobs
           set state = 'running', worker = $1, attempt = attempt + 1, started_at = now()
           from next where jobs.id = next.id
           returning jobs.id, kind, payload, priority, attempt, max_attempts, run_at, created_at,
                     extract(epoch from now() - run_at)::float8 as "waited!""#,
        worker,
        queue,
        kinds,
        since,
        most
    );
    Ok(taken.fetch_all(pool).await?)
}

/// Claims jobs that were running in a process that died: one that saw that more than once, alone, or else up to `most` that saw it once.
#[instrument(name = "db.jobs.claim_suspects", skip_all)]
pub(in crate::jobs) async fn claim_suspects(
    pool: &PgPool,
    worker: Uuid,
    kinds: &[String],
    most: i64,
) -> Result<Vec<Taken>, DbError> {
    let taken = sqlx::query_as!(
        Taken,
        r#"with me as (
               select id from job_workers where id = $1 and lease_until > now() for key share
           ), due as (
               select jobs.id, crashes, run_at from me cross join jobs
               where state = 'suspect' and run_at <= now() and kind = any($2)
               order by crashes > 1 desc, run_at, jobs.id limit $3
               for update of jobs skip locked
           ), next as (
               (select id from due where crashes > 1 order by run_at, id limit 1)
               union all
               select id from due where not exists (select from due where crashes > 1)
           )
           update jobs
           set state = 'running', worker = $1, attempt = attempt + 1, started_at = now()
           from next where jobs.id = next.id
           returning jobs.id, kind, payload, priority, attempt, max_attempts, run_at, created_at,
                     extract(epoch from now() - run_at)::float8 as "waited!""#,
        worker,
        kinds,
        most
    );
    Ok(taken.fetch_all(pool).await?)
}

/// In how many seconds the next job of a queue is due, if that is within `within`.
#[instrument(name = "db.jobs.next_due", skip_all)]
pub(in crate::jobs) async fn next_due(pool: &PgPool, queue: &str, within: f64) -> Result<Option<f64>, DbError> {
    let seconds = sqlx::query_scalar!(
        r#"select extract(epoch from min(job.run_at) - clock_timestamp())::float8
           from unnest(array[0, 1, 2, 3]::smallint[]) as level (priority)
           cross join lateral (
               select run_at from jobs
               where state = 'ready' and queue = $1 and priority = level.priority
                 and run_at > now() and run_at < now() + make_interval(secs => $2)
               order by run_at limit 1
           ) as job"#,
        queue,
        within
    );
    Ok(seconds.fetch_one(pool).await?)
}

/// Says what became of attempts, each under its token. What another has taken over meanwhile is left alone; returns the ids of the others.
#[instrument(name = "db.jobs.acknowledge", skip_all)]
pub(in crate::jobs) async fn acknowledge(pool: &PgPool, worker: Uuid, ended: &[Ended]) -> Result<Vec<Uuid>, DbError> {
    let (mut done, mut again, mut dead) = (Columns::default(), Columns::default(), Columns::default());
    for Ended { id, attempt, outcome } in ended {
        match outcome {
            Outcome::Done => done.push(*id, *attempt, "", "", 0.0),
            Outcome::Again { reason, seconds } => again.push(*id, *attempt, "again", reason, *seconds),
            Outcome::GivenBack { reason, seconds } => again.push(*id, *attempt, "given back", reason, *seconds),
            Outcome::Dead { cause, reason } => dead.push(*id, *attempt, cause, reason, 0.0),
        }
    }
    let acknowledged = sqlx::query_scalar!(
        r#"with done as (
               delete from jobs using unnest($2::uuid[], $3::integer[]) as said (id, attempt)
               where jobs.id = said.id and jobs.worker = $1 and jobs.attempt = said.attempt
               returning jobs.id, kind, jobs.attempt, created_at, started_at
           ), kept as (
               insert into jobs_finished (id, kind, outcome, attempt, created_at, started_at)
               select id, kind, 'done', attempt, created_at, started_at from done
           ), again as (
               update jobs
               set state = case when crashes > 0 then 'suspect' when flow is not null then 'parked' else 'ready' end,
                   worker = null,
                   attempt = jobs.attempt - case when said.what = 'again' then 0 else 1 end,
                   error = case when said.reason = '' then error else said.reason end,
                   run_at = clock_timestamp() + make_interval(secs => said.seconds)
               from unnest($4::uuid[], $5::integer[], $6::text[], $7::text[], $8::float8[]) as said (id, attempt, what, reason, seconds)
               where jobs.id = said.id and jobs.worker = $1 and jobs.attempt = said.attempt
               returning jobs.id
           ), dead as (
               delete from jobs using unnest($9::uuid[], $10::integer[], $11::text[], $12::text[]) as said (id, attempt, cause, reason)
               where jobs.id = said.id and jobs.worker = $1 and jobs.attempt = said.attempt
               returning jobs.*, said.cause, said.reason
           ), buried as (
               insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, flow, on_failure, attempt, crashes, cause, error, created_at)
               select id, kind, queue, payload, priority, max_attempts, flow, on_failure, attempt, crashes, cause, reason, created_at from dead
           ), told as (
               insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
               select gen_random_uuid(), on_failure, 'usual',
                      json_build_object('job', id, 'kind', kind, 'payload', left(payload, 20000), 'cause', cause, 'error', reason)::text,
                      priority, clock_timestamp(), 10
               from dead where on_failure is not null
           )
           select id as "id!" from done union all select id from again union all select id from dead"#,
        worker,
        &done.ids,
        &done.attempts,
        &again.ids,
        &again.attempts,
        &again.what,
        &again.reasons,
        &again.seconds,
        &dead.ids,
        &dead.attempts,
        &dead.what,
        &dead.reasons
    );
    Ok(acknowledged.fetch_all(pool).await?)
}

/// Outcomes of one sort, column by column.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    attempts: Vec<i32>,
    what: Vec<String>,
    reasons: Vec<String>,
    seconds: Vec<f64>,
}

impl Columns {
    fn push(&mut self, id: Uuid, attempt: i32, what: &str, reason: &str, seconds: f64) {
        self.ids.push(id);
        self.attempts.push(attempt);
        self.what.push(what.to_owned());
        self.reasons.push(reason.to_owned());
        self.seconds.push(seconds);
    }
}

/// Says in the caller's transaction that an attempt is done. `false` when it does not hold its job any more.
#[instrument(name = "db.jobs.complete", skip_all)]
pub(in crate::jobs) async fn complete(tx: &mut PgConnection, token: (Uuid, Uuid, i32)) -> Result<bool, DbError> {
    let (id, worker, attempt) = token;
    let done = sqlx::query!(
        "with done as (
             delete from jobs where id = $1 and worker = $2 and attempt = $3
             returning id, kind, attempt, created_at, started_at
         )
         insert into jobs_finished (id, kind, outcome, attempt, created_at, started_at)
         select id, kind, 'done', attempt, created_at, started_at from done",
        id,
        worker,
        attempt
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// Which of these attempts no longer hold their job: it was cancelled, or somebody else has it.
#[instrument(name = "db.jobs.not_held", skip_all)]
pub(in crate::jobs) async fn not_held(
    pool: &PgPool,
    worker: Uuid,
    attempts: &[(Uuid, i32)],
) -> Result<Vec<Uuid>, DbError> {
    let (ids, numbers): (Vec<Uuid>, Vec<i32>) = attempts.iter().copied().unzip();
    let lost = sqlx::query_scalar!(
        r#"select said.id as "id!" from unnest($2::uuid[], $3::integer[]) as said (id, attempt)
           where not exists (select from jobs where id = said.id and worker = $1 and attempt = said.attempt)"#,
        worker,
        &ids,
        &numbers
    );
    Ok(lost.fetch_all(pool).await?)
}
