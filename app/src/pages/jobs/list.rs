//! Live jobs, a page at a time.

use leptos::prelude::*;
use model::{BadCursor, Page, PageLimit};
use server::{
    http::ApiError,
    jobs::{JobState, Listed, PAGE, Selection},
};
use time::OffsetDateTime;

use super::{Head, KindFilter, address, asked, console, kinds_with, moment, pager, state_of, told, verbs};
use crate::{components::table::table, context::services};

const HERE: &str = "/jobs/list";

/// What the address asks for.
#[derive(Clone)]
struct Asked {
    state: Option<JobState>,
    kind: Option<String>,
    before: Option<String>,
}

/// Everything the page shows.
struct Loaded {
    asked: Asked,
    page: Page<Listed>,
    kinds: Vec<String>,
    now: OffsetDateTime,
}

/// `/jobs/list?state=&kind=&before=`. A state that there is not is no state.
#[component]
pub(crate) fn LiveJobs() -> impl IntoView {
    let state = asked("state").and_then(|state| JobState::named(&state));
    let (asked, told) = (Asked { state, kind: asked("kind"), before: asked("before") }, told());
    console(load(asked), move |loaded| view! { <List loaded told=told.clone() /> }.into_any())
}

async fn load(asked: Asked) -> Result<Loaded, ApiError> {
    let before = asked.before.as_deref().map(str::parse).transpose().map_err(|_| BadCursor)?;
    let services = services();
    let jobs = services.jobs.list(&Selection { state: asked.state, kind: asked.kind.clone(), before }).await?;
    let page = Page::cut(jobs, PageLimit::capped(u32::try_from(PAGE).ok()), |job| job.id);
    let kinds = kinds_with(services.kinds().names(), page.items.iter().map(|job| &job.kind), asked.kind.as_ref());
    Ok(Loaded { asked, page, kinds, now: services.clock.now() })
}

impl Asked {
    /// The address of a list with this in its place.
    fn at(&self, before: Option<&str>) -> String {
        address(HERE, &[("state", self.state_name()), ("kind", self.kind.as_deref()), ("before", before)])
    }

    fn state_name(&self) -> Option<&'static str> {
        self.state.map(JobState::as_str)
    }
}

#[component]
fn List(loaded: Loaded, told: Option<String>) -> impl IntoView {
    let Loaded { asked, page, kinds, now } = loaded;
    let back = asked.at(asked.before.as_deref());
    let rows: Vec<AnyView> = page.items.iter().map(|job| row(job, now, &back)).collect();
    let body = if rows.is_empty() {
        view! { <div class="empty"><p class="lede">"No such job waits or runs. What is published stands here until it is over."</p></div> }
            .into_any()
    } else {
        let head = ["Job", "State", "Attempt", "Not before, UTC", "Last error", ""];
        view! { <div class="jobs at-axis">{table("Jobs, the latest first", &head, rows)}</div> }.into_any()
    };
    let older = page.next_cursor.as_deref().map(|cursor| asked.at(Some(cursor)));
    let first = asked.before.is_some().then(|| asked.at(None));
    view! {
        <Head title="Waiting and running" here=HERE told />
        <States asked=asked.clone() />
        <KindFilter page=HERE kinds chosen=asked.kind.clone() state=asked.state_name().map(str::to_owned) />
        {body}
        {pager(first, older)}
    }
    .into_any()
}

/// All states as links.
#[component]
fn States(asked: Asked) -> impl IntoView {
    let states = [None].into_iter().chain(JobState::ALL.map(Some)).map(|state| {
        let words = state.map_or("all", JobState::as_str);
        let href = Asked { state, before: None, ..asked.clone() }.at(None);
        view! { <li><a href=href aria-current=(state == asked.state).then_some("true")>{words}</a></li> }
    });
    view! { <nav class="shelves at-axis" aria-label="States"><ul>{states.collect_view()}</ul></nav> }.into_any()
}

fn row(job: &Listed, now: OffsetDateTime, back: &str) -> AnyView {
    let id = job.id.to_string();
    let crashes = (job.crashes > 0).then(|| format!(", {} crashed", job.crashes));
    view! {
        <tr>
            <th scope="row"><a href=format!("/jobs/{id}")>{job.kind.clone()}</a> " " <code class="quiet">{id.clone()}</code></th>
            <td>{state_of(job, now)}</td>
            <td>{job.attempt} " of " {job.max_attempts} {crashes}</td>
            <td>{moment(job.run_at)}</td>
            <td class="words" dir="auto">{job.error.clone()}</td>
            <td><div class="row">{verbs(job, now, back)}</div></td>
        </tr>
    }
    .into_any()
}
