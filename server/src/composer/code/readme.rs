//! `README.md`: what it is, how it is run, and how to find one's way from a feature to a file.

use std::fmt::Write as _;

use super::{
    names::comment,
    service::{Call, Deed, Resource, Service},
    template::fill,
    wishes::{Ci, Licence},
};
use crate::composer::inflect::{capitalised, joined};

/// The file, as text.
pub fn file(service: &Service<'_>) -> String {
    let port = service.wishes.port.to_string();
    let library = service.library();
    let database = service.database();
    let role = service.roles.iter().map(|role| role.id).next().unwrap_or("system");
    let first = service.calls().map(|(_, call)| call.operation.path.as_str()).find(|path| !path.contains("{id}"));
    let values = [
        ("title", heading(service)),
        ("summary", comment(&service.product.summary)),
        ("crate", service.package.clone()),
        ("lib", library),
        ("database", database.clone()),
        ("port", port),
        ("health", service.health().to_owned()),
        ("role", role.to_owned()),
        ("path", first.unwrap_or("/health").to_owned()),
        ("containers", containers(service).to_owned()),
        ("start", start(service, &database)),
        ("resources", resources(service)),
        ("roles", roles(service)),
        ("features", features(service)),
        ("ci", ci(service).to_owned()),
        ("openapi", openapi(service).to_owned()),
        ("gaps", gaps(service)),
        ("licence", licence(service).to_owned()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text = fill(include_str!("templates/README.md"), &values);
    format!("{}\n", text.trim_end())
}

fn heading(service: &Service<'_>) -> String {
    comment(service.brand.unwrap_or(&service.title))
}

/// The command that brings a database up.
fn start(service: &Service<'_>, database: &str) -> String {
    if service.wishes.containers {
        "docker compose up --detach --wait database".to_owned()
    } else {
        format!("createdb {database}   # on a PostgreSQL that runs already")
    }
}

fn containers(service: &Service<'_>) -> &'static str {
    if service.wishes.containers { " `docker compose --profile all up` runs it beside its database." } else { "" }
}

fn ci(service: &Service<'_>) -> &'static str {
    match service.wishes.ci {
        Ci::GitHub => "`.github/workflows/ci.yml` does the same on every push.",
        Ci::GitLab => "`.gitlab-ci.yml` does the same on every push.",
        Ci::None => "",
    }
}

fn openapi(service: &Service<'_>) -> &'static str {
    if service.openapi.is_some() { " `GET /openapi.json` describes it to programs." } else { "" }
}

fn licence(service: &Service<'_>) -> &'static str {
    match service.wishes.licence {
        Some(Licence::Mit) => "\n## Licence\n\nMIT, see `LICENSE`.\n",
        Some(Licence::Proprietary) => "\n## Licence\n\nAll rights reserved.\n",
        None => "",
    }
}

/// What can be called, table by table, with the life of what has one.
fn resources(service: &Service<'_>) -> String {
    let mut text = String::new();
    for resource in service.resources.iter().filter(|resource| !resource.calls.is_empty()) {
        let _ = write!(text, "\n### {}\n\n{}\n\n", capitalised(&resource.nouns), resource.purpose);
        text.push_str("| Request | Does | For |\n|---|---|---|\n");
        for call in &resource.calls {
            let operation = call.operation;
            let (method, by) = (operation.method.as_str(), service.names_of(call));
            let by = if by.is_empty() { "every caller".to_owned() } else { by };
            let _ = writeln!(text, "| `{method} {}` | {} | {} |", operation.path, cell(&does(call)), cell(&by));
        }
        if let Some(first) = resource.state().and_then(|state| state.words.first()) {
            let _ = write!(text, "\n{} begins as **{}**.\n", capitalised(&resource.a_noun()), comment(&first.text));
        }
    }
    text
}

/// What a call does: a step by its states, the rest in words.
fn does(call: &Call<'_>) -> String {
    match &call.deed {
        Deed::Step { from, to, .. } => format!("{} → **{to}**", from.join(" or ")),
        _ => call.operation.summary.clone(),
    }
}

fn roles(service: &Service<'_>) -> String {
    let row =
        |role: &super::service::Role<'_>| format!("| `{}` | {} | {} |\n", role.id, cell(&role.name), cell(&role.may));
    service.roles.iter().map(row).collect()
}

/// Which files serve a feature, and which of their handlers.
fn features(service: &Service<'_>) -> String {
    let mut text = String::new();
    for feature in &service.product.features {
        let files: Vec<String> =
            service.resources.iter().filter_map(|resource| serves(resource, &feature.id)).collect();
        let _ = writeln!(text, "| {} | {} |", cell(&feature.title), files.join("<br>"));
    }
    text
}

fn serves(resource: &Resource<'_>, feature: &str) -> Option<String> {
    let calls = resource.calls.iter().filter(|call| call.operation.features.iter().any(|id| id == feature));
    let handlers: Vec<&str> = calls.map(|call| call.handler.as_str()).collect();
    let (table, file) = (&resource.table, format!("src/resources/{}.rs", resource.module));
    (!handlers.is_empty()).then(|| format!("[`{table}`]({file}): {}", handlers.join(", ")))
}

/// What a reader should know is not there.
fn gaps(service: &Service<'_>) -> String {
    let left_out: Vec<String> = service
        .left_out
        .iter()
        .map(|operation| format!("`{} {}`", operation.method.as_str(), comment(&operation.path)))
        .collect();
    if left_out.is_empty() {
        return String::new();
    }
    format!("- {} have no handler yet: their paths do not say which row they are about.\n", joined(&left_out))
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    comment(text).replace('|', "\\|")
}
