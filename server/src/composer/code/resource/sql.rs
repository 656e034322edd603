//! The SQL of a resource, in one place.

use std::collections::BTreeSet;

use model::sections::ColumnKind;

use crate::composer::code::{
    layout::Source,
    names::{literal, quoted, sql as name},
    service::{Col, Deed, Resource},
};

/// The longest line of SQL.
const WIDTH: usize = 108;

pub fn write(out: &mut Source, resource: &Resource<'_>) {
    out.line(format!("/// Every statement about {}.", resource.nouns)).line("mod sql {");
    let statements = statements(resource);
    for (at, (constant, lines)) in statements.iter().enumerate() {
        if at > 0 {
            out.gap();
        }
        out.line(format!("    pub const {constant}: &str = \""));
        let (last, before) = match lines.split_last() {
            Some((last, before)) => (last.as_str(), before),
            None => continue,
        };
        before.iter().for_each(|line| {
            out.line(format!("        {}", escaped(line)));
        });
        out.line(format!("        {}\";", escaped(last)));
    }
    out.line("}");
}

fn statements(resource: &Resource<'_>) -> Vec<(&'static str, Vec<String>)> {
    let has = |wanted: fn(&Deed) -> bool| resource.call(wanted).is_some();
    let mut all = Vec::new();
    if has(|deed| matches!(deed, Deed::List(_))) {
        all.push(("LIST", list(resource)));
    }
    if has(|deed| *deed == Deed::Create) {
        all.push(("CREATE", create(resource)));
    }
    if has(|deed| matches!(deed, Deed::Create | Deed::Read | Deed::Step { .. })) {
        all.push(("READ", read(resource)));
    }
    if has(|deed| *deed == Deed::Change) && resource.changeable().next().is_some() {
        all.push(("CHANGE", change(resource)));
    }
    if has(|deed| matches!(deed, Deed::Step { .. })) && resource.state().is_some() {
        all.push(("STEP", step(resource)));
    }
    if has(|deed| *deed == Deed::Remove) {
        all.push(("REMOVE", vec![format!("delete from {} where id = $1", name(&resource.table))]));
    }
    all
}

/// Every column, so that a row reads the same to a program that does not know a newer one yet.
fn columns(resource: &Resource<'_>, before: &str) -> Vec<String> {
    let names = resource.columns.iter().map(|column| name(&column.name).into_owned());
    wrapped(before, names)
}

/// Words after `before`, with commas, in lines that are not too long.
fn wrapped(before: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = words.collect();
    let (mut lines, mut line) = (Vec::new(), before.to_owned());
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        if line.len() + word.len() + 2 > WIDTH {
            lines.push(std::mem::replace(&mut line, "   ".to_owned()));
        }
        line.push(' ');
        line.push_str(word);
        line.push_str(comma);
    }
    lines.push(line);
    lines
}

fn list(resource: &Resource<'_>) -> Vec<String> {
    let mut lines = columns(resource, "select");
    lines.push(format!("from {}", name(&resource.table)));
    lines.push("where (created_at, id) < ($1, $2)".to_owned());
    for (column, number) in resource.filters().zip(4..) {
        lines.push(format!("  and (${number}::{} is null or {} = ${number})", column.sql_type(), name(&column.name)));
    }
    lines.extend(["order by created_at desc, id desc".to_owned(), "limit $3".to_owned()]);
    lines
}

fn create(resource: &Resource<'_>) -> Vec<String> {
    let names: Vec<String> = std::iter::once("id".to_owned())
        .chain(resource.given().map(|column| name(&column.name).into_owned()))
        .collect();
    let last = names.len();
    let mut lines = wrapped(&format!("insert into {}", name(&resource.table)), bracketed(names));
    lines.extend(wrapped("values", bracketed((1..=last).map(|number| format!("${number}")).collect())));
    lines.extend(columns(resource, "returning"));
    lines
}

/// A list whose first begins with a bracket and whose last ends with one.
fn bracketed(mut words: Vec<String>) -> impl Iterator<Item = String> {
    if let Some(first) = words.first_mut() {
        first.insert(0, '(');
    }
    if let Some(last) = words.last_mut() {
        last.push(')');
    }
    words.into_iter()
}

fn read(resource: &Resource<'_>) -> Vec<String> {
    let mut lines = columns(resource, "select");
    lines.push(format!("from {}", name(&resource.table)));
    lines.push("where id = $1".to_owned());
    lines
}

fn change(resource: &Resource<'_>) -> Vec<String> {
    let mut number = 1;
    let mut sets = Vec::new();
    for column in resource.changeable() {
        let named = name(&column.name);
        if column.nullable {
            sets.push(format!("{named} = case when ${} then ${} else {named} end", number + 1, number + 2));
            number += 2;
        } else {
            sets.push(format!("{named} = coalesce(${}, {named})", number + 1));
            number += 1;
        }
    }
    sets.push("updated_at = now()".to_owned());
    update(resource, sets, "where id = $1")
}

fn step(resource: &Resource<'_>) -> Vec<String> {
    let Some(state) = resource.state() else { return Vec::new() };
    let named = name(&state.name);
    let mut sets = vec![format!("{named} = $3")];
    sets.extend(moments(resource).into_iter().map(|(column, states)| {
        let now = if column.kind == ColumnKind::Date { "current_date" } else { "now()" };
        let moment = name(&column.name);
        let when = match states.as_slice() {
            [one] => format!("= {}", quoted(one)),
            many => format!("in ({})", many.iter().map(|state| quoted(state)).collect::<Vec<_>>().join(", ")),
        };
        format!("{moment} = case when $3 {when} then {now} else {moment} end")
    }));
    sets.push("updated_at = now()".to_owned());
    update(resource, sets, &format!("where id = $1 and {named} = any($2)"))
}

/// SQL within a text in Rust.
fn escaped(line: &str) -> String {
    let quoted = literal(line);
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(line).to_owned()
}

/// Which columns hold the moment of which states.
fn moments<'r>(resource: &'r Resource<'_>) -> Vec<(&'r Col, Vec<String>)> {
    let mut moments: Vec<(&Col, BTreeSet<String>)> = Vec::new();
    for call in &resource.calls {
        let Deed::Step { to, sets, .. } = &call.deed else { continue };
        for column in sets.iter().filter_map(|name| resource.column(name)) {
            match moments.iter_mut().find(|(known, _)| known.name == column.name) {
                Some((_, states)) => drop(states.insert(to.clone())),
                None => moments.push((column, BTreeSet::from([to.clone()]))),
            }
        }
    }
    moments.into_iter().map(|(column, states)| (column, states.into_iter().collect())).collect()
}

fn update(resource: &Resource<'_>, sets: Vec<String>, condition: &str) -> Vec<String> {
    let last = sets.len().saturating_sub(1);
    let mut lines = vec![format!("update {}", name(&resource.table))];
    for (at, set) in sets.iter().enumerate() {
        let before = if at == 0 { "set" } else { "   " };
        lines.push(format!("{before} {set}{}", if at == last { "" } else { "," }));
    }
    lines.push(condition.to_owned());
    lines.extend(columns(resource, "returning"));
    lines
}
