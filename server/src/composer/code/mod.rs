//! The code section: a service for the product that was composed, as files that build.
//!
//! It is written from the architecture as it is ([`service`]), in the forms that rustfmt leaves alone ([`layout`]), from templates where every
//! product has the same file ([`files`]) and from functions where each has its own ([`resource`], [`migration`], [`stories`], [`readme`]).

mod files;
mod layout;
mod migration;
mod names;
mod readme;
mod resource;
mod service;
mod stories;
mod template;
mod wishes;

use model::{
    Directive, openapi,
    sections::{Architecture, Code, Product, SourceFile, file_id},
};

use super::{Composer, blueprint::ascii_words};
use service::{Resource, Service};
use stories::Needs;
use wishes::{Ci, Licence, Wishes};

/// The longest line of a directive that serves as a title.
const TITLE_CHARS: usize = 120;

impl Composer {
    /// Composes the code section: the program that serves the API of an architecture. Total, and always the same bytes for the same
    /// directive, note, product and architecture. A note changes what it speaks of: containers, where tests run, the licence, the port.
    pub fn code(
        &self,
        directive: &Directive,
        note: Option<&str>,
        product: &Product,
        architecture: &Architecture,
    ) -> Code {
        compose(&self.service(directive, note, product, architecture))
    }

    /// What the files are written from.
    fn service<'a>(
        &self,
        directive: &Directive,
        note: Option<&str>,
        product: &'a Product,
        architecture: &'a Architecture,
    ) -> Service<'a> {
        let title = directive.title(TITLE_CHARS);
        let package = package(None, product, architecture);
        let mut service = Service::of(product, architecture, &self.lexicon.inflect, title.clone(), package);
        service.wishes = note.map(Wishes::read).unwrap_or_default();
        let document = openapi::document(&title, &product.summary, architecture);
        service.openapi = serde_json::to_string_pretty(&document).ok().map(|text| text + "\n");
        service
    }
}

/// The package's name: the product's, or what it keeps first.
fn package(brand: Option<&str>, product: &Product, architecture: &Architecture) -> String {
    let first = architecture.tables.first().map(|table| table.name.as_str());
    let name = brand.or(first).or_else(|| product.entities.first().map(|entity| entity.name.as_str()));
    let words = ascii_words(name.unwrap_or("product"));
    let words: Vec<&str> = words.iter().map(String::as_str).take(4).collect();
    let name = words.join("-");
    let name = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("product-{name}") };
    let name: String = name.trim_end_matches('-').chars().take(40).collect();
    let named = format!("{name}-service");
    if files::is_dependency(&named) { format!("{name}-product-service") } else { named }
}

/// The files in the order in which a reader should meet them.
fn compose(service: &Service<'_>) -> Code {
    let mut files =
        vec![text("README.md", "What it is, how it is run, and where each feature is", readme::file(service))];
    files.last_mut().into_iter().for_each(|readme| readme.features = all_features(service));
    files.push(text("Cargo.toml", "The package and what it depends on", files::manifest(service)));
    files.push(migration_file(service));
    files.extend(shared(service));
    files.extend(service.resources.iter().filter(|r| !r.calls.is_empty()).map(|r| resource_file(service, r)));
    files.extend(tests(service));
    files.extend(surroundings(service));
    Code { overview: overview(service), files }
}

fn overview(service: &Service<'_>) -> String {
    let (tables, calls) = (service.resources.len(), service.calls().count());
    let steps = service.resources.iter().map(|resource| resource.steps().count()).sum::<usize>();
    let steps = if steps > 0 {
        format!(", {steps} of them steps in a life cycle that the database guards")
    } else {
        String::new()
    };
    let start = if service.wishes.containers {
        "`docker compose up --wait database`, then `cargo run`"
    } else {
        "`cargo run` with `DATABASE_URL` set"
    };
    format!(
        "A service in Rust (axum, sqlx) over PostgreSQL: {tables} tables and {calls} routes{steps}. \
         Run it with {start}; `cargo test` calls every route against a database of its own."
    )
}

fn text(path: &str, purpose: &str, content: String) -> SourceFile {
    SourceFile {
        id: file_id(path),
        path: path.to_owned(),
        purpose: purpose.to_owned(),
        content,
        operations: vec![],
        tables: vec![],
        features: vec![],
    }
}

fn all_features(service: &Service<'_>) -> Vec<String> {
    service.product.features.iter().map(|feature| feature.id.clone()).collect()
}

fn migration_file(service: &Service<'_>) -> SourceFile {
    let tables = service.resources.iter().map(|resource| resource.origin.id.clone()).collect();
    SourceFile {
        tables,
        features: all_features(service),
        ..text(
            "migrations/0001_init.sql",
            "The schema: tables, references, checks and indexes",
            migration::file(service),
        )
    }
}

/// What every service has beside its resources.
fn shared(service: &Service<'_>) -> Vec<SourceFile> {
    let plain = |template| files::plain(service, template);
    let mut shared = vec![
        text("src/lib.rs", "The router, as the program serves it and the tests call it", files::library(service)),
        text("src/main.rs", "The program: serve, migrate, token", plain(include_str!("templates/src/main.rs"))),
        text("src/config.rs", "What the environment says", plain(include_str!("templates/src/config.rs"))),
        text("src/auth.rs", "Tokens, callers and their roles", files::auth(service)),
        text("src/problem.rs", "What is answered when something cannot be done", files::problem(service)),
        text("src/answer.rs", "What handlers take and give", plain(include_str!("templates/src/answer.rs"))),
        text("src/body.rs", "Reads bodies field by field and names every fault", files::body(service)),
        text("src/value.rs", "What a field may hold", files::value(service)),
        text("src/words.rs", "Columns of a few words as enums", plain(include_str!("templates/src/words.rs"))),
        text("src/page.rs", "Lists page by page, with a cursor", plain(include_str!("templates/src/page.rs"))),
    ];
    let idempotency = include_str!("templates/src/idempotency.rs");
    shared.push(text("src/idempotency.rs", "Requests that may be sent again", plain(idempotency)));
    if service.resources.iter().any(|resource| resource.steps().next().is_some()) {
        shared.push(text("src/life.rs", "Steps in a life cycle", plain(include_str!("templates/src/life.rs"))));
    }
    shared.push(text("src/resources/mod.rs", "All resources with their routes", files::resources(service)));
    shared
}

fn resource_file(service: &Service<'_>, resource: &Resource<'_>) -> SourceFile {
    let path = format!("src/resources/{}.rs", resource.module);
    let purpose = format!("{}: their rows, handlers and SQL", super::inflect::capitalised(&resource.nouns));
    traced(resource, text(&path, &purpose, resource::file(service, resource)))
}

/// A file with the ids of what it serves.
fn traced(resource: &Resource<'_>, file: SourceFile) -> SourceFile {
    let operations: Vec<String> = resource.calls.iter().map(|call| call.operation.id.clone()).collect();
    let mut features: Vec<String> = Vec::new();
    for feature in resource.calls.iter().flat_map(|call| &call.operation.features) {
        if !features.contains(feature) {
            features.push(feature.clone());
        }
    }
    SourceFile { operations, tables: vec![resource.origin.id.clone()], features, ..file }
}

fn tests(service: &Service<'_>) -> Vec<SourceFile> {
    let mut needs = Needs::new();
    let (mut files, mut modules) = (Vec::new(), Vec::new());
    for resource in &service.resources {
        let Some((content, more)) = stories::file(service, resource) else { continue };
        needs.extend(more);
        modules.push(resource.module.as_str());
        let path = format!("tests/api/{}.rs", resource.module);
        let purpose = format!("Tests of {}", resource.nouns);
        files.push(traced(resource, text(&path, &purpose, content)));
    }
    let service_tests = files::test_service(service, &mut needs);
    let mut all = vec![
        text("tests/api/main.rs", "The tests of the whole API", files::test_main(&modules)),
        text(
            "tests/api/support.rs",
            "A caller in every role, and what holds for every resource",
            stories::support(service, &needs),
        ),
        text("tests/api/rights.rs", "Who may do what, as one table that is tried", stories::rights(service)),
        text("tests/api/service.rs", "Tests of what holds whatever is asked for", service_tests),
    ];
    all.append(&mut files);
    all
}

/// What is around the program: how it is built, shipped and tested.
fn surroundings(service: &Service<'_>) -> Vec<SourceFile> {
    let plain = |template| files::plain(service, template);
    let mut all = vec![text("build.rs", "Notices new migrations", plain(include_str!("templates/build.rs")))];
    if let Some(openapi) = &service.openapi {
        all.push(text("openapi.json", "The API as OpenAPI 3.1", openapi.clone()));
    }
    if service.wishes.containers {
        all.push(text("Dockerfile", "The program in a small image", plain(include_str!("templates/Dockerfile"))));
        all.push(text(".dockerignore", "What no image needs", plain(include_str!("templates/dockerignore"))));
        all.push(text(
            "compose.yaml",
            "A database to work with, and the service beside it",
            plain(include_str!("templates/compose.yaml")),
        ));
    }
    match service.wishes.ci {
        Ci::GitHub => all.push(text(
            ".github/workflows/ci.yml",
            "Format, lints and tests on every push",
            plain(include_str!("templates/ci-github.yml")),
        )),
        Ci::GitLab => all.push(text(
            ".gitlab-ci.yml",
            "Format, lints and tests on every push",
            plain(include_str!("templates/ci-gitlab.yml")),
        )),
        Ci::None => {}
    }
    if service.wishes.licence == Some(Licence::Mit) {
        all.push(text("LICENSE", "The MIT licence", plain(include_str!("templates/LICENSE-MIT"))));
    }
    all.push(text(".env.example", "Every variable that it reads", plain(include_str!("templates/env.example"))));
    all.push(text(".gitignore", "What is made, not written", plain(include_str!("templates/gitignore"))));
    all.push(text("rustfmt.toml", "How the code is laid out", plain(include_str!("templates/rustfmt.toml"))));
    all.push(text("Cargo.lock", "The exact versions it was tested with", files::lock(service)));
    all
}

#[cfg(test)]
mod tests;
