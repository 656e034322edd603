//! The last days of a path as a row of bars: the more went wrong, the higher. A table behind them holds every figure.

use leptos::prelude::*;
use server::vitals::checks::{CheckStatus, DayStatus};

use super::words::{count, many};
use crate::components::table::table;

/// How high the drawing is, and how high a day without a visit, which is no day that was good.
const HEIGHT: f64 = 48.0;
const UNSEEN: f64 = 2.0;
/// How high each kind of day is at least, and at most when all of its visits were of that kind.
const GOOD: f64 = 14.0;
const SLOW: (f64, f64) = (22.0, 30.0);
const FAILED: (f64, f64) = (36.0, 48.0);

/// How a day was, by the worst that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    Slow,
    Failed,
    Unseen,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Good, Self::Slow, Self::Failed, Self::Unseen];

    pub(super) fn of(day: &DayStatus) -> Self {
        match day {
            DayStatus { failed: 1.., .. } => Self::Failed,
            DayStatus { slow: 1.., .. } => Self::Slow,
            DayStatus { passed: 1.., .. } => Self::Good,
            _ => Self::Unseen,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Good => "rest",
            Self::Slow => "first",
            Self::Failed => "second",
            Self::Unseen => "unseen",
        }
    }

    fn told(self, days: u64) -> String {
        match self {
            Self::Good => many(days, "good day", "good days"),
            Self::Slow => many(days, "day with slow visits", "days with slow visits"),
            Self::Failed => many(days, "day with failed visits", "days with failed visits"),
            Self::Unseen => many(days, "day without visits", "days without visits"),
        }
    }
}

/// How many visits there were.
pub(super) fn visits(days: &[DayStatus]) -> u64 {
    days.iter().map(of_day).sum()
}

fn of_day(day: &DayStatus) -> u64 {
    [day.passed, day.slow, day.failed].into_iter().map(u64::from).sum()
}

/// The bars, what they say in words, and the table.
pub(super) fn days(check: &CheckStatus) -> AnyView {
    let days = &check.days;
    let kinds = Kind::ALL.into_iter().filter(|kind| days.iter().any(|day| Kind::of(day) == *kind));
    let key = kinds.clone().map(|kind| view! { <li class=kind.class()>{told(kind, days)}</li> });
    let bars = kinds.map(|kind| view! { <path class=kind.class() d=path(kind, days)></path> });
    let first = days.first().map(|day| day.day.to_string());
    view! {
        <div class="charts">
            <figure class="chart">
                <figcaption>
                    <h3>"The last 90 days"</h3>
                    <ul class="key">{key.collect_view()}</ul>
                </figcaption>
                <svg width="100%" height=HEIGHT viewBox=format!("0 0 {} {HEIGHT}", days.len()) preserveAspectRatio="none" role="img" aria-label=words(check)>
                    {bars.collect_view()}
                </svg>
                <p class="ends"><span>{first}</span> <span>"today"</span></p>
            </figure>
        </div>
        <details>
            <summary>"Every day as a table"</summary>
            {figures(check)}
        </details>
    }
    .into_any()
}

fn told(kind: Kind, days: &[DayStatus]) -> String {
    kind.told(days.iter().filter(|day| Kind::of(day) == kind).count() as u64)
}

/// What the drawing shows, for whoever does not see it.
fn words(check: &CheckStatus) -> String {
    let days = &check.days;
    let kinds = Kind::ALL.into_iter().filter(|kind| days.iter().any(|day| Kind::of(day) == *kind));
    let told: Vec<String> = kinds.map(|kind| told(kind, days)).collect();
    let failed = days.iter().rev().find(|day| Kind::of(day) == Kind::Failed);
    let failed = failed.map(|day| format!("; visits failed last on {}", day.day)).unwrap_or_default();
    format!("{}, the last {} days: {}{failed}", check.path.words(), days.len(), told.join(", "))
}

fn path(kind: Kind, days: &[DayStatus]) -> String {
    let of_kind = days.iter().enumerate().filter(|(_, day)| Kind::of(day) == kind);
    of_kind.map(|(at, day)| format!("M{at}.1 {HEIGHT}h.8v-{:.1}h-.8z", height(day))).collect()
}

/// By the square root of what went wrong: one visit in a thousand shows, and is not as high as all of them.
fn height(day: &DayStatus) -> f64 {
    let visits = of_day(day).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a drawing is no more precise")]
    let between =
        |(least, most): (f64, f64), part: u32| least + (most - least) * (f64::from(part) / visits as f64).sqrt();
    match Kind::of(day) {
        Kind::Good => GOOD,
        Kind::Slow => between(SLOW, day.slow),
        Kind::Failed => between(FAILED, day.failed),
        Kind::Unseen => UNSEEN,
    }
}

fn figures(check: &CheckStatus) -> AnyView {
    let rows = check.days.iter().rev().map(|day| {
        let cells = match Kind::of(day) {
            Kind::Unseen => view! { <td colspan="3" class="quiet">"no visits"</td> }.into_any(),
            _ => [day.passed, day.slow, day.failed]
                .map(|visits| view! { <td>{count(visits.into())}</td> })
                .into_iter()
                .collect_view()
                .into_any(),
        };
        view! { <tr><th scope="row">{day.day.to_string()}</th> {cells}</tr> }.into_any()
    });
    let label = format!("{}, visits by the day", check.path.words());
    table(label, &["Day, UTC", "As they should", "Slow", "Failed"], rows.collect())
}

#[cfg(test)]
mod tests {
    use server::vitals::checks::Path;

    use super::{
        super::sample::{check, day},
        *,
    };

    #[test]
    fn a_day_is_as_good_as_its_worst_visit_and_none_without_any() {
        let kinds = [(1_440, 0, 0), (1_439, 1, 0), (1_438, 1, 1), (0, 0, 0), (0, 0, 9)];
        let kinds = kinds.map(|(passed, slow, failed)| Kind::of(&day(0, passed, slow, failed)));
        assert_eq!(kinds, [Kind::Good, Kind::Slow, Kind::Failed, Kind::Unseen, Kind::Failed]);
    }

    #[test]
    fn the_worse_a_day_the_higher_and_one_kind_never_reaches_the_next() {
        let days = [(0, 0, 0), (9, 0, 0), (1_439, 1, 0), (0, 9, 0), (1_439, 0, 1), (720, 0, 720), (0, 0, 9)];
        let heights = days.map(|(passed, slow, failed)| height(&day(0, passed, slow, failed)));
        assert!(heights.is_sorted_by(|one, next| one < next), "{heights:?}");
        assert!((heights[6] - HEIGHT).abs() < 1e-9);
    }

    #[test]
    fn each_day_is_one_bar_and_what_is_drawn_is_said() {
        let check = check(Path::Landing, [day(3, 0, 0, 0), day(2, 9, 0, 0), day(1, 0, 0, 9), day(0, 8, 1, 0)]);
        let drawn: String = Kind::ALL.map(|kind| path(kind, &check.days)).concat();
        assert_eq!(drawn.matches('M').count(), 4);
        assert_eq!(path(Kind::Unseen, &check.days), "M0.1 48h.8v-2.0h-.8z");
        assert_eq!(path(Kind::Failed, &check.days), "M2.1 48h.8v-48.0h-.8z");
        assert_eq!(
            words(&check),
            "First page, the last 4 days: 1 good day, 1 day with slow visits, 1 day with failed visits, 1 day without visits; \
             visits failed last on 2026-11-20"
        );
        assert_eq!(visits(&check.days), 27);
    }
}
