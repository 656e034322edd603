//! How fast the site feels to those who visit it.

mod asked;
mod budgets;
mod cards;
mod filters;
mod histogram;
mod method;
mod plane;
mod tables;
#[cfg(test)]
mod tests;
mod trend;
mod words;

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use server::{
    http::ApiError,
    studio::FirstPieces,
    vitals::{Part, SAMPLES_MIN, Summary},
};

use self::{asked::Asked, budgets::budgets, words::long};
use super::{page_of, settings::Section};
use crate::{
    components::{form::Notice, social::Social, title::PageTitle},
    context::services,
};

/// Everything the page shows.
struct Loaded {
    asked: Asked,
    notes: Vec<String>,
    summary: Summary,
    first_pieces: Vec<FirstPieces>,
    /// Patterns of addresses that pages are at.
    routes: Vec<&'static str>,
}

/// `/speed?days=&vital=&route=&device=&connection=&release=`: the same bytes for everyone.
#[component]
pub(crate) fn Speed() -> impl IntoView {
    let query = use_query_map().read_untracked().clone();
    let (asked, notes) = Asked::read(|name| query.get(name), services().vitals.routes());
    view! {
        <PageTitle text="Speed" described=true />
        <Social title="Speed" description="How fast Atlas9 feels to those who visit it, as their browsers measure it." />
        {page_of(load(asked, notes), |loaded| view! { <Shown loaded /> }.into_any())}
    }
}

async fn load(asked: Asked, notes: Vec<String>) -> Result<Loaded, ApiError> {
    let services = services();
    let summary = services.vitals.summary(&asked.filter, asked.vital, asked.days).await?;
    let first_pieces = services.studio.first_pieces().await?;
    let routes = services.vitals.routes().to_vec();
    Ok(Loaded { asked, notes, summary, first_pieces, routes })
}

#[component]
fn Shown(loaded: Loaded) -> impl IntoView {
    let Loaded { asked, notes, summary, first_pieces, routes } = loaded;
    let notes = (!notes.is_empty()).then(|| view! { <Notice text=notes.join(" ") /> });
    let measured = if summary.vitals.is_empty() { nothing(&asked) } else { everything(&asked, &summary) };
    view! {
        {notes}
        <header class="list-head">
            <h1>"Speed"</h1>
            {filters::days(&asked)}
        </header>
        <p class="lede at-axis">"How fast this site feels to those who visit it, as their own browsers measured it."</p>
        {filters::visits(&asked, &summary, &routes)}
        <div class="jobs speed">
            {measured}
            {section("first-piece", "First piece", made(&first_pieces))}
            {section("budgets", "Budgets", held_to(&asked, &summary))}
            {section("method", "How it is measured", method::method(&asked))}
        </div>
    }
    .into_any()
}

fn section(id: &'static str, title: &'static str, body: AnyView) -> AnyView {
    view! { <Section id title>{body}</Section> }.into_any()
}

/// What will stand here, and when.
fn nothing(asked: &Asked) -> AnyView {
    let days = asked.days;
    let words = if asked.is_of_all() {
        Either::Left(format!(
            "Nothing was measured in the last {days} days. Seconds after a first visitor leaves a page, what their browser measured is counted here; from {SAMPLES_MIN} samples on it is told how fast that was."
        ))
    } else {
        let all = asked.of_all().address();
        Either::Right(
            view! { "No such visit was measured in the last " {days} " days. " <a href=all>"Show all visits"</a> },
        )
    };
    section("vitals", "Vitals", view! { <p class="lede">{words}</p> }.into_any())
}

/// All vitals at a glance, and one in full: by the day, by how many were how long, and by where and on what.
fn everything(asked: &Asked, summary: &Summary) -> AnyView {
    let vital = asked.vital;
    let cards = section("vitals", "Vitals", cards::cards(summary, asked));
    let vitals = filters::vitals(asked);
    let Some(detail) = &summary.detail else {
        let none = view! {
            {vitals}
            <p class="quiet">"No browser has sent this one in these days. Its course, its histogram and its tables will stand here once one does."</p>
        };
        return view! { {cards} {section("trend", long(vital), none.into_any())} }.into_any();
    };
    let trend = view! { {vitals} {trend::trend(vital, summary, detail, asked)} };
    view! {
        {cards}
        {section("trend", long(vital), trend.into_any())}
        {section("histogram", "Histogram", histogram::histogram(vital, detail))}
        {tables::by_parts(vital, detail, asked).map(|tables| section("parts", "Where and on what", tables))}
    }
    .into_any()
}

fn made(first_pieces: &[FirstPieces]) -> AnyView {
    view! {
        <p>"From the moment a stage begins until the first thing that it makes is there: of the last four weeks, by who made it, whatever is chosen above."</p>
        {tables::first_pieces(first_pieces)}
    }
    .into_any()
}

fn held_to(asked: &Asked, summary: &Summary) -> AnyView {
    let budgets = budgets().of(asked.filter.of(Part::Route));
    view! {
        <p>"What a machine is to measure at most that visits as somebody with a slow phone would, with a processor four times slower, 60 ms to the server and back, and 9 Mbit/s, beside what visitors do."</p>
        {tables::budgets(&budgets, summary)}
    }
    .into_any()
}
