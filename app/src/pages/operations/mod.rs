//! What this process measures of itself, for administrators.

mod chart;
mod process;
mod traffic;
mod words;

use std::time::Duration;

use axum::http::header;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::use_query_map;
use server::{http::ApiError, services::Services};
use time::OffsetDateTime;

use self::traffic::Rates;
use super::{
    jobs::{Head, console, hour_and_minute},
    status::section,
};
use crate::context::services;

const HERE: &str = "/operations";
/// Seconds from one answer to the next: as few as somebody may ask for, and as many. What asks more often would be measured itself.
const EVERY_MIN: u8 = 5;
const EVERY_MAX: u8 = 60;
/// Those that there are links to.
const EVERY: [u8; 2] = [5, 30];

/// Everything the page shows.
struct Loaded {
    services: Services,
    now: OffsetDateTime,
    /// How long this process has run.
    up: Duration,
    every: Option<u8>,
}

/// `/operations?every=`.
#[component]
pub(crate) fn Operations() -> impl IntoView {
    let every = use_query_map().read_untracked().get("every").and_then(|every| asked(&every));
    console(load(every), |loaded| shown(&loaded))
}

/// The browser is told to come again here, and not before it is known that an administrator asks.
async fn load(every: Option<u8>) -> Result<Loaded, ApiError> {
    if let (Some(seconds), Some(response)) = (every, use_context::<ResponseOptions>()) {
        response.insert_header(header::REFRESH, u16::from(seconds).into());
    }
    let services = services();
    Ok(Loaded { now: services.clock.now(), up: services.began.elapsed(), services, every })
}

/// What cannot be meant is as if it were not there.
fn asked(every: &str) -> Option<u8> {
    every.parse().ok().filter(|seconds| (EVERY_MIN..=EVERY_MAX).contains(seconds))
}

fn shown(loaded: &Loaded) -> AnyView {
    let Loaded { services, now, up, every } = loaded;
    let traffic = services.metrics.http.traffic(*now);
    let rates = Rates::of(&traffic, *now, *up);
    view! {
        <Head title="Operations" here=HERE told=None />
        <p class="lede at-axis">"What this process has measured of itself since it began. Others measure themselves; " <code>"/metrics"</code> " has the same for Prometheus."</p>
        {refresh(*now, *every)}
        <div class="jobs operations">
            {section("traffic", "Traffic", traffic::traffic(&traffic, &rates, *now))}
            {section("routes", "Routes", traffic::routes(&traffic.routes))}
            {section("process", "Process", process::process(services, *now, *up))}
            {section("database", "Database", process::pools(&services.db.pools()))}
            {section("sessions", "Sessions", process::sessions(&services.metrics.sessions))}
            {section("work", "Generations", process::generations(&services.metrics))}
            {section("slots", "Jobs", process::slots(&services.metrics.jobs.lanes()))}
            {section("providers", "Providers", process::providers(services))}
            {section("vitals", "Vitals", process::vitals(&services.metrics.vitals))}
        </div>
    }
    .into_any()
}

/// When this was so, and how it is seen anew: by hand, or by the browser itself.
fn refresh(now: OffsetDateTime, every: Option<u8>) -> AnyView {
    let at = |every: Option<u8>| every.map_or_else(|| HERE.to_owned(), |seconds| format!("{HERE}?every={seconds}"));
    let links = EVERY.map(|seconds| {
        let current = (every == Some(seconds)).then_some("true");
        view! { <li><a href=at(Some(seconds)) aria-current=current>{format!("every {seconds} s")}</a></li> }
    });
    let stop = every.map(|_| view! { <li><a href=HERE>"stop"</a></li> });
    view! {
        <nav class="shelves at-axis" aria-label="Refresh">
            <ul>
                <li><a href=at(every)>"Refresh"</a></li>
                {links.into_iter().collect_view()}
                {stop}
            </ul>
            <p class="help">"As of " {hour_and_minute(now)} {format!(":{:02} UTC.", now.second())}</p>
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_more_often_than_every_five_seconds() {
        assert_eq!(["5", "30", "60"].map(asked), [Some(5), Some(30), Some(60)]);
        assert_eq!(["", "0", "4", "61", "-5", "1e1", "5; url=https://example.org", "٥"].map(asked), [None; 8]);
        assert!(EVERY.iter().all(|seconds| asked(&seconds.to_string()) == Some(*seconds)));
    }
}
