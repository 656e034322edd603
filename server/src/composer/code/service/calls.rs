//! What can be done with a resource: an operation of the architecture each, with its handler.

use std::collections::BTreeSet;

use model::sections::{self, Architecture, ColumnKind, Operation, SYSTEM};

use super::{Resource, Role};
use crate::composer::{
    blueprint::ascii_words,
    code::names::{self, Given},
};

/// A program of more than this nobody would read.
const MOST_CALLS: usize = 600;

/// An operation and its handler.
#[derive(Debug)]
pub struct Call<'a> {
    /// As the architecture has it.
    pub operation: &'a Operation,
    /// The name of its handler.
    pub handler: String,
    /// What it does.
    pub deed: Deed,
    /// The roles that may call it, as variants; any caller when empty.
    pub roles: Vec<String>,
    /// The same as ids.
    pub role_ids: Vec<&'a str>,
}

/// What a call does to its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Reads many; filters by these columns.
    List(Vec<String>),
    /// Makes one.
    Create,
    /// Reads one.
    Read,
    /// Changes one.
    Change,
    /// Takes one away.
    Remove,
    /// A step in its life.
    Step {
        /// What is done, in words.
        verb: String,
        /// Where it can be done.
        from: Vec<String>,
        /// Where it leads.
        to: String,
        /// Columns that then hold the moment.
        sets: Vec<String>,
    },
}

/// Gives every operation to its resource. Returns those that fit none: another table's, a path that does not say which row, or one that is
/// taken.
pub fn assign<'a>(
    resources: &mut [Resource<'a>],
    architecture: &'a Architecture,
    roles: &[Role<'a>],
) -> Vec<&'a Operation> {
    let (mut left_out, mut taken) = (Vec::new(), BTreeSet::new());
    let mut names: Vec<Given> = resources.iter().map(taken_names).collect();
    for operation in architecture.operations.iter().take(MOST_CALLS) {
        let at = resources.iter().position(|resource| resource.origin.id == operation.table);
        let at = at.filter(|_| fits(operation));
        match at.filter(|_| taken.insert((operation.method.as_str(), operation.path.as_str()))) {
            Some(at) => {
                let call = call(operation, &resources[at], &mut names[at], roles);
                resources[at].calls.push(call);
            }
            None => left_out.push(operation),
        }
    }
    left_out
}

/// Functions that the file of a resource has beside its handlers.
fn taken_names(_: &Resource<'_>) -> Given {
    Given::with(&["routes", "insert", "find", "take", "sql", "get", "post", "patch", "delete", "method"])
}

/// Whether the path says which row an operation is about, and nothing else.
fn fits(operation: &Operation) -> bool {
    let ids = operation.path.matches("{id}").count();
    let wanted = usize::from(!matches!(operation.deed, sections::Deed::List { .. } | sections::Deed::Create));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '_');
    ids == wanted
        && operation.path.starts_with('/')
        && !operation.path.ends_with('/')
        && !operation.path.contains("//")
        && operation.path.replace("{id}", "").chars().all(plain)
}

fn call<'a>(operation: &'a Operation, resource: &Resource<'a>, names: &mut Given, roles: &[Role<'a>]) -> Call<'a> {
    let deed = deed(operation, resource);
    let name = match &deed {
        Deed::List(_) => "list".to_owned(),
        Deed::Create => "create".to_owned(),
        Deed::Read => "read".to_owned(),
        Deed::Change => "change".to_owned(),
        Deed::Remove => "remove".to_owned(),
        Deed::Step { verb, .. } => names::snake(&ascii_words(verb), "step"),
    };
    let known = roles.iter().filter(|role| operation.roles.iter().any(|id| id == role.id));
    let (mut role_ids, mut variants): (Vec<&str>, Vec<String>) =
        known.map(|role| (role.id, role.variant.clone())).unzip();
    // Roles that are gone leave it to the service itself rather than to everybody.
    if variants.is_empty() && !operation.roles.is_empty() {
        let system = roles.iter().find(|role| role.id == SYSTEM);
        system.into_iter().for_each(|role| {
            role_ids.push(role.id);
            variants.push(role.variant.clone());
        });
    }
    Call { operation, handler: names.give(&name, "_"), deed, roles: variants, role_ids }
}

fn deed(operation: &Operation, resource: &Resource<'_>) -> Deed {
    match &operation.deed {
        sections::Deed::List { filters } => Deed::List(known_filters(filters, resource)),
        sections::Deed::Create => Deed::Create,
        sections::Deed::Read => Deed::Read,
        sections::Deed::Change => Deed::Change,
        sections::Deed::Remove => Deed::Remove,
        sections::Deed::Step { from, to, sets } => {
            let last = operation.path.rsplit('/').next().unwrap_or_default();
            let moments = sets.iter().filter(|name| {
                let column = resource.column(name);
                column.is_some_and(|column| matches!(column.kind, ColumnKind::Time | ColumnKind::Date))
                    && !["created_at", "updated_at"].contains(&name.as_str())
            });
            Deed::Step {
                verb: last.replace('-', " ").replace("{id}", "step"),
                from: tidy(from),
                to: tidy(std::slice::from_ref(to)).pop().unwrap_or_else(|| "done".to_owned()),
                sets: moments.cloned().collect(),
            }
        }
    }
}

fn known_filters(filters: &[String], resource: &Resource<'_>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for name in filters {
        let fits = resource.column(name).is_some_and(|column| column.kind != ColumnKind::TextList);
        if fits && !known.contains(name) && !["limit", "cursor"].contains(&name.as_str()) {
            known.push(name.clone());
        }
    }
    known
}

fn tidy(states: &[String]) -> Vec<String> {
    let mut tidy: Vec<String> = Vec::new();
    for state in states.iter().map(|state| state.replace('\0', "").trim().to_owned()) {
        if !state.is_empty() && !tidy.contains(&state) {
            tidy.push(state);
        }
    }
    tidy
}
