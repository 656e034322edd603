//! Paths: what can be asked for, with what, and what comes back.

use serde_json::{Map, Value, json};

use super::{object, reference, schemas, schemas::Names};
use crate::sections::{Architecture, Deed, Operation, Table};

/// Where a problem has its name in the document, its status and what it means.
const PROBLEMS: [(&str, &str, &str); 8] = [
    ("BadRequest", "400", "The JSON, the cursor or a filter cannot be read."),
    ("Unauthorized", "401", "The token is missing or not known."),
    ("Forbidden", "403", "The caller's role may not do this."),
    ("NotFound", "404", "There is no such row."),
    ("Conflict", "409", "What is there now stands against it; detail says what."),
    ("TooLarge", "413", "The body has more than 64 kB."),
    ("NotJson", "415", "The body is not application/json."),
    (
        "Unprocessable",
        "422",
        "A field is missing, unknown or wrong, or refers to a row that is not there; errors names it.",
    ),
];

/// All paths, in the order of the operations, and the two of the service itself.
pub(super) fn paths(architecture: &Architecture, names: &Names) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in &architecture.operations {
        let Some(table) = architecture.table(&operation.table) else { continue };
        let Some(row) = names.row(&table.id) else { continue };
        let path = paths.entry(operation.path.clone()).or_insert_with(|| path_item(&operation.path));
        let method = operation.method.as_str().to_ascii_lowercase();
        if let Some(path) = path.as_object_mut() {
            // One method of one path is one operation: the first stands.
            path.entry(method).or_insert_with(|| described(operation, table, row, architecture));
        }
    }
    let own = [("/health", health()), ("/openapi.json", openapi())];
    for (path, operation) in own {
        let item = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.entry("get").or_insert(operation);
        }
    }
    Value::Object(paths)
}

fn path_item(path: &str) -> Value {
    if path.contains("{id}") { json!({ "parameters": [reference("parameters", "id")] }) } else { json!({}) }
}

fn described(operation: &Operation, table: &Table, row: &str, architecture: &Architecture) -> Value {
    let mut said = Map::new();
    said.insert("operationId".to_owned(), json!(operation.id));
    said.insert("tags".to_owned(), json!([table.id]));
    said.insert("summary".to_owned(), json!(operation.summary));
    said.insert("description".to_owned(), json!(description(operation, architecture)));
    let parameters = parameters_of(operation, table);
    if !parameters.is_empty() {
        said.insert("parameters".to_owned(), json!(parameters));
    }
    let body = match &operation.deed {
        Deed::Create => Some(format!("New{row}")),
        Deed::Change => Some(format!("{row}Change")),
        _ => None,
    };
    if let Some(schema) = body {
        let content = json!({ "application/json": { "schema": reference("schemas", &schema) } });
        said.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    said.insert("responses".to_owned(), responses(&operation.deed, row));
    if !operation.roles.is_empty() {
        said.insert("x-roles".to_owned(), json!(operation.roles));
    }
    if !operation.features.is_empty() {
        said.insert("x-features".to_owned(), json!(operation.features));
    }
    Value::Object(said)
}

/// Who may call it, and what a caller would not guess.
fn description(operation: &Operation, architecture: &Architecture) -> String {
    let name = |id: &String| {
        architecture.roles.iter().find(|role| role.id == *id).map_or_else(|| id.clone(), |role| role.name.clone())
    };
    let roles: Vec<String> = operation.roles.iter().map(name).collect();
    let who = match roles.as_slice() {
        [] => "For every known caller.".to_owned(),
        [one] => format!("For {one}."),
        [head @ .., last] => format!("For {} and {last}.", head.join(", ")),
    };
    match &operation.deed {
        Deed::Step { from, to, .. } => format!(
            "{who} Possible when the state is one of: {}. It is then {to}. Repeating it changes nothing and answers with the row.",
            from.join(", ")
        ),
        Deed::Create => {
            format!("{who} The same Idempotency-Key with the same body answers with the row that is there already.")
        }
        Deed::Remove => format!("{who} Refused while other rows refer to it."),
        _ => who,
    }
}

fn parameters_of(operation: &Operation, table: &Table) -> Vec<Value> {
    match &operation.deed {
        Deed::List { filters } => {
            let own = ["limit", "cursor"];
            let filters = filters.iter().filter(|filter| !own.contains(&filter.as_str()));
            let columns = filters.filter_map(|filter| table.columns.iter().find(|column| column.name == *filter));
            let filters = columns.map(|column| {
                json!({
                    "name": column.name,
                    "in": "query",
                    "description": format!("Only rows with this {}.", column.name.replace('_', " ")),
                    "schema": schemas::value(column),
                })
            });
            own.into_iter().map(|name| reference("parameters", name)).chain(filters).collect()
        }
        Deed::Create => vec![reference("parameters", "idempotency-key")],
        _ => Vec::new(),
    }
}

fn responses(deed: &Deed, row: &str) -> Value {
    let json_of = |schema: &str| json!({ "application/json": { "schema": reference("schemas", schema) } });
    let ok = |description: &str, schema: &str| json!({ "description": description, "content": json_of(schema) });
    let (status, success, problems): (&str, Value, &[&str]) = match deed {
        Deed::List { .. } => ("200", ok("A page, newest first.", &format!("{row}Page")), &["400"]),
        Deed::Create => {
            let mut made = ok("It was made.", row);
            made["headers"] =
                json!({ "Location": { "description": "Where it can be read.", "schema": { "type": "string" } } });
            ("201", made, &["400", "409", "413", "415", "422"])
        }
        Deed::Read => ("200", ok("The row.", row), &["404"]),
        Deed::Change => ("200", ok("The row as it is now.", row), &["400", "404", "413", "415", "422"]),
        Deed::Remove => ("204", json!({ "description": "It is gone." }), &["404", "409"]),
        Deed::Step { .. } => ("200", ok("The row as it is now.", row), &["404", "409"]),
    };
    let problems = PROBLEMS
        .iter()
        .filter(|(_, status, _)| ["401", "403"].contains(status) || problems.contains(status))
        .map(|(name, status, _)| ((*status).to_owned(), reference("responses", name)));
    object(std::iter::once((status.to_owned(), success)).chain(problems))
}

fn health() -> Value {
    json!({
        "operationId": "health",
        "tags": ["service"],
        "summary": "Tells whether the service can do its work.",
        "security": [],
        "responses": {
            "200": {
                "description": "It can.",
                "content": { "application/json": { "schema": reference("schemas", "Health") } },
            },
            "503": problem("The database does not answer."),
        },
    })
}

fn openapi() -> Value {
    json!({
        "operationId": "openapi",
        "tags": ["service"],
        "summary": "This document.",
        "security": [],
        "responses": { "200": {
            "description": "An OpenAPI 3.1 document.",
            "content": { "application/json": { "schema": { "type": "object" } } },
        } },
    })
}

/// Parameters that many operations take.
pub(super) fn parameters() -> Value {
    json!({
        "id": {
            "name": "id", "in": "path", "required": true,
            "description": "The id of the row, a UUID v7.",
            "schema": { "type": "string", "format": "uuid" },
        },
        "limit": {
            "name": "limit", "in": "query",
            "description": "How many rows a page holds.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 },
        },
        "cursor": {
            "name": "cursor", "in": "query",
            "description": "Where the page begins: next_cursor of the page before.",
            "schema": { "type": "string" },
        },
        "idempotency-key": {
            "name": "Idempotency-Key", "in": "header",
            "description": "Chosen by the caller; a request that is sent again with it makes nothing twice.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200 },
        },
    })
}

/// Answers that many operations give when something is not done.
pub(super) fn problems() -> Value {
    object(PROBLEMS.iter().map(|(name, status, meaning)| {
        let mut said = problem(meaning);
        if *status == "401" {
            said["headers"] =
                json!({ "WWW-Authenticate": { "description": "Bearer.", "schema": { "type": "string" } } });
        }
        ((*name).to_owned(), said)
    }))
}

fn problem(meaning: &str) -> Value {
    json!({
        "description": meaning,
        "content": { "application/problem+json": { "schema": reference("schemas", "Problem") } },
    })
}
