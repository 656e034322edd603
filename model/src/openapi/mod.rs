//! The HTTP API of an architecture as an OpenAPI 3.1 document, and what can be told of such a document without a schema validator.

mod check;
mod operations;
mod schemas;

use serde_json::{Map, Value, json};

pub use check::{Fault, faults, missing};

use crate::sections::Architecture;

/// The version of OpenAPI that is spoken.
pub const OPENAPI: &str = "3.1.0";

/// The document. Pure: the same architecture gives the same bytes. Operations about a table that is not there are left out, which
/// [`missing`] tells.
pub fn document(title: &str, summary: &str, architecture: &Architecture) -> Value {
    let names = schemas::Names::of(architecture);
    let tags =
        architecture.tables.iter().map(|table| json!({ "name": table.id, "description": sentence(&table.purpose) }));
    let service = json!({ "name": "service", "description": "The service itself." });
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": if title.trim().is_empty() { "API" } else { title.trim() },
            "description": summary.trim(),
            "version": "0.1.0",
        },
        "servers": [{ "url": "/", "description": "Wherever the service runs." }],
        "security": [{ "token": [] }],
        "tags": tags.chain([service]).collect::<Vec<Value>>(),
        "paths": operations::paths(architecture, &names),
        "components": {
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of a row of api_callers. Its role decides what may be called.",
            } },
            "parameters": operations::parameters(),
            "responses": operations::problems(),
            "schemas": schemas::schemas(architecture, &names),
        },
    })
}

/// A text as a sentence: with a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let said: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if said.is_empty() || said.ends_with(['.', '!', '?']) { said } else { format!("{said}.") }
}

/// A reference to a part of the document.
fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// An object of what is given, in that order.
fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests;
