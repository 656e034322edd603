//! `README.md`: what it is, how it is run, and how to find one's way from a feature to a file.

use std::fmt::Write as _;

use super::{
    names::comment,
    resource::life_line,
    service::{Resource, Service},
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
    fill(include_str!("templates/README.md"), &values)
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
            let _ = writeln!(text, "| `{method} {}` | {} | {} |", operation.path, cell(&operation.summary), cell(&by));
        }
        life(&mut text, service, resource);
    }
    text
}

fn life(text: &mut String, service: &Service<'_>, resource: &Resource<'_>) {
    let Some(first) = resource.state().and_then(|state| state.words.first()) else { return };
    let _ = write!(text, "\n{} begins as **{}**.", capitalised(&resource.a_noun()), comment(&first.text));
    let steps: Vec<String> = resource.steps().map(|(call, from, to)| life_line(service, call, from, to)).collect();
    if steps.is_empty() {
        text.push_str(" No step leads on from there yet.\n");
        return;
    }
    text.push_str("\n\n");
    steps.iter().for_each(|step| {
        let _ = writeln!(text, "- {step}");
    });
}

fn roles(service: &Service<'_>) -> String {
    let row =
        |role: &super::service::Role<'_>| format!("| `{}` | {} | {} |\n", role.id, cell(&role.name), cell(&role.may));
    service.roles.iter().map(row).collect()
}

/// Which requests, tables and files serve a feature.
fn features(service: &Service<'_>) -> String {
    let mut text = String::new();
    for feature in &service.product.features {
        let (mut routes, mut tables, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for (resource, call) in service.calls().filter(|(_, call)| call.operation.features.contains(&feature.id)) {
            routes.push(format!("`{} {}`", call.operation.method.as_str(), call.operation.path));
            note(&mut tables, format!("`{}`", resource.table));
            note(&mut files, format!("`src/resources/{}.rs`", resource.module));
        }
        for resource in service.resources.iter().filter(|resource| resource.origin.features.contains(&feature.id)) {
            note(&mut tables, format!("`{}`", resource.table));
        }
        let title = cell(&feature.title);
        let _ =
            writeln!(text, "| {title} | {} | {} | {} |", routes.join("<br>"), tables.join(", "), files.join("<br>"));
    }
    text
}

fn note(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
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
