//! What an architecture is for: the product as it is, the tables and routes it needs, and what the directive and a note ask.

use std::collections::BTreeSet;

use model::sections::{
    ApiRole, Column, ColumnKind, Deed, Entity, Operation, Priority, Product, SYSTEM, Table, Transition,
};

use super::{
    aliases::Aliases, entries::Usage, knowledge::ArchitectureKnowledge, scale::Scale, signs::is_by_system,
    wishes::Wishes,
};
use crate::composer::{
    blueprint::{Blueprint, slug_of},
    knowledge::{CORE, Knowledge},
    lexicon::Lexicon,
};

/// Everything the parts of an architecture are made from.
pub struct Subject<'a> {
    /// What to build.
    pub product: &'a Product,
    /// What the later stages share.
    pub blueprint: &'a Blueprint,
    /// Who calls the API.
    pub roles: &'a [ApiRole],
    /// What is kept.
    pub tables: &'a [Table],
    /// What the API can do.
    pub operations: &'a [Operation],
    /// What is known about architectures.
    pub knowledge: &'a ArchitectureKnowledge,
    /// What is known about products.
    pub products: &'a Knowledge,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// The id of the kind of product; `core` where that is not known.
    pub kind: String,
    /// What the knowledge calls the product's entities.
    pub aliases: Aliases,
    /// Words of the directive and of a note, in all their forms.
    pub words: BTreeSet<String>,
    /// What a note asks.
    pub wishes: Wishes,
    /// How such a product is used.
    pub usage: &'a Usage,
    /// How much there is of everything.
    pub scale: Scale,
    /// Varies every choice.
    pub seed: String,
}

/// Somebody with an address who takes part.
pub fn is_person(entity: &Entity) -> bool {
    entity.states.is_empty() && entity.fields.iter().any(|field| field.kind == "email")
}

/// The id of the kind that a product was taken for.
pub fn kind_of(product: &Product, products: &Knowledge) -> String {
    let label = product.basis.as_ref().map(|basis| basis.kind.trim().to_lowercase()).unwrap_or_default();
    let known = products.archetypes.iter().find(|kind| kind.label == label || kind.id == label);
    known.map_or_else(|| CORE.to_owned(), |kind| kind.id.clone())
}

impl<'a> Subject<'a> {
    /// The table that keeps an entity.
    pub fn table_of(&self, entity: &str) -> Option<&'a Table> {
        self.blueprint.table_of(entity)
    }

    /// The entity that an operation is about.
    pub fn entity_of(&self, operation: &Operation) -> Option<&'a Entity> {
        let table = self.tables.iter().find(|table| table.id == operation.table)?;
        self.product.entity(&table.entity)
    }

    /// What a path calls a step.
    pub fn slug(&self, verb: &str) -> String {
        slug_of(verb)
    }

    /// Whether what a feature says of its source is a module.
    pub fn is_source(&self, said: &str, id: &str) -> bool {
        let label = self.products.capability(id).map(|known| known.label.as_str());
        let label = label.or_else(|| self.products.archetype(id).map(|known| known.label.as_str()));
        let label = label.or_else(|| self.products.domains.iter().find(|d| d.id == id).map(|d| d.label.as_str()));
        said == id || Some(said) == label
    }

    /// Whether a word stands in the directive or in a note; of a phrase, all its words.
    pub fn says(&self, phrase: &str) -> bool {
        phrase.split(' ').all(|word| self.words.contains(word))
    }

    /// How many roles there are beside the service itself.
    pub fn known_roles(&self) -> usize {
        self.roles.iter().filter(|role| role.id != SYSTEM).count()
    }

    /// What people see most of: the first thing of a must feature that has a life of its own.
    pub fn kept(&self) -> Option<&'a Entity> {
        let musts = self.product.features.iter().filter(|feature| feature.priority == Priority::Must);
        let named = musts.flat_map(|feature| &feature.entities).filter_map(|id| self.product.entity(id));
        let mut alive = named.filter(|entity| entity.states.len() > 1);
        let things = || self.product.entities.iter().find(|entity| entity.states.len() > 1);
        alive.next().or_else(things).or_else(|| self.product.entities.first())
    }

    /// Steps that nobody takes, with their entities: those that follow from the clock, or those that follow from something else.
    pub fn unattended(&self, timed: bool) -> Vec<(&'a Transition, &'a Entity)> {
        let steps = self.steps().into_iter().filter(|(operation, _)| is_by_system(operation));
        let named = steps.filter_map(|(operation, table)| {
            let entity = self.product.entity(&table.entity)?;
            let slug = operation.path.rsplit('/').next().unwrap_or_default();
            Some((entity.transitions.iter().find(|step| slug_of(&step.verb) == slug)?, entity))
        });
        named.filter(|(step, _)| self.knowledge.is_timed(&step.verb) == timed).collect()
    }

    /// Every step with its table.
    pub fn steps(&self) -> Vec<(&'a Operation, &'a Table)> {
        let steps = self.operations.iter().filter(|operation| matches!(operation.deed, Deed::Step { .. }));
        let with_tables = steps.map(|step| (step, self.tables.iter().find(|table| table.id == step.table)));
        with_tables.filter_map(|(step, table)| Some((step, table?))).collect()
    }

    /// Columns of some kinds, with their tables.
    pub fn columns(&self, wanted: impl Fn(&Column) -> bool) -> Vec<(&'a Table, &'a Column)> {
        let columns = self.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
        columns.filter(|(_, column)| wanted(column)).collect()
    }

    /// Columns that hold files.
    pub fn files(&self) -> Vec<(&'a Table, &'a Column)> {
        let is_file = |entity: &Entity, column: &Column| {
            let field = entity.fields.iter().find(|field| field.name == column.about);
            field.is_some_and(|field| matches!(field.kind.as_str(), "image" | "file" | "image list"))
        };
        let columns = self.columns(|_| true).into_iter();
        columns
            .filter(|(table, column)| {
                column.kind == ColumnKind::TextList
                    || self.product.entity(&table.entity).is_some_and(|entity| is_file(entity, column))
            })
            .collect()
    }

    /// Columns by the kind of the product's field.
    pub fn fields(&self, kinds: &[&str]) -> Vec<(&'a Table, &'a Column)> {
        let of_kind = |table: &Table, column: &Column| {
            let entity = self.product.entity(&table.entity);
            let field = entity.and_then(|entity| entity.fields.iter().find(|field| field.name == column.about));
            field.is_some_and(|field| kinds.contains(&field.kind.as_str()))
        };
        self.columns(|_| true).into_iter().filter(|(table, column)| of_kind(table, column)).collect()
    }
}
