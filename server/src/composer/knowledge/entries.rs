//! What modules bring, as written down.

use model::sections::{Effort, Priority, ScreenKind, Severity};
use serde::Deserialize;

use super::{line::Text, schema::Role};

/// A feature as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureEntry {
    /// Unique over all modules, unless meant as the same feature.
    pub id: String,
    /// What a person does or gets.
    pub title: Text,
    /// Whose story it is.
    pub actor: Role,
    /// Continues "I want to".
    pub want: Text,
    /// Continues "so that".
    pub so: Text,
    /// What a tester checks.
    pub criteria: Vec<Text>,
    /// How much it is needed.
    pub priority: Priority,
    /// How much work it is.
    pub effort: Effort,
    /// Entities it reads or writes.
    #[serde(default)]
    pub entities: Vec<String>,
    /// What it does to them.
    #[serde(default)]
    pub acts: Vec<ActEntry>,
    /// Where it happens.
    #[serde(default)]
    pub screen: Option<ScreenEntry>,
    /// Capabilities that must come along.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Features that are redundant beside it.
    #[serde(default)]
    pub replaces: Vec<String>,
    /// In domains: the archetypes it belongs to; empty for all.
    #[serde(default)]
    pub fits: Vec<String>,
}

/// An entity as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityEntry {
    /// The same id in two modules means the same entity.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// What one of them is.
    pub purpose: Text,
    /// `name: type`, optional with a trailing `?`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Its life cycle.
    #[serde(default)]
    pub states: Vec<String>,
    /// How it gets from one state to another.
    #[serde(default)]
    pub moves: Vec<MoveEntry>,
    /// "belongs to", "has one" or "has many", and an entity or role.
    #[serde(default)]
    pub relations: Vec<String>,
}

/// A deed and what it is done to: `create offer`. The deed may have several words, the entity has one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ActEntry {
    /// One of [`PLAIN_ACTS`], or the verb of one of the entity's moves.
    pub verb: String,
    /// An entity or role.
    pub entity: String,
}

/// What can be done to any entity.
pub const PLAIN_ACTS: [&str; 5] = ["create", "list", "read", "change", "remove"];

/// A kind of screen and what it is about: `search of listing`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ScreenEntry {
    /// How it is laid out.
    pub kind: ScreenKind,
    /// An entity or role.
    pub of: String,
}

/// A step between states: `accept: open, countered -> accepted by provider`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MoveEntry {
    /// What is done.
    pub verb: String,
    /// Where it can be done.
    pub from: Vec<String>,
    /// Where it leads.
    pub to: String,
    /// Who may do it: roles, or `system`.
    pub by: Vec<String>,
}

impl TryFrom<String> for ActEntry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (verb, entity) = text.rsplit_once(' ').ok_or_else(|| format!("\"{text}\" is not \"verb entity\""))?;
        Ok(Self { verb: verb.trim().to_owned(), entity: entity.to_owned() })
    }
}

impl TryFrom<String> for ScreenEntry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (kind, of) = text.split_once(" of ").ok_or_else(|| format!("\"{text}\" is not \"kind of entity\""))?;
        Ok(Self { kind: kind.parse()?, of: of.to_owned() })
    }
}

impl TryFrom<String> for MoveEntry {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let shape = || format!("\"{text}\" is not \"verb: state, state -> state by role, role\"");
        let list = |text: &str| text.split(',').map(|word| word.trim().to_owned()).collect();
        let (verb, rest) = text.split_once(": ").ok_or_else(shape)?;
        let (from, rest) = rest.split_once(" -> ").ok_or_else(shape)?;
        // A state may hold the word itself ("backed by a receipt").
        let (to, by) = rest.rsplit_once(" by ").ok_or_else(shape)?;
        Ok(Self { verb: verb.trim().to_owned(), from: list(from), to: to.trim().to_owned(), by: list(by) })
    }
}

/// A journey as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneyEntry {
    /// Unique over all modules.
    pub id: String,
    /// What it is about.
    pub title: Text,
    /// Who walks it.
    pub actor: Role,
    /// One sentence each.
    pub steps: Vec<Text>,
}

/// A risk as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskEntry {
    /// Unique over all modules.
    pub id: String,
    /// What may happen.
    pub text: Text,
    /// What is done about it.
    pub mitigation: Text,
    /// How bad it is.
    pub severity: Severity,
    /// In domains: the archetypes it belongs to; empty for all.
    #[serde(default)]
    pub fits: Vec<String>,
}

/// A metric as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricEntry {
    /// Unique over all modules.
    pub id: String,
    /// What is measured.
    pub name: Text,
    /// How it is counted.
    pub measure: Text,
    /// What is good enough.
    pub target: Text,
    /// In domains: the archetypes it belongs to; empty for all.
    #[serde(default)]
    pub fits: Vec<String>,
}

/// An exclusion as written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExclusionEntry {
    /// What people will ask for.
    pub what: Text,
    /// Why not.
    pub why: Text,
    /// Capabilities with which it is not out of scope at all.
    #[serde(default)]
    pub unless: Vec<String>,
}
