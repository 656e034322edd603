//! The shape of `knowledge/lexicon/*.toml`.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

/// `function.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunctionFile {
    pub(super) determiners: Vec<String>,
    pub(super) prepositions: Vec<String>,
    pub(super) conjunctions: Vec<String>,
    pub(super) pronouns: Vec<String>,
    pub(super) auxiliaries: Vec<String>,
    pub(super) adverbs: Vec<String>,
    pub(super) negations: Vec<String>,
    pub(super) comparatives: Vec<String>,
    pub(super) numbers: Vec<String>,
}

/// `verbs.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerbFile {
    pub(super) lemmas: Vec<String>,
    pub(super) irregular: HashMap<String, Vec<String>>,
    pub(super) ambiguous: HashSet<String>,
    pub(super) light: HashSet<String>,
    pub(super) phrasal: HashSet<String>,
}

/// `nouns.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NounFile {
    pub(super) places: HashSet<String>,
    pub(super) plurals: HashMap<String, String>,
    pub(super) uncountable: Vec<String>,
    pub(super) singular_s: Vec<String>,
}

/// `adjectives.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjectiveFile {
    pub(super) adjectives: HashSet<String>,
}

/// `people.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeopleFile {
    pub(super) people: HashSet<String>,
    pub(super) groups: HashSet<String>,
    pub(super) not_people: HashSet<String>,
    pub(super) overseers: HashSet<String>,
    pub(super) receivers: HashSet<String>,
    pub(super) suppliers: HashSet<String>,
}

/// `forms.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormFile {
    pub(super) forms: HashSet<String>,
    pub(super) vague: HashSet<String>,
}
