//! All SQL of checks.

use model::vitals::Histogram;
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};
use tracing::instrument;
use uuid::Uuid;

use super::{
    Incident, Outcome, Path, Run,
    standing::Standing,
    status::{Day, DayStatus},
    with,
};
use crate::db::DbError;

/// How a path stands and when it was last visited.
pub(super) struct StoredState {
    pub(super) path: Path,
    pub(super) is_failing: bool,
    pub(super) since: OffsetDateTime,
    pub(super) last_at: OffsetDateTime,
    pub(super) last_milliseconds: f64,
}

/// How a path stands, locked until the caller's transaction ends.
#[instrument(name = "db.check_states.lock", skip_all)]
pub(super) async fn lock_state(tx: &mut PgConnection, path: Path, now: OffsetDateTime) -> Result<Standing, DbError> {
    let new = Standing::new(now);
    let row = sqlx::query!(
        "insert into check_states (name, is_failing, since) values ($1, $2, $3)
         on conflict (name) do update set name = excluded.name
         returning is_failing, contrary, since",
        path.as_str(),
        new.is_failing,
        new.since
    );
    let row = row.fetch_one(tx).await?;
    Ok(Standing { is_failing: row.is_failing, contrary: row.contrary, since: row.since })
}

/// Says how a path stands.
#[instrument(name = "db.check_states.set", skip_all)]
pub(super) async fn set_state(tx: &mut PgConnection, path: Path, standing: &Standing) -> Result<(), DbError> {
    let set = sqlx::query!(
        "update check_states set is_failing = $2, contrary = $3, since = $4 where name = $1",
        path.as_str(),
        standing.is_failing,
        standing.contrary,
        standing.since
    );
    set.execute(tx).await?;
    Ok(())
}

/// Notes a run, by itself and in its day. The caller holds the lock of the path.
#[instrument(name = "db.check_runs.insert", skip_all)]
pub(super) async fn insert_run(tx: &mut PgConnection, run: &Run) -> Result<(), DbError> {
    sqlx::query!(
        "insert into check_runs (name, at, outcome, milliseconds, reason) values ($1, $2, $3, $4, $5) on conflict do nothing",
        run.path.as_str(),
        run.at,
        run.outcome.as_str(),
        run.milliseconds,
        run.reason
    )
    .execute(&mut *tx)
    .await?;
    let day = run.at.date();
    let known =
        sqlx::query_scalar!("select sketch from check_days where name = $1 and day = $2", run.path.as_str(), day);
    let known = known.fetch_optional(&mut *tx).await?.unwrap_or_default();
    // How long it took to fail says nothing about how long it takes.
    let sketch = if run.outcome == Outcome::Failed { known } else { with(&known, run.milliseconds) };
    let count = |outcome| i32::from(run.outcome == outcome);
    sqlx::query!(
        "insert into check_days (name, day, passed, slow, failed, sketch) values ($1, $2, $3, $4, $5, $6)
         on conflict (name, day) do update set passed = check_days.passed + excluded.passed, slow = check_days.slow + excluded.slow,
             failed = check_days.failed + excluded.failed, sketch = excluded.sketch",
        run.path.as_str(),
        day,
        count(Outcome::Passed),
        count(Outcome::Slow),
        count(Outcome::Failed),
        sketch
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Says that a path broke.
#[instrument(name = "db.check_incidents.insert", skip_all)]
pub(super) async fn begin_incident(tx: &mut PgConnection, id: Uuid, run: &Run, reason: &str) -> Result<(), DbError> {
    let begin = sqlx::query!(
        "insert into check_incidents (id, name, began_at, reason) values ($1, $2, $3, $4) on conflict do nothing",
        id,
        run.path.as_str(),
        run.at,
        reason
    );
    begin.execute(tx).await?;
    Ok(())
}

/// Says that a path is whole again.
#[instrument(name = "db.check_incidents.end", skip_all)]
pub(super) async fn end_incident(tx: &mut PgConnection, path: Path, at: OffsetDateTime) -> Result<(), DbError> {
    let end = sqlx::query!(
        "update check_incidents set ended_at = $2 where name = $1 and ended_at is null",
        path.as_str(),
        at
    );
    end.execute(tx).await?;
    Ok(())
}

/// How all paths stand.
#[instrument(name = "db.check_states.list", skip_all)]
pub(super) async fn states(pool: &PgPool) -> Result<Vec<StoredState>, DbError> {
    let rows = sqlx::query!(
        r#"select name, is_failing, since, last.at as "last_at!", last.milliseconds as "last_milliseconds!"
           from check_states as state
                cross join lateral (select at, milliseconds from check_runs where name = state.name order by at desc limit 1) as last"#
    );
    let rows = rows.fetch_all(pool).await?.into_iter().filter_map(|row| {
        Some(StoredState {
            path: row.name.parse().ok()?,
            is_failing: row.is_failing,
            since: row.since,
            last_at: row.last_at,
            last_milliseconds: row.last_milliseconds,
        })
    });
    Ok(rows.collect())
}

/// Days since one, of all paths.
#[instrument(name = "db.check_days.list", skip_all)]
pub(super) async fn days(pool: &PgPool, since: Date) -> Result<Vec<Day>, DbError> {
    let rows = sqlx::query!(
        "select name, day, passed, slow, failed, sketch from check_days where day >= $1 order by day",
        since
    );
    let rows = rows.fetch_all(pool).await?.into_iter().filter_map(|row| {
        let count = |count: i32| count.unsigned_abs();
        let counts =
            DayStatus { day: row.day, passed: count(row.passed), slow: count(row.slow), failed: count(row.failed) };
        Some(Day { path: row.name.parse().ok()?, counts, took: Histogram::from_bytes(&row.sketch)? })
    });
    Ok(rows.collect())
}

/// What broke, the latest first.
#[instrument(name = "db.check_incidents.list", skip_all)]
pub(super) async fn incidents(pool: &PgPool, most: i64) -> Result<Vec<Incident>, DbError> {
    let rows = sqlx::query!(
        "select name, began_at, ended_at, reason from check_incidents order by began_at desc limit $1",
        most
    );
    let rows = rows.fetch_all(pool).await?.into_iter().filter_map(|row| {
        Some(Incident {
            path: row.name.parse().ok()?,
            began_at: row.began_at,
            ended_at: row.ended_at,
            reason: row.reason,
        })
    });
    Ok(rows.collect())
}

/// Forgets runs before a moment, and days and what broke before a day.
#[instrument(name = "db.check_runs.prune", skip_all)]
pub(super) async fn prune(pool: &PgPool, runs: OffsetDateTime, days: Date) -> Result<(), DbError> {
    sqlx::query!("delete from check_runs where at < $1", runs).execute(pool).await?;
    sqlx::query!("delete from check_days where day < $1", days).execute(pool).await?;
    let broken = sqlx::query!("delete from check_incidents where ended_at < $1", days.midnight().assume_utc());
    broken.execute(pool).await?;
    Ok(())
}
