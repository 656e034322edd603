//! The architecture section: how the product that was composed is put together.
//!
//! Tables, routes and roles are the blueprint's. Everything else follows from *signs* in the product (a step that time brings about, a field
//! that holds money, a module that a feature comes from) and from what people wrote down about them in `knowledge/architecture/*.toml`;
//! figures are computed from assumptions about the kind of product and from the tables as they are.

mod aliases;
mod capacity;
mod check;
mod decisions;
mod deployment;
mod diagram;
mod entries;
mod knowledge;
mod overview;
mod scale;
mod signs;
mod slots;
mod subject;
mod systems;
mod threats;
mod wishes;
mod words;

use std::collections::BTreeSet;

use model::{
    Directive,
    sections::{Architecture, Product},
};

use super::{Composer, Fault, Unsound, VERSION, blueprint::Blueprint, reading};
use aliases::Aliases;
pub(super) use knowledge::{ArchitectureKnowledge, ArchitectureShelf};
use scale::Scale;
use subject::Subject;
use wishes::Wishes;

impl Composer {
    /// Composes the architecture section for a product, whoever made that. Total, and always the same bytes for the same words and product.
    /// Empty only when the knowledge about architectures is unsound, which [`Composer::architecture_faults`] tells.
    pub fn architecture(&self, directive: &Directive, note: Option<&str>, product: &Product) -> Architecture {
        let Ok(knowledge) = self.architecture.open() else { return Architecture::default() };
        let wishes = Wishes::read(directive.as_str(), note, product, &knowledge.wishes);
        let kind = subject::kind_of(product, &self.knowledge);
        let Some(usage) = scale::usage(&knowledge.capacity, &kind) else { return Architecture::default() };
        let blueprint = Blueprint::of(product, &self.lexicon);
        let aliases = Aliases::of(product, &self.knowledge);
        let scale = Scale::of(product, &aliases, &blueprint.tables, &blueprint.operations, usage, knowledge, &wishes);
        // A note that says what it wants changes that and nothing else.
        let again = note.filter(|_| wishes.anew).unwrap_or_default();
        let subject = Subject {
            product,
            blueprint: &blueprint,
            roles: &blueprint.roles,
            tables: &blueprint.tables,
            operations: &blueprint.operations,
            knowledge,
            products: &self.knowledge,
            lexicon: &self.lexicon,
            kind,
            aliases,
            words: self.forms(directive),
            wishes,
            usage,
            scale,
            seed: format!("{VERSION}\narchitecture\n{}\n{again}", directive.as_str()),
        };
        let composed = compose(&subject);
        let Blueprint { roles, tables, operations, .. } = blueprint;
        Architecture { roles, tables, operations, ..composed }
    }

    /// The words of a directive in all their forms, but for those it rules out.
    fn forms(&self, directive: &Directive) -> BTreeSet<String> {
        let reading = reading::read(directive, &self.lexicon);
        let wanted = reading.words.into_iter().filter(|word| !word.negated);
        wanted.flat_map(|word| word.forms).collect()
    }

    /// What keeps architectures from being composed: empty when the knowledge can be read.
    pub fn architecture_faults(&self) -> Option<Unsound> {
        self.architecture.open().err().map(|faults: &[Fault]| Unsound(faults.to_vec()))
    }
}

fn compose(subject: &Subject<'_>) -> Architecture {
    let systems = systems::systems(subject);
    Architecture {
        overview: overview::overview(subject),
        diagrams: diagram::diagrams(subject, &systems),
        decisions: decisions::decisions(subject),
        deployment: deployment::deployment(subject),
        capacity: capacity::capacity(subject),
        threats: threats::threats(subject),
        ..Architecture::default()
    }
}

#[cfg(test)]
mod tests;
