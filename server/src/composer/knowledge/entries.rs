//! What modules bring, as written down.

use model::sections::{Effort, Priority, Severity};
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
    /// "belongs to", "has one" or "has many", and an entity or role.
    #[serde(default)]
    pub relations: Vec<String>,
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
