//! The architecture section as Markdown: what one would hand to whoever builds it.

use std::fmt::Write as _;

use model::{
    Directive,
    sections::{Architecture, Column, Decision, Deed, Operation, SetBy, Severity, Table, Threat},
};

/// The section as Markdown, with one trailing newline. Diagrams stand in it as Mermaid.
pub fn architecture(directive: &Directive, architecture: &Architecture) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, directive, architecture);
    super::ended(&text)
}

fn write(text: &mut String, directive: &Directive, section: &Architecture) -> std::fmt::Result {
    writeln!(text, "# Architecture\n\nFor: {}\n\n{}\n", directive.title(120), section.overview)?;
    for diagram in &section.diagrams {
        writeln!(text, "## {}\n\n{}\n\n```mermaid\n{}```\n", diagram.title, diagram.about, diagram.mermaid)?;
    }
    writeln!(text, "## Who calls it\n")?;
    section.roles.iter().try_for_each(|role| writeln!(text, "- **{}** `{}`: {}", role.name, role.id, role.may))?;
    writeln!(text, "\n## Tables\n")?;
    section.tables.iter().try_for_each(|one| table(text, one))?;
    writeln!(text, "## API\n\n| Operation | Request | What it does | For |\n|---|---|---|---|")?;
    section.operations.iter().try_for_each(|one| operation(text, one))?;
    writeln!(text, "\n## Decisions\n")?;
    section.decisions.iter().zip(1..).try_for_each(|(one, nth)| decision(text, one, nth))?;
    writeln!(text, "## What runs\n\n| Unit | Does | Scaling | When it stops |\n|---|---|---|---|")?;
    for unit in &section.deployment {
        let cells = [&unit.does, &unit.scaling, &unit.failure].map(|cell| celled(cell));
        writeln!(text, "| **{}** | {} |", celled(&unit.name), cells.join(" | "))?;
    }
    writeln!(text, "\n## Capacity\n\n| What | Assumption | Figure | Consequence |\n|---|---|---|---|")?;
    for load in &section.capacity {
        let cells = [&load.what, &load.assumption, &load.figure, &load.consequence].map(|cell| celled(cell));
        writeln!(text, "| {} |", cells.join(" | "))?;
    }
    writeln!(text, "\n## Threats\n")?;
    section.threats.iter().try_for_each(|one| threat(text, one))
}

/// A cell must not end its row.
fn celled(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn table(text: &mut String, table: &Table) -> std::fmt::Result {
    writeln!(text, "### {}\n\n{}\n\n| Column | Type | Set by | About |\n|---|---|---|---|", table.name, table.purpose)?;
    table.columns.iter().try_for_each(|one| column(text, one))?;
    writeln!(text)?;
    for index in &table.indexes {
        let unique = if index.unique { "unique " } else { "" };
        writeln!(text, "- {unique}index on {}: {}", index.columns.join(", "), index.why)?;
    }
    writeln!(text)
}

fn column(text: &mut String, column: &Column) -> std::fmt::Result {
    let refers = column.references.as_ref().map(|table| format!(" → {table}")).unwrap_or_default();
    let choices = if column.one_of.is_empty() { String::new() } else { format!(" ({})", column.one_of.join(", ")) };
    let set_by = match column.set_by {
        SetBy::Service => "service",
        SetBy::Creator => "creator, once",
        SetBy::Caller => "caller",
        SetBy::Transition => "a step",
    };
    writeln!(
        text,
        "| `{}` | {}{}{refers} | {set_by} | {}{} |",
        column.name,
        column.kind.as_str(),
        if column.nullable { ", may be empty" } else { "" },
        celled(&column.about),
        celled(&choices)
    )
}

fn operation(text: &mut String, operation: &Operation) -> std::fmt::Result {
    let roles = if operation.roles.is_empty() { "anybody known".to_owned() } else { operation.roles.join(", ") };
    let more = match &operation.deed {
        Deed::List { filters } if !filters.is_empty() => format!(" Filters: {}.", filters.join(", ")),
        Deed::Step { sets, .. } if !sets.is_empty() => format!(" Sets {}.", sets.join(", ")),
        _ => String::new(),
    };
    writeln!(
        text,
        "| `{}` | `{} {}` | {}{} | {} |",
        operation.id,
        operation.method.as_str(),
        operation.path,
        celled(&operation.summary),
        celled(&more),
        celled(&roles)
    )
}

fn decision(text: &mut String, decision: &Decision, nth: usize) -> std::fmt::Result {
    writeln!(text, "### {nth}. {}\n", decision.title)?;
    writeln!(text, "**Context.** {}\n\n**Decision.** {}\n", decision.context, decision.choice)?;
    decision.alternatives.iter().try_for_each(|one| writeln!(text, "- Not: {one}"))?;
    writeln!(text, "\n**Consequences.** {}\n", decision.consequences)?;
    if !decision.features.is_empty() {
        writeln!(text, "For: {}\n", decision.features.join(", "))?;
    }
    Ok(())
}

fn threat(text: &mut String, threat: &Threat) -> std::fmt::Result {
    let severity = match threat.severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    };
    writeln!(text, "- **{severity}, {}**: {} Therefore: {}", threat.kind, threat.text, threat.mitigation)?;
    if !threat.operations.is_empty() {
        writeln!(text, "  Through: {}", threat.operations.join(", "))?;
    }
    Ok(())
}
