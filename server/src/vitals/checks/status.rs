//! What the status page tells.

use std::collections::BTreeMap;

use model::vitals::Histogram;
use serde::Serialize;
use time::{Date, Duration, OffsetDateTime};

use super::{Checks, Path, store};
use crate::db::DbError;

/// Days that the status page tells of, today included.
pub const DAYS: i64 = 90;
/// Runs that are older say nothing about now: nobody checks.
const FRESH: Duration = Duration::minutes(15);
/// Incidents that are told of at most.
const INCIDENTS_MAX: i64 = 20;

/// How everything stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Each path.
    pub checks: Vec<CheckStatus>,
    /// What broke lately, the latest first.
    pub incidents: Vec<Incident>,
}

/// How one path stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckStatus {
    /// Which.
    pub path: Path,
    /// How it is.
    pub state: State,
    /// Since when; of no meaning while it is unknown.
    pub since: Option<OffsetDateTime>,
    /// When it was last visited, and how many milliseconds that took.
    pub last: Option<(OffsetDateTime, f64)>,
    /// The share of visits in these days that did not fail; nothing when there were none.
    pub uptime: Option<f64>,
    /// Half of today's visits took no longer than this, in milliseconds, and nineteen of twenty no longer than that.
    pub today: Option<(f64, f64)>,
    /// Each of the last [`DAYS`], the earliest first; days without visits are all zero.
    pub days: Vec<DayStatus>,
}

/// How a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Works,
    /// It does not.
    Broken,
    /// Nobody has looked lately.
    Unknown,
}

/// Visits of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayStatus {
    /// Which, in UTC.
    pub day: Date,
    /// Visits that went as they should.
    pub passed: u32,
    /// Visits that were late.
    pub slow: u32,
    /// Visits that failed.
    pub failed: u32,
}

/// A path that was broken for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Which.
    pub path: Path,
    /// From when.
    pub began_at: OffsetDateTime,
    /// Until when; nothing while it lasts.
    pub ended_at: Option<OffsetDateTime>,
    /// Why, as it was first seen.
    pub reason: String,
}

/// A stored day.
pub(super) struct Day {
    pub(super) path: Path,
    pub(super) counts: DayStatus,
    pub(super) took: Histogram,
}

impl Checks {
    /// How everything stands, and stood.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn status(&self) -> Result<Status, DbError> {
        let (pool, now) = (self.db.reader().await, self.clock.now());
        let today = now.date();
        let days = store::days(pool, today - Duration::days(DAYS - 1)).await?;
        let states = store::states(pool).await?;
        let incidents = store::incidents(pool, INCIDENTS_MAX).await?;
        let checks = Path::ALL.map(|path| {
            let of_path: BTreeMap<Date, &Day> =
                days.iter().filter(|day| day.path == path).map(|day| (day.counts.day, day)).collect();
            let stored = states.iter().find(|state| state.path == path);
            let fresh = stored.filter(|state| now - state.last_at < FRESH);
            CheckStatus {
                path,
                state: match fresh {
                    None => State::Unknown,
                    Some(state) if state.is_failing => State::Broken,
                    Some(_) => State::Works,
                },
                since: fresh.map(|state| state.since),
                last: stored.map(|state| (state.last_at, state.last_milliseconds)),
                uptime: uptime(of_path.values().map(|day| day.counts)),
                today: of_path.get(&today).and_then(|day| Some((day.took.quantile(0.5)?, day.took.quantile(0.95)?))),
                days: (0..DAYS)
                    .rev()
                    .map(|ago| today - Duration::days(ago))
                    .map(|day| {
                        of_path.get(&day).map_or(DayStatus { day, passed: 0, slow: 0, failed: 0 }, |day| day.counts)
                    })
                    .collect(),
            }
        });
        Ok(Status { checks: checks.into(), incidents })
    }
}

fn uptime(days: impl Iterator<Item = DayStatus>) -> Option<f64> {
    let (up, all) = days.fold((0_u64, 0_u64), |(up, all), day| {
        let came = u64::from(day.passed) + u64::from(day.slow);
        (up + came, all + came + u64::from(day.failed))
    });
    #[expect(clippy::cast_precision_loss, reason = "visits of ninety days are few")]
    (all > 0).then(|| up as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn what_is_late_is_up_and_without_a_visit_nothing_is_claimed() {
        let day = |passed, slow, failed| DayStatus { day: date!(2026 - 11 - 21), passed, slow, failed };
        assert_eq!(uptime([day(6, 2, 1), day(0, 0, 1)].into_iter()), Some(0.8));
        assert_eq!(uptime([day(0, 0, 0)].into_iter()), None);
    }
}
