//! The files that every service has, from templates.

use std::collections::BTreeSet;

use super::{
    layout::Expr,
    names::{comment, literal, wrapped},
    service::{Col, Deed, Service},
    stories::Needs,
    template::{fill, sections},
    wishes::Licence,
};

/// `Cargo.toml`.
pub fn manifest(service: &Service<'_>) -> String {
    let licence = match service.wishes.licence {
        Some(Licence::Mit) => "license = \"MIT\"",
        _ => "",
    };
    let description = literal(&service.title);
    let values =
        [("crate", service.package.as_str()), ("description", description.trim_matches('"')), ("licence", licence)];
    fill(include_str!("templates/Cargo.toml"), &values)
}

/// `Cargo.lock`: the versions that the tests of the generator ran with.
pub fn lock(service: &Service<'_>) -> String {
    fill_lock(include_str!("templates/Cargo.lock"), &service.package)
}

/// The package itself stands where its name belongs in the order.
fn fill_lock(lock: &str, package: &str) -> String {
    let Some((own, others)) = lock.split_once("\n«rest»\n") else { return lock.to_owned() };
    let own = fill(own, &[("crate", package)]);
    let mut packages: Vec<&str> = others.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    let head = if packages.is_empty() { "" } else { packages.remove(0) };
    let at = packages.iter().position(|other| name_of(other) > package).unwrap_or(packages.len());
    packages.insert(at, own.trim());
    format!("{head}\n\n{}\n", packages.join("\n\n"))
}

fn name_of(package: &str) -> &str {
    let line = package.lines().find_map(|line| line.strip_prefix("name = \""));
    line.map_or("", |name| name.trim_end_matches('"'))
}

/// Whether a package of that name is among the dependencies, so that ours may not be called so.
pub fn is_dependency(name: &str) -> bool {
    let lock = include_str!("templates/Cargo.lock");
    lock.lines().any(|line| line.strip_prefix("name = \"").is_some_and(|other| other.trim_end_matches('"') == name))
}

/// A file whose only places are names and the port.
pub fn plain(service: &Service<'_>, template: &str) -> String {
    let port = service.wishes.port.to_string();
    let library = service.library();
    let database = service.database();
    let values = [
        ("crate", service.package.as_str()),
        ("lib", library.as_str()),
        ("database", database.as_str()),
        ("port", port.as_str()),
        ("system", service.system()),
    ];
    fill(template, &values)
}

/// `src/lib.rs`.
pub fn library(service: &Service<'_>) -> String {
    let (title, summary) = (comment(&service.title), comment(&service.product.summary));
    let said = [title, summary].into_iter().filter(|text| !text.is_empty());
    let about: String = said.map(|text| format!("{}\n//!\n", wrapped("//!", &text))).collect();
    let has_steps = service.calls().any(|(_, call)| matches!(call.deed, Deed::Step { .. }));
    let (route, handler) = match service.openapi {
        Some(_) => ("        .route(\"/openapi.json\", get(openapi))\n", include_str!("templates/src/openapi.rs")),
        None => ("", ""),
    };
    let values = [
        ("about", about.trim_end().to_owned()),
        ("life", if has_steps { "pub mod life;\n".to_owned() } else { String::new() }),
        ("health", service.health().to_owned()),
        ("http", if service.openapi.is_some() { "{HeaderName, StatusCode, header}" } else { "StatusCode" }.to_owned()),
        ("openapi_route", route.to_owned()),
        ("openapi_handler", handler.to_owned()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(include_str!("templates/src/lib.rs"), &values)
}

/// `src/auth.rs`.
pub fn auth(service: &Service<'_>) -> String {
    let role = |role: &super::service::Role<'_>| format!("        {} = {},", role.variant, literal(role.id));
    let roles: Vec<String> = service.roles.iter().map(role).collect();
    fill(include_str!("templates/src/auth.rs"), &[("system", service.system()), ("roles", &roles.join("\n"))])
}

/// `src/problem.rs`.
pub fn problem(service: &Service<'_>) -> String {
    let removes = service.calls().any(|(_, call)| call.deed == Deed::Remove);
    let of_removal = if removes { include_str!("templates/src/of_removal.rs") } else { "" };
    fill(include_str!("templates/src/problem.rs"), &[("of_removal", of_removal)])
}

/// `src/body.rs`.
pub fn body(service: &Service<'_>) -> String {
    let changes = service.calls().any(|(_, call)| call.deed == Deed::Change);
    let (fields, read) = if changes {
        (include_str!("templates/src/changes.rs"), include_str!("templates/src/read_changes.rs"))
    } else {
        ("", "")
    };
    fill(include_str!("templates/src/body.rs"), &[("changes", fields), ("read_changes", read)])
}

/// `src/value.rs`: the checks that this service's columns call for, and no others.
pub fn value(service: &Service<'_>) -> String {
    let read = |column: &&Col| column.is_given();
    let columns: Vec<&Col> =
        service.resources.iter().filter(|r| !r.calls.is_empty()).flat_map(|r| &r.columns).filter(read).collect();
    let mut readers: BTreeSet<&str> = columns.iter().map(|column| column.reader()).collect();
    if readers.contains("texts") {
        readers.insert("line");
    }
    if ["line", "long_text", "email", "link"].iter().any(|name| readers.contains(name)) {
        readers.insert("text");
    }
    if ["email", "link"].iter().any(|name| readers.contains(name)) {
        readers.insert("line_max");
    }
    let text = sections(include_str!("templates/src/value.rs"), |name| match name {
        "uses" => Some(uses(&readers)),
        "blanks" => Some(blanks(&readers)),
        "end" => Some(String::new()),
        "line_max" => (readers.contains("line_max") || readers.contains("line")).then(String::new),
        name => readers.contains(name).then(String::new),
    });
    format!("{}\n", text.trim_end())
}

fn uses(readers: &BTreeSet<&str>) -> String {
    let has = |name: &str| readers.contains(name);
    let mut lines = if readers.is_empty() { String::new() } else { "use serde_json::Value;\n".to_owned() };
    let day = if has("day") { "Date" } else { "" };
    let moment = if has("moment") { "OffsetDateTime" } else { "" };
    let mut times: Vec<String> =
        [day, moment].iter().filter(|name| !name.is_empty()).map(|name| (*name).to_owned()).collect();
    if has("moment") {
        times.push("format_description::well_known::Rfc3339".to_owned());
    }
    if has("day") {
        times.push("macros::format_description".to_owned());
    }
    if !times.is_empty() {
        lines.push_str(&Expr::list("use time::{", times, ";").import());
        lines.push('\n');
    }
    if has("id") {
        lines.push_str("use uuid::Uuid;\n");
    }
    if has("one_of") {
        lines.push_str("\nuse crate::words::Words;\n");
    }
    lines
}

/// What stands in for a value of each type that fields of this service have.
fn blanks(readers: &BTreeSet<&str>) -> String {
    let types = [
        ("String", "Self::new()", &["line", "long_text", "email", "link", "texts"][..]),
        ("Vec<String>", "Self::new()", &["texts"]),
        ("i64", "0", &["integer", "money", "seconds"]),
        ("f64", "0.0", &["decimal"]),
        ("bool", "false", &["boolean"]),
        ("Uuid", "Self::nil()", &["id"]),
        ("Date", "Self::MIN", &["day"]),
        ("OffsetDateTime", "Self::UNIX_EPOCH", &["moment"]),
    ];
    let needed = types.iter().filter(|(.., by)| by.iter().any(|name| readers.contains(name)));
    let mut text: String = needed.map(|(name, value, _)| blank(&format!("impl Blank for {name}"), value)).collect();
    if readers.contains("one_of") {
        text.push_str(&blank("impl<W: Words> Blank for W", "Self::ALL[0]"));
    }
    text
}

fn blank(head: &str, value: &str) -> String {
    format!("\n{head} {{\n    fn blank() -> Self {{\n        {value}\n    }}\n}}\n")
}

/// `src/resources/mod.rs`.
pub fn resources(service: &Service<'_>) -> String {
    let mut modules: Vec<&str> =
        service.resources.iter().filter(|r| !r.calls.is_empty()).map(|r| r.module.as_str()).collect();
    modules.sort_unstable();
    let mut text = "//! What the service keeps: a file each, with its row, its handlers and its SQL.\n\n".to_owned();
    modules.iter().for_each(|module| text.push_str(&format!("pub mod {module};\n")));
    text.push_str("\nuse axum::Router;\nuse sqlx::PgPool;\n\n/// All routes.\npub fn routes() -> Router<PgPool> {\n");
    let merges = modules.iter().map(|module| format!(".merge({module}::routes())"));
    text.push_str(&Expr::chain("Router::new()", merges, "").alone(4));
    text.push_str("\n}\n");
    text
}

/// `tests/api/main.rs`.
pub fn test_main(modules: &[&str]) -> String {
    let mut modules: Vec<&str> = modules.iter().copied().chain(["rights", "service", "support"]).collect();
    modules.sort_unstable();
    let lines: String = modules.iter().map(|module| format!("mod {module};\n")).collect();
    fill(include_str!("templates/tests/main.rs"), &[("modules", lines.trim_end())])
}

/// `tests/api/service.rs`.
pub fn test_service(service: &Service<'_>, needs: &mut Needs) -> String {
    let first = service.calls().next().map(|(_, call)| call.operation);
    let create = service.calls().find(|(_, call)| call.deed == Deed::Create).map(|(_, call)| call.operation);
    if first.is_some() {
        needs.insert("caller");
    }
    let path =
        first.map_or(String::new(), |operation| operation.path.replace("{id}", "00000000-0000-0000-0000-000000000000"));
    let library = service.library();
    let text = sections(include_str!("templates/tests/service.rs"), |name| match name {
        "lib" => Some(format!("use {library}::auth::Role;\n")),
        "caller" => first.map(|_| String::new()),
        "create" => create.map(|_| String::new()),
        "openapi" => service.openapi.as_ref().map(|_| String::new()),
        _ => Some(String::new()),
    });
    let values = [
        ("system", service.system()),
        ("health", service.health()),
        ("method", first.map_or("", |operation| operation.method.as_str())),
        ("path", &path),
        ("create", create.map_or("", |operation| &operation.path)),
    ];
    fill(&text, &values)
}
