//! The console of the queue: what waits and runs, what was given up, and who works. Administrators only.

mod charts;
mod dead;
mod figures;
mod list;
mod one;
mod overview;

use axum::http::StatusCode;
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use server::http::ApiError;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{error::error_view, not_found::NotFound};
use crate::{
    components::{form::Notice, title::PageTitle},
    context::administrator,
    functions::url_encoded,
};

pub(crate) use {dead::DeadLetters, list::LiveJobs, one::JobPage, overview::JobsOverview};

/// The pages of the console, each with its name.
const PAGES: [(&str, &str); 4] = [
    ("/jobs", "Overview"),
    ("/jobs/list", "Waiting and running"),
    ("/jobs/dead", "Dead letters"),
    ("/operations", "Operations"),
];

/// What a page says about what was just done, by the word in its query.
const DONE: [(&str, &str); 7] = [
    ("cancelled", "Cancelled. Nobody does the job any more."),
    ("hurried", "The job may begin now."),
    ("redriven", "Published again, with all its attempts."),
    ("buried", "Deleted."),
    ("paused", "The schedule is paused: nothing is published by it."),
    ("resumed", "The schedule goes on from its next moment."),
    ("nothing", "Nothing had to be done: it was done before, or the job has moved on."),
];

/// A page of the console for an administrator; for everybody else the page for an address where nothing is.
pub(super) fn console<T: Send + 'static>(
    found: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    show: impl Fn(T) -> AnyView + Send + 'static,
) -> AnyView {
    let page = Suspend::new(async move {
        let allowed = administrator().await;
        let found = match allowed {
            Ok(()) => found.await,
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => show(found),
            Err(error) if error.0.status == StatusCode::NOT_FOUND => view! { <NotFound /> }.into_any(),
            Err(error) => error_view(&error).into_any(),
        }
    });
    view! { <Suspense>{page}</Suspense> }.into_any()
}

/// What was just done, above the page; nothing of its own making is shown but a number.
fn told() -> Option<String> {
    let query = use_query_map().read_untracked().clone();
    let done = query.get("done")?;
    match query.get("count").and_then(|count| count.parse::<u64>().ok()) {
        Some(1) if done == "redriven" => Some("1 dead letter is published again.".to_owned()),
        Some(count) if done == "redriven" => Some(format!("{count} dead letters are published again.")),
        _ => DONE.iter().find(|(known, _)| *known == done).map(|(_, text)| (*text).to_owned()),
    }
}

/// A part of the query, unless it is empty.
fn asked(name: &str) -> Option<String> {
    use_query_map().read_untracked().get(name).filter(|value| !value.is_empty())
}

/// An address with a query of whatever is there.
fn address(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let parts = query.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={}", url_encoded(value))));
    let query = parts.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// What stands above every page of the console.
#[component]
pub(super) fn Head(
    /// The page's name.
    #[prop(into)]
    title: String,
    /// Its address, when it is one of [`PAGES`].
    here: &'static str,
    /// What was just done.
    told: Option<String>,
) -> impl IntoView {
    let links = PAGES.map(|(href, words)| {
        view! { <li><a href=href aria-current=(href == here).then_some("page")>{words}</a></li> }
    });
    view! {
        <PageTitle text=title.clone() />
        {told.map(|text| view! { <Notice text /> })}
        <header class="list-head">
            <h1>{title}</h1>
            <nav class="shelves" aria-label="Console"><ul>{links.into_iter().collect_view()}</ul></nav>
        </header>
    }
    .into_any()
}

/// A choice of kinds, for a list; those that are on the page can be chosen, and the one that was.
#[component]
fn KindFilter(
    /// The list's address.
    page: &'static str,
    /// Every kind that can be chosen.
    kinds: Vec<String>,
    /// The chosen one.
    chosen: Option<String>,
    /// What else stays as it is.
    #[prop(optional_no_strip)]
    state: Option<String>,
) -> impl IntoView {
    let is_chosen = |kind: &str| chosen.as_deref() == Some(kind);
    let options = kinds.iter().map(|kind| {
        view! { <option value=kind.clone() selected=is_chosen(kind)>{kind.clone()}</option> }
    });
    let options = options.collect_view();
    let state = state.map(|state| view! { <input type="hidden" name="state" value=state /> });
    view! {
        <form class="search" method="get" action=page>
            {state}
            <label class="visually-hidden" for="kind">"Kind"</label>
            <select id="kind" name="kind">
                <option value="">"All kinds"</option>
                {options}
            </select>
            <button type="submit">"Show"</button>
        </form>
    }
    .into_any()
}

/// The kinds that this program does, and those that turned up.
fn kinds_with<'a>(known: Vec<String>, seen: impl Iterator<Item = &'a String>, chosen: Option<&String>) -> Vec<String> {
    let mut kinds: Vec<String> = known.into_iter().chain(seen.cloned()).chain(chosen.cloned()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// A button that does one thing to one job or schedule; `to` names that for whoever hears the button and does not see where it stands.
fn act(function: &str, label: &'static str, to: &str, fields: &[(&'static str, &str)]) -> AnyView {
    let fields =
        fields.iter().map(|(name, value)| view! { <input type="hidden" name=*name value=(*value).to_owned() /> });
    view! {
        <form method="post" action=format!("/fn/{function}")>
            {fields.collect_view()}
            <button type="submit" class="quiet" aria-label=format!("{label}: {to}")>{label}</button>
        </form>
    }
    .into_any()
}

/// Links to the next page and to the first.
fn pager(first: Option<String>, older: Option<String>) -> AnyView {
    let first = first.map(|href| view! { <a rel="first" href=href>"Latest"</a> });
    let older = older.map(|href| view! { <a rel="next" href=href>"Older"</a> });
    view! { <nav class="pager" aria-label="Pages">{first} {older}</nav> }.into_any()
}

/// A moment, to the second, in UTC.
pub(super) fn moment(at: OffsetDateTime) -> AnyView {
    let at = at.to_offset(UtcOffset::UTC);
    let datetime = at.format(&Rfc3339).unwrap_or_default();
    let words = format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second());
    view! { <time datetime=datetime>{words}</time> }.into_any()
}

/// Likewise, where there may be none.
fn moment_or(at: Option<OffsetDateTime>, none: &'static str) -> AnyView {
    at.map_or_else(|| none.into_any(), moment)
}

pub(super) fn hour_and_minute(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// What a job carries, set to be read. `most` characters are shown.
fn payload(json: &str, most: usize) -> AnyView {
    let value = serde_json::from_str::<serde_json::Value>(json).and_then(|value| serde_json::to_string_pretty(&value));
    let text = value.unwrap_or_else(|_| json.to_owned());
    let shown: String = text.chars().take(most).collect();
    let rest = if shown.len() < text.len() {
        Either::Left(view! { <p class="help">"The rest is on the job’s own page."</p> })
    } else {
        Either::Right(())
    };
    view! {
        <pre class="scroll" tabindex="0" role="group" aria-label="Payload"><code>{shown}</code></pre>
        {rest}
    }
    .into_any()
}

/// A state in words: what is due only later is not ready.
fn state_of(job: &server::jobs::Listed, now: OffsetDateTime) -> &'static str {
    match job.state.as_str() {
        "running" => "running",
        "parked" => "parked",
        "suspect" => "suspect",
        _ if job.attempt > 0 => "retrying",
        _ if job.run_at > now => "scheduled",
        _ => "ready",
    }
}

/// What can be done to a live job.
fn verbs(job: &server::jobs::Listed, now: OffsetDateTime, back: &str) -> AnyView {
    let id = job.id.to_string();
    let (of, fields) = (format!("{} {id}", job.kind), [("job", id.as_str()), ("back", back)]);
    let waits = job.state != "running" && job.run_at > now;
    view! {
        {waits.then(|| act("hurry_job", "Run now", &of, &fields))}
        {act("cancel_job", "Cancel", &of, &fields)}
    }
    .into_any()
}
