//! What the knowledge calls an entity, and what it is called in a product: entities are named by the directive's words ("condition report"),
//! while signs speak of what they are ("grade-report").

use std::collections::BTreeMap;

use model::sections::Product;

use crate::composer::{
    knowledge::{Archetype, Capability, Domain, EntityEntry, Knowledge, Slots},
    plan::slug,
};

/// The id of no entity.
const NOBODY: &str = "";

/// Names of entities in both directions.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    /// From the knowledge to the product.
    ids: BTreeMap<String, String>,
    /// From the product to the knowledge.
    known: BTreeMap<String, String>,
}

impl Aliases {
    /// Those of the modules that a product says it was made from. A product that names none has none, and its ids stand for themselves.
    pub fn of(product: &Product, knowledge: &Knowledge) -> Self {
        let basis = product.basis.iter();
        let named = basis.flat_map(|basis| basis.called.iter().map(|called| &called.module).chain([&basis.kind]));
        let named: Vec<&String> = named.chain(product.features.iter().map(|feature| &feature.source)).collect();
        let is_named = |label: &str| named.iter().any(|name| *name == label);
        let mut aliases = Self::default();
        if let Some(main) = product.entities.first() {
            aliases.ids.insert("thing".to_owned(), main.id.clone());
        }
        let kinds = knowledge.archetypes.iter().filter(|module| is_named(&module.label)).map(Archetype::parts);
        let others = knowledge.capabilities.iter().filter(|module| is_named(&module.label)).map(Capability::parts);
        let fields = knowledge.domains.iter().filter(|module| is_named(&module.label)).map(Domain::parts);
        for entry in kinds.chain(others).chain(fields).flat_map(|parts| parts.entities) {
            if let Some(id) = id_in(product, &entry) {
                aliases.known.entry(id.clone()).or_insert_with(|| entry.id.clone());
                aliases.ids.entry(entry.id).or_insert(id);
            }
        }
        aliases
    }

    /// What the product calls an entity of the knowledge. An entity that some module describes answers to that module's name for it only:
    /// the result of a blood test is no match's "result".
    pub fn id<'s>(&'s self, known: &'s str) -> &'s str {
        let described_otherwise = || self.known.get(known).is_some_and(|other| other != known);
        match self.ids.get(known) {
            Some(id) => id,
            None if described_otherwise() => NOBODY,
            None => known,
        }
    }

    /// What the knowledge calls an entity of the product.
    pub fn known<'s>(&'s self, id: &'s str) -> &'s str {
        self.known.get(id).map_or(id, String::as_str)
    }
}

/// The entity of the product that an entry of the knowledge became.
fn id_in(product: &Product, entry: &EntityEntry) -> Option<String> {
    const SLOT: &str = "\u{1}";
    struct Marked;
    impl Slots for Marked {
        fn fill(&self, _: &str, _: bool) -> Option<String> {
            Some(SLOT.to_owned())
        }
    }
    let names = entry.name.lines().iter().map(|line| line.fill(&Marked));
    let mut ids = names.filter_map(|name| {
        let rest = name.rsplit(SLOT).next().map(slug).filter(|_| name.contains(SLOT) && !name.ends_with(SLOT));
        let is_it = |id: &str| match &rest {
            Some(rest) => {
                id.strip_suffix(rest.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('-'))
            }
            None => id == slug(&name),
        };
        product.entities.iter().find(|entity| is_it(&entity.id)).map(|entity| entity.id.clone())
    });
    ids.next()
}
