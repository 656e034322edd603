//! `atlas9 check budgets`: what each route makes a browser load, against the budgets of Leptos.toml.
//!
//! Every route is asked for through the real router, with a project of its own, and every file its document refers to is fetched the same
//! way and compressed as it would be sent. Nothing is taken from a list.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use flate2::{Compression, write::GzEncoder};
use model::{Directive, Visibility};
use serde::Deserialize;
use server::{accounts::Client, clock::Clock, config::Config, services::Services};
use tower::ServiceExt;

use crate::{logging, site};

const LARGEST_FILE: usize = 16 * 1_024 * 1_024;
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
}

/// In kB of 1,000 bytes.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sizes {
    raw: Option<f64>,
    gzip: Option<f64>,
    brotli: Option<f64>,
}

/// What a kind of file weighs, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// What a route makes a browser load.
#[derive(Debug, Default)]
struct Load {
    by_kind: BTreeMap<&'static str, Weight>,
    requests: usize,
}

/// Measures and compares.
pub(crate) async fn check() -> anyhow::Result<ExitCode> {
    logging::start()?;
    let budgets = read_budgets()?;
    let services = Services::start(Config::from_env()?, Clock::system()).await?;
    anyhow::ensure!(
        services.db.is_migrated().await?,
        "the database schema is not at this version; run `atlas9 migrate` first"
    );
    let router = site::router(&site::find(&services)?);
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

fn read_budgets() -> anyhow::Result<Budgets> {
    let text =
        fs::read_to_string("Leptos.toml").context("Leptos.toml cannot be read; run this from the project's root")?;
    let file: File = toml::from_str(&text).context("Leptos.toml does not have the shape of budgets")?;
    Ok(file.budgets)
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

struct Browser {
    router: Router,
    cookie: String,
}

impl Browser {
    /// Loads a page and everything it refers to.
    async fn load(&self, path: &str) -> anyhow::Result<Load> {
        let (_, html) = self.get(path).await?;
        let mut load = Load::default();
        load.add("html", &html);
        let mut waiting: Vec<String> = references(&String::from_utf8_lossy(&html));
        let mut seen = BTreeSet::new();
        while let Some(address) = waiting.pop() {
            if !seen.insert(address.clone()) {
                continue;
            }
            let (content_type, bytes) = self.get(&address).await?;
            let kind = kind_of(&content_type, &address);
            if kind == "css" {
                // What a style sheet refers to is loaded too, as far as the page uses it; counting all of it is the upper bound.
                waiting.extend(urls(&String::from_utf8_lossy(&bytes)));
            }
            load.add(kind, &bytes);
        }
        Ok(load)
    }

    async fn get(&self, address: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let request = Request::get(address)
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, "text/html,*/*")
            .body(Body::empty())?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        anyhow::ensure!(
            status.is_success() || status == StatusCode::NOT_FOUND && address == "/nowhere",
            "{address} answered {status}"
        );
        let content_type =
            response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Ok((content_type, to_bytes(response.into_body(), LARGEST_FILE).await?.to_vec()))
    }
}

impl Load {
    fn add(&mut self, kind: &'static str, bytes: &[u8]) {
        let weight = self.by_kind.entry(kind).or_default();
        weight.raw += bytes.len();
        weight.gzip += gzip(bytes);
        weight.brotli += brotli(bytes);
        self.requests += 1;
    }

    fn heaviest(&mut self, other: &Self) {
        for (kind, weight) in &other.by_kind {
            let known = self.by_kind.entry(kind).or_default();
            if weight.gzip > known.gzip {
                *known = *weight;
            }
        }
        self.requests = self.requests.max(other.requests);
    }

    fn weight(&self, kind: &str) -> Weight {
        self.by_kind.get(kind).copied().unwrap_or_default()
    }
}

/// Addresses a document makes a browser load: style sheets, icons, preloads, scripts (and what a loader is told to load), images.
fn references(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (tag, attribute) in [("<link ", "href=\""), ("<script ", "src=\""), ("<img ", "src=\"")] {
        for rest in html.split(tag).skip(1) {
            let element = rest.split('>').next().unwrap_or_default();
            let loads = tag != "<link "
                || ["stylesheet", "icon", "preload", "modulepreload"]
                    .iter()
                    .any(|rel| element.contains(&format!("rel=\"{rel}\"")));
            let address = element.split(attribute).nth(1).and_then(|rest| rest.split('"').next());
            found.extend(address.filter(|_| loads).map(|address| address.replace("&amp;", "&")));
        }
    }
    let told: Vec<String> = found
        .iter()
        .filter_map(|address| address.split_once('?'))
        .flat_map(|(_, query)| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .filter(|(_, value)| value.starts_with('/'))
                .map(|(_, value)| value.to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    found.extend(told);
    found.retain(|address| address.starts_with('/'));
    found
}

/// Addresses in a style sheet.
fn urls(css: &str) -> Vec<String> {
    let inner = css.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    inner
        .map(|address| address.trim_matches(['"', '\'']).to_owned())
        .filter(|address| address.starts_with('/'))
        .collect()
}

fn kind_of(content_type: &str, address: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default() {
        "text/css" => "css",
        "text/javascript" | "application/javascript" => "js",
        "application/wasm" => "wasm",
        kind if kind.starts_with("font/") || address.ends_with(".woff2") => "fonts",
        kind if kind.starts_with("image/") => "images",
        _ => "other",
    }
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
            let weight = if kind == "script" { sum(load.weight("js"), load.weight("wasm")) } else { load.weight(kind) };
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

fn sum(one: Weight, other: Weight) -> Weight {
    Weight { raw: one.raw + other.raw, gzip: one.gzip + other.gzip, brotli: one.brotli + other.brotli }
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(bytes.len(), |compressed| compressed.len())
}

fn brotli(bytes: &[u8]) -> usize {
    let mut compressed = Vec::new();
    let written =
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &brotli::enc::BrotliEncoderParams::default());
    if written.is_ok() { compressed.len() } else { bytes.len() }
}
