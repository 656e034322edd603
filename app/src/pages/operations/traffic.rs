//! Requests of the last minutes: how many, how many failed, how long they took, of all and of each route.

use std::time::Duration;

use leptos::prelude::*;
use server::metrics::{MINUTES, RouteTraffic, STATIC, Traffic, UNMATCHED};
use time::OffsetDateTime;

use super::{
    chart::chart,
    words::{milliseconds, per_second, share},
};
use crate::{
    components::table::table,
    pages::status::{
        figures,
        words::{count, lasting, many},
    },
};

/// What is told of all requests together.
pub(super) struct Rates {
    /// Of how long they are.
    over: Duration,
    per_second: f64,
}

impl Rates {
    /// Nothing can have come before this process began, nor in what is left of the minute under way.
    pub(super) fn of(traffic: &Traffic, now: OffsetDateTime, up: Duration) -> Self {
        let whole_minutes = (MINUTES as u64 - 1) * 60;
        let of_this = now.unix_timestamp().rem_euclid(60).unsigned_abs();
        let over = Duration::from_secs(whole_minutes + of_this).min(up).max(Duration::from_secs(1));
        #[expect(clippy::cast_precision_loss, reason = "words are no more precise")]
        let per_second = traffic.all.requests as f64 / over.as_secs_f64();
        Self { over, per_second }
    }
}

/// All of them together, and by the minute.
pub(super) fn traffic(traffic: &Traffic, rates: &Rates, now: OffsetDateTime) -> AnyView {
    let all = &traffic.all;
    if all.requests == 0 {
        return view! { <p class="quiet">"Nobody has asked for anything in the last minutes. How many requests come, how many fail and how long they take will stand here; this one is the first."</p> }
            .into_any();
    }
    let over = rates.over.try_into().map(lasting).unwrap_or_default();
    let [p50, p95, p99] = all.percentiles.map(milliseconds);
    view! {
        {figures(vec![
            ("Requests", count(all.requests), format!("in the last {over}").into_any()),
            ("Throughput", per_second(rates.per_second), format!("{} in the fullest second", count(traffic.peak)).into_any()),
            ("Errors", share(all.errors, all.requests), many(all.errors, "answer of 500 or above", "answers of 500 or above").into_any()),
            ("Time to first byte, p50", format!("{p50} ms"), format!("p95 {p95} ms, p99 {p99} ms").into_any()),
        ])}
        {chart(traffic, now)}
    }
    .into_any()
}

/// Each route, the one asked for most first.
pub(super) fn routes(routes: &[RouteTraffic]) -> AnyView {
    if routes.is_empty() {
        return view! { <p class="quiet">"No route was asked for in the last minutes. Each has a line here once it was."</p> }
            .into_any();
    }
    let rows = routes.iter().map(route).collect();
    let head = ["Route", "Requests", "Errors", "p50, ms", "p95, ms", "p99, ms"];
    view! {
        <p class="help">{format!("The last {MINUTES} minutes, the one under way too; milliseconds to the first byte of an answer.")}</p>
        {table("Requests by route", &head, rows)}
    }
    .into_any()
}

fn route(of: &RouteTraffic) -> AnyView {
    let name = match of.route.as_str() {
        STATIC => "files".into_any(),
        UNMATCHED => "what is not here".into_any(),
        route => view! { <code>{route.to_owned()}</code> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{count(of.requests)}</td>
            <td class=(of.errors == 0).then_some("quiet")>{share(of.errors, of.requests)}</td>
            {of.percentiles.map(|took| view! { <td>{milliseconds(took)}</td> }).into_iter().collect_view()}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use server::metrics::HttpMetrics;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_rate_is_of_the_time_in_which_something_could_come() {
        let (metrics, now) = (HttpMetrics::default(), datetime!(2026-11-21 12:30:40 UTC));
        for _ in 0..176 {
            metrics.answered("/", "GET", 200, Duration::from_millis(4), now);
        }
        let of = |up: u64| {
            let rates = Rates::of(&metrics.traffic(now), now, Duration::from_secs(up));
            (rates.over.as_secs(), per_second(rates.per_second))
        };
        assert_eq!(of(86_400), (880, "0.20 / s".to_owned()));
        assert_eq!(of(88), (88, "2.0 / s".to_owned()));
        assert_eq!(of(0), (1, "176 / s".to_owned()));
    }
}
