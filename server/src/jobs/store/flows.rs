//! Letting go what flows hold back.

use sqlx::PgPool;
use tracing::instrument;

use crate::db::DbError;

/// Flows with a job that is due and room for it, the one that waited longest first. Those that are full would keep others from being seen.
#[instrument(name = "db.job_flows.waiting", skip_all)]
pub(in crate::jobs) async fn waiting_flows(pool: &PgPool, ahead: f64, most: i64) -> Result<Vec<String>, DbError> {
    let keys = sqlx::query_scalar!(
        "select key from job_flows
         where exists (select from jobs where state = 'parked' and flow = key and run_at <= now())
           and (parallelism is null or parallelism > (select count(*) from jobs where flow = key and state <> 'parked'))
           and (rate is null or next_at <= now() + make_interval(secs => $1))
         order by used_at limit $2",
        ahead,
        most
    );
    Ok(keys.fetch_all(pool).await?)
}

/// Lets go as many jobs of a flow as its limits allow; by its rate, those of the next `ahead` seconds, each for its moment. Returns their queues.
///
/// Contract: one at a time for a flow, whoever comes second does nothing.
#[instrument(name = "db.jobs.let_go", skip_all)]
pub(in crate::jobs) async fn let_go(pool: &PgPool, flow: &str, ahead: f64) -> Result<Vec<String>, DbError> {
    let queues = sqlx::query_scalar!(
        r#"with limits as (
               select key, parallelism, period / rate as gap, greatest(next_at, now()) as begins
               from job_flows where key = $1 for update skip locked
           ), room as (
               select gap, begins, greatest(0, least(
                   1000,
                   parallelism - (select count(*) from jobs where flow = $1 and state <> 'parked'),
                   ceil(extract(epoch from now() + make_interval(secs => $2) - begins) / extract(epoch from gap))
               ))::bigint as many
               from limits
           ), next as (
               select id, row_number() over (order by priority, run_at, id) - 1 as place
               from (
                   select id, priority, run_at from jobs
                   where state = 'parked' and flow = $1 and run_at <= now()
                   order by priority, run_at, id limit coalesce((select many from room), 0)
                   for update skip locked
               ) as due
           ), gone as (
               update jobs
               set state = 'ready', run_at = case when gap is null then jobs.run_at else begins + place * gap end
               from next, room where jobs.id = next.id
               returning queue
           ), used as (
               update job_flows
               set used_at = now(), next_at = case when gap is null then next_at else begins + (select count(*) from next) * gap end
               from room where key = $1 and exists (select from next)
           )
           select distinct queue as "queue!" from gone"#,
        flow,
        ahead
    );
    Ok(queues.fetch_all(pool).await?)
}
