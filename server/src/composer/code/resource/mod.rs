//! The file of a resource: what a row is, what callers may say about it, its handlers, and its SQL.

mod bodies;
mod handlers;
mod imports;
mod row;
mod sql;

use std::fmt::Write as _;

use super::{
    layout::{Expr, Source},
    names::literal,
    service::{Call, Deed, Resource, Service},
};
use crate::composer::inflect::capitalised;

/// The file, as text.
pub fn file(service: &Service<'_>, resource: &Resource<'_>) -> String {
    let mut out = Source::default();
    head(&mut out, service, resource);
    imports::write(&mut out, resource);
    routes(&mut out, resource);
    row::write(&mut out, resource);
    bodies::write(&mut out, resource);
    handlers::write(&mut out, resource);
    sql::write(&mut out, resource);
    out.finish()
}

/// What it is and how its life goes.
fn head(out: &mut Source, service: &Service<'_>, resource: &Resource<'_>) {
    out.line(format!("//! {}. {}", capitalised(&resource.nouns), resource.purpose));
    if let Some(first) = resource.state().and_then(|state| state.words.first()) {
        out.line("//!").line(format!("//! {} begins as {}.", capitalised(&resource.a_noun()), shown(&first.text)));
    }
    let steps: Vec<String> = resource.steps().map(|(call, from, to)| life_line(service, call, from, to)).collect();
    if !steps.is_empty() {
        out.line("//!");
        steps.iter().for_each(|step| {
            out.line(format!("//! - {step}"));
        });
    }
    out.gap();
}

/// "accept: open or countered → accepted, by collector who sells".
pub fn life_line(service: &Service<'_>, call: &Call<'_>, from: &[String], to: &str) -> String {
    let from: Vec<String> = from.iter().map(|state| shown(state)).collect();
    let verb = match &call.deed {
        Deed::Step { verb, .. } => verb.as_str(),
        _ => call.handler.as_str(),
    };
    let mut line = format!("{verb}: {} → {}", from.join(" or "), shown(to));
    let by = service.names_of(call);
    if !by.is_empty() {
        let _ = write!(line, ", by {by}");
    }
    line
}

fn shown(state: &str) -> String {
    super::names::comment(state)
}

fn routes(out: &mut Source, resource: &Resource<'_>) {
    out.line("/// The routes, with their handlers.").line("pub fn routes() -> Router<PgPool> {");
    let routes = paths(resource).into_iter().map(|(path, calls)| {
        let methods: Vec<String> = calls
            .iter()
            .map(|call| format!("{}({})", call.operation.method.as_str().to_lowercase(), call.handler))
            .collect();
        format!(".route({}, {})", literal(path), methods.join("."))
    });
    out.line(Expr::chain("Router::new()", routes, "").alone(4)).line("}").gap();
}

/// The calls by their path, in the order in which paths come first.
fn paths<'r, 'a>(resource: &'r Resource<'a>) -> Vec<(&'a str, Vec<&'r Call<'a>>)> {
    let mut paths: Vec<(&str, Vec<&Call<'a>>)> = Vec::new();
    for call in &resource.calls {
        let path = call.operation.path.as_str();
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, calls)) => calls.push(call),
            None => paths.push((path, vec![call])),
        }
    }
    paths
}
