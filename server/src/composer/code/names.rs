//! Names that Rust and PostgreSQL take, for tables and columns that may have been edited by hand.

use std::{borrow::Cow, collections::BTreeSet};

use crate::composer::blueprint::ascii_words;

/// Words that Rust keeps to itself.
#[rustfmt::skip]
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match",
    "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that PostgreSQL takes as a name only between quotes.
#[rustfmt::skip]
const RESERVED_IN_SQL: [&str; 100] = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_time", "current_timestamp", "current_user", "default",
    "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "freeze",
    "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect", "into", "is",
    "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not",
    "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references",
    "returning", "right", "select", "session_user", "similar", "some", "symmetric", "system_user", "table",
    "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose",
    "when", "where", "window", "with",
];

/// Names of types that a file about a table uses already.
#[rustfmt::skip]
const TAKEN_TYPES: [&str; 38] = [
    "Answer", "Body", "Box", "Caller", "Claim", "Created", "Cursor", "Date", "Deserialize", "Err", "Filters",
    "FromRow", "Id", "Json", "Key", "Limit", "None", "OffsetDateTime", "Ok", "Option", "Page", "PgConnection",
    "PgExecutor", "PgPool", "Problem", "Query", "Result", "Role", "Router", "Self", "Serialize", "Some", "State",
    "StatusCode", "Step", "String", "Uuid", "Vec",
];

/// The name of a column as the field of a struct, or of a table as a module.
pub fn field(name: &str) -> Cow<'_, str> {
    if name.contains("__") {
        let parts: Vec<&str> = name.split('_').filter(|part| !part.is_empty()).collect();
        return field(&parts.join("_")).into_owned().into();
    }
    if KEYWORDS.contains(&name) { format!("{name}_").into() } else { name.into() }
}

/// A name as PostgreSQL takes it.
pub fn sql(name: &str) -> Cow<'_, str> {
    if RESERVED_IN_SQL.contains(&name) { format!("\"{name}\"").into() } else { name.into() }
}

/// The name of a type: `ConditionReport`. Free of what the file uses already.
pub fn type_name(words: &[String]) -> String {
    let name = pascal(words);
    if TAKEN_TYPES.contains(&name.as_str()) { format!("{name}Record") } else { name }
}

/// Words as the name of a variant or type: `AwaitingFunds`. Begins with a letter and is never empty.
pub fn pascal(words: &[String]) -> String {
    let mut name = String::new();
    for word in words {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
        if name.len() > 40 {
            name.truncate(40);
            break;
        }
    }
    match name.chars().next() {
        None => "Other".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) if name == "Self" => "Itself".to_owned(),
        Some(_) => name,
    }
}

/// Names that were given out, so that none is given twice. Whether letters are capital makes no difference.
#[derive(Debug, Default)]
pub struct Given(BTreeSet<String>);

impl Given {
    /// Keeps names for something else.
    pub fn with<T: AsRef<str>>(names: &[T]) -> Self {
        Self(names.iter().map(|name| name.as_ref().to_ascii_lowercase()).collect())
    }

    /// The name itself, or with a number when it is taken.
    pub fn give(&mut self, name: &str, between: &str) -> String {
        let numbered = (1..).map(|n| if n == 1 { name.to_owned() } else { format!("{name}{between}{n}") });
        let free = numbered.into_iter().find(|name| !self.0.contains(&name.to_ascii_lowercase())).unwrap_or_default();
        self.0.insert(free.to_ascii_lowercase());
        free
    }
}

/// The variants of an enum, one a word, in order.
pub fn variants<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let mut given = Given::default();
    words.into_iter().map(|word| given.give(&pascal(&ascii_words(word)), "No")).collect()
}

/// The most bytes of a name: PostgreSQL cuts at 63, and a number may have to follow.
pub const LONGEST: usize = 60;

/// Words joined by underscores, as the name of a function, table or file. No longer than [`LONGEST`]: one letter can be spelled
/// out as many, an emoji for one.
pub fn snake(words: &[String], otherwise: &str) -> String {
    let name = words.join("_");
    let name = if name.is_empty() { otherwise } else { &name[..name.len().min(LONGEST - 1)] };
    let name = name.trim_end_matches('_');
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("n{name}") } else { name.to_owned() };
    field(&name).into_owned()
}

/// A text in Rust, between quotes; what does not show is written as its number.
pub fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if shows(c) => quoted.push(c),
            c => quoted.extend(c.escape_unicode()),
        }
    }
    quoted.push('"');
    quoted
}

/// A text in SQL, between quotes.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// A text in a comment: on one line, of what shows, and of bounded length.
pub fn comment(text: &str) -> String {
    const LONGEST: usize = 600;
    let shown: String = text.chars().map(|c| if c.is_whitespace() || !shows(c) { ' ' } else { c }).collect();
    let plain = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    let cut: String = plain.chars().take(LONGEST).collect();
    format!("{} …", cut.trim_end())
}

/// A text as lines of a comment, each after `prefix`.
pub fn wrapped(prefix: &str, text: &str) -> String {
    const WIDTH: usize = 110;
    let (mut lines, mut line) = (Vec::new(), prefix.to_owned());
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() + 1 > WIDTH && line.len() > prefix.len() {
            lines.push(std::mem::replace(&mut line, prefix.to_owned()));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n").replace(" \n", "\n")
}

/// Whether a character can be seen and leaves the direction of the text alone: Rust refuses others in comments.
fn shows(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !hidden && !matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_clear_of_what_rust_and_sql_mean_by_them() {
        assert_eq!(field("type"), "type_");
        assert_eq!(field("title"), "title");
        assert_eq!(sql("order"), "\"order\"");
        assert_eq!(type_name(&["result".to_owned()]), "ResultRecord");
        assert_eq!(pascal(&[]), "Other");
        assert_eq!(variants(["100 V", "in use", "in-use", "—"]), ["N100V", "InUse", "InUseNo2", "Other"]);
    }

    #[test]
    fn a_name_spelled_out_is_no_longer_than_a_file_or_table_may_be_called() {
        let spelled = ascii_words(&"🕰️ and 🫢".repeat(12));
        assert!(spelled.join("_").len() > 400);
        assert_eq!(snake(&spelled, "items"), "mantelpiece_clock_and_face_with_open_eyes_and_hand_over_mou");
        assert_eq!(snake(&ascii_words(&"9".repeat(80)), "items").len(), LONGEST);
    }

    #[test]
    fn texts_cannot_leave_their_quotes_or_their_comment() {
        assert_eq!(literal("a \"b\" \\ \u{202e}"), r#""a \"b\" \\ \u{202e}""#);
        assert_eq!(quoted("it's"), "'it''s'");
        assert_eq!(comment("one\n two\u{202e}three"), "one two three");
    }
}
