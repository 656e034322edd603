//! Jobs that were done outside.

use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use crate::{
    db::DbError,
    jobs::kind::{Known, Rules},
};

/// A job that was given up outside.
pub(in crate::jobs) struct GivenUpOutside<'a> {
    pub(in crate::jobs) id: Uuid,
    /// When it was published here; nothing when it was not.
    pub(in crate::jobs) published_at: Option<OffsetDateTime>,
    pub(in crate::jobs) kind: &'a Known,
    pub(in crate::jobs) payload: &'a str,
    pub(in crate::jobs) attempt: u16,
    pub(in crate::jobs) attempts: u16,
    pub(in crate::jobs) cause: &'static str,
    pub(in crate::jobs) error: &'a str,
}

/// What became of a job that was given up outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::jobs) enum Buried {
    /// It is a dead letter now.
    Now,
    /// It had been one before, and may be redriven by now.
    Before,
    /// Whoever handed it over has not acknowledged that yet.
    StillHere,
}

/// Puts a job that was given up outside among the dead letters, and tells whom its kind says. It counts as published now: when it is redriven, that
/// tells it from the job that it was. One that was given up here meanwhile, since whoever handed it over died, stays as it is but for that.
#[instrument(name = "db.jobs_dead.insert", skip_all)]
pub(in crate::jobs) async fn bury_outside(pool: &PgPool, dead: &GivenUpOutside<'_>) -> Result<Buried, DbError> {
    let Rules { queue, priority, on_failure, .. } = dead.kind.rules;
    let buried = sqlx::query!(
        r#"with here as (
               select created_at <= $11 as is_same from jobs where id = $1
           ), dead as (
               insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, on_failure, attempt, crashes, cause, error, created_at)
               select $1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, clock_timestamp()
               where not exists (select from here)
                 and not exists (select from jobs_finished where id = $1 and (created_at > $11 or outcome = 'cancelled'))
               on conflict (id) do update set created_at = excluded.created_at where jobs_dead.created_at <= $11
               returning *, xmax = 0 as is_new
           ), told as (
               insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
               select gen_random_uuid(), on_failure, 'usual',
                      json_build_object('job', id, 'kind', kind, 'payload', left(payload, 20000), 'cause', cause, 'error', error)::text,
                      priority, clock_timestamp(), 10
               from dead where is_new and on_failure is not null
           )
           select exists (select from dead where is_new) as "is_buried!", coalesce((select is_same from here), false) as "is_here!""#,
        dead.id,
        dead.kind.kind,
        queue.as_str(),
        dead.payload,
        i16::from(priority),
        i32::from(dead.attempts),
        on_failure,
        i32::from(dead.attempt),
        dead.cause,
        dead.error,
        dead.published_at
    );
    let row = buried.fetch_one(pool).await?;
    Ok(match (row.is_buried, row.is_here) {
        (true, _) => Buried::Now,
        (false, true) => Buried::StillHere,
        (false, false) => Buried::Before,
    })
}
