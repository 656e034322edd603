//! `atlas9 check budgets`: what each route makes a browser load, against the budgets of Leptos.toml.
//!
//! Every route is asked for through the real router, with a project of its own, and every file its document refers to is fetched the same
//! way and compressed as it would be sent. Nothing is taken from a list.

pub(crate) mod field;
mod load;

use std::{collections::BTreeMap, fmt::Write as _, fs, io::Write as _, process::ExitCode, time::Duration};

use anyhow::Context;
use axum::Router;
use model::{Directive, Visibility};
use serde::{Deserialize, de::DeserializeOwned};
use server::{accounts::Client, clock::Clock, config::Config, rooms::live::Lane, services::Services};

use crate::{logging, site};
use load::{Browser, Load};

const SAMPLE: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";
const MADE_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize)]
struct File {
    budgets: Budgets,
}

#[derive(Debug, Deserialize)]
struct Budgets {
    default: RouteBudget,
    routes: BTreeMap<String, RouteBudget>,
}

/// Budgets of one route; what a route does not set, the default does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RouteBudget {
    js: Option<Sizes>,
    wasm: Option<Sizes>,
    /// JavaScript and WASM together.
    script: Option<Sizes>,
    css: Option<Sizes>,
    fonts: Option<Sizes>,
    html: Option<Sizes>,
    requests: Option<f64>,
    /// Everything together as it comes over the wire, headers too, in kB of 1,000 bytes.
    transfer: Option<f64>,
}

/// In kB of 1,000 bytes.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sizes {
    raw: Option<f64>,
    gzip: Option<f64>,
    brotli: Option<f64>,
}

/// Measures and compares.
pub(crate) async fn check() -> anyhow::Result<ExitCode> {
    let mut config = Config::from_env()?;
    logging::start(&config)?;
    let budgets = read_toml::<File>()?.budgets;
    // Nobody listens here.
    config.checks.are_run = false;
    let services = Services::start(config, Clock::system()).await?;
    anyhow::ensure!(
        services.db.is_migrated().await?,
        "the database schema is not at this version; run `atlas9 migrate` first"
    );
    let router = site::router(&site::find(&services)?, &Lane::start()?).await;
    let here = Client::here("check budgets");
    let guest = services.accounts.create_guest(&here).await?;
    let measured = measure(&services, &router, &guest, &budgets).await;
    // The guest and their project leave no trace, whatever happened.
    services.accounts.delete_everything(&guest.visitor, "", &here).await?;
    services.stop(Duration::from_secs(2)).await;
    let (table, over) = compare(&budgets, &measured?)?;
    std::io::stdout().lock().write_all(table.as_bytes())?;
    Ok(if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Leptos.toml, as far as it concerns whoever asks.
fn read_toml<T: DeserializeOwned>() -> anyhow::Result<T> {
    let text =
        fs::read_to_string("Leptos.toml").context("Leptos.toml cannot be read; run this from the project's root")?;
    toml::from_str(&text).context("Leptos.toml does not have the shape of budgets")
}

async fn measure(
    services: &Services,
    router: &Router,
    guest: &server::accounts::Opened,
    budgets: &Budgets,
) -> anyhow::Result<BTreeMap<String, Load>> {
    let started = services.studio.start_project(guest.visitor.user, &Directive::parse(SAMPLE)?).await?;
    let cookie = guest.set_cookie.split(';').next().unwrap_or_default().to_owned();
    let browser = Browser { router: router.clone(), cookie };
    let mut loads = BTreeMap::new();
    // First the editor while the generation still waits: that is when it needs all its scripts.
    let (user, id) = (Some(guest.visitor.user), started.project);
    services.projects.share(user, id, Visibility::Public).await?;
    let slug = services.projects.get(user, id).await?.slug.unwrap_or_default();
    let address = |route: &str| route.replace("{id}", &id.to_string()).replace("{slug}", &slug);
    for route in budgets.routes.keys().filter(|route| route.ends_with("/edit")) {
        loads.insert(route.clone(), browser.load(&address(route)).await?);
    }
    services.start_work();
    let mut follower = services.studio.follow(user, started.generation, 0).await?;
    let made = async { while follower.next().await.is_some() {} };
    tokio::time::timeout(MADE_WITHIN, made).await.context("the sample project was not made in time")?;
    for route in budgets.routes.keys() {
        let load = browser.load(&address(route)).await?;
        // An editor whose work is done holds more text, one that waits loads more scripts: the budget is for the heavier of each.
        match loads.get_mut(route) {
            Some(known) => known.heaviest(&load),
            None => {
                loads.insert(route.clone(), load);
            }
        }
    }
    Ok(loads)
}

/// As tables of figure, budget and room left; and how many figures are over.
fn compare(budgets: &Budgets, loads: &BTreeMap<String, Load>) -> anyhow::Result<(String, usize)> {
    let mut table = String::new();
    let mut over = 0;
    writeln!(
        table,
        "{:<24} {:<9} {:<7} {:>10} {:>10} {:>10}",
        "route", "kind", "as", "figure kB", "budget kB", "room kB"
    )?;
    for (route, load) in loads {
        let budget = budgets.routes.get(route).unwrap_or(&budgets.default);
        for (kind, sizes) in budget.sizes(&budgets.default) {
            let weight = if kind == "script" { load.weight("js") + load.weight("wasm") } else { load.weight(kind) };
            for (form, figure, most) in [
                ("raw", weight.raw, sizes.raw),
                ("gzip", weight.gzip, sizes.gzip),
                ("brotli", weight.brotli, sizes.brotli),
            ] {
                if let Some(most) = most {
                    over += row(&mut table, route, kind, form, kilobytes(figure), most)?;
                }
            }
        }
        if let Some(most) = budget.requests.or(budgets.default.requests) {
            over += row(&mut table, route, "requests", "count", load.requests as f64, most)?;
        }
        if let Some(most) = budget.transfer.or(budgets.default.transfer) {
            over += row(&mut table, route, "transfer", "wire", kilobytes(load.transfer), most)?;
        }
    }
    writeln!(
        table,
        "{}",
        if over == 0 {
            "every figure is within its budget".to_owned()
        } else {
            format!("{over} figures are over their budget")
        }
    )?;
    Ok((table, over))
}

impl RouteBudget {
    fn sizes(&self, default: &Self) -> Vec<(&'static str, Sizes)> {
        let pairs = [
            ("js", self.js.or(default.js)),
            ("wasm", self.wasm.or(default.wasm)),
            ("script", self.script.or(default.script)),
            ("css", self.css.or(default.css)),
            ("fonts", self.fonts.or(default.fonts)),
            ("html", self.html.or(default.html)),
        ];
        pairs.into_iter().filter_map(|(kind, sizes)| Some((kind, sizes?))).collect()
    }
}

fn row(
    table: &mut String,
    route: &str,
    kind: &str,
    form: &str,
    figure: f64,
    most: f64,
) -> Result<usize, std::fmt::Error> {
    let mark = if figure > most { "  OVER" } else { "" };
    writeln!(table, "{route:<24} {kind:<9} {form:<7} {figure:>10.1} {most:>10.1} {:>10.1}{mark}", most - figure)?;
    Ok(usize::from(figure > most))
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}
