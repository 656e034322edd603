//! Jobs, keys and flows as they are published.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use crate::{
    db::DbError,
    jobs::{DEDUP_WINDOW, publish::Flow},
};

/// A job to be published.
pub(in crate::jobs) struct New {
    pub(in crate::jobs) id: Uuid,
    pub(in crate::jobs) payload: String,
}

/// How jobs of one statement are treated.
pub(in crate::jobs) struct Treatment<'a> {
    pub(in crate::jobs) kind: &'a str,
    pub(in crate::jobs) queue: &'a str,
    pub(in crate::jobs) priority: i16,
    pub(in crate::jobs) max_attempts: i32,
    /// Seconds.
    pub(in crate::jobs) delay: f64,
    pub(in crate::jobs) not_before: Option<OffsetDateTime>,
    pub(in crate::jobs) flow: Option<&'a str>,
    pub(in crate::jobs) on_failure: Option<&'a str>,
}

/// Writes jobs in the caller's transaction. By the id of the first its own trace is found from that of whoever publishes it.
#[instrument(name = "db.jobs.insert", skip_all, fields(job.id = new.first().map(|job| display(job.id))))]
pub(in crate::jobs) async fn insert(
    tx: &mut PgConnection,
    new: &[New],
    treatment: &Treatment<'_>,
) -> Result<(), DbError> {
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = new.iter().map(|job| job.id).collect();
    let payloads: Vec<&str> = new.iter().map(|job| job.payload.as_str()).collect();
    sqlx::query!(
        "insert into jobs (id, kind, queue, payload, priority, state, run_at, max_attempts, flow, on_failure)
         select new.id, $3, $4, new.payload, $5, case when $8::text is null then 'ready' else 'parked' end,
                greatest(clock_timestamp() + make_interval(secs => $6), $7), $9, $8, $10
         from unnest($1::uuid[], $2::text[]) as new (id, payload)",
        &ids,
        &payloads as &[&str],
        treatment.kind,
        treatment.queue,
        treatment.priority,
        treatment.delay,
        treatment.not_before,
        treatment.flow,
        treatment.max_attempts,
        treatment.on_failure
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes those jobs whose key nobody has set within the window. Returns whose each key is. Whoever publishes the same at the same time waits here
/// until the other's transaction has ended.
pub(in crate::jobs) async fn insert_once(
    tx: &mut PgConnection,
    new: &[New],
    keys: &[[u8; 32]],
    treatment: &Treatment<'_>,
) -> Result<HashMap<[u8; 32], Uuid>, DbError> {
    // A key that another has set may run out and be tidied away before it is read: then nobody has it, and this tries again.
    for _ in 0..3 {
        let mut owners = insert_fresh(tx, new, keys, treatment).await?;
        let others: Vec<Vec<u8>> =
            keys.iter().filter(|key| !owners.contains_key(*key)).map(|key| key.to_vec()).collect();
        if !others.is_empty() {
            owners.extend(owners_of(tx, &others).await?);
        }
        if keys.iter().all(|key| owners.contains_key(key)) {
            return Ok(owners);
        }
    }
    Err(DbError::Refused(sqlx::Error::RowNotFound))
}

/// Writes jobs and sets their keys in one statement, so that neither is there without the other. Keys that another has set meanwhile are not told.
#[instrument(name = "db.jobs.insert_fresh", skip_all)]
async fn insert_fresh(
    tx: &mut PgConnection,
    new: &[New],
    keys: &[[u8; 32]],
    treatment: &Treatment<'_>,
) -> Result<HashMap<[u8; 32], Uuid>, DbError> {
    let ids: Vec<Uuid> = new.iter().map(|job| job.id).collect();
    let payloads: Vec<&str> = new.iter().map(|job| job.payload.as_str()).collect();
    let asked: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
    // Known keys are only read, so that a duplicate writes nothing. New ones are set in their order, so that two who publish the same in another
    // order do not wait for each other.
    let set = sqlx::query!(
        r#"with asked as (
               select distinct on (key) key, job_id, payload, place
               from unnest($1::bytea[], $2::uuid[], $3::text[]) with ordinality as asked (key, job_id, payload, place)
               order by key, place
           ), known as (
               select job_keys.key, job_keys.job_id from job_keys join asked on asked.key = job_keys.key
               where until >= clock_timestamp()
           ), set as (
               insert into job_keys (key, job_id, until)
               select key, job_id, clock_timestamp() + make_interval(secs => $4) from asked
               where not exists (select from known where known.key = asked.key)
               order by key
               on conflict (key) do update set job_id = excluded.job_id, until = excluded.until
               where job_keys.until < clock_timestamp()
               returning key, job_id
           ), fresh as (
               insert into jobs (id, kind, queue, payload, priority, state, run_at, max_attempts, flow, on_failure)
               select asked.job_id, $5, $6, asked.payload, $7, case when $10::text is null then 'ready' else 'parked' end,
                      greatest(clock_timestamp() + make_interval(secs => $8), $9), $11, $10, $12
               from asked join set on set.key = asked.key
               order by asked.place
           )
           select key as "key!", job_id as "job_id!" from known union all select key, job_id from set"#,
        &asked,
        &ids,
        &payloads as &[&str],
        DEDUP_WINDOW.as_secs_f64(),
        treatment.kind,
        treatment.queue,
        treatment.priority,
        treatment.delay,
        treatment.not_before,
        treatment.flow,
        treatment.max_attempts,
        treatment.on_failure
    )
    .fetch_all(tx)
    .await?;
    Ok(set.into_iter().filter_map(|row| Some((row.key.try_into().ok()?, row.job_id))).collect())
}

#[instrument(name = "db.job_keys.get", skip_all)]
async fn owners_of(tx: &mut PgConnection, keys: &[Vec<u8>]) -> Result<HashMap<[u8; 32], Uuid>, DbError> {
    let known = sqlx::query!("select key, job_id from job_keys where key = any($1)", keys).fetch_all(tx).await?;
    Ok(known.into_iter().filter_map(|row| Some((row.key.try_into().ok()?, row.job_id))).collect())
}

/// Says how a flow is limited, unless it is known to be limited so. Those who say the same do not wait for each other.
#[instrument(name = "db.job_flows.set", skip_all)]
pub(in crate::jobs) async fn set_flow(tx: &mut PgConnection, flow: &Flow) -> Result<(), DbError> {
    let parallelism = flow.parallelism.map(i32::from);
    let rate = flow.rate.map(|(most, _)| i32::try_from(most).unwrap_or(i32::MAX));
    let period = flow.rate.map(|(_, period)| period.as_secs_f64());
    sqlx::query!(
        "insert into job_flows (key, parallelism, rate, period)
         select $1, $2, $3, make_interval(secs => $4)
         where not exists (
             select from job_flows
             where key = $1 and parallelism is not distinct from $2 and rate is not distinct from $3
               and period is not distinct from make_interval(secs => $4)
         )
         on conflict (key) do update
         set parallelism = excluded.parallelism, rate = excluded.rate, period = excluded.period, used_at = now()",
        flow.key,
        parallelism,
        rate,
        period
    )
    .execute(tx)
    .await?;
    Ok(())
}
