//! What goes over the wire: a row as it is read, made and changed, a page of rows, and a problem.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{object, reference, sentence};
use crate::sections::{Architecture, Column, ColumnKind, Deed, SetBy, Table};

/// What each table's row is called, by the id of the table.
pub(super) struct Names(BTreeMap<String, String>);

/// Names of schemas that are no table's.
const OWN: [&str; 3] = ["Problem", "FieldProblem", "Health"];

impl Names {
    /// Rows are called as operations call them: `read-condition-report` reads a `ConditionReport`.
    pub fn of(architecture: &Architecture) -> Self {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for table in &architecture.tables {
            let read = architecture.operations.iter().find(|o| o.table == table.id && matches!(o.deed, Deed::Read));
            let one = read.and_then(|operation| operation.id.strip_prefix("read-")).unwrap_or(&table.name);
            let name = pascal(one);
            let taken = |name: &str| {
                let of_another = |other: &String| all_names(other).contains(&name.to_owned());
                OWN.contains(&name) || names.values().any(of_another)
            };
            let numbered = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}{n}") });
            let free = numbered.into_iter().find(|name| !all_names(name).iter().any(|name| taken(name)));
            names.insert(table.id.clone(), free.unwrap_or_default());
        }
        Self(names)
    }

    /// The row of a table.
    pub fn row(&self, table: &str) -> Option<&str> {
        self.0.get(table).map(String::as_str)
    }
}

/// A row's name and the names that are made of it.
fn all_names(row: &str) -> [String; 4] {
    [row.to_owned(), format!("New{row}"), format!("{row}Change"), format!("{row}Page")]
}

fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined: String = words
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<Vec<_>>()
        })
        .collect();
    if joined.is_empty() { "Item".to_owned() } else { joined }
}

/// All schemas.
pub(super) fn schemas(architecture: &Architecture, names: &Names) -> Value {
    let mut all = Map::new();
    for table in &architecture.tables {
        let Some(name) = names.row(&table.id) else { continue };
        let deeds: Vec<&Deed> =
            architecture.operations.iter().filter(|o| o.table == table.id).map(|o| &o.deed).collect();
        all.insert(name.to_owned(), row(table));
        if deeds.iter().any(|deed| matches!(deed, Deed::Create)) {
            all.insert(format!("New{name}"), created(table));
        }
        if deeds.iter().any(|deed| matches!(deed, Deed::Change)) {
            all.insert(format!("{name}Change"), changed(table));
        }
        if deeds.iter().any(|deed| matches!(deed, Deed::List { .. })) {
            all.insert(format!("{name}Page"), page(name));
        }
    }
    all.insert("Problem".to_owned(), problem());
    all.insert("FieldProblem".to_owned(), field_problem());
    all.insert("Health".to_owned(), health());
    Value::Object(all)
}

fn row(table: &Table) -> Value {
    let required: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    json!({
        "type": "object",
        "description": sentence(&table.purpose),
        "properties": properties(&table.columns),
        "required": required,
    })
}

fn created(table: &Table) -> Value {
    let given = columns(table, &[SetBy::Creator, SetBy::Caller]);
    let required: Vec<&str> = given.iter().filter(|column| !column.nullable).map(|c| c.name.as_str()).collect();
    let mut schema = json!({ "type": "object", "properties": properties(&given), "additionalProperties": false });
    if let (Some(schema), false) = (schema.as_object_mut(), required.is_empty()) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn changed(table: &Table) -> Value {
    let given = columns(table, &[SetBy::Caller]);
    json!({
        "type": "object",
        "description": "Any of these; null empties what may be empty.",
        "properties": properties(&given),
        "minProperties": 1,
        "additionalProperties": false,
    })
}

fn page(name: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": { "type": "array", "maxItems": 100, "items": reference("schemas", name) },
            "next_cursor": {
                "type": ["string", "null"],
                "description": "To be given as cursor for the next page; null on the last.",
            },
        },
        "required": ["items", "next_cursor"],
    })
}

fn columns(table: &Table, set_by: &[SetBy]) -> Vec<Column> {
    table.columns.iter().filter(|column| set_by.contains(&column.set_by)).cloned().collect()
}

fn properties(columns: &[Column]) -> Value {
    object(columns.iter().map(|column| (column.name.clone(), property(column))))
}

fn property(column: &Column) -> Value {
    let mut schema = value(column);
    let Some(object) = schema.as_object_mut() else { return schema };
    if column.nullable {
        if let Some(kind) = object.get("type").cloned() {
            object.insert("type".to_owned(), json!([kind, "null"]));
        }
        if let Some(Value::Array(values)) = object.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    let refers = column.references.as_ref().map(|table| format!(" The id of a row of {table}.")).unwrap_or_default();
    let unit = match column.kind {
        ColumnKind::Money => " In the smallest unit of the currency.",
        ColumnKind::Duration => " In seconds.",
        _ => "",
    };
    let about = format!("{}{refers}{unit}", sentence(&column.about));
    if !about.trim().is_empty() {
        object.insert("description".to_owned(), json!(about.trim()));
    }
    schema
}

/// The value of a column that is not empty, also where a list is filtered by it.
pub(super) fn value(column: &Column) -> Value {
    match column.kind {
        ColumnKind::Id => json!({ "type": "string", "format": "uuid" }),
        ColumnKind::Text => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        ColumnKind::LongText => json!({ "type": "string", "maxLength": 20_000 }),
        ColumnKind::Integer => json!({ "type": "integer", "format": "int64" }),
        ColumnKind::Decimal => json!({ "type": "number", "format": "double" }),
        ColumnKind::Money | ColumnKind::Duration => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
        ColumnKind::Date => json!({ "type": "string", "format": "date" }),
        ColumnKind::Time => json!({ "type": "string", "format": "date-time" }),
        ColumnKind::Boolean => json!({ "type": "boolean" }),
        ColumnKind::Email => json!({ "type": "string", "format": "email", "minLength": 1, "maxLength": 200 }),
        ColumnKind::Url => json!({ "type": "string", "format": "uri", "minLength": 1, "maxLength": 200 }),
        ColumnKind::TextList => json!({ "type": "array", "items": { "type": "string" }, "maxItems": 50 }),
        ColumnKind::Choice | ColumnKind::State if column.one_of.is_empty() => json!({ "type": "string" }),
        ColumnKind::Choice | ColumnKind::State => {
            let mut values = column.one_of.clone();
            let mut seen = std::collections::BTreeSet::new();
            values.retain(|value| seen.insert(value.clone()));
            json!({ "type": "string", "enum": values })
        }
    }
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why something was not done (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string" },
            "errors": {
                "type": "array",
                "description": "With 422: what is wrong with which field.",
                "items": reference("schemas", "FieldProblem"),
            },
        },
        "required": ["type", "title", "status", "detail"],
    })
}

fn field_problem() -> Value {
    json!({
        "type": "object",
        "properties": { "field": { "type": "string" }, "reason": { "type": "string" } },
        "required": ["field", "reason"],
    })
}

fn health() -> Value {
    json!({
        "type": "object",
        "properties": { "status": { "type": "string", "enum": ["ok"] } },
        "required": ["status"],
    })
}
