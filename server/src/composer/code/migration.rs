//! The schema: `migrations/0001_init.sql`.

use model::sections::ColumnKind;

use super::{
    names::{comment, quoted, sql},
    service::{Col, Resource, Service},
};
use crate::composer::inflect::lower_first;

/// The most bytes PostgreSQL keeps of a name.
const NAME_MAX: usize = 63;

/// The file, as text.
pub fn file(service: &Service<'_>) -> String {
    let mut text = format!("-- {}\n", comment(&service.title));
    for (at, resource) in service.resources.iter().enumerate() {
        let is_there = |name: &str| service.resources.iter().take(at + 1).any(|other| other.table == name);
        table(&mut text, resource, is_there);
    }
    later_references(&mut text, service);
    own_tables(&mut text, service);
    text
}

fn table(text: &mut String, resource: &Resource<'_>, is_there: impl Fn(&str) -> bool) {
    text.push_str(&format!("\n-- {}\ncreate table {} (\n", resource.purpose, sql(&resource.table)));
    let mut lines: Vec<(String, String)> =
        resource.columns.iter().map(|column| (definition(column), note(column))).collect();
    let constraints = resource.columns.iter().flat_map(|column| {
        let here = column.references.as_deref().is_some_and(&is_there);
        let reference = if here { reference(resource, column) } else { None };
        reference.into_iter().chain(check(resource, column))
    });
    lines.extend(constraints.map(|constraint| (constraint, String::new())));
    let last = lines.len().saturating_sub(1);
    for (at, (line, note)) in lines.iter().enumerate() {
        let comma = if at == last { "" } else { "," };
        text.push_str(&format!("    {line}{comma}{note}\n"));
    }
    text.push_str(");\n");
    indexes(text, resource);
}

fn definition(column: &Col) -> String {
    let mut text = format!("{} {}", sql(&column.name), column.sql_type());
    if column.name == "id" {
        text.push_str(" primary key");
        return text;
    }
    if !column.nullable {
        text.push_str(" not null");
    }
    if let Some(default) = column.default() {
        text.push_str(&format!(" default {default}"));
    }
    text
}

/// What a column keeps, where its name does not say it.
fn note(column: &Col) -> String {
    if column.kind == ColumnKind::State || !column.says_more() {
        return String::new();
    }
    format!(" -- {}", lower_first(column.about.trim_end_matches('.')))
}

/// `constraint offers_listing_id_fkey foreign key (listing_id) references listings (id)`.
fn reference(resource: &Resource<'_>, column: &Col) -> Option<String> {
    let target = column.references.as_deref()?;
    let name = constraint(&resource.table, &column.name, "fkey");
    Some(format!("constraint {name} foreign key ({}) references {} (id)", sql(&column.name), sql(target)))
}

fn check(resource: &Resource<'_>, column: &Col) -> Option<String> {
    let named = sql(&column.name);
    let condition = match column.kind {
        _ if column.is_enum() => {
            let words: Vec<String> = column.words.iter().map(|word| quoted(&word.text)).collect();
            format!("{named} in ({})", words.join(", "))
        }
        ColumnKind::Money | ColumnKind::Duration => format!("{named} >= 0"),
        _ => return None,
    };
    Some(format!("constraint {} check ({condition})", constraint(&resource.table, &column.name, "check")))
}

/// A name of at most as many bytes as PostgreSQL keeps; the column counts for more than the table.
fn constraint(table: &str, columns: &str, what: &str) -> String {
    let name = format!("{table}_{columns}_{what}");
    if name.len() <= NAME_MAX {
        return name;
    }
    let cut: String = columns.chars().take(NAME_MAX - what.len() - 1).collect();
    format!("{cut}_{what}")
}

fn indexes(text: &mut String, resource: &Resource<'_>) {
    for (at, index) in resource.indexes.iter().enumerate() {
        let columns: Vec<String> = index.columns.iter().map(|column| sql(column).into_owned()).collect();
        let (unique, what) = if index.unique { ("unique ", "key") } else { ("", "idx") };
        let mut name = format!("{}_{}_{what}", resource.table, index.columns.join("_"));
        if name.len() > NAME_MAX {
            let table: String = resource.table.chars().take(NAME_MAX - 10).collect();
            name = format!("{table}_{at}_{what}");
        }
        let why = comment(&index.why);
        let why = if why.is_empty() { why } else { format!(" -- {why}") };
        let named = sql(&resource.table);
        text.push_str(&format!("create {unique}index {name} on {named} ({});{why}\n", columns.join(", ")));
    }
}

/// References to tables that come later, when those are there.
fn later_references(text: &mut String, service: &Service<'_>) {
    let mut lines = Vec::new();
    for (at, resource) in service.resources.iter().enumerate() {
        for column in &resource.columns {
            let later = |name: &str| service.resources.iter().skip(at + 1).any(|other| other.table == name);
            if column.references.as_deref().is_some_and(later)
                && let Some(reference) = reference(resource, column)
            {
                lines.push(format!("alter table {} add {reference};\n", sql(&resource.table)));
            }
        }
    }
    if !lines.is_empty() {
        text.push_str("\n-- References to tables that come later.\n");
        text.extend(lines);
    }
}

fn own_tables(text: &mut String, service: &Service<'_>) {
    let roles: Vec<String> = service.roles.iter().map(|role| quoted(role.id)).collect();
    text.push_str(&super::template::fill(include_str!("templates/own_tables.sql"), &[("roles", &roles.join(", "))]));
}
