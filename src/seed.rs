//! `atlas9 seed`: data that is made up.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use server::{clock::Clock, config::Config, services::Services};

use crate::{cli::Seed, logging};

/// Runs one of the subcommands.
pub(crate) async fn seed(seed: Seed) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let services = Services::start(config, Clock::system()).await?;
    match seed {
        Seed::Vitals { samples, days } => vitals(&services, samples, days).await?,
        Seed::Rooms { users, rooms } => self::rooms(&services, users, rooms).await?,
    }
    Ok(ExitCode::SUCCESS)
}

#[tracing::instrument(name = "atlas9 seed vitals", skip_all)]
async fn vitals(services: &Services, samples: u64, days: u16) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut made = 0;
    let progress = |so_far| {
        made = so_far;
        // Whoever does not want to be told closes standard output.
        let _ = write!(io::stdout().lock(), "\r{so_far} of {samples} measurements").and_then(|()| io::stdout().flush());
    };
    services.vitals.seed(samples, days, progress).await?;
    writeln!(io::stdout().lock(), "\r{made} measurements of {days} days in {:.1} s", began.elapsed().as_secs_f64())?;
    Ok(())
}

#[tracing::instrument(name = "atlas9 seed rooms", skip_all)]
async fn rooms(services: &Services, users: u32, rooms: u32) -> anyhow::Result<()> {
    let guests = services.accounts.seed_guests(users as usize).await?;
    let ids: Vec<_> = guests.iter().map(|(user, _)| *user).collect();
    let placed = services.rooms.seed(&ids, rooms as usize).await?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for ((_, token), room) in guests.iter().zip(placed) {
        writeln!(out, "{}", serde_json::json!({ "room": room, "token": token }))?;
    }
    Ok(out.flush()?)
}
