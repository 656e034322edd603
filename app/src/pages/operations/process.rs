//! This process: what it takes of its machine, its connections, its work, and what its measuring lost.

use std::{path::Path, time::Duration};

use leptos::prelude::*;
use server::{
    accounts::SessionMetrics,
    config::BlobsConfig,
    metrics::{Metrics, ProcessUse, disk, process_use},
    providers::ByProvider,
    services::Services,
    vitals::BufferMetrics,
};
use time::OffsetDateTime;

use super::words::{bytes, dollars, share};
use crate::{
    components::table::table,
    pages::{
        jobs::moment,
        status::{
            figures,
            words::{count, lasting},
        },
    },
};

type Figure = (&'static str, String, AnyView);

/// Its age, its release, and what it takes of processors, memory, files and disks.
pub(super) fn process(services: &Services, now: OffsetDateTime, up: Duration) -> AnyView {
    let age = up.try_into().map(lasting).unwrap_or_default();
    let release = services.vitals.release().unwrap_or("not known").to_owned();
    let mut told = vec![
        ("Up for", age, view! { "since " {moment(now - up)} " UTC" }.into_any()),
        ("Release", release, ().into_any()),
    ];
    told.extend(of_machine(&process_use(), up));
    told.extend(disks(&services.config.blobs));
    figures(told)
}

/// Nothing where the system does not tell.
fn of_machine(taken: &ProcessUse, up: Duration) -> Vec<Figure> {
    if taken.memory == 0 {
        return Vec::new();
    }
    let of_one = taken.cpu_seconds / up.as_secs_f64().max(1.0) * 100.0;
    let processor = format!("{:.1} s", taken.cpu_seconds);
    vec![
        ("Processor", processor, format!("{of_one:.1} % of one processor").into_any()),
        ("Memory", bytes(taken.memory), "that it has now".into_any()),
        ("Open files", count(taken.files), "connections too".into_any()),
    ]
}

/// Where files are kept, when that is here, and where the program runs.
fn disks(blobs: &BlobsConfig) -> Vec<Figure> {
    let kept = match blobs {
        BlobsConfig::Folder(folder) => Some(("Disk of files", folder.as_path())),
        BlobsConfig::S3(_) => None,
    };
    let here = ("Disk of the program", Path::new("."));
    let told = kept.into_iter().chain([here]).filter_map(|(what, folder)| {
        let (free, all) = disk(folder)?;
        let with = format!("free of {}, {} used", bytes(all), share(all.saturating_sub(free), all));
        Some((what, bytes(free), with.into_any()))
    });
    told.collect()
}

/// Connections to the database.
pub(super) fn pools(pools: &[(&'static str, (u32, u32, u32))]) -> AnyView {
    let rows = pools.iter().map(|(name, (used, open, most))| {
        view! { <tr><th scope="row">{*name}</th> <td>{*used}</td> <td>{*open}</td> <td>{*most}</td></tr> }.into_any()
    });
    table("Connections to the database", &["Pool", "In use", "Open", "At most"], rows.collect())
}

/// How often a session was found without asking the database.
pub(super) fn sessions(metrics: &SessionMetrics) -> AnyView {
    let (hits, misses) = (metrics.hits.get(), metrics.misses.get());
    let of_all = format!("in Redis, {} of those looked for", share(hits, hits + misses));
    figures(vec![
        ("Found", count(hits), of_all.into_any()),
        ("Not found", count(misses), "PostgreSQL was asked".into_any()),
        ("Evicted", count(metrics.evictions.get()), "since they ended, or their user changed".into_any()),
    ])
}

/// Jobs that are done here now, and may be at once.
pub(super) fn slots(lanes: &[(&'static str, u64, u64)]) -> AnyView {
    if lanes.iter().all(|(_, _, most)| *most == 0) {
        return view! { <p class="quiet">"This process does no jobs. Those that do have a line each at " <a href="/jobs">"Jobs"</a> "."</p> }
            .into_any();
    }
    let rows = lanes.iter().map(|(queue, used, most)| {
        view! { <tr><th scope="row">{*queue}</th> <td>{count(*used)}</td> <td>{count(*most)}</td></tr> }.into_any()
    });
    table("Slots for jobs in this process", &["Queue", "In use", "At most"], rows.collect())
}

/// What is made and followed here.
pub(super) fn generations(metrics: &Metrics) -> AnyView {
    let now = |gauge: i64| count(gauge.unsigned_abs());
    let since = || "since it began".into_any();
    figures(vec![
        ("Streams open", now(metrics.followers.get()), "now".into_any()),
        ("Generations running", now(metrics.generations_running.get()), "now".into_any()),
        ("Events appended", count(metrics.events_appended.get()), since()),
        ("Fallbacks", count(metrics.fallbacks.get()), since()),
    ])
}

/// Model providers, as far as there are any.
pub(super) fn providers(services: &Services) -> AnyView {
    let list = &services.config.providers.list;
    if list.is_empty() {
        return view! { <p class="quiet">"No model provider is configured: the built-in engine makes everything. Calls, their cost and answers used again stand here once there is one."</p> }
            .into_any();
    }
    let rows = list.iter().map(|provider| provider_row(&services.metrics, &provider.name)).collect();
    let head = ["Provider", "Calls", "Cost", "Answers used again", "Tokens sent", "Tokens received", "Circuit"];
    table("Model providers since this process began", &head, rows)
}

fn provider_row(metrics: &Metrics, name: &str) -> AnyView {
    let (metrics, of) = (&metrics.providers, ByProvider { provider: name.to_owned() });
    let [calls, cost, hits, sent, received] =
        [&metrics.calls, &metrics.cost_micros, &metrics.cache_hits, &metrics.tokens_sent, &metrics.tokens_received]
            .map(|family| family.get(&of).map_or(0, |counter| counter.get()));
    let circuit = match metrics.breaker.get(&of).map_or(0, |gauge| gauge.get()) {
        0 => "closed",
        1 => "trying",
        _ => "open: left alone",
    };
    view! {
        <tr>
            <th scope="row">{name.to_owned()}</th>
            <td>{count(calls)}</td>
            <td>{dollars(cost)}</td>
            <td>{count(hits)}</td>
            <td>{count(sent)}</td>
            <td>{count(received)}</td>
            <td>{circuit}</td>
        </tr>
    }
    .into_any()
}

/// What browsers sent of their measurements, and what of that was not kept.
pub(super) fn vitals(metrics: &BufferMetrics) -> AnyView {
    figures(vec![
        ("Taken", count(metrics.taken.get()), "measurements of browsers".into_any()),
        ("Dropped", count(metrics.dropped.get()), "too many waited".into_any()),
        ("Lost", count(metrics.lost.get()), "the database did not take them".into_any()),
        ("Uncounted", count(metrics.uncounted.get()), "of too many combinations; kept as samples".into_any()),
        ("Refused", count(metrics.refused.get()), "beacons that said what cannot be".into_any()),
        ("Limited", count(metrics.limited.get()), "beacons of networks that sent too many".into_any()),
    ])
}
