//! The last hour in figures: what the charts draw, and what their table says.

use server::jobs::{CLASSES, MinuteFigures};
use time::OffsetDateTime;

/// Minutes of a chart.
pub(super) const MINUTES: u16 = 60;

/// The last minutes, and all of them together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hour {
    pub(super) minutes: Vec<Minute>,
    pub(super) whole: Minute,
}

/// What jobs of all kinds did in a minute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Minute {
    pub(super) at: OffsetDateTime,
    pub(super) published: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) wait: Option<Spread>,
    pub(super) run: Option<Spread>,
}

/// The classes that half of all durations, and 95 of 100, do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) p50: usize,
    pub(super) p95: usize,
}

impl Hour {
    /// The hour that ends now, with a place for every minute in which nothing happened. The database's clock may be ahead of ours.
    pub(super) fn until(now: OffsetDateTime, figures: &[MinuteFigures]) -> Self {
        let last = figures.iter().map(|figure| minute_of(figure.minute)).fold(minute_of(now), i64::max);
        let first = last - i64::from(MINUTES) + 1;
        let of = |minute| figures.iter().filter(move |figure| minute_of(figure.minute) == minute);
        let within = figures.iter().filter(|figure| minute_of(figure.minute) >= first);
        Self {
            minutes: (first..=last).map(|minute| together(minute, of(minute))).collect(),
            whole: together(last, within),
        }
    }

    /// Whether nothing happened at all.
    pub(super) fn is_empty(&self) -> bool {
        self.minutes.iter().all(Minute::is_empty)
    }
}

impl Minute {
    /// Whether nothing happened.
    pub(super) fn is_empty(&self) -> bool {
        self.published + self.done + self.failed == 0 && self.wait.is_none() && self.run.is_none()
    }
}

impl Spread {
    fn of(classes: &[u64]) -> Option<Self> {
        Some(Self { p50: percentile(classes, 50)?, p95: percentile(classes, 95)? })
    }
}

/// The class that so many of a hundred durations do not exceed; none when there are no durations.
fn percentile(classes: &[u64], percent: u64) -> Option<usize> {
    let rank = (classes.iter().sum::<u64>() * percent).div_ceil(100).max(1);
    let mut counted = 0;
    classes.iter().position(|count| {
        counted += count;
        counted >= rank
    })
}

/// The longest duration of a class, in words. A second is 1.024 here, since classes double.
pub(super) fn at_most(class: usize) -> String {
    match class {
        0..10 => format!("{} ms", 1 << class),
        10..16 => format!("{} s", 1 << (class - 10)),
        _ if class + 1 < CLASSES => format!("{} min", 1 << (class - 16)),
        _ => "longer".to_owned(),
    }
}

fn minute_of(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().div_euclid(60)
}

fn together<'a>(minute: i64, figures: impl Iterator<Item = &'a MinuteFigures>) -> Minute {
    let at = OffsetDateTime::from_unix_timestamp(minute * 60).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut sum = Minute { at, published: 0, done: 0, failed: 0, wait: None, run: None };
    let (mut waits, mut runs) = ([0; CLASSES], [0; CLASSES]);
    for figure in figures {
        sum.published += figure.published.unsigned_abs();
        sum.done += figure.done.unsigned_abs();
        sum.failed += figure.failed.unsigned_abs();
        add(&mut waits, &figure.waits);
        add(&mut runs, &figure.runs);
    }
    Minute { wait: Spread::of(&waits), run: Spread::of(&runs), ..sum }
}

fn add(sum: &mut [u64], classes: &[i64]) {
    sum.iter_mut().zip(classes).for_each(|(sum, count)| *sum += count.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn classes(counts: &[(usize, i64)]) -> Vec<i64> {
        let mut classes = vec![0; CLASSES];
        counts.iter().for_each(|(class, count)| classes[*class] = *count);
        classes
    }

    fn figures(kind: &str, minute: OffsetDateTime, done: i64, runs: &[(usize, i64)]) -> MinuteFigures {
        let (waits, runs) = (classes(&[]), classes(runs));
        MinuteFigures { kind: kind.to_owned(), minute, published: done, done, failed: 1, dead: 0, waits, runs }
    }

    #[test]
    fn a_percentile_is_the_class_that_so_many_do_not_exceed() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[0, 0, 0], 95), None);
        assert_eq!(percentile(&[0, 1, 0], 50), Some(1));
        assert_eq!(percentile(&[0, 1, 0], 95), Some(1));
        assert_eq!(percentile(&[1, 1], 50), Some(0));
        assert_eq!(percentile(&[1, 1], 51), Some(1));
        assert_eq!(percentile(&[95, 4, 1], 95), Some(0));
        assert_eq!(percentile(&[94, 5, 1], 95), Some(1));
        assert_eq!(percentile(&[94, 0, 6], 95), Some(2));
    }

    #[test]
    fn a_class_is_told_by_the_longest_duration_in_it() {
        let words = [0, 3, 9, 10, 15, 16, 18, 19, 20].map(at_most);
        assert_eq!(words, ["1 ms", "8 ms", "512 ms", "1 s", "32 s", "1 min", "4 min", "longer", "longer"]);
    }

    #[test]
    fn an_hour_has_sixty_minutes_and_adds_up_kinds() {
        let now = datetime!(2026-11-21 12:30:59.9 UTC);
        let hour = Hour::until(
            now,
            &[
                figures("old", datetime!(2026-11-21 11:30 UTC), 1_000, &[(19, 1_000)]),
                figures("mail", datetime!(2026-11-21 11:31 UTC), 3, &[(2, 3)]),
                figures("mail", datetime!(2026-11-21 12:30 UTC), 19, &[(2, 19)]),
                figures("tidy", datetime!(2026-11-21 12:30 UTC), 1, &[(12, 1)]),
            ],
        );
        assert_eq!(hour.minutes.len(), 60);
        assert_eq!(hour.minutes[0].at, datetime!(2026-11-21 11:31 UTC));
        assert_eq!((hour.minutes[0].done, hour.minutes[0].run), (3, Some(Spread { p50: 2, p95: 2 })));
        assert!(hour.minutes[1].is_empty() && hour.minutes[30].wait.is_none());
        let last = &hour.minutes[59];
        assert_eq!((last.at, last.published), (datetime!(2026-11-21 12:30 UTC), 20));
        assert_eq!((last.done, last.failed, last.run), (20, 2, Some(Spread { p50: 2, p95: 2 })));
        assert_eq!((hour.whole.done, hour.whole.run), (23, Some(Spread { p50: 2, p95: 2 })));
    }

    #[test]
    fn a_database_whose_clock_is_ahead_keeps_its_last_minute() {
        let hour = Hour::until(
            datetime!(2026-11-21 12:30 UTC),
            &[figures("mail", datetime!(2026-11-21 12:31 UTC), 3, &[(19, 3)])],
        );
        assert_eq!(hour.minutes[59].run, Some(Spread { p50: 19, p95: 19 }));
        assert!(!hour.is_empty());
        assert!(Hour::until(datetime!(2026-11-21 12:30 UTC), &[]).is_empty());
    }
}
