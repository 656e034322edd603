//! What is published again and again: cron patterns in the time of a place.

use croner::{
    Cron,
    parser::{CronParser, Seconds},
};
use jiff::{Timestamp, tz::TimeZone};
use time::OffsetDateTime;

use super::{Job, Jobs, JobsError, store};
use crate::db::DbError;

/// When something is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name: there is one of each.
    pub name: String,
    /// Minute, hour, day of the month, month, day of the week; or six fields with seconds in front.
    pub cron: String,
    /// A zone of the IANA database, such as `Europe/Lisbon`.
    pub zone: String,
}

/// A schedule that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// The name is empty or too long.
    #[error("a schedule's name has 1 to 120 characters")]
    Name,
    /// No such pattern.
    #[error(
        "\"{0}\" is no cron pattern ({1}): write five fields, such as \"30 4 * * 1-5\", or six with seconds in front"
    )]
    Cron(String, String),
    /// No such zone.
    #[error("\"{0}\" is no time zone: write one of the IANA database, such as \"Europe/Lisbon\" or \"UTC\"")]
    Zone(String),
    /// It would never happen.
    #[error("\"{0}\" never happens")]
    Never(String),
}

/// The next moment of a pattern after `after`. An hour that a clock skips in spring is made up for right after it, one that comes twice in autumn
/// counts once for a fixed time of day.
///
/// # Errors
/// [`BadSchedule`].
pub fn next_after(cron: &str, zone: &str, after: OffsetDateTime) -> Result<OffsetDateTime, BadSchedule> {
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let pattern = parse(cron).map_err(|error| BadSchedule::Cron(short(cron), error))?;
    let place = TimeZone::get(zone).map_err(|_| BadSchedule::Zone(short(zone)))?;
    let micros = i64::try_from(after.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
    let never = || BadSchedule::Never(short(cron));
    let after = Timestamp::from_microsecond(micros).map_err(|_| never())?.to_zoned(place);
    let next = pattern.find_next_occurrence(&after, false).map_err(|_| never())?;
    OffsetDateTime::from_unix_timestamp_nanos(next.timestamp().as_nanosecond()).map_err(|_| never())
}

fn parse(cron: &str) -> Result<Cron, String> {
    CronParser::builder().seconds(Seconds::Optional).build().parse(cron).map_err(|error| error.to_string())
}

impl Jobs {
    /// Keeps a schedule: the job is published at each of its moments, once, whoever is there to do it. Asked again with the same words nothing
    /// changes; with others, those count from now on. Moments that pass while nobody works are made up for by one job.
    ///
    /// # Errors
    /// [`JobsError::BadSchedule`] or [`JobsError::Invalid`]; nothing changes then.
    pub async fn schedule<J: Job>(&self, schedule: &Schedule, job: &J) -> Result<(), JobsError> {
        let invalid = |reason: String| JobsError::Invalid { kind: J::KIND.to_owned(), reason };
        if !(1..=120).contains(&schedule.name.chars().count()) {
            return Err(BadSchedule::Name.into());
        }
        job.validate().map_err(invalid)?;
        let payload = serde_json::to_string(job).map_err(|error| invalid(error.to_string()))?;
        let mut tx = self.db.primary().begin().await.map_err(DbError::from)?;
        let next = next_after(&schedule.cron, &schedule.zone, store::now(&mut tx).await?)?;
        store::set_schedule(&mut tx, schedule, J::KIND, &payload, next).await?;
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn patterns_are_read_in_the_time_of_their_place() {
        let after = datetime!(2026-11-21 12:00 UTC);
        let next = |cron, zone| next_after(cron, zone, after).unwrap();
        assert_eq!(next("30 4 * * *", "UTC"), datetime!(2026-11-22 4:30 UTC));
        assert_eq!(next("30 4 * * *", "Asia/Tokyo"), datetime!(2026-11-21 19:30 UTC));
        assert_eq!(next("*/15 * * * * *", "UTC"), datetime!(2026-11-21 12:00:15 UTC));
        assert_eq!(next("0 9 * * 1", "America/New_York"), datetime!(2026-11-23 14:00 UTC));
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back_neither_skips_nor_doubles_a_day() {
        // Berlin skips 02:00 to 03:00 on 28 March 2027 and has it twice on 31 October.
        let spring = next_after("30 2 * * *", "Europe/Berlin", datetime!(2027-03-27 12:00 UTC)).unwrap();
        assert_eq!(spring.date(), datetime!(2027-03-28 1:00 UTC).date());
        let first = next_after("30 2 * * *", "Europe/Berlin", datetime!(2027-10-30 12:00 UTC)).unwrap();
        let second = next_after("30 2 * * *", "Europe/Berlin", first).unwrap();
        assert!(second - first > time::Duration::hours(20), "{first} then {second}");
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_what_to_write_instead() {
        let after = datetime!(2026-11-21 12:00 UTC);
        let refused = |cron, zone| next_after(cron, zone, after).unwrap_err().to_string();
        assert!(refused("tomorrow", "UTC").contains("30 4 * * 1-5"));
        assert!(refused("61 * * * *", "UTC").contains("cron pattern"));
        assert!(refused("0 0 * * *", "Mars/Olympus").contains("Europe/Lisbon"));
        assert!(refused("0 0 30 2 *", "UTC").contains("never"));
    }
}
