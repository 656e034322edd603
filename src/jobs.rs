//! `atlas9 jobs`: what the queue holds, and what whoever runs the installation decides about it.

use std::{
    io::{self, Write},
    process::ExitCode,
    str::FromStr,
    time::Duration,
};

use anyhow::Context;
use serde_json::{Value, json};
use server::{
    clock::Clock,
    config::Config,
    jobs::{Dead, Found, JobMetrics, JobState, Jobs, JobsError, Listed, PAGE, Scheduled, Selection},
    services,
    tasks::Tasks,
};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{
    cli::{self, Redrive},
    logging,
};

/// How long what goes on behind the command gets to end.
const STOP: Duration = Duration::from_secs(1);

/// Runs one of the subcommands. It needs the database and nothing else. Workers are not told of what is changed here: they look by
/// themselves within half a second, and ask with each heartbeat for jobs that were cancelled.
pub(crate) async fn jobs(command: cli::Jobs) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let (db, tasks) = (services::database(&config).await?, Tasks::default());
    anyhow::ensure!(db.is_migrated().await?, "the database schema is not at this version; run `atlas9 migrate` first");
    let jobs = Jobs::new(db.clone(), Clock::system(), config.jobs, JobMetrics::default(), tasks.clone());
    let done = run(&jobs, command).await;
    tasks.stop(STOP).await;
    db.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn run(jobs: &Jobs, command: cli::Jobs) -> anyhow::Result<()> {
    match command {
        cli::Jobs::Ls { state, kind, limit, json } => list(jobs, state.as_deref(), kind, limit, json).await,
        cli::Jobs::Show { id } => show(jobs, &id).await,
        cli::Jobs::Retry { id } => retry(jobs, &id).await,
        cli::Jobs::Cancel { id } => match jobs.cancel(read(&id)?).await {
            Err(JobsError::NotFound) => {
                anyhow::bail!("there is no job {id} that waits or runs; `atlas9 jobs show {id}`")
            }
            done => Ok(say(done, &format!("{id} is cancelled"))?),
        },
        cli::Jobs::Dlq { kind, limit, json } => dead_letters(jobs, kind.as_deref(), limit, json).await,
        cli::Jobs::Redrive(redrive) => publish_again(jobs, redrive).await,
        cli::Jobs::Schedules { json } => schedules(&jobs.schedules().await?, json),
    }
}

/// An id that cannot be one is no job's.
fn read<T: FromStr>(id: &str) -> anyhow::Result<T> {
    id.parse().map_err(|_| anyhow::anyhow!("\"{id}\" is no job's id; `atlas9 jobs ls` and `atlas9 jobs dlq` show them"))
}

fn say(done: Result<(), JobsError>, words: &str) -> anyhow::Result<()> {
    done?;
    Ok(writeln!(io::stdout(), "{words}")?)
}

async fn list(jobs: &Jobs, state: Option<&str>, kind: Option<String>, limit: u32, json: bool) -> anyhow::Result<()> {
    let state = state.map(state_named).transpose()?;
    let (mut selection, mut left) = (Selection { state, kind, before: None }, usize::try_from(limit)?);
    let mut out = io::stdout().lock();
    if !json {
        writeln!(
            out,
            "{:<36}  {:<22} {:<9} {:>7}  {:<19}  LAST ERROR",
            "ID", "KIND", "STATE", "ATTEMPT", "NOT BEFORE (UTC)"
        )?;
    }
    loop {
        let page = jobs.list(&selection).await?;
        for job in page.iter().take(left.min(PAGE)) {
            if json { writeln!(out, "{}", live(job))? } else { writeln!(out, "{}", live_line(job))? }
        }
        left = left.saturating_sub(PAGE);
        if page.len() <= PAGE || left == 0 {
            return Ok(());
        }
        selection.before = page.get(PAGE - 1).map(|job| job.id);
    }
}

fn state_named(name: &str) -> anyhow::Result<JobState> {
    let names = JobState::ALL.map(JobState::as_str).join(", ");
    JobState::named(name).with_context(|| format!("\"{name}\" is no state of a job; those are {names}"))
}

async fn dead_letters(jobs: &Jobs, kind: Option<&str>, limit: u32, json: bool) -> anyhow::Result<()> {
    let (mut before, mut left) = (None, usize::try_from(limit)?);
    let mut out = io::stdout().lock();
    if !json {
        writeln!(
            out,
            "{:<36}  {:<22} {:<10} {:>7}  {:<19}  ERROR",
            "ID", "KIND", "CAUSE", "ATTEMPT", "GIVEN UP (UTC)"
        )?;
    }
    loop {
        let page = jobs.dead(kind, before).await?;
        for letter in page.iter().take(left.min(PAGE)) {
            if json { writeln!(out, "{}", dead(letter))? } else { writeln!(out, "{}", dead_line(letter))? }
        }
        left = left.saturating_sub(PAGE);
        if page.len() <= PAGE || left == 0 {
            return Ok(());
        }
        before = page.get(PAGE - 1).map(|letter| (letter.died_at, letter.id));
    }
}

async fn show(jobs: &Jobs, id: &str) -> anyhow::Result<()> {
    let shown = match find(jobs, id).await? {
        Found::Live(job) => live(&job),
        Found::Dead(letter) => dead(&letter),
        Found::Finished { kind, outcome, attempts, at } => {
            json!({ "id": id, "kind": kind, "state": outcome, "attempt": attempts, "ended_at": moment(at) })
        }
    };
    Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&shown)?)?)
}

async fn find(jobs: &Jobs, id: &str) -> anyhow::Result<Found> {
    match jobs.find(read(id)?).await {
        Err(JobsError::NotFound) => anyhow::bail!("there is no job {id}: it never was, or is forgotten by now"),
        found => Ok(found?),
    }
}

async fn retry(jobs: &Jobs, id: &str) -> anyhow::Result<()> {
    match find(jobs, id).await? {
        Found::Live(job) => match jobs.hurry(job.id).await {
            Err(JobsError::NotFound) => anyhow::bail!("job {id} does not wait for its time: it runs, or is next"),
            done => say(done, &format!("{id} may begin now")),
        },
        Found::Dead(letter) => say(jobs.redrive(letter.id).await, &format!("{id} is published again")),
        Found::Finished { outcome, .. } => anyhow::bail!("job {id} is over: {outcome}"),
    }
}

/// One, or as many as there are now: those that are given up again meanwhile are left for another time.
async fn publish_again(jobs: &Jobs, Redrive { id, kind, .. }: Redrive) -> anyhow::Result<()> {
    if let Some(id) = id {
        return match jobs.redrive(read(&id)?).await {
            Err(JobsError::NotFound) => anyhow::bail!("there is no dead letter {id}; `atlas9 jobs dlq` shows them"),
            done => say(done, &format!("{id} is published again")),
        };
    }
    let is_meant = |of: &str| kind.as_deref().is_none_or(|kind| kind == of);
    let queues = jobs.figures(1).await?.queues;
    let dead: u64 = queues.iter().filter(|of| of.state == "dead" && is_meant(&of.kind)).map(|of| of.jobs).sum();
    let mut redriven = 0;
    while redriven < dead {
        match jobs.redrive_all(kind.as_deref()).await? {
            0 => break,
            some => redriven += some,
        }
    }
    let what = if redriven == 1 { "dead letter is" } else { "dead letters are" };
    Ok(writeln!(io::stdout(), "{redriven} {what} published again")?)
}

fn schedules(schedules: &[Scheduled], json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if !json {
        writeln!(
            out,
            "{:<22} {:<22} {:<16} {:<16} {:<19}  LAST (UTC)",
            "NAME", "PUBLISHES", "PATTERN", "ZONE", "NEXT (UTC)"
        )?;
    }
    for schedule in schedules {
        let Scheduled { name, kind, cron, zone, next_at, last_at, last_job, paused_at } = schedule;
        if json {
            let line = json!({
                "name": name, "kind": kind, "cron": cron, "zone": zone, "next_at": moment(*next_at),
                "last_at": last_at.map(moment), "last_job": last_job.map(|job| job.to_string()), "paused_at": paused_at.map(moment),
            });
            writeln!(out, "{line}")?;
        } else {
            let next = if paused_at.is_some() { "paused".to_owned() } else { clock(*next_at) };
            let last = last_at.map_or_else(|| "never".to_owned(), clock);
            writeln!(out, "{name:<22} {kind:<22} {cron:<16} {zone:<16} {next:<19}  {last}")?;
        }
    }
    Ok(())
}

fn live_line(job: &Listed) -> String {
    let attempt = format!("{}/{}", job.attempt, job.max_attempts);
    let error = job.error.as_deref().map(first_line).unwrap_or_default();
    format!("{}  {:<22} {:<9} {attempt:>7}  {}  {error}", job.id, job.kind, job.state, clock(job.run_at))
}

fn dead_line(letter: &Dead) -> String {
    let Dead { id, kind, cause, attempt, error, .. } = letter;
    format!("{id}  {kind:<22} {cause:<10} {attempt:>7}  {}  {}", clock(letter.died_at), first_line(error))
}

fn live(job: &Listed) -> Value {
    json!({
        "id": job.id.to_string(), "kind": job.kind, "queue": job.queue, "state": job.state, "priority": job.priority,
        "attempt": job.attempt, "max_attempts": job.max_attempts, "crashes": job.crashes, "flow": job.flow,
        "worker": job.worker, "error": job.error, "created_at": moment(job.created_at), "run_at": moment(job.run_at),
        "started_at": job.started_at.map(moment), "payload": carried(&job.payload),
    })
}

fn dead(letter: &Dead) -> Value {
    json!({
        "id": letter.id.to_string(), "kind": letter.kind, "queue": letter.queue, "state": "dead", "cause": letter.cause,
        "attempt": letter.attempt, "crashes": letter.crashes, "error": letter.error,
        "created_at": moment(letter.created_at), "died_at": moment(letter.died_at), "payload": carried(&letter.payload),
    })
}

/// A payload as JSON; one that is none, as the text that it is.
fn carried(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|_| Value::from(payload))
}

fn moment(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// A moment for a table: `2026-11-21 12:30:00`.
fn clock(at: OffsetDateTime) -> String {
    moment(at).replacen('T', " ", 1).chars().take(19).collect()
}

/// As much of a text as a line of a table holds.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        let at = datetime!(2026-11-21 13:30:00.25 +1);
        assert_eq!((clock(at).as_str(), moment(at).as_str()), ("2026-11-21 12:30:00", "2026-11-21T12:30:00.25Z"));
    }

    #[test]
    fn what_is_shown_of_a_job_fits_a_line_and_its_payload_is_json_where_it_can_be() {
        assert_eq!(first_line("it rained\nand rained"), "it rained");
        assert_eq!(first_line(""), "");
        assert_eq!(first_line(&"x".repeat(500)).len(), 120);
        assert_eq!(carried("{\"mail\":7}"), json!({ "mail": 7 }));
        assert_eq!(carried("{broken"), json!("{broken"));
    }
}
