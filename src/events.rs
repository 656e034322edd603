//! `atlas9 events`: what happened, and telling of it again.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use serde_json::{Value, json};
use server::{
    clock::Clock,
    config::Config,
    events::{Selection, StoredEvent},
    jobs::parse_delay,
    services::Services,
};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::{cli::Events, logging};

/// Runs one of the subcommands.
pub(crate) async fn events(command: Events) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let services = Services::start(config, Clock::system()).await?;
    let moment = |text: Option<String>| text.map(|text| moment(&text, services.clock.now())).transpose();
    match command {
        Events::Ls { name, since, limit, json } => {
            let selection = Selection { name, since: moment(since)?, ..Selection::default() };
            print(&services.events.list(&selection, limit).await?, json)?;
        }
        Events::Replay { name, since, until, after, subscriber, dry_run } => {
            let selection = Selection { name, since: moment(since)?, until: moment(until)?, after };
            replay(&services, &selection, subscriber.as_deref(), dry_run).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[tracing::instrument(name = "atlas9 events replay", skip_all)]
async fn replay(services: &Services, selection: &Selection, whom: Option<&str>, dry_run: bool) -> anyhow::Result<()> {
    let replayed = services.events.replay(selection, whom, dry_run).await?;
    let will = if dry_run { "would be told" } else { "are told" };
    let mut out = io::stdout().lock();
    writeln!(out, "{} events {will} again, in {} deliveries", replayed.events, replayed.deliveries)?;
    if let Some(last) = replayed.more_after {
        writeln!(out, "There may be more: go on with --after {last}")?;
    }
    Ok(())
}

/// A day, a moment, or how long ago.
fn moment(text: &str, now: OffsetDateTime) -> anyhow::Result<OffsetDateTime> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(moment);
    }
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Ok(day.midnight().assume_utc());
    }
    let ago = parse_delay(text).ok().context(format!(
        "\"{text}\" is no time: it takes 2026-01-31, 2026-01-31T12:00:00Z, or how long ago, such as 2h or 7d"
    ))?;
    Ok(now - ago)
}

fn print(events: &[StoredEvent], json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for event in events {
        let at = event.created_at.format(&Rfc3339)?;
        if json {
            let data: Value = serde_json::from_str(&event.data)?;
            let (id, name, owner) = (event.id, &event.name, event.owner);
            let line =
                json!({ "id": id, "name": name, "owner": owner, "subject": event.subject, "data": data, "at": at });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{at:<28} {:<22} {}", event.name, event.data)?;
        }
    }
    if events.is_empty() && !json {
        writeln!(out, "Nothing happened.")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_time_or_how_long_ago() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let seconds = |text: &str| moment(text, now).map(OffsetDateTime::unix_timestamp).ok();
        assert_eq!(seconds("2h"), Some(1_800_000_000 - 7_200));
        assert_eq!(seconds("2026-01-31"), Some(1_769_817_600));
        assert_eq!(seconds("2026-01-31T12:00:00Z"), Some(1_769_817_600 + 43_200));
        assert_eq!(seconds("yesterday"), None);
    }
}
