//! The shape of the files, as `docs/knowledge.md` explains them to authors.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    entries::{EntityEntry, ExclusionEntry, FeatureEntry, JourneyEntry, MetricEntry, MoveEntry, RiskEntry},
    files::Named,
    line::Text,
    thing::ThingEntry,
};

/// The parts people play in any product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sells, hosts, teaches, supplies.
    Provider,
    /// Buys, books, receives, learns.
    Customer,
    /// Does the daily work in the product.
    Operator,
    /// Decides, settles, approves, audits.
    Overseer,
    /// In actions: whoever the directive says does it.
    Subject,
}

impl Role {
    /// The four roles an archetype casts.
    pub const CAST: [Self; 4] = [Self::Provider, Self::Customer, Self::Operator, Self::Overseer];

    /// Its name in files and slots.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Customer => "customer",
            Self::Operator => "operator",
            Self::Overseer => "overseer",
            Self::Subject => "subject",
        }
    }
}

/// What every kind of module can bring.
#[derive(Debug, Default, Clone)]
pub struct Parts {
    /// Things people can do.
    pub features: Vec<FeatureEntry>,
    /// Things that are kept.
    pub entities: Vec<EntityEntry>,
    /// Walks through features.
    pub journeys: Vec<JourneyEntry>,
    /// What may go wrong.
    pub risks: Vec<RiskEntry>,
    /// How one would know that it works.
    pub metrics: Vec<MetricEntry>,
    /// What is left alone.
    pub out_of_scope: Vec<ExclusionEntry>,
}

/// Parts as borrowed from a module.
macro_rules! parts {
    ($kind:ty) => {
        impl $kind {
            /// Moves its parts out of the way of its own fields.
            pub fn parts(&self) -> Parts {
                Parts {
                    features: self.features.clone(),
                    entities: self.entities.clone(),
                    journeys: self.journeys.clone(),
                    risks: self.risks.clone(),
                    metrics: self.metrics.clone(),
                    out_of_scope: self.out_of_scope.clone(),
                }
            }
        }
        impl Named for $kind {
            fn id(&self) -> &str {
                &self.id
            }
        }
    };
}

/// A kind of product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archetype {
    /// Its file's name.
    pub id: String,
    /// How a page names it.
    pub label: String,
    /// Words that call for it.
    pub terms: BTreeMap<String, u32>,
    /// The product in a clause.
    pub summary: Text,
    /// What goes wrong without it.
    pub problem: Text,
    /// The parts played by somebody whom the directive names alone and without a verb.
    #[serde(default = "works")]
    pub alone: Vec<Role>,
    /// How to find the main thing.
    pub thing: ThingEntry,
    /// Who plays which part.
    pub roles: BTreeMap<Role, RoleEntry>,
    #[serde(default)]
    features: Vec<FeatureEntry>,
    #[serde(default)]
    entities: Vec<EntityEntry>,
    #[serde(default)]
    journeys: Vec<JourneyEntry>,
    #[serde(default)]
    risks: Vec<RiskEntry>,
    #[serde(default)]
    metrics: Vec<MetricEntry>,
    #[serde(default)]
    out_of_scope: Vec<ExclusionEntry>,
}
parts!(Archetype);

fn works() -> Vec<Role> {
    vec![Role::Operator]
}

/// A part that somebody plays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// What they are called when the directive does not say.
    pub word: String,
    /// Other nouns for whoever plays it, whatever they do in the sentence.
    #[serde(default)]
    pub nouns: Vec<String>,
    /// The subject of these verbs plays it.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// Continues "wants to".
    pub goal: Text,
    /// Continues "today".
    pub pain: Text,
}

/// Something a product can do beyond its kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// Its file's name.
    pub id: String,
    /// How a page names it.
    pub label: String,
    /// Words that call for it.
    pub terms: BTreeMap<String, u32>,
    /// What stands for `{aspect}` when the directive puts no word before the term.
    #[serde(default)]
    pub aspect: Option<String>,
    /// Continues "…, with" in the summary.
    pub promise: Text,
    /// Archetypes it fits especially.
    #[serde(default)]
    pub goes_with: Vec<String>,
    #[serde(default)]
    features: Vec<FeatureEntry>,
    #[serde(default)]
    entities: Vec<EntityEntry>,
    #[serde(default)]
    journeys: Vec<JourneyEntry>,
    #[serde(default)]
    risks: Vec<RiskEntry>,
    #[serde(default)]
    metrics: Vec<MetricEntry>,
    #[serde(default)]
    out_of_scope: Vec<ExclusionEntry>,
}
parts!(Capability);

/// What things are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Its file's name.
    pub id: String,
    /// How a page names it.
    pub label: String,
    /// Nouns of the domain.
    pub terms: BTreeMap<String, u32>,
    /// What identifies one thing: `name: type`.
    pub identity: Vec<String>,
    /// What shows its condition.
    pub wear: Vec<String>,
    /// What proves a claim about it.
    pub evidence: Vec<String>,
    /// Life of one such thing.
    #[serde(default)]
    pub states: Vec<String>,
    /// How it gets from one of these states to another.
    #[serde(default)]
    pub moves: Vec<MoveEntry>,
    /// What hurts people of the field, by role.
    #[serde(default)]
    pub people: BTreeMap<Role, Text>,
    #[serde(default)]
    features: Vec<FeatureEntry>,
    #[serde(default)]
    entities: Vec<EntityEntry>,
    #[serde(default)]
    journeys: Vec<JourneyEntry>,
    #[serde(default)]
    risks: Vec<RiskEntry>,
    #[serde(default)]
    metrics: Vec<MetricEntry>,
    #[serde(default)]
    out_of_scope: Vec<ExclusionEntry>,
}
parts!(Domain);

/// Verbs that mean the same work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionClass {
    /// Its file's name.
    pub id: String,
    /// How a page names it.
    pub label: String,
    /// Lemmas; empty for the class that serves where no other does.
    pub verbs: Vec<String>,
    #[serde(default)]
    features: Vec<FeatureEntry>,
    #[serde(default)]
    entities: Vec<EntityEntry>,
    #[serde(default)]
    journeys: Vec<JourneyEntry>,
    #[serde(default)]
    risks: Vec<RiskEntry>,
    #[serde(default)]
    metrics: Vec<MetricEntry>,
    #[serde(default)]
    out_of_scope: Vec<ExclusionEntry>,
}
parts!(ActionClass);
