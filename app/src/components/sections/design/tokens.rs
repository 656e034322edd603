//! Values by name: colours as swatches in both themes, all others as lines. An alias names what it stands for.

use leptos::prelude::*;
use model::sections::{Scheme, Token, TokenKind, alias};
use serde_json::Value;

use super::super::links::anchor;

/// Aliases of aliases are followed this far.
const ALIASES: usize = 8;

/// A token. Aliases are resolved among the tokens that stand before it.
pub(super) fn view(token: &Token, all: &[Token]) -> AnyView {
    let at = all.iter().position(|other| other.id == token.id).unwrap_or(0);
    let before = &all[..at];
    if token.kind == TokenKind::Color { colour_view(token, before) } else { line_view(token) }
}

fn colour_view(token: &Token, before: &[Token]) -> AnyView {
    let light = colour(token.value(Scheme::Light), Scheme::Light, before);
    let dark = colour(token.value(Scheme::Dark), Scheme::Dark, before);
    let half =
        |x: u8, fill: Option<String>| fill.map(|fill| view! { <rect x=x width="4" height="2" fill=fill></rect> });
    view! {
        <article class="token swatch-pair" id=anchor("tokens", &token.id) data-piece=format!("tokens/{}", token.id)>
            <svg class="chip" viewBox="0 0 8 2" preserveAspectRatio="none" aria-hidden="true">{half(0, light)} {half(4, dark)}</svg>
            <h4><code>{token.id.clone()}</code></h4>
            <p class="values">{values_view(token)}</p>
            <p class="quiet" dir="auto">{token.purpose.clone()}</p>
        </article>
    }
    .into_any()
}

fn line_view(token: &Token) -> AnyView {
    view! {
        <article class="token line" id=anchor("tokens", &token.id) data-piece=format!("tokens/{}", token.id)>
            <h4><code>{token.id.clone()}</code></h4>
            <p class="values">{values_view(token)}</p>
            <p class="quiet" dir="auto">{token.purpose.clone()}</p>
        </article>
    }
    .into_any()
}

/// The value; both values where the themes differ.
fn values_view(token: &Token) -> AnyView {
    let light = value_view(&token.light);
    let Some(dark) = token.dark.as_ref().map(value_view) else { return light };
    view! { {light} " " <span class="quiet">"in the dark"</span> " " {dark} }.into_any()
}

fn value_view(value: &Value) -> AnyView {
    if let Some(name) = alias(value) {
        let (target, name) = (format!("#{}", anchor("tokens", &id_of(name))), name.to_owned());
        return view! { <a href=target><code>{name}</code></a> }.into_any();
    }
    view! { <code>{text_of(value)}</code> }.into_any()
}

/// A value as one would write it in a style sheet.
fn text_of(value: &Value) -> String {
    let unit = value["unit"].as_str();
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<String>>().join(", "),
        Value::Object(_) if unit.is_some() => format!("{}{}", value["value"], unit.unwrap_or_default()),
        Value::Object(_) => {
            value["hex"].as_str().map(str::to_owned).or_else(|| space(value)).unwrap_or_else(|| value.to_string())
        }
        other => other.to_string(),
    }
}

/// What a colour is painted with; nothing where that is not known.
fn colour(value: &Value, scheme: Scheme, before: &[Token]) -> Option<String> {
    let mut value = value;
    for _ in 0..ALIASES {
        let Some(name) = alias(value) else { break };
        let id = id_of(name);
        value = before.iter().find(|token| token.id == id)?.value(scheme);
    }
    let hex = value["hex"].as_str().or_else(|| value.as_str());
    hex.filter(|hex| is_hex(hex)).map(str::to_owned).or_else(|| space(value))
}

fn is_hex(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        [3, 4, 6, 8].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A colour by the numbers of its colour space.
fn space(value: &Value) -> Option<String> {
    let numbers: Vec<f64> = value["components"].as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    let [a, b, c] = numbers[..] else { return None };
    match value["colorSpace"].as_str()? {
        "oklch" => Some(format!("oklch({a} {b} {c})")),
        "srgb" => Some(format!("color(srgb {a} {b} {c})")),
        _ => None,
    }
}

/// The id behind a name with dots: `color-accent` of `color.accent`.
fn id_of(name: &str) -> String {
    name.replacen('.', "-", 1)
}
