//! Requests of the last minutes as a drawing, in the ink of the page. It says in words what it shows, and a table behind it holds every figure.

use leptos::prelude::*;
use server::metrics::{MINUTES, Traffic};
use time::OffsetDateTime;

use crate::{
    components::{
        bars::{Bars, bar, share},
        table::table,
    },
    pages::{
        jobs::hour_and_minute,
        status::words::{count, many},
    },
};

/// Requests of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Minute {
    at: OffsetDateTime,
    requests: u64,
    errors: u64,
}

/// The drawing and its table.
pub(super) fn chart(traffic: &Traffic, now: OffsetDateTime) -> AnyView {
    let minutes = until(now, traffic);
    view! {
        <div class="charts">{drawing(traffic, &minutes)}</div>
        <details>
            <summary>"Every minute as a table"</summary>
            {figures(&minutes)}
        </details>
    }
    .into_any()
}

/// The minutes that end now, with a place for those in which nobody asked for anything.
fn until(now: OffsetDateTime, traffic: &Traffic) -> Vec<Minute> {
    let last = now.unix_timestamp().div_euclid(60);
    let ago = 0..i64::try_from(MINUTES).unwrap_or_default();
    let minutes = ago.rev().map(|ago| {
        let seconds = (last - ago) * 60;
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(now);
        let counted = traffic.minutes.iter().find(|(minute, ..)| minute.unix_timestamp() == seconds);
        let (requests, errors) = counted.map_or((0, 0), |(_, requests, errors)| (*requests, *errors));
        Minute { at, requests, errors }
    });
    minutes.collect()
}

fn drawing(traffic: &Traffic, minutes: &[Minute]) -> AnyView {
    let most = minutes.iter().map(|minute| minute.requests).max().unwrap_or_default().max(1);
    let errors = traffic.all.errors;
    let words = format!(
        "In the last {MINUTES} minutes {} came, and {errors} failed; at most {most} came in a minute",
        many(traffic.all.requests, "request", "requests")
    );
    let key = [
        ("first", format!("{} answered", count(traffic.all.requests - errors))),
        ("second", format!("{} failed", count(errors))),
    ];
    let [begins, ends] = [minutes.first(), minutes.last()]
        .map(|minute| minute.map(|minute| hour_and_minute(minute.at)).unwrap_or_default());
    Bars {
        title: "Requests by the minute",
        key,
        paths: bars(minutes, most),
        words,
        lines: vec![(1.0, format!("{} a minute", count(most)))],
        minutes: MINUTES,
        ends: [begins, format!("{ends} UTC, under way")],
    }
    .view()
}

/// What was answered, and above it what failed, of each minute.
fn bars(minutes: &[Minute], most: u64) -> [String; 2] {
    let (mut answered, mut failed) = (String::new(), String::new());
    for (at, minute) in minutes.iter().enumerate() {
        let well = minute.requests - minute.errors;
        bar(&mut answered, at, 0.0, share(well, most));
        bar(&mut failed, at, share(well, most), share(minute.requests, most));
    }
    [answered, failed]
}

fn figures(minutes: &[Minute]) -> AnyView {
    let rows = minutes.iter().rev().map(|Minute { at, requests, errors }| {
        view! { <tr><th scope="row">{hour_and_minute(*at)}</th> <td>{count(*requests)}</td> <td>{count(*errors)}</td></tr> }
            .into_any()
    });
    table("Requests by the minute", &["Minute, UTC", "Requests", "Failed"], rows.collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use server::metrics::HttpMetrics;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_minute_has_its_place_and_what_failed_stands_above() {
        let metrics = HttpMetrics::default();
        let now = datetime!(2026-11-21 12:30:40 UTC);
        for (minutes, status, many) in [(20, 200, 99), (14, 200, 2), (2, 200, 3), (2, 503, 1)] {
            for _ in 0..many {
                metrics.answered("/", "GET", status, Duration::ZERO, now - time::Duration::minutes(minutes));
            }
        }
        let minutes = until(now, &metrics.traffic(now));
        assert_eq!(minutes.len(), MINUTES);
        assert_eq!((minutes[0].at, minutes[0].requests), (datetime!(2026-11-21 12:16 UTC), 2));
        assert_eq!((minutes[12].requests, minutes[12].errors, minutes[14].requests), (4, 1, 0));
        let [answered, failed] = bars(&minutes, 4);
        assert_eq!(answered, "M0.1 100.0h.8V56.0h-.8zM12.1 100.0h.8V34.0h-.8z");
        assert_eq!(failed, "M12.1 34.0h.8V12.0h-.8z");
    }
}
