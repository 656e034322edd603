//! From the text of an object to something that a section may take: repaired where that is cheap and certain, cleaned of what no section
//! may hold.

use model::PiecePath;
use serde::Deserialize;
use serde_json::Value;

/// What one object says.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub path: PiecePath,
    pub what: What,
}

#[derive(Debug, PartialEq)]
pub(super) enum What {
    Value(Value),
    /// More text for what is there.
    Append(String),
}

#[derive(Deserialize)]
struct Raw {
    path: String,
    value: Option<Value>,
    append: Option<String>,
}

/// Reads an object.
///
/// # Errors
/// What is wrong with it, in words for the model.
pub(super) fn read(text: &str) -> Result<Item, String> {
    let raw: Raw = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&mended(text)).map_err(|_| error))
        .map_err(|error| format!("not valid JSON: {error}"))?;
    let path = raw.path.trim().trim_matches('/');
    let path = PiecePath::parse(path).map_err(|error| error.to_string())?;
    let what = match (raw.value, raw.append) {
        (Some(value), None) => What::Value(with_id(clean(value), &path)),
        (None, Some(text)) => What::Append(cleaned(&text)),
        _ => return Err("it needs either \"value\" or \"append\"".to_owned()),
    };
    Ok(Item { path, what })
}

/// Takes commas before closing brackets out and writes control characters in strings as JSON wants them: what models do wrong most, and
/// what can be put right without guessing.
fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            '"' if !escaped => in_string = !in_string,
            '\n' if in_string => {
                mended.push_str("\\n");
                continue;
            }
            '\t' if in_string => {
                mended.push_str("\\t");
                continue;
            }
            c if in_string && c.is_control() => continue,
            '}' | ']' if !in_string => {
                let end = mended.trim_end().len();
                if mended[..end].ends_with(',') {
                    mended.truncate(end - 1);
                }
            }
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        mended.push(c);
    }
    mended
}

/// A value without its id is given the one of its address.
fn with_id(mut value: Value, path: &PiecePath) -> Value {
    if let (Value::Object(fields), Some(id)) = (&mut value, path.id())
        && !fields.contains_key("id")
    {
        fields.insert("id".to_owned(), Value::from(id));
    }
    value
}

fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned(&text)),
        Value::Array(values) => values.into_iter().map(clean).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        other => other,
    }
}

/// Without control characters, which PostgreSQL does not take, and without those that turn the direction of text around, which can make
/// code read otherwise than it runs.
fn cleaned(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || turns(*c))).collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        match read(text).unwrap().what {
            What::Value(value) => value,
            What::Append(text) => json!(text),
        }
    }

    #[test]
    fn what_models_do_wrong_most_is_put_right() {
        for (text, expected) in [
            (r#"{"path":"summary","value":"x",}"#, json!("x")),
            (r#"{"path":"a/b","value":{"id":"b","c":["x" , ] , } }"#, json!({"id": "b", "c": ["x"]})),
            ("{\"path\":\"summary\",\"value\":\"two\nlines\tand, ]\"}", json!("two\nlines\tand, ]")),
            (r#"{"path":"/a/b","value":{"c":1}}"#, json!({"c": 1, "id": "b"})),
            (r#"{"path":"summary","value":"quote \",] end",}"#, json!("quote \",] end")),
            (r#"{"path":"files/x","append":"more"}"#, json!("more")),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_no_section_may_hold_is_taken_out() {
        assert_eq!(value("{\"path\":\"summary\",\"value\":\"a\\u0000b\\u202ec\\u001b[0m\\n\"}"), json!("abc[0m\n"));
    }

    #[test]
    fn what_cannot_be_put_right_is_told() {
        for (text, hint) in [
            (r#"{"path":"summary","value":}"#, "JSON"),
            (r#"{"path":"a/b/c","value":1}"#, "addressed"),
            (r#"{"path":"summary"}"#, "value"),
            (r#"{"value":"x"}"#, "path"),
            (r#"{"path":"a","value":1,"append":"x"}"#, "either"),
        ] {
            assert!(read(text).unwrap_err().contains(hint), "{text}: {:?}", read(text));
        }
    }
}
