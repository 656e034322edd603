//! How the product stands, as the program finds when it visits itself.

mod check;
mod days;
mod incidents;
#[cfg(test)]
mod sample;
pub(super) mod words;

use leptos::{either::Either, prelude::*};
use server::{
    http::ApiError,
    vitals::checks::{CONTRARY_MAX, Path, Status},
};
use time::OffsetDateTime;

use self::words::{ago, lasting, sentence};
use super::{jobs::moment, page_of, settings::Section};
use crate::{
    components::{social::Social, title::PageTitle},
    context::services,
};

/// `/status`: the same for everyone.
#[component]
pub(crate) fn StatusPage() -> impl IntoView {
    view! {
        <PageTitle text="Status" described=true />
        <Social title="Status" description="Whether Atlas9 works, and how it was in the last 90 days." />
        {page_of(load(), |(status, now)| shown(&status, now))}
    }
}

async fn load() -> Result<(Status, OffsetDateTime), ApiError> {
    let services = services();
    Ok((services.checks.status().await?, services.clock.now()))
}

fn shown(status: &Status, now: OffsetDateTime) -> AnyView {
    let states: Vec<_> = status.checks.iter().map(|check| (check.path, check.state)).collect();
    let checks = status.checks.iter().map(|check| check::check(check, &status.incidents, now)).collect_view();
    let incidents = incidents::incidents(status, now);
    view! {
        <header class="list-head">
            <div>
                <p class="label">"Status"</p>
                <h1>{sentence(&states)}</h1>
            </div>
        </header>
        <p class="lede at-axis">{looked(status, now)}</p>
        <div class="jobs status">
            {checks}
            {section("incidents", "Incidents", incidents)}
            {section("method", "How it is measured", method())}
        </div>
    }
    .into_any()
}

/// When the program last looked.
fn looked(status: &Status, now: OffsetDateTime) -> AnyView {
    let last = status.checks.iter().filter_map(|check| check.last).map(|(at, _)| at).max();
    let when = match last {
        None => Either::Left("It has not done so yet."),
        Some(at) => Either::Right(view! { "The last time was " {moment(at)} " UTC, " {ago(now - at)} "." }),
    };
    view! { "The program visits itself as anybody would. " {when} }.into_any()
}

fn method() -> AnyView {
    let paths = Path::ALL.map(|path| {
        let limit = path.limit().try_into().map(lasting).unwrap_or_default();
        view! { <li><div><strong>{path.words()}</strong> <p class="quiet">{visited(path)} " Slow beyond " {limit} "."</p></div></li> }
    });
    view! {
        <p>"The program comes over HTTP, as everybody does, and where a guest is needed as one who leaves no trace."</p>
        <ul class="lines">{paths.into_iter().collect_view()}</ul>
        <p>"A state changes after " {CONTRARY_MAX} " visits in a row that say so, in either direction: one hiccup breaks nothing, and one lucky visit repairs nothing. A slow visit counts against a state as a failed one does; what was slow was there all the same, so that it counts as up."</p>
        <p>"Where the last visit was more than a quarter of an hour ago, nothing is said of now. Days and times are in UTC."</p>
    }
    .into_any()
}

/// What a visit does, and how often.
fn visited(path: Path) -> &'static str {
    match path {
        Path::Health => "Each minute: the program says whether it reaches its stores.",
        Path::Landing => "Each minute: the page where a directive is written.",
        Path::Projects => "Each minute: the projects of a guest.",
        Path::Generation => "Every five minutes: a directive, and the generation to its end, by the built-in engine.",
    }
}

/// A part of the page with its heading in the margin.
pub(super) fn section(id: &'static str, title: &'static str, body: AnyView) -> AnyView {
    view! { <Section id title>{body}</Section> }.into_any()
}

/// Figures side by side: what each is, the figure, and what goes with it.
pub(super) fn figures(figures: Vec<(&'static str, String, AnyView)>) -> AnyView {
    let figures = figures.into_iter().map(|(what, figure, with)| {
        view! { <div><dt>{what}</dt><dd>{figure} " " <span class="help">{with}</span></dd></div> }
    });
    view! { <dl class="figures">{figures.collect_view()}</dl> }.into_any()
}
