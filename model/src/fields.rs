//! A piece as a form: its texts as fields that people can change, and back.
//!
//! What refers to other pieces, and drawings, are not fields: a form cannot break the graph or draw.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sections::{Effort, Priority, Severity};

/// The most characters a field takes.
pub const FIELD_MAX_CHARS: usize = 600_000;
/// The deepest that objects are looked into.
const DEPTH_MAX: usize = 4;

/// Keys that hold ids, references or drawings.
const FIXED: [&str; 24] = [
    "id",
    "relations",
    "features",
    "entities",
    "operations",
    "tables",
    "screens",
    "roles",
    "actors",
    "leads_to",
    "components",
    "tokens",
    "svg",
    "wireframe",
    "mermaid",
    "acts",
    "screen",
    "actor",
    "transitions",
    "by",
    "entity",
    "table",
    "deed",
    "contrasts",
];

/// Lists of texts; of an empty list nothing else tells what it would hold.
const LISTS: [&str; 8] = ["criteria", "answers", "states", "caveats", "steps", "alternatives", "do", "dont"];

/// A field of a piece's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its place in the piece, keys joined by dots: `story.want`, `fields.0.name`.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What it takes.
    pub kind: FieldKind,
    /// What it holds.
    pub value: String,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// One line.
    Line,
    /// Several lines.
    Text,
    /// A list: one entry a line.
    List,
    /// A program: several lines, every character counts.
    Code,
    /// One of these.
    Choice(Vec<String>),
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
}

/// A field that cannot become part of its piece.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{label}: {reason}")]
pub struct BadField {
    /// Its place.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What it takes.
    pub reason: String,
}

/// The fields of a piece, in reading order. Lists of objects have one empty row more, to add to.
pub fn fields(value: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    match value {
        Value::String(text) => found.push(text_field("", text)),
        other => collect(other, "", 0, &mut found),
    }
    found
}

fn collect(value: &Value, at: &str, depth: usize, found: &mut Vec<Field>) {
    let Value::Object(object) = value else { return };
    if depth > DEPTH_MAX {
        return;
    }
    for (key, value) in object.iter().filter(|(key, _)| !FIXED.contains(&key.as_str())) {
        let name = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match value {
            Value::String(text) => found.push(text_field(&name, text)),
            Value::Number(number) => found.push(field(&name, FieldKind::Number, number.to_string())),
            Value::Bool(yes) => found.push(field(&name, FieldKind::YesNo, if *yes { "yes" } else { "no" }.to_owned())),
            Value::Object(_) => collect(value, &name, depth + 1, found),
            Value::Array(items) if items.is_empty() && !LISTS.contains(&key.as_str()) => {}
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                found.push(field(&name, FieldKind::List, lines.join("\n")));
            }
            Value::Array(items) if items.iter().all(Value::is_object) => rows(items, &name, depth, found),
            Value::Array(_) | Value::Null => {}
        }
    }
}

fn rows(items: &[Value], name: &str, depth: usize, found: &mut Vec<Field>) {
    for (at, item) in items.iter().enumerate() {
        collect(item, &format!("{name}.{at}"), depth + 1, found);
    }
    if let Some(blank) = items.first().map(emptied) {
        collect(&blank, &format!("{name}.{}", items.len()), depth + 1, found);
    }
}

/// The same shape with nothing in it.
fn emptied(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::String(String::new()),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, value)| (key.clone(), emptied(value))).collect())
        }
        other => other.clone(),
    }
}

fn text_field(name: &str, text: &str) -> Field {
    let key = name.rsplit('.').next().unwrap_or_default();
    let kind = match key {
        "content" => FieldKind::Code,
        "priority" => FieldKind::Choice(words(&[Priority::Must, Priority::Should, Priority::Could])),
        "effort" => FieldKind::Choice(words(&[Effort::S, Effort::M, Effort::L])),
        "severity" => FieldKind::Choice(words(&[Severity::High, Severity::Medium, Severity::Low])),
        _ if text.chars().count() > 60 || text.contains('\n') || name.is_empty() => FieldKind::Text,
        _ => FieldKind::Line,
    };
    field(name, kind, text.to_owned())
}

fn words<T: serde::Serialize>(values: &[T]) -> Vec<String> {
    values.iter().filter_map(|value| serde_json::to_value(value).ok()?.as_str().map(str::to_owned)).collect()
}

fn field(name: &str, kind: FieldKind, value: String) -> Field {
    Field { name: name.to_owned(), label: label(name), kind, value }
}

/// "story.want" → "Story: want"; "fields.0.name" → "Fields, 1: name".
fn label(name: &str) -> String {
    let mut label = String::new();
    for part in name.split('.') {
        match part.parse::<usize>() {
            Ok(nth) => label.push_str(&format!(", {}", nth + 1)),
            Err(_) if label.is_empty() => label.push_str(&part.replace('_', " ")),
            Err(_) => label.push_str(&format!(": {}", part.replace('_', " "))),
        }
    }
    let mut chars = label.chars();
    chars.next().map_or_else(|| "Text".to_owned(), |first| first.to_uppercase().chain(chars).collect())
}

/// The piece with what was typed. Fields that were not sent stay; a row of a list whose texts are all empty goes.
///
/// # Errors
/// [`BadField`] for the first field that holds what it does not take.
pub fn merged(value: &Value, typed: &BTreeMap<String, String>) -> Result<Value, BadField> {
    let mut merged = value.clone();
    for known in fields(value) {
        let Some(text) = typed.get(&known.name) else { continue };
        let new = read(&known, text)?;
        put(&mut merged, value, &known.name, new);
    }
    prune(&mut merged);
    Ok(merged)
}

fn read(field: &Field, text: &str) -> Result<Value, BadField> {
    let bad = |reason: String| BadField { name: field.name.clone(), label: field.label.clone(), reason };
    if text.chars().count() > FIELD_MAX_CHARS {
        return Err(bad(format!("at most {FIELD_MAX_CHARS} characters")));
    }
    // Browsers send line breaks as CRLF.
    let text = text.replace("\r\n", "\n");
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if let Some(c) = text.chars().find(|c| is_control(*c)) {
        return Err(bad(format!("it holds a control character (U+{:04X}); remove it", u32::from(c))));
    }
    Ok(match &field.kind {
        FieldKind::Line => Value::String(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        FieldKind::Text => Value::String(text.trim().to_owned()),
        FieldKind::Code => Value::String(text),
        FieldKind::List => {
            Value::Array(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect())
        }
        FieldKind::Choice(of) if of.contains(&text) => Value::String(text),
        FieldKind::Choice(of) => return Err(bad(format!("one of {}", of.join(", ")))),
        FieldKind::YesNo => Value::Bool(text == "yes"),
        FieldKind::Number => {
            let number: serde_json::Number = text.trim().parse().map_err(|_| bad("a number".to_owned()))?;
            Value::Number(number)
        }
    })
}

/// Puts a value at its place; a row that is not there yet is added.
fn put(target: &mut Value, original: &Value, name: &str, new: Value) {
    if name.is_empty() {
        *target = new;
        return;
    }
    let mut at = target;
    let mut like = Some(original);
    for part in name.split('.') {
        like = like.and_then(|like| step(like, part).or_else(|| like.as_array().and_then(|items| items.first())));
        at = match (part.parse::<usize>(), at) {
            (Ok(nth), Value::Array(items)) => {
                if nth >= items.len() {
                    items.push(like.map_or_else(|| Value::Object(Map::new()), emptied));
                }
                let last = items.len() - 1;
                &mut items[nth.min(last)]
            }
            (_, Value::Object(object)) => object.entry(part).or_insert(Value::Null),
            _ => return,
        };
    }
    *at = new;
}

fn step<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        Value::Object(object) => object.get(part),
        _ => None,
    }
}

/// Drops rows that say nothing.
fn prune(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(prune);
            items.retain(|item| !item.is_object() || says_something(item));
        }
        Value::Object(object) => object.values_mut().for_each(prune),
        _ => {}
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(object) => object.values().any(says_something),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn entity() -> Value {
        json!({"id": "offer", "name": "Offer", "purpose": "What a buyer is ready to pay", "states": ["open", "closed"],
            "fields": [{"name": "amount", "type": "money", "required": true}], "relations": []})
    }

    fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_piece_becomes_fields_in_its_own_order_with_an_empty_row_to_add_to() {
        let names: Vec<String> = fields(&entity()).into_iter().map(|field| field.name).collect();
        let rows = [
            "fields.0.name",
            "fields.0.type",
            "fields.0.required",
            "fields.1.name",
            "fields.1.type",
            "fields.1.required",
        ];
        assert_eq!(names, [&["name", "purpose", "states"][..], &rows].concat());
        assert_eq!(fields(&json!("words"))[0].label, "Text");
        assert_eq!(fields(&entity())[3].label, "Fields, 1: name");
    }

    #[test]
    fn what_is_typed_goes_back_and_what_is_not_sent_stays() {
        assert_eq!(merged(&entity(), &BTreeMap::new()).unwrap(), entity());
        let new = merged(
            &entity(),
            &typed(&[
                ("name", "  Bid "),
                ("states", "open\r\n\r\nwon\nlost"),
                ("fields.1.name", "until"),
                ("fields.1.type", "date"),
            ]),
        );
        let new = new.unwrap();
        assert_eq!((&new["name"], &new["states"]), (&json!("Bid"), &json!(["open", "won", "lost"])));
        assert_eq!(new["fields"][1]["name"], "until");
        assert_eq!(new["purpose"], entity()["purpose"]);
    }

    #[test]
    fn an_emptied_row_goes_and_an_untouched_new_one_is_not_added() {
        let all: BTreeMap<String, String> =
            fields(&entity()).into_iter().map(|field| (field.name, field.value)).collect();
        assert_eq!(merged(&entity(), &all).unwrap(), entity());
        let gone = merged(&entity(), &typed(&[("fields.0.name", ""), ("fields.0.type", " ")])).unwrap();
        assert_eq!(gone["fields"], json!([]));
    }

    #[test]
    fn references_and_drawings_are_no_fields_whatever_is_sent() {
        let screen = json!({"id": "s", "title": "Find", "features": ["a"], "wireframe": "<svg/>"});
        let new =
            merged(&screen, &typed(&[("id", "x"), ("features", "b"), ("wireframe", "<script>"), ("title", "Look")]))
                .unwrap();
        assert_eq!(new, json!({"id": "s", "title": "Look", "features": ["a"], "wireframe": "<svg/>"}));
    }

    #[test]
    fn what_a_field_does_not_take_is_said() {
        let feature = json!({"priority": "must", "n": 3});
        let bad = |name: &str, text: &str| merged(&feature, &typed(&[(name, text)])).unwrap_err().to_string();
        assert_eq!(bad("priority", "maybe"), "Priority: one of must, should, could");
        assert_eq!(bad("n", "many"), "N: a number");
        assert!(merged(&json!("x"), &typed(&[("", "a\u{7}b")])).unwrap_err().to_string().contains("U+0007"));
    }
}
