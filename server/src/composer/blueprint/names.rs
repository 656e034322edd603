//! Names that programs and databases take, from the words of any language.

use std::collections::HashSet;

use model::sections::Product;

use crate::composer::lexicon::Lexicon;

/// Words that PostgreSQL or Rust keep to themselves, and those that mean something else in the API.
const RESERVED: [&str; 92] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "async",
    "await",
    "box",
    "break",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "const",
    "constraint",
    "continue",
    "crate",
    "create",
    "default",
    "desc",
    "distinct",
    "do",
    "dyn",
    "else",
    "end",
    "enum",
    "except",
    "extern",
    "false",
    "fetch",
    "final",
    "fn",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "if",
    "impl",
    "in",
    "initially",
    "intersect",
    "into",
    "key",
    "lateral",
    "leading",
    "let",
    "limit",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "override",
    "placing",
    "primary",
    "priv",
    "pub",
    "ref",
    "references",
    "return",
    "returning",
    "select",
    "self",
    "some",
    "state",
    "static",
    "struct",
    "super",
    "symmetric",
    "table",
    "then",
    "to",
    "trait",
    "true",
    "type",
    "union",
    "unique",
    "use",
];
const RESERVED_TOO: [&str; 14] = [
    "user",
    "using",
    "variadic",
    "virtual",
    "when",
    "where",
    "while",
    "window",
    "with",
    "yield",
    "id",
    "created_at",
    "updated_at",
    "version",
];

/// The most characters a name keeps: PostgreSQL cuts at 63, and constraints are named after two of them.
const LONGEST: usize = 28;

/// A name as lower-case ASCII words: "ConditionReport" → condition, report; "Bienenvölker" → bienenvolker.
pub fn ascii_words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_is_lower {
            spaced.push(' ');
        }
        before_is_lower = c.is_lowercase();
        spaced.push(c);
    }
    let ascii = deunicode::deunicode_with_tofu(&spaced.replace(['\'', '’'], ""), " ");
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// Whether a name was typed in a language other than English, so that it takes neither article nor plural: it has words of the directive.
/// What the knowledge names beside it is English in every product.
pub fn is_foreign(product: &Product, name: &str) -> bool {
    let Some(basis) = product.basis.as_ref().filter(|basis| !matches!(basis.language.as_str(), "en" | "und")) else {
        return false;
    };
    let words = ascii_words(name);
    let typed = product.features.iter().flat_map(|feature| &feature.answers);
    let mut typed = typed.chain(basis.called.iter().flat_map(|called| &called.words));
    typed.any(|text| ascii_words(text).iter().any(|word| words.contains(word)))
}

/// Words that a name which was cut does not end in.
const DANGLING: [&str; 12] = ["in", "of", "at", "to", "on", "by", "for", "with", "and", "or", "the", "a"];

/// Words as a name: `condition_report`. Never empty, and it begins with a letter.
pub fn snake(words: &[String]) -> String {
    let mut name = String::new();
    for word in words {
        if !name.is_empty() && name.len() + word.len() >= LONGEST {
            while let Some(cut) = DANGLING.iter().find_map(|last| name.strip_suffix(last)?.strip_suffix('_')) {
                name = cut.to_owned();
            }
            break;
        }
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(word);
    }
    name.truncate(LONGEST);
    match name.chars().next() {
        None => "item".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) => name,
    }
}

/// A name in SQL as it stands in addresses: `condition-reports`.
pub fn hyphened(name: &str) -> String {
    name.replace('_', "-")
}

/// One of something, and many, as names in SQL.
pub(super) fn singular_and_plural(name: &str, lexicon: &Lexicon, is_english: bool) -> (String, String) {
    let words = ascii_words(name);
    let one = snake(&words);
    let many = match words.split_last() {
        // "Opening hours" are many already.
        Some((last, _)) if is_english && lexicon.inflect.is_plural(last) => one.clone(),
        Some((last, before)) if is_english => {
            let mut many = before.to_vec();
            many.extend(ascii_words(&lexicon.inflect.plural(last)));
            snake(&many)
        }
        _ => one.clone(),
    };
    (one, many)
}

/// Whether a column may not be called so.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_TOO.contains(&name)
}

/// Names that were given out, so that none is given twice.
#[derive(Debug, Default)]
pub(super) struct Given(HashSet<String>);

impl Given {
    /// Keeps names for something else.
    pub(super) fn with(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The name itself, or with a number when it is taken.
    pub(super) fn give(&mut self, name: &str) -> String {
        let numbered = (1..).map(|n| if n == 1 { name.to_owned() } else { format!("{name}_{n}") });
        let free = numbered.into_iter().find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_become_names_in_sql() {
        let name = |text: &str| snake(&ascii_words(text));
        assert_eq!(name("ConditionReport"), "condition_report");
        assert_eq!(name("mileage or engine hours"), "mileage_or_engine_hours");
        assert_eq!(name("Bienenvölker"), "bienenvolker");
        assert_eq!(name("本"), "ben");
        assert_eq!(name("🎉✳"), "tada");
        assert_eq!(name("—"), "item");
        assert_eq!(name("3D print"), "n3d_print");
        assert!(name("a very long name of something that nobody would ever want to type out").len() <= LONGEST);
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut given = Given::with(&["items"]);
        assert_eq!([given.give("items"), given.give("items"), given.give("bags")], ["items_2", "items_3", "bags"]);
    }
}
