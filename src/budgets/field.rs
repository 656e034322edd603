//! `atlas9 check speed`: what browsers measured on a site, as the site itself tells it, against the budgets of time in Leptos.toml.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _, process::ExitCode, time::Duration};

use anyhow::Context;
use model::vitals::Vital;
use serde::Deserialize;
use server::{config::Config, providers};

use super::{read_toml, row};
use crate::{cli::Speed, logging};

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(10);

/// `[field]`: milliseconds, or a score for CLS.
#[derive(Debug, Deserialize)]
struct File {
    field: Field,
}

#[derive(Debug, Deserialize)]
struct Field {
    default: BTreeMap<String, f64>,
    #[serde(default)]
    routes: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The part of a summary that is compared.
#[derive(Debug, Deserialize)]
struct Summary {
    vitals: Vec<Measured>,
}

#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    samples: u64,
    p50: f64,
    p75: f64,
}

/// Asks for each route and compares.
pub(crate) async fn check(asked: Speed) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let Field { default, routes } = read_toml::<File>()?.field;
    let client = providers::client(&config.providers)?;
    let mut table =
        format!("{:<24} {:<9} {:<7} {:>10} {:>10} {:>10}\n", "route", "vital", "share", "figure", "budget", "room");
    let (mut over, mut missing) = (0, 0);
    for route in &asked.routes {
        let summary = summary(&client, &asked, route).await?;
        let own = routes.get(route);
        for (name, most) in &default {
            let most = own.and_then(|own| own.get(name)).unwrap_or(most) * (1.0 + f64::from(asked.room) / 100.0);
            let vital =
                name.to_uppercase().parse::<Vital>().map_err(|_| anyhow::anyhow!("[field] knows no \"{name}\""))?;
            let measured = summary.vitals.iter().find(|measured| measured.name == vital.as_str());
            match measured.filter(|measured| measured.samples >= asked.samples) {
                Some(measured) => {
                    let (share, figure) = if asked.median { ("p50", measured.p50) } else { ("p75", measured.p75) };
                    over += row(&mut table, route, vital.as_str(), share, figure, most)?;
                }
                None => {
                    missing += 1;
                    let samples = measured.map_or(0, |measured| measured.samples);
                    writeln!(table, "{route:<24} {:<9} {samples} samples, too few to say", vital.as_str())?;
                }
            }
        }
    }
    writeln!(table, "{}", closing(over, missing))?;
    std::io::stdout().lock().write_all(table.as_bytes())?;
    Ok(if over + missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn closing(over: usize, missing: usize) -> String {
    match (over, missing) {
        (0, 0) => "every figure is within its budget".to_owned(),
        (0, missing) => format!("{missing} figures have too few samples"),
        (over, _) => format!("{over} figures are over their budget"),
    }
}

async fn summary(client: &reqwest::Client, asked: &Speed, route: &str) -> anyhow::Result<Summary> {
    let mut address =
        reqwest::Url::parse(&asked.site).context("--site takes an address such as https://atlas9.example")?;
    address.set_path("/api/analytics/summary");
    address.query_pairs_mut().append_pair("days", &asked.days.to_string()).append_pair("route", route);
    if let Some(release) = &asked.release {
        address.query_pairs_mut().append_pair("release", release);
    }
    let answer = client.get(address.clone()).timeout(WITHIN).send().await?.error_for_status()?;
    let text = answer.text().await?;
    serde_json::from_str(&text).with_context(|| format!("{address} did not answer with a summary"))
}
