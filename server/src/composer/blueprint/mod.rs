//! One graph for the later stages: which tables keep the product's entities, which routes its features need, and which screens they happen
//! on. Everything in it carries the ids of what it is there for, and every stage reads the same graph, so that a feature can be followed to
//! its screen, its route, its table and its file, and back.
//!
//! It is made from the product section alone, as it is now: from a section that was edited by hand or made by a model as well.

mod names;
mod operations;
mod phrases;
mod roles;
mod screens;
mod tables;

use model::sections::{ApiRole, Entity, Feature, Operation, Product, SYSTEM, Table};

use super::lexicon::Lexicon;
pub use names::{ascii_words, is_foreign};
pub use screens::ScreenPlan;
pub use tables::is_deadline;

/// What the later stages are made from, beside the product.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blueprint {
    /// Who calls the API.
    pub roles: Vec<ApiRole>,
    /// What is kept, one table an entity, in the order of the product.
    pub tables: Vec<Table>,
    /// What the API can do.
    pub operations: Vec<Operation>,
    /// What people see.
    pub screens: Vec<ScreenPlan>,
}

impl Blueprint {
    /// The blueprint of a product.
    pub fn of(product: &Product, lexicon: &Lexicon) -> Self {
        let roles = roles::roles(product, lexicon);
        let tables = tables::tables(product, lexicon);
        let operations = operations::operations(product, &tables, &roles, lexicon);
        let screens = screens::screens(product, &tables, &operations);
        Self { roles, tables, operations, screens }
    }

    /// The table that keeps an entity.
    pub fn table_of(&self, entity: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.entity == entity)
    }
}

/// What a feature does to an entity, with the default for features that do not say: it makes the first of its entities and reads the others.
fn acts_of(feature: &Feature) -> Vec<(&str, &str)> {
    if !feature.acts.is_empty() {
        return feature.acts.iter().map(|act| (act.verb.as_str(), act.entity.as_str())).collect();
    }
    let mut acts: Vec<(&str, &str)> = feature.entities.iter().map(|entity| ("read", entity.as_str())).collect();
    if let Some(first) = feature.entities.first() {
        acts.insert(0, ("create", first));
    }
    acts
}

/// What a path calls a verb: `hand-over`.
pub fn slug_of(verb: &str) -> String {
    names::hyphened(&names::snake(&ascii_words(verb)))
}

/// Whether an entity is a person: somebody with an address who takes part.
fn is_person(entity: &Entity) -> bool {
    entity.states.is_empty() && entity.fields.iter().any(|field| field.kind == "email")
}

/// Whether an actor is the service itself, and whoever looks after it.
fn is_system(actor: &str) -> bool {
    actor == SYSTEM
}

#[cfg(test)]
mod tests;
