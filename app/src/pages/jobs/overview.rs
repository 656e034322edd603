//! The queue at a glance.

use std::collections::BTreeMap;

use leptos::prelude::*;
use server::{
    http::ApiError,
    jobs::{Figures, QueueFigures, Scheduled, WorkerFigures},
};
use time::OffsetDateTime;

use super::{
    Head, act, address,
    charts::charts,
    console,
    figures::{Hour, MINUTES},
    moment, moment_or, told,
};
use crate::{components::table::table, context::services, pages::settings::Section};

/// The states of a queue, in the order of its columns. What is tried again later counts as scheduled here.
const STATES: [&str; 6] = ["ready", "scheduled", "running", "parked", "suspect", "dead"];

/// Everything the page shows.
struct Loaded {
    figures: Figures,
    schedules: Vec<Scheduled>,
    now: OffsetDateTime,
}

/// `/jobs`.
#[component]
pub(crate) fn JobsOverview() -> impl IntoView {
    let told = told();
    console(load(), move |loaded| view! { <Overview loaded told=told.clone() /> }.into_any())
}

async fn load() -> Result<Loaded, ApiError> {
    let services = services();
    let figures = services.jobs.figures(MINUTES).await?;
    Ok(Loaded { figures, schedules: services.jobs.schedules().await?, now: services.clock.now() })
}

#[component]
fn Overview(loaded: Loaded, told: Option<String>) -> impl IntoView {
    let Loaded { figures, schedules, now } = loaded;
    let hour = Hour::until(now, &figures.minutes);
    view! {
        <Head title="Jobs" here="/jobs" told />
        <div class="jobs">
            <Section id="queues" title="Queues">{queues(&figures.queues)}</Section>
            <Section id="hour" title="The last hour">{charts(&hour)}</Section>
            <Section id="workers" title="Workers">{workers(&figures.workers)}</Section>
            <Section id="schedules" title="Schedules">{scheduled(&schedules)}</Section>
        </div>
    }
    .into_any()
}

/// One line a kind.
fn queues(figures: &[QueueFigures]) -> AnyView {
    let mut kinds: BTreeMap<(&str, &str), Vec<&QueueFigures>> = BTreeMap::new();
    for figure in figures {
        kinds.entry((&figure.queue, &figure.kind)).or_default().push(figure);
    }
    if kinds.is_empty() {
        return view! { <p class="quiet">"Nothing waits and nothing runs. What is published stands here, a line for each kind, until it is done."</p> }
            .into_any();
    }
    let rows = kinds.into_iter().map(|((queue, kind), figures)| queue_row(queue, kind, &figures)).collect();
    let head =
        ["Kind", "Queue", "Ready", "Scheduled or retrying", "Running", "Parked", "Suspect", "Dead", "Waits longest"];
    table("Jobs by kind and state", &head, rows)
}

fn queue_row(queue: &str, kind: &str, figures: &[&QueueFigures]) -> AnyView {
    let cells = STATES.map(|state| {
        let jobs = figures.iter().find(|figure| figure.state == state).map_or(0, |figure| figure.jobs);
        let dead = (state == "dead" && jobs > 0).then(|| {
            let letters = if jobs == 1 { "dead letter" } else { "dead letters" };
            let label = format!("{jobs} {letters} of {kind}");
            view! { <a href=address("/jobs/dead", &[("kind", Some(kind))]) aria-label=label>{jobs}</a> }
        });
        let plain = dead.is_none().then_some(jobs);
        view! { <td class=(jobs == 0).then_some("quiet")>{dead} {plain}</td> }
    });
    let waiting = figures.iter().filter(|figure| ["ready", "parked", "suspect"].contains(&figure.state.as_str()));
    let oldest = waiting.map(|figure| figure.oldest).reduce(f64::max).map_or_else(|| "–".to_owned(), age);
    view! {
        <tr>
            <th scope="row"><a href=address("/jobs/list", &[("kind", Some(kind))])>{kind.to_owned()}</a></th>
            <td>{queue.to_owned()}</td>
            {cells.into_iter().collect_view()}
            <td>{oldest}</td>
        </tr>
    }
    .into_any()
}

/// Seconds in the largest unit that has at least two of them.
fn age(seconds: f64) -> String {
    let units = [(86_400.0, "days"), (3_600.0, "h"), (60.0, "min")];
    let unit = units.into_iter().find(|(size, _)| seconds >= 2.0 * size);
    let (size, name) = unit.unwrap_or((1.0, "s"));
    format!("{:.0} {name}", (seconds / size).floor())
}

fn workers(workers: &[WorkerFigures]) -> AnyView {
    if workers.is_empty() {
        return view! { <p class="quiet">"Nobody works: jobs wait. " <code>"atlas9 work"</code> " begins, and so does " <code>"atlas9 serve"</code> " without " <code>"--no-worker"</code> "."</p> }
            .into_any();
    }
    let rows = workers.iter().map(|worker| {
        let sign = if worker.is_silent { "silent; others take its jobs over" } else { "works" };
        view! {
            <tr>
                <th scope="row">{worker.name.clone()}</th>
                <td>{moment(worker.started_at)}</td>
                <td>{worker.running}</td>
                <td>{sign}</td>
            </tr>
        }
        .into_any()
    });
    table("Processes that work", &["Worker", "Since, UTC", "Running", "State"], rows.collect())
}

fn scheduled(schedules: &[Scheduled]) -> AnyView {
    if schedules.is_empty() {
        return view! { <p class="quiet">"No schedule is set down yet. A worker does that when it starts; then they stand here with their next moment."</p> }
            .into_any();
    }
    let rows = schedules.iter().map(schedule_row).collect();
    table(
        "What is published again and again",
        &["Schedule", "Publishes", "Pattern", "Zone", "Next, UTC", "Last, UTC", ""],
        rows,
    )
}

fn schedule_row(schedule: &Scheduled) -> AnyView {
    let fields = [("schedule", schedule.name.as_str()), ("back", "/jobs")];
    let (next, verb) = match schedule.paused_at {
        Some(_) => ("paused".into_any(), act("resume_schedule", "Resume", &schedule.name, &fields)),
        None => (moment(schedule.next_at), act("pause_schedule", "Pause", &schedule.name, &fields)),
    };
    let last = moment_or(schedule.last_at, "never");
    let last = match schedule.last_job {
        Some(job) => view! { <a href=format!("/jobs/{job}")>{last}</a> }.into_any(),
        None => last,
    };
    view! {
        <tr>
            <th scope="row">{schedule.name.clone()}</th>
            <td>{schedule.kind.clone()}</td>
            <td><code>{schedule.cron.clone()}</code></td>
            <td>{schedule.zone.clone()}</td>
            <td>{next}</td>
            <td>{last}</td>
            <td>{verb}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_units_that_people_count_in() {
        let words = [0.4, 119.9, 120.0, 7_199.0, 7_200.0, 172_799.0, 172_800.0, 864_000.5].map(age);
        assert_eq!(words, ["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days", "10 days"]);
    }
}
