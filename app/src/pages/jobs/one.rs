//! One job, wherever it is.

use leptos::prelude::*;
use server::{
    http::ApiError,
    jobs::{Dead, Found, Listed},
};
use time::OffsetDateTime;

use super::{
    Head, act, console,
    dead::{cause, tries},
    moment, moment_or, payload, state_of, told, verbs,
};
use crate::{context::services, pages::id_of_address};

/// `/jobs/{id}`.
#[component]
pub(crate) fn JobPage() -> impl IntoView {
    let (id, told) = (id_of_address(), told());
    console(load(id), move |(id, found, now)| view! { <Shown id found now told=told.clone() /> }.into_any())
}

async fn load(id: String) -> Result<(String, Found, OffsetDateTime), ApiError> {
    let services = services();
    let found = services.jobs.find(id.parse().map_err(|_| ApiError::not_found())?).await?;
    Ok((id, found, services.clock.now()))
}

#[component]
fn Shown(id: String, found: Found, now: OffsetDateTime, told: Option<String>) -> impl IntoView {
    let back = format!("/jobs/{id}");
    let (kind, facts, rest) = match &found {
        Found::Live(job) => (&job.kind, live_facts(job, now), live(job, now, &back)),
        Found::Dead(letter) => (&letter.kind, dead_facts(letter), dead(letter, &back)),
        Found::Finished { kind, outcome, attempts, at } => (
            kind,
            vec![
                ("State", outcome.clone().into_any()),
                ("Attempts", attempts.to_string().into_any()),
                ("Ended, UTC", moment(*at)),
            ],
            view! { <p class="quiet">"What it carried is not kept once a job is over."</p> }.into_any(),
        ),
    };
    let facts = facts.into_iter().map(|(what, fact)| view! { <div><dt>{what}</dt><dd>{fact}</dd></div> });
    view! {
        <Head title=format!("Job: {kind}") here="" told />
        <div class="job">
            <p class="quiet"><code>{id}</code></p>
            <dl class="facts">{facts.collect_view()}</dl>
            {rest}
        </div>
    }
    .into_any()
}

fn live_facts(job: &Listed, now: OffsetDateTime) -> Vec<(&'static str, AnyView)> {
    let mut facts = vec![
        ("State", state_of(job, now).into_any()),
        ("Queue", job.queue.clone().into_any()),
        ("Attempt", format!("{} of {}", job.attempt, job.max_attempts).into_any()),
        ("Priority", job.priority.to_string().into_any()),
        ("Published, UTC", moment(job.created_at)),
        ("Not before, UTC", moment(job.run_at)),
        ("Begun, UTC", moment_or(job.started_at, "not yet")),
    ];
    if job.crashes > 0 {
        facts.push(("Killed its worker", format!("{} times", job.crashes).into_any()));
    }
    facts.extend(job.flow.clone().map(|flow| ("Flow", flow.into_any())));
    facts.extend(job.worker.clone().map(|worker| ("Worker", worker.into_any())));
    facts
}

fn live(job: &Listed, now: OffsetDateTime, back: &str) -> AnyView {
    let error = job.error.clone().map(|error| view! { <p class="caveat" dir="auto">{error}</p> });
    view! {
        {error}
        <div class="row">{verbs(job, now, back)}</div>
        <h2>"Payload"</h2>
        {payload(&job.payload, usize::MAX)}
    }
    .into_any()
}

fn dead_facts(letter: &Dead) -> Vec<(&'static str, AnyView)> {
    vec![
        ("State", "dead".into_any()),
        ("Cause", cause(&letter.cause).into_any()),
        ("Tried", tries(letter).into_any()),
        ("Queue", letter.queue.clone().into_any()),
        ("Published, UTC", moment(letter.created_at)),
        ("Given up, UTC", moment(letter.died_at)),
    ]
}

fn dead(letter: &Dead, back: &str) -> AnyView {
    let id = letter.id.to_string();
    let of = format!("{} {id}", letter.kind);
    view! {
        <p class="caveat" dir="auto">{letter.error.clone()}</p>
        <div class="row">
            {act("redrive_job", "Redrive", &of, &[("job", &id), ("back", back)])}
            // There is no page of what is deleted to go back to.
            {act("bury_job", "Delete for good", &of, &[("job", &id), ("back", "/jobs/dead")])}
        </div>
        <h2>"Payload"</h2>
        {payload(&letter.payload, usize::MAX)}
    }
    .into_any()
}
