//! One path: how it stands, how long it takes, and how its days were.

use leptos::prelude::*;
use server::vitals::checks::{CheckStatus, Incident, State};
use time::OffsetDateTime;

use super::{
    days::{days, visits},
    figures, section,
    words::{ago, lasting, many, took, uptime},
};
use crate::pages::jobs::moment;

/// A section of its own, with the reason while it does not work.
pub(super) fn check(check: &CheckStatus, incidents: &[Incident], now: OffsetDateTime) -> AnyView {
    let lasts = |incident: &&Incident| incident.path == check.path && incident.ended_at.is_none();
    let incident = incidents.iter().find(lasts).filter(|_| check.state == State::Broken);
    let reason = incident.map(|incident| view! { <p class="caveat" dir="auto">{incident.reason.clone()}</p> });
    let is_new = check.last.is_none() && visits(&check.days) == 0;
    let body = if is_new {
        view! { <p class="quiet">"No visit was made yet. From the first on, how it went stands here, and how each of the last 90 days was."</p> }
            .into_any()
    } else {
        view! { {figures(told(check, now))} {days(check)} }.into_any()
    };
    let body = view! { {standing(check, now)} {reason} {body} }.into_any();
    section(check.path.as_str(), check.path.words(), body)
}

/// How it is, with its mark, and since when.
fn standing(check: &CheckStatus, now: OffsetDateTime) -> AnyView {
    // A disc, a cross, a ring: told apart without colour.
    let (mark, words, path) = match check.state {
        State::Works => ("works", "Works", "M8 3a5 5 0 0 1 0 10a5 5 0 0 1 0-10z"),
        State::Broken => ("broken", "Does not work", "M3 3l10 10M13 3l-10 10"),
        State::Unknown => ("unknown", "Not known", "M8 3a5 5 0 0 1 0 10a5 5 0 0 1 0-10z"),
    };
    let since = match (check.state, check.since, check.last) {
        (State::Works | State::Broken, Some(at), _) => {
            view! { "since " {moment(at)} " UTC, for " {lasting(now - at)} }.into_any()
        }
        (State::Unknown, _, Some(_)) => "Nobody has looked lately.".into_any(),
        _ => ().into_any(),
    };
    view! {
        <p class="standing">
            <svg class=mark width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d=path></path></svg>
            <strong>{words}</strong> " "
            <span class="quiet">{since}</span>
        </p>
    }
    .into_any()
}

/// What there is to tell; nothing is told of what nobody saw.
fn told(check: &CheckStatus, now: OffsetDateTime) -> Vec<(&'static str, String, AnyView)> {
    let mut told = Vec::new();
    if let Some((at, milliseconds)) = check.last {
        told.push(("Last visit", took(milliseconds), view! { {ago(now - at)} ", " {moment(at)} " UTC" }.into_any()));
    }
    let visits = visits(&check.days);
    let of = many(visits, "visit", "visits");
    told.push(match check.uptime {
        Some(share) => ("Up in 90 days", uptime(share, visits), format!("of {of}").into_any()),
        None => ("Up in 90 days", "–".to_owned(), "no visits".into_any()),
    });
    match check.today {
        Some((p50, p95)) => {
            told.push(("Today, p50", took(p50), "half took no longer".into_any()));
            told.push(("Today, p95", took(p95), "95 of 100 took no longer".into_any()));
        }
        None => told.push(("Today", "–".to_owned(), "no visit that was answered".into_any())),
    }
    told
}
