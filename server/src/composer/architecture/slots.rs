//! Names of slots, and the little that fills them without knowing the product.

use crate::composer::inflect::joined;
pub use crate::composer::inflect::lower_first;

/// Slots that lines about architecture have. Each may be missing in a product; a line that has a missing one is not told.
pub const SLOTS: &[&str] = &[
    // what the entry is about
    "entity",
    "entities",
    "table",
    "column",
    "field",
    "step",
    "from",
    "to",
    "who",
    "route",
    "parent",
    "parents",
    "feature",
    // what there is
    "kind",
    "kept",
    "kepts",
    "main",
    "mains",
    "person",
    "people-words",
    "timed",
    "followed",
    "from-sql",
    "processes",
    "moneys",
    "pictures",
    "personal",
    "places",
    "searched",
    "deadlines",
    "roles",
    "systems",
    "append-only",
    "longest-life",
    "database",
    "stores",
    "n-tables",
    "n-operations",
    "n-steps",
    "n-timed",
    "n-roles",
    "n-features",
    // figures
    "people",
    "people-why",
    "daily",
    "requests",
    "peak-when",
    "peak",
    "writes",
    "instances",
    "connections",
    "gigabytes",
    "years",
    "rows",
    "largest",
    "heaviest",
    "index-share",
    "files-a-year",
    "files-size",
    "a-file",
    "timed-a-day",
    "in-use",
    "holds",
    "pool",
    "factor",
];

/// The most things a list names before it says how many more there are.
pub const MOST_NAMED: usize = 3;

/// A count that is worth a word.
pub fn above_zero(count: usize) -> Option<String> {
    (count > 0).then(|| count.to_string())
}

/// "'open', 'countered'", as SQL has it.
pub fn quoted(states: &[String]) -> String {
    states.iter().map(|state| format!("'{}'", state.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
}

/// The first few, and how many more there are.
pub fn some_of(names: &[String]) -> Option<String> {
    let mut said: Vec<String> = names.iter().take(MOST_NAMED).cloned().collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => {}
        // "and 1 more" is no shorter than the name.
        1 => said.extend(names.last().cloned()),
        more => said.push(format!("{more} more")),
    }
    (!said.is_empty()).then(|| joined(&said))
}

/// `ConditionReport` as words.
pub fn words_of_type(name: &str) -> String {
    let mut words = String::new();
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_is_lower {
            words.push(' ');
        }
        before_is_lower = c.is_lowercase();
        words.extend(c.to_lowercase());
    }
    words
}
