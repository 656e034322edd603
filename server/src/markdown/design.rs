//! The design section as Markdown: what a designer or a front-end developer begins with. Wireframes are drawings and stay out of it.

use std::fmt::Write as _;

use model::{
    Directive,
    sections::{Component, Design, Scheme, Screen, Token},
};
use serde_json::Value;

/// The section as Markdown, with one trailing newline.
pub fn design(directive: &Directive, design: &Design) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, directive, design);
    super::ended(&text)
}

fn write(text: &mut String, directive: &Directive, design: &Design) -> std::fmt::Result {
    writeln!(text, "# Design\n\nThe design for: {}\n\n{}\n", directive.title(120), design.approach)?;
    writeln!(text, "## Screens\n")?;
    design.screens.iter().try_for_each(|one| screen(text, design, one))?;
    writeln!(text, "## Components\n")?;
    design.components.iter().try_for_each(|one| component(text, one))?;
    scales(text, design)?;
    writeln!(text, "\n## Tokens\n\n| Token | Type | Light | Dark | Use |\n|---|---|---|---|---|")?;
    design.tokens.iter().try_for_each(|one| token(text, one))
}

fn screen(text: &mut String, design: &Design, screen: &Screen) -> std::fmt::Result {
    writeln!(text, "### {}\n\n`{}`, {}. {}\n", screen.title, screen.route, screen.kind.as_str(), screen.purpose)?;
    let title = |id: &String| design.screen(id).map_or(id.as_str(), |screen| screen.title.as_str()).to_owned();
    let leads: Vec<String> = screen.leads_to.iter().map(title).collect();
    for (what, ids) in [
        ("For", &screen.actors),
        ("Serves", &screen.features),
        ("Shows", &screen.entities),
        ("Calls", &screen.operations),
        ("Built from", &screen.components),
        ("Leads to", &leads),
    ] {
        if !ids.is_empty() {
            writeln!(text, "- {what}: {}", ids.join(", "))?;
        }
    }
    writeln!(text)?;
    screen.states.iter().try_for_each(|state| writeln!(text, "- *{}*: {}", state.name, state.shows))?;
    writeln!(text)
}

fn component(text: &mut String, component: &Component) -> std::fmt::Result {
    writeln!(text, "- **{}** `{}`: {}", component.name, component.id, component.purpose)?;
    writeln!(text, "  - States: {}", component.states.join(", "))?;
    writeln!(text, "  - For everybody: {}", component.access)?;
    writeln!(text, "  - Tokens: {}", component.tokens.join(", "))
}

fn scales(text: &mut String, design: &Design) -> std::fmt::Result {
    writeln!(text, "\n## Type\n\n| Step | Size | Line | Weight | Family | Use |\n|---|---|---|---|---|---|")?;
    for step in &design.type_scale {
        let (id, size, line) = (&step.id, step.size, step.line_height);
        writeln!(text, "| {id} | {size} rem | {line} | {} | {} | {} |", step.weight, step.family, step.purpose)?;
    }
    writeln!(text, "\n## Space\n\n| Step | Pixels | Use |\n|---|---|---|")?;
    let row = |step: &model::sections::SpaceStep| format!("| {} | {} | {} |", step.id, step.pixels, step.purpose);
    design.space_scale.iter().try_for_each(|step| writeln!(text, "{}", row(step)))
}

fn token(text: &mut String, token: &Token) -> std::fmt::Result {
    let kind =
        serde_json::to_value(token.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
    let light = said(token.value(Scheme::Light));
    let dark = token.dark.as_ref().map_or_else(|| "same".to_owned(), said);
    writeln!(text, "| {} | {kind} | {light} | {dark} | {} |", token.name(), token.purpose)
}

/// A value as a person reads it: `#a93212`, `16px`, `Inter, sans-serif`.
fn said(value: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(parts) => match (parts.get("hex"), parts.get("value"), parts.get("unit")) {
            (Some(hex), ..) => plain(hex),
            (_, Some(number), Some(unit)) => format!("{}{}", plain(number), plain(unit)),
            _ => value.to_string(),
        },
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other),
    }
}
